"""Names of people: kept as written, taken apart for comparing, doubted where something is odd."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.issuing.names import doubts, name_of_full, name_of_parts
from portfolio.issuing.problems import CellError


def odd(text: str) -> list[str]:
    return [doubt.code for doubt in doubts(name_of_full(text))]


@pytest.mark.parametrize(
    ("full", "last", "first", "patronymic"),
    [
        ("Иванов Пётр Сергеевич", "Иванов", "Пётр", "Сергеевич"),
        ("Иванов Пётр", "Иванов", "Пётр", None),
        ("ИВАНОВ ПЁТР СЕРГЕЕВИЧ", "ИВАНОВ", "ПЁТР", "СЕРГЕЕВИЧ"),
        ("Римский-Корсаков Николай Андреевич", "Римский-Корсаков", "Николай", "Андреевич"),
        ("Гайнетдинова Әминә Рәшит кызы", "Гайнетдинова", "Әминә", "Рәшит кызы"),
        ("Мамедов Али Вагиф оглы", "Мамедов", "Али", "Вагиф оглы"),
        ("Өлөксөөйөп Ньургун Дьөгүөрэбис", "Өлөксөөйөп", "Ньургун", "Дьөгүөрэбис"),
        ("Хаджиев Ӏиса Мусаевич", "Хаджиев", "Ӏиса", "Мусаевич"),
        ("Ҫӳлтӑр Ӑнтун Ҫтаппанӑч", "Ҫӳлтӑр", "Ӑнтун", "Ҫтаппанӑч"),
        ("Кöрт Айка", "Кöрт", "Айка", None),
        ("Дзуццаты Ӕхсар Сосланы фырт", "Дзуццаты", "Ӕхсар", "Сосланы фырт"),
        ("фон Мекк Николай Карлович", "фон Мекк", "Николай", "Карлович"),
        ("ван дер Ваальс Ян", "ван дер Ваальс", "Ян", None),
        ("О’Коннор Шинейд", "О’Коннор", "Шинейд", None),
        ("O'Neill Mary-Jane", "O'Neill", "Mary-Jane", None),
        ("Петрова (Сидорова) Анна Ивановна", "Петрова", "(Сидорова)", "Анна Ивановна"),
        ("Нгуен Тхи Минь Кхай", "Нгуен", "Тхи", "Минь Кхай"),
        ("Қасымов Ғани Әлімұлы", "Қасымов", "Ғани", "Әлімұлы"),
    ],
)
def test_a_name_is_kept_and_taken_apart(full: str, last: str, first: str, patronymic: str | None) -> None:
    name = name_of_full(full)
    assert (name.full, name.last, name.first, name.patronymic) == (full, last, first, patronymic)


@pytest.mark.parametrize("dash", [" - ", "- ", " –", "–", "—", "‑", "−", "-"])
def test_a_double_name_has_one_plain_hyphen(dash: str) -> None:
    assert name_of_full(f"Салтыков{dash}Щедрин Михаил Евграфович").full == "Салтыков-Щедрин Михаил Евграфович"


@pytest.mark.parametrize("text", ["Иванов Пётр -", "Иванов Пётр —", "Иванов Пётр ---"])
def test_a_dash_for_the_patronymic_says_that_there_is_none(text: str) -> None:
    name = name_of_full(text)
    assert (name.full, name.patronymic) == ("Иванов Пётр", None)


@pytest.mark.parametrize("nothing", ["", "-", "нет", "Отсутствует", "без отчества"])
def test_a_missing_patronymic_in_its_own_column_is_nothing_odd(nothing: str) -> None:
    assert name_of_parts("Ким", "Анна", nothing).full == "Ким Анна"


def test_who_has_one_name_only_is_said_by_a_dash() -> None:
    assert name_of_full("Сукарно -").full == "Сукарно"
    assert name_of_parts("Сукарно", "-", "").full == "Сукарно"


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "name_missing"), ("-", "name_missing"), ("Иванов", "name_incomplete"), ("Иванов 3 Пётр", "name_has_digit"),
     ("Иванов Пётр 10А", "name_has_digit"), ("Иванов; Пётр", "name_bad_character"),
     ("Иванов Пётр?", "name_bad_character"),
     ("<b>Иванов</b> Пётр", "name_bad_character"), ("Иванов_Пётр Ильич", "name_bad_character"),
     ("Иванов Пётр 😀", "name_bad_character"), ("И" + "\u0301" * 9 + "ванов Пётр", "name_bad_character")],
)  # fmt: skip
def test_what_is_no_name_is_refused(text: str, code: str) -> None:
    with pytest.raises(CellError) as refused:
        name_of_full(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("last", "first", "code"),
    [("", "", "name_missing"), ("Иванов", "", "name_incomplete"), ("", "Пётр", "name_incomplete")],
)
def test_a_name_in_parts_needs_two_of_them(last: str, first: str, code: str) -> None:
    with pytest.raises(CellError) as refused:
        name_of_parts(last, first, "Сергеевич")
    assert refused.value.code == code


def test_latin_letters_in_a_cyrillic_name_are_doubted_by_letter() -> None:
    (doubt,) = doubts(name_of_full("Ивaнов Пётр Cергеевич"))
    assert (doubt.code, doubt.data) == ("name_mixed_letters", {"letters": "C, a"})
    assert odd("Иванов CAP") == ["name_mixed_letters"]
    assert odd("Çӳлтăр Антун") == ["name_mixed_letters"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Иванов Пётр Сергеевич", []), ("John Smith", []), ("Әминә Гайнетдинова", []), ("Ӏиса Хаджиев", []),
        ("Х1иса Мусаев", ["name_digit_one"]), ("Иванов П.С.", ["name_initials"]), ("Иванов П. С.", ["name_initials"]),
        ("Пётр Сергеевич Иванов", ["name_order"]), ("Иванов Сергеевич", ["name_order"]),
        ("Нгуен Тхи Минь Кхай", ["name_many_words"]), ("Мамедов Али Вагиф оглы", []), ("фон Мекк Николай Карлович", []),
        ("Абрамович Роман Аркадьевич", []), ("Иванов Пётр Ильич", []),
    ],
)  # fmt: skip
def test_what_is_odd_is_doubted_and_what_is_usual_is_not(text: str, expected: list[str]) -> None:
    assert odd(text) == expected


def test_the_given_name_in_front_is_seen_by_the_patronymic() -> None:
    name = name_of_full("Пётр Сергеевич Иванов")
    assert (name.full, name.last, name.first, name.patronymic) == (
        "Пётр Сергеевич Иванов",
        "Иванов",
        "Пётр",
        "Сергеевич",
    )


LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәөүҗңһҕҥӀӑӗҫӳӝӟӥӧӵіӕғқұ"


@given(st.lists(st.text(LETTERS, min_size=2, max_size=12).map(str.capitalize), min_size=2, max_size=3))
def test_names_of_all_the_countrys_letters_are_kept(words: list[str]) -> None:
    full = " ".join(words)
    name = name_of_full(full)
    assert name.full == full
    assert sorted(" ".join(filter(None, (name.last, name.first, name.patronymic))).split()) == sorted(words)
    assert "name_mixed_letters" not in odd(full)


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        name = name_of_full(" ".join(text.split()))
    except CellError:
        return
    assert name.full
    assert list(doubts(name)) is not None
