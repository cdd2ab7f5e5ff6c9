"""Credentials from elsewhere: what is confirmed, what is refuted, and what is said to be unknown."""

from __future__ import annotations

import io
import json
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from elsewhere import LIST_URL, NOW, Elsewhere, entry, instant
from hypothesis import given
from hypothesis import strategies as st
from openbadgeslib.ob3 import OB3Signer
from PIL import Image

from portfolio.achievements.findings import CHECK_NAMES, ImportReport
from portfolio.achievements.imports import NotACredentialError, OurOwnError, verify_import
from portfolio.achievements.sentences import MESSAGES, VERDICTS
from portfolio.credentials.report import Verdict
from portfolio.fetching import FakeFetcher, OfflineFetcher
from portfolio.i18n import gettext_for

sys.path.insert(0, str(Path(__file__).parents[1] / "credentials"))
from credential_examples import EXAMPLES, SIGNER

from portfolio.credentials.bundles import bundle_json
from portfolio.credentials.signing import issue

ISSUER = Elsewhere()
WEB = Elsewhere(2, host="badges.example")
WEB_URL = "https://badges.example/.well-known/did.json"


def judge(document: dict[str, Any] | str | bytes, **documents: Any) -> ImportReport:
    """The report on a document, with further documents by URL (None: they are not there)."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    if isinstance(document, str):
        data = document.encode()
    report = verify_import(data, fetcher=FakeFetcher(bytes_of(documents.get("at", {}))), now=NOW)
    assert tuple(check.name for check in report.checks) == CHECK_NAMES
    return report


def bytes_of(documents: dict[str, Any]) -> dict[str, bytes]:
    return {url: value if isinstance(value, bytes) else json.dumps(value).encode() for url, value in documents.items()}


def codes(report: ImportReport) -> dict[str, str]:
    return {check.name: check.code for check in report.checks}


def test_a_badge_signed_by_another_implementation_is_confirmed() -> None:
    report = judge(ISSUER.signed())
    assert report.verdict == "confirmed"
    assert (report.format, report.secured_by) == ("open-badges-3.0", "data-integrity")
    assert report.claims.achievement == "Python для учителя"
    assert report.claims.recipient == "Анна Ким"
    assert report.claims.issuer == ISSUER.did
    assert codes(report)["status"] == "status_none"


def test_the_report_is_never_one_of_our_verdicts() -> None:
    report = judge(ISSUER.signed()).to_json()
    assert report["type"] == "imported"
    assert report["verdict"] not in {verdict.value for verdict in Verdict}
    assert "register knows nothing" in report["message"]


def test_a_credential_of_ours_gets_no_second_verdict() -> None:
    ours = json.loads(issue(EXAMPLES["olympiad_award"], SIGNER).document)
    for document in (ours, bundle_json(credential=ours, receipts=())):
        with pytest.raises(OurOwnError):
            judge(document)


def alterations() -> dict[str, dict[str, Any]]:
    good = ISSUER.signed()
    subject = good["credentialSubject"]
    return {
        "another name": {**good, "name": "Физика"},
        "another holder": {**good, "credentialSubject": {**subject, "id": "did:example:other"}},
        "another date": {**good, "validFrom": instant(NOW - timedelta(days=4))},
        "an end taken away": {**ISSUER.signed(expiration_date=NOW + timedelta(days=1)), "validUntil": None},
        "another's signature": {**good, "proof": Elsewhere(3).signed()["proof"]},
        "another's key named": {**good, "issuer": {**good["issuer"], "id": Elsewhere(3).did}},
        "another purpose": {**good, "proof": {**good["proof"], "proofPurpose": "authentication"}},
        "another time of signing": {**good, "proof": {**good["proof"], "created": instant(NOW)}},
    }


@pytest.mark.fault(126)
@pytest.mark.parametrize("name", alterations())
def test_what_was_altered_is_refuted_and_not_shown(name: str) -> None:
    altered = {key: value for key, value in alterations()[name].items() if value is not None}
    report = judge(altered)
    assert report.verdict == "refuted"
    assert report.claims.achievement is None


@pytest.mark.fault(126)
@pytest.mark.parametrize(
    "addition",
    [
        {"awarded": "золото"},
        {"https://www.w3.org/2018/credentials#validUntil": "2099-01-01T00:00:00Z"},
        {"expirationDate": "2099-01-01T00:00:00Z"},
        {"@graph": []},
        {"@included": [{"id": "urn:x", "name": "золото"}]},
        {"evidence": [{"id": ISSUER.signed()["id"], "type": ["Evidence"], "name": "золото"}]},
    ],
)
def test_what_the_signature_does_not_cover_is_not_believed(addition: dict[str, Any]) -> None:
    """The signature may still fit, for RDF does not see such members: our page would show words nobody signed."""
    report = judge({**ISSUER.signed(), **addition})
    assert report.verdict in {"cannot_check", "refuted"}
    assert report.claims.achievement is None


def test_order_and_arrays_of_one_do_not_matter() -> None:
    good = ISSUER.signed()
    twin = {
        **dict(reversed(good.items())),
        "type": good["type"][::-1],
        "credentialSubject": [good["credentialSubject"]],
    }
    assert judge(twin).verdict == "confirmed"


def test_texts_of_several_lines_are_signed_as_elsewhere_and_shown_on_one() -> None:
    badge = ISSUER.badge()
    badge.achievement.name = "Python\n\u202eдля\tучителя"
    badge.achievement.criteria_narrative = "Сдан\r\nпроект"
    report = judge(json.loads(ISSUER.signer().sign_to_json(badge)))
    assert report.verdict == "confirmed"
    assert report.claims.achievement == "Python для учителя"


def test_an_unknown_vocabulary_is_never_fetched() -> None:
    good = ISSUER.signed()
    fetcher = FakeFetcher({})
    data = json.dumps({**good, "@context": [*good["@context"], "https://attacker.example/context.json"]}).encode()
    report = verify_import(data, fetcher=fetcher, now=NOW)
    assert report.verdict == "cannot_check"
    assert codes(report)["content"] == "content_context"
    assert fetcher.asked == []


def test_a_proof_of_an_unknown_kind_is_unknown() -> None:
    good = ISSUER.signed()
    report = judge({**good, "proof": {**good["proof"], "cryptosuite": "ecdsa-sd-2023"}})
    assert report.verdict == "cannot_check"
    assert codes(report)["signature"] == "signature_unknown_kind"


def test_a_key_is_fetched_from_the_issuers_host() -> None:
    signed = WEB.signed()
    assert judge(signed, at={WEB_URL: WEB.did_document()}).verdict == "confirmed"
    assert codes(judge(signed))["issuer"] == "issuer_unreachable"
    assert judge(signed).verdict == "cannot_check"


@pytest.mark.parametrize(
    "document",
    [
        WEB.did_document(assertionMethod=[]),
        WEB.did_document(verificationMethod=[]),
        {**WEB.did_document(), "verificationMethod": [{**WEB.did_document()["verificationMethod"][0], "revoked": "x"}]},
        {
            **WEB.did_document(),
            "verificationMethod": [{**WEB.did_document()["verificationMethod"][0], "controller": "x"}],
        },
    ],
)
def test_a_key_that_the_issuer_does_not_name_refutes(document: dict[str, Any]) -> None:
    assert judge(WEB.signed(), at={WEB_URL: document}).verdict == "refuted"


@pytest.mark.fault(122)
@pytest.mark.parametrize("document", [b"<html>", b"[]", {"id": "did:web:other.example"}, b"{" * 500])
def test_a_host_that_answers_nonsense_is_an_outage(document: Any) -> None:
    assert judge(WEB.signed(), at={WEB_URL: document}).verdict == "cannot_check"


@pytest.mark.fault(127)
def test_dates() -> None:
    assert judge(ISSUER.signed(expiration_date=NOW - timedelta(seconds=1))).verdict == "expired"
    assert judge(ISSUER.signed(expiration_date=NOW + timedelta(days=1))).verdict == "confirmed"
    assert judge(ISSUER.signed(issuance_date=NOW + timedelta(days=1))).verdict == "refuted"


def with_status(entries: Any) -> dict[str, Any]:
    unsigned = {name: value for name, value in ISSUER.signed().items() if name != "proof"}
    return ISSUER.prove({**unsigned, "credentialStatus": entries})


@pytest.mark.fault(123)
@pytest.mark.parametrize(
    ("published", "code", "verdict"),
    [
        (ISSUER.status_list(), "status_clear", "confirmed"),
        (ISSUER.status_list(7), "status_set", "revoked"),
        (ISSUER.status_list(6, 8), "status_clear", "confirmed"),
        (None, "status_unreachable", "cannot_check"),
        (ISSUER.status_list(validUntil=instant(NOW - timedelta(seconds=1))), "status_stale", "cannot_check"),
        (ISSUER.status_list(validFrom=instant(NOW + timedelta(hours=1))), "status_stale", "cannot_check"),
        (ISSUER.status_list(validUntil=None), "status_clear", "confirmed"),
        (
            ISSUER.status_list(validUntil=None, validFrom=instant(NOW - timedelta(days=8))),
            "status_stale",
            "cannot_check",
        ),
        (Elsewhere(3).status_list(), "status_unproved", "cannot_check"),
        ({**ISSUER.status_list(7), "proof": ISSUER.status_list()["proof"]}, "status_unproved", "cannot_check"),
        (ISSUER.status_list(id="https://badges.example/status/2"), "status_unproved", "cannot_check"),
        (
            ISSUER.status_list(type=["VerifiableCredential"]),
            "status_unknown_kind",
            "cannot_check",
        ),
        (
            ISSUER.status_list(
                credentialSubject={
                    **ISSUER.status_list()["credentialSubject"],
                    "statusPurpose": "suspension",
                }
            ),
            "status_unknown_kind",
            "cannot_check",
        ),
        (b"nothing", "status_unknown_kind", "cannot_check"),
    ],
)
def test_a_list_counts_only_when_it_is_the_issuers_and_in_force(published: Any, code: str, verdict: str) -> None:
    report = judge(with_status(entry()), at={} if published is None else {LIST_URL: published})
    assert (codes(report)["status"], report.verdict) == (code, verdict)


@pytest.mark.fault(124)
@pytest.mark.parametrize(
    ("entries", "verdict"),
    [
        ([entry(6), entry(7)], "revoked"),
        ([entry(7), entry(6)], "revoked"),
        ([entry(5), entry(6)], "confirmed"),
        ([entry(5), entry(6, statusPurpose="message")], "cannot_check"),
        ([entry(7), entry(6, statusPurpose="message")], "revoked"),
        (entry(2**31), "cannot_check"),
        (entry(5, statusListCredential="https://elsewhere.example/1"), "cannot_check"),
    ],
)
def test_every_entry_is_looked_at(entries: Any, verdict: str) -> None:
    assert judge(with_status(entries), at={LIST_URL: ISSUER.status_list(7)}).verdict == verdict


@pytest.mark.fault(124)
@pytest.mark.parametrize("kind", ["1EdTechRevocationList", "1EdTechRefresh"])
def test_a_type_of_status_that_is_not_known_is_unknown(kind: str) -> None:
    unsigned = {name: value for name, value in ISSUER.signed().items() if name != "proof"}
    contexts = [*unsigned["@context"], "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]
    status = {"id": LIST_URL, "type": kind}
    report = judge(ISSUER.prove({**unsigned, "@context": contexts, "credentialStatus": status}))
    assert codes(report)["status"] == "status_unknown_kind"
    assert report.verdict == "cannot_check"


def test_tokens() -> None:
    token = ISSUER.token()
    report = judge(token)
    assert (report.verdict, report.secured_by) == ("confirmed", "jwt")
    assert report.claims.achievement == "Python для учителя"
    head, body, signature = token.split(".")
    for altered in (
        f"{head}.{Elsewhere(3).token().split('.')[1]}.{signature}",
        f"{head}.{body}.{signature[:-8]}AAAAAAAA",
        f"{head}.{body}.",
    ):
        assert judge(altered).verdict == "refuted"


@pytest.mark.fault(95)
def test_a_token_without_algorithm_is_not_believed() -> None:
    """`alg: none`, and an HMAC under the public key, are unknown kinds here whatever they claim."""
    import base64

    _, body, signature = ISSUER.token().split(".")
    for header in ({"alg": "none"}, {"alg": "HS256"}):
        head = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
        report = judge(f"{head}.{body}.{signature}")
        assert report.verdict == "cannot_check"
        assert report.claims.achievement is None


def pictures() -> dict[str, bytes]:
    plain = io.BytesIO()
    Image.new("RGB", (16, 16), "white").save(plain, "PNG")
    svg = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'
    badge, tokens = ISSUER.badge(), OB3Signer(ISSUER.pem, algorithm="EdDSA")
    return {
        "png": ISSUER.signer().sign_into_png(badge, plain.getvalue()),
        "svg": ISSUER.signer().sign_into_svg(badge, svg),
        "png with a token": tokens.sign_into_png(badge, plain.getvalue()),
        "svg with a token": tokens.sign_into_svg(badge, svg),
    }


@pytest.mark.parametrize("name", pictures())
def test_badges_baked_into_pictures(name: str) -> None:
    assert judge(pictures()[name]).verdict == "confirmed"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7",
        b"[]",
        b"{}",
        b'{"type": "VerifiableCredential"}',
        b"a.b.c",
        b"\x89PNG\r\n\x1a\n",
        pictures()["png"][:400],
        pictures()["png"].replace(b"openbadgecredential", b"openbadgecredentiam"),
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><svg>&x;</svg>',
        b"x" * (5 * 1024 * 1024),
        b'{"a": 1, "a": 2}',
    ],
)
def test_what_is_no_credential_is_refused(data: bytes) -> None:
    with pytest.raises(NotACredentialError):
        verify_import(data, fetcher=OfflineFetcher(), now=NOW)


@pytest.mark.fault(82)
def test_a_graph_made_to_be_slow_is_not_looked_into() -> None:
    good = ISSUER.signed()
    alike = [{"type": ["Result"], "value": "5"} for _ in range(40)]
    report = judge({**good, "credentialSubject": {**good["credentialSubject"], "result": alike}})
    assert report.verdict == "cannot_check"
    assert codes(report)["content"] == "content_entangled"


@given(st.data())
def test_nothing_in_a_file_makes_it_crash(data: st.DataObject) -> None:
    leaves = (
        st.none()
        | st.booleans()
        | st.integers(-9, 9)
        | st.text(max_size=8)
        | st.sampled_from(["did:key:z6Mk", LIST_URL])
    )
    anything = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
    )
    good = with_status([entry(6)])
    for _ in range(data.draw(st.integers(1, 3))):
        part: Any = good
        while True:
            name = data.draw(st.sampled_from(sorted(part)))
            if isinstance(part[name], dict) and part[name] and data.draw(st.booleans()):
                part = part[name]
                continue
            part[name] = data.draw(anything)
            break
    try:
        report = judge(good)
    except (NotACredentialError, OurOwnError):
        return
    assert report.verdict != "confirmed" or good == with_status([entry(6)])
    json.dumps(report.to_json())


def test_every_code_has_its_sentence_and_every_sentence_is_used() -> None:
    source = "".join(
        path.read_text() for path in Path("src/portfolio/achievements").glob("*.py") if path.stem != "sentences"
    )
    for code in MESSAGES:
        family, _, rest = code.partition("_")
        assert f'"{code}"' in source or f'"{rest}"' in source, (family, code)
    assert set(VERDICTS) == {"confirmed", "revoked", "expired", "refuted", "cannot_check"}


def test_the_russian_report_speaks_of_one_document_throughout() -> None:
    """«На стороне» reads as "on the sly", and a gender that changes makes two things of one."""
    for sentence in (*VERDICTS.values(), *MESSAGES.values()):
        russian = gettext_for("ru")(sentence)
        assert russian != sentence
        assert not re.search(r"на стороне|\bоно\b|\bеё\b|^Он\b", russian, re.IGNORECASE), russian
