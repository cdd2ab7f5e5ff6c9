"""The words of pages about organisations: types, roles, standings, reasons of refusals. Sentences of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from babel.dates import get_timezone, get_timezone_location

from portfolio.credentials.kinds import ISSUED_KINDS
from portfolio.errors import PortfolioError, UnavailableError
from portfolio.i18n import N_, Language
from portfolio.organisations.models import DecisionKind, OrganisationType, StaffRole
from portfolio.organisations.register import Standing
from portfolio.people.office import FIRST_WORD_GONE

TYPES: Final[Mapping[str, str]] = {
    OrganisationType.SCHOOL: N_("School"),
    OrganisationType.ORGANISER: N_("Organiser of olympiads and contests"),
    OrganisationType.CPD_PROVIDER: N_("Provider of teachers' training"),
    OrganisationType.UNIVERSITY: N_("University or college"),
    OrganisationType.EMPLOYER: N_("Employer"),
}
ROLES: Final[Mapping[str, tuple[str, str]]] = {
    StaffRole.VIEWER: (N_("Looks"), N_("Sees what the organisation issued, and changes nothing.")),
    StaffRole.ISSUER: (N_("Issues"), N_("Issues documents, corrects and revokes them, answers requests.")),
    StaffRole.ADMIN: (N_("Administers"), N_("Also invites and dismisses staff, changes settings and API keys.")),
}
STANDINGS: Final[Mapping[str, tuple[str, str]]] = {
    Standing.WAITING: (N_("being admitted"), "info"),
    Standing.ADMITTED: (N_("admitted"), "good"),
    Standing.SUSPENDED: (N_("suspended"), "bad"),
}
DECISIONS: Final[Mapping[str, str]] = {
    DecisionKind.RENAME: N_("New name"),
    DecisionKind.SET_KINDS: N_("Kinds of document changed"),
    DecisionKind.SUSPEND: N_("Suspended"),
    DecisionKind.REINSTATE: N_("Reinstated"),
    DecisionKind.NAME_SUCCESSOR: N_("Successor named"),
    DecisionKind.PROPOSE_CONTROLLER: N_("New control key proposed"),
    DecisionKind.CONFIRM_CONTROLLER: N_("New control key confirmed"),
    DecisionKind.CANCEL_CONTROLLER: N_("New control key cancelled"),
    DecisionKind.EXECUTE_CONTROLLER: N_("New control key took effect"),
}
_SILENT: Final = N_("The register does not answer at the moment. Nothing was changed: try again in a few minutes.")
_REFUSALS: Final[Mapping[str, str]] = {
    "issuer_not_admitted": N_("The organisation is not admitted yet: wait until the register has taken it up."),
    "already_suspended": N_("The organisation is suspended already; only an earlier day could be set."),
    "not_suspended": N_("The organisation is not suspended."),
    "nothing_changes": N_("It is so already: nothing would change."),
    "decision_waits": N_("An earlier decision about this organisation is still on its way: wait a minute."),
    "bad_successor": N_("An organisation is not its own successor."),
    "as_of_in_future": N_("This day is still to come."),
    "as_of_too_far_back": N_("An organisation is suspended as of at most 30 days back."),
    "as_of_too_early": N_("This day is before the organisation was admitted, or before it was last reinstated."),
    "bad_name": N_("This name cannot be used: write it with letters, without line breaks."),
    "not_found": N_("There is no organisation with this address."),
    "same_registrar": N_("You have approved this application already: another registrar has to agree."),
    "first_word_gone": FIRST_WORD_GONE,
    "own_application": N_("You applied yourself: others have to decide."),
    "replacement_waits": N_("A proposal about this organisation waits for another registrar already."),
    "same_proposer": N_("You have proposed this: another registrar has to confirm."),
    "own_replacement": N_("You act for this organisation, or would: other registrars have to decide."),
    "replacement_decided": N_("This proposal is decided already."),
    "already_decided": N_("Somebody else has decided about this application already."),
    "already_here": N_("The register has an organisation with this address or ИНН already: refuse, saying so."),
    "last_admin": N_("The last administrator stays: make somebody else one first."),
    "issuer_suspended": N_("The organisation is suspended: nothing can be issued until it is reinstated."),
    "key_not_ready": N_("The organisation is being taken up by the register: wait a few minutes."),
    "kind_not_allowed": N_("The organisation is not admitted for this kind of document: ask the registrar."),
}
ZONES: Final = (
    *("Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Novosibirsk"),
    *("Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka"),
)


def said(error: PortfolioError) -> str:
    """Return the sentence (a gettext id) that tells staff why an act was refused; raises what has none."""
    if isinstance(error, UnavailableError):
        return _SILENT
    if error.code not in _REFUSALS:
        raise error
    return _REFUSALS[error.code]


def kind_options(language: Language) -> list[tuple[str, str]]:
    """Return the kinds that may be issued as (code, label)."""
    return [(code, kind.ru if language == "ru" else kind.en) for code, kind in ISSUED_KINDS.items()]


def zone_options(language: Language) -> list[tuple[str, str]]:
    """Return the time zones of Russia as (IANA name, label): the city and its distance from UTC."""
    now = datetime.now(UTC)
    options = []
    for name in ZONES:
        zone = get_timezone(name)
        hours = int((now.astimezone(zone).utcoffset() or timedelta()).total_seconds()) // 3600
        options.append((name, f"{get_timezone_location(zone, locale=language, return_city=True)} (UTC+{hours})"))
    return options
