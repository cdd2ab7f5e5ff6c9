"""What the verify page shows of a report, in the reader's language: plain data for the templates.

Pure: imports no web framework, no template and no database. All texts are plain; the templates escape them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from portfolio.credentials.facts import Reason
from portfolio.credentials.kinds import Choice, Field, FieldType, kind_of
from portfolio.credentials.links import short_code
from portfolio.credentials.report import Check, Note, Outcome, Report, Verdict
from portfolio.credentials.values import FieldValue
from portfolio.i18n import (
    DEFAULT_TIME_ZONE,
    Language,
    format_day,
    format_decimal,
    format_moment,
    gettext_for,
    isolated,
    ngettext_for,
    visible,
)
from portfolio.verification import wording

STALE_AFTER: Final = 60
"""Seconds between the reading of the register and the check from which on the page names both times."""

_PENDING_CODES: Final = frozenset({"anchor_pending", "anchor_shallow"})
_INSTANT: Final = "%Y-%m-%dT%H:%M:%SZ"
_MAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~/%-]*)?")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()-]{5,20}")

State = Literal["pass", "fail", "wait", "unknown"]


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled value.

    `form` says how it is set: words of ours, words as signed (Russian on every page), code (hashes)
    or a moment (`machine` is its ISO form).
    """

    label: str
    value: str
    form: Literal["text", "signed", "code", "moment"] = "text"
    machine: str = ""


@dataclass(frozen=True, slots=True)
class CheckLine:
    title: str
    state: State
    state_word: str
    text: str


