"""Claims: what a holder uploads, asks organisations to confirm, takes back. Who may do it is the caller's matter."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Final

import orjson
from sqlalchemy import func
from sqlmodel import Session, col, select

from portfolio.achievements.claims.stating import Stated
from portfolio.achievements.models import Claim, ClaimState, PortfolioItem, Wish
from portfolio.anchoring.service import add_leaves
from portfolio.credentials.models import Credential
from portfolio.credentials.values import fold
from portfolio.db import new_id
from portfolio.documents.models import Document
from portfolio.documents.service import ReadDocument, read_document, store_document
from portfolio.documents.storage import DocumentStore
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, NotFoundError, UnavailableError
from portfolio.i18n import N_, Language
from portfolio.jobs import Clock
from portfolio.notifications.service import queue_mail
from portfolio.organisations.models import Organisation, OrganisationType
from portfolio.people.consent import Purpose
from portfolio.people.consents import require_consent
from portfolio.people.journal import record_act
from portfolio.people.models import Person
from portfolio.people.service import key_of_person

TAG: Final = b"portfolio/claim/v1"
SALT_BYTES: Final = 32
FOUND_AT_MOST: Final = 20
MOST_CLAIMS: Final = 300
MOST_ASKED: Final = 20
SHOWN_STATES: Final = (
    ClaimState.CLAIMED,
    ClaimState.ASKED,
    ClaimState.ENDORSED,
    ClaimState.DECLINED,
    ClaimState.CONFIRMED,
)


class ClaimStateError(ConflictError):
    """The claim is not, or no longer, in a state in which this can be done: somebody else was first."""

    code: ClassVar[str] = "claim_state"


class TooManyClaimsError(ConflictError):
    """The portfolio holds, or asks organisations for, as much as anybody needs."""

    code: ClassVar[str] = "too_many_claims"


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim opened: its row, what it says, why it was declined where it was.

    `endorsed_by` and `endorsed_on` (ISO) tell of a copy that a school had certified before something else was asked.
    """

    claim: Claim
    stated: Stated
    reason: str = ""
    organisation: Organisation | None = None
    endorsed_by: str = ""
    endorsed_on: str = ""


def make_claim(
    session: Session,
    *,
    vault: Vault,
    store: DocumentStore,
    person_id: str,
    stated: Stated,
    content: bytes,
    actor: str,
    clock: Clock,
) -> Claim:
    """Keep an award that a holder uploaded, and queue a commitment to it; `content` has been scrubbed.

    Raises `ConsentMissingError`, `TooManyClaimsError`.
    """
    require_consent(session, vault=vault, person_id=person_id, purpose=Purpose.STORE, now=clock())
    if _count(session, person_id, *SHOWN_STATES) >= MOST_CLAIMS:
        raise TooManyClaimsError(N_("There are 300 awards here already. Take out one that is not needed any more."))
    person = session.get_one(Person, person_id)
    document = store_document(
        session,
        store=store,
        keys=vault.master,
        organisation_id=None,
        person=person,
        content=content,
        clock=clock,
    )
    claim_id, salt = new_id(), secrets.token_bytes(SALT_BYTES)
    digest = commitment(salt=salt, stated=stated, content=content)
    sealed = {"salt": salt.hex(), "document": hashlib.sha256(content).hexdigest(), "stated": stated.to_json().decode()}
    claim = Claim(
        id=claim_id,
        person_id=person_id,
        document_id=document.id,
        sealed_fields=vault.seal_for(
            vault.open_person_key(person.sealed_key, person_id=person.id),
            orjson.dumps(sealed),
            context=f"claim:{claim_id}",
        ),
        digest=digest,
        created_at=clock(),
    )
    session.add(claim)
    session.flush()
    add_leaves(session, digests=[digest], tag="claim", now=clock())
    record_act(session, actor=actor, act="claim.make", subject=claim.id, clock=clock)
    return claim


def _count(session: Session, person_id: str, *states: ClaimState) -> int:
    query = select(func.count()).select_from(Claim).where(Claim.person_id == person_id)
    return session.exec(query.where(col(Claim.state).in_(states))).one()


def commitment(*, salt: bytes, stated: Stated, content: bytes) -> bytes:
    """Return SHA-256 over the tag, a random salt, the document's SHA-256 and what was said (ADR 0130).

    Without the salt, which goes with the person's key, nobody can tell by guessing what it stands for.
    """
    return hashlib.sha256(TAG + salt + hashlib.sha256(content).digest() + stated.to_json()).digest()


