"""`portfolio audit`: database, document store and chain held against each other, from raw records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from sqlmodel import Session

from portfolio.anchoring.audit import Finding, audit_batches, audit_calls
from portfolio.anchoring.sending import Gateway
from portfolio.anchoring.service import digests_of
from portfolio.app import Portfolio
from portfolio.credentials.audit import audit_credentials
from portfolio.documents.mirror import audit_documents
from portfolio.documents.storage import DocumentStore
from portfolio.errors import UnavailableError
from portfolio.people.destruction import ProofState, verify_acts
from portfolio.people.journal import AUDIT_TAG, verify_journal


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What disagrees. `chain_asked` is false when the chain did not answer: then nothing is said about it."""

    findings: tuple[Finding, ...]
    chain_asked: bool

    @property
    def exit_code(self) -> int:
        if self.findings:
            return 1
        return 0 if self.chain_asked else 3

    @property
    def summary(self) -> str:
        found = f"{len(self.findings)} disagreements" if self.findings else "everything agrees"
        return found if self.chain_asked else f"{found}; the chain did not answer and was not compared"

    def to_json(self) -> dict[str, Any]:
        return {"chain_asked": self.chain_asked, "findings": [asdict(finding) for finding in self.findings]}


def audit_all(portfolio: Portfolio, gateways: Mapping[int, Gateway], *, limit: int) -> AuditReport:
    """Audit everything, with a gateway for each pair of contracts; stops at `limit` findings of a part."""
    findings: list[Finding] = []
    chain_asked = True
    with portfolio.database.read() as session:
        findings += islice(audit_batches(session), limit)
        findings += islice(audit_credentials(session, vault=portfolio.vault), limit)
        findings += islice(_documents(session, portfolio.store), limit)
        findings += islice(_journal(session), limit)
        findings += islice(_acts(session), limit)
        for number, gateway in gateways.items():
            try:
                findings += islice(audit_calls(session, gateway, pair=number), limit)
            except UnavailableError:
                chain_asked = False
    return AuditReport(tuple(findings), chain_asked)


def _journal(session: Session) -> Iterator[Finding]:
    messages = {
        "line_missing": "a line of the audit log is gone",
        "line_altered": "a line of the audit log is not as it was written",
        "chain_broken": "the audit log does not hang together here",
        "anchored_head_missing": "the audit log was anchored further than it goes now, or with other lines",
    }
    for line in verify_journal(session, anchored=digests_of(session, tag=AUDIT_TAG)):
        yield Finding(f"journal_{line.code}", str(line.number), messages[line.code])


def _acts(session: Session) -> Iterator[Finding]:
    messages = {
        ProofState.ACT_MISSING: "the audit log knows of an act of destruction that is not here",
        ProofState.ACT_ALTERED: "an act of destruction is not as the audit log says that it was written",
        ProofState.LINE_ALTERED: "the audit log's line about an act of destruction is not as it was written",
        ProofState.LINE_MISSING: "the audit log does not know an act of destruction",
    }
    for request_id, state in verify_acts(session):
        yield Finding(f"destruction_{state.value}", request_id, messages[state])


def _documents(session: Session, store: DocumentStore) -> Iterator[Finding]:
    audit = audit_documents(session, store=store)
    for code, subjects, message in (
        ("document_missing", audit.missing, "no store has its ciphertext"),
        ("document_damaged", audit.damaged, "no store has its ciphertext whole"),
        ("document_orphan", audit.orphans, "a ciphertext that no document has"),
    ):
        for subject in subjects:
            yield Finding(code, subject, message)
