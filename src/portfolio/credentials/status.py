"""Places in Bitstring Status Lists: random, never given twice, never derivable from the order of issuing."""

from __future__ import annotations

import secrets
from array import array
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from portfolio.credentials.statuslists import LIST_LENGTH
from portfolio.organisations.models import Organisation, PublishedList, StatusList

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)  # a list that was never signed is due since ever


def status_list_url(did: str, number: int) -> str:
    """Return the URL of an issuer's status list: beside its DID document on the DID's own host."""
    _, _, rest = did.split(":", 2)
    return f"https://{rest.replace(':', '/').replace('%3A', ':')}/status/{number}"


def number_of(url: str) -> int:
    """Return the number of the list that `status_list_url` named."""
    return int(url.rpartition("/")[2])


def allocate_indexes(session: Session, *, organisation: Organisation, count: int) -> list[tuple[str, int]]:
    """Return `count` places (list URL, index) of the organisation, opening a new list when the present one is full."""
    places: list[tuple[str, int]] = []
    while len(places) < count:
        present = _open_list(session, organisation)
        order = array("I")
        order.frombytes(present.order)
        taken = order[present.used : present.used + count - len(places)]
        url = status_list_url(organisation.did, present.number)
        places.extend((url, index) for index in taken)
        present.used += len(taken)
        session.add(present)
        session.flush()
    return places


def _open_list(session: Session, organisation: Organisation) -> StatusList:
    last = session.exec(
        select(StatusList)
        .where(StatusList.organisation_id == organisation.id)
        .order_by(col(StatusList.number).desc())
        .limit(1)
        .with_for_update()
    ).first()
    if last is not None and last.used < LIST_LENGTH:
        return last
    order = array("I", range(LIST_LENGTH))
    secrets.SystemRandom().shuffle(order)
    fresh = StatusList(organisation_id=organisation.id, number=last.number + 1 if last else 1, order=order.tobytes())
    session.add(fresh)
    session.flush()
    url = status_list_url(organisation.did, fresh.number)
    session.add(PublishedList(list_id=fresh.id, organisation_id=organisation.id, url=url, renew_at=AT_ONCE))
    session.flush()
    return fresh
