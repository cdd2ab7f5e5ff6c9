"""Excel workbooks: dates, numbers, formulas, merged and hidden cells, several sheets."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet
from table_files import (
    HEADER,
    OTHER,
    ROW,
    codes,
    found,
    inline_row,
    raw_workbook,
    read,
    read_cell,
    workbook,
    worksheet,
)

from portfolio.issuing.problems import TableError
from portfolio.issuing.spreadsheets import read_table

DATED = {"title": "ВсОШ", "level": "школьный"}


def reason_of(content: bytes, *, sheet: str | None = None) -> TableError:
    with pytest.raises(TableError) as refused:
        read_table(content, sheet=sheet)
    return refused.value


def test_a_workbook_is_read_with_its_row_numbers() -> None:
    report = read(workbook([("Итоги",), (), HEADER, ROW, (), OTHER]))
    assert report.table.sheet == "Итоги"
    assert report.table.header.numbers == (3,)
    assert [row.number for row in report.rows] == [4, 6]


def test_a_table_that_begins_in_another_corner_is_read() -> None:
    report = read(workbook([(), (None, None, *HEADER), (None, None, *ROW)]))
    assert report.rows[0].holder_name == ROW[1]
    assert report.columns[1].letter == "D"


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
@pytest.mark.parametrize("value", [dt.date(2025, 3, 9), dt.datetime(2025, 3, 9, 14, 30)])  # noqa: DTZ001
def test_dates_of_excel_are_dates_in_both_of_its_calendars(value: dt.date, epoch: dt.datetime | None) -> None:
    def set_epoch(book: openpyxl.Workbook) -> None:
        if epoch:
            book.epoch = epoch

    book = openpyxl.Workbook()
    set_epoch(book)
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append([*HEADER, "Дата"])
    sheet.append([*ROW, value])
    target = io.BytesIO()
    book.save(target)
    assert read(target.getvalue(), defaults=DATED).rows[0].fields["award_date"] == "2025-03-09"


def test_a_number_where_a_date_belongs_is_refused() -> None:
    report = read_cell("Дата", 45725, defaults=DATED)
    assert found(report) == [(2, "Дата", "date_is_number")]
    assert report.problems[0].value == "45725"


@pytest.mark.parametrize(
    ("header", "value"), [("Класс обучения", dt.date(2025, 1, 10)), ("Рег. номер", dt.date(2024, 5, 12))]
)
def test_a_text_that_excel_turned_into_a_date_is_refused(header: str, value: dt.date) -> None:
    rows = [(*HEADER[:2], header, *HEADER[3:]), (*ROW[:2], value, *ROW[3:])]
    report = read(workbook(rows))
    assert codes(report) == ["date_in_text"]
    assert report.problems[0].data["date"] == value.strftime("%d.%m.%Y")


def test_a_number_that_excel_turned_into_a_date_is_refused() -> None:
    """10.5 typed in a Russian Excel becomes the tenth of May."""
    report = read(workbook([HEADER, (*ROW[:5], dt.date(2025, 5, 10))]))
    assert found(report) == [(2, "Балл", "date_in_text")]


def test_whole_numbers_lose_the_tail_that_workbooks_give_them() -> None:
    report = read(workbook([HEADER, (1, ROW[1], 10, "Химия", 1, 97)]))
    assert report.rows[0].fields["grade"] == "10"
    assert report.rows[0].fields["degree"] == "winner"
    assert report.rows[0].fields["score"] == "97"


def test_numbers_have_the_digits_that_excel_shows() -> None:
    assert read(workbook([HEADER, (*ROW[:5], 0.1 + 0.2)])).rows[0].fields["score"] == "0.3"


def test_numbers_kept_as_text_are_numbers() -> None:
    assert read(workbook([HEADER, (*ROW[:5], " 1\u00a0097,50 ")])).rows[0].fields["score"] == "1097.5"


def test_leading_zeros_of_a_registration_number_stay() -> None:
    assert read_cell("Рег. номер", "000123").rows[0].fields["registration_number"] == "000123"


def test_leading_zeros_that_a_number_format_shows_are_read() -> None:
    def pad(sheet: Worksheet) -> None:
        sheet["G2"].number_format = "000000"

    report = read(workbook([(*HEADER, "Рег. номер"), (*ROW, 123)], pad))
    assert report.rows[0].fields["registration_number"] == "000123"


def test_a_number_among_texts_with_leading_zeros_is_a_doubt() -> None:
    report = read(workbook([(*HEADER, "Рег. номер"), (*ROW, "00122"), (*OTHER, 123)]))
    assert found(report) == [(3, "Рег. номер", "zeros_lost")]
    assert len(report.rows) == 2


def test_a_percentage_is_refused() -> None:
    def show(sheet: Worksheet) -> None:
        sheet["F2"].number_format = "0.0%"

    report = read(workbook([HEADER, (*ROW[:5], 0.975)], show))
    assert found(report) == [(2, "Балл", "percentage")]
    assert report.problems[0].value == "97.5%"


def test_a_number_longer_than_excel_keeps_is_refused() -> None:
    assert codes(read_cell("Рег. номер", 123456789012345678)) == ["digits_lost"]


@pytest.mark.parametrize("value", [dt.time(10, 30), True, dt.timedelta(hours=30)])
def test_times_and_truth_values_are_refused(value: object) -> None:
    assert codes(read_cell("Профиль", value)) in (["wrong_cell"], ["date_in_text"])


@pytest.mark.fault(83)
def test_a_formula_is_refused_with_its_row_and_column() -> None:
    report = read(workbook([HEADER, (*ROW[:5], "=1+1"), OTHER]))
    assert found(report) == [(2, "Балл", "formula")]
    assert [row.number for row in report.rows] == [3]


def test_a_formula_is_refused_although_its_last_value_is_stored() -> None:
    cells = inline_row(2, ROW[:5]).removesuffix("</row>") + '<c r="F2"><f>A1*2</f><v>97</v></c></row>'
    assert codes(read(raw_workbook(worksheet(inline_row(1, HEADER) + cells)))) == ["formula"]


def test_a_formula_in_a_column_that_is_not_read_does_not_matter() -> None:
    assert codes(read(workbook([(*HEADER, "Рейтинг"), (*ROW, "=F2*2")]))) == []


def test_a_formula_in_the_column_of_numbers_and_in_the_footer_does_not_matter() -> None:
    report = read(
        workbook([HEADER, ("=ROW()-1", *ROW[1:]), ("Итого", "=COUNTA(B2:B2)", None, None, None, "=SUM(F2:F2)")])
    )
    assert codes(report) == []
    assert len(report.rows) == 1


def test_a_formula_among_the_column_names_is_refused() -> None:
    def name(sheet: Worksheet) -> None:
        sheet["G1"] = '="Балл"&1'

    assert "formula_header" in codes(read(workbook([(*HEADER, "x"), (*ROW, "1")], name)))


def test_formulas_of_conditional_formats_are_no_formulas_of_cells() -> None:
    """They stand in elements of the same name below the rows."""
    extension = (
        '<extLst><ext><x14:sparkline xmlns:x14="a" xmlns:xm="b"><xm:f>A1:B2</xm:f></x14:sparkline></ext></extLst>'
    )
    sheet = worksheet(inline_row(1, HEADER) + inline_row(2, ROW)).replace("</worksheet>", f"{extension}</worksheet>")
    assert codes(read(raw_workbook(sheet))) == []


def test_a_text_that_begins_like_a_formula_is_refused() -> None:
    report = read(raw_workbook(worksheet(inline_row(1, HEADER) + inline_row(2, (*ROW[:3], "=A1", *ROW[4:])))))
    assert found(report) == [(2, "Предмет", "formula")]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!"])
def test_an_error_of_excel_is_refused(error: str) -> None:
    def fail(sheet: Worksheet) -> None:
        sheet["F2"].value = error
        sheet["F2"].data_type = "e"

    report = read(workbook([HEADER, ROW], fail))
    assert found(report) == [(2, "Балл", "excel_error")]
    assert report.problems[0].data == {"error": error}


def test_hidden_rows_and_columns_are_read_and_said() -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["C"].hidden = True

    report = read(workbook([HEADER, ROW, OTHER], hide))
    assert len(report.rows) == 2
    assert sorted(codes(report)) == ["hidden_columns", "hidden_rows"]
    assert {problem.code: problem.data for problem in report.problems} == {
        "hidden_rows": {"count": 1, "first": 3},
        "hidden_columns": {"columns": "C"},
    }


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_ignored(state: str) -> None:
    def add(book: openpyxl.Workbook) -> None:
        sheet = book.create_sheet("Черновик", 0)
        sheet.append(HEADER)
        sheet.append(OTHER)
        sheet.sheet_state = state

    report = read(workbook([HEADER, ROW], whole=add))
    assert report.table.sheet == "Итоги"
    assert [row.holder_name for row in report.rows] == [ROW[1]]
    assert reason_of(workbook([HEADER, ROW], whole=add), sheet="Черновик").reason == "unknown_sheet"


def test_sheets_without_column_names_are_passed_over() -> None:
    def add(book: openpyxl.Workbook) -> None:
        book.create_sheet("Титул", 0).append(["Протокол заседания жюри"])
        book.create_sheet("Пустой")

    assert read(workbook([HEADER, ROW], whole=add)).table.sheet == "Итоги"


def test_several_tables_in_a_workbook_must_be_chosen_from() -> None:
    def add(book: openpyxl.Workbook) -> None:
        sheet = book.create_sheet("10 класс")
        sheet.append(HEADER)
        sheet.append(OTHER)

    content = workbook([HEADER, ROW], whole=add)
    refused = reason_of(content)
    assert refused.reason == "which_sheet"
    assert refused.data["sheets"] == "Итоги, 10 класс"
    assert read(content, sheet=" 10 КЛАСС ").rows[0].holder_name == OTHER[1]


def test_charts_are_no_sheets() -> None:
    def add(book: openpyxl.Workbook) -> None:
        book.create_chartsheet("График", 0)

    assert read(workbook([HEADER, ROW], whole=add)).table.sheet == "Итоги"


def test_a_workbook_without_data_is_refused() -> None:
    assert reason_of(workbook([])).reason == "no_sheet"


def test_a_workbook_with_prefixes_and_without_references_is_read() -> None:
    """As the Open XML SDK writes it: every element under a prefix, cells counted by their order."""
    rows = "".join(
        "<x:row>" + "".join(f'<x:c t="inlineStr"><x:is><x:t>{cell}</x:t></x:is></x:c>' for cell in row) + "</x:row>"
        for row in (HEADER, ROW)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<x:worksheet xmlns:x="{main}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    assert read(raw_workbook(sheet)).rows[0].holder_name == ROW[1]


def test_shared_and_rich_texts_are_read() -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strings = f"<sst xmlns='{main}'><si><r><t>Пет</t></r><r><t>рова Анна</t></r></si></sst>"
    cells = '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"><v>0</v></c></row>'
    report = read(
        raw_workbook(worksheet(inline_row(1, ("№", "ФИО")) + cells), strings=strings),
        "participation",
        {
            "title": "Чтения",
            "award_date": "01.12.2025",
        },
    )
    assert report.rows[0].holder_name == "Петрова Анна"
