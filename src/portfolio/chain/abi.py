"""The two contracts' interfaces as the package ships them: call data, answers, events and errors, to bytes and back.

Uses eth-abi alone: whoever only reads a chain (a verifier above all) shall not wait seconds for web3 to load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

import orjson
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from tiny_keccak import keccak256

from portfolio.chain.answers import Log
from portfolio.chain.errors import BadAnswerError

ISSUER_REGISTRY: Final = "IssuerRegistry"
CREDENTIAL_REGISTRY: Final = "CredentialRegistry"
MANY_CHECKS: Final = "ManyChecks"
_SELECTOR: Final = 4
_WORD: Final = 32
_FOLDER: Final = "abi"
_STATIC_IN_TOPICS: Final = ("uint", "int", "bool", "address", "bytes32")


class Interface:
    """One contract's ABI, creation code and code template."""

    def __init__(self, name: str) -> None:
        text = resources.files("portfolio.chain").joinpath(_FOLDER, f"{name}.json").read_bytes()
        artefact = orjson.loads(text)
        self.name = name
        self.abi: list[dict[str, Any]] = artefact["abi"]
        self.creation_code = bytes.fromhex(artefact["bytecode"].removeprefix("0x"))
        self.code_template = bytes.fromhex(artefact["deployedBytecode"].removeprefix("0x"))
        self._immutables: list[tuple[int, int]] = [(start, length) for start, length in artefact["immutables"]]
        nothing: dict[str, Any] = {"inputs": []}
        self._constructor = next((entry for entry in self.abi if entry["type"] == "constructor"), nothing)
        self._functions = {entry["name"]: entry for entry in self.abi if entry["type"] == "function"}
        self._events = {keccak256(_signature(entry)): entry for entry in self.abi if entry["type"] == "event"}
        self._errors = {
            keccak256(_signature(entry))[:_SELECTOR]: entry for entry in self.abi if entry["type"] == "error"
        }

    def call_data(self, function: str, *values: Any) -> bytes:
        """Selector and encoded arguments; another type of value is a fault of the program (EncodingError)."""
        return self.selector(function) + encode(_types(self._functions[function]["inputs"]), values)

    def selector(self, function: str) -> bytes:
        """First four bytes of every call of the function."""
        return keccak256(_signature(self._functions[function]))[:_SELECTOR]

    def answer(self, function: str, data: bytes) -> tuple[Any, ...]:
        """Decode what a view returned; a struct stands as a tuple. Raises `BadAnswerError`."""
        return _decode(_types(self._functions[function]["outputs"]), data, f"{self.name}.{function}")

    def topic(self, event: str) -> str:
        """First topic of an event's logs."""
        return next("0x" + topic.hex() for topic, entry in self._events.items() if entry["name"] == event)

    def event(self, log: Log) -> tuple[str, dict[str, Any]] | None:
        """Name and arguments of a log, or None for an event not declared here. Raises `BadAnswerError`."""
        entry = self._events.get(bytes.fromhex(log.topics[0][2:])) if log.topics else None
        if entry is None:
            return None
        indexed = [field for field in entry["inputs"] if field["indexed"]]
        plain = [field for field in entry["inputs"] if not field["indexed"]]
        if len(indexed) != len(log.topics) - 1 or any(not f["type"].startswith(_STATIC_IN_TOPICS) for f in indexed):
            raise BadAnswerError(f"a log of {entry['name']} with other topics than declared")
        topics = b"".join(bytes.fromhex(topic[2:]) for topic in log.topics[1:])
        values = dict(zip(_names(indexed), _decode(_types(indexed), topics, entry["name"]), strict=True))
        values |= zip(_names(plain), _decode(_types(plain), log.data, entry["name"]), strict=True)
        return entry["name"], values

    def error(self, revert: bytes) -> tuple[str, dict[str, Any]] | None:
        """Name and arguments of the custom error in a revert, or None for another or an empty one."""
        entry = self._errors.get(revert[:_SELECTOR])
        if entry is None:
            return None
        values = _decode(_types(entry["inputs"]), revert[_SELECTOR:], entry["name"])
        return entry["name"], dict(zip(_names(entry["inputs"]), values, strict=True))

    def called(self, data: bytes) -> tuple[str, tuple[Any, ...]]:
        """Name and arguments of a call, as a contract sees it. Raises `BadAnswerError` for an undeclared function."""
        for name, entry in self._functions.items():
            if keccak256(_signature(entry))[:_SELECTOR] == data[:_SELECTOR]:
                return name, _decode(_types(entry["inputs"]), data[_SELECTOR:], name)
        raise BadAnswerError(f"{self.name} has no such function")

    def returned(self, function: str, *values: Any) -> bytes:
        """What a contract returns from a view."""
        return encode(_types(self._functions[function]["outputs"]), values)

    def emitted(self, event: str, *values: Any) -> tuple[list[str], bytes]:
        """Topics and data of an event's log."""
        topic, entry = next(pair for pair in self._events.items() if pair[1]["name"] == event)
        fields = list(zip(entry["inputs"], values, strict=True))
        topics = [topic, *(encode([field["type"]], [value]) for field, value in fields if field["indexed"])]
        plain = [(field["type"], value) for field, value in fields if not field["indexed"]]
        return ["0x" + one.hex() for one in topics], encode([kind for kind, _ in plain], [value for _, value in plain])

    def refused(self, error: str, *values: Any) -> bytes | None:
        """What a contract says when it reverts with a custom error, or None for one not declared here."""
        for selector, entry in self._errors.items():
            if entry["name"] == error:
                return selector + encode(_types(entry["inputs"]), values)
        return None

    def constructed(self, data: bytes) -> tuple[Any, ...] | None:
        """Constructor arguments in the data of a deployment, or None when it deploys something else."""
        if not data.startswith(self.creation_code):
            return None
        return _decode(_types(self._constructor["inputs"]), data[len(self.creation_code) :], self.name)

    def constructor_data(self, *values: Any) -> bytes:
        """Creation code with encoded constructor arguments."""
        return self.creation_code + encode(_types(self._constructor["inputs"]), values)

    def is_code(self, code: bytes) -> bool:
        """Tell whether deployed code is this contract's, whatever its immutable values are."""
        return len(code) == len(self.code_template) and self._masked(code) == self._masked(self.code_template)

    def _masked(self, code: bytes) -> bytes:
        masked = bytearray(code)
        for start, length in self._immutables:
            masked[start : start + length] = bytes(length)
        return bytes(masked)


