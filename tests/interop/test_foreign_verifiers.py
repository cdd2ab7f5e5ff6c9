"""Credentials and status lists of ours with verifiers that are not ours: every kind, both contents of the context."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from credential_examples import EXAMPLES, SIGNER, SeedSigner
from foreign import earlier_context, openbadgeslib_context, openbadgeslib_refusal, run_node

from portfolio.credentials.canonical import CONTEXTS, packaged_context
from portfolio.credentials.openbadges import Statement
from portfolio.credentials.signing import issue
from portfolio.credentials.statuslists import OwnList, encode_bits, sign_list
from portfolio.organisations.did import did_document

pytestmark = pytest.mark.node

STATUS_SIGNER = SeedSigner.of(9)
NOW = datetime.now(UTC).replace(microsecond=0)


def instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def credential(statement: Statement, **changes: Any) -> dict[str, Any]:
    """The example as if signed a minute ago; its place fits into a list of our length."""
    values = {
        "valid_from": instant(NOW - timedelta(minutes=1)),
        "valid_until": statement.valid_until and instant(NOW + timedelta(days=900)),
        "status_index": statement.status_index % 131_072,
        **changes,
    }
    document: dict[str, Any] = json.loads(issue(replace(statement, **values), SIGNER).document)
    return document


def did_url(did: str) -> str:
    return "https://" + did.removeprefix("did:web:").replace(":", "/").replace("%3A", ":") + "/did.json"


def documents(credentials: list[dict[str, Any]], *, revoked: bool = False, **changes: Any) -> dict[str, Any]:
    """DID documents and status lists; with `revoked` every place of the credentials is set."""
    found: dict[str, Any] = {}
    for one in credentials:
        did, entry = one["issuer"]["id"], one["credentialStatus"]
        found[did_url(did)] = did_document(did, [SIGNER.public_key, STATUS_SIGNER.public_key])
        place = int(entry["statusListIndex"])
        values = {
            "url": entry["statusListCredential"],
            "issuer_did": did,
            "valid_from": instant(NOW - timedelta(minutes=1)),
            "valid_until": instant(NOW + timedelta(days=1)),
            "encoded": encode_bits([place] if revoked else [place ^ 1]),
        }
        found[entry["statusListCredential"]] = json.loads(sign_list(OwnList(**{**values, **changes}), STATUS_SIGNER))
    return found


def every_kind() -> list[dict[str, Any]]:
    """Each example under a list of its own, so that each has its own bit."""
    return [
        credential(statement, status_list=f"https://a.example/o/school/status/{number}")
        for number, statement in enumerate(EXAMPLES.values(), start=1)
    ]


@pytest.mark.parametrize("content", ["earlier", "later"])
def test_every_kind_verifies_and_is_not_revoked(content: str) -> None:
    credentials = every_kind()
    around = documents(credentials)
    later = packaged_context(CONTEXTS[1])
    for answer in run_node(credentials, around, context=later if content == "later" else None):
        assert answer["core"]["fatal"] is None
        assert answer["core"]["valid_signature"] is True
        assert answer["core"]["expiration"] is True
        assert answer["core"]["revocation_status"] is True
        assert answer["status"] == {"verified": True, "revoked": False, "error": None}
    with openbadgeslib_context(earlier_context() if content == "earlier" else None):
        assert [openbadgeslib_refusal(one, around) for one in credentials] == [None] * len(credentials)


def test_revoked_is_seen_as_revoked() -> None:
    credentials = every_kind()
    around = documents(credentials, revoked=True)
    for answer in run_node(credentials, around):
        assert answer["core"]["valid_signature"] is True
        assert answer["core"]["revocation_status"] is False
        assert answer["status"] == {"verified": True, "revoked": True, "error": None}, "of the list: verified, and set"
    assert all("'revocation' is set" in str(openbadgeslib_refusal(one, around)) for one in credentials)


@pytest.mark.fault(123)
def test_a_list_that_is_old_forged_or_missing_makes_nobody_say_not_revoked() -> None:
    credentials = [credential(EXAMPLES["olympiad_award"])]
    good = documents(credentials)
    url = credentials[0]["credentialStatus"]["statusListCredential"]
    old = {"valid_from": instant(NOW - timedelta(days=2)), "valid_until": instant(NOW - timedelta(days=1))}
    forged = {**good[url], "credentialSubject": documents(credentials, revoked=True)[url]["credentialSubject"]}
    for name, around in {
        "old": documents(credentials, **old),
        "forged": {**good, url: forged},
        "missing": {did: document for did, document in good.items() if did != url},
    }.items():
        (answer,) = run_node(credentials, around)
        assert answer["core"]["revocation_status"] is not True, name
        assert answer["status"]["verified"] is False, name
        assert answer["status"]["error"], name
        if name != "forged":  # openbadgeslib does not check the signature of a list that is no JWT
            assert openbadgeslib_refusal(credentials[0], around), name


def test_what_is_altered_or_expired_is_refused_by_all() -> None:
    award = credential(EXAMPLES["olympiad_award"])
    expired = credential(
        EXAMPLES["cpd_certificate"],
        valid_from=instant(NOW - timedelta(days=3)),
        valid_until=instant(NOW - timedelta(days=1)),
    )
    altered = {**award, "awardedDate": "2020-01-01T00:00:00Z"}
    around = documents([award, expired])
    of_altered, of_expired = run_node([altered, expired], around)
    assert "InvalidSignature" in of_altered["core"]["fatal"] or "signature" in of_altered["core"]["fatal"]
    assert of_expired["core"]["expiration"] is False
    assert openbadgeslib_refusal(altered, around)
    assert openbadgeslib_refusal(expired, around)
