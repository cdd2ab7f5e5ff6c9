"""Links: made with a fixed scope, shown once, opened by a POST, killed at once."""

from __future__ import annotations

import math
import secrets
from datetime import timedelta
from typing import Any

import pytest
from sharing_world import Made, award, consent, minimal_of, opened, queries, share, withdraw
from sqlalchemy import inspect
from sqlmodel import Session, SQLModel, select

from people_world import Someone, World
from portfolio.credentials.models import Credential
from portfolio.people.erasure import belongs_to
from portfolio.people.models import AccessRecord, AuditRecord, Person
from portfolio.sharing.misses import MISSES
from portfolio.sharing.models import ShareLink, ShareView
from portfolio.sharing.service import TOKEN_BYTES


@pytest.fixture
def anna(world: World) -> Someone:
    """An adult with a consent to sharing and a school that has given her two awards."""
    world.organisation()
    someone = world.someone("Сидорова Анна Олеговна")
    consent(world, someone)
    return someone


def answers_like_nothing(world: World, made: Made) -> None:
    """Fault 105: whatever ended a link, its answer is that of one that never was, to the byte."""
    client = world.visitor()
    for method in ("GET", "HEAD"):
        dead = client.request(method, made.path)
        never = client.request(method, "/s/" + "x" * len(made.token))
        assert dead.status_code == never.status_code == 404
        assert dead.content == never.content
        assert dead.headers.items() == never.headers.items()
        assert dead.headers["cache-control"] == "no-store"
    assert client.post(made.path).status_code == 404


@pytest.mark.fault(103)
def test_a_token_has_192_random_bits_and_stands_nowhere_in_the_database(world: World, anna: Someone) -> None:
    first = award(world, anna)
    made = [share(anna, f"full:{first}") for _ in range(3)]
    assert TOKEN_BYTES * 8 >= 128
    assert all(len(one.token) >= math.ceil(TOKEN_BYTES * 8 / 6) for one in made)
    assert len({one.token for one in made}) == 3
    with world.portfolio.database.engine.connect() as connection:
        dump = "\n".join(connection.connection.iterdump()).encode()  # type: ignore[attr-defined]
    for path in (world.portfolio.settings.data_dir).glob("portfolio.db*"):
        dump += path.read_bytes()
    for one in made:
        assert one.token.encode() not in dump
        assert one.token.encode().hex().encode() not in dump.lower()
    assert "Приёмная комиссия".encode() not in dump


def test_a_link_shows_what_was_chosen_with_its_verdict(world: World, anna: Someone) -> None:
    full, other = award(world, anna), award(world, anna, title="Турнир городов")
    made = share(anna, f"full:{full}", f"minimal:{other}")
    page = opened(world, made).get(made.path)
    assert page.status_code == 200
    assert "Сидорова Анна Олеговна" in page.text
    assert "Турнир городов" in page.text
    assert "10А" in page.text
    assert 'name="robots" content="noindex' in page.text
    assert "og:" not in page.text
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["x-robots-tag"].startswith("noindex")
    assert page.headers["cache-control"] == "no-store"
    whole = [opened(world, made).get(f"{made.path}/{place}") for place in (1, 2)]
    assert [page.status_code for page in whole] == [200, 200]
    assert [">97<" in page.text for page in whole].count(True) == 1


@pytest.mark.fault(106)
def test_the_scope_is_fixed_when_the_link_is_made(world: World, anna: Someone) -> None:
    shown = award(world, anna, title="Показанная")
    hidden = award(world, anna, title="Скрытая", score="41")
    minimal = award(world, anna, title="Краткая", score="83", grade="7Б")
    made = share(anna, f"full:{shown}", f"minimal:{minimal}")
    later = award(world, anna, title="Позднейшая")
    client = opened(world, made)
    texts = [client.get(made.path).text, client.get(made.path + "/1").text, client.get(made.path + "/2").text]
    for absent in ("Скрытая", ">41<", "Позднейшая", ">83<", "7Б", hidden, later, minimal, "/v/"):
        assert all(absent not in text for text in texts), absent
    for place in ("0", "3", "4", "-1", "01x", "full", hidden, minimal_of(world, hidden), "9" * 30):
        assert client.get(f"{made.path}/{place}").status_code == 404, place
    assert anna.person_id not in "".join(texts)


@pytest.mark.fault(106)
def test_everything_is_what_was_there_then(world: World, anna: Someone) -> None:
    award(world, anna, title="Первая")
    made = share(anna, scope="full")
    award(world, anna, title="Вторая")
    page = opened(world, made).get(made.path).text
    assert "Первая" in page
    assert "Вторая" not in page


