"""A holder's own claims: uploaded, looked at, asked about, taken back; by himself, his guardian, and nobody else."""

from __future__ import annotations

import io
import re

import pikepdf
import pytest
from PIL import Image
from pupils import OLYMPIAD, ask, claimed, picture, pupil_with_consent, state_of, upload
from sqlmodel import select

from people_world import World
from portfolio.achievements.claims import routes, service
from portfolio.achievements.claims.service import commitment
from portfolio.achievements.claims.stating import Stated
from portfolio.achievements.models import Claim, ClaimState
from portfolio.anchoring.models import Leaf
from portfolio.documents.models import Document
from portfolio.notifications.models import OutgoingMail
from portfolio.organisations.models import Organisation, OrganisationType
from portfolio.people.models import AccessRecord


def plain_pdf() -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page()
        output = io.BytesIO()
        made.save(output)
        return output.getvalue()


def test_an_award_is_uploaded_and_shown_as_claimed(world: World) -> None:
    pupil = pupil_with_consent(world)
    assert pupil.get(f"/p/{pupil.person_id}/claims/new").status_code == 200
    claim_id = claimed(pupil)
    page = pupil.get(f"/p/{pupil.person_id}/claims/{claim_id}")
    assert page.status_code == 200
    assert "Северная звезда" in page.text
    assert "claimed, not confirmed" in page.text
    assert "Северная звезда" in pupil.get(f"/p/{pupil.person_id}").text


def test_what_is_typed_lies_sealed_and_its_time_is_anchored(world: World) -> None:
    pupil = pupil_with_consent(world)
    claim_id = claimed(pupil)
    with world.portfolio.database.read() as session:
        claim = session.get_one(Claim, claim_id)
        leaf = session.exec(select(Leaf).where(Leaf.digest == claim.digest)).one()
        document = session.get_one(Document, claim.document_id)
    assert leaf.tag == "claim"
    assert "звезда".encode() not in claim.sealed_fields
    assert document.organisation_id is None
    assert document.person_id == pupil.person_id


def test_the_commitment_says_nothing_without_its_salt() -> None:
    stated = Stated("olympiad_award", "А", "Б", {"title": "В"})
    one, other = (commitment(salt=bytes([byte]) * 32, stated=stated, content=b"x") for byte in (1, 2))
    assert one != other
    assert one != commitment(salt=b"\1" * 32, stated=stated, content=b"y")


def test_a_pdf_is_only_ever_a_download(world: World) -> None:
    pupil = pupil_with_consent(world)
    answer = upload(pupil, content=plain_pdf())
    claim_page = answer.headers["location"].partition("?")[0]
    served = pupil.get(claim_page + "/document")
    assert served.headers["content-type"] == "application/pdf"
    assert re.fullmatch(r'attachment; filename="[0-9a-f-]{36}\.pdf"', served.headers["content-disposition"])
    assert served.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert served.headers["x-content-type-options"] == "nosniff"


@pytest.mark.fault(80)
def test_a_photo_is_kept_upright_and_without_place_or_profile(world: World) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825)[1] = "N"
    sent = picture(size=(80, 40), exif=exif, icc_profile=b"secret profile", comment=b"secret comment")
    assert b"SecretPhone" in sent
    pupil = pupil_with_consent(world)
    claim_id = claimed(pupil, content=sent)  # type: ignore[arg-type]
    served = pupil.get(f"/p/{pupil.person_id}/claims/{claim_id}/document")
    assert served.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(served.content)) as shown:
        assert shown.size == (40, 80)
        assert not shown.getexif()
        assert not {"icc_profile", "comment", "exif"} & set(shown.info)
    assert b"secret" not in served.content.lower()


def test_transparent_and_grey_pictures_are_taken(world: World) -> None:
    pupil = pupil_with_consent(world)
    for mode in ("RGBA", "LA", "P", "1", "I;16", "L"):
        output = io.BytesIO()
        Image.new(mode, (30, 20)).save(output, "PNG")
        assert upload(pupil, content=output.getvalue()).status_code == 303, mode


