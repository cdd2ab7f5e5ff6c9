"""The declarations of the kinds keep the promises that documents, tables and contracts rely on."""

from __future__ import annotations

from collections import Counter

import pytest

from portfolio.credentials.characters import DIRECTIONS, INVISIBLE, UNREADABLE
from portfolio.credentials.kinds import ISSUED_KINDS, KINDS, Field, FieldType, Kind, Place, UnknownKindError, kind_of
from portfolio.credentials.values import fold, normalise_text

DATES = {Place.AWARDED_DATE, Place.ACTIVITY_START, Place.ACTIVITY_END}
TEXTS = {
    Place.ACHIEVEMENT_NAME,
    Place.FIELD_OF_STUDY,
    Place.SPECIALIZATION,
    Place.LICENSE_NUMBER,
    Place.ROLE,
    Place.TERM,
}

kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
issued = pytest.mark.parametrize("kind", ISSUED_KINDS.values(), ids=list(ISSUED_KINDS))
fields = pytest.mark.parametrize(
    "field", [field for kind in KINDS.values() for field in kind.fields], ids=lambda field: field.name
)


def test_what_was_issued_keeps_its_bit_and_its_signed_name() -> None:
    """Never change a line of this: contracts hold the bits, credentials hold the types."""
    assert {kind.code: (kind.bit, kind.achievement_type, kind.version) for kind in ISSUED_KINDS.values()} == {
        "olympiad_award": (0, "Award", 1),
        "diploma": (1, "Diploma", 1),
        "school_certificate": (2, "SecondarySchoolDiploma", 1),
        "cpd_certificate": (3, "Certificate", 1),
        "participation": (4, "Achievement", 1),
        "course_completion": (5, "CertificateOfCompletion", 1),
    }


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownKindError, match="medal"):
        kind_of("medal")
    assert all(kind_of(code).code == code for code in KINDS)


@issued
def test_the_minimal_form_keeps_what_and_whose_and_no_number_no_score_no_day(kind: Kind) -> None:
    minimal = KINDS[f"{kind.code}_minimal"]
    assert (minimal.bit, minimal.achievement_type) == (kind.bit, kind.achievement_type)
    assert minimal.signed_version == "1-minimal" != kind.signed_version
    *kept, year = minimal.fields
    assert [field.name for field in kept] == list(kind.minimal)
    assert all(field == kind.field(field.name) for field in kept)
    assert (year.name, year.type) == ("award_year", FieldType.YEAR)
    telling = {"registration_number", "grade", "score", "max_score", "award_date", "marks", "school_year", "city"}
    assert not telling & {field.name for field in minimal.fields}


@issued
def test_every_kind_says_what_and_when(kind: Kind) -> None:
    name, awarded = kind.at(Place.ACHIEVEMENT_NAME), kind.at(Place.AWARDED_DATE)
    assert name is not None
    assert name.required
    assert name.name == "title"
    assert awarded is not None
    assert awarded.required
    assert awarded.name == "award_date"


@kinds
def test_names_and_places_are_not_shared(kind: Kind) -> None:
    assert max(Counter(field.name for field in kind.fields).values()) == 1
    taken = Counter(field.place for field in kind.fields if field.place is not Place.RESULT)
    assert max(taken.values()) == 1


@fields
def test_a_field_stands_where_its_type_can_be_written(field: Field) -> None:
    assert (field.type is FieldType.MARKS) == (field.place is Place.MARKS)
    assert (field.type is FieldType.INTEGER) == (field.place is Place.CREDITS_EARNED)
    assert (field.type is FieldType.DATE) == (field.place in DATES)
    if field.place in TEXTS:
        assert field.type is FieldType.TEXT
    assert bool(field.choices) == (field.type is FieldType.CHOICE)


@issued
def test_the_natural_key_names_fields(kind: Kind) -> None:
    assert kind.natural_key
    assert {*kind.natural_key} <= {field.name for field in kind.fields} | {"holder_name"}
    assert any((found := kind.field(name)) is not None and found.required for name in kind.natural_key)


@kinds
def test_a_header_means_one_field(kind: Kind) -> None:
    headers = [
        header
        for field in kind.fields
        for header in {fold(word) for word in (field.name, field.ru, field.en, *field.synonyms)}
    ]
    assert [header for header, count in Counter(headers).items() if count > 1] == []


@fields
def test_synonyms_are_written_as_headers_are_compared(field: Field) -> None:
    for word in field.synonyms:
        assert word == word.lower().replace("ё", "е").strip() != ""


@fields
def test_choices_can_be_told_apart_before_and_after_signing(field: Field) -> None:
    assert len({choice.ru for choice in field.choices}) == len(field.choices)
    spellings = [
        spelling
        for choice in field.choices
        for spelling in {fold(word) for word in (choice.code, choice.ru, choice.en, *choice.synonyms)}
    ]
    assert [spelling for spelling, count in Counter(spellings).items() if count > 1] == []


@kinds
def test_signed_words_are_in_their_normal_form(kind: Kind) -> None:
    words = [kind.ru, kind.description, kind.criteria, *(field.ru for field in kind.fields)]
    words += [choice.ru for field in kind.fields for choice in field.choices]
    for word in words:
        assert normalise_text(word, max_length=500) == word
        assert not any(pattern.search(word) for pattern in (UNREADABLE, DIRECTIONS, INVISIBLE))
