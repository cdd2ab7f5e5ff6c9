"""Content identifiers as Kubo makes them, and which of them are accepted at all; it reads and writes nothing."""

from __future__ import annotations

import base64
import re

from aleph_cid import CidHasher

from portfolio.errors import PortfolioError

CHUNK_SIZE = 256 * 1024
"""Bytes of a leaf; longer content becomes a dag-pb tree over raw leaves."""

LINKS_PER_NODE = 174

# multibase "b" (base32, lower case, no padding) over 36 bytes: version 1, codec, sha2-256, length 32, digest.
_TEXT = re.compile(r"b[a-z2-7]{58}")
_VERSION = 0x01
_RAW = 0x55
_DAG_PB = 0x70
_SHA2_256_OF_32 = b"\x12\x20"


class InvalidCidError(PortfolioError):
    """Not a CIDv1 of sha2-256 over raw or dag-pb in lower-case base32: fault 50."""

    status = 400
    code = "invalid_cid"


def check_cid(text: str) -> str:
    """Return `text` if it is an identifier of ours: CIDv1, sha2-256, raw or dag-pb, in its one canonical spelling.

    Anything else raises InvalidCidError: other versions, hashes (identity too), lengths, codecs and bases, paths.
    What passes is 59 characters of [a-z2-7], so it is safe as a file's name and in a URL.
    """
    if not is_cid(text):
        raise InvalidCidError("This is not a content identifier of this service.")
    return text


def is_cid(text: str) -> bool:
    """Tell whether `check_cid` would accept `text`."""
    if _TEXT.fullmatch(text) is None:
        return False
    data = base64.b32decode(text[1:].upper() + "======")
    if data[0] != _VERSION or data[1] not in (_RAW, _DAG_PB) or data[2:4] != _SHA2_256_OF_32:
        return False
    # 58 characters carry 290 bits for 288: the two spare bits must be zero, or one content had four names.
    return base64.b32encode(data).decode("ascii").rstrip("=").lower() == text[1:]


def compute_cid(content: bytes) -> str:
    """Return the CID that `ipfs add --cid-version=1 --raw-leaves --chunker=size-262144` gives to `content`."""
    hasher = CidHasher.for_ipfs_v1_raw_leaves()
    hasher.update(content)
    return hasher.finalize()