def claims_of(session: Session, *, vault: Vault, key: bytes, person_id: str) -> list[ClaimView]:
    """Return a person's claims that were not withdrawn, the newest first; `key` is the own row's."""
    rows = session.exec(
        select(Claim, Organisation)
        .join(Organisation, col(Claim.organisation_id) == col(Organisation.id), isouter=True)
        .where(Claim.person_id == person_id)
        .where(col(Claim.state).in_(SHOWN_STATES))
        .order_by(col(Claim.created_at).desc())
    )
    return [opened(vault, key, claim, organisation) for claim, organisation in rows]


def opened(vault: Vault, key: bytes, claim: Claim, organisation: Organisation | None = None) -> ClaimView:
    """Return a claim as its person's key opens it."""
    sealed = orjson.loads(vault.open_for(key, claim.sealed_fields, context=f"claim:{claim.id}"))
    reason = ""
    if claim.sealed_reason is not None:
        reason = vault.open_for(key, claim.sealed_reason, context=f"claim-reason:{claim.id}").decode()
    endorsed = sealed.get("endorsed", {"by": "", "on": ""})
    stated = Stated.of_json(sealed["stated"].encode())
    return ClaimView(claim, stated, reason, organisation, endorsed["by"], endorsed["on"])


def claim_of(session: Session, *, person_id: str, claim_id: str, lock: bool = False) -> Claim:
    """Return a person's claim; another's, and one that was withdrawn, is as unknown as an absent one."""
    query = select(Claim).where(Claim.id == claim_id).where(Claim.person_id == person_id)
    found = session.exec(query.with_for_update() if lock else query).first()
    if found is None or found.state is ClaimState.WITHDRAWN:
        raise NotFoundError("there is no such claim")
    return found


def view_claim(session: Session, *, vault: Vault, person_id: str, claim_id: str) -> ClaimView:
    """Return one claim of a person, opened."""
    claim = claim_of(session, person_id=person_id, claim_id=claim_id)
    organisation = session.get(Organisation, claim.organisation_id) if claim.organisation_id else None
    return opened(vault, key_of_person(session, vault=vault, person_id=person_id), claim, organisation)


def is_signed(session: Session, *, claim: Claim) -> bool:
    """Tell whether the credential of a confirmed claim is signed; an issuer that keeps its own keys signs later."""
    credential = session.get(Credential, claim.credential_id) if claim.credential_id else None
    return credential is not None and credential.digest is not None


def document_of_claim(session: Session, *, vault: Vault, store: DocumentStore, claim: Claim) -> ReadDocument:
    """Return the picture or PDF of a claim."""
    person = session.get_one(Person, claim.person_id)
    return read_document(session, store=store, keys=vault.master, person=person, document_id=claim.document_id)


def askable(session: Session, *, text: str) -> list[Organisation]:
    """Return organisations that may be asked, by a part of their name: admitted, not suspended, the first 20.

    Names are compared here and not by the database, which knows no capital letters but Latin ones.
    """
    wanted = fold(text).split()
    if not wanted:
        return []
    rows = session.exec(
        select(Organisation)
        .where(col(Organisation.admitted_at).is_not(None))
        .where(col(Organisation.suspended_from).is_(None))
        .order_by(col(Organisation.name))
    )
    return [row for row in rows if all(word in fold(row.name) for word in wanted)][:FOUND_AT_MOST]


def ask(
    session: Session,
    *,
    vault: Vault,
    person_id: str,
    claim_id: str,
    organisation_id: str,
    wish: Wish,
    actor: str,
    clock: Clock,
) -> Claim:
    """Put a claim into an organisation's queue.

    Raises `ClaimStateError` where it is asked or decided already, `TooManyClaimsError` where many wait for an answer.
    """
    require_consent(session, vault=vault, person_id=person_id, purpose=Purpose.STORE, now=clock())
    claim = claim_of(session, person_id=person_id, claim_id=claim_id, lock=True)
    if claim.state not in {ClaimState.CLAIMED, ClaimState.DECLINED, ClaimState.ENDORSED}:
        raise ClaimStateError(N_("This was asked or decided already. Look at it again."))
    if _count(session, person_id, ClaimState.ASKED) >= MOST_ASKED:
        raise TooManyClaimsError(N_("20 questions wait for an answer already. Wait for one, or take one back."))
    organisation = session.get(Organisation, organisation_id)
    if organisation is None or organisation.admitted_at is None or organisation.suspended_from is not None:
        raise NotFoundError("there is no such organisation")
    if wish is Wish.ENDORSE and organisation.type is not OrganisationType.SCHOOL:
        raise ClaimStateError(N_("Only a school certifies copies of other organisations' papers."))
    if claim.state is ClaimState.ENDORSED:
        _keep_endorsement(session, vault, claim)
    claim.state, claim.wish, claim.organisation_id = ClaimState.ASKED, wish, organisation.id
    claim.asked_at, claim.reminded_at, claim.decided_at, claim.sealed_reason = clock(), None, None, None
    session.add(claim)
    record_act(session, actor=actor, act=f"claim.ask.{wish.value}", subject=claim.id, clock=clock)
    return claim