@pytest.mark.fault(106)
def test_a_record_that_left_the_portfolio_leaves_the_link(world: World, anna: Someone) -> None:
    first = award(world, anna)
    made = share(anna, f"full:{first}")
    client = opened(world, made)
    with world.portfolio.database.write() as session:
        person = session.get_one(Person, session.get_one(Credential, first).person_id)
        person.owner_id = None
        session.add(person)
    assert "Сидорова" not in client.get(made.path).text
    assert client.get(made.path + "/1").status_code == 404


@pytest.mark.fault(106)
@pytest.mark.parametrize("shown", ["full:{theirs}", "minimal:{theirs}", "full:nothing", "pdf:{own}", "full:{minimal}"])
def test_only_own_documents_can_be_chosen(world: World, anna: Someone, shown: str) -> None:
    own = award(world, anna)
    theirs = award(world, world.someone(), title="Чужая")
    value = shown.format(theirs=theirs, own=own, minimal=minimal_of(world, own))
    answer = anna.post(f"/p/{anna.person_id}/shares/new", {"label": "x", "show": [value]})
    assert answer.status_code == 404
    with world.portfolio.database.read() as session:
        assert session.exec(select(ShareLink)).all() == []


def test_nothing_chosen_is_said_beside_the_field_and_what_was_typed_is_kept(world: World, anna: Someone) -> None:
    first = award(world, anna)
    answer = anna.post(f"/p/{anna.person_id}/shares/new", {"label": "Для лицея", "show": [""], "password": "secret12"})
    assert answer.status_code == 422
    assert "Choose at least one document" in answer.text
    assert 'value="Для лицея"' in answer.text
    assert "secret12" not in answer.text
    bad = {"label": "Для лицея", "show": [f"full:{first}"], "max_views": "0", "password": "123"}
    answer = anna.post(f"/p/{anna.person_id}/shares/new", bad)
    assert answer.status_code == 422
    assert "from 1 to 1000" in answer.text
    assert "at least 6" in answer.text
    assert f'value="full:{first}" selected' in answer.text


def test_the_address_is_shown_again_for_ten_minutes_and_to_nobody_else(world: World, anna: Someone) -> None:
    first = award(world, anna)
    answer = anna.post(f"/p/{anna.person_id}/shares/new", {"label": "x", "show": [f"full:{first}"]})
    where = answer.headers["location"]
    assert "/s/" not in where
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert f"Path=/p/{anna.person_id}/shares/" in cookie
    assert "/s/" in anna.get(where).text
    assert "/s/" in anna.get(where).text
    picture = anna.get(where.replace("/made", "/qr.svg"))
    assert picture.headers["content-type"].startswith("image/svg+xml")
    sent = f"session={anna.client.cookies['session']}; fresh-link={anna.client.cookies['fresh-link']}"
    other = share(anna, f"full:{first}")
    anna.client.cookies.delete("fresh-link", path=f"/p/{anna.person_id}/shares/{other.id}")
    foreign = anna.get(f"/p/{anna.person_id}/shares/{other.id}/made", headers={"cookie": sent})
    assert "no longer shown" in foreign.text
    assert other.token not in foreign.text
    world.clock.advance(minutes=11)
    assert "no longer shown" in anna.get(where).text
    assert anna.get(where.replace("/made", "/qr.svg")).status_code == 404


@pytest.mark.fault(105)
@pytest.mark.parametrize("end", ["killed", "expired", "used up", "consent", "erased"])
def test_a_link_that_ended_answers_like_one_that_never_was(world: World, anna: Someone, end: str) -> None:
    made = share(anna, f"full:{award(world, anna)}", lasting="day", max_views="1")
    client = opened(world, made)
    assert client.get(made.path).status_code == 200
    if end == "killed":
        assert anna.post(f"/p/{anna.person_id}/shares/{made.id}/kill").status_code == 303
    elif end == "expired":
        world.clock.advance(hours=25)
    elif end == "consent":
        withdraw(world, anna)
    elif end == "erased":
        with world.portfolio.database.write() as session:
            session.get_one(Person, anna.person_id).erased_at = world.clock()
    answers_like_nothing(world, made)
    still_open = 200 if end == "used up" else 404
    for path in (made.path, made.path + "/1", made.path + "/presentation.zip"):
        assert client.get(path).status_code == still_open
    if end == "used up":
        world.clock.advance(minutes=31)
        assert client.get(made.path).status_code == 404


