"""Applications of organisations: made by an account, admitted by two registrars or refused by one, each once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import update
from sqlmodel import Session, col, select

from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, NotFoundError
from portfolio.i18n import Language
from portfolio.jobs import Clock
from portfolio.notifications.service import queue_mail
from portfolio.organisations.models import (
    Application,
    ApplicationState,
    Membership,
    Organisation,
    OrganisationType,
    StaffRole,
)
from portfolio.organisations.service import create_organisation, kinds_mask, kinds_of_mask
from portfolio.people.accounts import address_of
from portfolio.people.models import Account
from portfolio.people.office import FirstWordGoneError, in_office

MOST_OPEN: Final = 3
"""Applications that one account may have open."""

USUAL_KINDS: Final[Mapping[OrganisationType, tuple[str, ...]]] = {
    OrganisationType.SCHOOL: ("school_certificate", "diploma", "participation"),
    OrganisationType.ORGANISER: ("olympiad_award", "diploma", "participation"),
    OrganisationType.CPD_PROVIDER: ("cpd_certificate", "course_completion"),
    OrganisationType.UNIVERSITY: ("olympiad_award", "diploma", "course_completion"),
    OrganisationType.EMPLOYER: ("participation",),
}
"""Kinds of document that are proposed to each type."""

_CYRILLIC: Final = "а б в г д е ё ж з и й к л м н о п р с т у ф х ц ч ш щ ъ ы ь э ю я"
_SPELT: Final = "a b v g d e e zh z i j k l m n o p r s t u f h ts ch sh sch - y - e yu ya"
_LATIN: Final = str.maketrans(
    {letter: spelt.replace("-", "") for letter, spelt in zip(_CYRILLIC.split(), _SPELT.split(), strict=True)}
)
_LONGEST_PROPOSAL: Final = 40


class TooManyApplicationsError(ConflictError):
    code = "too_many_applications"


class AlreadyHereError(ConflictError):
    """An organisation of the register, which is public, has this `field` already."""

    code = "already_here"

    def __init__(self, field: str, slug: str) -> None:
        super().__init__("an organisation of the register has this already", field=field, slug=slug)
        self.field = field
        self.slug = slug


class AlreadyDecidedError(ConflictError):
    code = "already_decided"


class SameRegistrarError(ConflictError):
    code = "same_registrar"


class OwnApplicationError(ConflictError):
    code = "own_application"


@dataclass(frozen=True, slots=True)
class Details:
    """What an organisation says of itself, checked and normalised."""

    type: OrganisationType
    slug: str
    name: str
    inn: str
    ogrn: str
    contact: str
    kinds: Sequence[str]
    time_zone: str


def proposed_slug(name: str) -> str:
    """Return an address that an organisation's name suggests, in Latin letters; "" when it suggests none."""
    latin = re.sub("[^a-z0-9]+", "-", name.casefold().translate(_LATIN)).strip("-")
    return latin[:_LONGEST_PROPOSAL].strip("-")


def apply(session: Session, *, account_id: str, details: Details, clock: Clock) -> Application:
    """Take in an application.

    Raises `TooManyApplicationsError`, and `AlreadyHereError` for an address or ИНН of the public register. Of others'
    applications nothing is told.
    """
    mine = applications_of(session, account_id=account_id)
    waiting = [row for row in mine if row.state is ApplicationState.OPEN]
    if len(waiting) >= MOST_OPEN or any(row.inn == details.inn for row in waiting):
        raise TooManyApplicationsError("your application is with the registrars already")
    _require_free(session, slug=details.slug, inn=details.inn)
    application = Application(
        account_id=account_id,
        type=details.type,
        slug=details.slug,
        name=details.name,
        inn=details.inn,
        ogrn=details.ogrn,
        contact=details.contact,
        kinds=kinds_mask(details.kinds),
        time_zone=details.time_zone,
        created_at=clock(),
    )
    session.add(application)
    session.flush()
    return application


def applications_of(session: Session, *, account_id: str) -> list[Application]:
    """Return what an account applied for, the newest first."""
    query = select(Application).where(Application.account_id == account_id).order_by(col(Application.created_at).desc())
    return list(session.exec(query.limit(20)))


def open_applications(session: Session) -> list[Application]:
    """Return what waits for the registrars, the oldest first."""
    query = select(Application).where(Application.state == ApplicationState.OPEN)
    return list(session.exec(query.order_by(col(Application.created_at)).limit(100)))


