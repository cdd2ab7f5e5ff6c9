"""Statements that tests sign: the ones of the vectors, and what Hypothesis makes of the declarations of the kinds."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair

from portfolio.credentials.characters import DIRECTIONS, UNSPACED
from portfolio.credentials.kinds import KINDS, Field, FieldType
from portfolio.credentials.openbadges import Statement
from portfolio.credentials.values import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_MARK,
    MAX_NAME,
    MAX_SUBJECT,
    ValueProblem,
    normalise,
    normalise_text,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "credentials"


@dataclass(frozen=True)
class SeedSigner:
    """A signer whose private key is in the test."""

    public_key: bytes
    secret_key: bytes

    @classmethod
    def of(cls, seed: int) -> SeedSigner:
        return cls(*crypto_sign_seed_keypair(seed.to_bytes(32, "little")))

    def sign(self, message: bytes) -> bytes:
        return crypto_sign(message, self.secret_key)[:crypto_sign_BYTES]


SIGNER = SeedSigner.of(7)


def statement_of(values: dict[str, Any]) -> Statement:
    """The statement of its JSON form, in which marks are lists."""
    fields = {
        name: tuple(tuple(row) for row in value) if isinstance(value, list) else value
        for name, value in values["fields"].items()
    }
    return Statement(**{**values, "fields": fields})


EXAMPLES: dict[str, Statement] = {
    name: statement_of(values) for name, values in json.loads((VECTORS / "statements.json").read_text("utf-8")).items()
}


def example(name: str = "olympiad_award", **changes: Any) -> Statement:
    return replace(EXAMPLES[name], **changes)


def with_fields(statement: Statement, **changes: Any) -> Statement:
    """The statement with fields set, or left out where the new value is None."""
    fields = {name: value for name, value in {**statement.fields, **changes}.items() if value is not None}
    return replace(statement, fields=fields)


# Text that canonicalisation, templates, JSON or RDF could stumble over.
AWKWARD = (
    '"', "\\", "\\\\", '\\"', "%", "%s", "%(id)s", "%%", "{}", "_:c14n0", "_:b0", "<a> .", "<a> <b> <c> .", '" .',
    '"@ru', "slot0000x", "slot0007x", "urn:uuid:slot0000x", "did:web:slot0002x", "900000008", "@id", "@type", "@graph",
    "null", "\\u0041", "\\n", "😀", "\U0001f468\u200d\U0001f469", "\ue000", "\uf8ff", "\ufffd", "\uffe6", "\U0010fffd",
    "e\u0301", "\u1e9b\u0323", "ﬁ", "И\u0306", "й", "Ё", "ё", "Ә", "Ҥ", "ı", "İ", "ß", "ſ", "\u00a0", "\u2028", "\t",
)  # fmt: skip


def _speakable(text: str) -> bool:
    return not UNSPACED.search(text) and not DIRECTIONS.search(text)


def texts(most: int) -> st.SearchStrategy[str]:
    """Normal forms of awkward text of at most `most` characters."""
    pieces = st.one_of(st.sampled_from(AWKWARD), st.characters(exclude_categories=("Cc", "Cs")).filter(_speakable))
    joined = st.lists(pieces, min_size=1, max_size=12).map("".join).map(lambda text: text[:most])

    def normal(text: str) -> str | None:
        try:
            return normalise_text(text, max_length=most)
        except ValueProblem:
            return None  # nothing but space, or longer in NFC than as written

    return joined.map(normal).filter(lambda text: text is not None)


def values(field: Field) -> st.SearchStrategy[Any]:
    """Normal forms of a field."""
    match field.type:
        case FieldType.TEXT:
            found = texts(field.max_length)
        case FieldType.CHOICE:
            found = st.sampled_from([choice.code for choice in field.choices])
        case FieldType.INTEGER:
            found = st.integers(field.minimum, field.maximum)
        case FieldType.DECIMAL:
            numbers = st.decimals(field.minimum, field.maximum, places=3, allow_nan=False, allow_infinity=False)
            found = numbers.map(lambda number: normalise(field, number))
        case FieldType.DATE:
            found = st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)).map(str)
        case FieldType.YEAR:
            found = st.integers(FIRST_YEAR, LAST_YEAR).map(str)
        case FieldType.MARKS:
            rows = st.lists(st.tuples(texts(MAX_SUBJECT), texts(MAX_MARK)), min_size=1, max_size=4)
            found = rows.map(_rows).filter(lambda row: row is not None)
    return found


def _rows(rows: list[tuple[str, str]]) -> Any:
    try:
        return normalise(KINDS["school_certificate"].field("marks"), rows)
    except ValueProblem:
        return None  # one subject twice


uuids = st.uuids(version=4).map(lambda value: f"urn:uuid:{value}")
names = texts(MAX_NAME)


@st.composite
def statements(draw: st.DrawFn, kind_code: str | None = None) -> Statement:
    kind = KINDS[kind_code or draw(st.sampled_from(sorted(KINDS)))]
    fields = {}
    for field in kind.fields:
        if field.required or draw(st.booleans()):
            fields[field.name] = draw(values(field))
    host = draw(st.sampled_from(["a.example", "xn--e1afmkfd.xn--p1ai", "portfolio.localhost"]))
    identifier = draw(uuids)
    return Statement(
        id=identifier,
        subject_id=draw(uuids.filter(lambda value: value != identifier)),
        issuer_did=f"did:web:{host}{draw(st.sampled_from(['', '%3A8000']))}:o:school-{draw(st.integers(1, 99))}",
        issuer_name=draw(names),
        holder_name=draw(names),
        kind=kind.code,
        valid_from=draw(st.sampled_from(["2026-11-22T10:00:00Z", "2027-01-01T00:00:00Z", "1999-12-31T23:59:59Z"])),
        valid_until=draw(st.sampled_from([None, "2031-02-28T23:59:59Z"])),
        status_list=f"https://{host}/o/school/status/{draw(st.integers(1, 9))}",
        status_index=draw(st.integers(0, 2**32 - 1)),
        fields=fields,
    )


def random_ids(statement: Statement) -> Statement:
    """The same said once more, under ids of its own."""
    return replace(statement, id=f"urn:uuid:{uuid.uuid4()}", subject_id=f"urn:uuid:{uuid.uuid4()}")
