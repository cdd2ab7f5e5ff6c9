"""Erasure: asked for, started by destroying the keys, carried through step by step, written down without names.

What was handed out already cannot be called back. Digest, issuer and place in the status list stay, so that other
credentials of a batch verify and the issuer can still revoke. Steps of other slices are handed in.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, ClassVar, Final

import orjson
from sqlalchemy import Table, delete, literal, or_, update
from sqlmodel import Session, SQLModel, col, select

from portfolio.db import Database
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, ForbiddenError, NotFoundError, UnavailableError
from portfolio.i18n import N_
from portfolio.jobs import Clock, crash_point
from portfolio.notifications.models import OutgoingMail
from portfolio.people.accounts import address_hash
from portfolio.people.actors import Actor
from portfolio.people.consent import Age, Capacity
from portfolio.people.destruction import (
    CATEGORIES,
    CATEGORY_OF_TABLE,
    FINISH,
    Operator,
    digest_of,
    write_act,
)
from portfolio.people.guardians import age_at, leaves_a_child
from portfolio.people.journal import record_act
from portfolio.people.models import Account, ErasureRequest, Guardianship, GuardianState, Person
from portfolio.people.sign_ins import end_all_sign_ins

KEPT_TABLES: Final = frozenset(
    {
        "person",  # an empty row: others refer to it
        "account",  # likewise, closed and without address
        "consent",  # evidence that what was done was allowed; it names nobody
        "guardianship",  # likewise
        "auditrecord",  # append-only; it names nobody
        "erasurerequest",
        "credential",  # digest, issuer and status index stay; the rest is emptied by its own step
        "revocation",
        "application",  # an organisation's, with what it said of itself
        "membership",  # who acted for an organisation; it names nobody
        "organisation",
    }
)
"""Tables whose rows stay. Of every other table, rows of the person go, and rows that refer to such rows."""

CHECKPOINT_MS: Final = 2_000
"""How long the emptying of the log waits for those who read; the job comes again."""

Step = tuple[str, Callable[["Erasing"], int]]


class NotYoursToEraseError(ForbiddenError):
    code: ClassVar[str] = "not_yours_to_erase"


class OnlyGuardianError(ConflictError):
    code: ClassVar[str] = "only_guardian"


class AlreadyErasingError(ConflictError):
    code: ClassVar[str] = "already_erasing"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is erased, by id: persons altogether, credentials, and persons who stay with their issuer by statute."""

    persons: tuple[str, ...]
    credentials: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @classmethod
    def of(cls, stored: Mapping[str, Sequence[str]]) -> Plan:
        return cls(*(tuple(stored.get(name, ())) for name in ("persons", "credentials", "kept")))


@dataclass(frozen=True, slots=True)
class Erasing:
    """What a step is given."""

    database: Database
    vault: Vault
    clock: Clock
    request_id: str
    plan: Plan


def open_request(session: Session, *, person_id: str) -> ErasureRequest | None:
    """Return the wish to be erased that stands, or None."""
    return session.exec(
        select(ErasureRequest)
        .where(ErasureRequest.person_id == person_id)
        .where(col(ErasureRequest.taken_back_at).is_(None))
        .where(col(ErasureRequest.finished_at).is_(None))
    ).first()


def needed(session: Session, *, vault: Vault, person_id: str, clock: Clock) -> frozenset[Capacity]:
    """Return whose words erasure needs.

    Under 14 a guardian's; from 18 the person's; between, and while the age is unknown, both, as far as there are both:
    who has no guardian, or no account, must not be kept here for that.
    """
    age = age_at(session, vault=vault, person_id=person_id, now=clock())
    if age is Age.CHILD:
        return frozenset({Capacity.GUARDIAN})
    guardians = session.exec(
        select(Guardianship.id)
        .where(Guardianship.person_id == person_id)
        .where(Guardianship.state == GuardianState.ACTIVE)
    ).first()
    account = session.exec(select(Account.id).where(Account.person_id == person_id)).first()
    if age is Age.ADULT or guardians is None:
        return frozenset({Capacity.SELF})
    return frozenset(Capacity) if account is not None else frozenset({Capacity.GUARDIAN})


