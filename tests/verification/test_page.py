from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from portfolio.credentials.facts import Reason
from portfolio.credentials.kinds import KINDS, FieldType
from portfolio.credentials.report import Check, Note, Outcome, Report, Verdict
from portfolio.credentials.sentences import MESSAGES
from portfolio.i18n import LANGUAGES, Language
from portfolio.verification import rendering, wording
from portfolio.verification.page import Contact, result_view
from portfolio.verification.samples import CHECKED_AT, LINKS, SAMPLES, TOKEN
from result_pages import Reader, changed, flat, page

BY_VERDICT = {sample.report.verdict: sample for sample in SAMPLES.values()}


def test_every_verdict_has_a_sample() -> None:
    assert set(BY_VERDICT) == set(Verdict)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", list(SAMPLES))
def test_page_says_the_verdict_in_words_and_not_by_a_sign_alone(name: str, language: Language) -> None:
    sample = SAMPLES[name]
    view = result_view(sample.report, language=language)
    html = page(sample, language)
    assert f'<h1 id="verdict">{view.word}</h1>' in html
    assert view.sentence in flat(html)
    assert view.advice in flat(html)
    assert f'<html lang="{language}">' in html


def test_words_and_tones_of_verdicts_differ() -> None:
    assert len({said.word for said in wording.WORDINGS.values()}) == len(Verdict)
    assert len({said.tone for said in wording.WORDINGS.values()}) == len(Verdict)


@pytest.mark.fault(113)
def test_page_shows_all_signed_values_to_compare_with_the_paper() -> None:
    html = flat(page(SAMPLES["valid"]))
    assert "Сравните с бумагой" in html
    for shown in (
        "Ахметзянова-Белоусова Гөлнара Рөстәм кызы",
        "Диплом олимпиады",
        "Всероссийская олимпиада школьников по математике",
        "ВсОШ, региональный этап",
        "Математика",
        "10А",
        "Призёр",
        "27,5",
        "15 ноября 2026 г.",
        "РЭ-77-М-000412",
        "Региональный центр одарённых детей «Созвездие»",
    ):
        assert shown in html, shown


def test_labels_and_choices_follow_the_language_and_values_stay_as_signed() -> None:
    html = flat(page(SAMPLES["valid"], "en"))
    for shown in ("Olympiad award", "Degree", "Prize-winner", "27.5", "15 November 2026", "Математика", "Holder"):
        assert shown in html, shown


def test_marks_stand_in_a_table() -> None:
    html = page(SAMPLES["valid-own-key"])
    assert html.count("<tr>") == 1 + 6
    assert "Иностранный язык (английский)" in html


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=list(KINDS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_every_kind_has_its_label(kind: Any, language: Language) -> None:
    values: dict[FieldType, Any] = {
        FieldType.TEXT: "слово",
        FieldType.INTEGER: 7,
        FieldType.DECIMAL: "7.5",
        FieldType.DATE: "2026-05-09",
        FieldType.YEAR: "2026",
        FieldType.MARKS: (("Физика", "5"),),
    }
    fields = {field.name: field.choices[0].code if field.choices else values[field.type] for field in kind.fields}
    statement = replace(SAMPLES["valid"].report.statement, kind=kind.code, fields=fields)
    html = flat(page(changed("valid", statement=statement), language))
    for field in kind.fields:
        assert getattr(field, language) in html, field.name


def test_signed_name_of_the_issuer_is_never_shown() -> None:
    statement = replace(SAMPLES["valid"].report.statement, issuer_name="Самозваный университет")
    for name in SAMPLES:
        if SAMPLES[name].report.statement is not None:
            assert "Самозваный" not in page(changed(name, statement=statement))


def test_renamed_issuer_has_both_names() -> None:
    html = flat(page(SAMPLES["valid-own-key"]))
    assert "Региональный центр одарённых детей «Созвездие» сейчас называется: Центр выявления" in html


def test_nothing_of_an_unreadable_file_is_shown() -> None:
    html = page(SAMPLES["unreadable"], links={})
    assert 'class="sheet' not in html
    assert "Остальные проверки" in html
    assert "Выберите PDF документа" in html


def test_forged_document_is_never_said_to_be_issued_by_the_organisation() -> None:
    html = flat(page(SAMPLES["invalid"]))
    assert "Кем выдан" not in html
    assert "Названа организация" in html
    assert "Сравните с бумагой" not in html


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.VALID])
def test_only_a_valid_document_is_to_be_compared(verdict: Verdict) -> None:
    assert "Сравните с бумагой" not in page(BY_VERDICT[verdict])


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("language", LANGUAGES)
def test_revocation_tells_reason_date_and_what_to_do(reason: Reason, language: Language) -> None:
    code = f"revoked_{reason.name.lower()}"
    failed = Check("revocation", Outcome.FAIL, code, {"revoked_at": "2026-11-23T15:20:00Z"})
    checks = tuple(failed if check.name == "revocation" else check for check in SAMPLES["valid"].report.checks)
    revocation = replace(SAMPLES["revoked"].report.revocation, reason=reason)
    html = flat(page(changed("revoked", checks=checks, revocation=revocation), language))
    assert {"ru": "23 ноября 2026 г., 18:20 МСК", "en": "23 November 2026, 18:20 UTC+3"}[language] in html
    superseded = {"ru": "Попросите у владельца новую ссылку", "en": "Ask the holder for the new link"}[language]
    assert (superseded in html) == (reason is Reason.SUPERSEDED)


