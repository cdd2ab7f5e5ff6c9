"""Facts as JSON text, for the table of stored facts; they hold nothing about a person."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import orjson

from portfolio.credentials.facts import CheckAnswer, Custody, PairFacts, Reason


def facts_json(facts: list[PairFacts]) -> str:
    """Write facts so that `facts_of_json` gives the same back."""
    return orjson.dumps([asdict(pair) for pair in facts]).decode()


def facts_of_json(text: str) -> list[PairFacts]:
    """Read what `facts_json` wrote."""
    return [_pair(value) for value in orjson.loads(text)]


def _pair(value: dict[str, Any]) -> PairFacts:
    answers = {root: _answer(answer) for root, answer in value.pop("answers").items()}
    return PairFacts(answers=answers, **value)


def _answer(value: dict[str, Any]) -> CheckAnswer:
    return replace(CheckAnswer(**value), custody=Custody(value["custody"]), reason=Reason(value["reason"]))
