"""How fast tables are read and how much memory that takes: text tables to 100,000 rows, workbooks to 20,000.

Every measurement runs in a process of its own, so that its peak of memory is its own; the times are the processor's.
Run: `python -m bench.tables`.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROUNDS = 3
SIZES = {"csv": (1_000, 10_000, 100_000), "xlsx": (1_000, 5_000, 20_000)}
HEADER = ("№", "ФИО", "Дата рождения", "Класс", "Предмет", "Статус", "Балл", "Макс. балл", "Рег. номер", "Код",
          "Школа")  # fmt: skip
DEFAULTS = {"title": "Олимпиада", "level": "школьный этап", "award_date": "01.12.2025"}
LAST = ("Иванов", "Гайнетдинов", "Хаджиев", "Алексеев", "Римский-Корсаков", "Щербаков", "Мамедов", "Ким")
FIRST = ("Пётр", "Амин", "Иса", "Айаал", "Николай", "Юрий", "Али", "Денис")
PATRONYMIC = ("Сергеевич", "Рашитович", "Мусаевич", "Ильич", "Андреевич", "", "Вагиф оглы", "Львович")
SUBJECTS = ("Математика", "Физика", "Химия", "Русский язык", "История", "Биология", "Информатика")
DEGREES = ("победитель", "призер", "участник", "участник", "участник")

CHILD = """
import json, sys, time
from portfolio.credentials.kinds import kind_of
from portfolio.issuing.rows import read_rows
from portfolio.issuing.spreadsheets import read_table
import charset_normalizer, python_calamine
def peak():  # not ru_maxrss, which a child inherits from the process that started it
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:"))
content = open(sys.argv[1], "rb").read()
before = peak()
started = time.process_time()
table = read_table(content)
middle = time.process_time()
report = read_rows(table, kind_of("olympiad_award"), defaults=json.loads(sys.argv[2]))
ended = time.process_time()
assert not report.errors, report.errors[:3]
print(json.dumps([len(report.rows), middle - started, ended - middle, (peak() - before) / 1024]))
"""


def rows(count: int) -> Iterator[tuple[str, ...]]:
    """Yield rows as lifelike as a bench needs: every name once, subjects and dates repeated."""
    for at in range(count):
        name = f"{LAST[at % 8]} {FIRST[at // 8 % 8]} {PATRONYMIC[at // 64 % 8]}".strip()
        birth = f"{at % 28 + 1:02}.{at // 28 % 12 + 1:02}.{2007 + at // 336 % 6}"
        subject, degree = SUBJECTS[at % 7], DEGREES[at % 5]
        score = f"{at % 200 / 2}".replace(".", ",")
        number = f"{at:06}"
        yield (
            str(at + 1), name, birth, f"{at % 7 + 5}{'АБВ'[at % 3]}", subject, degree, score, "100", number,
            f"У-{at}", f"Школа № {at % 90}",
        )  # fmt: skip


def write(path: Path, count: int) -> None:
    """Write a table of the format that the path's suffix names."""
    if path.suffix == ".csv":
        path.write_bytes("\r\n".join(";".join(row) for row in (HEADER, *rows(count))).encode("cp1251"))
        return
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Итоги")
    for row in (HEADER, *rows(count)):
        sheet.append(row)
    book.save(path)


def measure(path: Path) -> tuple[int, float, float, float]:
    """Return rows, seconds to read the file, seconds to read its rows (medians), and MiB of memory at the most."""
    results = []
    for _ in range(ROUNDS):
        command = [sys.executable, "-c", CHILD, str(path), json.dumps(DEFAULTS)]
        results.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    count, reading, mapping, memory = zip(*results, strict=True)
    return count[0], statistics.median(reading), statistics.median(mapping), max(memory)


def main() -> None:
    print(f"{'format':8}{'rows':>9}{'file, s':>10}{'rows, s':>10}{'rows/s':>10}{'growth':>9}{'MiB':>8}{'KiB/row':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for suffix, sizes in SIZES.items():
            smallest = 0.0
            for size in sizes:
                path = Path(folder) / f"table.{suffix}"
                write(path, size)
                count, reading, mapping, memory = measure(path)
                per_row = (reading + mapping) / count
                smallest = smallest or per_row
                print(
                    f"{suffix:8}{count:>9,}{reading:>10.3f}{mapping:>10.3f}{1 / per_row:>10,.0f}"
                    f"{per_row / smallest:>9.2f}{memory:>8.0f}{memory * 1024 / count:>9.1f}"
                )


if __name__ == "__main__":
    main()
