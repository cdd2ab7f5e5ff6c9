"""Two forms of a credential, full and minimal: signed together, revoked together, and nothing in one tells of the other
but what both say.
"""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session, col, or_, select

from portfolio.credentials.kinds import KINDS, Kind, kind_of
from portfolio.credentials.kinds.minimal_forms import minimal_values
from portfolio.credentials.links import link_token
from portfolio.credentials.models import Credential
from portfolio.credentials.statement import Statement
from portfolio.credentials.status import allocate_indexes
from portfolio.db import new_id
from portfolio.documents.vault import Vault
from portfolio.organisations.models import Organisation

Place = tuple[str, int]
"""URL of a status list, and the index in it."""


def minimal_kind(kind: Kind) -> Kind:
    """Return the minimal form of a kind that is issued."""
    return KINDS[f"{kind.code}_minimal"]


def minimal_statement(full: Statement, place: Place) -> Statement:
    """Return what the minimal form says: less, under ids and a place in the status list of its own."""
    kind = kind_of(full.kind)
    return replace(
        full,
        id=f"urn:uuid:{new_id()}",
        subject_id=f"urn:uuid:{new_id()}",
        kind=minimal_kind(kind).code,
        status_list=place[0],
        status_index=place[1],
        fields=minimal_values(kind, full.fields),
    )


def allocate_pairs(session: Session, *, organisation: Organisation, count: int) -> list[tuple[Place, Place]]:
    """Return places for `count` credentials of two forms; the two of a pair never lie beside each other."""
    places = allocate_indexes(session, organisation=organisation, count=2 * count)
    pairs = []
    for full, minimal in zip(places[:count], places[count:], strict=True):
        other = minimal
        while _adjacent(full, other):
            other = allocate_indexes(session, organisation=organisation, count=1)[0]
        pairs.append((full, other))
    return pairs


def forms_of(session: Session, *, credential: Credential, lock: bool = False) -> list[Credential]:
    """Return the full form and then the minimal one; either may be given. One issued before has no minimal form.

    With `lock` they are read again and held to the end of the transaction: whoever signs or revokes one of them decides
    by what is known of both.
    """
    full_id = credential.minimal_of or credential.id
    query = (
        select(Credential)
        .where(or_(col(Credential.id) == full_id, col(Credential.minimal_of) == full_id))
        .order_by(col(Credential.id))  # the same order everywhere, so that two never wait for each other
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return sorted(session.exec(query), key=lambda row: row.minimal_of is not None)


def minimal_token(session: Session, *, vault: Vault, credential: Credential) -> str | None:
    """Return the token of the link of a full form's minimal form, once that is signed."""
    form = session.exec(select(Credential).where(Credential.minimal_of == credential.id)).first()
    if form is None or form.digest is None:
        return None
    return link_token(vault.secret("links"), credential_id=form.id, version=form.link_version)


def _adjacent(one: Place, other: Place) -> bool:
    return one[0] == other[0] and abs(one[1] - other[1]) <= 1
