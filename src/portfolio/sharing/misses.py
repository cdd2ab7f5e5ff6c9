"""Addresses that strangers type: whoever tries too many that lead nowhere is let through to none for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from sqlmodel import Session
from starlette.requests import Request

from portfolio.auth import client_address, limit_attempts, portfolio_of
from portfolio.errors import NotFoundError
from portfolio.people.attempts import require_attempts_left

T = TypeVar("T")

MISSES: Final = 100
MISSES_MINUTES: Final = 10
_WHAT: Final = "share-link"


def behind(request: Request, look: Callable[[Session], T]) -> T:
    """Return what stands behind an address; a `NotFoundError` of `look` is counted (fault 107).

    Links and public pages count together: who guesses at one has guessed at the other.
    """
    portfolio = portfolio_of(request)
    require_attempts_left(
        portfolio.database,
        vault=portfolio.vault,
        clock=portfolio.clock,
        what=_WHAT,
        who=client_address(request),
        limit=MISSES,
        minutes=MISSES_MINUTES,
    )
    try:
        with portfolio.database.read() as session:
            return look(session)
    except NotFoundError:
        limit_attempts(request, _WHAT, limit=MISSES, minutes=MISSES_MINUTES)
        raise
