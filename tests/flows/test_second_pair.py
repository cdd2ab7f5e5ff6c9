"""A second pair of contracts beside the first: everything issued before and after keeps its true verdict."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from sqlmodel import col, select

from portfolio.anchoring.leaf import TAG_CREDENTIAL
from portfolio.anchoring.merkle import Tree
from portfolio.anchoring.models import CallPurpose, ChainCall, ContractPair
from portfolio.anchoring.pairs import PairError, known_pairs, present_number
from portfolio.anchoring.states import CallState
from portfolio.chain.accounts import Account
from portfolio.chain.client import ChainClient
from portfolio.chain.errors import UnreachableError
from portfolio.chain.local import LocalChain
from portfolio.chain.reader import PairReader
from portfolio.credentials.bundles import bundle_json
from portfolio.credentials.facts import Receipt, TrustRoots
from portfolio.credentials.models import Credential, RevocationReason
from portfolio.credentials.report import Report, Verdict
from portfolio.credentials.revocations import revoke
from portfolio.credentials.signing import issue
from portfolio.credentials.trust import load_trust
from portfolio.credentials.verdict import ask, judge
from portfolio.operations.audit import audit_all
from portfolio.operations.compose import UnsafeSettingsError, open_gateways, open_portfolio
from portfolio.operations.moves import add_pair, close_pair
from portfolio.operations.worker import Worker
from portfolio.organisations import standing
from portfolio.organisations.keys import signer_of
from portfolio.organisations.models import IssuerKey
from portfolio.organisations.moving import NotSettledError
from portfolio.organisations.service import organisation_by_slug, retire_key
from ports import free_port
from service_world import Service, make_service, table


@pytest.fixture(scope="module")
def first_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    with LocalChain(tmp_path_factory.mktemp("first-chain"), port=free_port()) as chain:
        yield chain


@pytest.fixture
def service(first_chain: LocalChain, tmp_path: Path) -> Iterator[Service]:
    made = make_service(tmp_path / "data", first_chain.rpc_url)
    made.add_issuer("school")
    yield made
    made.close()


def restart(service: Service, **changes: object) -> Service:
    """The same data in a process that was started again."""
    settings = service.settings.model_copy(update=changes)
    portfolio = open_portfolio(settings)
    return Service(settings, portfolio, Worker(portfolio, open_gateways(portfolio)))


def move(service: Service, **changes: object) -> Service:
    """Add a second pair, start again, and let the worker fill and open it."""
    prepared = restart(service, **changes)
    made = add_pair(prepared.portfolio)
    assert (made.number, made.issuers) == (2, 1)
    moved = restart(service, **changes)
    assert moved.portfolio.pair.name == "local", "nothing is anchored there before everybody is entered"
    moved.work()
    with moved.read() as session:
        assert present_number(session) == 2
    return restart(service, **changes)


def later(service: Service) -> int:
    """Block times are whole seconds: what comes next is in another one."""
    time.sleep(1.1)
    client = ChainClient(service.settings.resolved_rpc_url)
    client.command("evm_mine")
    return client.head().time


def judged(service: Service, bundle: bytes, *numbers: int) -> Report:
    """The verdict of somebody who trusts these pairs alone, read from the chain now."""
    trust = TrustRoots(tuple(service.portfolio.pairs[number] for number in numbers))
    asked, now = ask(bundle), int(time.time())
    facts = [PairReader.of(pair, timeout=2).read_facts(asked.question, now=now) for pair in trust.pairs]
    return judge(asked, trust=trust, facts=facts, now=now)


def verdicts(service: Service, credential: Credential) -> list[str]:
    """For who trusts both pairs, the first alone, the second alone."""
    bundle = service.bundle(credential)
    return [judged(service, bundle, *numbers).verdict.value for numbers in ((1, 2), (1,), (2,))]


def revoke_now(service: Service, credential: Credential) -> None:
    with service.portfolio.database.write() as session:
        found = session.get_one(Credential, credential.id)
        revoke(session, credential=found, reason=RevocationReason.ISSUED_IN_ERROR, clock=service.portfolio.clock)
    service.work()


def contract_of(service: Service, credential: Credential) -> str:
    return str(orjson.loads(service.bundle(credential))["receipts"][0]["contract"])


def test_old_and_new_credentials_keep_their_verdict_on_one_chain(service: Service) -> None:
    old, old_revoked = service.issue(2)
    moved = move(service)
    new, new_revoked = moved.issue_more(first=3, rows=2)
    pairs = moved.portfolio.pairs
    assert contract_of(moved, old) == pairs[1].credential_registry
    assert contract_of(moved, new) == pairs[2].credential_registry != pairs[1].credential_registry
    assert pairs[1].genesis_hash == pairs[2].genesis_hash
    # The first pair is still open: who trusts it alone sees a good key and no anchor.
    assert verdicts(moved, old) == ["VALID", "VALID", "PENDING"]
    assert verdicts(moved, new) == ["VALID", "PENDING", "VALID"]
    revoke_now(moved, old_revoked)
    revoke_now(moved, new_revoked)
    assert verdicts(moved, old_revoked) == ["REVOKED", "VALID", "REVOKED"]
    assert verdicts(moved, new_revoked) == ["REVOKED", "PENDING", "REVOKED"]
    # The service itself, its page and its trust file know both.
    assert moved.verify(moved.bundle(old)).verdict is Verdict.VALID
    assert moved.verify(moved.bundle(old_revoked)).verdict is Verdict.REVOKED
    page = moved.client().get(f"/v/{moved.token(new)}")
    assert page.status_code == 200
    trust = load_trust((moved.settings.data_dir / "trust.json").read_text())
    assert [pair.name for pair in trust.pairs] == ["local", "local-2"]
    assert audit_all(moved.portfolio, open_gateways(moved.portfolio), limit=10).findings == ()


def anchored_by_a_thief(service: Service, credential: Credential, holder: str, *, number: int) -> bytes:
    """A new credential with the issuer's own key, anchored by a stranger in one pair, as a bundle."""
    with service.read() as session:
        key = session.exec(select(IssuerKey).where(IssuerKey.public_key == credential.public_key)).one()
        signer = signer_of(service.portfolio.vault, key)
    assert signer is not None
    statement = ask(service.bundle(credential)).credential.statement
    forged = issue(replace(statement, holder_name=holder), signer)
    tree = Tree.of([forged.digest])
    gateway = open_gateways(service.portfolio)[number]
    client = ChainClient(service.settings.rpc_url_of(number))
    thief = Account.from_hex("33" * 32)
    client.command("anvil_setBalance", thief.address, hex(10**20))
    call = gateway._calls.anchor(tree.root)
    signed = thief.sign(
        chain_id=gateway.chain_id,
        nonce=client.nonce(thief.address),
        gas=100_000,
        fees=client.fees(),
        to=call.to,
        data=call.data,
    )
    assert client.send_raw(signed.raw).accepted
    pair = service.portfolio.pairs[number]
    receipt = Receipt(
        tag="0x" + TAG_CREDENTIAL.hex(),
        digest="0x" + forged.digest.hex(),
        root="0x" + tree.root.hex(),
        proof=(),
        chain_id=pair.chain_id,
        genesis_hash=pair.genesis_hash,
        contract=pair.credential_registry,
        transaction=signed.hash,
        block_number=client.head().number,
        block_hash=client.head().hash,
        block_time=client.head().time,
    )
    return orjson.dumps(bundle_json(credential=orjson.loads(forged.document), receipts=[receipt]))


