"""Credentials from elsewhere that a holder keeps here: the file sealed, with the report of its last check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import orjson
from sqlalchemy import func
from sqlmodel import Session, col, select

from portfolio.achievements.findings import ImportReport
from portfolio.achievements.models import ImportedBadge, PortfolioItem
from portfolio.db import new_id
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, NotFoundError
from portfolio.i18n import N_
from portfolio.jobs import Clock
from portfolio.people.consent import Purpose
from portfolio.people.consents import require_consent
from portfolio.people.journal import record_act
from portfolio.people.service import key_of_person

MOST_IMPORTS: Final = 50


class TooManyImportsError(ConflictError):
    """The portfolio holds as many badges from elsewhere as anybody needs."""

    code: ClassVar[str] = "too_many_imports"


@dataclass(frozen=True, slots=True)
class ImportView:
    """An imported badge with its report (`ImportReport.to_json`)."""

    badge: ImportedBadge
    report: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.report["claims"]["achievement"] or "")

    @property
    def issuer(self) -> str:
        claims = self.report["claims"]
        return str(claims["issuer_name"] or claims["issuer"] or "")

    @property
    def day(self) -> str:
        """The ISO day on which it was given, "" where that is not known."""
        return str(self.report["claims"]["issued_at"] or "")[:10]


def keep(
    session: Session, *, vault: Vault, person_id: str, data: bytes, report: ImportReport, actor: str, clock: Clock
) -> ImportedBadge:
    """Keep a file from elsewhere that was checked. Raises `ConsentMissingError`, `TooManyImportsError`."""
    require_consent(session, vault=vault, person_id=person_id, purpose=Purpose.STORE, now=clock())
    kept = select(func.count()).select_from(ImportedBadge).where(ImportedBadge.person_id == person_id)
    if session.exec(kept).one() >= MOST_IMPORTS:
        raise TooManyImportsError(N_("There are 50 badges here already. Delete one that is not needed any more."))
    key, badge_id = key_of_person(session, vault=vault, person_id=person_id), new_id()
    badge = ImportedBadge(
        id=badge_id,
        person_id=person_id,
        sealed_file=vault.seal_for(key, data, context=f"import:{badge_id}"),
        sealed_report=_sealed(vault, key, badge_id, report),
        created_at=clock(),
        checked_at=clock(),
    )
    session.add(badge)
    record_act(session, actor=actor, act="import.keep", subject=badge.id, clock=clock)
    return badge


def imports_of(session: Session, *, vault: Vault, key: bytes, person_id: str) -> list[ImportView]:
    """Return what a person keeps from elsewhere, the newest first; `key` is the own row's."""
    rows = session.exec(
        select(ImportedBadge).where(ImportedBadge.person_id == person_id).order_by(col(ImportedBadge.created_at).desc())
    )
    return [
        ImportView(row, orjson.loads(vault.open_for(key, row.sealed_report, context=f"import-report:{row.id}")))
        for row in rows
    ]


def import_of(session: Session, *, person_id: str, import_id: str) -> ImportedBadge:
    """Return one badge of a person, or raise `NotFoundError`."""
    badge = session.get(ImportedBadge, import_id)
    if badge is None or badge.person_id != person_id:
        raise NotFoundError("there is no such badge")
    return badge


def file_of(session: Session, *, vault: Vault, badge: ImportedBadge) -> bytes:
    """Return the file as it was uploaded."""
    key = key_of_person(session, vault=vault, person_id=badge.person_id)
    return vault.open_for(key, badge.sealed_file, context=f"import:{badge.id}")


def set_report(
    session: Session, *, vault: Vault, person_id: str, import_id: str, report: ImportReport, clock: Clock
) -> None:
    """Put a new check in place of the last one."""
    badge = import_of(session, person_id=person_id, import_id=import_id)
    key = key_of_person(session, vault=vault, person_id=person_id)
    badge.sealed_report, badge.checked_at = _sealed(vault, key, badge.id, report), clock()
    session.add(badge)


def delete(session: Session, *, person_id: str, import_id: str, actor: str, clock: Clock) -> None:
    """Delete a badge and how it was arranged."""
    badge = import_of(session, person_id=person_id, import_id=import_id)
    arranged = session.exec(
        select(PortfolioItem).where(PortfolioItem.person_id == person_id).where(PortfolioItem.thing_id == badge.id)
    )
    for row in arranged:
        session.delete(row)
    session.delete(badge)
    record_act(session, actor=actor, act="import.delete", subject=import_id, clock=clock)


def _sealed(vault: Vault, key: bytes, badge_id: str, report: ImportReport) -> bytes:
    return vault.seal_for(key, orjson.dumps(report.to_json()), context=f"import-report:{badge_id}")
