"""Statements as JSON: what is kept of a draft, and what travels to an issuer's own computer (pure)."""

from __future__ import annotations

import orjson

from portfolio.credentials.openbadges import Statement


def statement_json(statement: Statement) -> bytes:
    """Write a statement as the JSON that is kept of a draft and travels to an issuer's own computer."""
    return orjson.dumps({name: getattr(statement, name) for name in Statement.__dataclass_fields__})


def statement_of(data: bytes) -> Statement:
    """Read what `statement_json` wrote."""
    values = orjson.loads(data)
    values["fields"] = {
        name: tuple(tuple(pair) for pair in value) if isinstance(value, list) else value
        for name, value in values["fields"].items()
    }
    return Statement(**values)
