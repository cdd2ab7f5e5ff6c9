"""The designs of diplomas: one Typst file each. To add one, put its file here; `_parts.typ` holds what they share.

A file whose name begins with `_` is no design.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final

from portfolio.credentials.kinds import Kind
from portfolio.errors import PortfolioError

FOLDER: Final = Path(__file__).parent
DESIGNS: Final = tuple(sorted(path.stem for path in FOLDER.glob("[!_]*.typ")))
"""Names of all designs."""
USUAL: Final = "classic"
USUAL_OF_KIND: Final[Mapping[str, str]] = MappingProxyType(
    {
        "school_certificate": "document",
        "cpd_certificate": "document",
        "participation": "modern",
        "course_completion": "modern",
    }
)
"""The design of a kind when its issuer chose none; other kinds have the usual one."""


class UnknownDesignError(PortfolioError):
    status: ClassVar[int] = 404
    code: ClassVar[str] = "unknown_design"


def require_design(name: str) -> str:
    """Return the name of a design, or raise `UnknownDesignError` that lists them."""
    if name not in DESIGNS:
        raise UnknownDesignError(f"there is no such design: use one of {', '.join(DESIGNS)}", designs=list(DESIGNS))
    return name


def usual_design(kind: Kind) -> str:
    """Return the design of a kind whose issuer chose none; a minimal form has that of its full form."""
    return USUAL_OF_KIND.get(kind.minimal_of or kind.code, USUAL)
