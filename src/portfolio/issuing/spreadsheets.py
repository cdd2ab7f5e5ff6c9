"""From the bytes of an uploaded file to a table: rows of cells and the row of column names. Pure: no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from portfolio.issuing.cells import Cell
from portfolio.issuing.formats.delimited import read_text_table
from portfolio.issuing.formats.limits import MAX_BYTES
from portfolio.issuing.formats.workbooks import read_workbook
from portfolio.issuing.headers import Header, Merged, find_header
from portfolio.issuing.problems import TableError

_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")  # compound file: the old Excel format, or an encrypted new one
_ENCRYPTED_PART: Final = "EncryptedPackage".encode("utf-16-le")
# First bytes of what is often uploaded instead of a table.
_FOREIGN: Final = (
    (b"%PDF", "pdf"),
    (b"{\\rtf", "rich_text"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"RIFF", "image"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """An uploaded table: its filled rows (number from 1 as in the file, cells) and where its column names stand.

    `encoding` and `delimiter` belong to text tables, `sheet` and what is hidden (numbers from 1) to workbooks.
    """

    rows: list[tuple[int, tuple[Cell, ...]]]
    header: Header
    merged: Merged = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()


def read_table(content: bytes, *, filename: str = "", encoding: str | None = None, sheet: str | None = None) -> Table:
    """Read an XLSX workbook or a text table (CSV, TSV); what it is is told by its bytes, never by `filename`.

    `encoding` and `sheet` overrule what would be found. Raises `TableError` with one sentence for whatever is no table
    with a row of column names, and for what is larger than `limits`.
    """
    del filename  # a name proves nothing; it stays in the signature for the sake of callers that log it
    if len(content) > MAX_BYTES:
        raise TableError("too_large", limit=MAX_BYTES // (1024 * 1024))
    if not content.strip(b"\x00\t\n\r \xef\xbb\xbf\xff\xfe"):
        raise TableError("empty")
    _refuse_foreign(content)
    if content.startswith(b"PK"):
        return _of_workbook(content, sheet)
    return _of_text(content, encoding)


def _refuse_foreign(content: bytes) -> None:
    if content.startswith(_OLE):
        raise TableError("password" if _ENCRYPTED_PART in content else "old_excel")
    for start, reason in _FOREIGN:
        if content.startswith(start) and not (reason == "image" and _is_text(content[:512])):
            raise TableError(reason)


def _is_text(sample: bytes) -> bool:
    """Tell a text that happens to begin with "BM" from a picture: text has no control bytes."""
    return not any(byte < 0x20 and byte not in b"\t\n\r" for byte in sample)  # noqa: PLR2004  # the first printable byte


def _of_workbook(content: bytes, sheet: str | None) -> Table:
    found = read_workbook(content, sheet=sheet)
    header = find_header(found.rows, merged=found.merged)
    if header is None:
        raise TableError("no_header")
    return Table(
        found.rows,
        header,
        merged=found.merged,
        sheet=found.sheet,
        hidden_rows=found.hidden_rows,
        hidden_columns=found.hidden_columns,
    )


def _of_text(content: bytes, encoding: str | None) -> Table:
    found = read_text_table(content, encoding=encoding)
    header = find_header(found.rows)
    if header is None:
        raise TableError("no_header")
    return Table(list(found.rows), header, encoding=found.encoding, delimiter=found.delimiter)
