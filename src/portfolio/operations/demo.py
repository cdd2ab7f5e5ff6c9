"""The demonstration: invented issuers and the tables of `examples/`, issued once, with one revoked and one
corrected.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from portfolio.app import Portfolio
from portfolio.auth import create_api_key
from portfolio.credentials.corrections import correct
from portfolio.credentials.kinds import ISSUED_KINDS
from portfolio.credentials.listing import views_of
from portfolio.credentials.models import Credential, RevocationReason
from portfolio.credentials.revocations import revoke
from portfolio.credentials.service import Award, issuer_of, open_statement
from portfolio.errors import PortfolioError
from portfolio.issuing.service import TableRequest, read_request, start_run
from portfolio.operations.worker import Worker
from portfolio.organisations.models import Organisation
from portfolio.organisations.service import create_organisation
from portfolio.people.service import Profile
from portfolio.verification.service import bundle_of

EXAMPLES = Path(__file__).parents[3] / "examples"


class ExamplesMissingError(PortfolioError):
    code = "examples_missing"


class NotFinalError(PortfolioError):
    """`--once` promises that everything is FINAL when it returns."""

    status = 503
    code = "not_final"


@dataclass(frozen=True, slots=True)
class Example:
    """One table of the manifest: who issues it, as what, with which defaults."""

    file: str
    kind: str
    issuer: str
    defaults: dict[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demonstration prints."""

    valid: str
    revoked: str
    superseded: str
    api_key: str
    organisation: str


def fill(portfolio: Portfolio, worker: Worker) -> Shown:
    """Issue the examples unless it was done before; killed half-way, the next start goes on where it stopped."""
    manifest = read_manifest()
    _make_issuers(portfolio, manifest["issuers"])
    worker.run_until_idle()
    for example in (Example(**item) for item in manifest["tables"]):
        _start(portfolio, example)
    worker.run_until_idle()
    shown = _show(portfolio, manifest)
    worker.run_until_idle()
    return shown


def read_manifest() -> dict[str, Any]:
    """Return `examples/manifest.json`."""
    try:
        manifest: dict[str, Any] = json.loads((EXAMPLES / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        raise ExamplesMissingError("the examples are not beside this program: run it from a clone") from None
    return manifest


def _make_issuers(portfolio: Portfolio, issuers: list[dict[str, Any]]) -> None:
    for issuer in issuers:
        with portfolio.database.write() as session:
            if session.exec(select(Organisation).where(Organisation.slug == issuer["slug"])).first():
                continue
            create_organisation(
                session,
                vault=portfolio.vault,
                identifier_host=portfolio.settings.identifier_host,
                slug=issuer["slug"],
                name=issuer["name"],
                contact=issuer["contact"],
                kinds=list(ISSUED_KINDS),
                time_zone=issuer.get("time_zone", "Europe/Moscow"),
                clock=portfolio.clock,
            )


def _start(portfolio: Portfolio, example: Example) -> None:
    request = TableRequest(
        content=(EXAMPLES / example.file).read_bytes(),
        filename=example.file,
        kind=example.kind,
        defaults=example.defaults,
    )
    kind, report = read_request(request)
    with portfolio.database.write() as session:
        start_run(
            session,
            vault=portfolio.vault,
            organisation=session.exec(select(Organisation).where(Organisation.slug == example.issuer)).one(),
            request=request,
            kind=kind,
            report=report,
            idempotency_key=f"demo:{example.file}",
            clock=portfolio.clock,
        )


def _show(portfolio: Portfolio, manifest: dict[str, Any]) -> Shown:
    """Revoke one and correct one of the first table's credentials, make an API key; kept in a file of mode 0600."""
    record = portfolio.settings.data_dir / "demo.json"
    if record.exists():
        return Shown(**json.loads(record.read_text("utf-8")))
    first = Example(**manifest["tables"][0])
    with portfolio.database.write() as session:
        organisation = session.exec(select(Organisation).where(Organisation.slug == first.issuer)).one()
        rows = session.exec(
            select(Credential)
            .where(Credential.organisation_id == organisation.id)
            .where(Credential.kind == first.kind)
            .where(col(Credential.replaced_by).is_(None))
            .order_by(col(Credential.row))
            .limit(3)
        ).all()
        _, revoked, superseded = rows
        links = [_link(portfolio, session, row) for row in rows]
        revoke(session, credential=revoked, reason=RevocationReason.ISSUED_IN_ERROR, clock=portfolio.clock)
        _correct(portfolio, session, organisation, superseded)
        key = create_api_key(session, organisation=organisation, label="demo", clock=portfolio.clock)
        shown = Shown(links[0], links[1], links[2], key, organisation.slug)
    # Written whole and only after the commit: it must never tell of a key or a revocation that is not there.
    beside = record.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(shown), file)
    beside.replace(record)
    return shown


def _link(portfolio: Portfolio, session: Session, row: Credential) -> str:
    view = views_of(session, vault=portfolio.vault, credentials=[row])[0]
    return f"{portfolio.settings.public_url}/v/{view.token}"


def _correct(portfolio: Portfolio, session: Session, organisation: Organisation, row: Credential) -> None:
    before = open_statement(session, vault=portfolio.vault, credential=row)
    degrees = {"participant": "prize_winner", "prize_winner": "winner", "winner": "prize_winner"}
    fields = dict(before.fields)
    fields["degree"] = degrees[str(fields["degree"])]
    correct(
        session,
        vault=portfolio.vault,
        issuer=issuer_of(session, vault=portfolio.vault, organisation_id=organisation.id),
        credential=row,
        award=Award(profile=Profile(name=before.holder_name), fields=fields),
        valid_until=before.valid_until,
        clock=portfolio.clock,
    )


def write_bundles(portfolio: Portfolio) -> dict[str, Any]:
    """Write every credential's bundle to `DATA_DIR/bundles`; returns a summary. Raises unless everything is FINAL."""
    folder = portfolio.settings.data_dir / "bundles"
    folder.mkdir(parents=True, exist_ok=True)
    kinds: Counter[str] = Counter()
    states: Counter[str] = Counter()
    with portfolio.database.read() as session:
        organisations = {row.id: row for row in session.exec(select(Organisation))}
        rows = session.exec(select(Credential).where(col(Credential.digest).is_not(None))).all()
        for view in views_of(session, vault=portfolio.vault, credentials=rows):
            row = view.credential
            bundle = bundle_of(
                session,
                vault=portfolio.vault,
                credential=row,
                organisation=organisations[row.organisation_id],
            )
            (folder / f"{row.id}.json").write_bytes(bundle)
            kinds[row.kind] += 1
            states[view.state] += 1
    if set(states) - {"final"}:
        raise NotFinalError("not everything is final yet", **dict(states))
    return {"credentials": sum(kinds.values()), "by_kind": dict(kinds), "states": dict(states), "bundles": str(folder)}