@pytest.mark.fault(105)
def test_a_cache_keeps_nothing_of_a_link(world: World, anna: Someone) -> None:
    """A shared cache that does what RFC 9111 lets it: it may store nothing that says `no-store`."""
    made = share(anna, f"full:{award(world, anna)}")
    client = opened(world, made)
    stored: dict[str, Any] = {}

    def ask(path: str) -> Any:
        if path in stored:
            return stored[path]
        answer = client.get(path)
        if "no-store" not in answer.headers.get("cache-control", ""):
            stored[path] = answer
        return answer

    paths = [made.path, made.path + "/1", made.path + "/presentation.zip"]
    assert [ask(path).status_code for path in paths] == [200, 200, 200]
    anna.post(f"/p/{anna.person_id}/shares/{made.id}/kill")
    assert [ask(path).status_code for path in paths] == [404, 404, 404]
    assert stored == {}


@pytest.mark.fault(109)
def test_looking_at_the_first_page_uses_nothing_up(world: World, anna: Someone) -> None:
    made = share(anna, f"full:{award(world, anna)}", max_views="1")
    scanner = world.visitor()
    for _ in range(3):
        for method in ("HEAD", "GET"):
            answer = scanner.request(method, made.path)
            assert answer.status_code == 200
            assert "Сидорова" not in answer.text
    assert scanner.get(made.path + "/1").status_code == 404
    assert scanner.get(made.path + "/presentation.zip").status_code == 404
    with world.portfolio.database.read() as session:
        assert session.get_one(ShareLink, made.id).views == 0
        assert session.exec(select(ShareView)).all() == []
    client = opened(world, made)
    assert "Сидорова" in client.get(made.path).text
    assert client.post(made.path, follow_redirects=False).status_code == 303  # open already: nothing is counted
    assert world.visitor().post(made.path).status_code == 404
    with world.portfolio.database.read() as session:
        assert session.get_one(ShareLink, made.id).views == 1


def test_the_opening_of_one_link_opens_no_other(world: World, anna: Someone) -> None:
    first = award(world, anna)
    one, other = share(anna, f"full:{first}"), share(anna, f"full:{first}", password="крыжовник")
    client = opened(world, one)
    proof = client.cookies["opened"]
    for forged in (proof, "9999999999.x", "x.y", "", "٣.x", "9" * 40 + ".x"):
        answer = world.visitor().get(other.path, headers={"cookie": f"opened={forged}".encode()})
        assert "Сидорова" not in answer.text


def test_a_password_is_asked_and_guesses_are_limited(world: World, anna: Someone) -> None:
    made = share(anna, f"full:{award(world, anna)}", password="крыжовник")
    client = world.visitor()
    assert 'type="password"' in client.get(made.path).text
    for _ in range(20):
        wrong = client.post(made.path, data={"password": "малина1"})
        assert wrong.status_code == 422
        assert "not the password" in wrong.text
    assert world.visitor().post(made.path, data={"password": "крыжовник"}).status_code == 429
    world.clock.advance(minutes=61)
    assert "Сидорова" in opened(world, made, password="крыжовник").get(made.path).text
    with world.portfolio.database.read() as session:
        row = session.get_one(ShareLink, made.id)
        assert row.views == 1
        assert row.password_hash is not None
        assert row.password_hash.startswith("$argon2id$")


@pytest.mark.fault(107)
def test_whoever_tries_links_hits_none_and_is_stopped(world: World, anna: Someone) -> None:
    made = share(anna, f"full:{award(world, anna)}")
    client = world.visitor()
    answers = [client.get(f"/s/{secrets.token_urlsafe(24)}").status_code for _ in range(MISSES + 10)]
    assert answers == [404] * MISSES + [429] * 10
    assert client.get(made.path).status_code == 429, "not even a real one is told apart then"
    world.clock.advance(minutes=11)
    assert client.get(made.path).status_code == 200


@pytest.mark.fault(107)
def test_a_dead_link_is_looked_for_as_one_that_never_was(world: World, anna: Someone) -> None:
    made = share(anna, f"full:{award(world, anna)}")
    anna.post(f"/p/{anna.person_id}/shares/{made.id}/kill")
    client = world.visitor()
    client.get("/s/warm")
    assert queries(world, lambda: client.get(made.path)) == queries(world, lambda: client.get("/s/" + "y" * 32))


@pytest.mark.fault(108)
def test_nothing_about_who_looked_is_stored(world: World, anna: Someone) -> None:
    made = share(anna, f"full:{award(world, anna)}")
    opened(world, made)
    columns = {column["name"] for column in inspect(world.portfolio.database.engine).get_columns("shareview")}
    assert columns == {"id", "link_id", "at"}
    with world.portfolio.database.read() as session:
        look = session.exec(select(AccessRecord).where(AccessRecord.viewer == "link")).one()
    assert (look.link_id, look.account_id, look.organisation_id) == (made.id, None, None)
    listed = anna.get(f"/p/{anna.person_id}/shares").text
    assert "Times opened" in listed
    assert "When it was opened" in listed


