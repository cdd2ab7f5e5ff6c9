"""The words of column names: which stand for a person's data, a field of a kind, a school subject, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from portfolio.credentials.kinds import ISSUED_KINDS, FieldType, Kind
from portfolio.issuing.cells import key


class Target(StrEnum):
    """What a column stands for besides the fields of a kind (whose targets are their names)."""

    FULL_NAME = "person.full_name"
    LAST_NAME = "person.last_name"
    FIRST_NAME = "person.first_name"
    PATRONYMIC = "person.patronymic"
    BIRTH_DATE = "person.birth_date"
    SNILS = "person.snils"
    NUMBER = "person.number"
    EMAIL = "person.email"
    MARK = "mark"  # a school subject: a row of the MARKS field
    COUNTER = "counter"  # №: says nothing


NAMES: Final = frozenset((Target.FULL_NAME, Target.LAST_NAME, Target.FIRST_NAME, Target.PATRONYMIC))

_PERSON: Final[Mapping[Target, tuple[str, ...]]] = {
    Target.FULL_NAME: (
        "фио", "ф и о", "фамилия имя отчество", "фамилия имя", "фамилия и имя", "имя фамилия", "имя и фамилия",
        "фамилия имя отчество при наличии", "фио при наличии", "фамилия и о", "фамилия инициалы", "кому выдан",
        "кому выдано", "full name", "name", "holder name",
    ),
    Target.LAST_NAME: ("фамилия", "last name", "surname", "family name", "lastname"),
    Target.FIRST_NAME: ("имя", "first name", "given name", "given names", "firstname", "forename"),
    Target.PATRONYMIC: ("отчество", "отчество при наличии", "patronymic", "middle name", "отч"),
    Target.BIRTH_DATE: (
        "дата рождения", "дата рожд", "дата р", "д р", "др", "день рождения", "рожд", "число месяц год рождения",
        "date of birth", "birth date", "birthdate", "birthday", "dob",
    ),
    Target.SNILS: ("снилс", "номер снилс", "№ снилс", "страховой номер", "снилс номер", "snils"),
    Target.NUMBER: (
        "табельный номер", "таб номер", "таб №", "личный номер", "номер участника", "код участника", "id участника",
        "ид участника", "идентификатор", "номер личного дела", "личное дело", "код", "id", "ид", "шифр", "логин",
        "номер слушателя", "код слушателя", "номер обучающегося", "код обучающегося", "код ученика",
        "personal number", "person id", "student id", "participant id", "code", "employee number",
    ),
    Target.EMAIL: (
        "email", "e mail", "mail", "почта", "эл почта", "электронная почта", "адрес электронной почты", "эл адрес",
        "адрес эл почты", "электронный адрес", "email address", "e mail адрес",
    ),
    Target.COUNTER: (
        "№", "№ п п", "п п", "пп", "№ пп", "номер п п", "номер по порядку", "порядковый номер", "№ строки", "no", "n",
        "n п п", "nn", "# ", "№№", "№ №", "№№ п п",
    ),
}  # fmt: skip

# Columns that are the holder's name if no column says so better; as values of other columns they occur as well.
_NOUNS: Final = frozenset(
    (
        "участник", "обучающийся", "ученик", "учащийся", "слушатель", "выпускник", "студент", "педагог", "владелец",
        "получатель", "награждаемый", "participant", "student", "holder", "learner",
    )
)  # fmt: skip
# Words that say whose name it is: "ФИО участника" is "ФИО".
_HOLDER_WORDS: Final = frozenset(
    (
        "участника", "участницы", "участников", "обучающегося", "обучающейся", "учащегося", "учащейся", "ученика",
        "ученицы", "школьника", "слушателя", "слушательницы", "выпускника", "выпускницы", "студента", "студентки",
        "ребенка", "воспитанника", "призера", "победителя", "награждаемого", "владельца", "получателя", "полностью",
        "participant", "student", "holder", "learner", "s",
    )
)  # fmt: skip
# "ФИО учителя" is the holder where teachers are taught, and the pupil's mentor where another name stands beside it.
_TEACHER_WORDS: Final = frozenset(
    (
        "педагога",
        "учителя",
        "преподавателя",
        "воспитателя",
        "работника",
        "сотрудника",
        "педработника",
        "педагогического",
    )
)
_TEACHERS: Final = ("учител", "преподавател", "педагог", "воспитател", "работник", "сотрудник", "teacher")
# Columns that hold somebody else's data.
_STRANGERS: Final = (
    "руководител", "наставник", "родител", "представител", "тренер", "куратор", "организатор", "директор",
    "председател", "эксперт", "жюри", "проверяющ", "ответственн", "mentor", "parent", "coach", "supervisor", "guardian",
)  # fmt: skip
# Beginnings of the names of school subjects: a column that begins so holds marks whatever else it is called.
_SUBJECTS: Final = (
    "русск", "родн", "литератур", "чтени", "алгебр", "геометри", "математик", "вероятност", "информатик", "истори",
    "обществозн", "географ", "биолог", "физик", "физическ", "физкульт", "хими", "астроном", "английск", "немецк",
    "французск", "испанск", "китайск", "иностранн", "второй иностранн", "музык", "изо", "изобразительн", "мхк",
    "искусств", "технолог", "труд", "черчен", "обж", "обзр", "основы безопасн", "основы дух", "одннкр", "однкнр",
    "естествозн", "эколог", "экономик", "право", "краевед", "татарск", "башкирск", "якутск", "чеченск", "чувашск",
    "осетинск", "удмуртск", "марийск", "коми язык", "индивидуальный проект", "проектн", "россия", "государственный",
)  # fmt: skip
# Columns of numbers from 2 to 5 that are no subjects.
_NO_SUBJECTS: Final = (
    "средн", "кол", "число", "итог", "место", "рейтинг", "групп", "вариант", "смен", "пропуск", "класс", "курс", "балл",
    "сумма", "школ", "телефон", "возраст", "примеч", "номер", "№", "задан", "задач", "тур", "этап", "дата", "код",
    "год",
)  # fmt: skip


def is_subject(header_key: str) -> bool:
    """Tell whether a column name (as `key` gives it) is a school subject."""
    return header_key.startswith(_SUBJECTS)


def may_be_subject(header_key: str) -> bool:
    """Tell whether a column of marks under this name can be taken for a subject that is not in the list."""
    return bool(header_key) and not header_key[0].isdecimal() and not header_key.startswith(_NO_SUBJECTS)


@cache
def words_of(kind: Kind) -> Mapping[str, str]:
    """Return the column names of a kind (as `key` gives them) with the target each stands for; the kind's own win."""
    words = {key(word): str(target) for target, synonyms in _PERSON.items() for word in synonyms}
    for field in kind.fields:
        if field.type is not FieldType.MARKS:
            for word in (field.name, field.ru, field.en, *field.synonyms):
                words[key(word)] = field.name
    return MappingProxyType(words)


