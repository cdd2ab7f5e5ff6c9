"""Rows: what is left out, what is refused and where, what comes out."""

from __future__ import annotations

import ast
import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_files import CPD, HEADER, OTHER, ROW, SCHOOL, codes, found, read, text_table, workbook

from portfolio.credentials import values
from portfolio.credentials.kinds import kind_of
from portfolio.credentials.values import normalise
from portfolio.issuing import problems as problems_module
from portfolio.issuing.messages import MESSAGES
from portfolio.issuing.problems import Severity

EVENT = {"title": "Чтения", "award_date": "01.12.2025"}


def left_out(*rows: tuple[str, ...]) -> list[tuple[int, str]]:
    report = read(text_table([HEADER, ROW, OTHER, *rows]))
    assert len(report.rows) == 2, report.problems
    assert codes(report) == []
    return [(row.row, row.reason) for row in report.left_out]


@pytest.mark.fault(83)
@pytest.mark.parametrize(
    "footer",
    [
        ("Итого", "2"), ("Итого:", "", "", "", "", "177,5"), ("", "Итого участников: 2"), ("Всего", "", "", "2"),
        ("ИТОГО ПО ШКОЛЕ", "2", "", "", "", "88"), ("", "Всего участников", "2"),
        ("Средний балл", "", "", "", "", "88,7"),
        ("Председатель жюри", "", "", "Козлов О. И."), ("", "Председатель жюри: Козлов О. И."), ("Секретарь ________",),
        ("", "", "", "______________ / Козлов О. И. /"), ("Директор школы", "", "Козлов"), ("М.П.",), ("Total", "2"),
        ("Члены жюри:",), ("* диплом вручается лично",), ("Примечание: баллы округлены",),
    ],
)  # fmt: skip
def test_totals_and_signatures_are_left_out_and_listed(footer: tuple[str, ...]) -> None:
    assert [number for number, _ in left_out(footer)] == [4]


def test_what_stands_below_a_footer_is_left_out_with_it() -> None:
    footer = [("Итого", "2"), ("", "", ""), ("Жюри:", ""), ("", "Козлов О. И."), ("", "Крылова А. А.")]
    assert left_out(*footer) == [(4, "footer"), (6, "footer"), (7, "footer"), (8, "footer")]


def test_a_subtotal_between_rows_is_left_out_and_reading_goes_on() -> None:
    report = read(text_table([HEADER, ROW, ("Итого", "1", "", "", "", "97,5"), OTHER]))
    assert [row.number for row in report.rows] == [2, 4]
    assert [(row.row, row.text) for row in report.footers_left_out] == [(3, "Итого 1 97,5")]


def test_a_person_whose_name_begins_like_a_footer_is_read() -> None:
    report = read(
        text_table([HEADER, ("1", "Всеволодов Итогай Жюриевич", *ROW[2:]), ("2", "Директоров Олег", *OTHER[2:])])
    )
    assert [row.holder_name for row in report.rows] == ["Всеволодов Итогай Жюриевич", "Директоров Олег"]


def test_a_table_of_names_alone_keeps_its_people_and_loses_its_signatures() -> None:
    people = (
        "Иванов Пётр",
        "Директоров Олег",
        "Итого",
        "Секретарева Анна",
        "Директор Козлов",
        "Председатель жюри: Козлов О. И.",
    )
    report = read(text_table([("ФИО",), *[(name,) for name in people]]), "participation", EVENT)
    assert [row.holder_name for row in report.rows] == ["Иванов Пётр", "Директоров Олег", "Секретарева Анна"]
    assert [row.row for row in report.left_out] == [4, 6, 7]


def test_a_director_who_is_a_holder_is_read() -> None:
    rows = [("Должность", "ФИО", "Рег. номер"), ("Директор", "Козлов Олег Игоревич", "77-1")]
    assert len(read(text_table(rows), "cpd_certificate", CPD).rows) == 1


def test_headings_between_the_rows_are_left_out() -> None:
    report = read(text_table([HEADER, ("9 класс",), ROW, ("", "10 класс"), OTHER]))
    assert [(row.row, row.reason) for row in report.left_out] == [(2, "heading"), (4, "heading")]
    assert len(report.rows) == 2


def test_a_heading_merged_over_the_row_is_left_out() -> None:
    report = read(
        workbook([HEADER, (None, "Победители"), ROW], lambda sheet: sheet.merge_cells("B2:F2")),
    )
    assert [(row.row, row.reason) for row in report.left_out] == [(2, "heading")]


def test_a_name_alone_in_its_row_is_no_heading() -> None:
    report = read(text_table([HEADER, ROW, ("3", "Сидоров Семён")]))
    assert found(report) == [(3, "Предмет", "missing_value"), (3, "Статус", "missing_value")]


def test_empty_rows_and_numbered_blank_rows_are_skipped() -> None:
    report = read(text_table([HEADER, ROW, (), ("", " ", "\u00a0"), ("2",), ("3.", "", ""), OTHER]))
    assert codes(report) == []
    assert report.left_out == []
    assert [row.number for row in report.rows] == [2, 7]


