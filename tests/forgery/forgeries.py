"""Ways to forge a bundle, as forgers go: each a function of a scene, which takes place on a pair simulated or real.

`seen` names the field of Solidity's `check` that gives the forgery away, with the value it then has; None where the
contract cannot see it, because it checks no signature, reads no JSON, and knows neither expiry nor other chains.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import samples
from alterations import dumps, with_duplicate
from scene import Scene, resigned, signature_of
from tiny_keccak import keccak256
from worlds import bundle_of

from portfolio.anchoring.leaf import TAG_CLAIM
from portfolio.anchoring.merkle import leaf_hash, root_from
from portfolio.credentials.facts import Receipt
from portfolio.credentials.kinds import kind_of

LATER = 40 * 86_400  # seconds after the present of a scene: nobody signed then yet


@dataclass(frozen=True)
class Way:
    name: str
    says: str
    verdict: str
    seen: tuple[str, Any] | None
    forge: Callable[[Scene], bytes]


WAYS: dict[str, Way] = {}


def way(verdict: str, seen: str | None = None, value: Any = False) -> Callable[[Callable[[Scene], bytes]], None]:
    def enter(forge: Callable[[Scene], bytes]) -> None:
        shown = (seen, value) if seen else None
        WAYS[forge.__name__] = Way(forge.__name__, (forge.__doc__ or "").strip(), verdict, shown, forge)

    return enter


def fields(scene: Scene, **changes: Any) -> dict[str, Any]:
    return {**scene.genuine.statement.fields, **changes}


# ------------------------------------------------------------- words under a genuine signature


@way("INVALID", "proof_valid")
def holder_changed(scene: Scene) -> bytes:
    """Another holder's name, the receipt as it was."""
    return bundle_of(scene.altered(holder_name=scene.name()), [scene.receipt(scene.genuine)])


@way("INVALID")
def holder_changed_and_anchored(scene: Scene) -> bytes:
    """Another holder's name, and the new digest anchored by the forger: only the signature tells."""
    forged = scene.altered(holder_name=scene.name())
    return bundle_of(forged, [scene.anchored(forged)])


@way("INVALID")
def award_changed_and_anchored(scene: Scene) -> bytes:
    """A better score, anchored by the forger."""
    forged = scene.altered(fields=fields(scene, score=str(scene.source.randrange(48, 51)), grade="11Б"))
    return bundle_of(forged, [scene.anchored(forged)])


@way("INVALID")
def validity_added_and_anchored(scene: Scene) -> bytes:
    """An expired document made to last, anchored by the forger."""
    forged = resigned(scene.expired, lambda signature: signature, valid_until=None)
    return bundle_of(forged, [scene.anchored(forged)])


@way("INVALID")
def signature_of_another_and_anchored(scene: Scene) -> bytes:
    """The genuine signature of another credential of the school, anchored by the forger."""
    other = signature_of(scene.source.choice(scene.others))
    forged = resigned(scene.genuine, lambda _: other)
    return bundle_of(forged, [scene.anchored(forged)])


@way("INVALID")
def attackers_signature_under_the_schools_key(scene: Scene) -> bytes:
    """Signed by the forger, naming the school's key, anchored by the forger."""
    mine = scene.sign("attacker", holder_name=scene.name())
    forged = resigned(mine, lambda signature: signature)
    return bundle_of(forged, [scene.anchored(forged)])


# ------------------------------------------------------------------- keys, issuers and rights


@way("INVALID", "key_known")
def own_key_under_the_schools_name(scene: Scene) -> bytes:
    """Signed with a key of the forger's own, named under the school's DID, anchored by the forger (fault 121)."""
    forged = scene.sign("attacker", holder_name=scene.name())
    return bundle_of(forged, [scene.anchored(forged)])


@way("INVALID", "issuer_known")
def own_issuer_with_the_schools_name(scene: Scene) -> bytes:
    """An issuer of the forger's own that calls itself like the school, never admitted."""
    forged = scene.sign("attacker", issuer_did="did:web:schoo1-5.example", holder_name=scene.name())
    return bundle_of(forged, [scene.anchored(forged)])


@way("INVALID", "key_known")
def key_of_another_issuer(scene: Scene) -> bytes:
    """A genuine issuer's key under the school's DID."""
    forged = scene.sign("club", holder_name=scene.name())
    return bundle_of(forged, [scene.anchored(forged)])


@way("INVALID", "key_valid")
def retired_key(scene: Scene) -> bytes:
    """A key that the school had retired before the forger anchored (fault 66)."""
    forged = scene.sign("retired", holder_name=scene.name())
    return bundle_of(forged, [scene.anchored(forged)])


