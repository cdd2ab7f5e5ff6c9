"""CPD certificate (удостоверение о повышении квалификации); the provider is the issuer. Pure."""

from __future__ import annotations

from typing import Final

from portfolio.credentials.kinds.declaration import Field, FieldType, Kind, Place, words
from portfolio.credentials.kinds.shared_fields import award_date, hours, period, registration_number, title

_TITLE: Final = (
    "название программы | наименование программы | тема | курс | название курса | программа обучения | "
    "программа повышения квалификации | program"
)

CPD_CERTIFICATE: Final = Kind(
    code="cpd_certificate",
    version=1,
    bit=3,
    ru="Удостоверение о повышении квалификации",
    en="CPD certificate",
    achievement_type="Certificate",
    description="Подтверждает повышение квалификации по дополнительной профессиональной программе.",
    criteria="Освоение программы в указанном объёме и прохождение итоговой аттестации.",
    fields=(
        title("Программа", "Programme", _TITLE),
        hours(required=True),
        *period(),
        Field("city", "Город", "City", FieldType.TEXT, Place.RESULT, synonyms=words("место выдачи"), max_length=100),
        award_date(),
        registration_number("номер удостоверения | № удостоверения | удостоверение № | номер", required=True),
    ),
    # Providers start their numbers anew each year, so the number alone would make next year's 0001 a conflict.
    natural_key=("registration_number", "award_date"),
    minimal=("title", "hours"),
    statutory=True,
)
