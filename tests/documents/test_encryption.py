from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from portfolio.documents import encryption
from portfolio.documents.cid import compute_cid
from portfolio.documents.encryption import (
    SEALED_OVERHEAD,
    WRAPPED_KEY_SIZE,
    Context,
    MasterKey,
    MasterKeyError,
    MasterKeys,
    SealError,
    UnknownMasterKeyError,
    bind,
    derive,
    load_master_keys,
    new_key,
    new_person_key,
    parse_master_keys,
    person_key,
    read_master_key_file,
    rewrap,
    seal,
    unseal,
    unwrap,
    version_of,
    wrap,
)

PLACE = bind("document", "id-1", "person-1")
parts = st.lists(st.one_of(st.text(), st.integers()), max_size=5)


def keys_of(*versions: int) -> MasterKeys:
    return MasterKeys({version: MasterKey(version, bytes([version]) * 31 + b"x") for version in versions})


# --- sealing ----------------------------------------------------------------------------------------------------------


@given(plaintext=st.binary(max_size=5000), purpose=st.text(), places=parts)
def test_what_is_sealed_opens_under_the_same_key_and_context(
    plaintext: bytes, purpose: str, places: list[str | int]
) -> None:
    key, context = new_key(), bind(purpose, *places)
    sealed = seal(key, plaintext, context)
    assert len(sealed) == len(plaintext) + SEALED_OVERHEAD
    assert unseal(key, sealed, context) == plaintext


@pytest.mark.fault(49)
@given(plaintext=st.binary(max_size=2000))
def test_equal_plaintexts_give_different_ciphertexts_and_cids(plaintext: bytes) -> None:
    key = new_key()
    one, other = seal(key, plaintext, PLACE), seal(key, plaintext, PLACE)
    assert one[1:13] != other[1:13]
    assert one != other
    assert compute_cid(one) != compute_cid(other)


@given(plaintext=st.binary(min_size=1, max_size=40), data=st.data())
def test_any_flipped_bit_is_refused(plaintext: bytes, data: st.DataObject) -> None:
    key = new_key()
    sealed = bytearray(seal(key, plaintext, PLACE))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealError):
        unseal(key, bytes(sealed), PLACE)


def test_every_single_bit_of_a_sealed_text_and_of_a_wrapped_key_counts() -> None:
    master, key = keys_of(1, 2), new_key()
    sealed, wrapped = seal(key, b"score 97.5", PLACE), new_person_key(master, "person-1")
    for bit in range(len(sealed) * 8):
        with pytest.raises(SealError):
            unseal(key, _flipped(sealed, bit), PLACE)
    for bit in range(len(wrapped) * 8):
        with pytest.raises((SealError, UnknownMasterKeyError)):
            person_key(master, "person-1", _flipped(wrapped, bit))


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


@given(data=st.binary(max_size=200))
def test_bytes_that_were_never_sealed_are_refused(data: bytes) -> None:
    with pytest.raises(SealError):
        unseal(bytes(32), data, PLACE)
    with pytest.raises((SealError, UnknownMasterKeyError)):
        unwrap(keys_of(1), data, PLACE)


def test_every_truncation_and_addition_is_refused() -> None:
    key = new_key()
    sealed = seal(key, b"text", PLACE)
    for end in range(len(sealed)):
        with pytest.raises(SealError):
            unseal(key, sealed[:end], PLACE)
    with pytest.raises(SealError):
        unseal(key, sealed + b"\0", PLACE)


@given(one=parts, other=parts, purpose=st.text())
def test_contexts_are_equal_only_when_their_parts_are(
    one: list[str | int], other: list[str | int], purpose: str
) -> None:
    same = [(type(part), part) for part in one] == [(type(part), part) for part in other]
    assert (bind(purpose, *one) == bind(purpose, *other)) == same


@pytest.mark.parametrize(
    "elsewhere",
    [
        bind("document", "id-2", "person-1"),
        bind("document", "id-1", "person-2"),
        bind("document-key", "id-1", "person-1"),
        bind("document", "id-1person-1"),
        bind("document", "id-1", "person-1", ""),
        Context(b""),
    ],
)
def test_a_ciphertext_moved_to_another_place_does_not_open(elsewhere: Context) -> None:
    key, master = new_key(), keys_of(1)
    with pytest.raises(SealError):
        unseal(key, seal(key, b"text", PLACE), elsewhere)
    with pytest.raises(SealError):
        unwrap(master, wrap(master, key, PLACE), elsewhere)


