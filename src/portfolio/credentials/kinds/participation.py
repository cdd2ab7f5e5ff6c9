"""Participation in an event, not only victory. Pure."""

from __future__ import annotations

from typing import Final

from portfolio.credentials.kinds.declaration import Choice, Field, FieldType, Kind, Place, words
from portfolio.credentials.kinds.shared_fields import award_date, registration_number, title

EVENT_KINDS: Final = (
    Choice("olympiad", "Олимпиада", "Olympiad"),
    Choice("contest", "Конкурс", "Contest"),
    Choice("conference", "Конференция", "Conference", words("научная конференция | чтения")),
    Choice("competition", "Соревнование", "Competition", words("соревнования | турнир | чемпионат")),
    Choice("festival", "Фестиваль", "Festival"),
    Choice("hackathon", "Хакатон", "Hackathon"),
    Choice("seminar", "Семинар", "Seminar", words("вебинар | мастер-класс")),
    Choice("other", "Иное мероприятие", "Other event", words("другое | иное | прочее")),
)

PARTICIPATION: Final = Kind(
    code="participation",
    version=1,
    bit=4,
    ru="Сертификат участника",
    en="Certificate of participation",
    achievement_type="Achievement",
    description="Подтверждает участие в мероприятии.",
    criteria="Участие, отмеченное организатором мероприятия.",
    fields=(
        title("Мероприятие", "Event", "событие | название мероприятия | название | конференция | конкурс"),
        Field(
            "role",
            "Роль",
            "Role",
            FieldType.TEXT,
            Place.ROLE,
            synonyms=words("статус | вид участия | форма участия | кем участвовал"),
            max_length=100,
        ),
        Field(
            "event_kind",
            "Вид мероприятия",
            "Kind of event",
            FieldType.CHOICE,
            Place.RESULT,
            choices=EVENT_KINDS,
            synonyms=words("тип мероприятия | вид | тип"),
        ),
        award_date("дата мероприятия | дата проведения"),
        registration_number("номер сертификата | № сертификата"),
    ),
    natural_key=("holder_name", "title", "role", "award_date"),
    minimal=("title", "role", "event_kind"),
)
