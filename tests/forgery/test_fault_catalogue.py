"""Entries of the fault catalogue that need more than one alteration of a file."""

from __future__ import annotations

import hashlib
import json

import pytest
import samples
from alterations import dumps, replaced
from test_alterations import FORGERY_ROUNDS, original

from portfolio.anchoring.leaf import TAG_CREDENTIAL
from portfolio.credentials.report import Verdict
from portfolio.credentials.signing import prepare


@pytest.mark.fault(124)
def test_a_status_of_another_sort_or_a_second_one_is_refused() -> None:
    """Nothing is called "not revoked" because its status was not understood."""
    case = original("olympiad_award", revoked=True)
    status = case.document["credential"]["credentialStatus"]
    other = {**status, "id": status["statusListCredential"] + "#1", "statusListIndex": "1"}
    for statuses in (
        [status],
        [other, status],
        [status, other],
        other,
        {**status, "type": "RevocationList2020Status"},
        {**status, "type": ["BitstringStatusListEntry", "StatusList2021Entry"]},
        {**status, "statusPurpose": "suspension"},
        {**status, "statusPurpose": "message"},
        None,
        [],
    ):
        altered = replaced(case.document, ("credential", "credentialStatus"), statuses)
        assert case.must_not_pass(dumps(altered), f"{statuses}") is Verdict.INVALID


@pytest.mark.fault(132)
def test_equal_credentials_have_different_leaves() -> None:
    digests = {samples.signed(word=f"copy {number}").digest for number in range(50)}
    assert len(digests) == 50


@pytest.mark.fault(132)
def test_nobody_finds_a_person_by_trying_what_may_stand_in_a_credential() -> None:
    """All but the two random ids and the signature is guessed right; what is on the chain fits no guess."""
    secret = samples.signed(word="kept secret")
    public = {secret.digest, hashlib.sha256(secret.digest).digest()}
    key = samples.signer("school").public_key
    for number in range(FORGERY_ROUNDS // 100):
        guess = prepare(samples.statement(word=f"guess {number}"), public_key=key).signing_input
        tried = {guess[:32], guess[32:], hashlib.sha256(guess).digest(), hashlib.sha256(guess[32:]).digest()}
        tried |= {hashlib.sha256(TAG_CREDENTIAL + guess).digest()}
        tried |= {hashlib.sha256(TAG_CREDENTIAL + guess + bytes(64)).digest()}
        assert not tried & public


@pytest.mark.fault(129)
@pytest.mark.parametrize(
    "payload",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{7*7}}", "%(name)s %s %d"],
)
def test_markup_in_signed_text_stays_text(payload: str) -> None:
    """A report hands text on as it was signed and puts it into no sentence; pages escape it."""
    case = original("olympiad_award")
    signed = case.world.sign(word=payload, holder_name=payload)
    report = case.judged(signed.document)
    assert report.verdict is Verdict.PENDING
    assert report.statement is not None
    assert report.statement.holder_name == payload
    rest = {name: value for name, value in report.to_json().items() if name != "credential"}
    assert payload not in json.dumps(rest, ensure_ascii=False)
