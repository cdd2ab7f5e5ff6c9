"""Invented credentials of every kind, signed with keys that anybody can compute: good for vectors alone."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nacl.signing import SigningKey
from simulated_pair import START

from portfolio.credentials.openbadges import Statement
from portfolio.credentials.signing import Signed, issue

SCHOOL_DID = "did:web:id.example.org:issuers:school-5"
SCHOOL_NAME = "МБОУ «Средняя школа № 5»"
STATUS_LIST = "https://id.example.org/status/school-5/1"

FIELDS: Mapping[str, Mapping[str, Any]] = {
    "olympiad_award": {
        "title": "Всероссийская олимпиада школьников по физике",
        "level": "vsosh_municipal",
        "subject": "Физика",
        "grade": "10А",
        "degree": "winner",
        "score": "47.5",
        "max_score": "50",
        "profile": "Экспериментальный тур",
        "award_date": "2026-11-20",
        "registration_number": "ФИЗ-0017",
    },
    "diploma": {
        "title": "Диплом о среднем профессиональном образовании",
        "subject": "09.02.07 Информационные системы",
        "qualification": "Программист",
        "degree": "с отличием",
        "award_date": "2026-11-19",
        "registration_number": "115 000123",
    },
    "school_certificate": {
        "title": "Аттестат о среднем общем образовании",
        "level": "secondary",
        "honours": "honours",
        "school_year": "2025/2026",
        "marks": (("Русский язык", "5"), ("Алгебра", "4"), ("Физика", "5")),
        "award_date": "2026-11-18",
        "registration_number": "07724 000456",
    },
    "cpd_certificate": {
        "title": "Цифровая образовательная среда: «от идеи до урока»",
        "hours": 36,
        "start_date": "2026-10-05",
        "end_date": "2026-11-14",
        "city": "Казань",
        "award_date": "2026-11-16",
        "registration_number": "У-2026/0042",
    },
    "participation": {
        "title": "Республиканская научная конференция «Шаг в будущее»",
        "role": "Докладчик",
        "event_kind": "conference",
        "award_date": "2026-11-15",
        "registration_number": "К-7",
    },
    "course_completion": {
        "title": "Основы программирования на Python",
        "hours": 72,
        "start_date": "2026-09-01",
        "end_date": "2026-11-10",
        "platform": "Открытые курсы",
        "score": "97",
        "award_date": "2026-11-12",
        "registration_number": "П-99",
    },
}


@dataclass(frozen=True)
class Signer:
    """A key from a word."""

    key: SigningKey

    @property
    def public_key(self) -> bytes:
        return bytes(self.key.verify_key)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message).signature


def signer(word: str) -> Signer:
    return Signer(SigningKey(hashlib.sha256(f"key of {word}".encode()).digest()))


def instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def statement(kind: str = "olympiad_award", *, word: str = "first", **changes: Any) -> Statement:
    """A statement of this kind; equal words give equal ids."""
    values = {
        "id": f"urn:uuid:{_uuid('credential ' + word)}",
        "subject_id": f"urn:uuid:{_uuid('subject ' + word)}",
        "issuer_did": SCHOOL_DID,
        "issuer_name": SCHOOL_NAME,
        "holder_name": "Хасанова Алсу Рәшит кызы",
        "kind": kind,
        "valid_from": instant(START + 60),
        "valid_until": None,
        "status_list": STATUS_LIST,
        "status_index": 4217,
        "fields": dict(FIELDS[kind]),
    }
    return Statement(**{**values, **changes})


def signed(kind: str = "olympiad_award", *, by: Signer | None = None, word: str = "first", **changes: Any) -> Signed:
    return issue(statement(kind, word=word, **changes), by or signer("school"))


def _uuid(word: str) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(word.encode()).digest()[:16], version=4))
