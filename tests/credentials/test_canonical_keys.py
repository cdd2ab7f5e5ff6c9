"""Ed25519 keys and signatures: only those about which no two libraries disagree."""

from __future__ import annotations

import hashlib
import json

import based58
import pytest
from credential_examples import SIGNER, VECTORS, SeedSigner
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from portfolio.credentials.canonical import (
    StructureError,
    base58_of,
    is_good_public_key,
    is_good_signature_form,
    key_of,
    multibase_of,
    verify_signature,
)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]


def add(one: Point, other: Point) -> Point:
    """The group law of edwards25519, affine (RFC 8032 section 5.1)."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P,
    )


def times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def encode(point: Point) -> bytes:
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def x_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * SQRT_MINUS_1 % P
    if x * x % P != square:
        return None
    return x if x & 1 == sign else -x % P


def decode(key: bytes) -> Point:
    number = int.from_bytes(key, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    x = x_of(y % P, sign)
    assert x is not None
    return x, y % P


BASE = decode(bytes.fromhex("58" + "66" * 31))


def torsion() -> list[Point]:
    """The eight points whose order divides eight."""
    y = 2
    while True:
        x = x_of(y, 0)
        if x is not None:
            generator = times(L, (x, y))
            if times(4, generator) != (0, 1):
                return [times(number, generator) for number in range(8)]
        y += 1


TORSION = torsion()
OTHER_ENCODINGS = {
    "identity with the sign bit": (1 | 1 << 255),
    "order two with the sign bit": (P - 1 | 1 << 255),
    "identity as p + 1": P + 1,
    "identity as p + 1 with the sign bit": (P + 1 | 1 << 255),
    "order four as p": P,
    "order four as p with the sign bit": (P | 1 << 255),
    "y is p + 3": P + 3,
    "y is 2^255 - 1": 2**255 - 1,
    "no point of the curve": 2,
    "all ones": 2**256 - 1,
}
BAD_POINTS: dict[str, bytes] = {
    **{f"torsion point {number}": encode(point) for number, point in enumerate(TORSION)},
    **{name: number.to_bytes(32, "little") for name, number in OTHER_ENCODINGS.items()},
    **{
        f"good point plus torsion point {number}": encode(add(times(5, BASE), TORSION[number]))
        for number in range(1, 8)
    },
}


def test_the_corpus_is_what_it_says() -> None:
    assert len({encode(point) for point in TORSION}) == 8
    assert times(L, BASE) == (0, 1)
    assert decode(SIGNER.public_key) == times(int.from_bytes(_scalar(SIGNER.secret_key[:32]), "little"), BASE)
    assert is_good_public_key(encode(times(5, BASE)))


def _scalar(seed: bytes) -> bytes:
    digest = bytearray(hashlib.sha512(seed).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    return bytes(digest)


@pytest.mark.parametrize("name", BAD_POINTS)
def test_a_key_outside_the_prime_order_group_is_refused(name: str) -> None:
    key = BAD_POINTS[name]
    assert not is_good_public_key(key)
    # Under a small-order key R = identity and S = 0 fit every eighth message in other libraries.
    for message in (b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"):
        assert not verify_signature(key, message, encode((0, 1)) + bytes(32))


def test_another_library_takes_a_small_order_key_which_is_why_we_check() -> None:
    signature = encode((0, 1)) + bytes(32)
    key = Ed25519PublicKey.from_public_bytes(encode((0, 1)))
    key.verify(signature, b"any message at all")  # raises unless the signature is "good"
    assert not verify_signature(encode((0, 1)), b"any message at all", signature)


@pytest.mark.parametrize("name", BAD_POINTS)
def test_a_signature_whose_r_is_outside_the_prime_order_group_is_refused(name: str) -> None:
    message = b"message"
    genuine = SIGNER.sign(message)
    changed = BAD_POINTS[name] + genuine[32:]
    assert not is_good_signature_form(changed)
    assert not verify_signature(SIGNER.public_key, message, changed)


@pytest.mark.parametrize("number", range(1, 8))
def test_a_signature_that_only_cofactored_verification_takes_is_refused(number: int) -> None:
    """R + T with S made to fit: 8SB = 8R + 8hA holds, SB = R + hA does not."""
    seed, message = (7).to_bytes(32, "little"), b"message"
    nonce = 12345678901234567890
    r_point = encode(add(times(nonce, BASE), TORSION[number]))
    challenge = int.from_bytes(hashlib.sha512(r_point + SIGNER.public_key + message).digest(), "little") % L
    s = (nonce + challenge * int.from_bytes(_scalar(seed), "little")) % L
    assert not verify_signature(SIGNER.public_key, message, r_point + s.to_bytes(32, "little"))
    r_point = encode(times(nonce, BASE))
    challenge = int.from_bytes(hashlib.sha512(r_point + SIGNER.public_key + message).digest(), "little") % L
    s = (nonce + challenge * int.from_bytes(_scalar(seed), "little")) % L
    assert verify_signature(SIGNER.public_key, message, r_point + s.to_bytes(32, "little"))


def test_a_signature_whose_r_is_the_identity_is_refused_though_it_fits() -> None:
    seed, message = (7).to_bytes(32, "little"), b"message"
    r_point = encode((0, 1))
    challenge = int.from_bytes(hashlib.sha512(r_point + SIGNER.public_key + message).digest(), "little") % L
    s = challenge * int.from_bytes(_scalar(seed), "little") % L
    fitting = r_point + s.to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(SIGNER.public_key).verify(fitting, message)  # another library takes it
    assert not is_good_signature_form(fitting)
    assert not verify_signature(SIGNER.public_key, message, fitting)


@given(st.binary(max_size=80))
def test_s_is_below_the_group_order(message: bytes) -> None:
    signature = SIGNER.sign(message)
    s = int.from_bytes(signature[32:], "little")
    for twin in (s + L, s + 2 * L, s + 8 * L):
        changed = signature[:32] + twin.to_bytes(32, "little")
        assert not is_good_signature_form(changed)
        assert not verify_signature(SIGNER.public_key, message, changed)
    assert is_good_signature_form(signature)


@given(st.integers(0, 2**64), st.binary(max_size=80), st.integers(0, 511))
def test_good_signatures_pass_here_and_elsewhere_and_no_flipped_bit_does(seed: int, message: bytes, bit: int) -> None:
    signer = SeedSigner.of(seed)
    signature = signer.sign(message)
    assert verify_signature(signer.public_key, message, signature)
    Ed25519PublicKey.from_public_bytes(signer.public_key).verify(signature, message)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not verify_signature(signer.public_key, message, bytes(changed))
    assert not verify_signature(signer.public_key, message + b"\0", signature)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(signer.public_key).verify(bytes(changed), message)


@pytest.mark.parametrize("size", [0, 31, 33, 63, 65, 128])
def test_keys_and_signatures_have_their_length(size: int) -> None:
    assert not is_good_public_key(bytes(size))
    assert not is_good_signature_form(bytes(size))
    assert not verify_signature(SIGNER.public_key, b"", bytes(size))
    with pytest.raises(ValueError, match="32 bytes"):
        multibase_of(bytes(size))


@given(st.binary(min_size=32, max_size=32))
def test_a_key_has_one_multibase(key: bytes) -> None:
    text = multibase_of(key)
    assert text.startswith("z6Mk")
    assert key_of(text) == key


def test_the_multibase_is_that_of_the_example_in_did_key() -> None:
    key = based58.b58decode(b"B12NYF8RrR3h41TDCTJojY59usg3mbtbjnFs7Eud1Y6u")
    assert multibase_of(key) == "z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_multibase"),
        ("z", "bad_multibase"),
        ("z1", "bad_key"),
        ("z0OIl", "bad_multibase"),
        ("uZ29vZA", "bad_multibase"),
        ("z6Mk\u0430", "bad_multibase"),
        ("z6Mk ", "bad_multibase"),
        ("z" + "6" * 5000, "bad_multibase"),
        ("z" + based58.b58encode(b"\xec\x01" + bytes(32)).decode(), "bad_key"),
        ("z" + based58.b58encode(b"\xed\x01" + bytes(31)).decode(), "bad_key"),
        ("z" + based58.b58encode(b"\xed\x01" + bytes(33)).decode(), "bad_key"),
        ("z" + based58.b58encode(bytes(32)).decode(), "bad_key"),
        ("Z" + based58.b58encode(b"\xed\x01" + bytes(32)).decode(), "bad_multibase"),
        (multibase_of(bytes(32)) + "\n", "bad_multibase"),
    ],
)
def test_only_the_one_spelling_of_a_key_is_read(text: str, code: str) -> None:
    with pytest.raises(StructureError) as error:
        key_of(text)
    assert error.value.code == code


def test_leading_zeroes_keep_their_number() -> None:
    assert base58_of("z11" + based58.b58encode(b"\x05").decode(), "proofValue") == b"\0\0\x05"


def test_the_corpus_of_bad_points_stands_in_a_file_for_other_languages() -> None:
    found = json.loads((VECTORS / "bad_points.json").read_text("utf-8"))
    assert found == {name: point.hex() for name, point in BAD_POINTS.items()}