def ask(
    session: Session, *, vault: Vault, person_id: str, capacity: Capacity, actor: Actor, clock: Clock
) -> tuple[ErasureRequest, bool]:
    """Write a wish down; return it, and whether every word that is needed is there, so that it may start.

    The caller has asked for the password again. Raises `NotYoursToEraseError`, `OnlyGuardianError`.
    """
    words = needed(session, vault=vault, person_id=person_id, clock=clock)
    if capacity not in words:
        raise NotYoursToEraseError(N_("Under 14 a parent or guardian decides this."))
    request = open_request(session, person_id=person_id) or ErasureRequest(person_id=person_id, asked_at=clock())
    if request.started_at is not None:
        raise AlreadyErasingError(N_("This is being erased already."))
    if capacity is Capacity.SELF:
        if leaves_a_child(session, vault=vault, account_id=actor.account_id, now=clock()):
            raise OnlyGuardianError(
                N_("You are the only guardian of a child. First erase its portfolio or invite another guardian.")
            )
        request.by_person_at = request.by_person_at or clock()
    else:
        request.by_guardian_at = request.by_guardian_at or clock()
    session.add(request)
    session.flush()
    record_act(session, actor=actor.name, act="erasure.ask", subject=request.id, detail=capacity.value, clock=clock)
    given = {Capacity.SELF: request.by_person_at, Capacity.GUARDIAN: request.by_guardian_at}
    return request, all(given[word] is not None for word in words)


def take_back(session: Session, *, person_id: str, actor: Actor, clock: Clock) -> None:
    """Take a wish back as long as it has not started. Raises `NotFoundError`."""
    request = open_request(session, person_id=person_id)
    if request is None or request.started_at is not None:
        raise NotFoundError("there is nothing to take back")
    request.taken_back_at = clock()
    session.add(request)
    record_act(session, actor=actor.name, act="erasure.take_back", subject=request.id, clock=clock)


def start(session: Session, *, request: ErasureRequest, plan: Plan, clock: Clock) -> None:
    """Destroy the keys and close the account, in one transaction: from here on nothing can be read or undone."""
    categories = categories_of(session, plan=plan) | set(request.plan.get("categories", ()))
    request.started_at, request.plan = clock(), {name: list(ids) for name, ids in asdict(plan).items()}
    request.plan["categories"] = [code for code in CATEGORIES if code in categories]
    session.add(request)
    for person in session.exec(select(Person).where(col(Person.id).in_(plan.persons))):
        person.sealed_key = person.sealed_profile = b""
        person.match = person.owner_id = person.claimed_at = None
        person.erased_at = person.erased_at or clock()
        session.add(person)
    session.exec(update(Person).where(col(Person.id).in_(plan.kept)).values(owner_id=None, claimed_at=None))
    for account in session.exec(select(Account).where(col(Account.person_id).in_(plan.persons))):
        account.closed_at, account.sealed_email, account.password_hash = clock(), b"", None
        account.sealed_totp = None
        session.add(account)
        end_all_sign_ins(session, account_id=account.id, clock=clock)
    record_act(session, actor="worker", act="erasure.start", subject=request.id, clock=clock)


def unfinished(session: Session) -> list[str]:
    """Return the erasures that have started and not ended, the oldest first."""
    return list(
        session.exec(
            select(ErasureRequest.id)
            .where(col(ErasureRequest.started_at).is_not(None))
            .where(col(ErasureRequest.finished_at).is_(None))
            .order_by(col(ErasureRequest.started_at))
        )
    )


def carry_on(
    *, database: Database, vault: Vault, clock: Clock, request_id: str, steps: Sequence[Step], operator: Operator
) -> None:
    """Do the steps that are not done yet, each marked when it ended; killed anywhere, it goes on from there.

    Every step is an event of the audit log, and the end too, with the hash of the act (`destruction.py`).
    """
    with database.read() as session:
        request = session.get_one(ErasureRequest, request_id)
    erasing = Erasing(database, vault, clock, request_id, Plan.of(request.plan))
    done = dict(item.split(":") for item in request.steps.split(",") if item)
    for name, run in steps:
        if name in done:
            continue
        crash_point(f"erasing_{name}")
        done[name] = str(run(erasing))
        crash_point(f"erased_{name}")
        with database.write() as session:
            row = session.get_one(ErasureRequest, request_id, with_for_update=True)
            row.steps = ",".join(f"{step}:{count}" for step, count in done.items())
            session.add(row)
            detail = f"{name}:{done[name]}"
            record_act(session, actor="worker", act="erasure.step", subject=row.id, detail=detail, clock=clock)
    with database.write() as session:
        row = session.get_one(ErasureRequest, request_id, with_for_update=True)
        if row.finished_at is None:
            row.finished_at = clock()
            row.act = write_act(row, operator=operator)
            session.add(row)
            digest = digest_of(row.act)
            record_act(session, actor="worker", act=FINISH, subject=row.id, detail=digest, clock=clock)


def erase_letters(erasing: Erasing) -> int:
    """Forget letters on their way to these people: a step. Addresses are compared by their HMAC; their key is gone."""
    count = 0
    with erasing.database.write() as session:
        hashes = set(session.exec(select(Account.email_hash).where(col(Account.person_id).in_(erasing.plan.persons))))
        for row in session.exec(select(OutgoingMail).where(col(OutgoingMail.sealed_message).is_not(None))):
            assert row.sealed_message is not None
            message = orjson.loads(erasing.vault.open(row.sealed_message, context=f"mail:{row.id}"))
            if address_hash(erasing.vault, str(message["to"]).casefold()) in hashes:
                row.sealed_message = row.next_at = None
                row.given_up_at = erasing.clock()
                session.add(row)
                count += 1
    return count


