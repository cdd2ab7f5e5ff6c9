"""Who calls, and what a route asks of him: an account by its session, an organisation's machine by its API key.

Every route names its rule by one of the dependencies here (`Visitor`, `SignedIn`, `OfPerson`, `Viewer`, `Issuer`,
`Admin`, `Registrar`, `CallingOrganisation`); a route without one fails the build. What is absent and what is another's
answer alike: 404.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Session, col, select
from starlette.responses import Response

from portfolio.errors import ForbiddenError, NotFoundError, PortfolioError, UnauthenticatedError
from portfolio.jobs import Clock
from portfolio.organisations.models import ApiKey, Organisation, StaffRole
from portfolio.organisations.staff import seats_of
from portfolio.people.actors import Actor, Seat
from portfolio.people.attempts import count_attempt
from portfolio.people.consent import Capacity
from portfolio.people.guardians import wards_of
from portfolio.people.models import Person
from portfolio.people.sign_ins import LONGEST, SEEN_EVERY, signed_in_account, touch

if TYPE_CHECKING:
    from portfolio.app import Portfolio

F = TypeVar("F", bound=Callable[..., Any])

KEY_PREFIX = "pk_"
ROLES: Final = (StaffRole.VIEWER, StaffRole.ISSUER, StaffRole.ADMIN)
_bearer = HTTPBearer(auto_error=False, description="An organisation's API key")


class SignInNeededError(UnauthenticatedError):
    """A page for those who are signed in; the browser is led to the sign-in page and back."""

    code = "sign_in_needed"


class SecondFactorNeededError(PortfolioError):
    """Staff and registrars act only after a second factor; the browser is led to where it is given or set up."""

    status = 403
    code = "second_factor_needed"


@dataclass(frozen=True, slots=True)
class PersonAccess:
    """An actor who may act for a person: himself, or a guardian for a child."""

    actor: Actor
    person: Person
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class StaffAccess:
    """An actor who acts for an organisation."""

    actor: Actor
    organisation: Organisation
    seat: Seat


def create_api_key(
    session: Session, *, organisation: Organisation, label: str, clock: Clock, scopes: str = "issue read"
) -> str:
    """Make an API key and return it; only its hash is kept, so it is shown this once."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(organisation_id=organisation.id, label=label, key_hash=_hash(key), created_at=clock(), scopes=scopes)
    session.add(row)
    return key


def organisation_of_key(session: Session, *, key: str, scope: str) -> Organisation:
    """Return the organisation a key belongs to.

    Raises `UnauthenticatedError` (the same for unknown and revoked), `ForbiddenError` when the key lacks the scope.
    """
    found = session.exec(
        select(Organisation, ApiKey.scopes)
        .join(ApiKey, col(ApiKey.organisation_id) == col(Organisation.id))
        .where(ApiKey.key_hash == _hash(key))
        .where(col(ApiKey.revoked_at).is_(None))
    ).first()
    if found is None:
        raise UnauthenticatedError("this API key is unknown or was revoked: ask your organisation for a new one")
    organisation, scopes = found
    if scope not in scopes.split():
        raise ForbiddenError(f"this API key may not {scope}: ask your organisation for one that may", scope=scope)
    return organisation


def portfolio_of(request: Request) -> Portfolio:
    """Return what the process was composed of; routes take their dependencies from it."""
    portfolio: Portfolio = request.app.state.portfolio
    return portfolio


def client_address(request: Request) -> str:
    """Return who asks, for limits: the address that the server saw, or that a trusted proxy told (fault 98)."""
    return request.client.host if request.client else "nobody"


def session_cookie(request: Request) -> str:
    """Return the name of the session's cookie; over HTTPS browsers bind a `__Host-` cookie to this host alone."""
    return "__Host-session" if portfolio_of(request).settings.public_url.startswith("https:") else "session"


