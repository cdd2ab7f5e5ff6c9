"""Erasing what issuing runs still remember of a person: the list of problems and differences of his table."""

from __future__ import annotations

import orjson
from sqlmodel import col, select

from portfolio.credentials.models import Credential
from portfolio.issuing.models import IssuingRun, RunState
from portfolio.people.erasure import Erasing


def erase_run_reports(erasing: Erasing) -> int:
    """Empty the reports of the runs that issued these credentials, under a new key: a step, before the rows go."""
    with erasing.database.write() as session:
        runs = set(
            session.exec(
                select(Credential.run_id)
                .where(col(Credential.id).in_(erasing.plan.credentials))
                .where(col(Credential.run_id).is_not(None))
            )
        )
        rows = session.exec(
            select(IssuingRun).where(col(IssuingRun.id).in_(runs)).where(IssuingRun.state != RunState.RUNNING)
        ).all()
        for run in rows:
            old = erasing.vault.open_person_key(run.sealed_key, person_id=run.id)
            report = orjson.loads(erasing.vault.open_for(old, run.sealed_report, context=f"run:{run.id}"))
            run.sealed_key, key = erasing.vault.new_person_key(run.id)
            report = {**report, "skipped": [], "conflicts": []}
            run.sealed_report = erasing.vault.seal_for(key, orjson.dumps(report), context=f"run:{run.id}")
            session.add(run)
    return len(rows)
