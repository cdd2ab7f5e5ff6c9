"""cert-issuer (Blockcerts): issues our unsigned documents as one batch; its transaction is its own mock.

It normalises each document, hashes it, builds a Merkle tree and gives each document a MerkleProof2019 to the root; only
the transaction would be signed. Runs in the environment of `requirements.lock`.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bench.peers.worker import Tasks, serve

_OPTIONS = ["--usb_name", ".", "--key_file", "none", "--chain", "mockchain", "--no_safe_mode"]


def prepare(settings: Mapping[str, Any]) -> Tasks:
    method = f"{settings['did']}#{settings['publicKeyMultibase']}"
    # Deep inside it reads the options of the command again.
    sys.argv += [*_OPTIONS, "--issuing_address", "none", "--verification_method", method]
    from cert_core import Chain
    from cert_issuer.certificate_handlers import CertificateBatchWebHandler, CertificateWebV3Handler
    from cert_issuer.config import get_config
    from cert_issuer.issuer import Issuer
    from cert_issuer.merkle_tree_generator import MerkleTreeGenerator
    from cert_issuer.models import MockTransactionHandler
    from cert_schema import extend_preloaded_context

    logging.disable(logging.CRITICAL)
    config = get_config()
    for url, context in settings["contexts"].items():
        extend_preloaded_context(url, context)

    def issue(texts: Sequence[str]) -> int:
        batch = CertificateBatchWebHandler(
            secret_manager=None,
            certificate_handler=CertificateWebV3Handler(config),
            merkle_tree=MerkleTreeGenerator(),
            config=config,
        )
        batch.set_certificates_in_batch([json.loads(text) for text in texts])
        Issuer(batch, MockTransactionHandler(), 1).issue(Chain.mockchain)
        return sum('"proofValue": "z' in json.dumps(issued) for issued in batch.proof)

    return {"sign": issue}


if __name__ == "__main__":
    serve(prepare)
