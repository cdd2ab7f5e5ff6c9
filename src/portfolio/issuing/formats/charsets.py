"""The encoding of a text table: told by its bytes where that is certain, else refused. Pure."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Final

from portfolio.issuing.problems import TableError

SAMPLE: Final = 64 * 1024  # bytes that are looked at to tell single-byte encodings apart
# Python's names of what may be asked for; nothing that transforms bytes otherwise (zip, rot13, idna) is among them.
_KNOWN: Final = {
    "utf-8": "utf-8-sig",
    "utf-8-sig": "utf-8-sig",
    "ascii": "ascii",
    "cp1251": "cp1251",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "cp866": "cp866",
    "koi8-r": "koi8-r",
    "mac-cyrillic": "mac-cyrillic",
}
_LABELS: Final = {"utf-8-sig": "utf-8", "cp1251": "windows-1251"}
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SINGLE: Final = ("cp1251", "cp866", "koi8-r", "mac-cyrillic")
_HIGH: Final = frozenset((0x00, 0x04, 0x20, 0x21))  # upper bytes of Latin, Cyrillic, dashes, № in UTF-16
_MOSTLY: Final = 0.9


def label(encoding: str) -> str:
    """Return the name by which people know an encoding."""
    return _LABELS.get(encoding, encoding)


def encoding_of(content: bytes, *, asked: str | None, headers_in: Callable[[str], int]) -> str:
    """Return the Python name of the encoding of a text table.

    `asked` is the user's word and only checked. `headers_in` counts the column names that a decoded sample holds: of
    the single-byte encodings the one in which column names appear is right, whatever statistics say (facts.md,
    prototype 6: statistics take KOI8-R capitals for another encoding). Raises `TableError`.
    """
    if asked:
        return _checked(content, asked)
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _checked(content, encoding)
    wide = _wide(content)
    if wide:
        return wide
    if b"\x00" in content[:SAMPLE]:
        raise TableError("binary")
    if _decodes(content, "utf-8"):
        return "utf-8-sig"
    return _single_byte(content, headers_in)


def _checked(content: bytes, asked: str) -> str:
    try:
        encoding = _KNOWN[codecs.lookup(asked).name.replace("_", "-")]
    except (LookupError, UnicodeError, ValueError):
        raise TableError("unknown_encoding", encoding=asked[:40]) from None
    if not _decodes(content, encoding):
        raise TableError("wrong_encoding", encoding=label(encoding))
    return encoding


def _decodes(content: bytes, encoding: str) -> bool:
    """Try the whole content, piece by piece so that a large file is not held twice."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(content), SAMPLE):
            decoder.decode(content[start : start + SAMPLE])
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _wide(content: bytes) -> str | None:
    """Recognise UTF-16 without a mark: of every pair of bytes the upper one is nearly always one of a few."""
    sample = content[:SAMPLE]
    if len(content) % 2 or b"\x00" not in sample:
        return None
    pairs = len(sample) // 2
    for encoding, upper in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if sum(byte in _HIGH for byte in upper) >= _MOSTLY * pairs and _decodes(content, encoding):
            return encoding
    return None


def _single_byte(content: bytes, headers_in: Callable[[str], int]) -> str:
    sample = content[:SAMPLE]
    found = {
        encoding: headers_in(sample.decode(encoding, errors="ignore"))
        for encoding in _SINGLE
        if _decodes(content, encoding)
    }
    best = max(found.values(), default=0)
    winners = [encoding for encoding in found if found[encoding] == best]
    if best and len(winners) == 1:
        return winners[0]
    return _by_statistics(sample, winners)


def _by_statistics(sample: bytes, among: list[str]) -> str:
    """Ask charset_normalizer, whose answer counts only if it is one of `among`."""
    from charset_normalizer import from_bytes

    names = [name.replace("-", "_") for name in among]
    match = from_bytes(sample, cp_isolation=names).best() if names else None
    encoding = match.encoding.replace("_", "-") if match else ""
    if encoding not in among:
        raise TableError("uncertain_encoding")
    return encoding
