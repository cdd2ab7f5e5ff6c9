"""How fast credentials are signed on one core, from a row's values to the leaf of the tree.

Times are the processor's. The naive path (PyLD for every credential, the same signature and JSON) runs in the same
process, so that the ratio holds on any machine. Run: `python -m bench.signing`.
"""

from __future__ import annotations

import json
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from hashlib import sha256

import based58
import orjson
from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair

from portfolio.anchoring.leaf import signed_digest
from portfolio.anchoring.merkle import leaf_hash
from portfolio.credentials.canonical import (
    CONTEXTS,
    canonical_document,
    canonical_options,
    multibase_of,
    verify_signature,
)
from portfolio.credentials.openbadges import Statement, compose
from portfolio.credentials.shapes import canonical_statement, proof_options
from portfolio.credentials.signing import issue, prepare, read_credential

ROUNDS = 7
ROUND = 2_000
NAIVE_ROUND = 60
SIZES = (1_000, 10_000, 100_000)
WANTED = 3_000
DEGREES = ("winner", "prize_winner", "participant")


class BenchSigner:
    """Holds its key, as the embedded key store does."""

    public_key, secret_key = crypto_sign_seed_keypair(bytes(32))

    def sign(self, message: bytes) -> bytes:
        return crypto_sign(message, self.secret_key)[:crypto_sign_BYTES]


SIGNER = BenchSigner()


def statement(number: int) -> Statement:
    """Make the statement of a row of an olympiad's results; names and scores differ, the shape does not."""
    return Statement(
        id=f"urn:uuid:{uuid.uuid4()}",
        subject_id=f"urn:uuid:{uuid.uuid4()}",
        issuer_did="did:web:portfolio.example:o:olympiad",
        issuer_name="Оргкомитет олимпиады «Звезда»",
        holder_name=f"Иванова Мария Сергеевна {number}",
        kind="olympiad_award",
        valid_from="2026-11-22T10:00:00Z",
        valid_until=None,
        status_list="https://portfolio.example/o/olympiad/status/1",
        status_index=number,
        fields={
            "title": "Олимпиада «Звезда»",
            "level": "rsosh_2",
            "subject": "Физика",
            "grade": f"{number % 7 + 5}А",
            "degree": DEGREES[number % 3],
            "score": str(number % 100),
            "max_score": "100",
            "award_date": "2026-03-14",
            "registration_number": f"З-{number:06}",
        },
    )


def sign_fast(number: int) -> bytes:
    """Do what issuing does for one credential, up to its leaf."""
    return leaf_hash(issue(statement(number), SIGNER).digest)


def sign_naive(number: int) -> bytes:
    """Do the same by the book: JSON-LD expansion of document and options for every credential."""
    document = compose(statement(number))
    method = f"{document['issuer']['id']}#{multibase_of(SIGNER.public_key)}"
    options = proof_options(created=document["validFrom"], verification_method=method)
    message = b"".join(
        sha256(quads).digest() for quads in (canonical_options(options, CONTEXTS), canonical_document(document))
    )
    signature = SIGNER.sign(message)
    proof = {**options, "proofValue": "z" + based58.b58encode(signature).decode()}
    orjson.dumps({**document, "proof": proof})
    return leaf_hash(signed_digest(message, signature))


def per_second(work: Callable[[int], object], count: int, *, rounds: int = ROUNDS) -> float:
    """Return the median over rounds of how often `work` runs in a second of processor time."""
    rates = []
    for _ in range(rounds):
        started = time.process_time()
        for number in range(count):
            work(number)
        rates.append(count / (time.process_time() - started))
    return statistics.median(rates)


def growth(sizes: Sequence[int]) -> list[tuple[int, float]]:
    """Return seconds of processor time to sign batches of each size, all credentials kept."""
    found = []
    for size in sizes:
        started = time.process_time()
        kept = [issue(statement(number), SIGNER) for number in range(size)]
        leaves = {leaf_hash(signed.digest) for signed in kept}
        found.append((size, time.process_time() - started))
        if len(leaves) != size:
            raise RuntimeError("two credentials have one leaf")
    return found


def parts() -> dict[str, Callable[[int], object]]:
    """Return the steps of the fast path by name, each on the same credential, and the way back."""
    one = statement(1)
    prepared = prepare(one, public_key=SIGNER.public_key)
    signature = SIGNER.sign(prepared.signing_input)
    signed = issue(one, SIGNER).document
    return {
        "statement (checked)": statement,
        "canonical quads": lambda _: canonical_statement(one),
        "prepare (quads, hashes)": lambda _: prepare(one, public_key=SIGNER.public_key),
        "Ed25519 sign": lambda _: SIGNER.sign(prepared.signing_input),
        "Ed25519 verify": lambda _: verify_signature(SIGNER.public_key, prepared.signing_input, signature),
        "read strictly, signature too": lambda _: read_credential(signed),
    }


def main() -> None:
    sign_fast(0)  # compiles the shape
    sign_naive(0)
    fast, naive = per_second(sign_fast, ROUND), per_second(sign_naive, NAIVE_ROUND)
    print(f"signing with leaf: {fast:,.0f} a second on one core (wanted: {WANTED:,})")
    print(f"naive JSON-LD:     {naive:,.0f} a second; ratio {fast / naive:.0f}")
    for name, work in parts().items():
        print(f"  {name:28} {1e6 / per_second(work, ROUND // 4):8.1f} microseconds")
    times = growth(SIZES)
    for size, seconds in times:
        print(f"{size:>8,} credentials: {seconds:7.2f} s, {size / seconds:,.0f} a second")
    first, last = times[0], times[-1]
    print(f"time for {last[0] // first[0]} times as many: {last[1] / first[1]:.0f} times")
    print(
        json.dumps({"signing_per_second": round(fast), "naive_per_second": round(naive), "ratio": round(fast / naive)})
    )


if __name__ == "__main__":
    main()
