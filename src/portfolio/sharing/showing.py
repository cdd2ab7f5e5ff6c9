"""What stands behind a link or a grant, each document with its verdict of this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from portfolio.credentials.models import Credential
from portfolio.documents.vault import Vault
from portfolio.i18n import Language
from portfolio.jobs import Clock
from portfolio.organisations.models import Organisation
from portfolio.people.models import Person
from portfolio.sharing.gathered import Gathered
from portfolio.sharing.models import FormShown, ShareItem, ShareLink
from portfolio.verification.keeper import FactsKeeper
from portfolio.verification.page import ResultView, result_view
from portfolio.verification.service import Answer, bare_bundles_of, verify_document


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A credential to be shown, before it is judged: its bundle, whom to ask, and where the issuer is shown."""

    place: int
    credential_id: str
    form: FormShown
    bundle: bytes
    contact: str
    issuer_page: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A credential with its verdict."""

    exhibit: Exhibit
    answer: Answer


def credentials_shown(session: Session, *, link: ShareLink) -> list[tuple[ShareItem, Credential, Organisation, Person]]:
    """Return what a link shows: what was chosen when it was made, as far as it is still the person's and not erased."""
    return list(
        session.exec(
            select(ShareItem, Credential, Organisation, Person)
            .join(Credential, col(Credential.id) == col(ShareItem.credential_id))
            .join(Organisation, col(Organisation.id) == col(Credential.organisation_id))
            .join(Person, col(Person.id) == col(Credential.person_id))
            .where(ShareItem.link_id == link.id)
            .where(Person.owner_id == link.person_id)
            .where(col(Person.erased_at).is_(None))
            .order_by(col(ShareItem.place))
        ).all()
    )


def exhibits_of(session: Session, *, vault: Vault, link: ShareLink, place: int | None = None) -> list[Exhibit]:
    """Return what a link shows, all of it or the one document at a place; no query of its own for any document."""
    rows = [row for row in credentials_shown(session, link=link) if place in {None, row[0].place}]
    bundles = bare_bundles_of(session, vault=vault, credentials=[credential for _, credential, _, _ in rows])
    return [
        Exhibit(
            item.place,
            credential.id,
            item.form,
            bundles[credential.id],
            organisation.contact,
            f"/o/{organisation.slug}",
            organisation.time_zone,
        )
        for item, credential, organisation, _ in rows
    ]


def exhibits_in_full(session: Session, *, vault: Vault, gathered: Sequence[Gathered]) -> list[Exhibit]:
    """Return gathered credentials in their full form, in the same order."""
    return exhibits_in_form(session, vault=vault, chosen=[(item, FormShown.FULL) for item in gathered])


def exhibits_in_form(session: Session, *, vault: Vault, chosen: Sequence[tuple[Gathered, FormShown]]) -> list[Exhibit]:
    """Return gathered credentials each in the form chosen, in the same order; left out where it has no such form."""
    rows = [
        (item, form, row)
        for item, form in chosen
        if (row := item.full if form is FormShown.FULL else item.minimal) is not None
    ]
    bundles = bare_bundles_of(session, vault=vault, credentials=[row for _, _, row in rows])
    return [
        Exhibit(
            place,
            row.id,
            form,
            bundles[row.id],
            item.issuer.contact,
            f"/o/{item.issuer.slug}",
            item.issuer.time_zone,
        )
        for place, (item, form, row) in enumerate(rows, start=1)
    ]


def judge_all(exhibits: Sequence[Exhibit], *, keeper: FactsKeeper, clock: Clock) -> list[Judged]:
    """Judge each as the page of its own link does. To be called outside a session: it asks the chain."""
    return [
        Judged(exhibit, verify_document(exhibit.bundle, keeper=keeper, clock=clock, keep=True)) for exhibit in exhibits
    ]


def place_in(text: str) -> int:
    """Return the place that an address names; 0, at which nothing stands, for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0  # noqa: PLR2004


def view_of(judged: Judged, *, language: Language) -> ResultView:
    """Return what a page shows of a judged document."""
    return result_view(
        judged.answer.report,
        language=language,
        stored_at=judged.answer.last_at,
        last_verdict=judged.answer.last_verdict,
        contact=judged.exhibit.contact,
        issuer_page=judged.exhibit.issuer_page,
        time_zone=judged.exhibit.time_zone,
    )