def test_column_names_without_rows_are_a_problem() -> None:
    for rows in ([HEADER], [HEADER, ("Итого", "0")], [HEADER, ("1",), ("2",)]):
        assert codes(read(text_table(rows))) == ["no_rows"]


def test_every_problem_says_row_column_value_and_what_to_do() -> None:
    report = read(text_table([HEADER, ("1", ROW[1], "10А", "", "чемпион", "много")]))
    assert [problem.to_json() for problem in report.problems] == [
        {
            "row": 2, "column": "Предмет", "value": None, "code": "missing_value", "severity": "error",
            "message": "“%(field)s” is required and is empty.", "data": {"field": "Предмет"},
            "text": "“Предмет” is required and is empty.",
        },
        {
            "row": 2, "column": "Статус", "value": "чемпион", "code": "unknown_choice", "severity": "error",
            "message": "This is none of the values that this column may have: %(known)s.",
            "data": {"known": "Победитель, Призёр, Участник"},
            "text": "This is none of the values that this column may have: Победитель, Призёр, Участник.",
        },
        {
            "row": 2, "column": "Балл", "value": "много", "code": "not_a_number", "severity": "error",
            "message": "This is no number with at most six decimal places.", "data": {},
            "text": "This is no number with at most six decimal places.",
        },
    ]  # fmt: skip


@pytest.mark.fault(83)
def test_a_bad_row_leaves_the_good_ones() -> None:
    report = read(text_table([HEADER, ROW, ("2", "Сидоров Семён", "9", "Химия", "чемпион", "1"), OTHER]))
    assert [row.number for row in report.rows] == [2, 4]
    assert report.row_count == 3
    assert report.error_count == 1


def test_a_doubt_leaves_its_row_good() -> None:
    report = read(text_table([HEADER, ("1", "Ивaнов Пётр", *ROW[2:])]))
    assert codes(report) == ["name_mixed_letters"]
    assert report.problems[0].severity is Severity.WARNING
    assert report.warnings == report.problems
    assert report.errors == []
    assert report.rows[0].holder_name == "Ивaнов Пётр"


def test_a_repeated_row_is_an_error_at_its_second_place() -> None:
    report = read(text_table([HEADER, ROW, OTHER, ROW]))
    assert found(report) == [(4, None, "duplicate_row")]
    assert report.problems[0].data == {"other": 2}
    assert [row.number for row in report.rows] == [2, 3]


def test_a_repeated_row_is_seen_through_spelling() -> None:
    report = read(text_table([HEADER, ROW, ("2", " иванов петр\u00a0сергеевич ", *ROW[2:5], "97.50")]))
    assert codes(report) == ["conflicting_row", "conflicting_row"]  # alike to the reader, not to the letter
    report = read(text_table([HEADER, ROW, ("2", " Иванов Пётр\u00a0Сергеевич ", *ROW[2:5], "97.50")]))
    assert codes(report) == ["duplicate_row"]


def test_two_rows_that_contradict_each_other_are_both_errors() -> None:
    report = read(text_table([HEADER, ROW, OTHER, (*ROW[:4], "Призёр", "50")]))
    assert found(report) == [(2, None, "conflicting_row"), (4, None, "conflicting_row")]
    assert [row.number for row in report.rows] == [3]


def test_namesakes_are_told_apart_by_their_own_data() -> None:
    header = (*HEADER, "Дата рождения")
    report = read(text_table([header, (*ROW, "01.02.2009"), (*ROW[:4], "Призёр", "50", "03.04.2009")]))
    assert codes(report) == []
    assert len(report.rows) == 2


def test_one_registration_number_for_two_people_is_a_contradiction() -> None:
    rows = [("ФИО", "Рег. номер"), ("Иванов Пётр", "7"), ("Петрова Анна", "7")]
    assert codes(read(text_table(rows), "cpd_certificate", CPD)) == ["conflicting_row", "conflicting_row"]


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    rows = [("ФИО", "Рег. номер", "Начало", "Окончание"), ("Иванов Пётр", "7", "02.03.2025", "01.03.2025")]
    assert found(read(text_table(rows), "cpd_certificate", CPD)) == [(2, "Окончание", "period_reversed")]


def test_a_score_above_the_maximum_is_refused() -> None:
    report = read(text_table([(*HEADER, "Макс. балл"), (*ROW, "97"), (*OTHER, "80")]))
    assert found(report) == [(2, "Балл", "score_above_maximum")]


def test_an_award_before_birth_is_refused() -> None:
    report = read(text_table([(*HEADER, "Дата рождения"), (*ROW, "01.12.2025")]))
    assert codes(report) == ["awarded_before_birth"]


def test_a_long_text_is_refused_by_the_fields_own_limit() -> None:
    report = read(text_table([HEADER, (*ROW[:2], "1" * 40, *ROW[3:])]))
    assert found(report) == [(2, "Класс", "too_long")]
    report = read(text_table([HEADER, ("1", "Я" * 150 + " " + "ю" * 150, *ROW[2:])]))
    assert found(report) == [(2, "ФИО", "too_long")]