@pytest.mark.fault(66)
def test_a_pair_that_was_left_is_a_door_until_it_is_closed(service: Service) -> None:
    old = service.issue(1)[0]
    moved = move(service)
    later(moved)
    assert judged(moved, anchored_by_a_thief(moved, old, "Вор Первый", number=1), 1, 2).verdict is Verdict.VALID
    with pytest.raises(PairError):
        close_pair(moved.portfolio, number=2)
    later(moved)
    assert close_pair(moved.portfolio, number=1) == 2
    moved.work()
    later(moved)
    second = anchored_by_a_thief(moved, old, "Вор Второй", number=1)
    assert judged(moved, second, 1).verdict is Verdict.INVALID
    assert judged(moved, second, 1, 2).verdict is Verdict.PENDING, "the key is good in the second pair, the anchor not"
    new = moved.issue_more(first=5)[0]
    assert verdicts(moved, old) == ["VALID", "VALID", "PENDING"]
    assert verdicts(moved, new) == ["VALID", "INVALID", "VALID"]
    assert audit_all(moved.portfolio, open_gateways(moved.portfolio), limit=10).findings == ()


@pytest.mark.fault(66)
def test_what_ends_something_ends_it_in_both_pairs(service: Service) -> None:
    before = service.issue(1)[0]
    moment = later(service)
    later(service)
    after = service.issue_more(first=2)[0]
    moved = move(service)
    later(moved)
    new = moved.issue_more(first=3)[0]
    now = later(moved)
    with moved.portfolio.database.write() as session:
        school = organisation_by_slug(session, slug="school")
        key = session.exec(select(IssuerKey).where(IssuerKey.public_key == new.public_key)).one()
        retire_key(session, key=key, organisation=school, as_of=moment, now=now, clock=moved.portfolio.clock)
        standing.rename(session, organisation=school, name="Гимназия", clock=moved.portfolio.clock)
    moved.work()
    # The second pair knows the key only since the move: there it ended in the second in which it came.
    assert verdicts(moved, before) == ["VALID", "VALID", "INVALID"]
    assert verdicts(moved, after) == ["INVALID", "INVALID", "INVALID"]
    assert verdicts(moved, new) == ["INVALID", "INVALID", "INVALID"]
    assert judged(moved, moved.bundle(before), 1).issuer_name_now == "Гимназия"
    with moved.portfolio.database.write() as session:
        school = organisation_by_slug(session, slug="school")
        standing.suspend(session, organisation=school, as_of=now, now=now, clock=moved.portfolio.clock)
    moved.work()
    with moved.read() as session:
        held = session.exec(select(ChainCall).where(ChainCall.state == CallState.HELD)).all()
    assert held == []
    assert audit_all(moved.portfolio, open_gateways(moved.portfolio), limit=10).findings == ()


