"""The main job end to end: a table in, credentials anchored, everybody can check them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from portfolio.credentials.corrections import correct, normalise_fields
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.models import Credential
from portfolio.credentials.report import Verdict
from portfolio.credentials.service import Award, issuer_of
from portfolio.issuing.models import IssuingRun, RunState
from portfolio.issuing.service import resume_runs
from portfolio.people.service import Profile
from service_world import DEFAULTS, Service, table

BORN = "ФИО;Дата рожд.;Предмет;Класс;Балл;Статус\nКим Анна;01.02.2012;физика;7А;10;призёр"


def test_a_table_becomes_credentials_that_verify(any_service: Service) -> None:
    credentials = any_service.issue(5)
    assert len(credentials) == 5
    for credential in credentials:
        report = any_service.verify(any_service.bundle(credential))
        assert report.verdict is Verdict.VALID, report.to_json()
        assert report.issuer_name == "Школа «school»"


def test_a_run_that_is_refused_stops_alone_and_goes_on_when_told(service: Service) -> None:
    """Fault 148: one bad table does not hold up the others."""
    soon = datetime.now(UTC) + timedelta(seconds=2)
    poisoned = service.start(table(2), valid_until=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    while datetime.now(UTC) < soon + timedelta(seconds=1):
        time.sleep(0.1)
    good = service.start(table(2, first=10))
    service.work()
    assert service.credentials(poisoned) == []
    assert len(service.credentials(good)) == 2
    with service.portfolio.database.write() as session:
        assert session.get_one(IssuingRun, poisoned).state is RunState.STOPPED
        assert resume_runs(session) == 1


def test_a_corrected_row_is_not_issued_again_by_the_old_table(service: Service) -> None:
    content = (
        b"\xef\xbb\xbf" + "ФИО;Дата рожд.;Предмет;Класс;Балл;Статус\nКим Анна;01.02.2012;физика;7А;10;призёр".encode()
    )
    run_id = service.start(content)
    service.work()
    old = service.credentials(run_id)[0]
    with service.portfolio.database.write() as session:
        correct(
            session,
            vault=service.portfolio.vault,
            issuer=issuer_of(session, vault=service.portfolio.vault, organisation_id=old.organisation_id),
            credential=session.get_one(Credential, old.id),
            award=Award(
                profile=Profile(name="Ким Анна Олеговна"),
                fields=normalise_fields(
                    kind_of(old.kind), {**DEFAULTS, "subject": "физика", "grade": "7А", "degree": "призёр"}
                ),
            ),
            valid_until=None,
            clock=service.portfolio.clock,
        )
    service.work()
    again = service.start(content)
    service.work()
    assert service.credentials(again) == []
    assert len(service.credentials()) == 2
