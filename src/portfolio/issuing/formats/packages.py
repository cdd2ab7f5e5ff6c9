"""Workbooks as packages of XML: checked against bombs and document types before anything else reads them. Pure.

What leaves here is a new package of the few parts a table needs, so that the reader sees exactly the bytes checked.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from portfolio.issuing.formats.limits import FREE_UNPACKED, MAX_PARTS, MAX_RATIO, MAX_UNPACKED
from portfolio.issuing.problems import TableError

_CHUNK: Final = 1 << 20
_ENCRYPTED: Final = 0x1  # general purpose bit of an encrypted entry
_LOCAL_HEADER: Final = 30  # bytes before the name of an entry
_WORKBOOK: Final = "xl/workbook.xml"
_WORKBOOK_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_COMMON: Final = ("[content_types].xml", "_rels/.rels", _WORKBOOK, _WORKBOOK_RELATIONS, "xl/styles.xml")
_SHARED_STRINGS: Final = "xl/sharedstrings.xml"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A visible worksheet: its name and the part that holds it."""

    name: str
    part: str


@dataclass(slots=True)
class Package:
    """The parts of a workbook that a table may need, unpacked and free of document types."""

    sheets: tuple[Sheet, ...]
    styles: bytes
    strings: bytes
    parts: dict[str, bytes] = field(default_factory=dict)

    def repacked(self) -> bytes:
        """Return a new workbook of exactly these parts, stored without compression."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name, content in self.parts.items():
                archive.writestr(zipfile.ZipInfo(name), content)
        return target.getvalue()


def open_package(content: bytes) -> Package:
    """Check a workbook's directory, unpack what a table needs, and find its visible worksheets. Raises `TableError`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            directory = _directory(archive, len(content))
            _refuse_other_kinds(archive, directory)
            return _unpack(archive, directory)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, expat.ExpatError, KeyError):
        raise TableError("damaged") from None
    except (UnicodeError, ValueError, OSError):
        raise TableError("damaged") from None


def _directory(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """Return the entries by lower-case name; refuses encrypted, doubled and overlapping ones (fault 78)."""
    entries = archive.infolist()
    if len(entries) > MAX_PARTS:
        raise TableError("bomb")
    directory: dict[str, zipfile.ZipInfo] = {}
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.flag_bits & _ENCRYPTED:
            raise TableError("password")
        if entry.header_offset < end:
            raise TableError("bomb")
        end = entry.header_offset + _LOCAL_HEADER + entry.compress_size
        name = entry.filename.replace("\\", "/").lower()
        if name in directory:
            raise TableError("damaged")
        directory[name] = entry
    if end > size:
        raise TableError("damaged")
    return directory


def _refuse_other_kinds(archive: zipfile.ZipFile, directory: Mapping[str, zipfile.ZipInfo]) -> None:
    if _WORKBOOK in directory:
        return
    if "xl/workbook.bin" in directory:
        raise TableError("binary_workbook")
    if any(name.startswith(("word/", "ppt/")) for name in directory):
        raise TableError("word")
    kind = directory.get("mimetype")
    if kind is not None and kind.file_size < 200:  # noqa: PLR2004  # a media type is one short line
        spreadsheet = archive.read(kind).startswith(b"application/vnd.oasis.opendocument.spreadsheet")
        raise TableError("opendocument" if spreadsheet else "word")
    raise TableError("archive")


def _unpack(archive: zipfile.ZipFile, directory: Mapping[str, zipfile.ZipInfo]) -> Package:
    wanted = [name for name in (*_COMMON, _SHARED_STRINGS) if name in directory]
    _check_sizes([directory[name] for name in wanted])
    parts = {name: _read(archive, directory[name]) for name in wanted}
    for content in parts.values():
        refuse_doctype(content)
    sheets = _visible_sheets(parts[_WORKBOOK], parts.get(_WORKBOOK_RELATIONS, b""), directory)
    sheet_parts = dict.fromkeys(sheet.part for sheet in sheets)
    _check_sizes([directory[name] for name in wanted] + [directory[part.lower()] for part in sheet_parts])
    package = Package(sheets, parts.get("xl/styles.xml", b""), parts.get(_SHARED_STRINGS, b""))
    proper = {"[content_types].xml": "[Content_Types].xml", _SHARED_STRINGS: "xl/sharedStrings.xml"}
    package.parts = {proper.get(name, name): content for name, content in parts.items()}
    package.parts |= {part: _read(archive, directory[part.lower()]) for part in sheet_parts}
    return package


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse by the sizes of the directory, before anything is unpacked; `_read` holds each entry to its word."""
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > MAX_UNPACKED or (unpacked > FREE_UNPACKED and unpacked > MAX_RATIO * packed):
        raise TableError("bomb")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Unpack one entry; zipfile stops at the size that the directory states and then compares the checksum."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise TableError("damaged")
    with archive.open(entry) as part:
        content = part.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise TableError("damaged")
    return content


def parser() -> expat.XMLParserType:
    """Return an XML parser that refuses document types, and with them every entity but the five of XML (fault 83)."""
    made = expat.ParserCreate()
    made.buffer_text = True
    made.StartDoctypeDeclHandler = _doctype
    return made


def _doctype(*_: object) -> None:
    raise TableError("doctype")


def refuse_doctype(content: bytes) -> None:
    """Read a part through for well-formedness; raises `TableError` for a document type."""
    reader = parser()
    for start in range(0, len(content), _CHUNK):
        reader.Parse(content[start : start + _CHUNK], False)
    reader.Parse(b"", True)


def _visible_sheets(workbook: bytes, relations: bytes, directory: Mapping[str, zipfile.ZipInfo]) -> tuple[Sheet, ...]:
    targets = _targets(relations)
    sheets: list[Sheet] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] != "sheet" or attributes.get("state", "visible") != "visible":
            return
        relation = next((value for at, value in attributes.items() if at.endswith(":id")), "")
        part = targets.get(relation, "")
        if part:
            if part.lower() not in directory:
                raise TableError("damaged")
            sheets.append(Sheet(attributes.get("name", ""), part))

    reader = parser()
    reader.StartElementHandler = start
    reader.Parse(workbook, True)
    return tuple(sheets)


def _targets(relations: bytes) -> dict[str, str]:
    """Return the worksheet parts by relation id; chart and macro sheets are none."""
    targets: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            target = attributes.get("Target", "").replace("\\", "/")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            targets[attributes.get("Id", "")] = path

    reader = parser()
    reader.StartElementHandler = start
    reader.Parse(relations, True)
    return targets
