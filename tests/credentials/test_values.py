"""Whatever is written in comes out in one form or is refused with a reason."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from credential_examples import AWKWARD, values
from hypothesis import given
from hypothesis import strategies as st

from portfolio.credentials.characters import DIRECTIONS, INVISIBLE, UNREADABLE
from portfolio.credentials.kinds import KINDS, Field, FieldType, Place
from portfolio.credentials.values import (
    MAX_ROWS,
    ValueProblem,
    fold,
    normalise,
    normalise_name,
    normalise_text,
)

TEXT = Field("text", "Текст", "Text", FieldType.TEXT, Place.RESULT, max_length=20)
HOURS = Field("hours", "Часы", "Hours", FieldType.INTEGER, Place.CREDITS_EARNED, minimum=1, maximum=20_000)
SCORE = Field("score", "Балл", "Score", FieldType.DECIMAL, Place.RESULT, minimum=0, maximum=1_000_000)
COLD = Field("cold", "Мороз", "Cold", FieldType.DECIMAL, Place.RESULT)
DAY = Field("day", "День", "Day", FieldType.DATE, Place.AWARDED_DATE)
YEAR = Field("year", "Год", "Year", FieldType.YEAR, Place.RESULT)
DEGREE = KINDS["olympiad_award"].field("degree")
MARKS = KINDS["school_certificate"].field("marks")


@pytest.mark.parametrize(
    ("field", "raw", "normal"),
    [
        (TEXT, "  Иванов\u00a0 Иван\t", "Иванов Иван"),
        (TEXT, "10А", "10А"),
        (YEAR, " 2026 ", "2026"),
        (YEAR, 2026.0, "2026"),
        (TEXT, 10.0, "10"),
        (TEXT, 10, "10"),
        (TEXT, 9.5, "9.5"),
        (TEXT, Decimal("1.50"), "1.50"),
        (TEXT, "И\u0306од\u00ad\u200bный", "Йодный"),
        (TEXT, "две\r\nстроки", "две строки"),
        (TEXT, "a\u2028b\u0085c", "a b c"),
        (TEXT, "😀" * 20, "😀" * 20),
        (HOURS, "72", 72),
        (HOURS, 72.0, 72),
        (HOURS, "72,0", 72),
        (HOURS, " 1 440 ", 1440),
        (HOURS, Decimal(36), 36),
        (SCORE, "97,50", "97.5"),
        (SCORE, 97.1, "97.1"),
        (SCORE, "100.0", "100"),
        (SCORE, "1000", "1000"),
        (SCORE, "007", "7"),
        (SCORE, "-0,0", "0"),
        (SCORE, "+5", "5"),
        (SCORE, 1_000_000, "1000000"),
        (COLD, "-12,50", "-12.5"),
        (DAY, "05.03.2026", "2026-03-05"),
        (DAY, "5.3.2026", "2026-03-05"),
        (DAY, "2026-03-05", "2026-03-05"),
        (DAY, date(2026, 3, 5), "2026-03-05"),
        (DAY, datetime(2026, 3, 5, 23, 59), "2026-03-05"),  # noqa: DTZ001 - as a spreadsheet gives it
        (DEGREE, "ПРИЗЁР", "prize_winner"),
        (DEGREE, "призер", "prize_winner"),
        (DEGREE, " Диплом I  степени. ", "winner"),
        (DEGREE, 1, "winner"),
        (DEGREE, "participant", "participant"),
        (MARKS, {"Физика": 5, "Химия": 4.0, "Музыка": None, "Труд": " "}, (("Физика", "5"), ("Химия", "4"))),
        (MARKS, [["Физика", "5"]], (("Физика", "5"),)),
    ],
)
def test_a_value_comes_out_in_its_normal_form(field: Field, raw: Any, normal: Any) -> None:
    assert normalise(field, raw) == normal
    assert type(normalise(field, raw)) is type(normal)


@pytest.mark.parametrize(
    ("field", "raw", "code"),
    [
        (TEXT, None, "empty"),
        (TEXT, " \u00a0\u200b", "empty"),
        (TEXT, True, "not_text"),
        (TEXT, date(2026, 1, 1), "not_text"),
        (TEXT, b"bytes", "not_text"),
        (TEXT, "x" * 21, "too_long"),
        (TEXT, "a\x00b", "control_character"),
        (TEXT, "a\x1fb", "control_character"),
        (TEXT, "a\x7fb", "control_character"),
        (TEXT, "a\x9fb", "control_character"),
        (TEXT, "a\ufffeb", "control_character"),
        (TEXT, "a\ufdd0b", "control_character"),
        (TEXT, "a\U0010ffffb", "control_character"),
        (TEXT, "a\ud800b", "control_character"),
        (TEXT, "\u202eвонавИ", "direction_mark"),
        (TEXT, "a\u2066b", "direction_mark"),
        (HOURS, "", "empty"),
        (HOURS, 72.5, "not_an_integer"),
        (HOURS, "72 ч", "not_an_integer"),
        (HOURS, "1e3", "not_an_integer"),
        (HOURS, "٧٢", "not_an_integer"),
        (HOURS, True, "not_text"),
        (HOURS, 0, "too_small"),
        (HOURS, 20_001, "too_large"),
        (HOURS, "9" * 5000, "not_an_integer"),
        (SCORE, " ", "empty"),
        (SCORE, float("nan"), "not_a_number"),
        (SCORE, float("inf"), "not_a_number"),
        (SCORE, "1.1234567", "not_a_number"),
        (SCORE, "1.2.3", "not_a_number"),
        (SCORE, "-0.5", "too_small"),
        (SCORE, 1e22, "not_a_number"),
        (DAY, "", "empty"),
        (DAY, "31.02.2026", "no_such_day"),
        (DAY, "2026-13-01", "no_such_day"),
        (DAY, "03/04/2026", "not_a_date"),
        (DAY, 46000, "not_a_date"),
        (DAY, "01.01.1899", "date_out_of_range"),
        (DAY, "01.01.2101", "date_out_of_range"),
        (YEAR, "1899", "date_out_of_range"),
        (YEAR, "２０２６", "date_out_of_range"),
        (YEAR, " ", "empty"),
        (DEGREE, "золото", "unknown_choice"),
        (DEGREE, "", "empty"),
        (MARKS, None, "empty"),
        (MARKS, {}, "empty"),
        (MARKS, {"Физика": ""}, "empty"),
        (MARKS, "Физика: 5", "not_marks"),
        (MARKS, 5, "not_marks"),
        (MARKS, [("Физика",)], "not_marks"),
        (MARKS, ["Физика"], "not_marks"),
        (MARKS, [("Физика", 5), ("физика", 4)], "repeated_subject"),
        (MARKS, [(f"Предмет {number}", 5) for number in range(MAX_ROWS + 1)], "too_many_rows"),
        (MARKS, {"Физика": "x" * 31}, "too_long"),
    ],
)
def test_a_value_that_a_field_cannot_hold_is_refused_with_a_reason(field: Field, raw: Any, code: str) -> None:
    with pytest.raises(ValueProblem) as problem:
        normalise(field, raw)
    assert problem.value.code == code
    assert str(problem.value) == problem.value.message % problem.value.data


@pytest.mark.fault(64)
@given(st.lists(st.sampled_from(AWKWARD) | st.characters(exclude_categories=("Cs",)), max_size=12).map("".join))
def test_equal_text_has_one_form_and_normalising_twice_changes_nothing(text: str) -> None:
    try:
        normal = normalise_text(text, max_length=300)
    except ValueProblem as problem:
        assert problem.code in {"empty", "control_character", "direction_mark", "too_long"}  # noqa: PT017
        return
    assert normalise_text(normal, max_length=300) == normal
    for form in ("NFC", "NFD"):
        assert normalise_text(unicodedata.normalize(form, text), max_length=300) == normal
    assert not any(pattern.search(normal) for pattern in (UNREADABLE, DIRECTIONS, INVISIBLE))
    assert normal.encode("utf-8").decode("utf-8") == normal


@pytest.mark.parametrize(
    "field", [field for kind in KINDS.values() for field in kind.fields], ids=lambda field: field.name
)
def test_normal_forms_stay_as_they_are(field: Field) -> None:
    @given(values(field))
    def normalise_again(value: Any) -> None:
        assert normalise(field, value) == value

    normalise_again()


def test_names_of_the_country_pass() -> None:
    for name in ("Гыйльметдинов Әнвәр", "О’Коннор-Иванова Анна", "Ҥикиталиин Сардаана", "Ли", "Дауд-Хаджиев Ӏумар"):
        assert normalise_name(name) == name
    with pytest.raises(ValueProblem, match="200"):
        normalise_name("я" * 201)


def test_choices_are_compared_without_case_or_dots() -> None:
    assert fold(" Призёр.. ") == fold("ПРИЗЕР") == "призер"