def set_cookie(request: Request, response: Response, name: str, value: str, *, seconds: int, path: str = "/") -> None:
    """Set a cookie that scripts cannot read and other sites cannot make a browser send with a form."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=path,
        httponly=True,
        samesite="lax",
        secure=portfolio_of(request).settings.public_url.startswith("https:"),
    )


def set_session(request: Request, response: Response, token: str) -> None:
    """Give the browser the secret of its session."""
    set_cookie(request, response, session_cookie(request), token, seconds=int(LONGEST.total_seconds()))


def limit_attempts(request: Request, what: str, *, limit: int, minutes: int, who: str = "") -> None:
    """Count one attempt of the address that asks, or of `who`. Raises `TooManyAttemptsError`."""
    portfolio = portfolio_of(request)
    count_attempt(
        portfolio.database,
        vault=portfolio.vault,
        clock=portfolio.clock,
        what=what,
        who=who or client_address(request),
        limit=limit,
        minutes=minutes,
    )


def rule(name: str) -> Callable[[F], F]:
    """Mark a dependency as a rule of access; the matrix of rights is generated from these names."""

    def mark(function: F) -> F:
        function.rule = name  # type: ignore[attr-defined]
        return function

    return mark


def current_actor(request: Request) -> Actor | None:
    """Return who is signed in, or None. Rights are read anew at every request: what was withdrawn is gone at once."""
    token = request.cookies.get(session_cookie(request))
    if not token:
        return None
    portfolio = portfolio_of(request)
    with portfolio.database.read() as session:
        found = signed_in_account(session, token=token, now=portfolio.clock())
        if found is None:
            return None
        actor = Actor(
            account_id=found.account.id,
            sign_in_id=found.sign_in.id,
            person_id=found.account.person_id,
            language="en" if found.account.language == "en" else "ru",
            is_registrar=found.account.is_registrar,
            strong=found.sign_in.second_factor_at is not None,
            has_second_factor=found.has_second_factor,
            seats=seats_of(session, account_id=found.account.id, now=portfolio.clock()),
            wards=wards_of(session, vault=portfolio.vault, account_id=found.account.id, now=portfolio.clock()),
        )
    if portfolio.clock() - found.sign_in.seen_at >= SEEN_EVERY:
        with portfolio.database.write() as session:
            touch(session, sign_in_id=actor.sign_in_id, now=portfolio.clock())
    return actor


@rule("everyone")
def visitor(request: Request) -> Actor | None:
    """Everybody, signed in or not."""
    return current_actor(request)


@rule("everyone")
def anybody() -> None:
    """Everybody; the route does not ask who."""


@rule("signed in")
def signed_in(request: Request) -> Actor:
    """Whoever is signed in."""
    actor = current_actor(request)
    if actor is None:
        raise SignInNeededError("sign in first")
    return actor


@rule("person")
def of_person(request: Request, person_id: str) -> PersonAccess:
    """The person himself, or an active guardian of his."""
    actor = signed_in(request)
    if person_id == actor.person_id:
        capacity = Capacity.SELF
    elif person_id in actor.wards:
        capacity = Capacity.GUARDIAN
    else:
        raise NotFoundError("there is no such portfolio")
    with portfolio_of(request).database.read() as session:
        return PersonAccess(actor, session.get_one(Person, person_id), capacity)


def staff(role: StaffRole) -> Callable[..., Any]:
    """Return the rule: staff of the organisation of the path's `slug`, with this role or a higher one."""

    @rule(f"staff:{role.value}")
    def require_staff(request: Request, slug: str) -> StaffAccess:
        actor = signed_in(request)
        seat = actor.seat(slug)
        if seat is None:
            raise NotFoundError("there is no such organisation")
        if not actor.strong:
            raise SecondFactorNeededError("confirm who you are with your second factor first")
        if ROLES.index(StaffRole(seat.role)) < ROLES.index(role):
            raise ForbiddenError("your role in this organisation does not allow this: ask its administrator")
        with portfolio_of(request).database.read() as session:
            return StaffAccess(actor, session.get_one(Organisation, seat.organisation_id), seat)

    return require_staff


@rule("registrar")
def registrar(request: Request) -> Actor:
    """A registrar; to everybody else these pages do not exist."""
    actor = signed_in(request)
    if not actor.is_registrar:
        raise NotFoundError("there is no such page")
    if not actor.strong:
        raise SecondFactorNeededError("confirm who you are with your second factor first")
    return actor


def calling(scope: str) -> Callable[..., Any]:
    """Return the rule: an organisation's machine, by an API key with this scope ("issue" or "read")."""

    @rule(f"key:{scope}")
    def require_organisation(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Organisation:
        if credentials is None:
            raise UnauthenticatedError("send your organisation's API key: `Authorization: Bearer pk_...`")
        with portfolio_of(request).database.read() as session:
            return organisation_of_key(session, key=credentials.credentials, scope=scope)

    return require_organisation


Visitor = Annotated[Actor | None, Depends(visitor)]
Anybody = Annotated[None, Depends(anybody)]
SignedIn = Annotated[Actor, Depends(signed_in)]
OfPerson = Annotated[PersonAccess, Depends(of_person)]
Viewer = Annotated[StaffAccess, Depends(staff(StaffRole.VIEWER))]
Issuer = Annotated[StaffAccess, Depends(staff(StaffRole.ISSUER))]
Admin = Annotated[StaffAccess, Depends(staff(StaffRole.ADMIN))]
Registrar = Annotated[Actor, Depends(registrar)]
CallingOrganisation = Annotated[Organisation, Depends(calling("issue"))]
ReadingOrganisation = Annotated[Organisation, Depends(calling("read"))]


def _hash(key: str) -> bytes:
    # 256 random bits need no slow hash; a plain one keeps the look-up indexed and constant.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