def test_problems_stand_beside_the_field_and_what_was_typed_is_kept(world: World) -> None:
    pupil = pupil_with_consent(world)
    answer = upload(pupil, title="", award_date="2027-01-01", organiser="Центр «Сириус»")
    assert answer.status_code == 422
    assert 'id="f-title-problem"' in answer.text
    assert "This day is still to come." in answer.text
    assert "Центр «Сириус»" in answer.text
    assert "Choose the file once more" in answer.text
    with world.portfolio.database.read() as session:
        assert session.exec(select(Claim)).first() is None
        assert session.exec(select(Document)).first() is None


def test_without_a_file_nothing_is_kept(world: World) -> None:
    pupil = pupil_with_consent(world)
    answer = upload(pupil, content=b"")
    assert answer.status_code == 422
    assert "Choose a photo or a PDF of the paper." in answer.text


def test_the_level_of_a_known_olympiad_need_not_be_chosen(world: World) -> None:
    pupil = pupil_with_consent(world)
    claim_id = claimed(pupil, title="Всероссийская олимпиада школьников, региональный этап", level="")
    page = pupil.get(f"/p/{pupil.person_id}/claims/{claim_id}").text
    assert "regional stage" in page


def test_dates_may_be_typed_as_in_russia(world: World) -> None:
    pupil = pupil_with_consent(world)
    assert upload(pupil, award_date="14.03.2026").status_code == 303


def test_without_consent_a_page_says_who_must_agree(world: World) -> None:
    pupil = world.pupil()
    page = pupil.get(f"/p/{pupil.person_id}/claims/new")
    assert "A consent is needed first" in page.text
    assert f"/p/{pupil.person_id}/consents" in page.text
    assert "A parent or guardian, because you are not 18 yet." in page.text
    refused = upload(pupil)
    assert refused.status_code == 403
    assert "A consent is needed first" in refused.text


def test_a_guardian_may_upload_and_his_looks_are_written_down(world: World) -> None:
    pupil = pupil_with_consent(world)
    guardian = world.guardian_of(pupil)
    answer = upload(guardian, person_id=pupil.person_id)
    assert answer.status_code == 303
    assert guardian.get(answer.headers["location"]).status_code == 200
    with world.portfolio.database.read() as session:
        looks = session.exec(select(AccessRecord).where(AccessRecord.person_id == pupil.person_id)).all()
    assert {(look.viewer, look.what) for look in looks} == {("guardian", "claim")}


def test_nobody_else_finds_anything(world: World) -> None:
    pupil, stranger = pupil_with_consent(world), world.someone()
    claim_id = claimed(pupil)
    for person_id in (pupil.person_id, stranger.person_id):
        for path in (f"claims/{claim_id}", f"claims/{claim_id}/document", f"claims/{claim_id}/ask"):
            assert stranger.get(f"/p/{person_id}/{path}").status_code == 404
        for act in ("take-back", "withdraw"):
            assert stranger.post(f"/p/{person_id}/claims/{claim_id}/{act}").status_code == 404
    assert upload(stranger, person_id=pupil.person_id).status_code == 404
    assert world.visitor().get(f"/p/{pupil.person_id}", follow_redirects=False).status_code == 303


def test_an_organisation_is_found_by_a_part_of_its_name(world: World) -> None:
    world.organisation("school", name="Школа № 57")
    world.organisation("sirius", name="Центр «Сириус»", kind=OrganisationType.ORGANISER)
    hidden = world.organisation("new", name="Сириус, ещё не принят")
    with world.portfolio.database.write() as session:
        row = session.get_one(Organisation, hidden.id)
        row.admitted_at = None
        session.add(row)
    pupil = pupil_with_consent(world)
    claim_id = claimed(pupil)
    page = pupil.get(f"/p/{pupil.person_id}/claims/{claim_id}/ask?q=сириус").text
    assert "Центр «Сириус»" in page
    assert "не принят" not in page
    assert "saw the original" not in page.partition('id="ask"')[2].partition("</section>")[0]
    assert "No organisation of that name" in pupil.get(f"/p/{pupil.person_id}/claims/{claim_id}/ask?q=ничего").text


