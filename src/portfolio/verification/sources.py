"""What the command is asked to check, in order: files, links, and what stands in folders, archives and lists.

A source only names; it is read where it is judged, so that a list of a hundred thousand needs no memory to speak of.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from portfolio.credentials.bundles import MAX_BUNDLE
from portfolio.verification import archives, lists
from portfolio.verification.inputs import MAX_FILE, InputError

_ZIP: Final = b"PK\x03\x04"
_CHECKABLE: Final = frozenset({".json", ".pdf", ".png", ".jpg", ".jpeg"})
_LISTS: Final = frozenset({".txt", ".csv", ".tsv"})
_LINES: Final = frozenset({".jsonl", ".ndjson"})


class Kind(StrEnum):
    FILE = "file"
    ENTRY = "entry"
    LINE = "line"
    LINK = "link"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One thing to check. `name` is what the user knows it by, `place` the list or archive that names it."""

    kind: Kind
    name: str
    place: str = ""
    path: Path | None = None
    start: int = 0
    """Number of the entry of an archive, or first byte of a line."""
    length: int = 0
    code: str = ""
    """Why it is refused, one of `inputs.MESSAGES`."""
    typed: bool = False
    """Given on the command line itself, so that its address may be any."""


def is_link(argument: str) -> bool:
    """Tell a web address on the command line from a path."""
    return argument.startswith(("http://", "https://"))


def is_single(argument: str) -> bool:
    """Tell whether an argument is one document (or link) and neither folder, archive nor list. Reads a few bytes."""
    if is_link(argument):
        return True
    path = Path(argument)
    return not (path.is_dir() or _is_collection(path))


def single(argument: str) -> Source:
    """Return the source of an argument for which `is_single` holds. Raises `InputError` where there is no file."""
    if is_link(argument):
        return Source(kind=Kind.LINK, name=argument, typed=True)
    path = Path(argument)
    if not path.exists():
        raise InputError("file_missing")
    return Source(kind=Kind.FILE, name=argument, path=path)


def expand(arguments: list[str]) -> Iterator[Source]:
    """Yield every source of the command's arguments, in order.

    What cannot be opened becomes a refused source in its place, and the rest goes on.
    """
    for argument in arguments:
        try:
            yield from _expanded(argument)
        except InputError as error:
            yield Source(kind=Kind.REFUSED, name=argument, code=error.code)
        except OSError:
            yield Source(kind=Kind.REFUSED, name=argument, code="file_unreadable")


def read_source(source: Source) -> bytes:
    """Return the bytes of a source that is no link. Raises `InputError`."""
    if source.kind is Kind.REFUSED or source.path is None:
        raise InputError(source.code or "file_missing")
    if source.kind is Kind.ENTRY:
        return archives.read_entry(source.path, source.start)
    if source.kind is Kind.LINE:
        return lists.read_line(source.path, source.start, source.length)
    return _read_file(source.path)


def _read_file(path: Path) -> bytes:
    try:
        if not path.exists():
            raise InputError("file_missing")
        if not path.is_file():
            raise InputError("file_unreadable")  # a device or pipe may never end
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError:
        raise InputError("file_unreadable") from None
    if len(data) > MAX_FILE:
        raise InputError("file_too_large")
    return data


def _expanded(argument: str) -> Iterator[Source]:
    path = Path(argument)
    if is_single(argument):
        yield single(argument)
    elif path.is_dir():
        yield from _in_folder(path)
    else:
        yield from _in_collection(path)


def _in_folder(folder: Path) -> Iterator[Source]:
    """Yield the files of a folder and those below it, by name; hidden files and links to elsewhere are left out."""
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if _is_aside(name) or path.is_symlink():
                continue
            if _is_archive(path):
                yield from _guarded(path, str(path.relative_to(folder)))
            elif path.suffix.lower() in _CHECKABLE:
                yield Source(kind=Kind.FILE, name=str(path.relative_to(folder)), place=str(folder), path=path)
            else:
                shown = str(path.relative_to(folder))
                yield Source(kind=Kind.REFUSED, name=shown, place=str(folder), code="file_unknown")


def _is_aside(name: str) -> bool:
    """Tell what claims to be no document: hidden files, and the words that come with a presentation."""
    return name.startswith(".") or name == "README.txt"


def _guarded(path: Path, name: str) -> Iterator[Source]:
    try:
        yield from _in_archive(path)
    except InputError as error:
        yield Source(kind=Kind.REFUSED, name=name, code=error.code)


def _is_collection(path: Path) -> bool:
    if not path.is_file():
        return False
    return path.suffix.lower() in _LISTS | _LINES or _starts(path, _ZIP) or _has_lines(path)


def _in_collection(path: Path) -> Iterator[Source]:
    if _is_archive(path):
        yield from _in_archive(path)
    elif path.suffix.lower() in _LISTS or _starts(path, _ZIP):
        yield from _in_list(path)
    else:
        for number, start, length in lists.lines_of(path):
            name = f"{path.name}:{number}"
            yield Source(kind=Kind.LINE, name=name, place=path.name, path=path, start=start, length=length)


def _in_archive(path: Path) -> Iterator[Source]:
    for place, name in archives.entries_of(path):
        known = Path(name).suffix.lower() in _CHECKABLE
        if _is_aside(Path(name).name) or "__MACOSX" in name:
            continue
        if known:
            yield Source(kind=Kind.ENTRY, name=name, place=path.name, path=path, start=place)
        else:
            code = "nested" if Path(name).suffix.lower() in {".zip", *_LISTS, *_LINES, ".xlsx"} else "file_unknown"
            yield Source(kind=Kind.REFUSED, name=name, place=path.name, code=code)


def _in_list(path: Path) -> Iterator[Source]:
    folder = path.resolve().parent
    for number, cell in lists.column_of(path):
        place = f"{path.name}:{number}"
        if lists.is_link(cell):
            yield Source(kind=Kind.LINK, name=cell, place=place)
            continue
        try:
            named = (folder / cell.replace("\\", "/")).resolve()
            inside = named.is_relative_to(folder)
        except (OSError, ValueError):
            inside = False
        if inside:
            yield Source(kind=Kind.FILE, name=cell, place=place, path=named)
        else:
            yield Source(kind=Kind.REFUSED, name=cell, place=place, code="outside_folder")


def _is_archive(path: Path) -> bool:
    """Tell an archive of documents from a workbook, which is an archive too."""
    if not _starts(path, _ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" not in archive.NameToInfo
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return True


def _has_lines(path: Path) -> bool:
    """Tell JSON Lines from one JSON document: the first line is whole in itself and is not the last."""
    with path.open("rb") as file:
        first = file.readline(MAX_BUNDLE + 2).strip()
        return first.startswith(b"{") and first.endswith(b"}") and bool(file.readline(2).strip())


def _starts(path: Path, mark: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(mark)) == mark
    except OSError:
        return False
