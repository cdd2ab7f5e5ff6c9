"""What transactions cost on a real node: whole transactions, as receipts tell them."""

from __future__ import annotations

import hashlib

import pytest
from tiny_keccak import keccak256

from contracts.ledger import Artefact, Ledger

pytestmark = [pytest.mark.chain, pytest.mark.node]

ISSUERS = Artefact("IssuerRegistry")
CREDENTIALS = Artefact("CredentialRegistry")
DID = "did:web:id.example:school"
CONTROLLER = 2  # index of an account that is no registrar


@pytest.fixture(scope="module")
def credentials(ledger: Ledger) -> str:
    """Address of the credential registry of a pair with one admitted issuer."""
    issuers, credentials = ledger.deploy_pair()
    ledger.transact(ISSUERS.call("admit", DID, ledger.accounts[CONTROLLER], "Школа № 1", 1), to=issuers)
    return credentials


def gas_of(ledger: Ledger, contract: str, data: str, *, sender: int) -> int:
    return int(ledger.transact(data, to=contract, sender=sender)["gasUsed"], 16)


def test_anchoring_costs_less_than_60_000(ledger: Ledger, credentials: str) -> None:
    root = hashlib.sha256(b"a root").digest()
    assert gas_of(ledger, credentials, CREDENTIALS.call("anchor", root), sender=5) < 60_000


def test_revoking_costs_less_than_30_000_a_digest(ledger: Ledger, credentials: str) -> None:
    digests = [hashlib.sha256(b"%d" % number).digest() for number in range(100)]
    data = CREDENTIALS.call("revoke", keccak256(DID.encode()), digests, 4)
    first = gas_of(ledger, credentials, data, sender=CONTROLLER)
    assert first / 100 < 30_000
    again = gas_of(ledger, credentials, data, sender=CONTROLLER)
    assert again < first / 5  # repeats are skipped, not written again
