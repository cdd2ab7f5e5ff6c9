"""Moments as of which a registrar or a controller ends something (pure): what is refused before the chain is asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Final

from portfolio.errors import ConflictError, PortfolioError

PLANNED_WITHIN: Final = 3600
"""Seconds between the end of a key and the decision about it within which it counts as planned, not as theft."""
FURTHEST_BACK: Final = 30 * 86_400
"""Seconds that one account alone may reach back; the contract's own FURTHEST_BACK."""


class MomentInFutureError(PortfolioError):
    status: ClassVar[int] = 422
    code: ClassVar[str] = "as_of_in_future"


class MomentTooFarBackError(PortfolioError):
    status: ClassVar[int] = 422
    code: ClassVar[str] = "as_of_too_far_back"


class MomentTooEarlyError(PortfolioError):
    status: ClassVar[int] = 422
    code: ClassVar[str] = "as_of_too_early"


class AlreadyEndedError(ConflictError):
    code: ClassVar[str] = "already_retired"


def require_moment(as_of: int, *, now: int, earliest: int) -> None:
    """Refuse a moment after the chain's newest block or before there was anything to end (all unix seconds)."""
    if as_of > now:
        raise MomentInFutureError("that moment is after the chain's newest block", as_of=as_of, now=now)
    if as_of < earliest:
        raise MomentTooEarlyError("that moment is before there was anything to end", as_of=as_of, earliest=earliest)


def seconds_of(moment: datetime | None) -> int:
    """Return unix seconds; 0 for no moment at all."""
    return int((moment or datetime.fromtimestamp(0, UTC)).timestamp())
