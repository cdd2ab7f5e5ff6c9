"""openbadgeslib: signs our unsigned documents and verifies our signed ones, both as eddsa-rdfc-2022."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bench.peers.worker import Tasks, serve


def prepare(settings: Mapping[str, Any]) -> Tasks:
    from openbadgeslib.ob3.ldp import OB3LdpVerifier, add_data_integrity_proof

    did, documents, key = settings["did"], settings["documents"], settings["secretKeyPem"]
    method = f"{did}#{settings['publicKeyMultibase']}"
    verifier = OB3LdpVerifier.for_issuer_did(did)  # keeps the issuer's key once it has read it

    def sign(texts: Sequence[str]) -> int:
        # The faster of its two ways: `OB3LdpSigner` goes through its model and then validates what it signed.
        signed = [json.dumps(add_data_integrity_proof(json.loads(text), key, method)) for text in texts]
        return len(signed)

    def verify(texts: Sequence[str]) -> int:
        # Raises where it refuses. The status list is left aside: ours asks the chain's facts instead.
        for text in texts:
            verifier.verify(text, download=lambda url: json.dumps(documents[url]).encode())
        return len(texts)

    return {"sign": sign, "verify": verify}


if __name__ == "__main__":
    serve(prepare)
