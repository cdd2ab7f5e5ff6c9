"""Who acts: an account that is signed in, with everything it may act for. Plain values, no rules."""

from __future__ import annotations

from dataclasses import dataclass

from portfolio.i18n import DEFAULT_TIME_ZONE, Language


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in an organisation's staff; `type` and `role` are values of the enums of `organisations.models`."""

    organisation_id: str
    slug: str
    name: str
    type: str
    role: str
    suspended: bool
    time_zone: str = DEFAULT_TIME_ZONE


@dataclass(frozen=True, slots=True)
class Actor:
    """An account in one session.

    `person_id` is its own person, `wards` are the persons (own rows) of the children it is guardian of, `strong` that
    the session has passed a second factor, `has_second_factor` that the account has one.
    """

    account_id: str
    sign_in_id: str
    person_id: str
    language: Language
    is_registrar: bool = False
    strong: bool = False
    has_second_factor: bool = False
    seats: tuple[Seat, ...] = ()
    wards: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The actor in the audit log."""
        return f"account:{self.account_id}"

    @property
    def needs_second_factor(self) -> bool:
        """Whether staff or registrar, for whom a second factor is compulsory."""
        return self.is_registrar or bool(self.seats)

    def seat(self, slug: str) -> Seat | None:
        """Return the place in one organisation, or None."""
        return next((seat for seat in self.seats if seat.slug == slug), None)
