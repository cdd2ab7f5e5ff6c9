"""Where a scenario takes place: trusted pairs with one school on them, and what a verifier is handed in the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import samples
from simulated_pair import SimulatedPair

from portfolio.credentials.bundles import bundle_json
from portfolio.credentials.canonical import StructureError
from portfolio.credentials.facts import PairFacts, PairUnknown, Receipt, TrustRoots, UnknownCode
from portfolio.credentials.signing import Signed
from portfolio.credentials.verdict import Report, ask, judge

ALL_KINDS = 0b111111


@dataclass(frozen=True)
class Case:
    """Everything a verdict is made of."""

    bundle: bytes
    trust: TrustRoots
    facts: tuple[PairFacts | PairUnknown, ...]
    now: int
    histories: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def report(self) -> Report:
        try:
            asked: Any = ask(self.bundle)
        except StructureError as error:
            asked = error
        return judge(asked, trust=self.trust, facts=self.facts, now=self.now)


class World:
    """Pairs that all know the school and its key, unless told otherwise."""

    def __init__(self, *pairs: SimulatedPair, kinds: int = ALL_KINDS, known_to: Sequence[int] | None = None) -> None:
        self.pairs = pairs or (SimulatedPair(),)
        self.school = b""
        for index, pair in enumerate(self.pairs):
            if known_to is None or index in known_to:
                self.school = pair.admit(samples.SCHOOL_DID, samples.SCHOOL_NAME, kinds)
                pair.add_key(self.school, samples.signer("school").public_key)
            pair.wait(600)

    @property
    def pair(self) -> SimulatedPair:
        return self.pairs[0]

    @property
    def now(self) -> int:
        return max(pair.now for pair in self.pairs)

    def sign(self, kind: str = "olympiad_award", **changes: Any) -> Signed:
        """Sign at the present moment of the first pair."""
        return samples.signed(kind, **{"valid_from": samples.instant(self.pair.now), **changes})

    def register(self, signed: Signed, *, pair: SimulatedPair | None = None) -> Receipt:
        """Anchor the digest among others, as a batch would."""
        pair = pair or self.pair
        word = f"{pair.block} {signed.digest.hex()}"
        tree = pair.anchor([signed.digest, *(samples.signed(word=f"{word} {n}").digest for n in range(2))])
        return pair.receipt(tree, signed.digest)

    def case(
        self,
        signed: Signed | bytes,
        receipts: Sequence[Receipt | Mapping[str, Any]] = (),
        *,
        now: int | None = None,
        trust: TrustRoots | None = None,
        sources: int = 1,
        unknown: Mapping[str, UnknownCode] | None = None,
        alter: Callable[[PairFacts], PairFacts] | None = None,
        status_list: Mapping[str, Any] | None = None,
    ) -> Case:
        """Ask every pair and hand over what a verifier then has in hand."""
        bundle = signed if isinstance(signed, bytes) else bundle_of(signed, receipts, status_list)
        facts: list[PairFacts | PairUnknown] = []
        try:
            question = ask(bundle).question
        except StructureError:
            question = None
        for pair in self.pairs if question else ():
            name = pair.trusted.name
            if unknown and name in unknown:
                facts.append(PairUnknown(pair=name, code=unknown[name]))
            else:
                answer = pair.facts(question, sources=sources)
                facts.append(alter(answer) if alter else answer)
        return Case(
            bundle=bundle,
            trust=trust or TrustRoots(tuple(pair.trusted for pair in self.pairs)),
            facts=tuple(facts),
            now=self.now if now is None else now,
            histories={pair.trusted.name: pair.history for pair in self.pairs},
        )


def bundle_of(
    signed: Signed,
    receipts: Sequence[Receipt | Mapping[str, Any]] = (),
    status_list: Mapping[str, Any] | None = None,
) -> bytes:
    """The bundle file; receipts that are mappings go in as they are."""
    bundle = bundle_json(credential=json.loads(signed.document), receipts=(), status_list=status_list)
    bundle["receipts"] = [
        bundle_json(credential={}, receipts=[item])["receipts"][0] if isinstance(item, Receipt) else dict(item)
        for item in receipts
    ]
    return json.dumps(bundle, ensure_ascii=False).encode()


def altered(receipt: Receipt, **changes: Any) -> Receipt:
    return replace(receipt, **changes)