@way("INVALID", "key_valid")
def status_key(scene: Scene) -> bytes:
    """The school's key for status lists, which may sign no credential."""
    forged = scene.sign("status", holder_name=scene.name())
    return bundle_of(forged, [scene.anchored(forged)])


@way("INVALID", "issuer_admitted")
def suspended_issuer(scene: Scene) -> bytes:
    """A school that was suspended before the anchor, under its own good key."""
    forged = scene.sign("closed", issuer_did=scene.did_of("closed"))
    return bundle_of(forged, [scene.anchored(forged)])


@way("INVALID", "kinds", 1 << kind_of("participation").bit)
def kind_beyond_its_rights(scene: Scene) -> bytes:
    """An olympiad award signed by a club that may only confirm participation."""
    forged = scene.sign("club", issuer_did=scene.did_of("club"))
    return bundle_of(forged, [scene.anchored(forged)])


# -------------------------------------------------------------------------- proofs and receipts


def unregistered(scene: Scene, change: Callable[[Receipt], Receipt]) -> bytes:
    """A genuine signature that was never anchored, with a receipt made of that of another."""
    fresh = scene.sign(holder_name=scene.name())
    digest = "0x" + fresh.digest.hex()
    return bundle_of(fresh, [change(replace(scene.receipt(scene.genuine), digest=digest))])


@way("PENDING", "proof_valid")
def receipt_of_another(scene: Scene) -> bytes:
    """The receipt of a registered credential beside one that was never registered."""
    return unregistered(scene, lambda receipt: receipt)


@way("PENDING", "proof_valid")
def proof_bit_flipped(scene: Scene) -> bytes:
    """One bit of one step of the proof."""
    receipt = scene.receipt(scene.genuine)
    place = scene.source.randrange(len(receipt.proof))
    flipped = int(receipt.proof[place], 16) ^ (1 << scene.source.randrange(256))
    proof = (*receipt.proof[:place], f"0x{flipped:064x}", *receipt.proof[place + 1 :])
    return bundle_of(scene.genuine, [replace(receipt, proof=proof)])


@way("PENDING", "proof_valid")
def proof_step_dropped(scene: Scene) -> bytes:
    """A proof without one of its steps, as if an inner node were a leaf (fault 115)."""
    receipt = scene.receipt(scene.genuine)
    place = scene.source.randrange(len(receipt.proof))
    return bundle_of(scene.genuine, [replace(receipt, proof=receipt.proof[:place] + receipt.proof[place + 1 :])])


@way("PENDING", "proof_valid")
def proof_swapped(scene: Scene) -> bytes:
    """The steps of the proof in another order (fault 116)."""
    receipt = scene.receipt(scene.genuine)
    first, second, *rest = receipt.proof
    return bundle_of(scene.genuine, [replace(receipt, proof=(second, first, *rest))])


@way("PENDING", "proof_valid")
def proof_empty(scene: Scene) -> bytes:
    """No proof at all, and the true root."""
    return unregistered(scene, lambda receipt: replace(receipt, proof=()))


@way("PENDING", "anchored")
def root_made_of_the_leaf(scene: Scene) -> bytes:
    """An empty proof whose root is the leaf hash itself: it proves, but nobody anchored it (fault 116)."""
    fresh = scene.sign(holder_name=scene.name())
    made = replace(scene.receipt(scene.genuine), digest="0x" + fresh.digest.hex(), proof=())
    return bundle_of(fresh, [replace(made, root="0x" + leaf_hash(fresh.digest).hex())])


@way("PENDING", "anchored")
def root_never_anchored(scene: Scene) -> bytes:
    """A tree of the forger's own that leads where no contract knows anything."""
    fresh = scene.sign(holder_name=scene.name())
    steps = [scene.source.randbytes(32) for _ in range(scene.source.randrange(1, 20))]
    proof = tuple("0x" + step.hex() for step in steps)
    root = "0x" + root_from(fresh.digest, steps).hex()
    made = replace(scene.receipt(scene.genuine), digest="0x" + fresh.digest.hex(), proof=proof, root=root)
    return bundle_of(fresh, [made])


@way("PENDING", "proof_valid")
def proof_of_65_steps(scene: Scene) -> bytes:
    """A proof longer than any tree, which leads to a root all the same (fault 116)."""
    fresh = scene.sign(holder_name=scene.name())
    steps = [scene.source.randbytes(32) for _ in range(65)]
    proof = tuple("0x" + step.hex() for step in steps)
    root = "0x" + _root_of_any_length(fresh.digest, steps).hex()
    made = replace(scene.receipt(scene.genuine), digest="0x" + fresh.digest.hex(), proof=proof, root=root)
    return bundle_of(fresh, [made])


