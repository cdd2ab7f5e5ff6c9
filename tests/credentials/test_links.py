"""Short codes of papers: one for each digest, readable over a shoulder, forgiving to whoever types them."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.credentials.links import read_short_code, short_code


def test_the_code_of_a_digest_never_changes():
    assert short_code(bytes(32)) == "F05Z-488F-PFGE"
    assert short_code(hashlib.sha256(b"1").digest()) == "J5FE-M4VA-HCCC"


@given(st.binary(min_size=32, max_size=32))
def test_a_code_is_read_as_it_was_written(digest):
    code = short_code(digest)
    assert read_short_code(code) == code
    assert read_short_code(code.lower().replace("-", " ")) == code


@pytest.mark.parametrize("typed", ["F05Z-488F-PFGE", "f05z 488f pfge", "FО5Z–488F—РFGЕ", "  FO5Z488FPFGE "])
def test_what_is_easily_mistyped_is_understood(typed):
    assert read_short_code(typed) == "F05Z-488F-PFGE"


@pytest.mark.parametrize(
    "typed", ["", "F05Z-488F-PFG", "F05Z-488F-PFGE0", "F05Z-488F-PFGЯ", "<script>aaaa", "UUUU-UUUU-UUUU"]
)
def test_what_cannot_be_a_code_is_none(typed):
    assert read_short_code(typed) is None


def test_letters_of_a_russian_keyboard_are_the_signs_they_look_like():
    assert read_short_code("УЗ5О-АВЕК-МНРС") == "Y350-ABEK-MHPC"