def test_on_another_chain_the_old_one_may_be_silent_while_new_ones_are_issued(tmp_path: Path) -> None:
    first = LocalChain(tmp_path / "first", port=free_port())
    first.start()
    with LocalChain(tmp_path / "second", port=free_port(), chain_id=31338) as second:
        service = make_service(tmp_path / "data", first.rpc_url)
        service.add_issuer("school")
        old = service.issue(1)[0]
        keys = [service.settings.operator_key, service.settings.registrar_keys]
        for key in ",".join(item.get_secret_value() for item in keys if item).split(","):
            ChainClient(second.rpc_url).command("anvil_setBalance", Account.from_hex(key).address, hex(10**24))
        moved = move(service, pair_rpc_urls=f"2={second.rpc_url}")
        new = moved.issue_more(first=2)[0]
        assert verdicts(moved, old) == ["VALID", "VALID", "PENDING"]
        assert verdicts(moved, new) == ["VALID", "PENDING", "VALID"]
        first.stop()
        moved.start(table(1, first=3))
        with pytest.raises(UnreachableError):  # a decision for the old chain waits until it answers
            rename_and_work(moved)
        while_silent = moved.credentials()[-1]
        assert contract_of(moved, while_silent) == moved.portfolio.pairs[2].credential_registry
        assert verdicts(moved, while_silent) == ["CANNOT_CHECK", "CANNOT_CHECK", "VALID"]
        assert verdicts(moved, old)[0] == "CANNOT_CHECK"
        report = audit_all(moved.portfolio, open_gateways(moved.portfolio), limit=10)
        assert (report.findings, report.chain_asked) == ((), False)
        first.start()
        moved.work()
        assert verdicts(moved, old)[0] == "VALID"
        assert audit_all(moved.portfolio, open_gateways(moved.portfolio), limit=10).findings == ()
        service.close()
    first.stop()


