"""Envelope encryption: a key per document under a key per person under the master key; it knows no database.

AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces. The associated data names what the ciphertext is and whose, so
that one moved to another row, person or column does not open. `docs/spec/documents.md` gives the bytes.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NewType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portfolio.documents.durable import sync_folder, write_beside
from portfolio.errors import PortfolioError

KEY_SIZE = 32
NONCE_SIZE = 12
TAG_SIZE = 16
MAX_VERSION = 0xFFFF

# First byte of everything made here; an unknown one is refused, so that the format can change.
_SEALED = 0x01  # 01 || nonce || ciphertext and tag
_WRAPPED = 0x02  # 02 || version of the master key, big-endian 16 bits || nonce || ciphertext and tag
_SEALED_HEADER = bytes([_SEALED])
_WRAPPED_HEADER = struct.Struct(">BH")

SEALED_OVERHEAD = 1 + NONCE_SIZE + TAG_SIZE
WRAPPED_OVERHEAD = _WRAPPED_HEADER.size + NONCE_SIZE + TAG_SIZE
WRAPPED_KEY_SIZE = WRAPPED_OVERHEAD + KEY_SIZE

_KEY_LINE = re.compile(r"(?:(?P<version>[0-9]{1,5}):)?(?P<key>[A-Za-z0-9+/]{43}=)")

Context = NewType("Context", bytes)
"""What a ciphertext is bound to; made by `bind` and by nothing else."""


class SealError(PortfolioError):
    """A ciphertext or wrapped key was altered, moved from its place, or belongs to another key."""

    status = 500
    code = "cannot_unseal"


class UnknownMasterKeyError(PortfolioError):
    """Sealed under a version of the master key that this process was not given."""

    status = 500
    code = "unknown_master_key"


class MasterKeyError(PortfolioError):
    """The master key is absent, malformed or readable by others; nothing may start with it."""

    status = 500
    code = "master_key"


def bind(purpose: str, *parts: str | int) -> Context:
    """Return the context of a ciphertext: its purpose, then ids and versions, each with its length before it.

    The lengths make the encoding unambiguous: ("ab", "c") and ("a", "bc") differ, and so do 1 and "1".
    """
    return Context(b"".join([_encoded(purpose), *map(_encoded, parts)]))


def _encoded(part: str | int) -> bytes:
    kind, text = ("i", str(part)) if isinstance(part, int) else ("s", part)
    data = text.encode()
    return b"%s%d:%s" % (kind.encode(), len(data), data)


def seal(key: bytes, plaintext: bytes, context: Context) -> bytes:
    """Encrypt `plaintext` (bytes of any length) under a 32-byte `key`; the result is 29 bytes longer.

    The nonce is random, so one key may seal at most 2**32 texts (SP 800-38D, 8.3); a person's key seals thousands.
    """
    nonce = os.urandom(NONCE_SIZE)
    return _SEALED_HEADER + nonce + AESGCM(key).encrypt(nonce, plaintext, _SEALED_HEADER + context)


def unseal(key: bytes, sealed: bytes, context: Context) -> bytes:
    """Return the plaintext of `seal`; raises SealError unless key, bytes and context are the ones of the sealing."""
    if len(sealed) < SEALED_OVERHEAD or sealed[0] != _SEALED:
        raise SealError("This is not sealed data of a known version.")
    nonce = sealed[1 : 1 + NONCE_SIZE]
    try:
        return AESGCM(key).decrypt(nonce, sealed[1 + NONCE_SIZE :], _SEALED_HEADER + context)
    except InvalidTag:
        raise SealError(
            "Sealed data does not open: it was altered, moved from its place, or the key differs."
        ) from None


def new_key() -> bytes:
    """Return 32 random bytes from the system's generator."""
    return os.urandom(KEY_SIZE)


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One version (1..65535) of the master key: 32 bytes that seal nothing themselves; keys derived from them do."""

    version: int
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_SIZE:
            raise MasterKeyError("The master key must be 32 bytes, written in base64.")
        if not 1 <= self.version <= MAX_VERSION:
            raise MasterKeyError("The version of a master key must be from 1 to 65535.")


class MasterKeys:
    """All versions of the master key this process was given; the highest seals, the others only open."""

    def __init__(self, keys: Mapping[int, MasterKey]) -> None:
        if not keys:
            raise MasterKeyError("No master key was given.")
        self._keys = dict(keys)
        self.current = self._keys[max(self._keys)]
        self.root = self._keys[min(self._keys)]

    @property
    def versions(self) -> tuple[int, ...]:
        return tuple(sorted(self._keys))

    def __getitem__(self, version: int) -> MasterKey:
        """Return one version; raises UnknownMasterKeyError."""
        try:
            return self._keys[version]
        except KeyError:
            raise UnknownMasterKeyError(
                f"Version {version} of the master key is needed and was not given.", version=version
            ) from None

    def __repr__(self) -> str:
        return f"MasterKeys(versions={self.versions})"


def wrap(master: MasterKeys, secret: bytes, context: Context) -> bytes:
    """Seal a key or a short secret under the master key; the result, 31 bytes longer, names the key's version."""
    version = master.current.version
    header = _WRAPPED_HEADER.pack(_WRAPPED, version)
    nonce = os.urandom(NONCE_SIZE)
    key = _derived(master.current.secret, "wrap")
    return header + nonce + AESGCM(key).encrypt(nonce, secret, header + context)


