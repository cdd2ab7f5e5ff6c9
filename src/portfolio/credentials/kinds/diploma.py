"""Diploma: of a contest or of an educational programme. Pure."""

from __future__ import annotations

from typing import Final

from portfolio.credentials.kinds.declaration import Field, FieldType, Kind, Place, words
from portfolio.credentials.kinds.shared_fields import award_date, registration_number, title

DIPLOMA: Final = Kind(
    code="diploma",
    version=1,
    bit=1,
    ru="Диплом",
    en="Diploma",
    achievement_type="Diploma",
    description="Подтверждает выдачу диплома.",
    criteria="Решение организации, выдавшей диплом.",
    fields=(
        title("Название диплома", "Diploma", "диплом | наименование документа | конкурс | название конкурса | title"),
        Field(
            "subject",
            "Направление",
            "Programme",
            FieldType.TEXT,
            Place.FIELD_OF_STUDY,
            synonyms=words("программа | специальность | направление подготовки | номинация | предмет | subject"),
        ),
        Field(
            "qualification",
            "Квалификация",
            "Qualification",
            FieldType.TEXT,
            Place.SPECIALIZATION,
            synonyms=words("присвоенная квалификация"),
        ),
        Field(
            "degree",
            "Степень",
            "Degree",
            FieldType.TEXT,
            Place.RESULT,
            synonyms=words("место | степень диплома | результат | статус"),
            max_length=100,
        ),
        award_date(),
        registration_number("номер диплома | № диплома | серия и номер"),
    ),
    natural_key=("holder_name", "title", "subject", "award_date", "registration_number"),
    minimal=("title", "subject", "degree"),
    statutory=True,
)
