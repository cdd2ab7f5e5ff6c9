"""Invented people for the example tables: names of many of the country's peoples, put together by chance."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class People:
    """Names of one tradition; every name is put together by chance. Family names come as (his, hers)."""

    last: tuple[tuple[str, str], ...]
    men: tuple[str, ...]
    women: tuple[str, ...]
    fathers: tuple[tuple[str, str], ...]  # (his patronymic, hers); empty where there are none
    weight: int


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (pair.strip().split("/") for pair in text.split(","))
    return tuple((pair[0], pair[-1]) for pair in pairs)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


RUSSIAN: Final = People(
    _pairs(
        "Абрамов/Абрамова, Берёзкин/Берёзкина, Воробьёв/Воробьёва, Горелов/Горелова, Дятлов/Дятлова, Ежов/Ежова, "
        "Журавлёв/Журавлёва, Зимин/Зимина, Калинин/Калинина, Лыков/Лыкова, Медведев/Медведева, Носков/Носкова, "
        "Озеров/Озерова, Пчелин/Пчелина, Рябинин/Рябинина, Снегирёв/Снегирёва, Тихомиров/Тихомирова, Ушаков/Ушакова, "
        "Черных/Черных, Щеглов/Щеглова, Юрьев/Юрьева, Яблоков/Яблокова, Сорокин-Белов/Сорокина-Белова, "
        "Мельник/Мельник, Долгих/Долгих, Петров-Водолей/Петрова-Водолей"
    ),
    _words("Алексей, Артём, Богдан, Виктор, Глеб, Даниил, Егор, Фёдор, Иван, Кирилл, Лев, Матвей, Никита, Пётр, Семён"),
    _words("Алёна, Анна, Варвара, Вера, Дарья, Ева, Злата, Ксения, Мария, Надежда, Ольга, Полина, София, Таисия, Юлия"),
    _pairs(
        "Алексеевич/Алексеевна, Андреевич/Андреевна, Викторович/Викторовна, Дмитриевич/Дмитриевна, "
        "Ильич/Ильинична, Максимович/Максимовна, Олегович/Олеговна, Сергеевич/Сергеевна, Фёдорович/Фёдоровна, "
        "Юрьевич/Юрьевна"
    ),
    12,
)
TATAR_PLAIN: Final = People(
    _pairs(
        "Гайнуллин/Гайнуллина, Закиров/Закирова, Мухаметзянов/Мухаметзянова, Нигматуллин/Нигматуллина, Сафин/Сафина"
    ),
    _words("Айдар, Булат, Ильнар, Камиль, Тимур"),
    _words("Айгуль, Алсу, Гузель, Диляра, Лейсан"),
    _pairs("Айратович/Айратовна, Маратович/Маратовна, Рашитович/Рашитовна, Фаридович/Фаридовна"),
    3,
)
CAUCASIAN: Final = People(
    _pairs("Дадаев/Дадаева, Магомедов/Магомедова, Хаджиев/Хаджиева, Эльмурзаев/Эльмурзаева, Дзагоев/Дзагоева"),
    _words("Адам, Ахмед, Иса, Магомед, Хасан"),
    _words("Аминат, Зарема, Макка, Патимат, Хеда"),
    _pairs("Мусаевич/Мусаевна, Русланович/Руслановна, Султанович/Султановна, Шамильевич/Шамильевна"),
    3,
)
AZERBAIJANI: Final = People(
    _pairs("Алиев/Алиева, Мамедов/Мамедова, Гусейнов/Гусейнова"),
    _words("Али, Рауф, Эмин"),
    _words("Лейла, Нигяр, Севиль"),
    _pairs("Вагиф оглы/Вагиф кызы, Рамиз оглы/Рамиз кызы"),
    1,
)
WITHOUT_FATHERS: Final = People(
    _pairs("Ким/Ким, Пак/Пак, Нгуен/Нгуен, Саакян/Саакян, Мюллер/Мюллер"),
    _words("Артур, Виктор, Денис, Роман"),
    _words("Алина, Виктория, Диана, Карина"),
    (),
    2,
)
TATAR: Final = People(
    _pairs("Гыйләҗев/Гыйләҗева, Мөхәммәтшин/Мөхәммәтшина, Вәлиев/Вәлиева, Җәлилов/Җәлилова"),
    _words("Әмир, Илһам, Рөстәм, Җәүдәт"),
    _words("Әминә, Гөлнара, Ләйсән, Нәфисә"),
    _pairs("Рәшит улы/Рәшит кызы, Фәрит улы/Фәрит кызы"),
    4,
)
YAKUT: Final = People(
    _pairs("Өлөксөөйөп/Өлөксөөйөбө, Ньукулаайап/Ньукулаайаба, Сөдүөтэп/Сөдүөтэбэ"),
    _words("Айыыһаан, Дьулустаан, Ньургун, Эрхаан"),
    _words("Айыына, Күннэй, Нарыйаана, Сайыына"),
    _pairs("Уйбаанабыс/Уйбаанабына, Ньургунабыс/Ньургунабына"),
    3,
)
CHECHEN: Final = People(
    _pairs("Ӏалиев/Ӏалиева, Хьамзатов/Хьамзатова, ГӀайрбеков/ГӀайрбекова"),
    _words("Ӏиса, Ӏумар, Мохьмад"),
    _words("Ӏайшат, Хьава, Зулай"),
    _pairs("Мусаевич/Мусаевна, Ахьмадович/Ахьмадовна"),
    3,
)
CHUVASH: Final = People(
    _pairs("Ҫӳлтӑров/Ҫӳлтӑрова, Ӑсанов/Ӑсанова"),
    _words("Атнер, Ӑнтун"),
    _words("Нарспи, Ҫеҫкӗ"),
    _pairs("Ҫтаппанович/Ҫтаппановна, Йӑванович/Йӑвановна"),
    2,
)
OSSETIC: Final = People(
    _pairs("Дзуццаты/Дзуццаты, Хъодзаты/Хъодзаты"), _words("Ӕхсар, Сослан"), _words("Зӕринӕ, Сатӕнӕй"), (), 1
)

PLAIN: Final = (RUSSIAN, TATAR_PLAIN, CAUCASIAN, AZERBAIJANI, WITHOUT_FATHERS)  # letters that Windows-1251 has
ALL: Final = (*PLAIN, TATAR, YAKUT, CHECHEN, CHUVASH, OSSETIC)

Person = tuple[str, str, str]


def people(chance: random.Random, traditions: Sequence[People]) -> Iterator[Person]:
    """Yield different people without end: family name, given name, patronymic or ""."""
    seen: set[Person] = set()
    while True:
        one = chance.choices(traditions, [tradition.weight for tradition in traditions])[0]
        female = chance.random() < 0.5  # noqa: PLR2004
        person = (
            chance.choice(one.last)[female],
            chance.choice(one.women if female else one.men),
            chance.choice(one.fathers)[female] if one.fathers else "",
        )
        if person not in seen:
            seen.add(person)
            yield person


def birthday(chance: random.Random, year: int) -> dt.date:
    return dt.date(year, 1, 1) + dt.timedelta(days=chance.randrange(365))


def snils(chance: random.Random) -> str:
    """Return an invented СНИЛС: its check digits are right, its first digits are given to nobody."""
    digits = f"9{chance.randrange(10**8):08}"
    check = sum(int(digit) * (9 - at) for at, digit in enumerate(digits)) % 101 % 100
    return f"{digits}{check:02}"
