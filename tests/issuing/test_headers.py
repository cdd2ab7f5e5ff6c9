"""The row of column names is found whatever stands above it and however it is merged."""

from __future__ import annotations

import pytest
from openpyxl.worksheet.worksheet import Worksheet
from table_files import CPD, HEADER, OLYMPIAD, OTHER, ROW, SCHOOL, codes, read, text_table, workbook

TITLES = [("Протокол",), ("Муниципальный этап, 2025/26 учебный год", "", "", "Предмет: химия"), (), ("г. Казань",)]


def mapping(report: object) -> dict[str, str | None]:
    return {column.header: column.target for column in report.columns}  # type: ignore[attr-defined]


@pytest.mark.fault(83)
def test_titles_above_the_column_names_are_passed_over() -> None:
    for content in (text_table([*TITLES, HEADER, ROW]), workbook([*TITLES, HEADER, ROW])):
        report = read(content)
        assert report.table.header.numbers == (5,)
        assert report.rows[0].number == 6


def test_a_title_merged_over_all_columns_is_no_part_of_the_column_names() -> None:
    report = read(workbook([("Итоги олимпиады",), HEADER, ROW], lambda sheet: sheet.merge_cells("A1:F1")))
    assert report.table.header.numbers == (2,)
    assert report.columns[1].header == "ФИО"


def merged(sheet: Worksheet) -> None:
    for area in ("A1:A2", "B1:D1", "E1:E2", "F1:G1", "H1:H2", "I1:I2"):
        sheet.merge_cells(area)


TWO_ROWS = [
    ("№", "Слушатель", None, None, "Программа", "Период обучения", None, "Часов", "Рег. номер"),
    (None, "Фамилия", "Имя", "Отчество", None, "с", "по", None, None),
]
TEACHER = (1, "Ахметова", "Гөлнара", "Рәшит кызы", "Цифровая школа", "01.02.2025", "14.02.2025", 36, "ПК-0001")


@pytest.mark.fault(83)
def test_column_names_in_two_merged_rows_are_joined() -> None:
    report = read(workbook([*TWO_ROWS, TEACHER], merged), "cpd_certificate", {"award_date": "15.02.2025"})
    assert codes(report) == []
    assert report.table.header.numbers == (1, 2)
    assert report.columns[1].header == "Слушатель / Фамилия"
    assert report.rows[0].holder_name == "Ахметова Гөлнара Рәшит кызы"
    assert report.rows[0].fields["start_date"] == "2025-02-01"
    assert report.rows[0].fields["end_date"] == "2025-02-14"


def test_two_rows_of_column_names_survive_the_export_to_text() -> None:
    """Merged cells become empty ones, so a name spreads over the empty cells to its right."""
    rows = [[str(cell or "") for cell in row] for row in (*TWO_ROWS, TEACHER)]
    report = read(text_table([("Группа ПК-12",), *rows]), "cpd_certificate", {"award_date": "15.02.2025"})
    assert codes(report) == []
    assert report.table.header.numbers == (2, 3)
    assert report.rows[0].fields["end_date"] == "2025-02-14"


def test_the_score_of_one_task_is_not_taken_for_the_whole() -> None:
    """ "Баллы" over three columns names none of them: only the lower row says which is the sum."""
    rows = [
        ("№", "ФИО", "Класс", "Предмет", "Баллы", "", "", "Статус"),
        ("", "", "", "", "Задача 1", "Задача 2", "Сумма баллов", ""),
        ("1", ROW[1], "9", "Химия", "3", "4", "7", "призёр"),
    ]
    report = read(text_table(rows))
    assert report.rows[0].fields["score"] == "7"
    assert report.unknown_columns == ("Баллы / Задача 1", "Баллы / Задача 2")


def test_marks_under_one_heading_take_the_names_of_the_lower_row() -> None:
    rows = [
        ("ФИО", "Серия и номер", "Отметки", "", ""),
        ("", "", "Алгебра", "Нохчийн мотт", "Физика"),
        ("Хаджиев Иса Мусаевич", "02025", "5", "4", "3"),
    ]
    report = read(text_table(rows), "school_certificate", SCHOOL)
    assert report.rows[0].fields["marks"] == (("Алгебра", "5"), ("Нохчийн мотт", "4"), ("Физика", "3"))


