"""Ways of altering a JSON file: each value in each way, twins that other parsers take for the same, and noise."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[str | int, ...]

LOOKALIKES = str.maketrans("АВЕКМНОРСТХаеорсух", "ABEKMHOPCTXaeopcyx")


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value of a document with the way to it, the document itself first."""
    yield path, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def replaced(document: Any, path: Path, value: Any) -> Any:
    """A copy with one place set; what lies off the way is shared with the original."""
    if not path:
        return value
    changed = document.copy()
    changed[path[0]] = value if len(path) == 1 else replaced(document[path[0]], path[1:], value)
    return changed


def deleted(document: Any, path: Path) -> Any:
    changed = document.copy()
    if len(path) == 1:
        del changed[path[0]]
    else:
        changed[path[0]] = deleted(document[path[0]], path[1:])
    return changed


def variants(value: Any) -> Iterator[tuple[str, Any]]:
    """Other values for a value, each with a word for it; none is written like the value itself."""
    mine = dumps(value)
    for word, other in _candidates(value):
        if dumps(other) != mine:
            yield word, other


def _candidates(value: Any) -> Iterator[tuple[str, Any]]:
    yield from (("null", None), ("wrapped in a list", [value]), ("twice in a list", [value, value]))
    yield from (("wrapped in @value", {"@value": value}), ("wrapped in @id", {"@id": value}))
    yield from (("wrapped in @list", {"@list": [value]}), ("wrapped in @set", {"@set": [value]}))
    if isinstance(value, str):
        yield from _string_variants(value)
    elif isinstance(value, bool):
        yield from (("negated", not value), ("as a number", int(value)), ("as text", str(value).lower()))
    elif isinstance(value, int | float):
        yield from (("one more", value + 1), ("as text", str(value)), ("true", True), ("negative", -value))
        yield from (("as a float", float(value)), ("half more", value + 0.5), ("huge", 2**64 + int(value)))
    elif isinstance(value, list):
        yield from _list_variants(value)
    elif isinstance(value, dict):
        yield from _dict_variants(value)


def _string_variants(value: str) -> Iterator[tuple[str, Any]]:
    middle = len(value) // 2
    yield from (("empty", ""), ("longer", value + "x"), ("a space after", value + " "), ("a space before", " " + value))
    yield from (("shorter", value[:-1]), ("a letter changed", value[:middle] + "ъ" + value[middle + 1 :]))
    yield from (("a digit changed", value.translate(str.maketrans("0123456789", "1234567890"))),)
    yield from (("other case", value.swapcase()), ("upper case", value.upper()), ("reversed", value[::-1]))
    yield from (("decomposed", unicodedata.normalize("NFD", value)), ("look-alikes", value.translate(LOOKALIKES)))
    yield from (("zero width", value[:middle] + "\u200b" + value[middle:]), ("direction", "\u202e" + value))
    yield from (("control", value + "\u0000"), ("noncharacter", value + "\uffff"), ("surrogate", value + "\ud800"))
    yield from (("newline", value + "\n"), ("a number", 1), ("true", True), ("markup", f"<b>{value}</b>"))
    yield from (("language", {"@value": value, "@language": "ru"}), ("blank node", "_:b0"), ("fragment", value + "#x"))
    yield from (("zone", value.replace("Z", "+00:00")), ("fraction", value.replace("Z", ".000Z")))


def _list_variants(value: list[Any]) -> Iterator[tuple[str, Any]]:
    yield from (("no items", []), ("reversed", value[::-1]), ("last item dropped", value[:-1]))
    if value:
        yield from (("first item twice", [value[0], *value]), ("unwrapped", value[0]), ("an object more", [*value, {}]))
        yield ("a text more", [*value, "Extra"])
        yield ("sorted", sorted(value, key=lambda item: json.dumps(item, sort_keys=True)))


def _dict_variants(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from (("no members", {}), ("members reversed", dict(reversed(value.items()))))
    for name, item in {
        "extra": "x",
        "name": "Другое имя",
        "id": "urn:uuid:00000000-0000-4000-8000-000000000000",
        "type": "Extra",
        "@id": "urn:x",
        "@type": "Extra",
        "@context": {"extra": "urn:extra"},
        "@graph": [],
        "@reverse": {},
        "@included": [],
        "@index": "x",
        "@nest": {},
        "@language": "ru",
        "@version": 1.1,
        "@base": "urn:x",
        "@vocab": "urn:x#",
        "https://example.org/extra": "x",
        "evidence": [],
        "endorsementJwt": ["x"],
        "refreshService": {"id": "urn:x", "type": "X"},
        "validUntil": "2099-01-01T00:00:00Z",
        "proofValue": "z1",
        "__proto__": {},
        "": "x",
    }.items():
        if name not in value:
            yield f"with {name}", {**value, name: item}
    for name in value:
        yield f"{name} renamed", {(name + "x" if key == name else key): item for key, item in value.items()}
        yield f"{name} in capitals", {(name.upper() if key == name else key): item for key, item in value.items()}


def with_duplicate(document: Any, path: Path, other: Any, *, other_first: bool) -> str:
    """JSON text in which the member at `path` is written twice, once with another value."""
    marker, twin = "@@mark@@", "@@twin@@"
    holder = _follow(document, path[:-1])
    rebuilt: dict[str, Any] = {}
    for name, value in holder.items():
        if name == path[-1]:
            rebuilt[twin if other_first else marker] = other if other_first else value
            rebuilt[marker if other_first else twin] = value if other_first else other
        else:
            rebuilt[name] = value
    text = json.dumps(replaced(document, path[:-1], rebuilt), ensure_ascii=False)
    name = json.dumps(path[-1], ensure_ascii=False)
    return text.replace(json.dumps(marker), name).replace(json.dumps(twin), name)


def noise(data: bytes, source: random.Random) -> bytes:
    """One random mutation: of a bit, of bytes, or of the structure (ValueError when it is no JSON any more)."""
    place, elsewhere = source.randrange(len(data)), source.randrange(len(data))
    piece = data[place : place + source.randrange(1, 60)]
    mutations: list[Callable[[], bytes]] = [
        lambda: data[:place] + bytes([data[place] ^ (1 << source.randrange(8))]) + data[place + 1 :],
        lambda: data[:place] + bytes([source.randrange(256)]) + data[place + 1 :],
        lambda: data[:place] + data[place + len(piece) :],
        lambda: data[:elsewhere] + piece + data[elsewhere:],
        *[lambda: dumps(restructured(json.loads(data), source))] * 4,
    ]
    return source.choice(mutations)()


def restructured(document: Any, source: random.Random) -> Any:
    """Remove, exchange, copy or vary values at random places."""
    found = list(places(document))
    (path, value), (other_path, other) = source.choice(found), source.choice(found)
    choice = source.randrange(4)
    if choice == 0 and path:
        return deleted(document, path)
    if choice == 1:
        return replaced(document, path, other)
    apart = other_path[: len(path)] != path and path[: len(other_path)] != other_path
    if choice == 2 and apart:
        return replaced(replaced(document, path, other), other_path, value)
    return replaced(document, path, source.choice(list(variants(value)))[1])


def dumps(document: Any) -> bytes:
    """JSON bytes; a lone surrogate becomes its escape, as an attacker would write it."""
    try:
        return json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(document).encode()


def _follow(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document
