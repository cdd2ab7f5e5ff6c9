"""Olympiad award: a stage of the national olympiad (ВсОШ), a level of the official list (РСОШ), or another. Pure."""

from __future__ import annotations

from typing import Final

from portfolio.credentials.kinds.declaration import Choice, Field, FieldType, Kind, Place, words
from portfolio.credentials.kinds.shared_fields import award_date, registration_number, score, title

_WINNER: Final = (
    "победительница | диплом победителя | 1 место | i место | первое место | 1 | i | 1 степень | i степень | "
    "диплом 1 степени | диплом i степени | диплом первой степени"
)
_PRIZE_WINNER: Final = (
    "призер | призерша | диплом призера | 2 место | 3 место | ii место | iii место | второе место | третье место | "
    "2 | 3 | ii | iii | 2 степень | 3 степень | ii степень | iii степень | диплом 2 степени | диплом 3 степени | "
    "диплом ii степени | диплом iii степени | диплом второй степени | диплом третьей степени | prize winner"
)

DEGREES: Final = (
    Choice("winner", "Победитель", "Winner", words(_WINNER)),
    Choice("prize_winner", "Призёр", "Prize-winner", words(_PRIZE_WINNER)),
    Choice("participant", "Участник", "Participant", words("участница | участие | сертификат участника")),
)


def _stage(code: str, ru: str, en: str) -> Choice:
    return Choice(
        f"vsosh_{code}",
        f"ВсОШ, {ru} этап",
        f"All-Russian olympiad, {en} stage",
        words(f"{ru} | {ru} этап | {ru} этап всош | всош {ru} этап | всош, {ru}"),
    )


def _listed(number: int, roman: str) -> Choice:
    small = roman.lower()
    return Choice(
        f"rsosh_{number}",
        f"РСОШ, {roman} уровень",
        f"RSOSH list, level {roman}",
        words(
            f"рсош {small} уровень | рсош, {number} уровень | рсош {number} уровень | рсош {small} | рсош {number} | "
            f"рсош-{number} | {small} уровень | {number} уровень"
        ),
    )


LEVELS: Final = (
    _stage("school", "школьный", "school"),
    _stage("municipal", "муниципальный", "municipal"),
    _stage("regional", "региональный", "regional"),
    _stage("final", "заключительный", "final"),
    _listed(1, "I"),
    _listed(2, "II"),
    _listed(3, "III"),
    Choice("other", "Иная олимпиада", "Other olympiad", words("иная | иной | другая | прочая | вне перечня")),
)

OLYMPIAD_AWARD: Final = Kind(
    code="olympiad_award",
    version=1,
    bit=0,
    ru="Диплом олимпиады",
    en="Olympiad award",
    achievement_type="Award",
    description="Подтверждает результат участника олимпиады.",
    criteria="Решение жюри олимпиады по итогам выполнения заданий.",
    fields=(
        title("Олимпиада", "Olympiad", "название олимпиады | наименование олимпиады | мероприятие"),
        Field(
            "level",
            "Уровень",
            "Level",
            FieldType.CHOICE,
            Place.RESULT,
            required=True,
            choices=LEVELS,
            synonyms=words("этап | уровень олимпиады | этап олимпиады | stage"),
        ),
        Field(
            "subject",
            "Предмет",
            "Subject",
            FieldType.TEXT,
            Place.FIELD_OF_STUDY,
            required=True,
            synonyms=words("предмет олимпиады | дисциплина | общеобразовательный предмет"),
        ),
        Field(
            "grade",
            "Класс",
            "Grade",
            FieldType.TEXT,
            Place.RESULT,
            synonyms=words("кл. | кл | класс обучения | класс участия | class"),
            max_length=20,
        ),
        Field(
            "degree",
            "Степень",
            "Degree",
            FieldType.CHOICE,
            Place.RESULT,
            required=True,
            choices=DEGREES,
            synonyms=words("статус | результат | тип диплома | статус участника | диплом | награда | status | result"),
        ),
        score("score", "Балл", "Score", "баллы | балл итоговый | итоговый балл | сумма баллов | набрано баллов"),
        score("max_score", "Максимальный балл", "Maximum score", "макс. балл | макс балл | максимум | max | max score"),
        Field(
            "profile",
            "Профиль",
            "Profile",
            FieldType.TEXT,
            Place.SPECIALIZATION,
            synonyms=words("направление | номинация | секция | track"),
        ),
        award_date("дата проведения | дата олимпиады"),
        registration_number("номер диплома | № диплома | диплом №"),
    ),
    natural_key=("holder_name", "title", "level", "subject", "award_date"),
    minimal=("title", "level", "subject", "degree"),
)