def test_a_person_key_of_another_person_does_not_open() -> None:
    master = keys_of(1)
    wrapped = new_person_key(master, "person-1")
    assert len(wrapped) == WRAPPED_KEY_SIZE
    assert len(person_key(master, "person-1", wrapped)) == 32
    with pytest.raises(SealError):
        person_key(master, "person-2", wrapped)
    assert new_person_key(master, "person-1") != wrapped


def test_another_master_key_of_the_same_version_opens_nothing() -> None:
    wrapped = new_person_key(keys_of(1), "person-1")
    with pytest.raises(SealError):
        person_key(MasterKeys({1: MasterKey(1, b"y" * 31 + b"z")}), "person-1", wrapped)


def test_the_sealed_bytes_are_as_the_specification_says() -> None:
    """An independent reading of docs/spec/documents.md: other implementations depend on it."""
    key = bytes(range(32))
    sealed = seal(key, "Мөхәммәт".encode(), bind("document", "a", 12))
    assert sealed[0] == 1
    associated = b"\x01" + b"s8:document" + b"s1:a" + b"i2:12"
    assert AESGCM(key).decrypt(sealed[1:13], sealed[13:], associated).decode() == "Мөхәммәт"
    wrapped = wrap(keys_of(7), key, bind("p"))
    assert wrapped[:3] == b"\x02\x00\x07"


def test_what_version_1_sealed_opens_for_ever() -> None:
    """Bytes written down once: a change of the format must bring a new version, not a new reading of the old one."""
    vector = json.loads(Path(__file__).with_name("vectors").joinpath("sealing-v1.json").read_text())
    master = parse_master_keys(vector["master_key"])
    key = person_key(master, vector["person_id"], bytes.fromhex(vector["wrapped_person_key"]))
    assert key.hex() == vector["key"]
    purpose, *places = vector["context"]
    assert unseal(key, bytes.fromhex(vector["sealed"]), bind(purpose, *places)).decode() == vector["plaintext"]
    assert {purpose: derive(master, purpose).hex() for purpose in vector["derived"]} == vector["derived"]


@pytest.mark.fault(71)
def test_nonces_do_not_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """The campaign of 10**6 is `make soak`; what one run can see is that nothing but the system's generator is used."""
    asked: list[int] = []
    real = os.urandom
    monkeypatch.setattr(encryption.os, "urandom", lambda size: asked.append(size) or real(size))
    key = new_key()
    nonces = {seal(key, b"", PLACE)[1:13] for _ in range(20_000)}
    assert len(nonces) == 20_000
    assert asked == [32] + [12] * 20_000


# --- versions of the master key ---------------------------------------------------------------------------------------


@pytest.mark.fault(70)
def test_every_wrapped_key_names_its_version_and_rewrapping_may_stop_anywhere() -> None:
    old, both, new = keys_of(1), keys_of(1, 2), keys_of(2)
    people = [f"person-{number}" for number in range(50)]
    wrapped = {person: new_person_key(old, person) for person in people}
    plain = {person: person_key(old, person, wrapped[person]) for person in people}
    for person in people[:20]:
        wrapped[person] = rewrap(both, wrapped[person], bind("person-key", person))
    assert {person: person_key(both, person, wrapped[person]) for person in people} == plain
    done = dict(wrapped)
    for person in people:
        wrapped[person] = rewrap(both, wrapped[person], bind("person-key", person))
    assert all(wrapped[person] == done[person] for person in people[:20])
    assert {version_of(key) for key in wrapped.values()} == {2}
    assert {person: person_key(new, person, wrapped[person]) for person in people} == plain


def test_a_version_that_was_not_given_is_named() -> None:
    wrapped = new_person_key(keys_of(3), "p")
    with pytest.raises(UnknownMasterKeyError) as caught:
        person_key(keys_of(1, 2), "p", wrapped)
    assert caught.value.data == {"version": 3}