@dataclass(frozen=True, slots=True)
class Paper:
    """What is to be compared with the paper: signed values only, and the issuer's name from the register."""

    heading: str
    lead: str
    kind: str
    holder: str
    rows: tuple[Row, ...]
    marks: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    issuer: str | None
    issuer_now: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask. `href` is there when the text is nothing but a mail address, a web address or a telephone number."""

    text: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known from before, while the register does not answer; with no `word` the present verdict rests on it."""

    moment: Row
    word: str | None
    tone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """Everything the result template needs besides the links."""

    tone: str
    word: str
    sentence: str
    advice: str
    reason: str | None
    meaning: tuple[str, ...]
    checked: Row
    read: Row | None
    earlier: Earlier | None
    paper: Paper | None
    checks: tuple[CheckLine, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    register: tuple[Row, ...]
    technical: tuple[Row, ...]
    test_chain: bool
    contact: Contact | None
    issuer_page: str | None


def result_view(
    report: Report,
    *,
    language: Language,
    stored_at: datetime | None = None,
    last_verdict: Verdict | None = None,
    contact: str | None = None,
    issuer_page: str | None = None,
    time_zone: str = DEFAULT_TIME_ZONE,
) -> ResultView:
    """Return what the page shows of a report.

    `stored_at` is when the register answered last, given only while it does not answer now; `last_verdict` what came of
    that answer, when it is too old for a verdict of today. `contact` and `issuer_page`, the path of what we show of the
    issuer, are from our own records.
    """
    words = _Words(language, time_zone)
    said = wording.WORDINGS[report.verdict]
    return ResultView(
        tone=said.tone,
        word=words.say(said.word),
        sentence=words.say(report.verdict.message),
        advice=words.say(_advice(report)),
        reason=_reason(report, words),
        meaning=tuple(words.say(paragraph) for paragraph in said.meaning),
        checked=words.moment_row("", report.checked_at),
        read=_read(report, words),
        earlier=_earlier(stored_at, last_verdict, words),
        paper=_paper(report, words),
        checks=_check_lines(report.checks, words),
        warnings=tuple(words.fill(note) for note in report.warnings),
        notes=tuple(words.fill(note) for note in report.notes),
        register=_register(report, words),
        technical=_technical(report, words),
        test_chain=report.local_chain,
        contact=_contact(contact),
        # A false document may bear anybody's name: his page must not vouch for it.
        issuer_page=None if report.verdict is Verdict.INVALID else issuer_page,
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """The reader's language and clock."""

    language: Language
    time_zone: str

    def say(self, sentence: str) -> str:
        return gettext_for(self.language)(sentence)

    def ngettext(self, one: str, many: str, count: int) -> str:
        return ngettext_for(self.language)(one, many, count)

    def moment(self, seconds: int) -> str:
        return format_moment(seconds, self.language, time_zone=self.time_zone)

    def moment_row(self, label: str, seconds: int) -> Row:
        try:
            machine = datetime.fromtimestamp(seconds, tz=UTC).strftime(_INSTANT)
        except (ValueError, OverflowError, OSError):
            return Row(label, str(seconds))
        return Row(label, self.moment(seconds), "moment", machine)

    def instant_row(self, label: str, instant: str) -> Row:
        """Return a row of a moment that is written as "2026-11-22T10:00:00Z"."""
        seconds = _seconds(instant)
        return Row(label, visible(instant)) if seconds is None else self.moment_row(label, seconds)

    def fill(self, note: Check | Note) -> str:
        """Return the sentence of a check or note with its names isolated and its times in the reader's own form."""
        return self.say(note.message) % {name: self._shown(name, value) for name, value in note.data.items()}

    def _shown(self, name: str, value: str | int) -> str:
        if isinstance(value, int):
            return str(value)
        if name.endswith("_on"):
            return format_day(value, self.language)
        seconds = _seconds(value) if name.endswith("_at") else None
        return isolated(value) if seconds is None else self.moment(seconds)


def _seconds(instant: str) -> int | None:
    try:
        return int(datetime.strptime(instant, _INSTANT).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _advice(report: Report) -> str:
    if report.check("structure").code == "structure_unreadable":
        return wording.UNREADABLE_ADVICE
    if report.verdict is Verdict.REVOKED and report.revocation and report.revocation.reason is Reason.SUPERSEDED:
        return wording.SUPERSEDED_ADVICE
    return wording.WORDINGS[report.verdict].advice


def _reason(report: Report, words: _Words) -> str | None:
    """Return the sentence that decided the verdict, to be shown in the banner; VALID needs none."""
    decisive = {
        Verdict.REVOKED: (Outcome.FAIL, ("revocation",)),
        Verdict.EXPIRED: (Outcome.FAIL, ("expiry",)),
        Verdict.PENDING: (Outcome.FAIL, ("anchor",)),
        Verdict.INVALID: (Outcome.FAIL, ("structure", "signature", "issuer", "kind", "key")),
    }.get(report.verdict)
    if decisive is None:
        return None
    outcome, names = decisive
    found = next((check for check in report.checks if check.outcome is outcome and check.name in names), None)
    return words.fill(found) if found else None


def _read(report: Report, words: _Words) -> Row | None:
    if report.read_at is None or report.checked_at - report.read_at <= STALE_AFTER:
        return None
    return words.moment_row("", report.read_at)


def _earlier(stored_at: datetime | None, last_verdict: Verdict | None, words: _Words) -> Earlier | None:
    if stored_at is None:
        return None
    when = words.moment_row("", int(stored_at.timestamp()))
    if last_verdict is None:
        return Earlier(when, None, None)
    said = wording.WORDINGS[last_verdict]
    return Earlier(when, words.say(said.word), said.tone)


def _check_lines(checks: Sequence[Check], words: _Words) -> tuple[CheckLine, ...]:
    """Return one line a check; those never reached share one."""
    lines = []
    for check in checks:
        if check.code == "not_reached":
            continue
        state: State = "wait" if check.code in _PENDING_CODES else check.outcome.value
        lines.append(_line(wording.CHECK_TITLES[check.name], state, words.fill(check), words))
    unreached = next((check for check in checks if check.code == "not_reached"), None)
    if unreached is not None:
        lines.append(_line(wording.REMAINING_CHECKS, "unknown", words.fill(unreached), words))
    return tuple(lines)


def _line(title: str, state: State, text: str, words: _Words) -> CheckLine:
    return CheckLine(words.say(title), state, words.say(wording.STATES[state]), text)


def _paper(report: Report, words: _Words) -> Paper | None:
    if report.statement is None:
        return None
    statement = report.statement
    kind = kind_of(statement.kind)
    said = wording.WORDINGS[report.verdict]
    present = [(field, statement.fields[field.name]) for field in kind.fields if field.name in statement.fields]
    renamed = report.issuer_name_now if report.issuer_name_now != report.issuer_name else None
    return Paper(
        heading=words.say(said.heading),
        lead=words.say(said.lead),
        kind=_label(kind, words.language),
        holder=visible(statement.holder_name),
        rows=tuple(
            Row(
                _label(field, words.language),
                _value(field, value, words.language),
                "signed" if field.type is FieldType.TEXT else "text",
            )
            for field, value in present
            if not isinstance(value, tuple)
        ),
        code=None if report.digest is None else short_code(report.digest),
        marks=tuple(
            (_label(field, words.language), tuple((visible(subject), visible(mark)) for subject, mark in value))
            for field, value in present
            if isinstance(value, tuple)
        ),
        issuer=visible(report.issuer_name) if report.issuer_name else None,
        issuer_now=visible(renamed) if renamed else None,
    )


def _label(labelled: Field | Choice | object, language: Language) -> str:
    text: str = getattr(labelled, language)
    return text


def _value(field: Field, value: FieldValue, language: Language) -> str:
    text = str(value)
    if field.type is FieldType.CHOICE:
        choice = field.choice(text)
        return visible(text) if choice is None else _label(choice, language)
    if field.type is FieldType.DATE:
        return visible(format_day(text, language))
    if field.type is FieldType.DECIMAL:
        return visible(format_decimal(text, language))
    return visible(text)


def _register(report: Report, words: _Words) -> tuple[Row, ...]:
    """Return where and when the credential stands in the register, for anybody to read."""
    _ = words.say
    rows = []
    if report.registered_at is not None:
        rows.append(words.moment_row(_("Registered"), report.registered_at))
    if report.statement is not None:
        rows.append(words.instant_row(_("Signed"), report.statement.valid_from))
        if report.statement.valid_until is not None:
            rows.append(words.instant_row(_("In force until"), report.statement.valid_until))
    if report.pair is not None:
        rows.append(Row(_("Register"), visible(report.pair)))
    if report.custody is not None:
        custody = wording.CUSTODY.get(report.custody)
        rows.append(Row(_("Who keeps the signing key"), words.say(custody) if custody else visible(report.custody)))
    if report.sources:
        sources = words.ngettext("one source", "%(count)d sources", report.sources)
        rows.append(Row(_("Answers come from"), sources % {"count": report.sources}))
    return tuple(rows)


def _technical(report: Report, words: _Words) -> tuple[Row, ...]:
    """Return the numbers by which a specialist finds the entry again."""
    _ = words.say
    statement = report.statement
    found: Mapping[str, str | None] = {
        _("Block"): None if report.block_number is None else str(report.block_number),
        _("Transaction"): report.transaction,
        _("Digest of the credential"): None if report.digest is None else "0x" + report.digest.hex(),
        _("Number of the credential"): None if statement is None else statement.id,
        _("Address of the organisation"): None if statement is None else statement.issuer_did,
    }
    return tuple(Row(label, visible(value), "code") for label, value in found.items() if value is not None)


def _contact(text: str | None) -> Contact | None:
    """Return whom to ask; the text becomes a link only when all of it is an address."""
    if not text or not text.strip():
        return None
    plain = visible(text.strip())
    if _MAIL.fullmatch(plain):
        return Contact(plain, f"mailto:{plain}")
    if _ADDRESS.fullmatch(plain):
        return Contact(plain, plain)
    if _PHONE.fullmatch(plain):
        return Contact(plain, "tel:" + re.sub(r"[ ()-]", "", plain))
    return Contact(plain, None)
