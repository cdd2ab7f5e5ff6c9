"""`/verify` and the API with a PDF and with a photo, and the way from a PENDING bundle to the FINAL one."""

from __future__ import annotations

import orjson
import pytest
from handed_in import pdf_with, photo_of
from issued_world import Issued

from portfolio.credentials.bundles import MAX_BUNDLE, read_bundle
from portfolio.verification.inputs import MAX_UPLOAD
from service_world import Service, surname, table


@pytest.fixture(scope="module")
def client(issued: Issued):
    return issued.service.client()


def test_a_pdf_is_judged_as_its_bundle_is(issued: Issued, client) -> None:
    pdf = pdf_with(("credential.json", issued.bundles[0]))
    report = client.post("/api/v1/verify", content=pdf, headers={"content-type": "application/pdf"}).json()
    assert report["verdict"] == "VALID"
    assert report["credential"]["holder_name"].startswith(surname(1))
    assert client.post("/api/v1/verify", files={"file": ("x.pdf", pdf)}).json()["verdict"] == "VALID"
    page = client.post("/verify", files={"file": ("x.pdf", pdf)}, params={"lang": "en"})
    assert page.status_code == 200
    assert surname(1) in page.text


def test_a_photo_leads_to_the_page_and_to_the_report(issued: Issued, client) -> None:
    link = f"{issued.service.settings.public_url}/v/{issued.service.token(issued.credentials[0])}"
    photo = photo_of(link + "#ABCD-EFGH-JKMN")
    led = client.post("/verify", files={"file": ("x.jpg", photo)}, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, link.removeprefix(issued.service.settings.public_url))
    report = client.post("/api/v1/verify", content=photo, headers={"content-type": "image/jpeg"}).json()
    assert report["verdict"] == "VALID"
    unknown = photo_of(f"{issued.service.settings.public_url}/v/{'x' * 24}")
    assert client.post("/api/v1/verify", files={"file": ("x.jpg", unknown)}).status_code == 404


@pytest.mark.fault(112)
def test_a_photographed_code_of_another_site_is_named_and_never_followed(client) -> None:
    photo = photo_of("https://portfolio.example.evil.example/v/" + "x" * 24)
    refused = client.post("/api/v1/verify", files={"file": ("x.jpg", photo)})
    assert refused.status_code == 422
    assert refused.json()["error"] == {
        "code": "foreign_host",
        "message": "the QR code leads to another site than this one",
        "host": "portfolio.example.evil.example",
    }
    page = client.post("/verify", files={"file": ("x.jpg", photo)}, params={"lang": "en"})
    assert "portfolio.example.evil.example" in page.text
    assert "This link leads elsewhere" in page.text


@pytest.mark.fault(75)
@pytest.mark.fault(146)
def test_files_with_nothing_to_judge_are_refused_in_the_readers_language(client) -> None:
    empty, blank = pdf_with(), photo_of()
    for data, code in ((empty, "pdf_without_bundle"), (blank, "photo_without_code"), (b"%PDF-1.7", "pdf_damaged")):
        refused = client.post("/api/v1/verify", files={"file": ("x", data)})
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, code)
    russian = client.post("/verify", files={"file": ("x.pdf", empty)}, params={"lang": "ru"})
    english = client.post("/verify", files={"file": ("x.pdf", empty)}, params={"lang": "en"})
    assert russian.status_code == english.status_code == 422
    assert "The PDF carries no electronic document inside" in english.text
    assert "В этом PDF нет электронного документа" in russian.text
    assert client.post("/api/v1/verify", content=b"{" + b" " * MAX_BUNDLE).status_code == 413
    assert client.post("/api/v1/verify", content=b"%PDF-" + b" " * MAX_UPLOAD).status_code == 413


def pending(service: Service, number: int) -> bytes:
    run_id = service.start(table(1, first=number))
    service.worker.issue_part()
    return service.bundle(service.credentials(run_id)[0])


def test_a_pending_bundle_becomes_the_final_one(issued: Issued, client) -> None:
    early = pending(issued.service, 50)
    assert not read_bundle(early).receipts
    page = client.post("/verify", files={"file": ("x.json", early)}, params={"lang": "en"})
    assert "Get the newest file" in page.text
    issued.service.work()
    late = client.post("/api/v1/bundles", content=early)
    assert late.status_code == 200
    assert late.headers["cache-control"] == "no-store"
    assert read_bundle(late.content).credential == read_bundle(early).credential
    assert len(read_bundle(late.content).receipts) == 1
    assert issued.service.verify(late.content).verdict == "VALID"
    bare = orjson.dumps(read_bundle(early).credential)
    for sent in (late.content, bare, pdf_with(("credential.json", early))):
        assert client.post("/api/v1/bundles", content=sent).content == late.content
    kept = client.post("/verify/newest", files={"file": ("x.json", early)})
    assert kept.content == late.content
    assert kept.headers["content-disposition"].startswith("attachment")


def test_only_who_holds_the_signed_credential_gets_anything(issued: Issued, client) -> None:
    bundle = orjson.loads(issued.bundles[0])
    altered = orjson.dumps(bundle).replace(surname(1).encode(), surname(2).encode())
    assert client.post("/api/v1/bundles", content=altered).json()["error"]["code"] == "not_genuine"
    unsigned = {name: value for name, value in bundle["credential"].items() if name != "proof"}
    assert client.post("/api/v1/bundles", content=orjson.dumps(unsigned)).status_code == 422
    assert client.post("/api/v1/bundles", content=b"{}").status_code == 422
    proof = orjson.loads(issued.bundles[1])["credential"]["proof"]
    stolen = orjson.dumps({**bundle, "credential": {**bundle["credential"], "proof": proof}})
    assert client.post("/api/v1/bundles", content=stolen).status_code == 422


def test_a_credential_of_another_service_is_not_ours(issued: Issued, client) -> None:
    from samples_of_strangers import foreign_credential

    refused = client.post("/api/v1/bundles", content=foreign_credential())
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_issued_here")
