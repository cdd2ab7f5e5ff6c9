"""What a stranger who reads the chain learns about people: nothing, however few a batch holds (ADR 0151)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select
from web3 import HTTPProvider, Web3

from portfolio.anchoring.merkle import leaf_hash
from portfolio.anchoring.models import Batch, Leaf
from service_world import Service, table

pytestmark = [pytest.mark.chain, pytest.mark.fault(142)]


def anchorings(service: Service, url: str) -> list[Any]:
    """Return every transaction to the registry of credentials, the oldest first."""
    chain = Web3(HTTPProvider(url))
    registry = service.portfolio.pair.credential_registry.lower()
    found = []
    for number in range(chain.eth.block_number + 1):
        block: Any = chain.eth.get_block(number, full_transactions=True)
        found += [one for one in block["transactions"] if (one["to"] or "").lower() == registry]
    return found


def test_a_batch_of_one_pupil_looks_like_a_batch_of_many(service: Service, flow_chain: Any) -> None:
    service.add_issuer("lyceum")
    service.issue(1)
    service.issue(40, slug="lyceum")
    for slug in ("school", "lyceum"):
        service.start(table(1, first=100), slug=slug)
    service.work()

    sent = anchorings(service, flow_chain.rpc_url)
    with service.read() as session:
        batches = session.exec(select(Batch)).all()
        sizes = [batch.leaf_count for batch in batches]
    assert len(sent) == len(batches) == 3  # what two schools signed in one interval is one batch
    assert min(sizes) < max(sizes)
    assert len({one["from"] for one in sent}) == 1, "one address sends for every school"
    assert {len(one["input"]) for one in sent} == {4 + 32}, "a root and nothing else, however many leaves"
    assert {one["value"] for one in sent} == {0}


def test_no_root_is_the_digest_of_anybodys_credential(service: Service, flow_chain: Any) -> None:
    """Also a table of one row makes two leaves (ADR 0080), so that a root is never one person's leaf."""
    service.issue(1)
    service.issue_more(first=50)
    with service.read() as session:
        digests = {leaf.digest for leaf in session.exec(select(Leaf))}
        assert min(batch.leaf_count for batch in session.exec(select(Batch))) == 2
    roots = [bytes(one["input"])[4:] for one in anchorings(service, flow_chain.rpc_url)]
    assert len(set(roots)) == len(roots) == 2
    assert not {leaf_hash(digest) for digest in digests} & set(roots)
    assert not digests & set(roots)
