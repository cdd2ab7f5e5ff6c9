"""Diplomas of a whole service: by link, by credential and by run; corrected, revoked, pending and duplicate ones."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from functools import partial

import orjson
import pytest
from PIL import Image
from sheets import attached, page_count, page_picture, squeezed, text_of
from test_scanning import seen

from portfolio.credentials.links import short_code
from portfolio.credentials.models import Credential, RevocationReason
from portfolio.credentials.report import Verdict
from portfolio.credentials.revocations import revoke
from portfolio.credentials.service import open_statement
from portfolio.credentials.verdict import ask
from portfolio.diplomas.service import BadDuplicateDayError, Desk, choose_design, design_of, order_for_issuer
from portfolio.organisations.logos import set_logo
from portfolio.organisations.service import organisation_by_slug
from service_world import Service, surname, table


def statement(service: Service, credential: Credential):
    with service.portfolio.database.read() as session:
        return open_statement(session, vault=service.portfolio.vault, credential=credential)


def correct(service: Service, credential: Credential, name: str) -> str:
    fields = dict(statement(service, credential).fields)
    path = f"/api/v1/credentials/{credential.id}/correct"
    answer = service.client("school").post(path, json={"holder_name": name, "fields": fields})
    assert answer.status_code == 201, answer.text
    service.work()
    return answer.json()["id"]


def by_id(service: Service, credential_id: str) -> Credential:
    with service.portfolio.database.read() as session:
        return session.get_one(Credential, credential_id)


def test_the_diploma_of_a_link_verifies_and_leads_back_to_its_page(service: Service) -> None:
    (credential,) = service.issue(1)
    token = service.token(credential)
    answer = service.client().get(f"/c/{token}.pdf")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    assert credential.digest
    code = short_code(credential.digest)
    assert seen(page_picture(answer.content, dpi=150)) == [f"{service.settings.public_url}/v/{token}#{code}"]
    bundle = attached(answer.content)
    assert bundle == service.client().get(f"/c/{token}.json").content == service.bundle(credential)
    assert ask(bundle).credential.statement.holder_name == statement(service, credential).holder_name
    assert service.verify(bundle).verdict is Verdict.VALID
    found = text_of(answer.content)
    assert code in found
    assert squeezed("Школа «school»") in found
    assert surname(1) in found
    assert "довнесениявреестр" not in found
    page = service.client().get(f"/v/{token}").text
    assert f'href="/c/{token}.pdf"' in page


def test_equal_requests_have_equal_answers_and_unknown_links_none(service: Service) -> None:
    (credential,) = service.issue(1)
    client = service.client()
    path = f"/c/{service.token(credential)}.pdf"
    assert client.get(path).content == client.get(path).content
    unknown = client.get(f"/c/{'x' * 24}.pdf")
    assert unknown.status_code == 404
    assert unknown.json()["error"]["code"] == "not_found"


def test_a_paper_printed_while_pending_says_so_and_holds_no_receipt(service: Service) -> None:
    run = service.start(table(1))
    service.part(run)
    (credential,) = service.credentials(run)
    client = service.client("school")
    data = client.get(f"/c/{service.token(credential)}.pdf").content
    assert "довнесениявреестр" in text_of(data)
    assert orjson.loads(attached(data))["receipts"] == []
    service.work()
    later = client.get(f"/c/{service.token(credential)}.pdf").content
    assert "довнесениявреестр" not in text_of(later)
    assert orjson.loads(attached(later))["receipts"]


def test_a_corrected_paper_names_what_it_replaces_and_the_old_one_is_printed_no_more(service: Service) -> None:
    (old,) = service.issue(1)
    new = by_id(service, correct(service, old, "Новая Фамилия"))
    client = service.client()
    assert old.digest
    found = text_of(client.get(f"/c/{service.token(new)}.pdf").content)
    assert "Документвыданвзаменпрежнего" in found
    assert short_code(old.digest) in found
    assert "НоваяФамилия" in found
    gone = client.get(f"/c/{service.token(old)}.pdf")
    assert gone.status_code == 410
    assert gone.json()["error"]["code"] == "diploma_withdrawn"


def test_a_revoked_credential_gets_no_paper(service: Service) -> None:
    (credential,) = service.issue(1)
    with service.portfolio.database.write() as session:
        revoke(
            session,
            credential=session.get_one(Credential, credential.id),
            reason=RevocationReason.FRAUD,
            clock=service.portfolio.clock,
        )
    assert service.client().get(f"/c/{service.token(credential)}.pdf").status_code == 410


def test_a_duplicate_says_so_with_its_day_and_only_the_issuer_gives_one(service: Service) -> None:
    (credential,) = service.issue(1)
    path = f"/api/v1/credentials/{credential.id}/diploma.pdf"
    today = service.portfolio.clock().date()
    client = service.client("school")
    plain = client.get(path)
    assert "ДУБЛИКАТ" not in text_of(plain.content)
    assert plain.content == client.get(f"/c/{service.token(credential)}.pdf").content
    duplicate = client.get(path, params={"duplicate_on": today.isoformat()})
    found = text_of(duplicate.content)
    assert "ДУБЛИКАТ" in found
    assert f"Дубликатвыдан{today.day}" in found
    assert attached(duplicate.content) == attached(plain.content)
    for day in (today + timedelta(days=2), today - timedelta(days=30)):
        refused = client.get(path, params={"duplicate_on": day.isoformat()})
        assert refused.json()["error"]["code"] == "bad_duplicate_day"
    assert service.client().get(path).status_code == 401
    service.add_issuer("other")
    assert service.client("other").get(path).status_code == 404


def test_the_logo_and_the_design_of_the_organisation_and_of_a_run(service: Service) -> None:
    (credential,) = service.issue(1)
    client = service.client("school")
    path = f"/c/{service.token(credential)}.pdf"
    before = client.get(path).content
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), (200, 30, 30)).save(picture, "PNG")
    with service.portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug="school")
        assert design_of(session, credential=credential) == "classic"
        set_logo(session, organisation=organisation, content=picture.getvalue(), clock=service.portfolio.clock)
        choose_design(session, organisation_id=organisation.id, design="modern")
        assert design_of(session, credential=credential) == "modern"
    with_logo = client.get(path).content
    assert with_logo != before
    red = page_picture_colours(with_logo)
    assert any(r > 180 and g < 60 and b < 60 for r, g, b in red)
    chosen = client.put(f"/api/v1/issuing/{credential.run_id}/design", json={"design": "document"})
    assert chosen.status_code == 200
    assert chosen.json()["designs"] == ["classic", "document", "modern"]
    with service.portfolio.database.read() as session:
        assert design_of(session, credential=credential) == "document"
    wrong = client.put(f"/api/v1/issuing/{credential.run_id}/design", json={"design": "../x"})
    assert wrong.status_code == 404
    service.add_issuer("other")
    foreign = service.client("other").put(f"/api/v1/issuing/{credential.run_id}/design", json={"design": "modern"})
    assert foreign.status_code == 404


def test_a_correction_keeps_the_design_of_its_run(service: Service) -> None:
    (old,) = service.issue(1)
    with service.portfolio.database.write() as session:
        organisation = organisation_by_slug(session, slug="school")
        choose_design(session, organisation_id=organisation.id, design="document", run_id=old.run_id or "")
    once = by_id(service, correct(service, old, "Новая Фамилия"))
    twice = by_id(service, correct(service, once, "Другая Фамилия"))
    with service.portfolio.database.read() as session:
        assert [design_of(session, credential=one) for one in (old, once, twice)] == ["document"] * 3


def test_a_duplicate_is_of_today_where_its_issuer_is(service: Service) -> None:
    """Half past ten in the evening by UTC is the next day in Kamchatka, and the same day on the Azores."""
    (credential,) = service.issue(1)
    late = (service.portfolio.clock() + timedelta(days=2)).replace(hour=22, minute=30)
    today = late.date()
    desk = Desk(
        vault=service.portfolio.vault,
        keeper=service.portfolio.keeper,
        database=service.portfolio.database,
        public_url=service.settings.public_url,
        clock=lambda: late,
    )
    for zone, last in (("Asia/Kamchatka", today + timedelta(days=1)), ("Atlantic/Azores", today)):
        with service.portfolio.database.write() as session:
            organisation = organisation_by_slug(session, slug="school")
            organisation.time_zone = zone
            session.add(organisation)
        with service.portfolio.database.read() as session:
            organisation = organisation_by_slug(session, slug="school")
        asked = partial(order_for_issuer, desk, organisation=organisation, credential_id=credential.id)
        assert asked(duplicate_on=last).paper
        with pytest.raises(BadDuplicateDayError):
            asked(duplicate_on=last + timedelta(days=1))


def page_picture_colours(data: bytes) -> set[tuple[int, int, int]]:
    import pypdfium2

    with pypdfium2.PdfDocument(data) as document:
        picture = document[0].render(scale=1).to_pil().convert("RGB")
    return {pixel for _, pixel in picture.getcolors(1 << 24)}


def test_all_diplomas_of_a_run_in_the_order_of_its_rows(service: Service) -> None:
    made = service.issue(6)
    correct(service, made[2], "Исправленное Имя")
    with service.portfolio.database.write() as session:
        revoked = session.get_one(Credential, made[4].id)
        revoke(session, credential=revoked, reason=RevocationReason.FRAUD, clock=service.portfolio.clock)
    service.work()
    client = service.client("school")
    path = f"/api/v1/issuing/{made[0].run_id}/diplomas.zip"
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        papers = [text_of(archive.read(name)) for name in names[:-1]]
        assert all(page_count(archive.read(name)) == 1 for name in names[:-1])
        listed = archive.read("diplomas.csv").decode("utf-8-sig").splitlines()
    assert names[-1] == "diplomas.csv"
    assert [int(name.split("_")[0]) for name in names[:-1]] == [row.row for row in made if row.id != made[4].id]
    expected = [surname(1), surname(2), "ИсправленноеИмя", surname(4), surname(6)]
    assert all(name in paper for name, paper in zip(expected, papers, strict=True))
    assert not any(surname(number) in "".join(names) for number in range(1, 7))
    assert len(listed) == 7
    assert listed[5] == f"{made[4].row:05d};;;diploma_withdrawn"
    with_names = client.get(path, params={"names": "true"}).content
    with zipfile.ZipFile(io.BytesIO(with_names)) as archive:
        assert surname(1) in archive.namelist()[0]


def test_a_run_is_given_to_its_organisation_alone_and_when_it_is_done(service: Service) -> None:
    run = service.start(table(2))
    client = service.client("school")
    path = f"/api/v1/issuing/{run}/diplomas.zip"
    waiting = client.get(path)
    assert (waiting.status_code, waiting.json()["error"]["code"]) == (409, "run_not_done")
    assert service.client().get(path).status_code == 401
    service.work()
    service.add_issuer("other")
    assert service.client("other").get(path).status_code == 404
    assert client.get(path).status_code == 200