def rename_and_work(service: Service) -> None:
    with service.portfolio.database.write() as session:
        school = organisation_by_slug(session, slug="school")
        standing.rename(session, organisation=school, name="Гимназия", clock=service.portfolio.clock)
    service.worker.issue_part()
    service.worker.seal_all()
    try:
        service.worker.send()
    finally:
        service.worker.release()


def test_an_issuer_moves_as_it_stands(service: Service) -> None:
    service.add_issuer("heir")
    old = service.issue(1)[0]
    now = later(service)
    with service.portfolio.database.write() as session:
        school, heir = (organisation_by_slug(session, slug=slug) for slug in ("school", "heir"))
        key = session.exec(select(IssuerKey).where(IssuerKey.public_key == old.public_key)).one()
        clock = service.portfolio.clock
        standing.rename(session, organisation=school, name="Гимназия", clock=clock)
        standing.set_kinds(session, organisation=school, kinds=["participation"], clock=clock)
        standing.name_successor(session, organisation=school, successor=heir, clock=clock)
        standing.suspend(session, organisation=school, as_of=now, now=now, clock=clock)
        retire_key(session, key=key, organisation=school, as_of=now, now=now, clock=clock)
    service.work()
    add_pair(service.portfolio)
    moved = restart(service)
    moved.work()
    registry = open_gateways(moved.portfolio)[2]._effects._registry
    school, heir = (organisation_by_slug(moved.read(), slug=slug) for slug in ("school", "heir"))
    found = registry.issuer(school.issuer_id)
    assert found is not None
    assert (found.name, found.kinds, found.suspended) == ("Гимназия", 1 << 4, True)
    assert (found.successor, found.controller) == (heir.issuer_id, school.controller)
    assert old.public_key not in {item.public_key for item in registry.keys(school.issuer_id)}
    with moved.portfolio.database.write() as session:
        standing.reinstate(
            session, organisation=organisation_by_slug(session, slug="school"), clock=moved.portfolio.clock
        )
    moved.work()
    again = registry.issuer(school.issuer_id)
    assert again is not None
    assert not again.suspended
    assert verdicts(moved, old) == ["VALID", "VALID", "INVALID"]
    # The successor revokes in the pair that is the present one now.
    answer = moved.client("heir").post(f"/api/v1/credentials/{old.id}/revoke", json={"reason": "fraud"})
    assert answer.status_code == 200
    moved.work()
    assert verdicts(moved, old)[:2] == ["REVOKED", "VALID"]
    assert audit_all(moved.portfolio, open_gateways(moved.portfolio), limit=10).findings == ()


def test_a_pair_is_added_only_when_nothing_about_issuers_is_under_way(service: Service) -> None:
    with service.portfolio.database.write() as session:
        school = organisation_by_slug(session, slug="school")
        standing.rename(session, organisation=school, name="Гимназия", clock=service.portfolio.clock)
    with pytest.raises(NotSettledError):
        add_pair(service.portfolio)
    service.work()
    add_pair(service.portfolio)
    with pytest.raises(PairError):
        add_pair(restart(service).portfolio)  # one at a time
    with service.read() as session:
        assert [pair.number for pair in known_pairs(session)] == [1, 2]


def test_who_comes_while_a_pair_is_filled_stands_in_both(service: Service) -> None:
    service.issue(1)
    add_pair(service.portfolio)
    moved = restart(service)
    moved.add_issuer("lyceum")
    with moved.read() as session:
        admitted = session.exec(
            select(ChainCall.pair).where(ChainCall.purpose == CallPurpose.ADMIT).order_by(col(ChainCall.sequence))
        ).all()
        assert present_number(session) == 2
    assert sorted(admitted) == [1, 1, 2, 2]
    again = restart(service)
    assert verdicts(again, again.issue(1, slug="lyceum")[0])[0] == "VALID"


@pytest.mark.fault(33)
def test_a_record_of_other_contracts_than_the_databases_is_refused(service: Service) -> None:
    service.issue(1)
    with service.portfolio.database.write() as session:
        row = session.get_one(ContractPair, 1)
        row.record = {**row.record, "credential_registry": "0x" + "ab" * 20}
        session.add(row)
    with pytest.raises(UnsafeSettingsError):
        open_portfolio(service.settings)
