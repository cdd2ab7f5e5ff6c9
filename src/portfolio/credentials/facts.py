"""What a verifier trusts, what it asks of a chain and what it was told: plain data shared by `verdict` and `chain`.

Pure: imports neither web3 nor a database. Hashes, roots, addresses and transactions are lower-case `0x` hex text, as in
JSON; digests, keys and issuer ids are bytes. Times are whole unix seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Final

RECEIPT_VERSION: Final = 1


class Custody(IntEnum):
    """Who keeps the signing key, as the issuer registry numbers it."""

    OWN = 0
    HOSTED = 1


class Reason(IntEnum):
    """Why a credential was revoked, as the credential registry numbers it."""

    UNSPECIFIED = 0
    ISSUED_IN_ERROR = 1
    SUPERSEDED = 2
    HOLDER_REQUEST = 3
    FRAUD = 4
    KEY_COMPROMISE = 5
    WITHDRAWN = 6


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A block published elsewhere (a newspaper, a ministry's site) that the trusted chain must contain."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A claim that `digest` stands under `root` in one contract of one chain.

    Only tag, digest, root, proof, chain id, genesis and contract are ever relied on, and each is compared with what the
    verifier computed or trusts. Transaction, block number, hash and time are hints for people.
    """

    version: int = RECEIPT_VERSION
    tag: str
    digest: str
    root: str
    proof: tuple[str, ...]
    chain_id: int
    genesis_hash: str
    contract: str
    transaction: str
    block_number: int
    block_hash: str
    block_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedPair:
    """One IssuerRegistry and its CredentialRegistry on one chain, as the verifier trusts them."""

    name: str
    chain_id: int
    genesis_hash: str
    issuer_registry: str
    credential_registry: str
    issuer_registry_code_hash: str
    """keccak256 of the deployed code."""
    credential_registry_code_hash: str
    registrars: tuple[str, ...]
    depth: int = 0
    """Blocks wanted on top of the anchor's block; 0 is enough at once."""
    max_head_age: int | None = None
    """Seconds; None only for a local chain that mines on demand."""
    checkpoints: tuple[Checkpoint, ...] = ()
    rpc_urls: tuple[str, ...] = ()
    local: bool = False
    """A test chain: whoever owns its only node can rewrite it, and the verdict says so."""

    def concerns(self, receipt: Receipt) -> bool:
        """Tell whether the receipt names this chain, its genesis and this credential registry."""
        return (
            receipt.chain_id == self.chain_id
            and receipt.genesis_hash == self.genesis_hash
            and receipt.contract == self.credential_registry
        )


@dataclass(frozen=True, slots=True)
class TrustRoots:
    """The pairs this verifier trusts; never taken from a document. Files are read by `trust.load_trust`."""

    pairs: tuple[TrustedPair, ...] = ()

    def pair(self, name: str) -> TrustedPair | None:
        return next((pair for pair in self.pairs if pair.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask every trusted pair: `check(issuer_id, public_key, digest, root, proof)`.

    Once without a receipt (root zero, empty proof) and once for each of `receipts` that concerns the pair. The
    receipts are already known to lead from `digest` to their roots, and no two share a root and a contract.
    """

    issuer_id: bytes
    public_key: bytes
    digest: bytes
    receipts: tuple[Receipt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswer:
    """One `CheckResult` of the credential registry, decoded; the meaning of each field is the contract's."""

    proof_valid: bool
    anchored: bool
    anchor_block: int
    anchor_time: int
    as_of: int
    """The moment that issuer_admitted, kinds, name_at_time and key_valid speak of."""
    issuer_known: bool
    issuer_admitted: bool
    kinds: int
    name_at_time: str
    name_now: str
    key_known: bool
    key_valid: bool
    custody: Custody
    key_from: int
    key_until: int
    """0 while the key is not retired."""
    revoked: bool
    reason: Reason
    revoked_at: int
    block_number: int
    block_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFacts:
    """Everything one pair answered, all at one block: the head, or one behind it that nothing has touched since."""

    pair: str
    head_number: int
    head_hash: str
    head_time: int
    read_at: int
    """When the node was asked, by the reader's clock."""
    sources: int
    """How many independent nodes gave these same answers."""
    answers: Mapping[str, CheckAnswer]
    """By the root of the receipt asked about; the empty key is the answer without a receipt, and always there."""
    transactions: Mapping[str, str] = field(default_factory=dict)
    """By root, the transaction whose `Anchored` event the node showed; what was not looked up is missing."""


class UnknownCode(StrEnum):
    """Why nothing is known from a pair."""

    UNREACHABLE = "unreachable"
    WRONG_CHAIN = "wrong_chain"
    WRONG_GENESIS = "wrong_genesis"
    WRONG_CODE = "wrong_code"
    WRONG_REGISTRARS = "wrong_registrars"
    WRONG_CHECKPOINT = "wrong_checkpoint"
    STALE_HEAD = "stale_head"
    STALE_FACTS = "stale_facts"
    """Stored answers older than they may be; only the verdict says this."""
    BAD_ANSWER = "bad_answer"
    NOT_ASKED = "not_asked"
    """No facts were given for a trusted pair; only the verdict says this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairUnknown:
    """Nothing is known from this pair. `detail` is for logs and operators and is never shown to the public."""

    pair: str
    code: UnknownCode
    detail: str = ""
    head_time: int | None = None


def dump_facts(facts: PairFacts | PairUnknown) -> dict[str, Any]:
    """Return JSON-able facts, to be stored with their `read_at`; `load_facts` gives the same back."""
    if isinstance(facts, PairUnknown):
        return {**asdict(facts), "code": facts.code.value}
    answers = {root: _dump_answer(answer) for root, answer in facts.answers.items()}
    return {**asdict(facts), "answers": answers, "transactions": dict(facts.transactions)}


def load_facts(stored: Mapping[str, Any]) -> PairFacts | PairUnknown:
    """Read what `dump_facts` wrote. Raises TypeError, KeyError or ValueError for anything else."""
    if "code" in stored:
        return PairUnknown(**{**stored, "code": UnknownCode(stored["code"])})
    answers = {root: _load_answer(answer) for root, answer in stored["answers"].items()}
    return PairFacts(**{**stored, "answers": answers})


def _dump_answer(answer: CheckAnswer) -> dict[str, Any]:
    # The mask is a uint256: as a JSON number it would lose bits.
    return {
        **asdict(answer),
        "kinds": hex(answer.kinds),
        "custody": answer.custody.name.lower(),
        "reason": answer.reason.name.lower(),
    }


def _load_answer(stored: Mapping[str, Any]) -> CheckAnswer:
    return CheckAnswer(
        **{
            **stored,
            "kinds": int(stored["kinds"], 16),
            "custody": Custody[stored["custody"].upper()],
            "reason": Reason[stored["reason"].upper()],
        }
    )
