"""Credentials baked into pictures: found by their keywords in PNG chunks and SVG elements, nothing else is read. Pure.

Sources: Open Badges 2.0 Baking, Open Badges 3.0 section 5.3; PNG (third edition) 11.3.3.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from portfolio.credentials.canonical import StructureError

PNG: Final = b"\x89PNG\r\n\x1a\n"
MAX_TEXT: Final = 512 * 1024

_KEYWORDS: Final = (b"openbadgecredential", b"openbadges")
_SVG_NAMES: Final = ("{https://purl.imsglobal.org/ob/v3p0}credential", "{http://openbadges.org}assertion")


def unbaked(data: bytes) -> bytes:
    """Return what a picture carries, or the bytes themselves where they are no picture.

    Raises `StructureError` "not_baked" for a picture that carries nothing, "bad_picture" for a damaged one.
    """
    if data.startswith(PNG):
        return _from_png(data)
    if data.lstrip()[:5].lower() in {b"<?xml", b"<svg "}:
        return _from_svg(data)
    return data


def _from_png(data: bytes) -> bytes:
    at, found = len(PNG), []
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if len(body) != length or at + 12 + length > len(data):
            raise StructureError("bad_picture", "", "The picture is cut off")
        keyword, _, rest = body.partition(b"\0")
        if kind in {b"iTXt", b"tEXt"} and keyword in _KEYWORDS:
            found.append(_international(rest) if kind == b"iTXt" else rest)
        at += 12 + length
    return _only(found)


def _international(rest: bytes) -> bytes:
    """Return the text of an iTXt chunk after its keyword: flag, method, language, translated keyword, text."""
    compressed, _, tail = rest[:1], rest[1:2], rest[2:]
    _, _, tail = tail.partition(b"\0")
    _, _, text = tail.partition(b"\0")
    if compressed == b"\0":
        return text
    inflating = zlib.decompressobj()
    try:
        inflated = inflating.decompress(text, MAX_TEXT + 1)
    except zlib.error:
        raise StructureError("bad_picture", "", "The picture is damaged") from None
    if len(inflated) > MAX_TEXT or not inflating.eof:
        raise StructureError("bad_picture", "", "The picture carries too much, or is cut off")
    return inflated


def _from_svg(data: bytes) -> bytes:
    try:
        root = fromstring(data)  # entities are refused, a DOCTYPE alone is not
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        raise StructureError("bad_picture", "", "The picture is no plain SVG") from None
    found = []
    for element in root.iter():
        if element.tag in _SVG_NAMES:
            text = (element.text or "").strip() or element.get("verify", "")
            found.append(text.encode("utf-8", "surrogatepass"))
    return _only(found)


def _only(found: list[bytes]) -> bytes:
    if len(found) != 1 or not found[0].strip():
        raise StructureError("not_baked", "", "The picture carries no credential, or more than one")
    return found[0].strip()