def application_for(session: Session, *, application_id: str) -> Application:
    """Return an application; raises `NotFoundError`."""
    found = session.get(Application, application_id)
    if found is None:
        raise NotFoundError("there is no such application")
    return found


def approve(
    session: Session,
    *,
    vault: Vault,
    identifier_host: str,
    public_url: str,
    application_id: str,
    account_id: str,
    clock: Clock,
) -> Organisation | None:
    """Approve as one registrar. The second, another one, admits: then the organisation is returned.

    Both steps are one conditional update each, so that of two at the same moment each counts once (fault 101). The
    first word counts only while its speaker is a registrar. Raises `SameRegistrarError`, `FirstWordGoneError`,
    `OwnApplicationError`, `AlreadyDecidedError`, `AlreadyHereError`.
    """
    application = application_for(session, application_id=application_id)
    if application.account_id == account_id:
        raise OwnApplicationError("an application is approved by others than who made it")
    row, now = col(Application.id) == application_id, clock()
    still_open = col(Application.state) == ApplicationState.OPEN
    first = update(Application).where(row, still_open, col(Application.first_approval_by).is_(None))
    if session.exec(first.values(first_approval_by=account_id, first_approval_at=now)).rowcount:
        return None
    other = col(Application.first_approval_by) != account_id
    second = update(Application).where(row, still_open, other, col(Application.first_approval_by).in_(in_office()))
    decided = second.values(state=ApplicationState.ADMITTED, decided_by=account_id, decided_at=now)
    if not session.exec(decided).rowcount:
        raise _why_not(session, application, account_id)
    session.refresh(application)
    return _admit(session, vault, identifier_host, public_url, application, clock)


def refuse(
    session: Session, *, vault: Vault, public_url: str, application_id: str, account_id: str, reason: str, clock: Clock
) -> Application:
    """Refuse with a reason that the applicant reads. Raises `AlreadyDecidedError`."""
    application = application_for(session, application_id=application_id)
    changed = session.exec(
        update(Application)
        .where(col(Application.id) == application_id)
        .where(col(Application.state) == ApplicationState.OPEN)
        .values(state=ApplicationState.REFUSED, reason=reason, decided_by=account_id, decided_at=clock())
    )
    if not changed.rowcount:
        raise AlreadyDecidedError("this application is decided already")
    session.refresh(application)
    _write(session, vault, application, "application_refused", f"{public_url}/apply", clock, reason=reason)
    return application


def _why_not(session: Session, application: Application, account_id: str) -> ConflictError:
    session.refresh(application)
    if application.state is not ApplicationState.OPEN:
        return AlreadyDecidedError("this application is decided already")
    if application.first_approval_by == account_id:
        return SameRegistrarError("you have approved this application: another registrar has to agree")
    return FirstWordGoneError()


def _admit(
    session: Session, vault: Vault, identifier_host: str, public_url: str, application: Application, clock: Clock
) -> Organisation:
    _require_free(session, slug=application.slug, inn=application.inn)
    organisation = create_organisation(
        session,
        vault=vault,
        identifier_host=identifier_host,
        slug=application.slug,
        name=application.name,
        contact=application.contact,
        kinds=kinds_of_mask(application.kinds),
        time_zone=application.time_zone,
        organisation_type=application.type,
        clock=clock,
    )
    organisation.inn, organisation.ogrn = application.inn, application.ogrn
    application.organisation_id = organisation.id
    admin = Membership(
        organisation_id=organisation.id, account_id=application.account_id, role=StaffRole.ADMIN, created_at=clock()
    )
    session.add_all([organisation, application, admin])
    session.flush()
    _write(session, vault, application, "application_admitted", f"{public_url}/org/{organisation.slug}", clock)
    return organisation


def _write(
    session: Session, vault: Vault, application: Application, letter: str, link: str, clock: Clock, **more: str
) -> None:
    account = session.get(Account, application.account_id)
    if account is None or account.closed_at is not None:
        return  # whoever applied has left; nobody is to be written to
    language: Language = "en" if account.language == "en" else "ru"
    queue_mail(
        session,
        vault=vault,
        address=address_of(session, vault=vault, account=account),
        letter=letter,
        language=language,
        clock=clock,
        organisation=application.name,
        link=link,
        **more,
    )


def _require_free(session: Session, *, slug: str, inn: str) -> None:
    for field, column, value in (("slug", Organisation.slug, slug), ("inn", Organisation.inn, inn)):
        taken = session.exec(select(Organisation.slug).where(col(column) == value).limit(1)).first()
        if taken is not None:
            raise AlreadyHereError(field, taken)
