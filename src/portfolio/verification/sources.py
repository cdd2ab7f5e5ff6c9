"""Asks every node of every trusted pair. Several nodes of one pair must agree; a node that contradicts makes it unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from portfolio.credentials.facts import PairFacts, PairUnknown, Question, TrustedPair, TrustRoots, UnknownCode

NodeReader = Callable[[TrustedPair, str, Question, int], "PairFacts | PairUnknown"]


def ask_pairs(
    trust: TrustRoots, question: Question, *, read: NodeReader, now: int, rpc_urls: Sequence[str] = ()
) -> list[PairFacts | PairUnknown]:
    """Return what every pair says. `rpc_urls` replaces the nodes of the trust file; `read` asks one node."""
    return [_ask_pair(pair, question, read, now, rpc_urls or pair.rpc_urls) for pair in trust.pairs]


def _ask_pair(
    pair: TrustedPair, question: Question, read: NodeReader, now: int, urls: Sequence[str]
) -> PairFacts | PairUnknown:
    if not urls:
        return PairUnknown(pair=pair.name, code=UnknownCode.UNREACHABLE, detail="no node is known for this pair")
    told = [read(pair, url, question, now) for url in urls]
    known = [facts for facts in told if isinstance(facts, PairFacts)]
    if not known:
        return told[0]
    first = known[0]
    if any(_saying(other) != _saying(first) for other in known[1:]):
        return PairUnknown(
            pair=pair.name, code=UnknownCode.BAD_ANSWER, detail="the nodes of this pair contradict each other"
        )
    # The oldest head is the one all of them have seen.
    oldest = min(known, key=lambda facts: facts.head_number)
    return replace(oldest, sources=len(known))


def _saying(facts: PairFacts) -> object:
    """What two nodes must agree on: everything but where their heads are just now."""
    return {
        root: replace(
            answer, block_number=0, block_time=0, as_of=answer.as_of if answer.proof_valid and answer.anchored else 0
        )
        for root, answer in facts.answers.items()
    }
