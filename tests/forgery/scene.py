"""Where forgeries take place: a pair with a school, a club of few rights, a suspended school, and credentials."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import based58
import samples
from alterations import dumps
from worlds import World

from portfolio.anchoring.leaf import signed_digest
from portfolio.credentials.canonical import base58_of
from portfolio.credentials.facts import Reason, Receipt
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.shapes import proof_options, written_statement
from portfolio.credentials.signing import Signed, prepare

NAMES = ("Злоумышленник Пётр", "Иванов Иван Иванович", "Җәлилова Өмет", "O'Neil Ann", "Пётр Петров-Водкин")
KIND = "olympiad_award"


class Scene:
    """A pair with a school (keys of every sort), a club with few rights, a suspended school, and their credentials."""

    def __init__(self, pair: Any, source: random.Random) -> None:
        self.source = source
        self.world = World(pair)
        self.pair = pair
        self.school = self.world.school
        self.did = samples.SCHOOL_DID
        pair.add_key(self.school, samples.signer("retired").public_key)
        pair.add_key(self.school, samples.signer("status").public_key, signs_credentials=False)
        self.club = self._issuer("club", 1 << kind_of("participation").bit)
        self.closed = self._issuer("closed", 0b111111)
        pair.wait(600)
        self.genuine = self.sign()
        self.others = [self.sign() for _ in range(6)]
        self.expired = self.sign(valid_until=samples.instant(pair.now + 30))
        self.revoked = self.sign()
        self.tree = pair.anchor([one.digest for one in (self.genuine, *self.others, self.expired, self.revoked)])
        pair.revoke(self.school, self.revoked.digest, Reason.FRAUD)
        pair.retire_key(self.school, samples.signer("retired").public_key, pair.now)
        pair.suspend(self.closed)
        pair.wait(600)

    def _issuer(self, word: str, kinds: int) -> bytes:
        issuer = self.pair.admit(self.did_of(word), f"Организация «{word}»", kinds)
        self.pair.add_key(issuer, samples.signer(word).public_key)
        return issuer

    def did_of(self, word: str) -> str:
        return f"{samples.SCHOOL_DID.rpartition(':')[0]}:{word}-{self.number}"

    @property
    def number(self) -> int:
        return getattr(self.pair, "number", 0)

    def sign(self, by: str = "school", **changes: Any) -> Signed:
        word = f"{self.source.getrandbits(64)}"
        return self.world.sign(KIND, by=samples.signer(by), word=word, **changes)

    def receipt(self, signed: Signed) -> Receipt:
        return self.pair.receipt(self.tree, signed.digest)

    def anchored(self, signed: Signed) -> Receipt:
        """What anybody may do: anchor a root of his own."""
        return self.world.register(signed)

    def altered(self, **changes: Any) -> Signed:
        """The genuine credential with other words under the genuine signature; its digest is the new words' own."""
        return resigned(self.genuine, lambda signature: signature, **changes)

    def name(self) -> str:
        return self.source.choice(NAMES) + " " + "абвгд"[self.source.randrange(5)]


def resigned(signed: Signed, change: Callable[[bytes], bytes], **changes: Any) -> Signed:
    """A document of other words, or with another signature, put together without asking whether it fits."""
    statement = replace(signed.statement, **changes)
    prepared = prepare(statement, public_key=samples.signer("school").public_key)
    signature = change(signature_of(signed))
    proof = proof_options(created=prepared.created, verification_method=prepared.verification_method)
    proof["proofValue"] = "z" + based58.b58encode(signature).decode()
    document = json.loads(written_statement(statement)) | {"proof": proof}
    return Signed(dumps(document), signed_digest(prepared.signing_input, signature), statement)


def signature_of(signed: Signed) -> bytes:
    return base58_of(json.loads(signed.document)["proof"]["proofValue"], "proofValue")
