"""Single cells: what they hold, as what they are read, and what is refused."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.credentials.kinds import KINDS, FieldType, kind_of
from portfolio.credentials.values import normalise
from portfolio.issuing.cells import Broken, Formula, Padded, Percentage, as_shown, clean, key, text_of
from portfolio.issuing.dates import read_date
from portfolio.issuing.marks import read_mark
from portfolio.issuing.problems import CellError
from portfolio.issuing.readers import read_email, read_snils, read_value

HOURS = kind_of("cpd_certificate").field("hours")
SCORE = kind_of("olympiad_award").field("score")


def code(read: object, *cell: object) -> str:
    with pytest.raises(CellError) as refused:
        read(*cell)  # type: ignore[operator]
    return refused.value.code


@pytest.mark.fault(64)
def test_spaces_of_all_kinds_and_invisible_characters_are_taken_out() -> None:
    assert clean("  Иванов\u00a0\u2009 Пётр\t\n\u200bСер\u00adгеевич\ufeff ") == "Иванов Пётр Сергеевич"


@pytest.mark.fault(64)
def test_letters_written_in_two_parts_become_one() -> None:
    assert clean("Йе\u0308лкин".replace("Й", "И\u0306")) == "Йёлкин"


@pytest.mark.fault(64)
def test_yo_and_ye_are_alike_for_comparing_and_kept_in_values() -> None:
    assert key("Объём, ЧАСОВ") == key("объем часов")
    assert text_of("Пётр") == "Пётр"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(CellError):
        read = text_of(text)
        assert clean(read) == read
        assert not read.startswith("=")


@pytest.mark.parametrize("dash", ["-", "–", "—", "−", " - ", "\u00a0–"])
def test_a_lone_dash_says_nothing(dash: str) -> None:
    assert text_of(dash) == ""


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("\x00", "bad_character"), ("а\x1b[31m", "bad_character"), ("\u202eтекст", "bad_character"),
        ("\ufffd\ufffd", "bad_character"), ("\ud800", "bad_character"), ("\ufdd0", "bad_character"),
        ("\U0001fffe", "bad_character"), ("=1+1", "formula"), (" =HYPERLINK(1)", "formula"), (Formula(), "formula"),
        ("#ССЫЛКА!", "excel_error"), ("#N/A", "excel_error"), (Broken("#REF!"), "excel_error"),
        ("1,23457E+11", "digits_lost"), ("1.2E+15", "digits_lost"), (1e15, "digits_lost"),
        (float("inf"), "digits_lost"),
        (float("nan"), "digits_lost"), (Percentage("97.5%"), "percentage"), (True, "wrong_cell"),
        (dt.time(10, 0), "wrong_cell"), (dt.timedelta(1), "wrong_cell"), (dt.date(2025, 1, 10), "date_in_text"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused(cell: object, expected: str) -> None:
    assert code(text_of, cell) == expected


@pytest.mark.parametrize(
    ("cell", "text"),
    [(10.0, "10"), (97.5, "97.5"), (0.1 + 0.2, "0.3"), (1e-5, "0.00001"), (123456789012345.0, "123456789012345"),
     (Padded("007"), "007"), (-3.0, "-3"), ("10.0", "10.0"), (None, ""), ("№ 5", "№ 5"), ("#хештег", "#хештег")],
)  # fmt: skip
def test_numbers_and_texts_become_text(cell: object, text: str) -> None:
    assert text_of(cell) == text  # type: ignore[arg-type]


@given(st.one_of(st.floats(), st.text(), st.dates(), st.datetimes(), st.booleans(), st.none(), st.times()))
def test_every_cell_can_be_shown(cell: object) -> None:
    assert isinstance(as_shown(cell), str)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "cell",
    ["09.03.2025", "9.3.2025", "09-03-2025", "2025-03-09", "2025.03.09", "2025-03-09T00:00:00", "09.03.2025 14:30",
     "09.03.2025 г.", "09.03.2025г", "9 марта 2025", "«09» марта 2025 г.", "9 мар. 2025 года", " 09 . 03 . 2025 ",
     "09.03.2025\u00a0", dt.date(2025, 3, 9), dt.datetime(2025, 3, 9, 23, 59)],  # noqa: DTZ001
)  # fmt: skip
def test_dates_are_read_as_people_write_them(cell: object) -> None:
    assert read_date(cell) == "2025-03-09"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("9.3.25", "two_digit_year"), ("09.03.09", "two_digit_year"), ("05/06/2025", "ambiguous_date"),
        ("12/25/2025", "ambiguous_date"), ("31.02.2025", "no_such_day"), ("29.02.2025", "no_such_day"),
        ("2025-13-01", "no_such_day"), ("00.01.2025", "no_such_day"), ("01.01.0025", "date_out_of_range"),
        ("01.01.2101", "date_out_of_range"), (45725.0, "date_is_number"), ("45725", "date_is_number"),
        ("2025", "date_is_number"), ("март 2025", "bad_date"), ("вчера", "bad_date"), ("09.03-2025", "bad_date"),
        ("2025-03-09T22:00:00Z", "bad_date"), ("09.03.2025 - 10.03.2025", "bad_date"), ("٠٩.٠٣.٢٠٢٥", "bad_date"),
        ("5 сотября 2025", "bad_date"),
    ],
)  # fmt: skip
def test_dates_that_may_mean_two_days_or_none_are_refused(cell: object, expected: str) -> None:
    assert code(read_date, cell) == expected


def test_a_slash_is_clear_where_the_day_is() -> None:
    assert read_date("25/12/2025") == "2025-12-25"
    assert read_date("05/05/2025") == "2025-05-05"


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)))
def test_every_day_is_read_back_from_every_form(day: dt.date) -> None:
    months = (
        "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
        "декабря",
    )  # fmt: skip
    forms = [
        day,
        day.isoformat(),
        f"{day.day:02}.{day.month:02}.{day.year}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day} {months[day.month - 1]} {day.year} г.",
    ]
    assert {read_date(form) for form in forms} == {day.isoformat()}


SNILS = "112-233-445 95"


@pytest.mark.parametrize(
    "cell",
    [
        SNILS,
        "11223344595",
        "112 233 445 95",
        "112‑233‑445\u00a095",
        11223344595.0,
        "11223344595.0",
        Padded("11223344595"),
    ],
)
def test_a_snils_is_read_however_it_is_written(cell: object) -> None:
    assert read_snils(cell) == "11223344595"  # type: ignore[arg-type]


def test_a_snils_gets_back_the_zeros_that_a_number_lost() -> None:
    assert read_snils(8765430300.0) == "08765430300"
    assert code(read_snils, "8765430300") == "bad_snils"


def test_check_digits_of_a_hundred_and_of_a_hundred_and_one_are_00() -> None:
    for number in ("004040989", "004041889", "087654302", "087654303"):
        total = sum(int(digit) * (9 - at) for at, digit in enumerate(number))
        assert total in (100, 101, 201, 202)
        assert read_snils(number + "00") == number + "00"


@given(st.integers(1_001_998, 999_999_999), st.integers(0, 98))
def test_one_wrong_check_number_is_noticed(number: int, shift: int) -> None:
    digits = f"{number:09}"
    right = sum(int(digit) * (9 - at) for at, digit in enumerate(digits)) % 101 % 100
    assert read_snils(f"{digits}{right:02}") == f"{digits}{right:02}"
    wrong = (right + 1 + shift) % 100
    if wrong != right:
        assert code(read_snils, f"{digits}{wrong:02}") == "snils_check_digits"


@pytest.mark.parametrize("cell", ["112-233-445", "1122334459", "112233445950", "11223344x95", "нет", "١١٢٢٣٣٤٤٥٩٥"])
def test_what_is_no_snils_is_refused(cell: str) -> None:
    assert code(read_snils, cell) == "bad_snils"


@pytest.mark.parametrize("address", ["a@b.ru", "i.ivanov+x@школа.рф", "o'neil@mail.example.org"])
def test_addresses_are_read(address: str) -> None:
    assert read_email(address) == address


@pytest.mark.parametrize(
    "address", ["a", "a@b", "a@b@c.ru", "a b@c.ru", "@c.ru", "a@.ru", "a@c.ru, b@c.ru", "<a@c.ru>", "a@c..ru"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert code(read_email, address) == "bad_email"


@pytest.mark.parametrize(
    ("cell", "mark"),
    [("5", "5"), (5.0, "5"), ("4.0", "4"), ("3,0", "3"), ("5 (отлично)", "5"), ("4 хорошо", "4"), ("ОТЛИЧНО", "5"),
     ("удовл.", "3"), ("зачтено", "зачтено"), ("Зач.", "зачтено"), ("зачёт", "зачтено"), ("-", ""), ("", ""),
     (None, ""), ("2", "2")],
)  # fmt: skip
def test_marks_are_read(cell: object, mark: str) -> None:
    assert read_mark(cell) == mark  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["1", "6", "5-", "4+", "4 (отлично)", "н/а", "4,5", 4.5, "54", "5 5", "освобожден"])
def test_what_is_no_mark_is_refused(cell: object) -> None:
    assert code(read_mark, cell) == "bad_mark"


@pytest.mark.parametrize(
    ("cell", "hours"),
    [("36", 36), (36.0, 36), ("36 ч.", 36), ("36 часов", 36), ("36 ак. ч.", 36), ("1 008 час.", 1008)],
)
def test_hours_are_read_with_their_unit(cell: object, hours: int) -> None:
    assert read_value(HOURS, cell) == hours  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "score"),
    [("97,5", "97.5"), ("97.50", "97.5"), (97.5, "97.5"), ("1 097,5", "1097.5"), ("0", "0"), ("", None)],
)
def test_scores_are_read_with_a_comma_or_a_point(cell: object, score: str | None) -> None:
    assert read_value(SCORE, cell) == score  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("97 5", "spaces_in_number"),
        ("97/100", "not_a_number"),
        ("1,234,5", "not_a_number"),
        ("-1", "too_small"),
        ("десять", "not_a_number"),
    ],
)
def test_what_is_no_one_number_is_refused(cell: str, expected: str) -> None:
    assert code(read_value, SCORE, cell) == expected


def test_what_a_reader_returns_is_its_own_normal_form() -> None:
    samples = {
        FieldType.TEXT: " Текст ", FieldType.INTEGER: "36 ч.", FieldType.DECIMAL: "9,50", FieldType.DATE: "9.3.2025",
    }  # fmt: skip
    for kind in KINDS.values():
        for field in kind.fields:
            if field.type in samples:
                value = read_value(field, samples[field.type])
                assert value is not None
                assert normalise(field, value) == value


@pytest.mark.fault(89)
@pytest.mark.parametrize(
    "piece", [" ", "1", "0.", "1 000 ", "а", "-", "1-", "a@", "@a.", "а1", "г", "ч. ", "(", "E+", "\u0301", "1."]
)
def test_no_cell_takes_long_to_read(piece: str) -> None:
    """Patterns stay linear: a cell as long as a cell may be, of the worst repetition, in a tenth of a second."""
    from portfolio.issuing.names import name_of_full

    text = piece * (32_767 // len(piece))
    for read in (
        text_of,
        read_date,
        read_snils,
        read_email,
        read_mark,
        key,
        name_of_full,
        lambda cell: read_value(SCORE, cell),
    ):
        started = time.process_time()
        with contextlib.suppress(CellError):
            read(text)  # type: ignore[operator]
        assert time.process_time() - started < 0.1, read
