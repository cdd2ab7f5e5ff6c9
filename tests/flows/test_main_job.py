"""The main job end to end: a table in, credentials anchored, everybody can check them."""

from __future__ import annotations

from portfolio.credentials.report import Verdict
from service_world import Service


def test_a_table_becomes_credentials_that_verify(any_service: Service) -> None:
    credentials = any_service.issue(5)
    assert len(credentials) == 5
    for credential in credentials:
        report = any_service.verify(any_service.bundle(credential))
        assert report.verdict is Verdict.VALID, report.to_json()
        assert report.issuer_name == "Школа «school»"