def test_a_value_in_a_problem_is_shortened() -> None:
    report = read(text_table([HEADER, (*ROW[:4], "ч" * 5000, "1")]))
    assert len(report.problems[0].value or "") == problems_module.SHOWN


def test_texts_of_a_program_that_writes_whole_numbers_with_a_tail_lose_it() -> None:
    rows = [
        HEADER,
        *[
            (str(at), f"Иванов Пётр {name}", f"{at + 8}.0", *ROW[3:])
            for at, name in enumerate(("Ильич", "Львович", "Юрьевич"), 1)
        ],
    ]
    assert [row.fields["grade"] for row in read(text_table(rows)).rows] == ["9", "10", "11"]
    mixed = [*rows, ("4", "Петрова Анна", "11А", *ROW[3:])]
    assert read(text_table(mixed)).rows[0].fields["grade"] == "9.0"


def test_yo_is_kept_as_written_and_folded_for_choices() -> None:
    for written in ("призер", "ПРИЗЁР", " Призер "):
        report = read(text_table([HEADER, ("1", "Семёнов Артём", "9", "Химия", written, "5")]))
        assert report.rows[0].fields["degree"] == "prize_winner"
        assert report.rows[0].holder_name == "Семёнов Артём"


def test_all_rows_stay_in_the_order_of_the_file() -> None:
    rows = [
        (str(at), f"Иванов Пётр {'Я' * (at % 7)}{at % 3 * 'ю'}ич", "9", f"Предмет {at}", "призёр", "5")
        for at in range(300)
    ]
    assert [row.number for row in read(text_table([HEADER, *rows])).rows] == [*range(2, 302)]


def test_problems_without_end_are_counted_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems_module, "LIMIT", 10)
    rows = [(str(at), f"Иванов Пётр {'ю' * (at + 1)}", "9", "Химия", "чемпион", "5") for at in range(40)]
    report = read(text_table([HEADER, *rows, (*OTHER[:3], "Физика", *OTHER[4:])]))
    assert len(report.problems) == 10
    assert report.problem_count == report.error_count == 40
    assert [row.number for row in report.rows] == [42]


def test_every_message_fills_from_the_data_it_comes_with() -> None:
    """A translation keeps the places; a place without data would be an error at the worst moment."""
    everything = text_table(
        [
            (*HEADER, "Дата рождения", "СНИЛС", "Email", "Рег. номер", "Макс. балл"),
            ("1", "Иванов", "x" * 30, "=1", "кто", "5 5", "1.1.09", "1", "a", "0012", "1"),
            ("2", "Ивaнов П. 1", "9", "#N/A", "1", "7", "01.01.2200", "11223344594", "a@b.ru", "1E+20", "1"),
            ("3", "Иванов Пётр", "9", "Х\u0007", "1", "7", "01/02/2009", "", "", "", "5"),
        ]
    )
    report = read(everything, defaults={"title": "t", "level": "?", "nothing": "1"})
    assert report.error_count > 12
    for problem in report.problems:
        assert "%(" not in problem.text
        if problem.code in MESSAGES:
            assert problem.message == MESSAGES[problem.code]


def test_everything_that_a_field_may_refuse_has_a_sentence_here() -> None:
    """The codes that `credentials/values.py` raises, read from its source."""
    tree = ast.parse(inspect.getsource(values))
    raised = {
        node.args[0].value: node.args[1].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ValueProblem"
        and isinstance(node.args[0], ast.Constant) and isinstance(node.args[1], ast.Constant)
    }  # fmt: skip
    assert len(raised) > 10
    for code, message in raised.items():
        places = set(re.findall(r"%\((\w+)\)s", str(message)))
        assert set(re.findall(r"%\((\w+)\)s", MESSAGES[str(code)])) <= places, code


CELL = st.one_of(
    st.sampled_from(
        ["", "-", "Иванов Пётр", "9", "10.0", "призёр", "=1", "Итого", "01.02.2009", "1E+20", "Химия", "___", "№"]
    ),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12),
)


@pytest.mark.fault(83)
@given(
    st.lists(st.lists(CELL, max_size=8), max_size=12),
    st.sampled_from(["olympiad_award", "school_certificate", "cpd_certificate"]),
)
def test_any_rows_below_column_names_are_read_or_reported(rows: list[list[str]], kind: str) -> None:
    """Every data row is issued, reported or listed as left out; what is issued is normal."""
    content = text_table([(*HEADER, "Рег. номер", "Алгебра"), *rows])
    report = read(content, kind, SCHOOL if kind == "school_certificate" else CPD)
    good = {row.number for row in report.rows}
    bad = {problem.row for problem in report.errors if problem.row}
    assert not good & bad
    assert good <= {number for number, _ in enumerate(rows, start=2)}
    for row in report.rows:
        for name, value in row.fields.items():
            field = kind_of(kind).field(name)
            assert field is not None
            assert normalise(field, value) == value