def test_pending_waits_and_does_not_fail() -> None:
    view = result_view(SAMPLES["pending"].report, language="ru")
    assert [line.state for line in view.checks if line.title == "Запись в реестре"] == ["wait"]
    assert "fail" not in {line.state for line in view.checks}


@pytest.mark.parametrize("name", list(SAMPLES))
def test_every_check_reached_has_one_line(name: str) -> None:
    report = SAMPLES[name].report
    reached = [check for check in report.checks if check.code != "not_reached"]
    lines = result_view(report, language="ru").checks
    assert len(lines) == len(reached) + (len(reached) < len(report.checks))
    assert all(line.state_word and line.text for line in lines)


def test_outage_shows_the_last_verdict_with_its_time_beside_cannot_check() -> None:
    html = flat(page(SAMPLES["cannot-check"]))
    assert "Сейчас проверить нельзя" in html
    assert "Последний раз реестр отвечал: 22 ноября 2026 г., 23:15 МСК. Результат был такой: Подлинный" in html
    assert "Реестр \u2068local\u2069 не ответил." in html


def test_outage_without_anything_stored_says_nothing_of_before() -> None:
    assert "Что было известно раньше" not in page(replace(SAMPLES["cannot-check"], stored_at=None, last_verdict=None))


def test_verdict_from_stored_facts_says_so_with_their_time() -> None:
    html = flat(page(SAMPLES["valid-stored"]))
    assert "Сейчас реестр не отвечает. Этот результат основан на его последнем ответе: 24 ноября 2026 г., 09:31" in html


def test_age_of_the_facts_is_named_once_it_matters() -> None:
    fresh, old = (result_view(changed("valid", read_at=CHECKED_AT - age).report, language="ru") for age in (60, 61))
    assert fresh.read is None
    assert old.read is not None


@pytest.mark.parametrize(
    ("name", "shown", "hidden"),
    [
        ("valid", ["тестовая сеть", "У оператора сервиса", "1 источника", "одного источника"], ["У самой организации"]),
        ("valid-own-key", ["У самой организации", "3 источников", "разница в днях: 150"], ["тестовая сеть"]),
    ],
)
def test_limits_of_the_verdict_are_named(name: str, shown: list[str], hidden: list[str]) -> None:
    html = flat(page(SAMPLES[name]))
    assert [text for text in shown if text not in html] == []
    assert [text for text in hidden if text in html] == []


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("office@school.example", Contact("office@school.example", "mailto:office@school.example")),
        ("https://school.example/ask", Contact("https://school.example/ask", "https://school.example/ask")),
        ("+7 (843) 123-45-67", Contact("+7 (843) 123-45-67", "tel:+78431234567")),
        (" каб. 12, Ольга ", Contact("каб. 12, Ольга", None)),
        ("javascript:alert(1)", Contact("javascript:alert(1)", None)),
        ("https://x.example/?q=<script>", Contact("https://x.example/?q=<script>", None)),
        ("a@b.example?cc=all@c.example", Contact("a@b.example?cc=all@c.example", None)),
        ("data:text/html,x", Contact("data:text/html,x", None)),
        ("  ", None),
        (None, None),
    ],
)
def test_contact_becomes_a_link_only_when_it_is_an_address(text: str | None, contact: Contact | None) -> None:
    assert result_view(SAMPLES["valid"].report, language="ru", contact=text).contact == contact


