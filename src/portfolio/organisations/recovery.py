"""Replacing a lost or stolen controller: two registrars, seven public days, and any registrar may call it off."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from portfolio.anchoring.models import Sender
from portfolio.chain.accounts import Account
from portfolio.documents.vault import Vault
from portfolio.errors import ConflictError, PortfolioError
from portfolio.jobs import Clock
from portfolio.organisations.models import Decision, DecisionKind, Organisation
from portfolio.organisations.standing import NotAdmittedError, decide, decisions_of

NOTICE = timedelta(days=7)  # the contract's NOTICE
WINDOW = timedelta(days=30)  # the contract's EXECUTION_WINDOW


class RecoveryPendingError(ConflictError):
    code = "recovery_pending"


class NoRecoveryError(ConflictError):
    code = "no_recovery"


class RecoveryTooEarlyError(ConflictError):
    code = "recovery_too_early"


class RecoveryExpiredError(ConflictError):
    code = "recovery_expired"


class BadControllerError(PortfolioError):
    status = 422
    code = "bad_controller"


@dataclass(frozen=True, slots=True)
class Recovery:
    """A recovery under way; `executable_at` in unix seconds once the second registrar has agreed on chain."""

    proposed: Decision
    confirmed: Decision | None

    @property
    def controller(self) -> str:
        return str(self.proposed.value["controller"])

    @property
    def executable_at(self) -> int | None:
        if self.confirmed is None or self.confirmed.settled_at is None:
            return None
        return int((self.confirmed.settled_at + NOTICE).timestamp())


def recovery_of(session: Session, *, organisation: Organisation) -> Recovery | None:
    """Return the recovery that the chain knows to be under way, or None."""
    found: Recovery | None = None
    for decision in decisions_of(session, organisation=organisation):
        if decision.settled_at is None:
            continue
        if decision.kind is DecisionKind.PROPOSE_CONTROLLER:
            found = Recovery(decision, None)
        elif decision.kind is DecisionKind.CONFIRM_CONTROLLER and found:
            found = Recovery(found.proposed, decision)
        elif decision.kind in {DecisionKind.CANCEL_CONTROLLER, DecisionKind.EXECUTE_CONTROLLER}:
            found = None
    return found


def propose(
    session: Session, *, vault: Vault, organisation: Organisation, clock: Clock, controller: str | None = None
) -> Decision:
    """Propose another controller as the first registrar: an address kept elsewhere, or a new key hosted here."""
    if organisation.admitted_at is None:
        raise NotAdmittedError(f"{organisation.slug} is not admitted yet", slug=organisation.slug)
    if recovery_of(session, organisation=organisation):
        raise RecoveryPendingError("a recovery is under way: carry it out, or cancel it first", slug=organisation.slug)
    sealed = None
    if controller is None:
        key = secrets.token_bytes(32)
        controller, sealed = Account(key).address, vault.seal(key, context=f"controller:{organisation.id}")
    controller = controller.lower()
    if not _is_address(controller) or controller == organisation.controller.lower():
        raise BadControllerError("give the address of another account: 0x and 40 hexadecimal digits")
    return decide(
        session,
        organisation=organisation,
        kind=DecisionKind.PROPOSE_CONTROLLER,
        value={"controller": controller},
        sealed_key=sealed,
        clock=clock,
    )


def confirm(session: Session, *, organisation: Organisation, clock: Clock) -> Decision:
    """Agree as the second registrar; the seven days begin when the chain knows."""
    recovery = _pending(session, organisation)
    if recovery.confirmed is not None:
        raise RecoveryPendingError("it is confirmed already", executable_at=recovery.executable_at)
    return _step(session, organisation, recovery, DecisionKind.CONFIRM_CONTROLLER, Sender.SECOND_REGISTRAR, clock)


def cancel(session: Session, *, organisation: Organisation, clock: Clock) -> Decision:
    """Call the recovery off, as any registrar may; the present controller may not."""
    recovery = _pending(session, organisation)
    return _step(session, organisation, recovery, DecisionKind.CANCEL_CONTROLLER, Sender.REGISTRAR, clock)


def execute(session: Session, *, organisation: Organisation, now: int, clock: Clock) -> Decision:
    """Carry the recovery out, seven days after it was confirmed and for 30 days. `now`: the chain's newest block."""
    recovery = _pending(session, organisation)
    due = recovery.executable_at
    if due is None:
        raise NoRecoveryError("no second registrar has agreed yet: confirm it first", slug=organisation.slug)
    if now < due:
        raise RecoveryTooEarlyError("the seven days are not over", executable_at=due, now=now)
    if now >= due + WINDOW.total_seconds():
        raise RecoveryExpiredError("the 30 days are over: cancel it and propose it anew", executable_at=due, now=now)
    return _step(session, organisation, recovery, DecisionKind.EXECUTE_CONTROLLER, Sender.REGISTRAR, clock)


def _step(
    session: Session,
    organisation: Organisation,
    recovery: Recovery,
    kind: DecisionKind,
    sender: Sender,
    clock: Clock,
) -> Decision:
    return decide(
        session,
        organisation=organisation,
        kind=kind,
        value={"controller": recovery.controller},
        sender=sender,
        sealed_key=recovery.proposed.sealed_key if kind is DecisionKind.EXECUTE_CONTROLLER else None,
        clock=clock,
    )


def _pending(session: Session, organisation: Organisation) -> Recovery:
    found = recovery_of(session, organisation=organisation)
    if found is None:
        raise NoRecoveryError("no recovery is under way: propose it first", slug=organisation.slug)
    return found


def _is_address(text: str) -> bool:
    digits = text.removeprefix("0x")
    return text.startswith("0x") and len(digits) == 40 and all(letter in "0123456789abcdef" for letter in digits)  # noqa: PLR2004