@cache
def issuer_registry() -> Interface:
    """IssuerRegistry, read from the package once."""
    return Interface(ISSUER_REGISTRY)


@cache
def credential_registry() -> Interface:
    """CredentialRegistry, read from the package once."""
    return Interface(CREDENTIAL_REGISTRY)


@cache
def many_checks() -> Interface:
    """ManyChecks, which is never deployed (`bulk`), read from the package once."""
    return Interface(MANY_CHECKS)


def _decode(types: Sequence[str], data: bytes, what: str) -> tuple[Any, ...]:
    try:
        return tuple(decode(types, data))
    except (DecodingError, ValueError, OverflowError):
        raise BadAnswerError(f"not an answer of {what}: {len(data)} bytes that do not decode") from None


def _names(fields: Sequence[Mapping[str, Any]]) -> list[str]:
    return [field["name"] for field in fields]


def _types(fields: Sequence[Mapping[str, Any]]) -> list[str]:
    return [_type(field) for field in fields]


def _type(field: Mapping[str, Any]) -> str:
    """ABI type of a parameter; structs are written as tuples of their members."""
    written = str(field["type"])
    if not written.startswith("tuple"):
        return written
    return "(" + ",".join(_types(field["components"])) + ")" + written.removeprefix("tuple")


@cache
def _signature_of(name: str, types: tuple[str, ...]) -> bytes:
    return f"{name}({','.join(types)})".encode()


def _signature(entry: Mapping[str, Any]) -> bytes:
    return _signature_of(entry["name"], tuple(_types(entry["inputs"])))
