"""Drafts of an issuer that signs at home, when they are corrected, revoked or left lying."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from sqlmodel import select

from portfolio.credentials import revocations
from portfolio.credentials.corrections import correct
from portfolio.credentials.drafts import ReplacedError, pending_drafts, submit_signed
from portfolio.credentials.forms import forms_of
from portfolio.credentials.models import Credential, Revocation, RevocationReason
from portfolio.credentials.report import Verdict
from portfolio.credentials.revocations import revoke
from portfolio.credentials.service import Award, issuer_of
from portfolio.credentials.signing import issue
from portfolio.credentials.statement import Statement, statement_of
from portfolio.errors import ConflictError
from portfolio.organisations.keys import EmbeddedSigner
from portfolio.organisations.models import Purpose
from portfolio.organisations.service import organisation_by_slug
from portfolio.people.service import Profile
from service_world import Service, table

pytestmark = pytest.mark.chain

SIGNER = EmbeddedSigner.of_seed(os.urandom(32))


@pytest.fixture
def lyceum(service: Service) -> Service:
    """A service with a second issuer, whose key is not here."""
    service.add_issuer("lyceum", own_keys={Purpose.CREDENTIAL: SIGNER.public_key})
    return service


def prepare(service: Service, rows: int, *, first: int = 1) -> None:
    service.start(table(rows, first=first), slug="lyceum")
    service.work()


def drafts(service: Service) -> list[Statement]:
    with service.portfolio.database.read() as session:
        organisation = organisation_by_slug(session, slug="lyceum")
        found = pending_drafts(session, vault=service.portfolio.vault, organisation=organisation)
    return [statement_of(draft) for draft in found]


def submit(service: Service, *statements: Statement) -> None:
    with service.portfolio.database.write() as session:
        for statement in statements:
            submit_signed(
                session,
                vault=service.portfolio.vault,
                organisation=organisation_by_slug(session, slug="lyceum"),
                document=issue(statement, SIGNER).document,
                clock=service.portfolio.clock,
            )


def corrected(service: Service, statement: Statement) -> None:
    with service.portfolio.database.write() as session:
        credential = session.get_one(Credential, statement.id.removeprefix("urn:uuid:"))
        correct(
            session,
            vault=service.portfolio.vault,
            issuer=issuer_of(session, vault=service.portfolio.vault, organisation_id=credential.organisation_id),
            credential=credential,
            award=Award(Profile(name=statement.holder_name), {**statement.fields, "degree": "participant"}),
            valid_until=None,
            clock=service.portfolio.clock,
        )


def full_of(statements: list[Statement]) -> list[Statement]:
    return [statement for statement in statements if not statement.kind.endswith("_minimal")]


@pytest.mark.fault(131)
def test_a_corrected_draft_is_neither_offered_nor_taken(lyceum: Service) -> None:
    prepare(lyceum, 1)
    before = drafts(lyceum)
    corrected(lyceum, full_of(before)[0])
    after = drafts(lyceum)
    assert len(before) == len(after) == 2
    assert not {statement.id for statement in before} & {statement.id for statement in after}
    for statement in before:
        with pytest.raises(ReplacedError):
            submit(lyceum, statement)
    submit(lyceum, *after)
    lyceum.work()
    signed = [row for row in lyceum.credentials() if row.digest]
    assert [lyceum.verify(lyceum.bundle(row)).verdict for row in signed] == [Verdict.VALID]


def test_one_form_revoked_is_no_longer_a_draft_in_the_other(lyceum: Service) -> None:
    prepare(lyceum, 1)
    full, minimal = sorted(drafts(lyceum), key=lambda statement: statement.kind)
    submit(lyceum, full)
    with lyceum.portfolio.database.write() as session:
        credential = session.get_one(Credential, full.id.removeprefix("urn:uuid:"))
        assert len(forms_of(session, credential=credential)) == 2
        revoke(session, credential=credential, reason=RevocationReason.FRAUD, clock=lyceum.portfolio.clock)
    assert drafts(lyceum) == []
    with pytest.raises(ConflictError, match="other form"):
        submit(lyceum, replace(minimal, valid_from=full.valid_from))


def test_corrections_that_wait_hold_up_nobodys_revocation(lyceum: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocations, "DECISIONS_AT_A_TIME", 3)
    prepare(lyceum, 4)
    submit(lyceum, *drafts(lyceum))
    lyceum.work()
    for row in [row for row in lyceum.credentials() if row.digest]:
        bundle_statement = statement_in(lyceum, row)
        corrected(lyceum, bundle_statement)  # their successors are never signed
    (victim,) = lyceum.issue(1)
    with lyceum.portfolio.database.write() as session:
        credential = session.get_one(Credential, victim.id)
        revoke(session, credential=credential, reason=RevocationReason.FRAUD, clock=lyceum.portfolio.clock)
    lyceum.work()
    assert lyceum.verify(lyceum.bundle(victim)).verdict is Verdict.REVOKED
    with lyceum.portfolio.database.read() as session:
        waiting = session.exec(select(Revocation).where(Revocation.call_id == None)).all()  # noqa: E711 - SQL
    assert len(waiting) == 8


def statement_in(service: Service, row: Credential) -> Statement:
    from portfolio.credentials.service import open_statement

    with service.portfolio.database.read() as session:
        return open_statement(session, vault=service.portfolio.vault, credential=session.get_one(Credential, row.id))
