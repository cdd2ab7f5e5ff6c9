"""Our side of the comparison: the credentials of each round, and our tasks on them in this process."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from bench.signing import SIGNER, sign_fast, statement
from bench.verifying import BenchChain

from portfolio.anchoring.leaf import signed_digest
from portfolio.anchoring.merkle import leaf_hash
from portfolio.chain.reader import PairReader
from portfolio.credentials.facts import PairFacts, PairUnknown, TrustRoots
from portfolio.credentials.openbadges import compose
from portfolio.credentials.report import Verdict
from portfolio.credentials.signing import prepare
from portfolio.credentials.statement import Statement
from portfolio.credentials.verdict import ask, judge
from portfolio.verification.batch import Summary, verify_sources
from portfolio.verification.judging import Terms
from portfolio.verification.sources import expand

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Round:
    """What is signed and verified in one round; nothing of it was seen before."""

    first: int
    statements: Sequence[Statement]
    unsigned: Sequence[str]
    """As JSON, for peers that sign documents."""
    bundles: Sequence[bytes]
    signed: Sequence[str]
    """The credentials of the bundles."""
    path: Path
    """The bundles as a list, one a line."""
    facts: Sequence[PairFacts | PairUnknown]
    trust: TrustRoots


def make_round(chain: BenchChain, folder: Path, number: int, size: int) -> Round:
    """Sign, anchor and read the facts of `size` credentials; none of this is measured."""
    path = folder / f"round-{number}.jsonl"
    chain.write_bundles(size, path)
    bundles = path.read_bytes().splitlines()
    statements = [statement(number * size + place) for place in range(size)]
    (pair,) = chain.trust.pairs
    questions = [ask(bundle).question for bundle in bundles]
    return Round(
        first=number * size,
        statements=statements,
        unsigned=[orjson.dumps(compose(one)).decode() for one in statements],
        bundles=bundles,
        signed=[orjson.dumps(json.loads(bundle)["credential"]).decode() for bundle in bundles],
        path=path,
        facts=PairReader.of(pair).read_many(questions, now=int(time.time())),
        trust=chain.trust,
    )


def sign_fields(given: Round) -> int:
    """From the values of a row to the signed credential's bytes, its digest and its leaf, as issuing does."""
    return sum(bool(sign_fast(given.first + place)) for place in range(len(given.statements)))


def sign_statements(given: Round) -> int:
    """From statements that were checked already to signature, digest and leaf."""
    good = 0
    for one in given.statements:
        prepared = prepare(one, public_key=SIGNER.public_key)
        digest = signed_digest(prepared.signing_input, SIGNER.sign(prepared.signing_input))
        good += bool(leaf_hash(digest))
    return good


def verify_given(given: Round) -> int:
    """From a bundle's bytes to its verdict: strict reading, signature, inclusion proof, all checks on given facts."""
    good, now = 0, int(time.time())
    for bundle, facts in zip(given.bundles, given.facts, strict=True):
        good += judge(ask(bundle), trust=given.trust, facts=(facts,), now=now).verdict is Verdict.VALID
    return good


def verify_list(given: Round) -> int:
    """Verify a list as `portfolio verify LIST` does in one process, with the facts read from the chain in bulk."""
    summary = Summary()
    for _ in verify_sources(expand([str(given.path)]), Terms(given.trust), summary=summary, processes=1):
        pass
    return summary.counts[Verdict.VALID.value]


TASKS: Mapping[str, Callable[[Round], int]] = {
    "sign, from fields": sign_fields,
    "sign, from statements": sign_statements,
    "verify, facts given": verify_given,
    "verify, facts from a chain": verify_list,
}


def processor_time(pid: int | None) -> float:
    """Return the seconds of processor time that another process has used: of the local chain, which works for us."""
    if pid is None:
        return 0.0
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / _TICKS
