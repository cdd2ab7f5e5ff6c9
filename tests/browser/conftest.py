"""The gallery of sample pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gallery import app as gallery_app

from ports import free_port
from watching import serving


@pytest.fixture(scope="session")
def gallery() -> Iterator[str]:
    with serving(gallery_app, port=free_port()) as address:
        yield address
