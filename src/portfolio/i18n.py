"""Languages of the interface: which one a reader gets, and the catalogue, dates and numbers of it.

English sentences stand in the code and the templates and are the gettext ids; Russian lies in `locale/`. The catalogue
is compiled in memory from the `.po` file at first use, so that nothing can be stale. See ADR 0020.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib import resources
from typing import Final, Literal, TypeAlias, cast

from babel import dates, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

Language: TypeAlias = Literal["ru", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("ru", "en")
DEFAULT_LANGUAGE: Final[Language] = "ru"
LANGUAGE_COOKIE: Final = "lang"
DEFAULT_TIME_ZONE: Final = "Europe/Moscow"

_SOURCE_LANGUAGE: Final = "en"
_KEPT_DATES: Final = 4096  # a batch shares its block time, a page says some times twice: writing one costs 50 us
_MAX_ACCEPT_LANGUAGE: Final = 500
_MOMENT: Final = {"ru": "d\u00a0MMMM y\u00a0'г.', HH:mm", "en": "d\u00a0MMMM y, HH:mm"}
_REORDERING: Final = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029], "\N{REPLACEMENT CHARACTER}"
)
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DAY: Final = {"ru": "d\u00a0MMMM y\u00a0'г.'", "en": "d\u00a0MMMM y"}


def choose_language(query: str | None, cookie: str | None, accept_language: str | None) -> Language:
    """Return the language of an answer: that of `?lang=`, else of the cookie, else of the browser, else Russian."""
    for wanted in (query, cookie):
        if wanted in LANGUAGES:
            return wanted
    found = negotiate_locale(_preferences(accept_language or ""), LANGUAGES, sep="-")
    return cast("Language", found) if found else DEFAULT_LANGUAGE


def _preferences(header: str) -> list[str]:
    """Return the language tags of an Accept-Language header, best first (RFC 9110, section 12.5.4)."""
    weighted = []
    for part in header[:_MAX_ACCEPT_LANGUAGE].split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if 0 < quality <= 1:
            weighted.append((quality, tag.strip()))
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]


def N_(sentence: str) -> str:  # noqa: N802  the name Babel looks for
    """Mark a sentence for extraction; it is translated where it is shown."""
    return sentence


@lru_cache(maxsize=len(LANGUAGES))
def translations_for(language: Language) -> NullTranslations:
    """Return the catalogue of a language; that of English gives every sentence back as it stands."""
    if language == _SOURCE_LANGUAGE:
        return NullTranslations()
    source = resources.files("portfolio") / "locale" / language / "LC_MESSAGES" / "messages.po"
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def gettext_for(language: Language) -> Callable[[str], str]:
    """Return the function that translates an English sentence; one that the catalogue lacks comes back unchanged."""
    return cast("Callable[[str], str]", translations_for(language).gettext)


def ngettext_for(language: Language) -> Callable[[str, str, int], str]:
    """Return the function that picks the plural form of the language for a number."""
    return translations_for(language).ngettext


@lru_cache(maxsize=_KEPT_DATES)
def format_moment(seconds: int, language: Language, *, time_zone: str = DEFAULT_TIME_ZONE) -> str:
    """Return a unix time as people write it, with its zone.

    In Russian "22 ноября 2026 г., 13:00 МСК", in English "22 November 2026, 13:00 UTC+3".
    Raises `LookupError` for an unknown zone; a time that no calendar holds comes back as its number.
    """
    try:
        when = datetime.fromtimestamp(seconds, tz=UTC).astimezone(dates.get_timezone(time_zone))
    except (ValueError, OverflowError, OSError):
        return str(seconds)
    return f"{dates.format_datetime(when, _MOMENT[language], locale=language)}\u00a0{_zone_name(when, language)}"


@lru_cache(maxsize=_KEPT_DATES)
def format_day(day: str, language: Language) -> str:
    """Return an ISO day as people write it: "22 ноября 2026 г."; a text that is no day comes back unchanged."""
    try:
        return dates.format_date(date.fromisoformat(day), _DAY[language], locale=language)
    except ValueError:
        return day


def format_decimal(number: str, language: Language) -> str:
    """Return a decimal like "97.5" with the decimal sign of the language; digits are never rounded or grouped."""
    return number.replace(".", ",") if language == "ru" else number


def visible(text: str) -> str:
    """Return a text from outside as it may be shown: marks that reorder or break the surrounding text become U+FFFD.

    Left in, they would let a name print backwards or leave its isolation (faults 85, 129). The marks that Arabic and
    Hebrew names need (LRM, RLM, ALM) only act between letters and stay.
    """
    return text.translate(_REORDERING)


def printable(text: str) -> str:
    """Return a text from outside as a terminal, JSON or UTF-8 can take it, marks of direction replaced too.

    Names of files may hold ESC, which makes a terminal do things, and bytes that are no UTF-8 (lone surrogates).
    """
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", visible(text))


def isolated(text: str) -> str:
    """Return a name to be put inside a sentence: its direction of writing ends where it ends (UAX #9, FSI and PDI)."""
    return f"\N{FIRST STRONG ISOLATE}{visible(text)}\N{POP DIRECTIONAL ISOLATE}"


def _zone_name(when: datetime, language: Language) -> str:
    """Return "МСК" for Moscow time in Russian, else the distance from UTC, which needs no table of abbreviations."""
    if language == "ru" and str(when.tzinfo) == DEFAULT_TIME_ZONE:
        return "МСК"
    minutes = int((when.utcoffset() or UTC.utcoffset(None)).total_seconds()) // 60
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "\N{MINUS SIGN}"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def terminal_language() -> Language:
    """Return the language of a terminal: `PORTFOLIO_LANGUAGE`, else the locale of the shell, else Russian."""
    for name in ("PORTFOLIO_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        wanted = os.environ.get(name, "")[:2].lower()
        if wanted in LANGUAGES:
            return wanted
    return DEFAULT_LANGUAGE


def terminal_translator() -> Callable[[str], str]:
    """Return the translation for a terminal, into `terminal_language()`."""
    return gettext_for(terminal_language())