def _root_of_any_length(digest: bytes, steps: Sequence[bytes]) -> bytes:
    node = leaf_hash(digest)
    for step in steps:
        node = keccak256(min(node, step) + max(node, step))
    return node


def of_elsewhere(name: str, says: str, **changes: Any) -> None:
    """A receipt that names another chain or contract; this contract is never asked about it (fault 120)."""

    def forge(scene: Scene) -> bytes:
        return bundle_of(scene.genuine, [replace(scene.receipt(scene.genuine), **changes)])

    WAYS[name] = Way(name, says, "PENDING", None, forge)


of_elsewhere("another_chain", "The receipt of another chain id (fault 120).", chain_id=1)
of_elsewhere("another_genesis", "The same chain id, another first block.", genesis_hash="0x" + "12" * 32)
of_elsewhere("another_contract", "A contract of the forger's own on the true chain.", contract="0x" + "ab" * 20)
of_elsewhere("another_tag", "A receipt for a claim, not for a credential.", tag="0x" + TAG_CLAIM.hex())
of_elsewhere("another_version", "A receipt of a version that does not exist (fault 130).", version=0)


# --------------------------------------------------------------------------- what was good once


@way("REVOKED", "revoked", True)
def revoked(scene: Scene) -> bytes:
    """A revoked credential as it was before."""
    return bundle_of(scene.revoked, [scene.receipt(scene.revoked)])


@way("REVOKED", "revoked", True)
def revoked_and_rewritten(scene: Scene) -> bytes:
    """A revoked credential, its JSON members in another order: the digest stays that of what is said (fault 131)."""
    bundle = json.loads(bundle_of(scene.revoked, [scene.receipt(scene.revoked)]))
    members = list(bundle["credential"].items())
    scene.source.shuffle(members)
    return dumps({**bundle, "credential": dict(members)})


@way("REVOKED", "revoked", True)
def revoked_and_anchored_again(scene: Scene) -> bytes:
    """A revoked credential anchored once more, later, by the forger."""
    return bundle_of(scene.revoked, [scene.anchored(scene.revoked)])


@way("EXPIRED")
def expired(scene: Scene) -> bytes:
    """A document whose time is over."""
    return bundle_of(scene.expired, [scene.receipt(scene.expired)])


@way("INVALID")
def dated_in_the_future(scene: Scene) -> bytes:
    """Signed with the school's own key, dated long after the entry (fault 127)."""
    forged = scene.sign(valid_from=samples.instant(scene.pair.now + LATER))
    return bundle_of(forged, [scene.anchored(forged)])


# -------------------------------------------------------------------------------------- the file


def of_file(name: str, says: str, alter: Callable[[Scene, dict[str, Any]], bytes]) -> None:
    """Something done to the JSON of a good bundle; there is nothing to ask a contract."""

    def forge(scene: Scene) -> bytes:
        return alter(scene, json.loads(bundle_of(scene.genuine, [scene.receipt(scene.genuine)])))

    WAYS[name] = Way(name, says, "INVALID", None, forge)


def _with_member(scene: Scene, bundle: dict[str, Any]) -> bytes:
    name = scene.source.choice(("evidence", "name2", "@graph", "refreshService", "https://example.org/x"))
    return dumps({**bundle, "credential": {**bundle["credential"], name: scene.name()}})


def _twice(scene: Scene, bundle: dict[str, Any]) -> bytes:
    path = ("credential", "credentialSubject", "identifier", 0, "identityHash")
    return with_duplicate(bundle, path, scene.name(), other_first=scene.source.random() < 0.5).encode()


def _second_proof(scene: Scene, bundle: dict[str, Any]) -> bytes:
    proof = bundle["credential"]["proof"]
    foreign = json.loads(scene.sign("attacker").document)["proof"]
    proofs = [proof, foreign] if scene.source.random() < 0.5 else [foreign, proof]
    return dumps({**bundle, "credential": {**bundle["credential"], "proof": proofs}})


def _cut(scene: Scene, bundle: dict[str, Any]) -> bytes:
    data = dumps(bundle)
    return data[: scene.source.randrange(1, len(data) - 1)]


of_file("member_added", "A member that nobody signed and some programs would show.", _with_member)
of_file("member_twice", "The holder's name written twice: parsers differ on which counts (fault 126).", _twice)
of_file("second_proof", "A second proof beside the genuine one.", _second_proof)
of_file("cut_off", "A file that was cut off.", _cut)