def test_asking_and_taking_back(world: World) -> None:
    organisation = world.organisation()
    pupil = pupil_with_consent(world)
    claim_id = claimed(pupil)
    assert ask(pupil, claim_id, organisation).status_code == 303
    assert state_of(world, claim_id) is ClaimState.ASKED
    assert ask(pupil, claim_id, organisation).status_code == 409
    pupil.post(f"/p/{pupil.person_id}/claims/{claim_id}/take-back")
    assert state_of(world, claim_id) is ClaimState.CLAIMED
    with world.portfolio.database.read() as session:
        cid = session.exec(select(Document.cid)).one()
    assert world.portfolio.store.has(cid)
    pupil.post(f"/p/{pupil.person_id}/claims/{claim_id}/withdraw")
    with world.portfolio.database.read() as session:
        assert session.exec(select(Claim)).all() == session.exec(select(Document)).all() == []
    assert not world.portfolio.store.has(cid)
    assert pupil.get(f"/p/{pupil.person_id}/claims/{claim_id}").status_code == 404
    assert "Северная звезда" not in pupil.get(f"/p/{pupil.person_id}").text


def test_what_one_person_sends_keeps_and_asks_has_limits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    organisation, pupil = world.organisation(), pupil_with_consent(world)
    monkeypatch.setattr(service, "MOST_CLAIMS", 2)
    monkeypatch.setattr(service, "MOST_ASKED", 1)
    monkeypatch.setattr(routes, "UPLOADS_A_DAY", 4)
    first, second = claimed(pupil), claimed(pupil)
    assert ask(pupil, first, organisation).status_code == 303
    refused = ask(pupil, second, organisation)
    assert refused.status_code == 409
    assert "wait for an answer already" in refused.text
    full = upload(pupil)
    assert full.status_code == 422
    assert "300 awards here already" in full.text
    assert 'id="f-file-problem"' in full.text
    pupil.post(f"/p/{pupil.person_id}/claims/{second}/withdraw")
    claimed(pupil)
    late = upload(pupil)
    assert late.status_code == 422
    assert "Go on tomorrow" in late.text
    pupil.post(f"/p/{pupil.person_id}/claims/{first}/withdraw")
    world.clock.advance(days=1, minutes=1)
    claimed(pupil)


def test_a_suspended_organisation_is_not_asked(world: World) -> None:
    organisation = world.organisation()
    with world.portfolio.database.write() as session:
        row = session.get_one(Organisation, organisation.id)
        row.suspended_from = 1
        session.add(row)
    pupil = pupil_with_consent(world)
    assert ask(pupil, claimed(pupil), organisation).status_code == 404


def test_an_organiser_is_invited_without_a_word_of_the_pupil(world: World) -> None:
    pupil = pupil_with_consent(world)
    claim_id = claimed(pupil)
    path = f"/p/{pupil.person_id}/claims/{claim_id}/invite"
    wrong = pupil.post(path, {"address": "не адрес"})
    assert wrong.status_code == 422
    assert "This is not an e-mail address." in wrong.text
    assert pupil.post(path, {"address": "office@olymp.example"}).status_code == 303
    with world.portfolio.database.read() as session:
        letter = session.exec(select(OutgoingMail)).one()
        sealed = letter.sealed_message
        assert sealed is not None
        said = world.portfolio.vault.open(sealed, context=f"mail:{letter.id}").decode()
    assert "/apply" in said
    assert "Сидорова" not in said
    assert "звезда" not in said
    for _ in range(4):
        pupil.post(path, {"address": "office@olymp.example"})
    assert pupil.post(path, {"address": "office@olymp.example"}).status_code == 429


def test_a_field_that_nobody_asked_for_is_refused(world: World) -> None:
    pupil = pupil_with_consent(world)
    assert upload(pupil, state="confirmed").status_code == 422
    assert "state" not in OLYMPIAD
