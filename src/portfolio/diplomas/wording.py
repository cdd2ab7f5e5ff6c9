"""The Russian words that a diploma adds to the signed ones, by kind. Pure.

A diploma is a Russian document whatever language the pages are read in, so these are not sentences of the interface.
Names of people stand in the nominative everywhere: no program declines them safely.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from portfolio.credentials.kinds import Kind


@dataclass(frozen=True, slots=True)
class Wording:
    """What a kind's paper says around the signed values.

    `subheadings` turn the value of the field `told_by` (a choice) into the line below the heading, in place of a row;
    `subheading` is the line when there is no such value. `before` and `after` stand around the holder's name.
    """

    heading: str
    subheading: str = ""
    told_by: str = ""
    subheadings: Mapping[str, str] = field(default_factory=dict)
    before: str = "награждается"
    after: str = ""
    marks_heading: str = "Итоговые отметки"


_CONFIRMS: Final = "подтверждает, что"

WORDINGS: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        "olympiad_award": Wording(
            heading="Диплом",
            subheading="олимпиады",
            told_by="degree",
            subheadings=MappingProxyType(
                {
                    "winner": "победителя олимпиады",
                    "prize_winner": "призёра олимпиады",
                    "participant": "участника олимпиады",
                }
            ),
        ),
        "diploma": Wording(heading="Диплом", before="обладатель диплома"),
        "school_certificate": Wording(
            heading="Аттестат",
            told_by="level",
            subheadings=MappingProxyType(
                {"basic": "об основном общем образовании", "secondary": "о среднем общем образовании"}
            ),
            before="Настоящий аттестат свидетельствует о том, что",
            after="освоил(а) образовательную программу и прошёл (прошла) государственную итоговую аттестацию",
        ),
        "cpd_certificate": Wording(
            heading="Удостоверение",
            subheading="о повышении квалификации",
            before="Настоящее удостоверение подтверждает, что",
            after="прошёл (прошла) повышение квалификации по программе",
        ),
        "participation": Wording(
            heading="Сертификат", subheading="участника", before=_CONFIRMS, after="принял(а) участие в мероприятии"
        ),
        "course_completion": Wording(
            heading="Сертификат", subheading="об окончании курса", before=_CONFIRMS, after="окончил(а) курс"
        ),
    }
)

SHORT_FORM: Final = "Краткая форма: часть сведений скрыта по выбору владельца, остальное проверяется так же."
PENDING: Final = (
    "Напечатано до внесения в реестр: пока запись не внесена, проверка отвечает «ждёт внесения». Готовый файл "
    "можно будет скачать по той же ссылке."
)
DUPLICATE: Final = "Дубликат"
DATE: Final = "Дата выдачи"
NUMBER: Final = "Регистрационный №"
RESULT: Final = "Результат"
PERIOD: Final = "Период обучения"
HONOURS: Final = "с отличием"


def wording_of(kind: Kind) -> Wording:
    """Return the words of a kind; a minimal form has those of its full form, an unknown kind its own label."""
    return WORDINGS.get(kind.minimal_of or kind.code) or Wording(heading=kind.ru, before=_CONFIRMS)


def how_to_check(host: str) -> tuple[str, ...]:
    """Return what to do to check a paper, a sentence a step; `host` is where the service answers."""
    return (
        f"Наведите камеру телефона на QR-код: откроется страница проверки на {host}.",
        f"Или откройте {host}/verify и введите код проверки и фамилию владельца.",
        "Или, без этого сайта, откройте файл PDF на странице verifier.html: доказательства внутри.",
        "Сравните имя, название и дату с бумагой: доказывает запись, а не бумага.",
    )


def duplicate_note(day: str) -> str:
    """Return the note of a duplicate; `day` as people write it."""
    return f"Дубликат выдан {day}; запись в реестре та же, что у первого экземпляра."


def replaces_note(*, number: str, day: str, code: str) -> str:
    """Return what a corrected paper replaces; number and day may be empty."""
    named = " ".join(part for part in (f"№ {number}" if number else "", f"от {day}" if day else "") if part)
    return f"Документ выдан взамен прежнего {named + ' ' if named else ''}(код проверки {code}), в котором были ошибки."
