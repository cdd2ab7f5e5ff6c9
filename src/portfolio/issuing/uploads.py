"""Tables between upload and decision: kept sealed for an hour, so that nobody uploads a table twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import orjson
from sqlalchemy import delete
from sqlmodel import Session, col

from portfolio.documents.vault import Vault
from portfolio.errors import NotFoundError
from portfolio.issuing.models import IssuingRun, UploadedTable
from portfolio.issuing.service import TableRequest
from portfolio.jobs import Clock
from portfolio.organisations.models import Organisation

KEPT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """An uploaded table; `request` is None once it became the run `run_id`."""

    id: str
    request: TableRequest | None
    run_id: str | None


def keep_table(
    session: Session, *, vault: Vault, organisation: Organisation, account_id: str, request: TableRequest, clock: Clock
) -> str:
    """Keep an uploaded table for an hour and return its id."""
    forget_tables(session, now=clock())
    row = UploadedTable(
        organisation_id=organisation.id,
        account_id=account_id,
        kind=request.kind,
        created_at=clock(),
        expires_at=clock() + KEPT,
    )
    row.sealed_key, key = vault.new_person_key(row.id)
    row.sealed_table = vault.seal_for(key, request.content, context=f"table:{row.id}")
    row.sealed_options = vault.seal_for(key, _options(request), context=f"table-options:{row.id}")
    session.add(row)
    session.flush()
    return row.id


def kept_table(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    table_id: str,
    now: datetime,
    for_update: bool = False,
) -> Kept:
    """Return a kept table of this organisation; raises `NotFoundError` for another's and for what was forgotten."""
    row = session.get(UploadedTable, table_id, with_for_update=True if for_update else None)
    if row is None or row.organisation_id != organisation.id or (row.run_id is None and row.expires_at <= now):
        raise NotFoundError("this table is not kept any more: upload it again")
    if row.sealed_key is None or row.sealed_table is None or row.sealed_options is None:
        return Kept(row.id, None, row.run_id)
    key = vault.open_person_key(row.sealed_key, person_id=row.id)
    content = vault.open_for(key, row.sealed_table, context=f"table:{row.id}")
    options = orjson.loads(vault.open_for(key, row.sealed_options, context=f"table-options:{row.id}"))
    return Kept(row.id, TableRequest(content=content, filename="", kind=row.kind, **options), row.run_id)


def change_reading(
    session: Session,
    *,
    vault: Vault,
    kept: Kept,
    defaults: Mapping[str, str],
    valid_until: str | None,
    sheet: str | None,
    encoding: str | None,
) -> None:
    """Read a kept table otherwise from now on."""
    row = session.get_one(UploadedTable, kept.id)
    if kept.request is None or row.sealed_key is None:
        return
    key = vault.open_person_key(row.sealed_key, person_id=row.id)
    changed = replace(kept.request, defaults=defaults, valid_until=valid_until, sheet=sheet, encoding=encoding)
    row.sealed_options = vault.seal_for(key, _options(changed), context=f"table-options:{row.id}")
    session.add(row)
    session.flush()


def became_run(session: Session, *, table_id: str, run: IssuingRun) -> None:
    """Forget a table that is being issued, and remember as what."""
    row = session.get_one(UploadedTable, table_id)
    row.sealed_key = row.sealed_table = row.sealed_options = None
    row.run_id = run.id
    session.add(row)
    session.flush()


def forget_tables(session: Session, *, now: datetime) -> int:
    """Delete what has been kept long enough; returns how many tables."""
    return int(session.exec(delete(UploadedTable).where(col(UploadedTable.expires_at) <= now)).rowcount)


def _options(request: TableRequest) -> bytes:
    return orjson.dumps(
        {
            "defaults": dict(request.defaults),
            "valid_until": request.valid_until,
            "sheet": request.sheet,
            "encoding": request.encoding,
        }
    )
