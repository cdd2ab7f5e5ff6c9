"""Tables of issuers: who they are, their keys (sealed where we hold them), and the keys of their machines."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel, UniqueConstraint

from portfolio.db import BigInt, EnumText, UtcDateTime, new_id


class Custody(StrEnum):
    """Who holds an issuer's private key; the order is the contract's enum."""

    OWN = "own"
    HOSTED = "hosted"


class Purpose(StrEnum):
    """What a key of an issuer may sign; the order is the contract's enum."""

    CREDENTIAL = "credential"
    STATUS = "status"


class OrganisationType(StrEnum):
    """What an organisation is; which pages it has follows from it."""

    SCHOOL = "school"
    ORGANISER = "organiser"
    CPD_PROVIDER = "cpd_provider"
    UNIVERSITY = "university"
    EMPLOYER = "employer"


class Organisation(SQLModel, table=True):
    """An organisation, as a rule an issuer. `issuer_id` is keccak256 of the DID, as on chain."""

    id: str = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=300)
    type: OrganisationType = Field(default=OrganisationType.SCHOOL, sa_type=EnumText(OrganisationType))
    inn: str | None = Field(default=None, max_length=12)
    ogrn: str | None = Field(default=None, max_length=15)
    did: str = Field(unique=True, max_length=400)
    issuer_id: bytes = Field(unique=True)
    kinds: int = Field(sa_type=BigInt)
    contact: str = Field(max_length=300)
    time_zone: str = Field(default="Europe/Moscow", max_length=64)
    custody: Custody = Field(sa_type=EnumText(Custody))
    controller: str = Field(max_length=42)
    sealed_controller_key: bytes | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    call_id: str | None = Field(default=None, description="the call that admits it")
    admitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="block time of its admission")
    suspended_from: int | None = Field(default=None, sa_type=BigInt, description="unix seconds; none: not suspended")
    successor_id: str | None = Field(default=None, description="the organisation that may revoke what this one issued")


class IssuerKey(SQLModel, table=True):
    """An Ed25519 key of an issuer; the private half is here, sealed, only in hosted custody."""

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    purpose: Purpose = Field(sa_type=EnumText(Purpose))
    custody: Custody = Field(sa_type=EnumText(Custody))
    public_key: bytes = Field(unique=True)
    sealed_private_key: bytes | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    call_id: str | None = Field(default=None, description="the call that puts it on chain")
    active_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, description="block time from which it is good"
    )
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DecisionKind(StrEnum):
    """What a registrar, or an issuer's controller, decides about an issuer in the course of time."""

    RENAME = "rename"
    SET_KINDS = "set_kinds"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    NAME_SUCCESSOR = "name_successor"
    PROPOSE_CONTROLLER = "propose_controller"
    CONFIRM_CONTROLLER = "confirm_controller"
    CANCEL_CONTROLLER = "cancel_controller"
    EXECUTE_CONTROLLER = "execute_controller"


class Decision(SQLModel, table=True):
    """A decision about an issuer. It holds from `settled_at`, the block time at which the chain took it over.

    `call_id` is the call in the pair of contracts that was the present one; `sealed_key` a new hosted controller's.
    """

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    kind: DecisionKind = Field(sa_type=EnumText(DecisionKind))
    value: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    sealed_key: bytes | None = None
    decided_at: datetime = Field(sa_type=UtcDateTime)
    call_id: str
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ApiKey(SQLModel, table=True):
    """A machine's key to the API of one organisation; only its hash is stored."""

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    label: str = Field(max_length=100)
    key_hash: bytes = Field(unique=True)
    scopes: str = Field(default="issue read", max_length=100, description="what it may do, separated by spaces")
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StaffRole(StrEnum):
    """What a member of staff may do; each role may do what stands before it."""

    VIEWER = "viewer"
    ISSUER = "issuer"
    ADMIN = "admin"


class Membership(SQLModel, table=True):
    """An account that acts for an organisation, until `ended_at`."""

    __table_args__ = (
        Index(
            "ix_membership_standing",
            "organisation_id",
            "account_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    role: StaffRole = Field(sa_type=EnumText(StaffRole))
    created_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StaffInvitation(SQLModel, table=True):
    """An invitation to join an organisation's staff, sent by mail; good once. Only the hash of its link is stored."""

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    role: StaffRole = Field(sa_type=EnumText(StaffRole))
    token_hash: bytes = Field(unique=True)
    sealed_email: bytes
    invited_by: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RegistrarInvitation(SQLModel, table=True):
    """An invitation to be a registrar, sent by mail; good once. Only the hash of its link is stored."""

    id: str = Field(default_factory=new_id, primary_key=True)
    token_hash: bytes = Field(unique=True)
    sealed_email: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ApplicationState(StrEnum):
    """How far an organisation's application is."""

    OPEN = "open"
    ADMITTED = "admitted"
    REFUSED = "refused"


class Application(SQLModel, table=True):
    """An organisation asks to be admitted; two registrars must agree before its admission goes to the chain."""

    id: str = Field(default_factory=new_id, primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True, description="who applied; becomes its first admin")
    type: OrganisationType = Field(sa_type=EnumText(OrganisationType))
    slug: str = Field(max_length=64)
    name: str = Field(max_length=300)
    inn: str = Field(max_length=12)
    ogrn: str = Field(max_length=15)
    contact: str = Field(max_length=300)
    kinds: int = Field(sa_type=BigInt)
    time_zone: str = Field(max_length=64)
    state: ApplicationState = Field(default=ApplicationState.OPEN, sa_type=EnumText(ApplicationState))
    reason: str = Field(default="", max_length=1000, description="of a refusal, shown to the applicant")
    first_approval_by: str | None = None
    first_approval_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    organisation_id: str | None = Field(default=None, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Replacement(SQLModel, table=True):
    """Registrars invite another administrator of an organisation: one proposes, another one confirms.

    `membership_id` is the place that ends with it, if any. Address and reason are sealed; the address is emptied when
    it is over, the reason after a year.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    sealed_email: bytes
    sealed_reason: bytes
    membership_id: str | None = None
    proposed_by: str
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="confirmed or withdrawn")


class Logo(SQLModel, table=True):
    """The logo of an organisation: a PNG that we encoded ourselves (`logos.py`), so nothing but pixels."""

    organisation_id: str = Field(foreign_key="organisation.id", primary_key=True)
    png: bytes
    width: int
    height: int
    changed_at: datetime = Field(sa_type=UtcDateTime)


class StatusList(SQLModel, table=True):
    """A Bitstring Status List of an issuer; `order` is its indexes shuffled, `used` how many are given out."""

    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    number: int
    used: int = 0
    order: bytes


class PublishedList(SQLModel, table=True):
    """The signed credential of a status list, as served at `url`; None until it is signed for the first time.

    `outdated` from the moment a revocation is final until the list says so; `renew_at` is when the worker signs anew.
    """

    list_id: str = Field(foreign_key="statuslist.id", primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    url: str = Field(unique=True, max_length=400)
    document: bytes | None = None
    public_key: bytes | None = None
    signed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    valid_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    renew_at: datetime = Field(sa_type=UtcDateTime, index=True)
    outdated: bool = True