def test_a_guardian_ends_a_link_at_the_next_request_by_withdrawing(world: World) -> None:
    world.organisation()
    child = world.pupil()
    guardian = world.guardian_of(child)
    first = award(world, child)
    refused = child.post(f"/p/{child.person_id}/shares/new", {"label": "x", "show": [f"full:{first}"]})
    assert refused.status_code == 403
    consent(world, child)
    consent(world, guardian, child)
    made = share(child, f"full:{first}")
    client = opened(world, made)
    assert client.get(made.path).status_code == 200
    withdraw(world, guardian, child)
    assert client.get(made.path).status_code == 404
    answers_like_nothing(world, made)
    assert "does not work: no consent" in guardian.get(f"/p/{child.person_id}/shares").text


def test_others_links_do_not_exist(world: World, anna: Someone) -> None:
    made = share(anna, f"full:{award(world, anna)}")
    other = world.someone()
    for path in ("shares", "shares/new", f"shares/{made.id}/made", f"shares/{made.id}/presentation.zip"):
        assert other.get(f"/p/{anna.person_id}/{path}").status_code == 404
    assert other.post(f"/p/{anna.person_id}/shares/{made.id}/kill").status_code == 404
    assert other.post(f"/p/{other.person_id}/shares/{made.id}/kill").status_code == 404
    assert world.visitor().get(made.path).status_code == 200


def test_making_and_killing_are_in_the_audit_log(world: World, anna: Someone) -> None:
    made = share(anna, f"full:{award(world, anna)}")
    for _ in range(2):
        anna.post(f"/p/{anna.person_id}/shares/{made.id}/kill")
    with world.portfolio.database.read() as session:
        acts = [(row.act, row.subject) for row in session.exec(select(AuditRecord)) if row.act.startswith("share.")]
    assert acts == [("share.make", made.id), ("share.kill", made.id)]


def test_a_link_lasts_at_most_a_year(world: World, anna: Someone) -> None:
    first = award(world, anna)
    made = share(anna, f"full:{first}", lasting="year")
    with world.portfolio.database.read() as session:
        assert session.get_one(ShareLink, made.id).expires_at <= world.clock() + timedelta(days=366)
    asked = {"label": "x", "show": [f"full:{first}"], "lasting": "forever"}
    assert anna.post(f"/p/{anna.person_id}/shares/new", asked).status_code == 422


def test_no_page_asks_the_database_more_than_twelve_times(world: World, anna: Someone) -> None:
    for number in range(6):
        world.organisation(f"school{number}")
        award(world, anna, slug=f"school{number}", title=f"Олимпиада {number}")
    made = share(anna, scope="full")
    client = opened(world, made)
    for _ in range(3):
        share(anna, scope="minimal")
    counted = {
        path: queries(world, lambda path=path: anna.get(path))
        for path in (
            f"/p/{anna.person_id}/shares",
            f"/p/{anna.person_id}/shares/new",
            f"/p/{anna.person_id}/access-grants",
        )
    }
    counted |= {path: queries(world, lambda path=path: client.get(path)) for path in (made.path, made.path + "/1")}
    assert max(counted.values()) <= 12, counted


def test_whoever_has_nothing_is_told_what_to_do(world: World, anna: Someone) -> None:
    assert "Nothing to show yet" in anna.get(f"/p/{anna.person_id}/shares/new").text
    assert "No links yet" in anna.get(f"/p/{anna.person_id}/shares").text
    stranger = world.someone()
    assert "A consent is needed first" in stranger.get(f"/p/{stranger.person_id}/shares/new").text


def test_a_session_of_the_database_is_not_left_open(world: World, anna: Someone) -> None:
    made = share(anna, f"full:{award(world, anna)}")
    opened(world, made).get(made.path)
    with Session(world.portfolio.database.engine) as session:
        assert session.get_one(ShareLink, made.id).views == 1


def test_erasure_leaves_no_row_of_sharing(world: World, anna: Someone) -> None:
    """Erasure follows the foreign keys of every table: those of sharing must lead it to all that hangs on a link."""
    opened(world, share(anna, f"full:{award(world, anna)}"))
    tables = [SQLModel.metadata.tables[name] for name in ("sharelink", "shareitem", "shareview", "accessgrant")]
    with world.portfolio.database.write() as session:
        for table in reversed(tables):
            condition = belongs_to(table, [anna.person_id], [anna.account.id])
            assert condition is not None
            session.execute(table.delete().where(condition))
        assert [session.execute(table.select()).all() for table in tables] == [[], [], [], []]