def test_the_name_of_a_mentor_in_two_rows_is_not_the_holders() -> None:
    rows = [
        ("Участник", "", "Класс", "Предмет", "Статус", "Руководитель", ""),
        ("Фамилия", "Имя", "", "", "", "Фамилия", "Имя"),
        ("Иванов", "Пётр", "9", "Химия", "призёр", "Козлов", "Олег"),
    ]
    report = read(text_table(rows))
    assert codes(report) == []
    assert report.rows[0].holder_name == "Иванов Пётр"


def test_a_row_that_numbers_the_columns_is_left_out() -> None:
    numbers = tuple(str(at) for at in range(1, 7))
    for content in (text_table([HEADER, numbers, ROW]), workbook([HEADER, [*range(1, 7)], ROW])):
        report = read(content)
        assert [(one.row, one.reason) for one in report.left_out] == [(2, "column_numbers")]
        assert len(report.rows) == 1


def test_column_names_repeated_on_every_page_are_left_out() -> None:
    report = read(text_table([HEADER, ROW, HEADER, OTHER]))
    assert [(one.row, one.reason) for one in report.left_out] == [(3, "column_names")]
    assert len(report.rows) == 2


def test_values_that_look_like_column_names_make_no_header() -> None:
    """A subject, a status and "участник" occur in every row of data."""
    report = read(text_table([*[("Предмет", "Математика")] * 3, HEADER, (*ROW[:4], "Участник", "Математика"), OTHER]))
    assert report.table.header.numbers == (4,)


def test_column_names_without_the_holders_name_are_a_problem_not_a_refusal() -> None:
    report = read(text_table([("Класс", "Предмет", "Статус", "Балл"), ("9", "Химия", "призёр", "5")]))
    (told,) = [problem.text for problem in report.problems]
    assert told == (
        "There is no column for the required “Фамилия, имя, отчество”: add the column, or give one value for the "
        "whole table."
    )
    assert report.rows == []


def test_line_breaks_and_hard_spaces_in_column_names_do_not_matter() -> None:
    report = read(
        text_table([("№\u00a0п/п", "Ф.И.О.\nучастника", "КЛ.", " Предмет: ", "СТАТУС*", "Сумма\n баллов"), ROW])
    )
    assert codes(report) == []
    assert list(mapping(report).values()) == ["counter", "person.full_name", "grade", "subject", "degree", "score"]


def test_latin_look_alikes_in_column_names_do_not_matter() -> None:
    names = ("№", "ФИO", "Клacc", "Пpeдмeт", "Cтaтyc", "Бaлл")
    assert any(character.isascii() and character.isalpha() for character in "".join(names))
    assert len(read(text_table([names, ROW])).rows) == 1


def test_a_table_of_names_alone_is_read_with_values_for_the_whole_table() -> None:
    content = text_table([("ФИО",), ("Иванов Пётр",), ("Петрова Анна",)])
    report = read(content, "cpd_certificate", {**CPD, "registration_number": "1"})
    assert [row.holder_name for row in report.rows] == []
    assert codes(report) == ["conflicting_row", "conflicting_row"]  # one number for two people
    report = read(content, "participation", {"title": "Чтения", "award_date": "01.12.2025"})
    assert [row.holder_name for row in report.rows] == ["Иванов Пётр", "Петрова Анна"]


def test_how_the_table_was_read_is_told() -> None:
    report = read(text_table([*TITLES, (*HEADER, "Школа"), (*ROW, "№ 5")], encoding="cp1251"), defaults=OLYMPIAD)
    told = report.to_json()
    assert (told["encoding"], told["delimiter"], told["sheet"], told["header_rows"]) == ("windows-1251", ";", None, [5])
    assert told["unknown_columns"] == ["Школа"]
    assert {"column": "E", "header": "Статус", "field": "degree", "label": "Степень"} in told["columns"]
    assert told["preview"] == [
        {"row": 6, "cells": dict(zip(HEADER[1:], ROW[1:], strict=True))},
    ]
