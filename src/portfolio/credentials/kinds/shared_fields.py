"""Fields that several kinds share, so that a table's usual headers are understood alike everywhere. Pure."""

from __future__ import annotations

from typing import Final

from portfolio.credentials.kinds.declaration import Field, FieldType, Place, words

_DATE: Final = "дата | дата награждения | дата документа | дата вручения | award date | issue date | issued"
_NUMBER: Final = (
    "рег. номер | рег. № | рег.№ | рег № | рег номер | № документа | номер документа | регистрационный № | "
    "reg. no. | reg no | document number"
)
_HOURS: Final = (
    "часы | часов | час. | кол-во часов | количество часов | число часов | объем | объем (час.) | объем в часах | "
    "трудоемкость | credits"
)
_START: Final = "начало | дата начала | дата начала обучения | с | start | from"
_END: Final = "окончание | дата окончания | дата окончания обучения | по | end | to | until"


def title(ru: str, en: str, synonyms: str) -> Field:
    """Return the name of what was achieved, the one field of text that every kind has."""
    return Field(
        "title", ru, en, FieldType.TEXT, Place.ACHIEVEMENT_NAME, required=True, synonyms=words(synonyms), max_length=500
    )


def award_date(synonyms: str = "") -> Field:
    """Return the award's own date, which the verdict compares with the time of registration."""
    return Field(
        "award_date",
        "Дата выдачи",
        "Date of award",
        FieldType.DATE,
        Place.AWARDED_DATE,
        required=True,
        synonyms=_words(_DATE, synonyms),
    )


def registration_number(synonyms: str = "", *, required: bool = False) -> Field:
    """Return the number under which the issuer registered the paper."""
    return Field(
        "registration_number",
        "Регистрационный номер",
        "Registration number",
        FieldType.TEXT,
        Place.LICENSE_NUMBER,
        required=required,
        synonyms=_words(_NUMBER, synonyms),
        max_length=60,
    )


def hours(*, required: bool) -> Field:
    """Return the volume of a programme in academic hours."""
    return Field(
        "hours",
        "Объём, часов",
        "Hours",
        FieldType.INTEGER,
        Place.CREDITS_EARNED,
        required=required,
        synonyms=words(_HOURS),
        minimum=1,
        maximum=20_000,
    )


def period() -> tuple[Field, Field]:
    """Return the first and the last day of a programme, both optional."""
    start, end = Place.ACTIVITY_START, Place.ACTIVITY_END
    return (
        Field("start_date", "Начало обучения", "Start date", FieldType.DATE, start, synonyms=words(_START)),
        Field("end_date", "Окончание обучения", "End date", FieldType.DATE, end, synonyms=words(_END)),
    )


def score(name: str, ru: str, en: str, synonyms: str) -> Field:
    """Return an optional number of points."""
    return Field(name, ru, en, FieldType.DECIMAL, Place.RESULT, synonyms=words(synonyms), minimum=0, maximum=1_000_000)


def _words(common: str, own: str) -> tuple[str, ...]:
    return words(f"{common} | {own}" if own else common)
