"""Names of people in tables: taken apart, checked for what no name holds, never changed in letter or case. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from portfolio.issuing.problems import CellError

# Words after the father's name that belong to it: "Мамедов Али Вагиф оглы".
_PATRONYMIC_ENDINGS: Final = frozenset(
    [
        "оглы",
        "оглу",
        "огли",
        "улы",
        "уулу",
        "угли",
        "ўғли",
        "ұлы",
        "кызы",
        "гызы",
        "кизи",
        "қизи",
        "қызы",
        "кыз",
        "уул",
        "заде",
        "ogly",
        "oglu",
        "kyzy",
        "qizi",
        "uulu",
    ]
)
# Words before a family name that belong to it: "фон Мекк", "ван дер Ваальс".
_FAMILY_PARTICLES: Final = frozenset(
    [
        "фон",
        "ван",
        "дер",
        "ден",
        "де",
        "ди",
        "да",
        "дю",
        "дос",
        "ла",
        "ле",
        "дель",
        "делла",
        "аль",
        "эль",
        "ибн",
        "бен",
        "бин",
        "тер",
        "мак",
        "von",
        "van",
        "der",
        "de",
        "di",
        "da",
        "du",
        "la",
        "le",
        "al",
        "el",
        "bin",
    ]
)
_PATRONYMIC: Final = re.compile(r".{2,40}(?:ович|евич|ьич|овна|евна|ична|инична)")
_USUAL: Final = re.compile(r"(?:[А-ЯЁ][а-яё]{1,30}(?:-[А-ЯЁ][а-яё]{1,30})?(?: |$)){2,3}")
_DASH: Final = re.compile("[-\u2010\u2011\u2012\u2013\u2014\u2212]")
_DASH_INSIDE: Final = re.compile(r"(?<=\w)\s?[-\u2010\u2011\u2012\u2013\u2014\u2212]\s?(?=\w)")
_EMPTY_PART: Final = frozenset(("-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212", "--", "---"))
_NO_PATRONYMIC: Final = frozenset(("нет", "отсутствует", "не имеется", "без отчества", "б/о"))
_MARKS: Final = frozenset("-'\u2019\u02bc\u2018`.() ")
_CYRILLIC: Final = re.compile("[\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f]")
_LATIN: Final = re.compile("[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
_DIGIT_ONE: Final = re.compile("[А-Яа-яЁё]1|1[А-Яа-яЁё]")
_OTHER_DIGIT: Final = re.compile("[02-9]")
_INITIAL: Final = re.compile(r"\w\.")
_MOST_MARKS: Final = 2  # combining marks in a row; more is no letter of any alphabet


@dataclass(frozen=True, slots=True)
class Name:
    """A holder's name: `full` is what will be signed, the parts serve to tell people of one issuer apart."""

    full: str
    last: str
    first: str
    patronymic: str | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something about a name that a person should look at: a code of `MESSAGES` and its data."""

    code: str
    data: dict[str, str | int]


def name_of_parts(last: str, first: str, patronymic: str) -> Name:
    """Join family name, given name and patronymic (clean texts; the last may be empty); raises `CellError`."""
    last, first = _joined(last), _joined(first)
    patronymic = "" if patronymic.casefold() in _NO_PATRONYMIC or patronymic in _EMPTY_PART else _joined(patronymic)
    if not last and not first:
        raise CellError("name_missing")
    if not last or not first:
        raise CellError("name_incomplete")
    words = [part for part in (last, first, patronymic) if part not in _EMPTY_PART and part]
    full = " ".join(words)
    _refuse_strangers(full)
    return Name(full, last, first if first not in _EMPTY_PART else "", patronymic or None)


def name_of_full(text: str) -> Name:
    """Take a full name (clean text) apart; `full` is the text as written but for the spaces around hyphens.

    Family name first, as Russian tables have it; "Иван Иванович Иванов" is seen by its patronymic. A dash in place of
    the given name or the patronymic says that there is none. Raises `CellError`.
    """
    text = _joined(text)
    words = text.split()
    kept = [word for word in words if word not in _EMPTY_PART]
    if not kept:
        raise CellError("name_missing")
    _refuse_strangers(" ".join(kept))
    if len(kept) == 1:
        if len(words) == 1:
            raise CellError("name_incomplete")
        return Name(kept[0], kept[0], "", None)
    return _taken_apart(kept)


def _taken_apart(words: list[str]) -> Name:
    full = " ".join(words)
    if _given_name_first(words):
        return Name(full, words[2], words[0], words[1])
    family = 1
    while family < len(words) - 1 and words[family - 1].casefold() in _FAMILY_PARTICLES:
        family += 1
    last, rest = " ".join(words[:family]), words[family:]
    return Name(full, last, rest[0], " ".join(rest[1:]) or None)


def doubts(name: Name) -> Iterator[Doubt]:
    """Yield what is odd about a name and yet may be right."""
    full = name.full
    words = full.split()
    if _USUAL.fullmatch(full) and not _PATRONYMIC.fullmatch(words[1]):
        return
    latin = sorted(set(_LATIN.findall(full)))
    if latin and _CYRILLIC.search(full):
        yield Doubt("name_mixed_letters", {"letters": ", ".join(latin)})
    if "1" in full:
        yield Doubt("name_digit_one", {})
    if _INITIAL.search(full):
        yield Doubt("name_initials", {})
    if _given_name_first(words) or _PATRONYMIC.fullmatch(name.first.casefold()):
        yield Doubt("name_order", {})
    elif _too_many(words):
        yield Doubt("name_many_words", {"count": len(words), "last": name.last, "first": name.first})


def _too_many(words: list[str]) -> bool:
    extra = sum(word.casefold() in _FAMILY_PARTICLES or word.casefold() in _PATRONYMIC_ENDINGS for word in words)
    return len(words) - extra > 3  # noqa: PLR2004


def _given_name_first(words: list[str]) -> bool:
    """Tell whether a name of three words has its patronymic in the middle and none at the end."""
    if len(words) != 3:  # noqa: PLR2004
        return False
    return bool(_PATRONYMIC.fullmatch(words[1].casefold())) and not _PATRONYMIC.fullmatch(words[2].casefold())


def _joined(text: str) -> str:
    """Bring the dash of a double-barrelled name to one plain hyphen without spaces, as documents write it."""
    return _DASH_INSIDE.sub("-", text) if _DASH.search(text) else text


def _refuse_strangers(name: str) -> None:
    """Raise `CellError` for the first character that no name holds; the digit 1 may stand for a palochka."""
    if _USUAL.fullmatch(name):
        return
    marks = 0
    digits_are_letters = bool(_DIGIT_ONE.search(name)) and not _OTHER_DIGIT.search(name)
    for character in name:
        category = unicodedata.category(character)
        marks = marks + 1 if category == "Mn" else 0
        if category[0] == "L" or character in _MARKS or 0 < marks <= _MOST_MARKS:
            continue
        if category[0] == "N":
            if character == "1" and digits_are_letters:
                continue
            raise CellError("name_has_digit")
        raise CellError(
            "name_bad_character", character=character if character.isprintable() else f"U+{ord(character):04X}"
        )
