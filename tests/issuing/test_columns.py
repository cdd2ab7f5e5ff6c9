"""Column names in Russian or English, in any order, under many names; values for the whole table."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_files import CPD, HEADER, OLYMPIAD, OTHER, ROW, SCHOOL, codes, found, read, read_one, text_table, workbook

from portfolio.credentials.kinds import KINDS, FieldType, kind_of
from portfolio.issuing.cells import key
from portfolio.issuing.columns import letter_of
from portfolio.issuing.vocabulary import Target, words_of

NAME = "Иванов Пётр Сергеевич"
GOOD = {"grade": "10А", "subject": "Химия", "degree": "Победитель", "score": "97,5", "max_score": "100"}


@pytest.mark.parametrize(
    "header",
    ["ФИО", "Ф.И.О.", "Ф. И. О.", "ФИО участника", "Фамилия, имя, отчество", "Фамилия Имя Отчество (полностью)",
     "ФИО обучающегося", "Участник", "Full name", "Name", "Фамилия, имя", "ФИО слушателя", "ФИО учителя",
     "Фамилия, имя, отчество (при наличии)"],
)  # fmt: skip
def test_the_name_in_one_column_has_many_names(header: str) -> None:
    report = read_one((header, "Класс", "Предмет", "Статус"), (NAME, "9", "Химия", "призёр"))
    assert codes(report) == []
    assert report.rows[0].holder_name == NAME


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Класс", "grade"), ("Кл.", "grade"), ("кл", "grade"), ("Класс обучения", "grade"), ("Grade", "grade"),
        ("Предмет", "subject"), ("Subject", "subject"), ("Общеобразовательный предмет", "subject"),
        ("Статус", "degree"), ("Степень", "degree"), ("Результат", "degree"), ("Статус участника", "degree"),
        ("Тип диплома", "degree"), ("Балл", "score"), ("Баллы", "score"), ("Сумма баллов", "score"),
        ("Итоговый балл", "score"), ("Score", "score"), ("Макс. балл", "max_score"), ("Максимальный балл", "max_score"),
    ],
)  # fmt: skip
def test_columns_of_an_olympiad_have_many_names(header: str, field: str) -> None:
    rest = {"subject": "Предмет", "degree": "Статус"}
    rest.pop(field, None)
    report = read_one(("ФИО", *rest.values(), header), (NAME, *(GOOD[name] for name in rest), GOOD[field]))
    assert codes(report) == []
    assert report.rows[0].fields[field] == {"score": "97.5", "degree": "winner"}.get(field, GOOD[field])


@pytest.mark.parametrize(
    ("header", "value", "field", "read_as"),
    [
        ("Кол-во часов", "72 ч.", "hours", 72), ("Количество часов", "72", "hours", 72),
        ("Объём, час.", "72", "hours", 72),
        ("Рег. номер", "00-17", "registration_number", "00-17"), ("Рег. №", "17", "registration_number", "17"),
        ("Регистрационный номер", "17", "registration_number", "17"),
        ("№ удостоверения", "17", "registration_number", "17"),
        ("Дата выдачи", "5.3.2025", "award_date", "2025-03-05"), ("Начало", "01.02.2025", "start_date", "2025-02-01"),
        ("Программа", "Школа", "title", "Школа"), ("Тема", "Школа", "title", "Школа"),
    ],
)  # fmt: skip
def test_columns_of_a_course_for_teachers_have_many_names(header: str, value: str, field: str, read_as: object) -> None:
    defaults = {name: text for name, text in {**CPD, "registration_number": "1"}.items() if name != field}
    report = read_one(("ФИО", header), (NAME, value), "cpd_certificate", defaults=defaults)
    assert codes(report) == []
    assert report.rows[0].fields[field] == read_as


@pytest.mark.parametrize(
    ("header", "value", "attribute", "read_as"),
    [
        ("Дата рожд.", "01.02.2009", "birth_date", "2009-02-01"),
        ("Дата рождения", "1.2.2009", "birth_date", "2009-02-01"),
        ("Д.р.", "2009-02-01", "birth_date", "2009-02-01"), ("Date of birth", "2009-02-01", "birth_date", "2009-02-01"),
        ("СНИЛС", "112-233-445 95", "snils", "11223344595"), ("Email", "a@B.RU", "email", "a@b.ru"),
        ("Эл. почта", "a@b.ru", "email", "a@b.ru"), ("Табельный номер", "0042", "number", "0042"),
        ("Код участника", "М-7", "number", "М-7"),
    ],
)  # fmt: skip
def test_what_tells_people_apart_is_read_and_not_signed(header: str, value: str, attribute: str, read_as: str) -> None:
    report = read_one((*HEADER, header), (*ROW, value))
    assert codes(report) == []
    assert getattr(report.rows[0].person, attribute) == read_as
    assert set(report.rows[0].fields) == {*OLYMPIAD, "grade", "subject", "degree", "score"}


def test_the_name_in_three_columns_is_joined() -> None:
    report = read_one(("Имя", "Отчество", "Фамилия", *HEADER[2:]), ("Пётр", "Сергеевич", "Иванов", *ROW[2:]))
    assert codes(report) == []
    assert report.rows[0].holder_name == NAME
    assert report.rows[0].person.patronymic == "Сергеевич"


def test_a_patronymic_beside_family_and_given_name_is_joined() -> None:
    report = read_one(("Фамилия, имя", "Отчество", *HEADER[2:]), ("Иванов Пётр", "Сергеевич", *ROW[2:]))
    assert report.rows[0].holder_name == NAME


@given(st.permutations(list(zip(HEADER, ROW, strict=True))))
def test_the_order_of_columns_does_not_matter(columns: list[tuple[str, str]]) -> None:
    report = read(text_table([[name for name, _ in columns], [value for _, value in columns]]))
    assert codes(report) == []
    assert report.rows[0].holder_name == ROW[1]
    assert report.rows[0].fields["score"] == "97.5"


def test_english_column_names_are_read() -> None:
    header = ("Full name", "Date of birth", "Grade", "Subject", "Degree", "Score")
    report = read_one(header, ("John Smith", "2009-02-01", "9", "Physics", "winner", "9.5"), locale="en")
    assert codes(report) == []
    assert report.columns[4].label == "Degree"


def test_names_of_fields_themselves_are_column_names() -> None:
    for kind in KINDS.values():
        words = words_of(kind)
        for field in kind.fields:
            if field.type is not FieldType.MARKS:
                assert words[key(field.name)] == words[key(field.ru)] == words[key(field.en)] == field.name


def test_no_column_name_means_two_fields_of_a_kind() -> None:
    for kind in KINDS.values():
        claimed: dict[str, str] = {}
        for field in kind.fields:
            for word in (field.name, field.ru, field.en, *field.synonyms):
                assert claimed.setdefault(key(word), field.name) == field.name, (kind.code, word)


def test_two_columns_for_one_field_are_a_problem_of_the_table() -> None:
    report = read_one((*HEADER, "Сумма баллов"), (*ROW, "97,5"))
    assert found(report) == [(None, None, "two_columns")]
    assert report.problems[0].data == {"columns": "F “Балл”, G “Сумма баллов”", "field": "Балл"}
    assert report.rows == []


def test_a_full_name_beside_its_parts_is_a_problem_of_the_table() -> None:
    assert codes(read_one((*HEADER, "Фамилия", "Имя"), (*ROW, "Иванов", "Пётр"))) == ["two_columns"]


def test_the_name_of_a_teacher_beside_the_pupils_is_not_read() -> None:
    report = read_one((*HEADER, "ФИО учителя", "ФИО руководителя"), (*ROW, "Козлов О. И.", "Крылова А. А."))
    assert report.unknown_columns == ("ФИО учителя", "ФИО руководителя")
    assert codes(report) == []


def test_a_family_name_without_a_given_name_is_a_missing_column() -> None:
    report = read_one(("Фамилия", *HEADER[2:]), ("Иванов", *ROW[2:]))
    assert [problem.data for problem in report.problems] == [{"field": "Имя"}]


def test_a_missing_required_field_is_one_problem_however_many_rows() -> None:
    report = read(text_table([HEADER, *[ROW] * 50]), defaults={"title": "ВсОШ"})
    missing = [problem for problem in report.problems if problem.code == "missing_column"]
    assert [problem.data["field"] for problem in missing] == ["Уровень", "Дата выдачи"]
    assert report.missing == ("Уровень", "Дата выдачи")
    assert report.rows == []


def test_a_value_for_the_whole_table_stands_in_every_row() -> None:
    report = read(text_table([HEADER, ROW, OTHER]))
    assert {row.fields["level"] for row in report.rows} == {"vsosh_municipal"}
    assert {row.fields["award_date"] for row in report.rows} == {"2025-12-01"}


def test_a_column_goes_before_a_value_for_the_whole_table() -> None:
    report = read(text_table([HEADER, ROW]), defaults={**OLYMPIAD, "subject": "Физика"})
    assert report.rows[0].fields["subject"] == "Математика"
    assert codes(report) == ["default_not_used"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("level", "небывалый", "bad_default"), ("award_date", "1.2.25", "bad_default"), ("marks", "5", "unknown_default"),
     ("snils", "1", "unknown_default"), ("person.email", "a@b.ru", "unknown_default")],
)  # fmt: skip
def test_a_bad_value_for_the_whole_table_is_one_problem_and_issues_nothing(name: str, value: str, code: str) -> None:
    report = read(text_table([HEADER, ROW, OTHER]), defaults={**OLYMPIAD, name: value})
    assert codes(report) == [code]
    assert report.rows == []
    assert "%(" not in report.problems[0].text


def test_an_empty_value_for_the_whole_table_covers_nothing() -> None:
    assert codes(read(text_table([HEADER, ROW]), defaults={**OLYMPIAD, "title": " "})) == ["missing_column"]


SUBJECTS = (
    "Алгебра",
    "Русский язык",
    "Родная литература",
    "Физкультура",
    "Нохчийн мотт",
    "Основы финансовой грамотности",
)


def test_every_column_of_a_subject_becomes_a_mark() -> None:
    header = ("ФИО", "Рег. номер", "Школа", *SUBJECTS)
    row = (NAME, "0017", "Лицей № 2", "5", "4 (хорошо)", "отлично", "зачтено", "3", "5")
    report = read_one(header, row, "school_certificate", defaults=SCHOOL)
    marks = dict(report.rows[0].fields["marks"])  # type: ignore[arg-type]
    assert marks == dict(zip(SUBJECTS, ("5", "4", "5", "зачтено", "3", "5"), strict=True))
    assert report.unknown_columns == ("Школа",)
    assert found(report) == [(None, SUBJECTS[4], "taken_as_mark"), (None, SUBJECTS[5], "taken_as_mark")]


@pytest.mark.parametrize(
    "header", ["Средний балл", "Количество пропусков", "Группа", "Вариант", "Место", "11 задание", "Школа"]
)
def test_a_column_of_small_numbers_is_no_subject_under_such_a_name(header: str) -> None:
    report = read_one(
        ("ФИО", "Рег. номер", "Алгебра", header), (NAME, "1", "5", "4"), "school_certificate", defaults=SCHOOL
    )
    assert report.rows[0].fields["marks"] == (("Алгебра", "5"),)
    assert report.unknown_columns == (header,)


def test_a_bad_mark_is_a_problem_with_its_subject() -> None:
    rows = [("ФИО", "Рег. номер", "Алгебра", "Химия"), (NAME, "1", "6", "5"), ("Петрова Анна", "2", "5-", "4")]
    report = read(text_table(rows), "school_certificate", SCHOOL)
    assert found(report) == [(2, "Алгебра", "bad_mark"), (3, "Алгебра", "bad_mark")]


def test_a_subject_not_studied_is_left_out_of_the_certificate() -> None:
    rows = [("ФИО", "Рег. номер", "Алгебра", "Химия", "Физика"), (NAME, "1", "5", "-", "")]
    assert read(text_table(rows), "school_certificate", SCHOOL).rows[0].fields["marks"] == (("Алгебра", "5"),)


def test_a_certificate_without_marks_is_a_problem() -> None:
    rows = [("ФИО", "Рег. номер", "Алгебра"), (NAME, "1", "")]
    assert found(read(text_table(rows), "school_certificate", SCHOOL)) == [(2, "Отметки", "missing_value")]
    rows = [("ФИО", "Рег. номер", "Школа"), (NAME, "1", "№ 5")]
    assert codes(read(text_table(rows), "school_certificate", SCHOOL)) == ["missing_column"]


def test_one_subject_in_two_columns_is_a_problem_of_the_table() -> None:
    rows = [("ФИО", "Рег. номер", "Алгебра", "алгебра"), (NAME, "1", "5", "4")]
    assert codes(read(text_table(rows), "school_certificate", SCHOOL)) == ["two_columns"]


def test_subjects_are_no_marks_in_other_kinds() -> None:
    report = read_one((*HEADER, "Алгебра"), (*ROW, "5"))
    assert report.unknown_columns == ("Алгебра",)
    assert "marks" not in report.rows[0].fields


def test_columns_are_lettered_as_excel_does() -> None:
    assert [letter_of(index) for index in (0, 25, 26, 51, 52, 199, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "GR", "ZZ", "AAA",
    ]  # fmt: skip


def test_cells_beside_the_named_columns_of_a_workbook_are_told_once() -> None:
    report = read(workbook([HEADER, (*ROW, "заметка"), (*OTHER, "ещё")]))
    assert codes(report) == ["unheaded_cells"]
    assert len(report.rows) == 2


def test_every_target_has_a_name_for_people() -> None:
    from portfolio.issuing.columns import label_of

    for target, locale in itertools.product(Target, ("ru", "en")):
        if target is not Target.MARK:
            assert label_of(target, kind_of("diploma"), locale)
