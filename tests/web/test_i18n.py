from __future__ import annotations

import pytest

from portfolio.i18n import (
    choose_language,
    format_day,
    format_decimal,
    format_moment,
    gettext_for,
    isolated,
    ngettext_for,
    visible,
)

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "expected"),
    [
        (None, None, None, "ru"),
        (None, None, "", "ru"),
        ("en", "ru", "ru", "en"),
        (None, "en", "ru", "en"),
        ("tlh", "en", None, "en"),
        ("", "", "en", "en"),
        (None, "<script>", "en-GB,en;q=0.9", "en"),
        (None, None, "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        (None, None, "en-US,en;q=0.9,ru;q=0.8", "en"),
        (None, None, "ru;q=0.2, en;q=0.7", "en"),
        (None, None, "de, en-GB; q=0.8, *;q=0.1", "en"),
        (None, None, "tt,ru;q=0.5,en;q=0.4", "ru"),
        (None, None, "de,fr", "ru"),
        (None, None, "en;q=0", "ru"),
        (None, None, "en;q=nan,ru;q=x,;;,=", "ru"),
        (None, None, "*", "ru"),
        (None, None, "en," * 10_000, "en"),
    ],
)
def test_language_is_that_of_the_switch_then_the_cookie_then_the_browser_then_russian(
    query: str | None, cookie: str | None, accept: str | None, expected: str
) -> None:
    assert choose_language(query, cookie, accept) == expected


def test_moment_is_written_as_people_write_it_with_its_zone() -> None:
    assert format_moment(1795341600, "ru").replace(NBSP, " ") == "22 ноября 2026 г., 13:00 МСК"
    assert format_moment(1795341600, "en").replace(NBSP, " ") == "22 November 2026, 13:00 UTC+3"


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("Asia/Yekaterinburg", "15:00 UTC+5"),
        ("Asia/Kolkata", "15:30 UTC+5:30"),
        ("America/St_Johns", "06:30 UTC\N{MINUS SIGN}3:30"),
        ("UTC", "10:00 UTC"),
    ],
)
def test_moment_follows_the_zone_of_the_organisation(zone: str, end: str) -> None:
    assert format_moment(1795341600, "ru", time_zone=zone).replace(NBSP, " ") == f"22 ноября 2026 г., {end}"


def test_moment_beyond_the_calendar_is_its_number() -> None:
    assert format_moment(2**64, "ru") == str(2**64)


def test_unknown_zone_is_an_error() -> None:
    with pytest.raises(LookupError):
        format_moment(0, "ru", time_zone="Mars/Olympus_Mons")


@pytest.mark.parametrize(("day", "shown"), [("2026-05-09", "9 мая 2026 г."), ("no day", "no day")])
def test_day_is_written_out(day: str, shown: str) -> None:
    assert format_day(day, "ru").replace(NBSP, " ") == shown


def test_decimal_has_the_sign_of_the_language_and_every_digit() -> None:
    assert format_decimal("1234567.125", "ru") == "1234567,125"
    assert format_decimal("1234567.125", "en") == "1234567.125"


@pytest.mark.parametrize(
    ("count", "shown"), [(1, "1 источника"), (2, "2 источников"), (5, "5 источников"), (21, "21 источника")]
)
def test_plural_is_that_of_the_language(count: int, shown: str) -> None:
    assert ngettext_for("ru")("one source", "%(count)d sources", count) % {"count": count} == shown


def test_english_is_the_sentence_itself() -> None:
    assert gettext_for("en")("Genuine") == "Genuine"
    assert ngettext_for("en")("one source", "%(count)d sources", 1) == "one source"


@pytest.mark.fault(85)
def test_marks_that_reorder_text_become_visible() -> None:
    assert visible("\u202eваонави\u2066\u2069\u2028\u2029") == "\ufffdваонави" + "\ufffd" * 4
    assert visible("שלום\u200f Мария Ә") == "שלום\u200f Мария Ә"


@pytest.mark.fault(85)
def test_isolated_name_cannot_end_its_own_isolation() -> None:
    inside = isolated("a\u2069\u202eb")[1:-1]
    assert isolated("x") == "\u2068x\u2069"
    assert not set(inside) & set("\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e")
