"""Issuing and revoking credentials. What a thing outside must do (anchor, revoke on chain) is written down here and
done later by the anchoring slice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import insert
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from portfolio.anchoring.service import add_leaves
from portfolio.credentials.forms import allocate_pairs, minimal_statement
from portfolio.credentials.kinds import Kind
from portfolio.credentials.links import link_token, short_code, token_hash
from portfolio.credentials.models import Credential
from portfolio.credentials.openbadges import Statement
from portfolio.credentials.signing import Signer, issue, statement_kept
from portfolio.credentials.statement import statement_json, statement_of
from portfolio.credentials.status import number_of
from portfolio.credentials.values import FieldValue
from portfolio.db import new_id
from portfolio.documents.vault import Vault
from portfolio.errors import ForbiddenError, NotFoundError
from portfolio.jobs import Clock, crash_point
from portfolio.organisations.keys import present_key, signer_of
from portfolio.organisations.models import Organisation, Purpose
from portfolio.people.models import Person
from portfolio.people.service import KnownPerson, Profile, open_person, persons_for

LOOKUP = 500  # natural keys in one query: below every database's limit of parameters


class KindNotAllowedError(ForbiddenError):
    code = "kind_not_allowed"


@dataclass(frozen=True, slots=True)
class Award:
    """What an issuer wants to confirm: about whom, of which kind, saying what (normalised values)."""

    profile: Profile
    fields: Mapping[str, FieldValue]
    row: int | None = None
    person_id: str | None = None  # a person known already, as in a correction
    natural_key: bytes | None = None  # taken over from the credential that is corrected


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row whose natural key is already issued with other values; nothing is changed by it."""

    row: int | None
    credential_id: str
    changed: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What became of a list of awards: ids of new credentials, how many were there already, and the conflicts."""

    issued: list[str] = field(default_factory=list)
    already: int = 0
    conflicts: list[Conflict] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Issuer:
    """An organisation about to issue: its row and the key that will sign, here (`signer`) or on its own computer."""

    organisation: Organisation
    public_key: bytes
    signer: Signer | None


@dataclass(frozen=True, slots=True)
class _Keyed:
    award: Award
    natural_key: bytes
    content: bytes


def issue_awards(
    session: Session,
    *,
    vault: Vault,
    issuer: Issuer,
    kind: Kind,
    awards: Sequence[Award],
    valid_until: str | None,
    run_id: str | None,
    clock: Clock,
) -> Outcome:
    """Issue what is new, count what is there already, list what differs. Harmless to repeat.

    Each award becomes two credentials, its full and its minimal form; the outcome speaks of the full ones.
    With the issuer's signer they are SIGNED and queued for the next batch, else they wait as DRAFT.
    """
    check_kind(issuer.organisation, kind)
    keyed = [_key(vault, issuer.organisation, kind, award, valid_until) for award in awards]
    outcome, fresh = _sort_out(session, vault, issuer.organisation, kind, keyed)
    if not fresh:
        return outcome
    now = clock()
    people = _people(session, vault, issuer.organisation, fresh, now)
    places = allocate_pairs(session, organisation=issuer.organisation, count=len(fresh))
    drafts = []
    for item, person, (place, other) in zip(fresh, people, places, strict=True):
        full = _statement(issuer.organisation, kind, item.award, place, now, valid_until)
        drafts.append(_Draft(item, person, full, minimal_statement(full, other)))
    _store(session, vault, issuer, drafts, run_id, now)
    crash_point("pre_commit")
    outcome.issued.extend(_id(draft.full) for draft in drafts)
    return outcome


def preview_awards(
    session: Session,
    *,
    vault: Vault,
    organisation: Organisation,
    kind: Kind,
    awards: Sequence[Award],
    valid_until: str | None,
) -> Outcome:
    """Tell what `issue_awards` would do, without doing it; `issued` holds a blank id per new credential."""
    check_kind(organisation, kind)
    keyed = [_key(vault, organisation, kind, award, valid_until) for award in awards]
    outcome, fresh = _sort_out(session, vault, organisation, kind, keyed)
    outcome.issued.extend("" for _ in fresh)
    return outcome


def check_kind(organisation: Organisation, kind: Kind) -> None:
    """Raise `KindNotAllowedError` unless the organisation is admitted for this kind."""
    if kind.minimal_of:
        raise KindNotAllowedError(f"issue {kind.minimal_of}: its minimal form is signed with it", kind=kind.code)
    if not organisation.kinds >> kind.bit & 1:
        raise KindNotAllowedError(
            f"{organisation.slug} is not admitted for {kind.code}: ask the registrar", kind=kind.code
        )


@dataclass(frozen=True, slots=True)
class _Draft:
    item: _Keyed
    person: KnownPerson
    full: Statement
    minimal: Statement


def _people(
    session: Session, vault: Vault, organisation: Organisation, fresh: Sequence[_Keyed], now: datetime
) -> list[KnownPerson]:
    unknown = [item.award.profile for item in fresh if item.award.person_id is None]
    made = iter(persons_for(session, vault=vault, organisation_id=organisation.id, profiles=unknown, now=now))
    return [
        open_person(session, vault=vault, person_id=item.award.person_id) if item.award.person_id else next(made)
        for item in fresh
    ]


def _key(vault: Vault, organisation: Organisation, kind: Kind, award: Award, valid_until: str | None) -> _Keyed:
    """Two HMACs: of what makes it the same credential, and of all it says (a plain hash could be guessed)."""
    profile = award.profile
    natural: list[object] = [organisation.id, kind.code]
    for name in kind.natural_key:
        if name == "holder_name":
            natural += [_folded(profile.name), profile.birth_date, profile.number, profile.snils]
        else:
            natural.append(award.fields.get(name))
    content = [profile.name, valid_until, sorted(award.fields.items())]
    return _Keyed(
        award,
        award.natural_key or vault.hmac("natural-key", orjson.dumps(natural).decode()),
        vault.hmac("content", orjson.dumps(content).decode()),
    )


def _folded(name: str) -> str:
    return name.casefold().replace("ё", "е")


def _sort_out(
    session: Session, vault: Vault, organisation: Organisation, kind: Kind, keyed: Sequence[_Keyed]
) -> tuple[Outcome, list[_Keyed]]:
    present = _present(session, organisation, kind, [item.natural_key for item in keyed])
    outcome = Outcome()
    fresh: dict[bytes, _Keyed] = {}
    for item in keyed:
        twin = fresh.get(item.natural_key)
        row = present.get(item.natural_key)
        if twin is None and row is None:
            fresh[item.natural_key] = item
        elif (twin.content if twin else row.content if row else b"") == item.content:
            outcome.already += 1
        elif row is not None:
            changed = _changed(session, vault, row, item.award)
            outcome.conflicts.append(Conflict(item.award.row, row.id, changed))
        else:
            outcome.conflicts.append(Conflict(item.award.row, "", ()))
    return outcome, list(fresh.values())


def _present(
    session: Session, organisation: Organisation, kind: Kind, keys: Sequence[bytes]
) -> dict[bytes, Credential]:
    found: dict[bytes, Credential] = {}
    for start in range(0, len(keys), LOOKUP):
        rows = session.exec(
            select(Credential)
            .where(Credential.organisation_id == organisation.id)
            .where(Credential.kind == kind.code)
            .where(col(Credential.replaced_by).is_(None))
            .where(col(Credential.natural_key).in_(keys[start : start + LOOKUP]))
        )
        found |= {row.natural_key: row for row in rows}
    return found


def _changed(session: Session, vault: Vault, row: Credential, award: Award) -> tuple[str, ...]:
    """Name the fields that differ between what was issued and what the table says now."""
    before = open_statement(session, vault=vault, credential=row)
    names = sorted({*before.fields, *award.fields})
    changed = [name for name in names if before.fields.get(name) != award.fields.get(name)]
    if before.holder_name != award.profile.name:
        changed.insert(0, "holder_name")
    return tuple(changed) or ("valid_until",)


def _statement(
    organisation: Organisation,
    kind: Kind,
    award: Award,
    place: tuple[str, int],
    now: datetime,
    valid_until: str | None,
) -> Statement:
    return Statement(
        id=f"urn:uuid:{new_id()}",
        subject_id=f"urn:uuid:{new_id()}",
        issuer_did=organisation.did,
        issuer_name=organisation.name,
        holder_name=award.profile.name,
        kind=kind.code,
        valid_from=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        valid_until=valid_until,
        status_list=place[0],
        status_index=place[1],
        fields=dict(award.fields),
    )


def _store(
    session: Session, vault: Vault, issuer: Issuer, drafts: Sequence[_Draft], run_id: str | None, now: datetime
) -> None:
    rows: list[dict[str, Any]] = []
    for draft in drafts:
        # The minimal form stands first among the leaves: where the full one is FINAL, the other is too.
        minimal = _row(vault, issuer, draft, draft.minimal, now)
        rows += [
            {**minimal, "minimal_of": _id(draft.full), "run_id": None},
            {**_row(vault, issuer, draft, draft.full, now), "minimal_of": None, "run_id": run_id},
        ]
    session.execute(insert(Credential), rows)
    digests = [row["digest"] for row in rows if row["digest"] is not None]
    add_leaves(session, digests=digests, tag="credential", now=now)


def _row(vault: Vault, issuer: Issuer, draft: _Draft, statement: Statement, now: datetime) -> dict[str, Any]:
    credential_id = _id(statement)
    signed = issue(statement, issuer.signer) if issuer.signer else None
    body = signed.document if signed else statement_json(statement)
    token = link_token(vault.secret("links"), credential_id=credential_id, version=1)
    return {
        "id": credential_id,
        "organisation_id": issuer.organisation.id,
        "person_id": draft.person.id,
        "row": draft.item.award.row,
        "kind": statement.kind,
        "natural_key": draft.item.natural_key,
        "content": draft.item.content,
        "digest": signed.digest if signed else None,
        "short_code": short_code(signed.digest) if signed else None,
        "public_key": issuer.public_key,
        "sealed_body": vault.seal_for(draft.person.key, body, context=f"credential:{credential_id}"),
        "link_version": 1,
        "token_hash": token_hash(token),
        "created_at": now,
        "signed_at": now if signed else None,
        "status_list": number_of(statement.status_list),
        "status_index": statement.status_index,
    }


def _id(statement: Statement) -> str:
    return statement.id.removeprefix("urn:uuid:")


def open_body(session: Session, *, vault: Vault, credential: Credential) -> bytes:
    """Return the signed JSON of a credential, or the statement of a draft; raises `NotFoundError` once erased."""
    if not credential.sealed_body:
        raise NotFoundError("what this credential says was erased")
    person = open_person(session, vault=vault, person_id=credential.person_id)
    return vault.open_for(person.key, credential.sealed_body, context=f"credential:{credential.id}")


def open_statement(session: Session, *, vault: Vault, credential: Credential) -> Statement:
    """Return what a credential or a draft says, as we keep it; whether its signature fits is for `read_credential`."""
    body = open_body(session, vault=vault, credential=credential)
    return statement_of(body) if credential.digest is None else statement_kept(body)


def credential_by_token(session: Session, *, token: str) -> Credential:
    """Return the credential of a public link; unknown and replaced links answer alike."""
    found = session.exec(
        _of_living().where(Credential.token_hash == token_hash(token)).where(col(Credential.digest).is_not(None))
    ).first()
    if found is None:
        raise NotFoundError("no credential is known under this link")
    return found


def credentials_by_code(session: Session, *, code: str) -> list[Credential]:
    """Return the credentials whose papers bear this short code: one, but for a chance of 1 in 2^60."""
    return list(session.exec(_of_living().where(Credential.short_code == code).limit(10)))


def _of_living() -> SelectOfScalar[Credential]:
    """Select what can be read: the keys of an erased person are gone before his credentials are emptied."""
    return (
        select(Credential)
        .join(Person, col(Person.id) == col(Credential.person_id))
        .where(col(Person.erased_at).is_(None))
        .where(col(Credential.sealed_body) != b"")
    )


def credential_by_digest(session: Session, *, digest: bytes) -> Credential | None:
    """Return the signed credential of this digest, or None."""
    return session.exec(select(Credential).where(Credential.digest == digest)).first()


def credential_of(session: Session, *, organisation: Organisation, credential_id: str) -> Credential:
    """Return a credential of this organisation; another's is as unknown as an absent one."""
    found = session.get(Credential, credential_id.removeprefix("urn:uuid:"))
    if found is None or found.organisation_id != organisation.id:
        raise NotFoundError("this organisation has no credential with that id", id=credential_id)
    return found


def token_of(vault: Vault, credential: Credential) -> str:
    """Recompute the token of a credential's public link."""
    return link_token(vault.secret("links"), credential_id=credential.id, version=credential.link_version)


def issuer_of(session: Session, *, vault: Vault, organisation_id: str) -> Issuer:
    """Return the organisation with the key that signs now; raises `KeyNotReadyError` when none is good on chain."""
    organisation = session.get_one(Organisation, organisation_id)
    key = present_key(session, organisation=organisation, purpose=Purpose.CREDENTIAL)
    return Issuer(organisation, key.public_key, signer_of(vault, key))