def unwrap(master: MasterKeys, wrapped: bytes, context: Context) -> bytes:
    """Return the secret of `wrap`; raises SealError, or UnknownMasterKeyError when its version was not given."""
    key = _derived(master[version_of(wrapped)].secret, "wrap")
    header, rest = wrapped[: _WRAPPED_HEADER.size], wrapped[_WRAPPED_HEADER.size :]
    try:
        return AESGCM(key).decrypt(rest[:NONCE_SIZE], rest[NONCE_SIZE:], header + context)
    except InvalidTag:
        raise SealError(
            "A wrapped key does not open: it was altered, moved from its place, or the key differs."
        ) from None


def version_of(wrapped: bytes) -> int:
    """Return the version of the master key that wrapped this; raises SealError on anything `wrap` did not make."""
    if len(wrapped) < WRAPPED_OVERHEAD or wrapped[0] != _WRAPPED:
        raise SealError("This is not a wrapped key of a known version.")
    version: int = _WRAPPED_HEADER.unpack_from(wrapped)[1]
    return version


def rewrap(master: MasterKeys, wrapped: bytes, context: Context) -> bytes:
    """Return the same secret under the current master key; what is under it already comes back as it is."""
    if version_of(wrapped) == master.current.version:
        return wrapped
    return wrap(master, unwrap(master, wrapped, context), context)


def new_person_key(master: MasterKeys, person_id: str) -> bytes:
    """Return a new random key of a person, wrapped: the `sealed_key` of the row. Losing it is erasure."""
    return wrap(master, new_key(), bind("person-key", person_id))


def person_key(master: MasterKeys, person_id: str, wrapped: bytes) -> bytes:
    """Return the person's key (32 bytes); raises SealError when it is another person's."""
    return unwrap(master, wrapped, bind("person-key", person_id))


def derive(master: MasterKeys, purpose: str) -> bytes:
    """Return a 32-byte secret for an HMAC of one purpose ("link-token", "natural-key", "snils", ...).

    It comes from the oldest version given, so that links and matches survive a rotation of the master key.
    """
    return _derived(master.root.secret, f"derive/{purpose}")


@lru_cache(maxsize=256)
def _derived(secret: bytes, purpose: str) -> bytes:
    # HKDF, RFC 5869; no salt, for the input is uniformly random already.
    info = f"portfolio/v1/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=info).derive(secret)


def parse_master_keys(text: str) -> MasterKeys:
    """Read `base64` or `version:base64`, several separated by commas or line ends; raises MasterKeyError.

    A key without a version is version 1. The message never repeats what was read.
    """
    keys: dict[int, MasterKey] = {}
    for line in filter(None, (part.strip() for part in re.split(r"[,\n]", text))):
        match = _KEY_LINE.fullmatch(line)
        if match is None:
            raise MasterKeyError("The master key must be 32 bytes in base64, or VERSION:BASE64.")
        version = int(match["version"] or 1)
        if version in keys:
            raise MasterKeyError(f"Two master keys of version {version} were given.", version=version)
        keys[version] = MasterKey(version, _decoded(match["key"]))
    return MasterKeys(keys)


def _decoded(text: str) -> bytes:
    try:
        secret = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise MasterKeyError("The master key is not base64.") from None
    # All-equal bytes are what a template or a slip of the hand leaves behind, never what a generator gives.
    if hmac.compare_digest(secret, secret[:1] * len(secret)):
        raise MasterKeyError("The master key is one byte repeated; make a random one.")
    return secret


def read_master_key_file(path: Path) -> MasterKeys:
    """Read the master key from a file of mode 0600 or 0400 that this user owns; raises MasterKeyError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise MasterKeyError("There is no master key file; set PORTFOLIO_MASTER_KEY or make the file.") from None
    except OSError as error:
        raise MasterKeyError(f"The master key file cannot be read: {error.strerror}.") from None
    # Mode and content are asked of the same open file: the path may change between two looks.
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
        about = os.fstat(file.fileno())
        if about.st_mode & 0o077:
            raise MasterKeyError("The master key file is open to other users; run chmod 600 on it.")
        if about.st_uid not in (os.geteuid(), 0):
            raise MasterKeyError("The master key file belongs to another user.")
        return parse_master_keys(file.read(64 * 1024))


def create_master_key_file(path: Path) -> MasterKeys:
    """Make a file with a new random master key, mode 0600, durable before return; an existing file is never touched.

    Of two processes that start together one makes it and the other reads it. Raises MasterKeyError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written whole under another name and then linked: nobody ever reads half a key, and link() refuses to replace.
    beside = write_beside(path.parent, path.name, b"1:" + base64.b64encode(new_key()) + b"\n")
    try:
        os.link(beside, path)
        sync_folder(path.parent)
    except FileExistsError:
        pass
    finally:
        beside.unlink(missing_ok=True)
    return read_master_key_file(path)


def load_master_keys(*, value: str | None, path: Path, is_production: bool) -> MasterKeys:
    """Return the master keys from the setting, else from the file; outside production an absent file is made.

    Raises MasterKeyError with a sentence that says what to do.
    """
    if value is not None:
        return parse_master_keys(value)
    if is_production or path.exists():
        return read_master_key_file(path)
    return create_master_key_file(path)
