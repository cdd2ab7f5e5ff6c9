"""What a paper says: every signed value once, in the words of its kind, and whose copy it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from credential_examples import EXAMPLES, example, with_fields
from sheets import CODE, ISSUER, copy

from portfolio.credentials.kinds import ISSUED_KINDS, KINDS, FieldType
from portfolio.diplomas.designs import DESIGNS, UnknownDesignError, require_design, usual_design
from portfolio.diplomas.paper import LONG_WORD, Replaced, breakable, paper_of
from portfolio.diplomas.wording import WORDINGS


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_signed_value_stands_on_the_paper(name: str) -> None:
    statement = EXAMPLES[name]
    paper = paper_of(statement, copy())
    said = str(paper).replace("\u200b", "").replace("\u00a0", " ")
    assert repr(statement.holder_name)[1:-1] in said or statement.holder_name in said
    for field in KINDS[statement.kind].fields:
        value = statement.fields.get(field.name)
        if field.type is FieldType.TEXT and value and field.name != "title":
            assert (
                value in [*dict(map(reversed, paper["rows"])), paper["number"].replace("\u200b", "")] or value in said
            )
        if isinstance(value, tuple):
            assert len(paper["marks"]) == len(value)
        if isinstance(value, int):
            assert [field.ru, str(value)] in paper["rows"]


@pytest.mark.parametrize("code", sorted(ISSUED_KINDS))
def test_every_kind_has_words_of_its_own(code: str) -> None:
    assert code in WORDINGS
    minimal = next(kind for kind in KINDS.values() if kind.minimal_of == code)
    assert usual_design(minimal) == usual_design(KINDS[code])


def test_the_degree_is_told_in_the_heading_and_not_again() -> None:
    paper = paper_of(with_fields(example(), degree="prize_winner"), copy())
    assert paper["heading"] == "Диплом"
    assert paper["subheading"] == "призёра олимпиады"
    assert "Степень" not in [label for label, _ in paper["rows"]]


def test_points_are_told_with_their_maximum() -> None:
    paper = paper_of(with_fields(example(), score="97.5", max_score="100"), copy())
    assert ["Результат", "97,5 из 100"] in paper["rows"]
    alone = paper_of(with_fields(example(), score="97.5", max_score=None), copy())
    assert ["Балл", "97,5"] in alone["rows"]


def test_a_title_that_the_heading_says_already_is_not_repeated() -> None:
    statement = with_fields(example("school_certificate"), level="basic", honours="honours")
    said = paper_of(with_fields(statement, title="Аттестат об основном общем образовании"), copy())
    assert said["title"] == ""
    assert said["subheading"] == "об основном общем образовании с отличием"
    other = paper_of(with_fields(statement, title="Аттестат особого образца"), copy())
    assert other["title"] == "Аттестат особого образца"


def test_notes_say_what_copy_it_is() -> None:
    plain = paper_of(example(), copy())
    assert plain["notes"] == []
    assert plain["duplicate"] == ""
    replaced = Replaced("17", "2026-11-01", "AAAA-BBBB-CCCC")
    full = paper_of(example(), copy(pending=True, replaces=replaced, duplicate_on="2026-11-25"))
    said = " ".join(full["notes"]).replace("\u00a0", " ")
    assert "25 ноября 2026" in said
    assert "№ 17 от 1 ноября 2026" in said
    assert "AAAA-BBBB-CCCC" in said
    assert "до внесения в реестр" in said
    assert full["duplicate"] == "Дубликат"


def test_a_replaced_paper_without_number_is_named_by_its_code() -> None:
    notes = paper_of(example(), copy(replaces=Replaced("", "", "AAAA-BBBB-CCCC")))["notes"]
    assert notes == ["Документ выдан взамен прежнего (код проверки AAAA-BBBB-CCCC), в котором были ошибки."]


def test_the_name_is_the_registrys_and_never_the_signed_one() -> None:
    paper = paper_of(replace(example(), issuer_name="Подписанное название"), copy())
    assert paper["issuer"].replace("\u00a0", " ") == ISSUER
    assert "Подписанное" not in str(paper)
    assert paper["code"] == CODE


@pytest.mark.fault(112)
def test_the_paper_says_how_to_check_on_the_known_domain_and_without_it() -> None:
    said = " ".join(paper_of(example(), copy())["how_to_check"])
    assert "portfolio.example" in said
    assert "код проверки" in said
    assert "verifier.html" in said
    assert "Сравните имя" in said


def test_only_overlong_words_are_broken() -> None:
    name = "Бөрһәнетдинова-Мөхәммәтйәнова Айһылыу"
    assert breakable(name) == name
    long = "Щ" * LONG_WORD
    assert breakable(long).replace("\u200b", "") == long
    assert breakable(long).count("\u200b") == LONG_WORD - 1


def test_an_unknown_design_is_refused_with_the_known_ones() -> None:
    assert set(DESIGNS) == {"classic", "modern", "document"}
    with pytest.raises(UnknownDesignError, match="classic, document, modern"):
        require_design("../secret")