def erase_rows(erasing: Erasing) -> int:
    """Delete every row that belongs to these persons or their accounts, in whatever table of whatever slice: a step."""
    with erasing.database.write() as session:
        persons = erasing.plan.persons
        accounts = list(session.exec(select(Account.id).where(col(Account.person_id).in_(persons))))
        count = sum(
            session.execute(delete(table).where(condition)).rowcount  # type: ignore[attr-defined]
            for table in reversed(SQLModel.metadata.sorted_tables)
            if (condition := belongs_to(table, persons, accounts)) is not None
        )
        for account in session.exec(select(Account).where(col(Account.id).in_(accounts))):
            # Unique, and found by nobody any more: the address is free for a new account.
            account.email_hash, account.email_confirmed_at = secrets.token_bytes(32), None
            account.is_registrar = False
            session.add(account)
        _end_guardianships(session, persons, accounts, erasing.clock)
    return count


def belongs_to(table: Table, persons: Sequence[str], accounts: Sequence[str]) -> Any:
    """Return the condition under which a row belongs to somebody, or None for a table that has no such rows."""
    if table.name in KEPT_TABLES:
        return None
    conditions = []
    for key in table.foreign_keys:
        target, column = key.column.table, key.parent
        if target.name == "person":
            conditions.append(column.in_(persons))
        elif target.name == "account":
            conditions.append(column.in_(accounts))
        elif target is not table and (inner := belongs_to(target, persons, accounts)) is not None:
            from sqlalchemy import select as select_rows

            conditions.append(column.in_(select_rows(key.column).where(inner)))
    return or_(*conditions) if conditions else None


def categories_of(session: Session, *, plan: Plan) -> set[str]:
    """Return which kinds of data there are to destroy, by the code of the act, while they are there."""
    found, persons = {"profile"}, plan.persons
    accounts = list(session.exec(select(Account.id).where(col(Account.person_id).in_(persons))))
    if accounts:
        found |= {"contact", "sign_in"}
    if plan.credentials:
        found.add("awards")
    for table in SQLModel.metadata.sorted_tables:
        code = CATEGORY_OF_TABLE.get(table.name)
        if code is None or code in found:
            continue
        condition = belongs_to(table, persons, accounts)
        wanted = table.select().with_only_columns(literal(1)).limit(1)
        if condition is not None and session.execute(wanted.where(condition)).first():
            found.add(code)
    return found


def empty_log(erasing: Erasing) -> int:
    """Bring the database's log to its end, so that no old page lingers in it: the last step."""
    engine = erasing.database.engine
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()  # no transaction: a checkpoint inside one is refused
        try:
            cursor = connection.cursor()
            patience = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout={CHECKPOINT_MS}")
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout={patience}")
        finally:
            connection.close()
        if busy:
            raise UnavailableError("somebody reads the database's log still: it is emptied later")
    return 0


def write_ledger(path: Path) -> Callable[[Erasing], int]:
    """Return the step that writes ids into the ledger beside the database: what a backup must not bring back."""

    def write(erasing: Erasing) -> int:
        if any(entry["request"] == erasing.request_id for entry in read_ledger(path)):
            return 1
        with erasing.database.read() as session:
            request = session.get_one(ErasureRequest, erasing.request_id)
        entry = {
            "request": request.id,
            "person": request.person_id,
            "asked_at": request.asked_at.isoformat(),
            "plan": request.plan,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            if _is_torn(file):
                file.write(b"\n")  # what a crash cut short must not swallow this line too
            file.write(orjson.dumps(entry) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if not any(entry["request"] == erasing.request_id for entry in read_ledger(path)):
            raise UnavailableError("the ledger of erasures does not hold what was written into it")
        return 1

    return write


def _is_torn(file: IO[bytes]) -> bool:
    """Tell whether a file's last line has no end."""
    if not file.seek(0, os.SEEK_END):
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """Return what the ledger holds; a last line that a crash cut short is left out, its step will be done again."""
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            found.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            continue
    return found


def _end_guardianships(session: Session, persons: Sequence[str], accounts: Sequence[str], clock: Clock) -> None:
    rows = session.exec(
        select(Guardianship).where(
            or_(col(Guardianship.person_id).in_(persons), col(Guardianship.account_id).in_(accounts))
        )
    )
    for row in rows:
        if row.state is not GuardianState.ENDED:
            row.state, row.ended_at, row.ended_why = GuardianState.ENDED, clock(), "erased"
        row.token_hash = row.pairing_hash = None
        if row.person_id in persons:
            row.sealed_email = row.sealed_reason = None
        session.add(row)
