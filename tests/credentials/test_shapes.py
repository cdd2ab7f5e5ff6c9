"""The fast path gives the very bytes of the slow one, for every kind and every awkward text."""

from __future__ import annotations

import json
from dataclasses import replace

import pyoxigraph
import pytest
from credential_examples import EXAMPLES, statements
from hypothesis import given
from hypothesis import strategies as st

from portfolio.credentials.canonical import CONTEXTS, canonical_document, canonical_options
from portfolio.credentials.kinds import KINDS
from portfolio.credentials.openbadges import Statement, compose
from portfolio.credentials.shapes import (
    _template,
    canonical_proof,
    canonical_statement,
    proof_options,
    written_statement,
)


@pytest.mark.fault(126)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_filled_bytes_equal_those_of_expansion(kind: str) -> None:
    @given(statements(kind))
    def compare(statement: Statement) -> None:
        assert canonical_statement(statement) == canonical_document(compose(statement))

    compare()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_examples_are_filled_alike_with_ids_in_either_order(name: str) -> None:
    statement = EXAMPLES[name]
    swapped = replace(statement, id=statement.subject_id, subject_id=statement.id)
    for each in (statement, swapped):
        assert canonical_statement(each) == canonical_document(compose(each))


@given(statements())
def test_written_json_is_the_composed_document(statement: Statement) -> None:
    written = written_statement(statement)
    assert json.loads(written) == compose(statement)
    assert list(json.loads(written)) == list(compose(statement))


@given(statements())
def test_another_implementation_of_rdfc_1_0_leaves_the_quads_as_they_are(statement: Statement) -> None:
    quads = canonical_statement(statement)
    dataset = pyoxigraph.Dataset(pyoxigraph.parse(quads, format=pyoxigraph.RdfFormat.N_QUADS))
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    lines = sorted(line for line in quads.decode().split("\n") if line)
    assert len(lines) == len(set(lines)) == len(dataset)
    assert sorted(f"{quad.subject} {quad.predicate} {quad.object} ." for quad in dataset) == lines


@given(
    created=st.sampled_from(["2026-11-22T10:00:00Z", "2027-03-04T05:06:07Z"]),
    path=st.from_regex("[a-z0-9]{1,9}", fullmatch=True),
)
def test_proof_options_are_filled_alike(created: str, path: str) -> None:
    method = f"did:web:a.example:{path}#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    options = proof_options(created=created, verification_method=method)
    assert canonical_proof(created=created, verification_method=method) == canonical_options(options, CONTEXTS)


def test_a_value_whose_term_no_context_defines_is_noticed_before_anything_is_signed() -> None:
    with pytest.raises(RuntimeError, match="no context defines its term"):
        _template(b"<urn:uuid:slot0000x> <urn:p> <urn:o> .\n", ["urn:uuid:slot0000x", "slot0001x"])
