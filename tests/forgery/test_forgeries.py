"""The campaign: forged bundles in thousands, none accepted; each way on the real contracts; the vectors of each."""

from __future__ import annotations

import json
import random
from functools import cache

import pytest
from forgeries import WAYS, Way
from forgery_vectors import VECTORS, forgery_text, read_forgery
from real_pair import RealPair
from scene import Scene
from simulated_pair import SimulatedPair
from test_alterations import FORGERY_ROUNDS

from chain_world import World as ChainWorld
from portfolio.chain.local import LocalChain
from portfolio.credentials.bundles import read_bundle
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import Receipt
from portfolio.credentials.report import Report, Verdict
from portfolio.credentials.verdict import ask
from ports import free_port

PARTS = 8


@cache
def scene(seed: str) -> Scene:
    return Scene(SimulatedPair(), random.Random(seed))


def judged(scene: Scene, bundle: bytes) -> Report:
    return scene.world.case(bundle).report()


def test_what_is_forged_was_good() -> None:
    """A scene in which nothing were valid would prove nothing."""
    from worlds import bundle_of

    found = scene("good")
    assert judged(found, bundle_of(found.genuine, [found.receipt(found.genuine)])).verdict is Verdict.VALID
    late = found.sign()
    assert judged(found, bundle_of(late, [found.anchored(late)])).verdict is Verdict.VALID


@pytest.mark.fault(66)
@pytest.mark.fault(67)
@pytest.mark.fault(115)
@pytest.mark.fault(116)
@pytest.mark.fault(120)
@pytest.mark.fault(121)
@pytest.mark.fault(126)
@pytest.mark.fault(127)
@pytest.mark.fault(130)
@pytest.mark.fault(131)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_forged_bundle_is_accepted(part: int) -> None:
    source = random.Random(f"campaign {part}")
    names = sorted(WAYS)
    place = scene(f"campaign {part}")
    for number in range(FORGERY_ROUNDS // 2 // PARTS):
        if number % 5_000 == 4_999:  # what forgers anchored makes a scene grow
            place = Scene(SimulatedPair(), source)
        way = WAYS[names[number % len(names)]]
        place.source = source
        report = judged(place, way.forge(place))
        assert report.verdict == way.verdict, f"{way.name}, part {part}, number {number}"
        assert report.verdict is not Verdict.VALID


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("forged-chain")
    with LocalChain(folder, port=free_port()) as chain:
        yield Scene(RealPair(ChainWorld(chain.rpc_url, folder / "deployment.json")), random.Random("real"))


@pytest.mark.chain
@pytest.mark.parametrize("way", WAYS.values(), ids=lambda way: way.name)
def test_each_way_is_refused_on_the_real_contracts(real: Scene, way: Way) -> None:
    """By Python over anvil, and by Solidity's own `check` as far as it can see; where it cannot, that is asserted."""
    bundle = way.forge(real)
    assert judged(real, bundle).verdict == way.verdict
    try:
        question = ask(bundle).question
    except StructureError:
        assert way.seen is None, "there is nothing to ask a contract about"
        return
    (receipt,) = read_bundle(bundle).receipts
    told = real.pair.check(question, Receipt(**receipt))
    if way.seen is None:
        good = told.proof_valid and told.anchored and told.issuer_admitted and told.key_valid and not told.revoked
        assert good, "the contract sees nothing wrong: it checks no signature, dates no document, knows no other chain"
        return
    field, value = way.seen
    assert getattr(told, field) == value


@pytest.mark.parametrize("name", sorted(WAYS))
def test_the_stored_forgery_is_refused_as_the_table_says(name: str) -> None:
    path = VECTORS / f"{name}.json"
    assert path.read_text() == forgery_text(WAYS[name]), "run scripts/make_forgery_vectors.py"
    case, expected = read_forgery(path)
    report = case.report()
    assert report.to_json() == expected["report"]
    assert report.verdict == expected["verdict"] == WAYS[name].verdict != "VALID"


def test_no_stored_forgery_is_left_over() -> None:
    assert {path.stem for path in VECTORS.glob("*.json")} == set(WAYS)
    for path in VECTORS.glob("*.json"):
        assert json.loads(path.read_text())["seen_by_contract"] is not False
