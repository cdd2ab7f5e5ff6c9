"""What registrars and controllers do about an issuer in the course of time, through the queue, on a real chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlmodel import Session, select

from portfolio.anchoring.models import CallPurpose, ChainAttempt, ChainCall
from portfolio.chain.accounts import Account
from portfolio.chain.client import ChainClient
from portfolio.chain.local import LocalChain
from portfolio.credentials.models import Credential
from portfolio.credentials.report import Report, Verdict
from portfolio.errors import PortfolioError
from portfolio.operations.audit import audit_all
from portfolio.operations.compose import open_gateways, open_portfolio
from portfolio.operations.worker import Worker
from portfolio.organisations import recovery, standing
from portfolio.organisations.models import IssuerKey, Organisation, Purpose
from portfolio.organisations.service import organisation_by_slug, retire_key, rotate_key
from ports import free_port
from service_world import Service, make_service, table

DAY = 86_400


@pytest.fixture(scope="module")
def moving_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    """A chain whose clock these tests move; nobody else is on it."""
    with LocalChain(tmp_path_factory.mktemp("standing-chain"), port=free_port()) as chain:
        yield chain


@pytest.fixture
def service(moving_chain: LocalChain, tmp_path: Path) -> Iterator[Service]:
    made = make_service(tmp_path / "data", moving_chain.rpc_url)
    made.add_issuer("school")
    yield made
    made.close()


def pass_time(service: Service, seconds: int = 60) -> int:
    """Let block time go by; returns the time of the newest block."""
    client = ChainClient(service.settings.resolved_rpc_url)
    client.command("evm_increaseTime", seconds)
    client.command("anvil_mine", "0x1")
    return client.head().time


def now_of(service: Service) -> int:
    return ChainClient(service.settings.resolved_rpc_url).head().time


def act(service: Service, does: Callable[..., Any], *, slug: str = "school", **more: Any) -> Any:
    """Decide something about an issuer, in a transaction of its own."""
    with service.portfolio.database.write() as session:
        more = {
            name: organisation_by_slug(session, slug=value) if name == "successor" else value
            for name, value in more.items()
        }
        return does(
            session,
            organisation=organisation_by_slug(session, slug=slug),
            clock=service.portfolio.clock,
            **more,
        )


def refused(service: Service, does: Callable[..., Any], **more: Any) -> str:
    """The stable code with which a decision is refused."""
    with pytest.raises(PortfolioError) as error:
        act(service, does, **more)
    return error.value.code


def school(service: Service, slug: str = "school") -> Organisation:
    with service.portfolio.database.read() as session:
        return organisation_by_slug(session, slug=slug)


def suspend(service: Service, as_of: int | None = None) -> None:
    now = now_of(service)
    act(service, standing.suspend, as_of=now if as_of is None else as_of, now=now)


def notes(report: Report) -> set[str]:
    return {note.code for note in report.notes}


def sign_only(service: Service, number: int) -> Credential:
    """Sign a credential that the next round of the worker will anchor."""
    run_id = service.start(table(1, first=number))
    service.worker.issue_part()
    return service.credentials(run_id)[0]


@pytest.mark.fault(66)
def test_a_suspension_leaves_what_was_anchored_and_takes_the_worth_of_what_comes(service: Service) -> None:
    old = service.issue(1)[0]
    pass_time(service)
    late = sign_only(service, 2)
    suspend(service)
    assert refused(service, standing.suspend, as_of=now_of(service), now=now_of(service)) == "decision_waits"
    with pytest.raises(PortfolioError) as stopped:
        service.start(table(1, first=3))
    assert stopped.value.code == "issuer_suspended", "the decision alone stops it, before the chain knows"
    assert school(service).suspended_from is None, "nothing is done before the chain says so"
    service.work()
    assert school(service).suspended_from is not None
    kept = service.verify(service.bundle(old))
    assert kept.verdict is Verdict.VALID
    assert "issuer_now_suspended" in notes(kept)
    page = service.client().get(f"/v/{service.token(old)}", headers={"accept-language": "en"})
    assert "Today the organisation has no right to give new credentials" in page.text
    assert service.verify(service.bundle(late)).verdict is Verdict.INVALID

    pass_time(service)
    act(service, standing.reinstate)
    service.work()
    assert school(service).suspended_from is None
    kept = service.verify(service.bundle(old))
    assert kept.verdict is Verdict.VALID
    assert "issuer_now_suspended" not in notes(kept)
    assert service.verify(service.bundle(late)).verdict is Verdict.PENDING
    pass_time(service)
    assert service.verify(service.bundle(service.issue_more(first=4)[0])).verdict is Verdict.VALID
    assert audit_all(service.portfolio, open_gateways(service.portfolio), limit=10).findings == ()


def test_a_suspension_as_of_a_moment_parts_what_came_before_from_what_came_after(service: Service) -> None:
    before = service.issue(1)[0]
    moment = pass_time(service)
    pass_time(service)
    after = service.issue_more(first=2)[0]
    pass_time(service)
    suspend(service)
    service.work()
    verdicts = [service.verify(service.bundle(item)).verdict for item in (before, after)]
    assert verdicts == [Verdict.VALID, Verdict.VALID]
    suspend(service, moment)  # it comes out that it should have been earlier
    service.work()
    verdicts = [service.verify(service.bundle(item)).verdict for item in (before, after)]
    assert verdicts == [Verdict.VALID, Verdict.INVALID]


def test_what_cannot_be_is_refused_with_a_code_before_the_chain_is_asked(service: Service) -> None:
    now = pass_time(service)
    codes = {
        "as_of_in_future": lambda: refused(service, standing.suspend, as_of=now + 1, now=now),
        "as_of_too_early": lambda: refused(service, standing.suspend, as_of=now - DAY, now=now),
        "as_of_too_far_back": lambda: refused(service, standing.suspend, as_of=now, now=now + 31 * DAY),
        "not_suspended": lambda: refused(service, standing.reinstate),
        "nothing_changes": lambda: refused(service, standing.rename, name="Школа «school»"),
        "bad_name": lambda: refused(service, standing.rename, name=" "),
        "bad_successor": lambda: refused(service, standing.name_successor, successor="school"),
        "not_found": lambda: refused(service, standing.reinstate, slug="nobody"),
        "no_recovery": lambda: refused(service, recovery.confirm),
    }
    assert {code: ask() for code, ask in codes.items()} == {code: code for code in codes}
    suspend(service)
    service.work()
    assert refused(service, standing.suspend, as_of=now_of(service), now=now_of(service)) == "already_suspended"
    with service.portfolio.database.read() as session:
        calls = session.exec(select(ChainCall).where(ChainCall.purpose == CallPurpose.SUSPEND)).all()
    assert len(calls) == 1


def test_an_issuer_that_is_not_admitted_yet_cannot_be_suspended(service: Service) -> None:
    with service.portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug="school")
        organisation.admitted_at = None
        session.add(organisation)
    now = now_of(service)
    assert refused(service, standing.suspend, as_of=now, now=now) == "issuer_not_admitted"


def test_a_new_name_is_shown_beside_the_old_one(service: Service) -> None:
    old = service.issue(1)[0]
    pass_time(service)
    for name in ("Гимназия", "Лицей", "Гимназия"):
        act(service, standing.rename, name=name)
    assert school(service).name == "Школа «school»"
    service.work()
    assert school(service).name == "Гимназия"
    report = service.verify(service.bundle(old))
    assert (report.verdict, report.issuer_name, report.issuer_name_now) == (
        Verdict.VALID,
        "Школа «school»",
        "Гимназия",
    )
    page = service.client().get(f"/v/{service.token(old)}", headers={"accept-language": "en"})
    assert "The organisation is now called" in page.text
    assert "Гимназия" in page.text
    new = service.verify(service.bundle(service.issue_more(first=2)[0]))
    assert (new.verdict, new.issuer_name) == (Verdict.VALID, "Гимназия")
    assert audit_all(service.portfolio, open_gateways(service.portfolio), limit=10).findings == ()


def test_kinds_that_are_taken_away_are_issued_no_more(service: Service) -> None:
    old = service.issue(1)[0]
    pass_time(service)
    act(service, standing.set_kinds, kinds=["participation"])
    with pytest.raises(PortfolioError) as stopped:
        service.start(table(1, first=2))
    assert stopped.value.code == "kind_not_allowed"
    service.work()
    assert service.verify(service.bundle(old)).verdict is Verdict.VALID
    act(service, standing.set_kinds, kinds=["participation", "olympiad_award"])
    with pytest.raises(PortfolioError):
        service.start(table(1, first=2))  # it is not yet on chain: what was issued now might be anchored before
    service.work()
    assert service.verify(service.bundle(service.issue_more(first=2)[0])).verdict is Verdict.VALID


def test_a_successor_revokes_with_its_own_key_and_issues_in_its_own_name(service: Service) -> None:
    service.add_issuer("heir")
    first, second = service.issue(2)
    assert (
        service.client("heir")
        .post(f"/api/v1/credentials/{first.id}/revoke", json={"reason": "issued_in_error"})
        .status_code
        == 404
    )
    act(service, standing.name_successor, successor="heir")
    assert refused(service, standing.name_successor, successor="heir") == "nothing_changes"
    service.work()
    assert school(service).successor_id == school(service, "heir").id
    with service.portfolio.database.write() as session:
        gone = organisation_by_slug(session, slug="school")
        gone.sealed_controller_key = None  # the predecessor is gone, and its controller's key with it
        session.add(gone)
    done = service.client("heir").post(f"/api/v1/credentials/{first.id}/revoke", json={"reason": "issued_in_error"})
    assert done.status_code == 200
    service.work()
    report = service.verify(service.bundle(first))
    assert (report.verdict, report.revocation.reason.name) == (Verdict.REVOKED, "ISSUED_IN_ERROR")
    minimal = next(item for item in service.credentials(minimal=True) if item.minimal_of == first.id)
    assert service.verify(service.bundle(minimal)).verdict is Verdict.REVOKED
    assert service.verify(service.bundle(second)).verdict is Verdict.VALID
    anew = service.issue(1, slug="heir")[0]
    own = service.verify(service.bundle(anew))
    assert (own.verdict, own.issuer_name) == (Verdict.VALID, "Школа «heir»")
    assert service.client("heir").get(f"/api/v1/credentials/{second.id}").status_code == 404, (
        "revoking is all it may do"
    )


def start_recovery(service: Service, **more: Any) -> None:
    act(service, recovery.propose, vault=service.portfolio.vault, **more)
    assert refused(service, recovery.confirm) == "no_recovery"
    service.work()
    act(service, recovery.confirm)
    service.work()


@pytest.mark.fault(67)
def test_two_registrars_replace_a_controller_after_seven_public_days(service: Service) -> None:
    old = service.issue(1)[0]
    before = school(service)
    start_recovery(service)
    assert school(service).controller == before.controller, "nothing is done before the chain says so"
    assert refused(service, recovery.propose, vault=service.portfolio.vault) == "recovery_pending"
    with service.portfolio.database.read() as session:
        found = recovery.recovery_of(session, organisation=school(service))
    assert found is not None
    assert found.executable_at is not None
    due = found.executable_at
    assert refused(service, recovery.execute, now=due - 1) == "recovery_too_early"
    assert refused(service, recovery.execute, now=due + 30 * DAY) == "recovery_expired"
    pass_time(service, due - now_of(service))
    act(service, recovery.execute, now=now_of(service))
    service.work()
    after = school(service)
    assert after.controller == found.controller != before.controller
    with service.portfolio.database.read() as session:
        sent = session.exec(
            select(ChainAttempt.address)
            .join(ChainCall, ChainAttempt.call_id == ChainCall.id)
            .where(ChainCall.purpose.in_([CallPurpose.PROPOSE_CONTROLLER, CallPurpose.CONFIRM_CONTROLLER]))
        ).all()
    assert len(set(sent)) == 2, "two different registrars"
    rotate(service)
    service.work()
    new = service.issue_more(first=2)[0]
    assert new.public_key != old.public_key
    assert [service.verify(service.bundle(item)).verdict for item in (old, new)] == [Verdict.VALID] * 2
    assert audit_all(service.portfolio, open_gateways(service.portfolio), limit=10).findings == ()


def rotate(service: Service) -> None:
    with service.portfolio.database.write() as session:
        rotate_key(
            session,
            vault=service.portfolio.vault,
            organisation=organisation_by_slug(session, slug="school"),
            purpose=Purpose.CREDENTIAL,
            clock=service.portfolio.clock,
        )


@pytest.mark.fault(67)
def test_a_recovery_that_is_called_off_changes_nothing(service: Service) -> None:
    before = school(service)
    start_recovery(service, controller="0x" + "ab" * 20)
    act(service, recovery.cancel)
    assert refused(service, recovery.execute, now=now_of(service) + 8 * DAY) == "decision_waits"
    service.work()
    pass_time(service, 8 * DAY)
    assert refused(service, recovery.execute, now=now_of(service)) == "no_recovery"
    assert school(service).controller == before.controller
    rotate(service)
    service.work()
    assert service.verify(service.bundle(service.issue(1)[0])).verdict is Verdict.VALID


def keys(session: Session, credential: Credential) -> IssuerKey:
    return session.exec(select(IssuerKey).where(IssuerKey.public_key == credential.public_key)).one()


def retire(service: Service, credential: Credential, as_of: int) -> None:
    now = now_of(service)
    with service.portfolio.database.write() as session:
        retire_key(
            session,
            key=keys(session, credential),
            organisation=organisation_by_slug(session, slug="school"),
            as_of=as_of,
            now=now,
            clock=service.portfolio.clock,
        )


@pytest.mark.fault(66)
def test_a_theft_found_out_forty_days_later_takes_a_registrar_too(service: Service) -> None:
    before = service.issue(1)[0]
    moment = pass_time(service)
    pass_time(service)
    after = service.issue_more(first=2)[0]
    pass_time(service, 40 * DAY)
    retire(service, before, now_of(service))
    service.work()
    verdicts = [service.verify(service.bundle(item)).verdict for item in (before, after)]
    assert verdicts == [Verdict.VALID, Verdict.VALID]
    with pytest.raises(PortfolioError) as error:
        retire(service, before, now_of(service))
    assert error.value.code == "already_retired"
    retire(service, before, moment)
    service.work()
    with service.portfolio.database.read() as session:
        made = session.exec(select(ChainCall.purpose).where(ChainCall.payload["as_of"].as_integer() == moment)).all()
    assert set(made) == {CallPurpose.REQUEST_RETIREMENT, CallPurpose.CONFIRM_RETIREMENT}
    verdicts = [service.verify(service.bundle(item)).verdict for item in (before, after)]
    assert verdicts == [Verdict.VALID, Verdict.INVALID]
    assert audit_all(service.portfolio, open_gateways(service.portfolio), limit=10).findings == ()


@pytest.mark.fault(67)
def test_a_second_registrar_elsewhere_confirms_by_itself_and_the_queue_sees_it(service: Service) -> None:
    keys = service.settings.registrar_keys
    assert keys is not None
    ours, theirs = keys.get_secret_value().split(",")
    settings = service.settings.model_copy(update={"registrar_keys": SecretStr(ours)})
    portfolio = open_portfolio(settings)
    alone = Service(settings, portfolio, Worker(portfolio, open_gateways(portfolio)))
    act(alone, recovery.propose, vault=portfolio.vault)
    alone.work()
    act(alone, recovery.confirm)
    alone.work()
    with alone.read() as session:
        found = recovery.recovery_of(session, organisation=school(alone))
        assert found is not None
        assert found.executable_at is None, "nobody has confirmed"
    client = ChainClient(settings.resolved_rpc_url)
    registrar = Account.from_hex(theirs)
    gateway = open_gateways(portfolio)[1]
    call = gateway._calls.confirm_controller(school(alone).issuer_id, found.controller)
    signed = registrar.sign(
        chain_id=gateway.chain_id,
        nonce=client.nonce(registrar.address),
        gas=300_000,
        fees=client.fees(),
        to=call.to,
        data=call.data,
    )
    assert client.send_raw(signed.raw).accepted
    alone.work()
    with alone.read() as session:
        agreed = recovery.recovery_of(session, organisation=school(alone))
        assert agreed is not None
        assert agreed.executable_at is not None
    alone.close()