def _keep_endorsement(session: Session, vault: Vault, claim: Claim) -> None:
    """Seal who certified the copy and when with what the claim says: its row is about to tell of another question."""
    school = session.get_one(Organisation, claim.organisation_id)
    key, context = key_of_person(session, vault=vault, person_id=claim.person_id), f"claim:{claim.id}"
    sealed = orjson.loads(vault.open_for(key, claim.sealed_fields, context=context))
    on = claim.decided_at.date().isoformat() if claim.decided_at else ""
    sealed["endorsed"] = {"by": school.name, "on": on}
    claim.sealed_fields = vault.seal_for(key, orjson.dumps(sealed), context=context)


def take_back(session: Session, *, person_id: str, claim_id: str, actor: str, clock: Clock) -> Claim:
    """Take a question back from the queue; the claim stays in the portfolio."""
    claim = claim_of(session, person_id=person_id, claim_id=claim_id, lock=True)
    if claim.state is not ClaimState.ASKED:
        raise ClaimStateError(N_("This was asked or decided already. Look at it again."))
    claim.state, claim.organisation_id, claim.wish, claim.asked_at = ClaimState.CLAIMED, None, None, None
    session.add(claim)
    record_act(session, actor=actor, act="claim.take_back", subject=claim.id, clock=clock)
    return claim


def withdraw(session: Session, *, person_id: str, claim_id: str, actor: str, clock: Clock) -> str:
    """Delete a claim with its paper, out of the portfolio and of any queue; only the journal knows that it was there.

    Returns what names the ciphertext in the store, for `forget` once this is committed: its key is gone with the row.
    """
    claim = claim_of(session, person_id=person_id, claim_id=claim_id, lock=True)
    if claim.state is ClaimState.CONFIRMED:
        raise ClaimStateError(N_("This was confirmed: it is the organisation's credential now. You can hide it."))
    document = session.get_one(Document, claim.document_id)
    arranged = (
        select(PortfolioItem).where(PortfolioItem.person_id == person_id).where(PortfolioItem.thing_id == claim_id)
    )
    for row in (*session.exec(arranged), claim):
        session.delete(row)
    session.flush()  # the claim refers to its document
    session.delete(document)
    record_act(session, actor=actor, act="claim.withdraw", subject=claim_id, clock=clock)
    return document.cid


def forget(store: DocumentStore, *, cid: str) -> None:
    """Delete a ciphertext whose row is gone. Where the store cannot now, it is one that nothing opens any more."""
    with suppress(UnavailableError):
        store.delete(cid)


def invite(
    session: Session,
    *,
    vault: Vault,
    person_id: str,
    claim_id: str,
    address: str,
    public_url: str,
    language: Language,
    actor: str,
    clock: Clock,
) -> None:
    """Send the organiser a letter that says what this register is and how to join. It names nobody.

    Raises `MailRefusedError` for what is no address.
    """
    claim = claim_of(session, person_id=person_id, claim_id=claim_id, lock=True)
    # Nothing that the sender typed goes into the letter: it would be a way to send anybody anything.
    queue_mail(
        session,
        vault=vault,
        address=address,
        letter="organiser_invitation",
        language=language,
        clock=clock,
        link=f"{public_url}/apply",
        about=f"{public_url}/about",
    )
    claim.invited_at = clock()
    session.add(claim)
    record_act(session, actor=actor, act="claim.invite", subject=claim.id, clock=clock)


def open_claims(*, vault: Vault, rows: Sequence[tuple[Claim, Person]]) -> list[ClaimView]:
    """Open claims of several persons, each with his own key."""
    return [
        opened(vault, vault.open_person_key(person.sealed_key, person_id=person.id), claim) for claim, person in rows
    ]
