"""Staff: invited by mail, joined by the right account alone, with roles that hold from the next request on."""

from __future__ import annotations

import re

import orjson
import pytest
from sqlmodel import col, select

from people_world import Someone, World
from portfolio.notifications.models import OutgoingMail
from portfolio.organisations.invitations import invite_registrar
from portfolio.organisations.models import ApiKey, Membership, StaffInvitation, StaffRole
from portfolio.people.models import Account


def newest_link(world: World) -> str:
    """Return the path of the link in the newest letter."""
    with world.portfolio.database.read() as session:
        row = session.exec(select(OutgoingMail).order_by(col(OutgoingMail.created_at).desc())).first()
        assert row is not None
        assert row.sealed_message is not None
        body = orjson.loads(world.portfolio.vault.open(row.sealed_message, context=f"mail:{row.id}"))["body"]
    found = re.search(r"http://testserver(/\S+)", body)
    assert found is not None
    return found[1]


def invite(world: World, admin: Someone, address: str, role: str = "issuer") -> str:
    world.clock.advance(seconds=1)
    assert admin.post("/org/school/staff/invite", {"address": address, "role": role}).status_code == 303
    return newest_link(world)


def place_of(world: World, who: Someone) -> Membership:
    with world.portfolio.database.read() as session:
        return session.exec(
            select(Membership).where(Membership.account_id == who.account.id).where(col(Membership.ended_at).is_(None))
        ).one()


@pytest.fixture
def admin(world: World) -> Someone:
    world.organisation()
    return world.staff()


def test_a_colleague_is_invited_and_joins(world: World, admin: Someone) -> None:
    colleague = world.someone(strong=True)
    link = invite(world, admin, colleague.address)
    assert colleague.get("/org/school").status_code == 404
    assert "You are invited" in colleague.get(link).text
    with world.portfolio.database.read() as session:  # looking is no accepting
        assert session.exec(select(StaffInvitation.used_at)).one() is None
    answer = colleague.post(link)
    assert answer.headers["location"] == "/org/school?done=joined"
    assert place_of(world, colleague).role is StaffRole.ISSUER
    assert colleague.get("/org/school/issue").status_code == 200
    assert colleague.post(link).status_code == 404  # good once


def test_a_forwarded_invitation_is_no_use(world: World, admin: Someone) -> None:
    stranger = world.someone(strong=True)
    link = invite(world, admin, "colleague@example.ru")
    answer = stranger.post(link)
    assert answer.status_code == 403
    assert "another address" in answer.text
    assert "colleague@example.ru" not in answer.text
    assert stranger.get("/org/school").status_code == 404


def test_an_invitation_dies_by_time_by_hand_and_by_a_newer_one(world: World, admin: Someone) -> None:
    colleague = world.someone(strong=True)
    first = invite(world, admin, colleague.address)
    second = invite(world, admin, colleague.address, "viewer")
    assert colleague.post(first).status_code == 404
    with world.portfolio.database.read() as session:
        row = session.exec(select(StaffInvitation).order_by(col(StaffInvitation.created_at).desc())).first()
    assert row is not None
    assert admin.post(f"/org/school/staff/invitations/{row.id}/withdraw").status_code == 303
    assert colleague.post(second).status_code == 404
    third = invite(world, admin, colleague.address)
    world.clock.advance(days=6)
    world.clock.advance(days=1, seconds=1)
    assert world.someone().post(third).status_code == 404


def test_a_role_holds_from_the_next_request_on(world: World, admin: Someone) -> None:
    colleague = world.staff(role=StaffRole.ISSUER)
    assert colleague.get("/org/school/issue").status_code == 200
    here = f"/org/school/staff/{place_of(world, colleague).id}"
    assert admin.post(f"{here}/role", {"role": "viewer"}).status_code == 303
    assert colleague.get("/org/school/issue").status_code == 403
    assert colleague.get("/org/school").status_code == 200
    assert admin.post(f"{here}/dismiss").status_code == 303
    assert colleague.get("/org/school").status_code == 404


@pytest.mark.parametrize(
    ("step", "form", "lives"),
    [("dismiss", {}, False), ("role", {"role": "issuer"}, False), ("role", {"role": "admin"}, True)],
)
def test_what_an_administrator_began_ends_with_his_office(
    world: World, admin: Someone, step: str, form: dict[str, str], *, lives: bool
) -> None:
    other, invited = world.staff(), world.someone(strong=True)
    link = invite(world, other, invited.address)
    assert admin.post(f"/org/school/staff/{place_of(world, other).id}/{step}", form).status_code == 303
    assert invited.post(link).status_code == (303 if lives else 404)


def test_who_leaves_by_himself_leaves_good_invitations(world: World, admin: Someone) -> None:
    world.staff()
    invited = world.someone(strong=True)
    link = invite(world, admin, invited.address)
    assert admin.post(f"/org/school/staff/{place_of(world, admin).id}/dismiss").status_code == 303
    assert invited.post(link).status_code == 303


