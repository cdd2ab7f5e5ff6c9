"""Completion of a course, online ones included. Pure."""

from __future__ import annotations

from typing import Final

from portfolio.credentials.kinds.declaration import Field, FieldType, Kind, Place, words
from portfolio.credentials.kinds.shared_fields import award_date, hours, period, registration_number, score, title

COURSE_COMPLETION: Final = Kind(
    code="course_completion",
    version=1,
    bit=5,
    ru="Сертификат об окончании курса",
    en="Course completion",
    achievement_type="CertificateOfCompletion",
    description="Подтверждает окончание курса.",
    criteria="Выполнение заданий курса в полном объёме.",
    fields=(
        title("Курс", "Course", "название курса | наименование курса | программа | тема | модуль"),
        hours(required=False),
        *period(),
        Field(
            "platform",
            "Площадка",
            "Platform",
            FieldType.TEXT,
            Place.RESULT,
            synonyms=words("платформа | онлайн-платформа | образовательная платформа"),
        ),
        score("score", "Балл", "Score", "баллы | результат | итоговый балл | оценка"),
        award_date("дата завершения | дата окончания курса"),
        registration_number("номер сертификата | № сертификата"),
    ),
    natural_key=("holder_name", "title", "award_date"),
    minimal=("title", "hours"),
)
