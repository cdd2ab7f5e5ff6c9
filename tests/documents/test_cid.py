from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.documents.cid import CHUNK_SIZE, LINKS_PER_NODE, InvalidCidError, check_cid, compute_cid, is_cid


def spelled(data: bytes) -> str:
    return "b" + base64.b32encode(data).decode().rstrip("=").lower()


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def tag(field: int, wire: int) -> bytes:
    return varint(field << 3 | wire)


def counted(data: bytes) -> bytes:
    return varint(len(data)) + data


def reference_cid(content: bytes) -> str:
    """UnixFS over dag-pb as its specification writes it, for files of one level; knows nothing of the library."""
    leaves = [content[at : at + CHUNK_SIZE] for at in range(0, len(content), CHUNK_SIZE)] or [b""]
    hashed = [b"\x01\x55\x12\x20" + hashlib.sha256(leaf).digest() for leaf in leaves]
    if len(leaves) == 1:
        return spelled(hashed[0])
    assert len(leaves) <= LINKS_PER_NODE
    links = b"".join(
        tag(2, 2) + counted(tag(1, 2) + counted(cid) + tag(2, 2) + counted(b"") + tag(3, 0) + varint(len(leaf)))
        for cid, leaf in zip(hashed, leaves, strict=True)
    )
    sizes = b"".join(tag(4, 0) + varint(len(leaf)) for leaf in leaves)
    unixfs = tag(1, 0) + varint(2) + tag(3, 0) + varint(len(content)) + sizes
    node = links + tag(1, 2) + counted(unixfs)
    return spelled(b"\x01\x70\x12\x20" + hashlib.sha256(node).digest())


def test_a_published_identifier() -> None:
    """Of "hello world", CIDv1 raw, as Kubo's own tests have it."""
    assert compute_cid(b"hello world") == "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE, 1024 * 1024, 20 * 1024 * 1024 + 29]
)
def test_the_library_agrees_with_the_specification(size: int) -> None:
    content = (b"portfolio" * (size // 9 + 1))[:size]
    assert compute_cid(content) == reference_cid(content)


@given(content=st.binary(max_size=2000))
def test_every_computed_identifier_is_accepted(content: bytes) -> None:
    assert check_cid(compute_cid(content)) == compute_cid(content)


digests = st.binary(min_size=32, max_size=32)


@given(digest=digests, codec=st.sampled_from([0x55, 0x70]))
def test_raw_and_dag_pb_are_accepted(digest: bytes, codec: int) -> None:
    assert is_cid(spelled(bytes([1, codec, 0x12, 0x20]) + digest))


@pytest.mark.fault(50)
@given(digest=digests, head=st.binary(min_size=4, max_size=4))
def test_every_other_version_codec_and_hash_is_refused(digest: bytes, head: bytes) -> None:
    assert is_cid(spelled(head + digest)) == (head in (b"\x01\x55\x12\x20", b"\x01\x70\x12\x20"))


@pytest.mark.fault(50)
@given(content=st.binary(max_size=40), length=st.integers(0, 64))
def test_identity_hashes_and_odd_lengths_are_refused(content: bytes, length: int) -> None:
    assert not is_cid(spelled(b"\x01\x55\x00" + counted(content)))
    if length != 32:
        assert not is_cid(spelled(b"\x01\x55\x12" + bytes([length]) + bytes(length)))


@pytest.mark.fault(50)
@given(text=st.text(max_size=80))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCidError):
        check_cid(text)


GOOD = compute_cid(b"hello world")
HOSTILE = [
    "../" + GOOD,
    GOOD + "/../../etc/passwd",
    "/ipfs/" + GOOD,
    "/ipns/example.org",
    GOOD + "\n",
    GOOD + "\0",
    " " + GOOD,
    GOOD.upper(),
    "B" + GOOD[1:].upper(),
    GOOD[:-1],
    GOOD + "a",
    GOOD + "=",
    "ｂ" + GOOD[1:],
    GOOD.replace("i", "і"),
    "k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8",
    "Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD",
    "zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA",
    "f01551220" + "00" * 32,
    "%62" + GOOD[1:],
    GOOD + "?offline=false",
]


@pytest.mark.fault(50)
@pytest.mark.parametrize("text", HOSTILE)
def test_paths_other_bases_and_look_alikes_are_refused(text: str) -> None:
    assert not is_cid(text)


@pytest.mark.fault(50)
@given(content=st.binary(max_size=20), data=st.data())
def test_a_content_has_one_spelling(content: bytes, data: st.DataObject) -> None:
    """The last character carries two spare bits; only zeros are canonical."""
    good = compute_cid(content)
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    value = alphabet.index(good[-1])
    other = alphabet[value | data.draw(st.integers(1, 3))]
    assert not is_cid(good[:-1] + other)
