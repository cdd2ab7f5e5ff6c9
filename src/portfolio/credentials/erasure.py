"""Erasing credentials: what each of them says goes; digest, issuer and place in the status list stay.

Records that an issuer must keep by law stay with it, unlinked from the holder's account and under a new key.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from portfolio.credentials.kinds import kind_of
from portfolio.credentials.models import Credential
from portfolio.documents.models import Document
from portfolio.documents.service import reseal_document
from portfolio.documents.vault import Vault
from portfolio.people.erasure import Erasing, Plan
from portfolio.people.models import Person
from portfolio.people.service import change_profile, profile_in


def plan_erasure(session: Session, *, person_id: str, disputed: Collection[str] = ()) -> Plan:
    """Return what the erasure of a person's own row takes along: the records he has claimed.

    An issuer's person with a statutory record stays with that issuer, without the records that are not statutory. Those
    who are `disputed` stay with all their records: they may be somebody else's.
    """
    claimed = list(session.exec(select(Person.id).where(Person.owner_id == person_id)))
    rows = session.exec(
        select(Credential.id, Credential.person_id, Credential.kind).where(
            or_(col(Credential.person_id).in_(claimed), col(Credential.person_id) == person_id)
        )
    ).all()
    contested = {person for person in claimed if person in disputed}
    kept = {person for _, person, kind in rows if kind_of(kind).statutory and person != person_id} | contested
    return Plan(
        persons=(person_id, *(person for person in claimed if person not in kept)),
        credentials=tuple(
            credential
            for credential, person, kind in rows
            if person not in kept or (person not in contested and not kind_of(kind).statutory)
        ),
        kept=tuple(sorted(kept)),
    )


def renew_keys(erasing: Erasing) -> int:
    """Give those who stay by statute a new key, with what stays under it: a step. The old key opens nothing then."""
    for person_id in erasing.plan.kept:
        with erasing.database.write() as session:
            _renew_key(session, erasing.vault, person_id, frozenset(erasing.plan.credentials))
    return len(erasing.plan.kept)


def erase_credentials(erasing: Erasing) -> int:
    """Empty the rows: a step. Drafts, which nobody has signed, go altogether."""
    with erasing.database.write() as session:
        session.execute(
            delete(Credential)
            .where(col(Credential.id).in_(erasing.plan.credentials))
            .where(col(Credential.digest).is_(None))
        )
        rows = session.exec(select(Credential).where(col(Credential.id).in_(erasing.plan.credentials))).all()
        for row in rows:
            row.sealed_body, row.short_code, row.row, row.run_id = b"", None, None, None
            # Random: what was an HMAC of the content could be found again by who knows the content.
            row.natural_key, row.content = secrets.token_bytes(32), secrets.token_bytes(32)
            row.token_hash = secrets.token_bytes(32)
            session.add(row)
    return len(rows)


def _renew_key(session: Session, vault: Vault, person_id: str, erased: frozenset[str]) -> None:
    person = session.get_one(Person, person_id, with_for_update=True)
    profile = profile_in(person, vault=vault)
    old = vault.open_person_key(person.sealed_key, person_id=person_id)
    person.sealed_key, new = vault.new_person_key(person_id)
    session.add(person)
    session.flush()
    change_profile(session, vault=vault, person_id=person_id, profile=profile)
    for row in session.exec(select(Credential).where(Credential.person_id == person_id)):
        if row.id in erased:
            row.sealed_body = b""  # a body that no key opens is none
            session.add(row)
        elif row.sealed_body:
            context = f"credential:{row.id}"
            row.sealed_body = vault.seal_for(
                new, vault.open_for(old, row.sealed_body, context=context), context=context
            )
            session.add(row)
    for document in session.exec(select(Document).where(Document.person_id == person_id)):
        reseal_document(document, old=old, new=new)
        session.add(document)
