"""Write the tables of `examples/` anew: invented people, lifelike mess, the same every time.

Run: `python scripts/make_examples.py [FOLDER]`; tests/issuing/test_examples.py holds the committed files against it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import re
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.worksheet import Worksheet

from invented_people import ALL, PLAIN, birthday, people, snils

OLYMPIAD_ROWS: Final = 188
CPD_ROWS: Final = 66
SCHOOL_ROWS: Final = 86
MADE: Final = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


SUBJECTS: Final = (
    ("Математика", 35),
    ("Русский язык", 100),
    ("Физика", 50),
    ("Химия", 100),
    ("История", 100),
    ("Биология", 100),
)
SCHOOLS: Final = (
    "МБОУ «СОШ № 3»", 'МБОУ "Лицей № 7"; корпус 2', "МАОУ «Гимназия № 1»", "МКОУ Ключевская ООШ", "МБОУ «СОШ № 12»",
)  # fmt: skip


OLYMPIAD_HEADER = (
    "№ п/п",
    "ФИО участника",
    "Дата рожд.",
    "Кл.",
    "Образовательная организация",
    "Предмет",
    "Балл",
    "Макс. балл",
    "Статус",
)


def olympiad() -> bytes:
    """Results as a municipal office exports them from Excel: Windows-1251, semicolons, titles above, totals below."""
    chance = random.Random("olympiad")  # noqa: S311  # invented tables, no secrets
    rows: list[Sequence[object]] = [
        ("Итоговая таблица результатов",),
        ("муниципального этапа всероссийской олимпиады школьников 2026/27 учебного года",),
        ("Светлореченский городской округ", "", "", "", "Утверждено 20.11.2026"),
        (),
        OLYMPIAD_HEADER,
    ]
    for number, person in zip(range(1, OLYMPIAD_ROWS + 1), people(chance, PLAIN), strict=False):
        grade = chance.randint(7, 11)
        subject, maximum = chance.choice(SUBJECTS)
        score = round(chance.triangular(0.1, 1, 0.5) * maximum * 2) / 2
        rows.append(
            (
                number,
                _written(chance, " ".join(part for part in person if part)),
                birthday(chance, 2026 - 7 - grade).strftime("%d.%m.%Y"),
                f"{grade}{chance.choice('АБВ ')}".strip(),
                chance.choice(SCHOOLS),
                subject,
                f"{score:g}".replace(".", ","),
                maximum,
                _status(chance, score / maximum),
            )
        )
    rows += [
        ("Итого участников:", OLYMPIAD_ROWS),
        (),
        ("Председатель жюри", "", "____________", "", "Снегирёва В. А."),
        ("Секретарь", "", "____________", "", "Озеров К. Ю."),
    ]
    return _csv(rows, "cp1251")


def _written(chance: random.Random, name: str) -> str:
    """Write ё as е now and then, and let a space slip in, as people who type long lists do."""
    if chance.random() < 0.4:  # noqa: PLR2004
        name = name.replace("ё", "е").replace("Ё", "Е")
    return name.replace(" ", "  ", 1) if chance.random() < 0.05 else name  # noqa: PLR2004


def _status(chance: random.Random, share: float) -> str:
    if share >= 0.8:  # noqa: PLR2004
        return chance.choice(("победитель", "Победитель"))
    if share >= 0.6:  # noqa: PLR2004
        return chance.choice(("призёр", "призер", "Призёр"))
    return "участник"


COURSES: Final = (
    ("Цифровые инструменты учителя", 36, dt.date(2026, 10, 5), dt.date(2026, 10, 16)),
    ("Функциональная грамотность: от задания к уроку", 72, dt.date(2026, 10, 12), dt.date(2026, 11, 6)),
    ("Родной язык в школе: методика и оценивание", 24, dt.date(2026, 11, 9), dt.date(2026, 11, 13)),
)
POSTS: Final = (
    "учитель математики",
    "учитель начальных классов",
    "учитель родного языка",
    "педагог-психолог",
    "директор",
)


def cpd() -> bytes:
    """A group of teachers as a provider keeps it: two rows of column names, Excel dates, a draft on a hidden sheet."""
    chance = random.Random("cpd")  # noqa: S311  # invented tables, no secrets
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Группа ПК-26-11"
    sheet.append(["Ведомость выдачи удостоверений о повышении квалификации"])
    sheet.append(["Институт развития педагогов «Маяк», группа ПК-26-11"])
    sheet.append([
        "№", "Слушатель", None, None, "Должность", "СНИЛС", "Программа", "Период обучения", None, "Объём, час.",
        "Удостоверение", None,
    ])  # fmt: skip
    sheet.append([None, "Фамилия", "Имя", "Отчество", None, None, None, "с", "по", None, "Рег. номер", "Дата выдачи"])
    for number, person in zip(range(1, CPD_ROWS + 1), people(chance, ALL), strict=False):
        title, hours, start, end = chance.choice(COURSES)
        digits = snils(chance)
        spaced = f"{digits[:3]}-{digits[3:6]}-{digits[6:9]} {digits[9:]}"
        sheet.append([
            number, *(part or None for part in person), chance.choice(POSTS),
            int(digits) if number % 9 == 0 else spaced, title, start, end, hours,
            f"{number:05}", end + dt.timedelta(days=4),
        ])  # fmt: skip
    sheet.append(["Всего выдано:", None, None, CPD_ROWS])
    _decorate(sheet)
    draft = book.create_sheet("Черновик")
    for row in (("ФИО", "Рег. номер"), ("Проверка Проверка", "00000")):
        draft.append(row)
    draft.sheet_state = "hidden"
    return _xlsx(book)


def _decorate(sheet: Worksheet) -> None:
    for area in ("A1:L1", "A2:L2", "A3:A4", "B3:D3", "E3:E4", "F3:F4", "G3:G4", "H3:I3", "J3:J4", "K3:L3"):
        sheet.merge_cells(area)
    line = Side(style="thin")
    for row in sheet.iter_rows(min_row=3, max_row=sheet.max_row - 1):
        for cell in row:
            cell.border = Border(left=line, right=line, top=line, bottom=line)
            if isinstance(cell.value, dt.date):
                cell.number_format = "DD.MM.YYYY"
    for row in sheet.iter_rows(min_row=1, max_row=4):
        for cell in row:
            cell.font = Font(bold=True)
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    for letter, width in zip("ABCDEFGHIJKL", (5, 20, 16, 18, 26, 18, 46, 12, 12, 9, 12, 13), strict=True):
        sheet.column_dimensions[letter].width = width


SCHOOL_HEADER: Final = ("Фамилия", "Имя", "Отчество", "Дата рождения", "Серия и номер", "С отличием")
TAUGHT: Final = (
    "Русский язык", "Литература", "Родной язык (татарский)", "Иностранный язык (английский)", "Алгебра", "Геометрия",
    "Информатика", "История", "Обществознание", "География", "Физика", "Химия", "Биология", "ОБЗР",
    "Индивидуальный проект",
)  # fmt: skip


def school() -> bytes:
    """Certificates of one school's leavers with a column for every subject: UTF-8 with its mark, semicolons."""
    chance = random.Random("school")  # noqa: S311  # invented tables, no secrets
    header = (
        "Фамилия",
        "Имя",
        "Отчество",
        "Дата рождения",
        "Серия и номер",
        "С отличием",
        *TAUGHT,
        "Физическая культура",
    )
    rows: list[Sequence[object]] = [("Книга регистрации выданных аттестатов, 2025/2026 учебный год",), header]
    for number, person in zip(range(1, SCHOOL_ROWS + 1), people(chance, ALL), strict=False):
        ability = chance.triangular(2.6, 5.4, 4.2)
        marks = [min(5, max(3, round(chance.gauss(ability, 0.5)))) for _ in TAUGHT]
        shown: list[str] = [str(mark) for mark in marks]
        if chance.random() < 0.3:  # noqa: PLR2004
            shown[2] = "-"  # his mother tongue is another one
        sport = "зачтено" if chance.random() < 0.15 else str(chance.choice((4, 5, 5)))  # noqa: PLR2004
        honours = all(mark == "5" for mark in shown if mark != "-") and sport != "4"
        day = birthday(chance, 2008).strftime("%d.%m.%Y")
        rows.append((*person, day, f"0002600{number + 140:07}", "да" if honours else "", *shown, sport))
    rows.append(("Итого", "", "", "", SCHOOL_ROWS))
    return b"\xef\xbb\xbf" + _csv(rows, "utf-8")


