"""What we keep of a person, as files to take along: his own words, acts about him, nobody else's data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

import orjson
from sqlalchemy import LargeBinary, Table
from sqlalchemy import select as select_rows
from sqlmodel import Session, SQLModel, col, select
from zipstream import ZIP_DEFLATED, ZipStream

from portfolio.documents.vault import Vault
from portfolio.people.access import views_of
from portfolio.people.accounts import address_of
from portfolio.people.consents import history_of
from portfolio.people.erasure import belongs_to
from portfolio.people.guardians import address_invited, guardianships_of
from portfolio.people.models import Account, Person
from portfolio.people.service import profile_of
from portfolio.people.wordings import wording

Part = tuple[str, bytes]
SECRET_TABLES: Final = frozenset({"passkey", "recoverycode", "accounttoken", "attempts"})
"""What guards the account: of use only to who would break into it."""
MOST_VIEWS: Final = 100_000


def facts_about(session: Session, *, vault: Vault, person_id: str) -> dict[str, Any]:
    """Return what the people slice keeps: profile, account, consents with their texts, guardians, looks."""
    account = session.exec(select(Account).where(Account.person_id == person_id)).first()
    return {
        "person": {"id": person_id, **_plain(profile_of(session, vault=vault, person_id=person_id))},
        "account": {
            "address": address_of(session, vault=vault, account=account),
            "language": account.language,
            "created_at": account.created_at,
        }
        if account
        else None,
        "consents": [
            {
                **consent.model_dump(mode="json", include={"purpose", "capacity", "text_version"}),
                "given_at": consent.given_at,
                "withdrawn_at": consent.withdrawn_at,
                "text": list(wording(consent.purpose, consent.text_version).paragraphs["ru"]),
                "text_sha256": consent.text_hash.hex(),
            }
            for consent in history_of(session, person_id=person_id)
        ],
        # Of guardians only what the person himself has typed or decided; their own data is theirs.
        "guardians": [
            {
                **row.model_dump(mode="json", include={"state", "proof", "ended_why"}),
                "invited_address": address_invited(session, vault=vault, guardianship=row),
                "active_at": row.active_at,
                "ended_at": row.ended_at,
            }
            for row in guardianships_of(session, person_id=person_id)
        ],
        "looks": [
            {"at": view.at, "viewer": view.viewer, "what": view.what, "why": view.why}
            for view in views_of(session, person_id=person_id, limit=MOST_VIEWS)
        ],
        "claimed_records": list(session.exec(select(Person.id).where(Person.owner_id == person_id))),
    }


def rows_about(session: Session, *, person_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table that belongs to a person, without ciphertext and hashes: nothing is forgotten."""
    accounts = list(session.exec(select(Account.id).where(col(Account.person_id) == person_id)))
    found: dict[str, list[dict[str, Any]]] = {}
    for table in SQLModel.metadata.sorted_tables:
        condition = None if table.name in SECRET_TABLES else belongs_to(table, [person_id], accounts)
        if condition is None:
            continue
        rows = session.execute(select_rows(*_readable(table)).where(condition)).mappings()
        if shown := [dict(row) for row in rows]:
            found[table.name] = shown
    return found


def as_json(value: Any) -> bytes:
    """Return JSON as people can read it too."""
    return orjson.dumps(value, default=_text, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)


def archive(parts: Iterable[Part]) -> Iterator[bytes]:
    """Yield a ZIP of the parts as they come; no more than one of them is in memory."""
    stream = ZipStream(compress_type=ZIP_DEFLATED)
    for name, content in parts:
        stream.add(content, name)
        yield from stream.file()
    yield from stream.finalize()


def _readable(table: Table) -> Sequence[Any]:
    # A hash of a password is text; nothing that guards a secret is taken along.
    return [
        column
        for column in table.columns
        if not isinstance(column.type, LargeBinary) and not column.name.endswith("_hash")
    ]


def _plain(profile: Any) -> dict[str, Any]:
    return {name: value for name in profile.__slots__ if (value := getattr(profile, name)) is not None}


def _text(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError
