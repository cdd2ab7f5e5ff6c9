"""The ZIP of a run: streamed in order with little under way, stopped when closed, refused beyond a few at once."""

from __future__ import annotations

import io
import multiprocessing
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from credential_examples import example, with_fields
from sheets import BUNDLE, CODE, SIGNED_AT, copy, text_of

from portfolio.diplomas import archive
from portfolio.diplomas.commands import write_whole
from portfolio.diplomas.paper import paper_of
from portfolio.diplomas.service import LeftOut, Order


def order(row: int, *, number: str = "", holder: str = "Пётр Ёжиков", design: str = "classic") -> Order:
    statement = with_fields(example(), registration_number=number or None, grade=str(row))
    return Order(paper_of(statement, copy()), BUNDLE, design, SIGNED_AT, CODE, row, number, holder)


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_order_of_rows_is_kept_and_little_is_under_way() -> None:
    asked: list[int] = []

    def orders() -> Iterator[Order | LeftOut]:
        for row in range(2, 32):
            asked.append(row)
            yield LeftOut(row, "not_signed") if row == 7 else order(row)

    pieces = archive.stream(orders(), processes=2)
    first = next(pieces)
    assert len(asked) <= 2 * archive.AHEAD
    found = members(first + b"".join(pieces))
    assert list(found)[:3] == [f"00002_{CODE}.pdf", f"00003_{CODE}.pdf", f"00004_{CODE}.pdf"]
    assert list(found) == [*sorted(name for name in found if name.endswith("pdf")), archive.LIST_NAME]
    assert len(found) == 30
    assert "00007;;;not_signed" in found[archive.LIST_NAME].decode("utf-8-sig")
    assert f"00031;00031_{CODE}.pdf;{CODE};" in found[archive.LIST_NAME].decode("utf-8-sig")
    assert "Класс31" in text_of(found[f"00031_{CODE}.pdf"])


def test_a_reader_who_goes_away_stops_the_work() -> None:
    asked: list[int] = []

    def orders() -> Iterator[Order | LeftOut]:
        for row in range(1000):
            asked.append(row)
            yield order(row)

    pieces = archive.stream(orders(), processes=1)
    next(pieces)
    pieces.close()
    assert len(asked) <= archive.AHEAD
    assert multiprocessing.active_children() == []
    assert len(members(b"".join(archive.stream([order(2)], processes=1)))) == 2  # the place is free again


def test_more_archives_than_a_process_can_make_are_refused() -> None:
    under_way = [archive.stream([order(2), order(3)], processes=1) for _ in range(archive.AT_ONCE)]
    try:
        for pieces in under_way:
            next(pieces)
        with pytest.raises(archive.TooManyArchivesError):
            next(archive.stream([order(2)], processes=1))
    finally:
        for pieces in under_way:
            pieces.close()


def test_one_paper_that_cannot_be_set_does_not_spoil_the_others() -> None:
    broken = order(3)
    broken.paper["logo"] = "<svg this is no picture"
    found = members(b"".join(archive.stream([order(2), broken, order(4)], processes=1)))
    assert list(found) == [f"00002_{CODE}.pdf", f"00004_{CODE}.pdf", archive.LIST_NAME]
    assert "00003;;;diploma_not_set" in found[archive.LIST_NAME].decode("utf-8-sig")


def test_a_process_that_dies_does_not_break_the_archive() -> None:
    pieces = archive.stream([order(row) for row in range(2, 12)], processes=1)
    first = next(pieces)
    for child in multiprocessing.active_children():
        child.kill()
        child.join()
    found = members(first + b"".join(pieces))
    assert len(found) == 11


@pytest.mark.parametrize(
    ("number", "holder", "name"),
    [
        ("", "x", f"00002_{CODE}.pdf"),
        ("МЭ-2026/0417", "x", "00002_МЭ-2026-0417.pdf"),
        ("../../etc/passwd", "x", "00002_etc-passwd.pdf"),
        ("C:\\a<b>|?*", "x", "00002_C-a-b.pdf"),
        ("...", "x", "00002.pdf"),
        ("N" * 60, "x", f"00002_{'N' * 60}.pdf"),
    ],
)
@pytest.mark.fault(79)
def test_names_of_files_are_safe(number: str, holder: str, name: str) -> None:
    assert archive.file_name(order(2, number=number, holder=holder), names=False) == name


def test_names_of_people_are_in_them_only_when_asked() -> None:
    assert "Ёжиков" not in archive.file_name(order(2), names=False)
    assert archive.file_name(order(2, holder="Пётр / Ёжиков"), names=True) == f"00002_{CODE}_Пётр-Ёжиков.pdf"


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "diplomas.zip"
    target.write_bytes(b"the one before")

    def interrupted() -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(target, interrupted())
    assert target.read_bytes() == b"the one before"
    assert [path.name for path in tmp_path.iterdir()] == ["diplomas.zip"]
    write_whole(target, [b"who", b"le"])
    assert target.read_bytes() == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["diplomas.zip"]