def test_derived_secrets_differ_by_purpose_and_survive_a_rotation() -> None:
    assert derive(keys_of(1), "link-token") == derive(keys_of(1, 2), "link-token")
    assert derive(keys_of(1), "link-token") != derive(keys_of(2), "link-token")
    assert len({derive(keys_of(1), purpose) for purpose in ("link-token", "natural-key", "snils", "wrap")}) == 4
    assert derive(keys_of(1), "wrap") != encryption._derived(keys_of(1).current.secret, "wrap")


# --- where the master key comes from ----------------------------------------------------------------------------------


def base64_of(byte: int = 0) -> str:
    return base64.b64encode(bytes([byte]) + os.urandom(31)).decode()


def test_the_setting_may_hold_one_key_or_several_versions() -> None:
    one, two = base64_of(), base64_of()
    assert parse_master_keys(one).versions == (1,)
    both = parse_master_keys(f"2:{two}, 1:{one}\n")
    assert both.versions == (1, 2)
    assert both.current.version == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        base64.b64encode(bytes(range(31))).decode(),
        base64.b64encode(bytes(range(33))).decode(),
        base64.b64encode(bytes(32)).decode(),
        "0:" + base64.b64encode(bytes(range(32))).decode(),
        "65536:" + base64.b64encode(bytes(range(32))).decode(),
        "1:{0},1:{0}".format(base64.b64encode(bytes(range(32))).decode()),
        "-1:" + base64.b64encode(bytes(range(32))).decode(),
        bytes(range(32)).hex(),
    ],
)
def test_a_malformed_master_key_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(MasterKeyError) as caught:
        parse_master_keys(text)
    assert not text or text not in str(caught.value)


@pytest.mark.fault(72)
def test_the_master_key_is_in_no_representation() -> None:
    master = parse_master_keys(base64_of())
    for text in (repr(master), repr(master.current), str(master), f"{master.current}"):
        assert master.current.secret.hex() not in text
        assert repr(master.current.secret) not in text


def test_development_makes_a_private_key_file_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "master.key"
    first = load_master_keys(value=None, path=path, is_production=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = load_master_keys(value=None, path=path, is_production=True)
    assert first.current.secret == again.current.secret
    assert list(path.parent.iterdir()) == [path]


def test_the_setting_goes_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    text = base64_of()
    assert load_master_keys(value=text, path=path, is_production=True).current.secret == base64.b64decode(text)
    assert not path.exists()


def test_an_empty_setting_is_an_error_and_not_a_reason_to_make_a_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with pytest.raises(MasterKeyError):
        load_master_keys(value="", path=path, is_production=False)
    assert not path.exists()


def test_production_never_makes_a_key(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match="PORTFOLIO_MASTER_KEY"):
        load_master_keys(value=None, path=tmp_path / "master.key", is_production=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.fault(73)
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o666, 0o644, 0o610])
@pytest.mark.parametrize("is_production", [True, False])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int, *, is_production: bool) -> None:
    path = tmp_path / "master.key"
    path.write_text(base64_of())
    path.chmod(mode)
    with pytest.raises(MasterKeyError, match="chmod 600"):
        load_master_keys(value=None, path=path, is_production=is_production)
    path.chmod(0o400)
    assert read_master_key_file(path).versions == (1,)


@pytest.mark.fault(73)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text(base64_of())
    path.chmod(0o600)
    os.chown(path, 65534, 65534)
    with pytest.raises(MasterKeyError, match="another user"):
        read_master_key_file(path)


def test_a_link_in_place_of_the_key_file_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text(base64_of())
    target.chmod(0o600)
    (tmp_path / "master.key").symlink_to(target)
    with pytest.raises(MasterKeyError):
        read_master_key_file(tmp_path / "master.key")


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from portfolio.documents.encryption import load_master_keys\n"
        "sys.stdin.read(1)\n"
        "print(load_master_keys(value=None, path=Path(sys.argv[1]), is_production=False).current.secret.hex())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "master.key")]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    time.sleep(0.2)
    answers = {process.communicate("x")[0] for process in started}
    assert len(answers) == 1
    assert len(answers.pop().strip()) == 64