@cache
def _all_words() -> frozenset[str]:
    return frozenset().union(*(words_of(kind) for kind in ISSUED_KINDS.values()))


@cache
def _all_name_words() -> frozenset[str]:
    return frozenset(key(word) for target in NAMES for word in _PERSON[target])


def is_known(header_key: str) -> bool:
    """Tell whether a text is a column name of any kind."""
    return (
        header_key in _all_words()
        or header_key in _NOUNS
        or is_subject(header_key)
        or _without(header_key, _HOLDER_WORDS) in _all_words()
    )


def is_name(header_key: str) -> bool:
    """Tell whether a column name stands for the holder's name or a part of it."""
    stripped = _without(header_key, _HOLDER_WORDS | _TEACHER_WORDS)
    return header_key in _all_name_words() or stripped in _all_name_words()


def target_of(header_keys: tuple[str, ...], words: Mapping[str, str]) -> tuple[str, bool] | None:
    """Return what a column stands for, and whether its name says so outright (else another column may overrule it).

    `header_keys` are the names to try in turn: of a header of two rows both together, then the lower one alone, which
    says nothing of the holder where the upper one names somebody else ("Руководитель" over "Фамилия").
    """
    whole = header_keys[0]
    stranger = any(stem in whole for stem in _STRANGERS)
    teacher = any(stem in whole for stem in _TEACHERS)
    for header_key in header_keys:
        if stranger and header_key != whole:
            return None
        for attempt in (header_key, _without(header_key, _HOLDER_WORDS)):
            target = words.get(attempt)
            if target is not None:
                return target, not (teacher and target in NAMES)
        target = words.get(_without(header_key, _HOLDER_WORDS | _TEACHER_WORDS))
        if target in NAMES:
            return target, False
    return (str(Target.FULL_NAME), False) if header_keys[-1] in _NOUNS else None


def _without(header_key: str, words: frozenset[str]) -> str:
    kept = [word for word in header_key.split() if word not in words]
    return " ".join(kept) if kept else header_key