ERRORS: Final = """№;ФИО;Дата рождения;СНИЛС;Email;Класс;Предмет;Статус;Балл;Макс. балл;Рег. номер
1;Лыкова Вера Олеговна;14.03.2011;900-000-001 82;lykova@example.org;9Б;Физика;Победитель;47,5;50;0001
2;;02.02.2011;;;9А;Физика;Призёр;40;50;0002
3;Зимин;02.02.2011;;;9А;Физика;Призёр;40;50;0003
4;Ежов 2 Егор;02.02.2011;;;9А;Физика;Призёр;40;50;0004
5;Ежова <Ева>;02.02.2011;;;9А;Физика;Призёр;40;50;0005
6;Щеглов Лeв Ильич;02.02.2011;;;9А;Физика;Призёр;40;50;0006
7;Носкова О. Ю.;02.02.2011;;;9А;Физика;Призёр;40;50;0007
8;Глеб Олегович Дятлов;02.02.2011;;;9А;Физика;Призёр;40;50;0008
9;Ушаков Матвей Юрьевич;2.2.11;;;9А;Физика;Призёр;40;50;0009
10;Ушакова Злата Юрьевна;31.02.2011;;;9А;Физика;Призёр;40;50;0010
11;Пчелин Семён Ильич;05/06/2011;;;9А;Физика;Призёр;40;50;0011
12;Пчелина Юлия Ильинична;весной;;;9А;Физика;Призёр;40;50;0012
13;Озеров Никита Олегович;40576;;;9А;Физика;Призёр;40;50;0013
14;Озерова Мария Олеговна;02.02.2011;900-000-001;;9А;Физика;Призёр;40;50;0014
15;Рябинин Иван Андреевич;02.02.2011;900-000-001 83;;9А;Физика;Призёр;40;50;0015
16;Рябинина Анна Андреевна;02.02.2011;;anna.example.org;9А;Физика;Призёр;40;50;0016
17;Калинин Богдан Ильич;02.02.2011;;;9А;;Призёр;40;50;0017
18;Калинина Вера Ильинична;02.02.2011;;;9А;Физика;чемпион;40;50;0018
19;Горелов Фёдор Юрьевич;02.02.2011;;;9А;Физика;Призёр;сорок;50;0019
20;Горелова Алёна Юрьевна;02.02.2011;;;9А;Физика;Призёр;4 0;50;0020
21;Абрамов Кирилл Олегович;02.02.2011;;;9А;Физика;Призёр;-4;50;0021
22;Абрамова София Олеговна;02.02.2011;;;9А;Физика;Призёр;58;50;0022
23;Юрьев Артём Максимович;02.02.2011;;;9А;Физика;Призёр;=SUM(A1:A9);50;0023
24;Юрьева Ксения Максимовна;02.02.2011;;;9А;#ССЫЛКА!;Призёр;40;50;0024
25;Яблоков Даниил Фёдорович;02.02.2011;;;9А;Физика;Призёр;40;50;1,23457E+11
26;Яблокова Дарья Фёдоровна;02.02.2011;;;9 класс, углублённый физмат;Физика;Призёр;40;50;0026
27;Медведев Лев Викторович;02.02.2031;;;9А;Физика;Призёр;40;50;0027
28;Воробьёв Пётр Сергеевич;02.02.2011;;;9А;Физика; механика;Призёр;40;50;0028
29;Лыкова Вера Олеговна;14.03.2011;900-000-001 82;lykova@example.org;9Б;Физика;Победитель;47,5;50;0001
30;Тихомиров Глеб Олегович;02.02.2011;;;9А;Физика;Призёр;40;50;0030
31;Тихомиров Глеб Олегович;02.02.2011;;;9А;Физика;Победитель;45;50;0031
32;Снегирёва Таисия Дмитриевна;02.02.2011;;;9А;Химия;Призёр;40;50;0032
"""


def _csv(rows: Sequence[Sequence[object]], encoding: str) -> bytes:
    target = io.StringIO(newline="")
    width = max(len(row) for row in rows)
    for row in rows:
        csv.writer(target, delimiter=";", lineterminator="\r\n").writerow([*row, *[""] * (width - len(row))])
    return target.getvalue().encode(encoding)


def _xlsx(book: openpyxl.Workbook) -> bytes:
    """Save a workbook without the time of the saving, which openpyxl writes in two places."""
    book.properties.creator = "portfolio"
    book.properties.created = MADE
    saved, fixed = io.BytesIO(), io.BytesIO()
    book.save(saved)
    stamp = MADE.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            target.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 9, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def files() -> dict[str, Any]:
    """Return the content of every generated file by name."""
    return {
        "olympiad.csv": olympiad(),
        "cpd-group.xlsx": cpd(),
        "school-certificates.csv": school(),
        "errors.csv": ERRORS.replace("\n", "\r\n").encode(),
    }


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "examples"
    for name, content in files().items():
        (folder / name).write_bytes(content)
        print(f"{folder / name}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