def test_the_last_administrator_stays(world: World, admin: Someone) -> None:
    here = f"/org/school/staff/{place_of(world, admin).id}"
    for answer in (admin.post(f"{here}/dismiss"), admin.post(f"{here}/role", {"role": "viewer"})):
        assert answer.status_code == 422
        assert "last administrator" in answer.text
    other = world.staff()
    assert admin.post(f"{here}/dismiss").headers["location"] == "/me?done=left"
    assert other.get("/org/school/staff").status_code == 200


def test_staff_of_one_organisation_is_nobody_in_another(world: World, admin: Someone) -> None:
    world.organisation("other")
    foreign = world.staff("other")
    mine = place_of(world, admin).id
    for path in (
        "/org/school",
        "/org/school/staff",
        "/org/school/keys",
        "/org/school/issue",
        "/org/school/credentials",
    ):
        assert foreign.get(path).status_code == 404
    assert foreign.post(f"/org/other/staff/{mine}/dismiss").status_code == 404
    assert foreign.post(f"/org/other/staff/{mine}/role", {"role": "viewer"}).status_code == 404
    assert place_of(world, admin).role is StaffRole.ADMIN


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (StaffRole.VIEWER, "", 200),
        (StaffRole.VIEWER, "/credentials", 200),
        (StaffRole.VIEWER, "/issue", 403),
        (StaffRole.VIEWER, "/staff", 403),
        (StaffRole.ISSUER, "/issue", 200),
        (StaffRole.ISSUER, "/staff", 403),
        (StaffRole.ISSUER, "/settings", 403),
        (StaffRole.ISSUER, "/keys", 403),
        (StaffRole.ADMIN, "/staff", 200),
        (StaffRole.ADMIN, "/settings", 200),
        (StaffRole.ADMIN, "/keys", 200),
    ],
)
def test_each_role_opens_its_pages(world: World, role: StaffRole, path: str, status: int) -> None:
    world.organisation()
    assert world.staff(role=role).get(f"/org/school{path}").status_code == status


def test_without_a_second_factor_staff_is_led_to_it(world: World) -> None:
    world.organisation()
    answer = world.staff(strong=False).get("/org/school")
    assert answer.headers["location"].startswith("/sign-in/second")


def test_what_is_wrong_with_an_invitation_is_said(world: World, admin: Someone) -> None:
    for form in ({"address": "x"}, {"address": "a@b.ru", "role": "king"}, {"address": "a@b.ru", "extra": "1"}):
        assert admin.post("/org/school/staff/invite", form).status_code == 422
    bad = admin.post("/org/school/staff/invite", {"address": "a@b.ru\nBcc: c@d.ru", "role": "viewer"})
    assert bad.status_code == 422


def test_a_registrar_is_invited_by_command_and_joins(world: World) -> None:
    candidate = world.someone(strong=True)
    with world.portfolio.database.write() as session:
        invite_registrar(
            session,
            vault=world.portfolio.vault,
            address=candidate.address,
            public_url="http://testserver",
            language="ru",
            clock=world.clock,
        )
    link = newest_link(world)
    assert world.someone(strong=True).post(link).status_code == 403
    assert candidate.post(link).headers["location"] == "/registrar"
    assert candidate.get("/registrar").status_code == 200
    with world.portfolio.database.read() as session:
        assert session.exec(select(Account.id).where(col(Account.is_registrar))).all() == [candidate.account.id]


def test_an_api_key_is_shown_once_and_does_what_its_scopes_say(world: World, admin: Someone) -> None:
    assert admin.post("/org/school/keys", {"label": "journal"}).status_code == 422
    made = admin.post("/org/school/keys", {"label": "journal", "scopes": "read"})
    key = re.search(r"pk_[\w-]+", made.text)
    assert key is not None
    assert key[0] not in admin.get("/org/school/keys").text
    bearer = {"authorization": f"Bearer {key[0]}"}
    visitor = world.visitor()
    assert visitor.get("/api/v1/credentials", headers=bearer).status_code == 200
    assert visitor.post("/api/v1/credentials/x/revoke", json={"reason": "fraud"}, headers=bearer).status_code == 403
    with world.portfolio.database.read() as session:
        row = session.exec(select(ApiKey)).one()
    world.organisation("other")
    assert world.staff("other").post(f"/org/other/keys/{row.id}/revoke").status_code == 404
    assert admin.post(f"/org/school/keys/{row.id}/revoke").status_code == 303
    assert visitor.get("/api/v1/credentials", headers=bearer).status_code == 401


def test_settings_are_kept_and_a_logo_is_a_picture(world: World, admin: Someone) -> None:
    form = {"contact": "new@school.example", "time_zone": "Asia/Omsk", "design": "modern"}
    assert admin.post("/org/school/settings", form).status_code == 303
    assert "new@school.example" in world.visitor().get("/o/school").text
    assert admin.post("/org/school/settings", {**form, "kinds": "63"}).status_code == 422
    refused = admin.post("/org/school/settings/logo", files={"file": ("x.svg", b"<svg/>", "image/svg+xml")})
    assert refused.status_code == 422
    assert "PNG or JPEG" in refused.text
    assert "Choose a file" in admin.post("/org/school/settings/logo", files={"file": ("", b"")}).text
