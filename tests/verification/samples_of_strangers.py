"""A genuinely signed credential that no service of these tests issued."""

from __future__ import annotations

from portfolio.credentials.signing import issue
from portfolio.credentials.statement import Statement
from portfolio.organisations.keys import EmbeddedSigner


def foreign_credential() -> bytes:
    statement = Statement(
        id="urn:uuid:11111111-1111-4111-8111-111111111111",
        subject_id="urn:uuid:22222222-2222-4222-8222-222222222222",
        issuer_did="did:web:id.example.org:issuers:elsewhere",
        issuer_name="Другая школа",
        holder_name="Иванова Мария Сергеевна",
        kind="participation",
        valid_from="2026-11-22T10:00:00Z",
        valid_until=None,
        status_list="https://id.example.org/status/elsewhere/1",
        status_index=7,
        fields={
            "title": "Конференция",
            "role": "Докладчик",
            "event_kind": "conference",
            "award_date": "2026-11-15",
            "registration_number": "К-7",
        },
    )
    return issue(statement, EmbeddedSigner.of_seed(b"\x09" * 32)).document
