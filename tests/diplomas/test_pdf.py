"""The PDF as other programs see it: standards, structure, attachment, text, fonts, hostile and very long values."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import pikepdf
import pytest
from credential_examples import example, statements, with_fields
from hypothesis import HealthCheck, given, settings
from sheets import BUNDLE, CODE, ISSUER, LINK, LOGO, attached, copy, page_count, pdf, squeezed, text_of

from portfolio.credentials.kinds import KINDS
from portfolio.credentials.statement import Statement
from portfolio.credentials.values import MAX_NAME, MAX_ROWS
from portfolio.diplomas.designs import DESIGNS
from portfolio.diplomas.glyphs import MissingGlyphError, require_drawable
from portfolio.diplomas.paper import Replaced

REPLACED = Replaced("МЭ-1/17", "2026-11-01", "AAAA-BBBB-CCCC")
LETTERS = "Ёё Йй Ғғ Һһ Өө Җҗ Ңң Үү Әә Ҥҥ Ҫҫ Ҙҙ Ҡҡ Ҷҷ Ӑӑ Ӗӗ Ӳӳ Ӹӹ Ӓӓ Ӱӱ Ӧӧ Ӥӥ Ӵӵ Ӏ Ӄӄ Ӈӈ Ҕҕ Ԛԛ Ԝԝ Ѕѕ Ққ Ұұ Іі а̄ о̄ А́"


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("kind", sorted({"olympiad_award", "diploma", "school_certificate", "cpd_certificate"}))
def test_structure(kind: str, design: str) -> None:
    data = pdf(example(kind), design=design, logo=LOGO)
    with pikepdf.open(io.BytesIO(data)) as opened:
        root = opened.Root
        assert str(root.Lang) == "ru-RU"
        assert bool(root.MarkInfo.Marked)
        assert "/StructTreeRoot" in root
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert example(kind).holder_name in str(opened.docinfo.Title)
        with opened.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "3"
            assert metadata["pdfaid:conformance"] == "A"
            assert metadata["pdfuaid:part"] == "1"
        (file,) = root.AF
        assert str(file.AFRelationship) == "/Data"
        assert str(file.UF) == "credential.json"
        assert str(file.EF.F.Subtype) == "/application/json"
        width, height = (float(side) for side in opened.pages[0].mediabox[2:])
        assert (round(width * 25.4 / 72), round(height * 25.4 / 72)) == (210, 297)
        assert fonts_without_file(opened) == []
        assert not {"/JavaScript", "/OpenAction", "/AcroForm"} & set(root.keys())
    assert attached(data) == BUNDLE


def fonts_without_file(opened: pikepdf.Pdf) -> list[str]:
    dictionaries = [item for item in opened.objects if isinstance(item, pikepdf.Dictionary)]
    found = [item for item in dictionaries if item.get("/Type") == "/FontDescriptor"]
    assert found
    return [str(item.FontName) for item in found if not {"/FontFile2", "/FontFile3"} & set(item.keys())]


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_the_paper_says_can_be_found_in_it(kind: str, design: str) -> None:
    full = KINDS[kind].minimal_of or kind
    statement = example(full)
    if full != kind:
        kept = {
            field.name: statement.fields[field.name] for field in KINDS[kind].fields if field.name in statement.fields
        }
        statement = replace(statement, kind=kind, fields={**kept, "award_year": "2026"})
    found = text_of(pdf(statement, design=design, pending=True, replaces=REPLACED, duplicate_on="2026-11-22"))
    for text in (
        statement.holder_name,
        ISSUER,
        CODE,
        "дубликат",
        "Кодпроверки",
        "довнесениявреестр",
    ):
        assert squeezed(text).casefold() in found.casefold()
    for value in statement.fields.values():
        for text in [part for row in value for part in row] if isinstance(value, tuple) else []:
            assert squeezed(text) in found
    assert statement.issuer_name not in found or statement.issuer_name == ISSUER


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("length", [1, 80, MAX_NAME])
@pytest.mark.fault(87)
def test_names_of_any_length_stay_on_one_page(design: str, length: int) -> None:
    for name in (("Щ" * length), ("Щукин-Щербаков " * 20)[:length].strip()):
        statement = replace(example(), holder_name=name)
        data = pdf(statement, design=design, logo=LOGO)
        assert page_count(data) == 1
        assert squeezed(name) in text_of(data)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.fault(87)
def test_the_longest_values_of_all_fields_stay_on_one_page(design: str) -> None:
    most = {
        field.name: "Ж" * field.max_length for field in KINDS["olympiad_award"].fields if field.type.value == "text"
    }
    statement = replace(with_fields(example(), **most), holder_name="Ю" * MAX_NAME)
    replaced = replace(REPLACED, number="Ф" * 60)
    data = pdf(
        statement, design=design, issuer="Ш" * MAX_NAME, pending=True, replaces=replaced, duplicate_on="2026-11-22"
    )
    assert page_count(data) == 1
    assert text_of(data).count("Ж") == sum(len(text) for text in most.values())


@pytest.mark.parametrize("design", DESIGNS)
def test_marks_go_on_over_as_many_pages_as_they_need(design: str) -> None:
    few = with_fields(example("school_certificate"), marks=(("Русский язык", "5"),))
    many = with_fields(few, marks=tuple((f"Предмет номер {n} " + "ы" * 90, "5 (отлично)") for n in range(MAX_ROWS)))
    assert page_count(pdf(few, design=design)) == 2
    data = pdf(many, design=design)
    assert page_count(data) > 2
    found = text_of(data)
    assert all(f"Предметномер{n}ы" in found for n in range(MAX_ROWS))
    assert found.count("Учебныйпредмет") == page_count(data) - 1  # the head of the table on each


def test_letters_of_the_languages_of_russia_are_drawn() -> None:
    statement = replace(example(), holder_name=LETTERS)
    require_drawable(statement, issuer=ISSUER)
    for design in DESIGNS:
        assert squeezed(LETTERS) in text_of(pdf(statement, design=design))


HOSTILE = [
    '#panic("x") $x^2$ *b* _i_ `r` @ref <label> \\ ] [ { } // /* */ = + - ~ "q" \'a\'',
    '#import "@preview/x:1.0.0": *',
    '"); #read("/etc/passwd") //',
    "\\u{0041} %s {{ 7*7 }} </script><b>",
    "--- -- ... -> => 1/2 (c)",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.fault(87)
def test_marks_of_typst_are_only_text(text: str, design: str) -> None:
    rows = (("#" + text[:100], "$1$"),)
    statement = replace(with_fields(example("school_certificate"), title=text, marks=rows), holder_name=text)
    data = pdf(statement, design=design, issuer=text)
    found = text_of(data)
    assert found.count(squeezed(text)) >= 3
    with pikepdf.open(io.BytesIO(data)) as opened:
        assert text in str(opened.docinfo.Title)


@pytest.mark.parametrize(
    ("field", "changes"),
    [("holder_name", {"holder_name": "Пётр 😀"}), ("subject", {"subject": "数学"}), ("issuer", {"issuer": "א"})],
)
def test_a_character_without_a_glyph_is_refused_by_the_name_of_its_field(field: str, changes: dict[str, str]) -> None:
    statement = example()
    if field == "holder_name":
        statement = replace(statement, **changes)
    elif field == "subject":
        statement = with_fields(statement, **changes)
    with pytest.raises(MissingGlyphError) as refused:
        require_drawable(statement, issuer=changes.get("issuer", ISSUER))
    assert refused.value.data["field"] == field
    assert refused.value.data["character"] in refused.value.message
    assert "Пётр" not in refused.value.message


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(statements())
@pytest.mark.fault(87)
def test_whatever_may_be_signed_is_printed_whole_or_refused(statement: Statement) -> None:
    try:
        require_drawable(statement, issuer=ISSUER)
    except MissingGlyphError:
        return
    for design in DESIGNS:
        data = pdf(statement, design=design)
        assert page_count(data) == 1 or "marks" in statement.fields
        assert attached(data) == BUNDLE


def test_equal_papers_have_equal_bytes_in_another_process_too() -> None:
    here = pdf()
    assert pdf() == here
    assert pdf(replace(example(), holder_name="Другая")) != here
    program = "import sys; sys.path[:0] = sys.argv[1:]; import sheets; sys.stdout.buffer.write(sheets.pdf())"
    done = subprocess.run([sys.executable, "-c", program, *sys.path], check=True, capture_output=True)
    assert done.stdout == here


def test_the_link_is_in_the_words_for_those_who_cannot_see_the_code() -> None:
    with pikepdf.open(io.BytesIO(pdf())) as opened:
        alts = [str(item["/Alt"]) for item in opened.objects if isinstance(item, pikepdf.Dictionary) and "/Alt" in item]
    assert any(LINK in alt for alt in alts)
    assert copy().link == LINK
