"""ZIP archives of documents: the directory is checked before anything is unpacked, and nothing is written to disk."""

from __future__ import annotations

import re
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Final

from portfolio.verification.inputs import MAX_FILE, InputError

MAX_ENTRIES: Final = 200_000
MAX_UNPACKED: Final = 16 * 1024**3
"""Bytes of all entries together; one is unpacked at a time."""

_MAX_RATIO: Final = 50  # JSON packs 3 to 5 times, a bundle among equal ones not better (fault 78)
_FREE: Final = 8 * 1024 * 1024  # below this size no ratio is asked
_ENCRYPTED: Final = 0x1
_LOCAL_HEADER: Final = 30
_ABSOLUTE: Final = re.compile(r"[/\\]|[A-Za-z]:")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_LINK: Final = 0o120000


def entries_of(path: Path) -> list[tuple[int, str]]:
    """Return place in the directory and name of each file of an archive.

    Raises `InputError` for one that is damaged, encrypted, a bomb (by ratio, by overlapping entries) or names what lies
    outside: whoever makes such an archive makes it on purpose, so nothing of it is judged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError("archive_damaged") from None
    _check(entries, path.stat().st_size)
    return [(place, entry.filename) for place, entry in enumerate(entries) if not entry.is_dir()]


def read_entry(path: Path, place: int) -> bytes:
    """Return the bytes of one file, at most what its directory states and `MAX_FILE`. Raises `InputError`."""
    try:
        archive = _opened(path)
        entry = archive.infolist()[place]
        if entry.file_size > MAX_FILE:
            raise InputError("file_too_large")
        with archive.open(entry) as file:
            data = file.read(entry.file_size + 1)
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        zlib.error,
        EOFError,
        IndexError,
    ):
        raise InputError("archive_damaged") from None
    if len(data) != entry.file_size:
        raise InputError("archive_damaged")
    return data


@lru_cache(maxsize=1)
def _opened(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)  # stays open while its entries are read: a directory of thousands takes a while


def _check(entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise InputError("archive_bomb")
    end = unpacked = packed = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.flag_bits & _ENCRYPTED:
            raise InputError("archive_encrypted")
        if entry.header_offset < end:
            raise InputError("archive_bomb")  # overlapping entries share their packed bytes
        if _leads_out(entry):
            raise InputError("archive_names")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError("archive_damaged")
        end = entry.header_offset + _LOCAL_HEADER + entry.compress_size
        unpacked += entry.file_size
        packed += entry.compress_size
        if entry.file_size > max(_FREE, _MAX_RATIO * entry.compress_size):
            raise InputError("archive_bomb")
    if end > size:
        raise InputError("archive_damaged")
    if unpacked > MAX_UNPACKED or unpacked > max(_FREE, _MAX_RATIO * packed):
        raise InputError("archive_bomb")


def _leads_out(entry: zipfile.ZipInfo) -> bool:
    name = entry.orig_filename
    parts = name.replace("\\", "/").split("/")
    is_link = entry.external_attr >> 16 & 0o170000 == _LINK
    return bool(_ABSOLUTE.match(name) or _CONTROL.search(name) or ".." in parts or is_link)
