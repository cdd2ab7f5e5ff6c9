"""Altered bundles of every way of tests/forgery, judged by Python and by the page: the reports must be equal."""

from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from alterations import deleted, dumps, noise, places, replaced, variants, with_duplicate
from test_alterations import original

from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import TrustRoots, dump_facts
from portfolio.credentials.report import Verdict
from portfolio.credentials.trust import dump_trust
from portfolio.credentials.verdict import ask
from portfolio.verification.standalone.page import released_page

pytestmark = [pytest.mark.browser, pytest.mark.fault(126), pytest.mark.fault(130)]

ROUNDS = min(int(os.environ.get("FORGERY_ROUNDS", "2000")), 50_000) // 5
KINDS = ("olympiad_award", "school_certificate", "cpd_certificate")


def forgeries(document: Any, source: random.Random) -> Iterator[bytes]:
    """Without end: a place altered, removed, written twice, and noise."""
    found = [(path, value) for path, value in places(document) if path]
    data = dumps(document)
    while True:
        path, value = source.choice(found)
        other = source.choice(list(variants(value)))[1]
        yield dumps(replaced(document, path, other))
        yield dumps(deleted(document, source.choice(found)[0]))
        if isinstance(path[-1], str):
            yield with_duplicate(document, path, other, other_first=source.random() < 0.5).encode("utf-8", "replace")
        try:
            yield noise(data, source)
        except ValueError:
            continue


@pytest.mark.parametrize("kind", KINDS)
def test_page_and_python_judge_forgeries_alike(browser: Any, tmp_path: Any, kind: str) -> None:
    path = tmp_path / "verifier.html"
    path.write_text(released_page(), "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    case = original(kind)
    world = case.world
    trust = dump_trust(TrustRoots((world.pair.trusted,)))
    cases, wanted = [], []
    forged = forgeries(case.document, random.Random(kind))  # the same ones in every run
    for data in [case.bundle, *(next(forged) for _ in range(ROUNDS // len(KINDS)))]:
        try:
            facts = [dump_facts(world.pair.facts(ask(data).question))]
        except StructureError:
            facts = []
        cases.append([base64.b64encode(data).decode(), trust, facts, world.now])
        wanted.append(case.judged(data).to_json())
    each = "for (const one of cases) all.push(await portfolioVerifier.verdict(...one));"
    run = f"async (cases) => {{ const all = []; {each} return all; }}"
    told = page.evaluate(run, cases)
    page.close()
    differing = [
        (base64.b64decode(one[0])[:4000], report, mine)
        for one, report, mine in zip(cases, told, wanted, strict=True)
        if json.dumps(report, sort_keys=True) != json.dumps(mine, sort_keys=True)
    ]
    assert differing[:3] == []
    assert wanted[0]["verdict"] == Verdict.VALID
    assert len({report["checks"][0]["data"].get("reason") for report in wanted}) > 5
