"""The minimal form: signed with the full one, showing less, verifying everywhere, revoked and replaced with it."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from sqlmodel import select

from portfolio.anchoring.models import ChainCall
from portfolio.credentials.corrections import correct
from portfolio.credentials.forms import allocate_pairs, forms_of
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.models import Credential, Revocation, RevocationReason
from portfolio.credentials.report import Verdict
from portfolio.credentials.revocations import AlreadyRevokedError, revoke
from portfolio.credentials.service import Award, KindNotAllowedError, check_kind, issuer_of, token_of
from portfolio.credentials.signing import read_credential
from portfolio.organisations.models import Organisation
from portfolio.people.service import Profile
from service_world import Service, table

pytestmark = pytest.mark.chain


def pair_of(service: Service) -> tuple[Credential, Credential]:
    service.issue(rows=1)
    return service.credentials()[0], service.credentials(minimal=True)[0]


def statement_in(bundle: bytes):
    return read_credential(json.loads(bundle)["credential"]).statement


def corrected(service: Service, credential: Credential, **changes: str) -> str:
    said = statement_in(service.bundle(credential))
    with service.portfolio.database.write() as session:
        return correct(
            session,
            vault=service.portfolio.vault,
            issuer=issuer_of(session, vault=service.portfolio.vault, organisation_id=credential.organisation_id),
            credential=session.get_one(Credential, credential.id),
            award=Award(profile=Profile(name=said.holder_name), fields={**said.fields, **changes}),
            valid_until=None,
            clock=service.portfolio.clock,
        )


def test_both_forms_verify_and_the_minimal_one_says_less(service: Service) -> None:
    full, minimal = pair_of(service)
    bundles = service.bundle(full), service.bundle(minimal)
    assert [service.verify(bundle).verdict for bundle in bundles] == [Verdict.VALID, Verdict.VALID]
    said, less = map(statement_in, bundles)
    assert set(less.fields) <= {"title", "level", "subject", "degree", "award_year"}
    assert less.fields["award_year"] == said.fields["award_date"][:4]
    assert all(less.fields[name] == said.fields[name] for name in less.fields if name != "award_year")
    assert less.holder_name == said.holder_name


def test_nothing_ties_the_two_forms_together_but_what_both_say(service: Service) -> None:
    service.issue(rows=40)
    fulls, minimals = service.credentials(), service.credentials(minimal=True)
    assert len(fulls) == len(minimals) == 40
    by_full = {form.minimal_of: form for form in minimals}
    for full in fulls:
        said, less = statement_in(service.bundle(full)), statement_in(service.bundle(by_full[full.id]))
        assert len({said.id, said.subject_id, less.id, less.subject_id}) == 4
        assert said.status_list != less.status_list or abs(said.status_index - less.status_index) > 1
        assert full.token_hash != by_full[full.id].token_hash
        written = json.dumps(json.loads(service.bundle(by_full[full.id]))["credential"], ensure_ascii=False)
        assert not [each for each in (said.id, said.subject_id, said.fields["award_date"]) if each in written]


def test_pairs_of_places_are_never_neighbours(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_out = iter([[("l", 5), ("l", 6)], [("l", 4)], [("l", 9)]])
    monkeypatch.setattr("portfolio.credentials.forms.allocate_indexes", lambda *_, **__: next(handed_out))
    assert allocate_pairs(None, organisation=None, count=1) == [(("l", 5), ("l", 9))]  # type: ignore[arg-type]


@pytest.mark.parametrize("given", ["full", "minimal"])
def test_revoking_either_revokes_both_in_one_call(service: Service, given: str) -> None:
    full, minimal = pair_of(service)
    with service.portfolio.database.write() as session:
        chosen = session.get_one(Credential, full.id if given == "full" else minimal.id)
        revoke(session, credential=chosen, reason=RevocationReason.FRAUD, clock=service.portfolio.clock)
    with service.portfolio.database.read() as session:
        other = session.get_one(Credential, minimal.id if given == "full" else full.id)
        with pytest.raises(AlreadyRevokedError):
            revoke(session, credential=other, reason=RevocationReason.FRAUD, clock=service.portfolio.clock)
    service.work()
    assert [service.verify(service.bundle(form)).verdict for form in (full, minimal)] == [Verdict.REVOKED] * 2
    with service.portfolio.database.read() as session:
        decisions = session.exec(select(Revocation)).all()
        assert len(decisions) == 2
        assert len({row.decision_id for row in decisions}) == len({row.call_id for row in decisions}) == 1
        assert len(session.get_one(ChainCall, decisions[0].call_id).payload["digests"]) == 2


def test_a_call_never_holds_one_form_without_the_other(service: Service) -> None:
    service.issue(rows=75)
    with service.portfolio.database.write() as session:
        for row in service.credentials():
            form = session.get_one(Credential, row.id)
            revoke(session, credential=form, reason=RevocationReason.WITHDRAWN, clock=service.portfolio.clock)
    service.work()
    with service.portfolio.database.read() as session:
        rows = session.exec(select(Revocation).order_by(Revocation.decision_id)).all()  # type: ignore[arg-type]
        assert len(rows) == 150
        assert all(one.call_id == two.call_id for one, two in pairwise(rows) if one.decision_id == two.decision_id)
        assert {row.revoked_at is not None for row in rows} == {True}


def test_a_correction_replaces_both_forms(service: Service) -> None:
    full, minimal = pair_of(service)
    new_id = corrected(service, full, degree="prize_winner")
    service.work()
    with service.portfolio.database.read() as session:
        old, new = (forms_of(session, credential=session.get_one(Credential, each)) for each in (full.id, new_id))
    assert [form.replaced_by for form in old] == [form.id for form in new]
    assert [form.replaces for form in new] == [full.id, minimal.id]
    assert [service.verify(service.bundle(form)).verdict for form in old] == [Verdict.REVOKED] * 2
    assert [service.verify(service.bundle(form)).verdict for form in new] == [Verdict.VALID] * 2
    assert statement_in(service.bundle(new[1])).fields["degree"] == "prize_winner"


def test_the_minimal_form_is_not_issued_by_itself(service: Service) -> None:
    with service.portfolio.database.read() as session:
        organisation = session.exec(select(Organisation)).first()
        with pytest.raises(KindNotAllowedError, match="signed with it"):
            check_kind(organisation, kind_of("olympiad_award_minimal"))


def test_the_issuers_list_shows_full_forms_with_the_link_of_the_minimal_one(service: Service) -> None:
    full, minimal = pair_of(service)
    client = service.client("school")
    (listed,) = client.get("/api/v1/credentials").json()
    assert listed["id"] == full.id
    token = token_of(service.portfolio.vault, minimal)
    assert listed["minimal_link"].endswith(f"/v/{token}")
    assert client.get(f"/v/{token}").status_code == 200


def test_a_table_given_again_makes_neither_form_again(service: Service) -> None:
    content = table(3)
    service.start(content)
    service.work()
    service.start(content)
    service.work()
    assert len(service.credentials()) == len(service.credentials(minimal=True)) == 3
