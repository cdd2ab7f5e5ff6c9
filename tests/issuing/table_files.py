"""Makes table files for the tests, in every format and with every oddity that schools produce."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from portfolio.credentials.kinds import kind_of
from portfolio.issuing.rows import TableReport, read_rows
from portfolio.issuing.spreadsheets import read_table

OLYMPIAD: Mapping[str, str] = {"title": "ВсОШ", "level": "муниципальный этап", "award_date": "01.12.2025"}
SCHOOL: Mapping[str, str] = {"title": "Аттестат", "level": "среднее общее", "award_date": "25.06.2025"}
CPD: Mapping[str, str] = {"title": "Цифровая грамотность", "hours": "36", "award_date": "25.06.2025"}

HEADER = ("№", "ФИО", "Класс", "Предмет", "Статус", "Балл")
ROW = ("1", "Иванов Пётр Сергеевич", "10А", "Математика", "Победитель", "97,5")
OTHER = ("2", "Петрова Анна Ивановна", "9", "Химия", "Призёр", "80")

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def text_table(
    rows: Sequence[Sequence[str]], *, delimiter: str = ";", encoding: str = "utf-8", newline: str = "\r\n"
) -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator=newline).writerows(rows)
    return target.getvalue().encode(encoding)


def workbook(
    rows: Sequence[Sequence[Any]],
    change: Callable[[Worksheet], object] | None = None,
    whole: Callable[[openpyxl.Workbook], object] | None = None,
) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Итоги"
    for row in rows:
        sheet.append(list(row))
    if change:
        change(sheet)
    if whole:
        whole(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def raw_workbook(sheet: str, *, strings: str = "", styles: str = "", extra: Mapping[str, bytes] | None = None) -> bytes:
    """A workbook whose parts are written by hand, for what no program writes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"></Types>',
        )
        archive.writestr("_rels/.rels", _relations("officeDocument", "xl/workbook.xml"))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets>'
            "</workbook>",
        )
        archive.writestr("xl/_rels/workbook.xml.rels", _relations("worksheet", "worksheets/sheet1.xml"))
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
        if styles:
            archive.writestr("xl/styles.xml", styles)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return target.getvalue()


def _relations(kind: str, target: str) -> str:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONS}/{kind}" Target="{target}"/></Relationships>'
    )


def worksheet(rows: str, *, before: str = "") -> str:
    return f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def inline_row(number: int, cells: Sequence[str]) -> str:
    texts = "".join(
        f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' for at, cell in enumerate(cells)
    )
    return f'<row r="{number}">{texts}</row>'


def read(
    content: bytes,
    kind: str = "olympiad_award",
    defaults: Mapping[str, str] = OLYMPIAD,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    locale: str = "ru",
) -> TableReport:
    return read_rows(
        read_table(content, encoding=encoding, sheet=sheet), kind_of(kind), defaults=defaults, locale=locale
    )


def read_one(header: Sequence[str], row: Sequence[Any], kind: str = "olympiad_award", **options: Any) -> TableReport:
    """Read a text table of one row."""
    return read(text_table([header, row]), kind, **options)


def read_cell(header: str, value: Any, **options: Any) -> TableReport:
    """Read a workbook of one good row in which one more column holds a value."""
    return read(workbook([(*HEADER, header), (*ROW, value)]), **options)


def found(report: TableReport) -> list[tuple[int | None, str | None, str]]:
    return [(problem.row, problem.column, problem.code) for problem in report.problems]


def codes(report: TableReport) -> list[str]:
    return [problem.code for problem in report.problems]
