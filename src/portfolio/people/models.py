"""Tables of people: whom records are about, who signs in, guardians, consents, and the logs of both.

A person has a key of his own, so that erasure is the loss of one key. Whatever names a person lies sealed under it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel, UniqueConstraint

from portfolio.db import BigInt, EnumText, UtcDateTime, new_id
from portfolio.people.consent import Capacity, Purpose


class Person(SQLModel, table=True):
    """A person: as one organisation knows him, or (`organisation_id` is None) as he himself or a guardian says.

    Persons of organisations are never merged with each other; the person's own row (or a guardian's row for the child)
    gathers them: `owner_id` is set when a record was claimed with the code on its paper.
    `match` is an HMAC of the organisation's own number or of SNILS, or absent: then every record makes a new person.
    `sealed_profile` is JSON (names, birth date, ...) under the person's key; `sealed_key` is that key, wrapped. Both
    are empty once the person was erased.
    """

    __table_args__ = (UniqueConstraint("organisation_id", "match"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str | None = Field(default=None, foreign_key="organisation.id", index=True)
    owner_id: str | None = Field(default=None, index=True, description="the own row that gathers it")
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    match: bytes | None = None
    sealed_key: bytes
    sealed_profile: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    refused_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, index=True, description="since when a no to keeping stands (own rows)"
    )


class Account(SQLModel, table=True):
    """Who signs in. `person_id` is the person's own row; the address is found by its HMAC and read under his key."""

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", unique=True)
    email_hash: bytes = Field(unique=True)
    sealed_email: bytes
    email_confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    password_hash: str | None = Field(default=None, max_length=200)
    sealed_totp: bytes | None = None
    totp_step: int | None = Field(default=None, sa_type=BigInt, description="the last time step used, against replay")
    is_registrar: bool = False
    language: str = Field(default="ru", max_length=2)
    created_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Passkey(SQLModel, table=True):
    """A WebAuthn credential of an account."""

    id: str = Field(default_factory=new_id, primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    credential_id: bytes = Field(unique=True)
    public_key: bytes
    sign_count: int = Field(default=0, sa_type=BigInt)
    label: str = Field(max_length=60)
    created_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RecoveryCode(SQLModel, table=True):
    """A code on paper that stands in, once, for a lost second factor."""

    id: str = Field(default_factory=new_id, primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    code_hash: bytes = Field(unique=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SignIn(SQLModel, table=True):
    """A session: from signing in until it ends. Only the hash of its cookie is stored."""

    id: str = Field(default_factory=new_id, primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    token_hash: bytes = Field(unique=True)
    device: str = Field(max_length=60, description="kind of browser and system, nothing finer")
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    second_factor_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class TokenPurpose(StrEnum):
    """What a link in a mail, or a challenge of a passkey, is for."""

    SIGN_UP = "sign_up"
    RECOVER = "recover"
    LOST_FACTORS = "lost_factors"
    SECOND_FACTOR = "second_factor"
    PASSKEY = "passkey"
    OWN_SIGN_IN = "own_sign_in"


class AccountToken(SQLModel, table=True):
    """A secret that is good once and for a short time; only its hash is stored.

    `value` is what it stands for: a passkey's challenge, or the sealed particulars of somebody who signs up.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    account_id: str | None = Field(default=None, foreign_key="account.id", index=True)
    purpose: TokenPurpose = Field(sa_type=EnumText(TokenPurpose))
    token_hash: bytes = Field(unique=True)
    value: bytes | None = None
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Rescue(SQLModel, table=True):
    """A request to come into an account again without telephone and codes on paper.

    It stands until it is `ended_at` (stopped, refused, lapsed) or `done_at`; from `due_at` on, which is set once enough
    people have vouched, it is carried out. Reasons are sealed under the person's key. `organisation_id` is that of the
    administrator who vouched; without it there are two registrars.
    """

    __table_args__ = (
        Index(
            "ix_rescue_standing",
            "account_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND done_at IS NULL"),
            postgresql_where=text("ended_at IS NULL AND done_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, description="unless enough have vouched by then")
    first_by: str | None = None
    first_reason: bytes | None = None
    first_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    second_by: str | None = None
    second_reason: bytes | None = None
    second_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    organisation_id: str | None = None
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_why: str | None = Field(default=None, max_length=20)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Attempts(SQLModel, table=True):
    """How often something was tried in a window: wrong passwords of an account, codes from an address (an HMAC)."""

    key: bytes = Field(primary_key=True)
    count: int = 0
    since: datetime = Field(sa_type=UtcDateTime, index=True)


class GuardianState(StrEnum):
    """How far the link between a child and a guardian is."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    ENDED = "ended"


class Guardianship(SQLModel, table=True):
    """A guardian of a person under 18. It counts only while ACTIVE: accepted by the guardian and proved.

    `proof` says how: "school" (an organisation that knows the child), "code" (shown on the child's screen) or "paper"
    (the code on a document of the child).
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True, description="the child's own row")
    account_id: str | None = Field(default=None, foreign_key="account.id", index=True)
    state: GuardianState = Field(sa_type=EnumText(GuardianState))
    token_hash: bytes | None = Field(default=None, unique=True, description="of the link in the invitation")
    pairing_hash: bytes | None = None
    pairing_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sealed_email: bytes | None = None
    organisation_id: str | None = Field(default=None, index=True, description="the school asked to confirm")
    proof: str | None = Field(default=None, max_length=20)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="of the invitation")
    active_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_why: str | None = Field(default=None, max_length=20)
    sealed_reason: bytes | None = Field(default=None, description="of who ended it by decision, under the child's key")
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="that from 14 both consent")


class Consent(SQLModel, table=True):
    """One person's or guardian's yes to one purpose; the text it was given to is kept by version and hash."""

    __table_args__ = (
        Index(
            "ix_consent_standing",
            "person_id",
            "purpose",
            "account_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    purpose: Purpose = Field(sa_type=EnumText(Purpose))
    account_id: str = Field(foreign_key="account.id", index=True)
    capacity: Capacity = Field(sa_type=EnumText(Capacity))
    text_version: int
    text_hash: bytes
    given_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: str | None = None


class AccessRecord(SQLModel, table=True):
    """Who looked at what of a person, when and why; the person and his guardians read it."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    person_id: str = Field(foreign_key="person.id", index=True)
    viewer: str = Field(max_length=20, description="self, guardian, organisation, link, registrar")
    account_id: str | None = None
    organisation_id: str | None = None
    link_id: str | None = None
    what: str = Field(max_length=40)
    why: str = Field(max_length=40)
    at: datetime = Field(sa_type=UtcDateTime, index=True)


class AuditRecord(SQLModel, table=True):
    """One line of the append-only log; `hash` covers the line and the hash before it. No personal data stands here."""

    number: int = Field(primary_key=True, sa_type=BigInt)
    at: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(max_length=60, description="account:<id>, key:<id>, or worker")
    act: str = Field(max_length=60)
    subject: str = Field(max_length=120, index=True)
    detail: str = Field(default="", max_length=400)
    before: bytes
    hash: bytes = Field(unique=True)
    anchored_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ErasureRequest(SQLModel, table=True):
    """A wish to be erased, and how far it is. It starts once everybody whose word is needed has given it.

    `plan` and `steps` hold ids and names of steps only; `act` is the act of destruction, without personal data.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(index=True)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    by_person_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    by_guardian_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    taken_back_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    plan: dict[str, list[str]] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    steps: str = Field(default="", max_length=400, description="names of those done, in order")
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    act: str | None = None
    warned_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="that half of the term is gone")
    escalated_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="that the term is over")
