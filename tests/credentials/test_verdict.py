"""Rules that hold of every verdict, tried on all stored vectors (tests/forgery makes them)."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import fields, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import (
    CheckAnswer,
    Custody,
    PairFacts,
    PairUnknown,
    Reason,
    TrustRoots,
    UnknownCode,
    load_facts,
)
from portfolio.credentials.report import EXIT_CODES, Report
from portfolio.credentials.sentences import MESSAGES, VERDICTS
from portfolio.credentials.trust import load_trust
from portfolio.credentials.verdict import Outcome, Verdict, ask, judge

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "tests" / "vectors" / "verdicts").glob("*.json"))


@cache
def vector(name: str) -> dict[str, Any]:
    found = json.loads((ROOT / "tests" / "vectors" / "verdicts" / f"{name}.json").read_text())
    bundle = found["bundle"]
    data = base64.b64decode(bundle["base64"]) if "base64" in bundle else json.dumps(bundle).encode()
    try:
        asked: Any = ask(data)
    except StructureError as error:
        asked = error
    return found | {
        "asked": asked,
        "trust": load_trust(json.dumps(found["trust"])),
        "facts": tuple(load_facts(fact) for fact in found["facts"]),
    }


def report_of(found: dict[str, Any], **changes: Any) -> Report:
    case = found | changes
    return judge(case["asked"], trust=case["trust"], facts=case["facts"], now=case["now"])


def test_there_is_a_vector_of_every_verdict() -> None:
    assert {vector(name)["expected"]["verdict"] for name in NAMES} == set(Verdict)


@pytest.mark.parametrize("name", NAMES)
def test_a_verdict_is_what_the_vector_says(name: str) -> None:
    found = vector(name)
    assert report_of(found).to_json() == found["expected"]


@pytest.mark.fault(31, 32, 33)
@pytest.mark.parametrize("name", NAMES)
def test_an_outage_never_makes_a_verdict_surer(name: str) -> None:
    """Whatever pairs fall silent: CANNOT_CHECK, but for what the file alone or a pair that answers has settled."""
    found = vector(name)
    pairs = [pair.name for pair in found["trust"].pairs]
    for count in range(1, len(pairs) + 1):
        for silent in combinations(pairs, count):
            facts = [
                PairUnknown(pair=fact.pair, code=UnknownCode.UNREACHABLE) if fact.pair in silent else fact
                for fact in found["facts"]
            ]
            report = report_of(found, facts=facts)
            heard = [fact for fact in facts if isinstance(fact, PairFacts)]
            by_file = (
                report.check("structure").outcome is Outcome.FAIL or report.check("signature").outcome is Outcome.FAIL
            )
            by_revocation = any(fact.answers[""].revoked for fact in heard)
            if report.verdict is Verdict.INVALID:
                assert by_file
            elif report.verdict is Verdict.REVOKED:
                assert by_revocation
            else:
                assert report.verdict is Verdict.CANNOT_CHECK


@pytest.mark.parametrize("name", NAMES)
def test_a_receipt_less_never_makes_a_verdict_better(name: str) -> None:
    found = vector(name)
    asked = found["asked"]
    if isinstance(asked, StructureError):
        return
    receipts = asked.question.receipts
    for left_out in range(len(receipts)):
        kept = receipts[:left_out] + receipts[left_out + 1 :]
        question = replace(asked.question, receipts=kept)
        report = report_of(found, asked=replace(asked, question=question))
        assert report.verdict is not Verdict.VALID or found["expected"]["verdict"] == "VALID"


@pytest.mark.parametrize("name", NAMES)
def test_facts_of_a_pair_that_is_not_trusted_change_nothing(name: str) -> None:
    found = vector(name)
    strangers = [replace(fact, pair="stranger") for fact in found["facts"]]
    assert report_of(found, facts=[*strangers, *found["facts"]]).to_json() == found["expected"]
    nobody = report_of(found, trust=TrustRoots(), facts=found["facts"])
    assert nobody.verdict in {Verdict.CANNOT_CHECK, Verdict.INVALID}
    assert nobody.check("issuer").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("name", NAMES)
def test_personal_values_stand_only_in_the_signed_statement(name: str) -> None:
    found = vector(name)
    report = report_of(found).to_json()
    credential = report.pop("credential")
    genuine = all(check["outcome"] == "pass" for check in report["checks"] if check["name"] == "structure")
    if credential is None:
        assert report["verdict"] == "INVALID"
        credential = {"holder_name": "Хасанова", "fields": {}}
    else:
        assert genuine
    rest = json.dumps(report, ensure_ascii=False)
    assert credential["holder_name"] not in rest
    for field, value in credential["fields"].items():
        if isinstance(value, str) and field != "award_date" and len(value) > 2:
            assert value not in rest


def test_a_report_without_a_good_signature_shows_no_statement() -> None:
    report = report_of(vector("signed_by_another_than_named"))
    assert report.statement is None
    assert report.verdict is Verdict.INVALID


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    assert report_of(vector("chain_unreachable")).exit_code == 3
    assert {verdict.value: code for verdict, code in EXIT_CODES.items()} == {
        "VALID": 0, "INVALID": 1, "REVOKED": 1, "EXPIRED": 1, "PENDING": 2, "CANNOT_CHECK": 3,
    }  # fmt: skip


def test_every_verdict_has_a_headline() -> None:
    assert set(VERDICTS) == set(Verdict)
    assert all(verdict.message for verdict in Verdict)


def test_every_sentence_names_its_placeholders() -> None:
    for sentence in (*MESSAGES.values(), *VERDICTS.values()):
        assert "%" not in re.sub(r"%\([a-z_]+\)s", "", sentence)


def test_every_code_is_in_the_specification() -> None:
    page = (ROOT / "docs" / "spec" / "verdict.md").read_text()
    documented = set(re.findall(r"`([a-z_]+)`", page))
    assert set(MESSAGES) <= documented


def test_names_from_the_chain_are_shown_as_they_are() -> None:
    found = vector("registered_olympiad_award")
    name = "100% «школа» %(issuer_name)s <script>alert(1)</script>"
    (fact,) = found["facts"]
    answers = {root: replace(answer, name_at_time=name, name_now=name) for root, answer in fact.answers.items()}
    report = report_of(found, facts=[replace(fact, answers=answers)])
    assert report.issuer_name == name
    assert name in report.check("issuer").text()
    assert report.check("issuer").text(lambda _: "В реестре: %(issuer_name)s") == f"В реестре: {name}"


numbers = st.one_of(st.integers(0, 3), st.sampled_from([1_795_342_225, 2**32, 2**53, 2**64 - 1, 2**256 - 1]))
VALUES: dict[type, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: numbers,
    str: st.text(max_size=5),
    Custody: st.sampled_from(Custody),
    Reason: st.sampled_from(Reason),
}


@pytest.mark.fault(128)
@given(st.sampled_from(NAMES), st.data())
def test_whatever_a_node_answers_there_is_a_verdict(name: str, data: st.DataObject) -> None:
    found = vector(name)
    facts = []
    for fact in found["facts"]:
        if isinstance(fact, PairUnknown):
            facts.append(fact)
            continue
        answers = {}
        for root, answer in fact.answers.items():
            slot = data.draw(st.sampled_from(fields(CheckAnswer))).name
            present = getattr(answer, slot)
            other = data.draw(VALUES[type(present)])
            answers[root] = replace(answer, **{slot: other})
        changes = {slot: data.draw(numbers) for slot in data.draw(st.sets(st.sampled_from(["head_number", "read_at"])))}
        facts.append(replace(fact, answers=answers, **changes))
    report = report_of(found, facts=facts)
    assert json.dumps(report.to_json())
    if found["expected"]["verdict"] == "INVALID" and report.statement is None:
        assert report.verdict is Verdict.INVALID
