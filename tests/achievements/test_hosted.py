"""Open Badges 2.0: kept at their issuer's address, or signed as JWS."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from elsewhere import NOW, instant

from portfolio.achievements.findings import ImportReport
from portfolio.achievements.imports import verify_import
from portfolio.fetching import FakeFetcher

HOST = "https://badges.example"
KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)


def assertion(**changes: Any) -> dict[str, Any]:
    return {
        "@context": "https://w3id.org/openbadges/v2",
        "type": "Assertion",
        "id": f"{HOST}/assertions/1",
        "recipient": {"type": "email", "hashed": True, "identity": "sha256$00"},
        "badge": f"{HOST}/badge",
        "issuedOn": instant(NOW - timedelta(days=30)),
        "verification": {"type": "hosted"},
        **changes,
    }


def profile(**changes: Any) -> dict[str, Any]:
    return {"type": "Issuer", "id": f"{HOST}/issuer", "name": "Курсы «Полюс»", "publicKey": f"{HOST}/key", **changes}


def served(kept: dict[str, Any], **changes: Any) -> dict[str, Any]:
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    documents = {
        f"{HOST}/assertions/1": kept,
        f"{HOST}/badge": {"type": "BadgeClass", "id": f"{HOST}/badge", "name": "Python", "issuer": f"{HOST}/issuer"},
        f"{HOST}/issuer": profile(),
        f"{HOST}/key": {
            "type": "CryptographicKey",
            "id": f"{HOST}/key",
            "owner": f"{HOST}/issuer",
            "publicKeyPem": pem,
        },
    }
    named = {name.replace("_", "/"): value for name, value in changes.items()}
    return {**documents, **{f"{HOST}/{name}": value for name, value in named.items()}}


def judge(given: dict[str, Any] | str, documents: dict[str, Any]) -> ImportReport:
    data = given.encode() if isinstance(given, str) else json.dumps(given).encode()
    fetcher = FakeFetcher({url: json.dumps(value).encode() for url, value in documents.items() if value is not None})
    return verify_import(data, fetcher=fetcher, now=NOW)


def test_a_hosted_badge_is_confirmed_by_its_own_address() -> None:
    report = judge(assertion(), served(assertion()))
    assert (report.verdict, report.format, report.secured_by) == ("confirmed", "open-badges-2.0", "hosted")
    assert (report.claims.achievement, report.claims.issuer_name) == ("Python", "Курсы «Полюс»")
    assert report.claims.recipient is None, "hashes of addresses are not shown"
    assert judge(f"{HOST}/assertions/1", served(assertion())).verdict == "confirmed"


def test_what_the_address_says_counts() -> None:
    assert judge(assertion(issuedOn=instant(NOW)), served(assertion())).verdict == "refuted"
    assert judge(assertion(), served(assertion(), assertions_1=None)).verdict == "cannot_check"
    assert judge(assertion(revoked=True), served(assertion(revoked=True))).verdict == "revoked"
    over = assertion(expires=instant(NOW - timedelta(days=1)))
    assert judge(over, served(over)).verdict == "expired"


@pytest.mark.fault(121)
def test_a_badge_that_names_another_host_as_its_issuer_is_refuted() -> None:
    """Anybody can keep an assertion at his own address and write a famous name into it."""
    forged = assertion(id="https://attacker.example/1")
    documents = {**served(forged), "https://attacker.example/1": forged}
    report = judge(forged, documents)
    assert report.verdict == "refuted"
    assert report.claims.issuer_name is None
    allowed = {**documents, f"{HOST}/issuer": profile(verification={"allowedOrigins": "attacker.example"})}
    assert judge(forged, allowed).verdict == "confirmed"


def test_what_a_badge_itself_says_of_its_issuer_proves_nothing() -> None:
    own = {"id": f"{HOST}/issuer", "name": "x", "verification": {"allowedOrigins": "attacker.example"}}
    forged = assertion(id="https://attacker.example/1", badge={"type": "BadgeClass", "name": "x", "issuer": own})
    assert judge(forged, {**served(forged), "https://attacker.example/1": forged}).verdict == "refuted"


def token(key: rsa.RSAPrivateKey = KEY, **changes: Any) -> str:
    verification = {"type": "signed", "creator": f"{HOST}/key"}
    payload = json.dumps(assertion(id="urn:uuid:1", verification=verification, **changes)).encode()
    return jwt.PyJWS().encode(payload, key, algorithm="RS256")


def test_a_signed_badge_is_confirmed_by_the_key_that_its_issuer_names() -> None:
    documents = served(assertion())
    assert (judge(token(), documents).verdict, judge(token(), documents).secured_by) == ("confirmed", "jws")
    assert judge(token(OTHER_KEY), documents).verdict == "refuted"
    assert judge(token(), {**documents, f"{HOST}/issuer": profile(publicKey=f"{HOST}/key2")}).verdict == "refuted"
    assert judge(token(), {**documents, f"{HOST}/key": None}).verdict == "cannot_check"


@pytest.mark.fault(123)
def test_a_list_of_revoked_badges_is_asked() -> None:
    with_list = profile(revocationList=f"{HOST}/revoked")
    documents = {**served(assertion()), f"{HOST}/issuer": with_list}
    assert judge(token(), documents).verdict == "cannot_check"
    for listed, verdict in (
        ([], "confirmed"),
        (["urn:uuid:1"], "revoked"),
        ([{"id": "urn:uuid:1", "revocationReason": "x"}], "revoked"),
        ([{"id": "urn:uuid:2"}], "confirmed"),
    ):
        assert judge(token(), {**documents, f"{HOST}/revoked": {"revokedAssertions": listed}}).verdict == verdict
