"""School certificate (аттестат) with its marks. Pure."""

from __future__ import annotations

from typing import Final

from portfolio.credentials.kinds.declaration import Choice, Field, FieldType, Kind, Place, words
from portfolio.credentials.kinds.shared_fields import award_date, registration_number, title

_BASIC: Final = "основное общее | основное | 9 | 9 классов | ооо"
_SECONDARY: Final = "среднее общее | среднее | 11 | 11 классов | соо"

SCHOOL_CERTIFICATE: Final = Kind(
    code="school_certificate",
    version=1,
    bit=2,
    ru="Аттестат",
    en="School certificate",
    achievement_type="SecondarySchoolDiploma",
    description="Подтверждает получение общего образования и итоговые отметки.",
    criteria="Освоение образовательной программы и прохождение государственной итоговой аттестации.",
    fields=(
        title("Название документа", "Document", "документ | вид документа | аттестат | наименование документа"),
        Field(
            "level",
            "Уровень образования",
            "Level of education",
            FieldType.CHOICE,
            Place.RESULT,
            required=True,
            choices=(
                Choice("basic", "Основное общее образование", "Basic general education", words(_BASIC)),
                Choice("secondary", "Среднее общее образование", "Secondary general education", words(_SECONDARY)),
            ),
            synonyms=words("уровень | образование"),
        ),
        Field(
            "honours",
            "Отличие",
            "Honours",
            FieldType.CHOICE,
            Place.RESULT,
            choices=(
                Choice("honours", "С отличием", "With honours", words("да | отличие | yes | +")),
                Choice("none", "Без отличия", "Without honours", words("нет | обычный | no | -")),
            ),
            synonyms=words("с отличием | аттестат с отличием"),
        ),
        Field(
            "school_year",
            "Учебный год",
            "School year",
            FieldType.TEXT,
            Place.TERM,
            synonyms=words("уч. год | год | год окончания | год выпуска"),
            max_length=30,
        ),
        Field("marks", "Отметки", "Marks", FieldType.MARKS, Place.MARKS, required=True, synonyms=words("оценки")),
        award_date(),
        registration_number(
            "серия и номер | серия, номер | номер аттестата | № аттестата | номер бланка | номер", required=True
        ),
    ),
    natural_key=("registration_number",),
    minimal=("title", "level"),
    statutory=True,
)