def test_times_follow_the_zone_of_the_organisation() -> None:
    html = flat(page(SAMPLES["valid"], time_zone="Asia/Vladivostok"))
    assert "22 ноября 2026 г., 20:00 UTC+10" in html
    assert "МСК" not in html


def test_moment_that_no_calendar_holds_does_not_break_the_page() -> None:
    assert str(2**62) in page(changed("valid", registered_at=2**62))


def every_sentence() -> Iterator[tuple[str, dict[str, str | int]]]:
    for code, sentence in MESSAGES.items():
        data: dict[str, str | int] = {}
        for name in re.findall(r"%\((\w+)\)s", sentence):
            ends = {"_at": "2026-11-22T10:00:00Z", "_on": "2026-11-22"}
            data[name] = next((value for end, value in ends.items() if name.endswith(end)), "«Имя»")
        yield code, data


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "data"), list(every_sentence()), ids=list(MESSAGES))
def test_every_sentence_is_filled_in_with_the_readers_own_dates(
    code: str, data: dict[str, str | int], language: Language
) -> None:
    view = result_view(changed("valid", warnings=(Note(code, data),)).report, language=language)
    (text,) = view.warnings
    assert "%(" not in text
    assert "T10:00" not in text
    assert "2026-11-22" not in text
    assert ("2026" in text) == any(name.endswith(("_at", "_on")) for name in data)


@pytest.mark.fault(104)
@pytest.mark.parametrize("name", list(SAMPLES))
def test_page_asks_nothing_of_anybody_else_and_its_title_names_nobody(name: str) -> None:
    html = page(SAMPLES[name])
    outside = [target for target in Reader(html).targets if re.match(r"(?:[a-z]+:)?//", target)]
    assert outside == []
    title = html.partition("<title>")[2].partition("</title>")[0]
    statement = SAMPLES[name].report.statement
    assert statement is None or statement.holder_name.split()[0] not in title
    assert TOKEN not in title
    assert "og:" not in html
    assert "noindex" in html


def test_page_of_a_link_offers_code_file_and_command() -> None:
    html = page(SAMPLES["valid"])
    targets = Reader(html).targets
    assert LINKS["bundle"] in targets
    assert LINKS["qr_svg"] in targets
    assert LINKS["qr_png"] in targets
    assert "portfolio verify bundle.json" in html
    assert "начинается с portfolio.example" in html


def test_page_of_a_file_offers_no_link() -> None:
    html = rendering.verify_form_page(rendering.Reader("ru"), report=SAMPLES["valid"].report)
    assert "qr.svg" not in html
    assert html.count("<form") == 3
    assert "Подлинный" in html


@pytest.mark.fault(112)
def test_pasted_link_of_another_host_is_warned_of() -> None:
    html = rendering.verify_form_page(rendering.Reader("ru"), foreign_host="<b>evil\u202e.example")
    assert "&lt;b&gt;evil\ufffd.example" in html
    assert "Эта ссылка ведёт в другое место" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_page_and_explanation(language: Language) -> None:
    assert rendering.home_page(rendering.Reader(language)).count("<form") == 3
    about = rendering.about_page(rendering.Reader(language))
    assert about.count("<dt>") == len(Verdict)


def test_report_of_a_later_program_is_not_hidden_behind_an_error() -> None:
    """Custody of a sort not known here is shown as it is called."""
    assert "multisig" in page(changed("valid", custody="multisig"))


def test_stored_time_is_read_in_any_zone() -> None:
    sample = replace(SAMPLES["cannot-check"], stored_at=datetime(2026, 11, 22, 20, 15, tzinfo=UTC))
    assert isinstance(sample.report, Report)
    assert page(sample) == page(SAMPLES["cannot-check"])
