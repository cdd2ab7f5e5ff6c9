"""A consent to keeping that is taken back: what was added goes after 30 days, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from pupils import ask, claimed, may_keep, pupil_with_consent, state_of, upload
from sqlmodel import col, select

from people_world import Someone, World
from portfolio.achievements.models import Claim, ClaimState
from portfolio.documents.encryption import SealError
from portfolio.notifications.models import OutgoingMail
from portfolio.operations.worker import Worker
from portfolio.people.consent import Capacity
from portfolio.people.models import Account, AuditRecord, Person
from portfolio.people.sign_ins import open_sign_in

pytestmark = pytest.mark.fault(137, 140)
DAY = "22 декабря 2026"  # thirty days after the clock's first, 22 November


def say(who: Someone, answer: str, child: Someone | None = None) -> None:
    page = f"/p/{(child or who).person_id}/consents"
    said = who.post(page, {"purpose": "store", "answer": answer})
    assert said.headers["location"].startswith(page)


def signed_in_again(world: World, someone: Someone) -> Someone:
    """Weeks later the old sign-in has ended."""
    with world.portfolio.database.write() as session:
        account = session.get_one(Account, someone.account.id)
        token = open_sign_in(session, account=account, device="Test", strong=False, clock=world.clock)
    someone.client.cookies.set("session", token, domain="testserver.local")
    return someone


def shown(someone: Someone) -> str:
    """The page of consents, its hard spaces as plain ones."""
    return str(someone.get(f"/p/{someone.person_id}/consents?lang=ru").text).replace("\xa0", " ")


def run(world: World) -> int:
    return Worker(world.portfolio, {}).destroy_unkept()


def kept(world: World) -> list[str]:
    with world.portfolio.database.read() as session:
        return list(session.exec(select(Claim.id)))


def papers(world: World) -> set[Path]:
    return {path for path in (world.portfolio.settings.data_dir / "documents").rglob("*") if path.is_file()}


def letters(world: World) -> list[str]:
    with world.portfolio.database.read() as session:
        return [mail.letter for mail in session.exec(select(OutgoingMail).order_by(col(OutgoingMail.created_at)))]


@pytest.fixture
def anna(world: World) -> Someone:
    """An adult who keeps an award of her own and one that the school has confirmed."""
    school, someone = world.organisation(), world.someone("Сидорова Анна Олеговна")
    may_keep(world, someone.person_id, (someone.account.id, Capacity.SELF))
    confirmed = claimed(someone)
    ask(someone, confirmed, school)
    assert world.staff().post(f"/org/school/requests/{confirmed}/confirm").status_code == 303
    assert state_of(world, confirmed) is ClaimState.CONFIRMED
    claimed(someone, title="Конкурс чтецов")
    return someone


def test_what_was_added_goes_on_the_last_day_and_is_announced(world: World, anna: Someone) -> None:
    both, before = kept(world), papers(world)
    say(anna, "withdraw")
    assert letters(world)[-1:] == ["keeping_refused"]
    page = shown(anna)
    assert DAY in page, page[page.rfind("уничтож") - 100 :][:200]
    world.clock.advance(days=29)
    assert run(world) == 0
    assert kept(world) == both
    world.clock.advance(hours=23, minutes=59)
    assert run(world) == 0, "thirty whole days"
    world.clock.advance(minutes=1)
    assert run(world) == 1
    assert run(world) == 0
    (left,) = kept(world)
    assert state_of(world, left) is ClaimState.CONFIRMED, "what a school made its own document stays"
    assert len(before - papers(world)) == 1, "the ciphertext went with its row"
    with world.portfolio.database.read() as session:
        act = session.exec(select(AuditRecord).where(AuditRecord.act == "claim.withdraw")).one()
        assert session.exec(select(AuditRecord).where(AuditRecord.act == "person.unkept")).one().actor == "service"
    assert act.actor == "service"
    assert signed_in_again(world, anna).get(f"/p/{anna.person_id}").status_code == 200


def test_a_new_yes_keeps_everything(world: World, anna: Someone) -> None:
    both = kept(world)
    say(anna, "withdraw")
    world.clock.advance(days=29)
    say(signed_in_again(world, anna), "give")
    assert DAY not in shown(anna)
    world.clock.advance(days=400)
    assert run(world) == 0
    assert kept(world) == both
    say(signed_in_again(world, anna), "withdraw")
    world.clock.advance(days=29)
    assert run(world) == 0, "thirty days count from the last no"
    world.clock.advance(days=1)
    assert run(world) == 1


def test_the_no_of_either_counts_from_14_to_17(world: World) -> None:
    pupil = pupil_with_consent(world)
    claimed(pupil)
    say(pupil, "withdraw")
    assert letters(world) == ["keeping_refused"] * 2, "to the pupil and to the mother, whose yes stands"
    world.clock.advance(days=30)
    assert run(world) == 1
    assert kept(world) == []


def test_a_birthday_is_nobodys_no(world: World) -> None:
    """At 14 a yes of the pupil's own becomes needed; what waits for it is not destroyed, however long."""
    child = world.pupil(13)
    mother = world.guardian_of(child)
    say(mother, "give", child)
    say(mother, "withdraw", child)
    say(mother, "give", child)
    assert upload(mother, person_id=child.person_id).status_code == 303
    world.clock.advance(days=2 * 366)
    assert run(world) == 0
    assert len(kept(world)) == 1


def test_one_that_cannot_be_destroyed_holds_nobody_else_up(world: World, anna: Someone) -> None:
    broken = world.someone("Петров Пётр")
    may_keep(world, broken.person_id, (broken.account.id, Capacity.SELF))
    say(broken, "withdraw")
    world.clock.advance(minutes=1)
    say(anna, "withdraw")
    with world.portfolio.database.write() as session:
        person = session.get_one(Person, broken.person_id)
        person.sealed_profile = b"damaged"
        session.add(person)
    world.clock.advance(days=30)
    with pytest.raises(SealError):
        run(world)
    assert len(kept(world)) == 1
