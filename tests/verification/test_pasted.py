from __future__ import annotations

import pytest

from portfolio.verification.pasted import foreign_host, same_service

OURS = "https://portfolio.example"


@pytest.mark.parametrize(
    "text",
    [
        "https://portfolio.example/v/abc",
        "  HTTPS://Portfolio.Example:8443/v/abc?lang=en ",
        "portfolio.example/v/abc",
        "abcdefghijklmnopqrstuvwx",
        "ftp://elsewhere.example/v/abc",
        "mailto:x@elsewhere.example",
        "http://[::1/v/x",
        "",
    ],
)
def test_own_links_and_bare_tokens_are_not_foreign(text: str) -> None:
    assert foreign_host(text, public_url=OURS) is None


@pytest.mark.fault(112)
@pytest.mark.fault(110)
@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://portfolio.example.evil/v/abc", "portfolio.example.evil"),
        ("http://evil.example/v/abc", "evil.example"),
        ("evil.example/v/abc", "evil.example"),
        ("https://portfolio.example@evil.example/v/abc", "evil.example"),
        ("https://portfolio。example/v/abc", "portfolio。example (xn--portfolioexample-s12o)"),
        ("https://рortfolio.example/v/abc", "рortfolio.example (xn--ortfolio-4bh.example)"),
    ],
)
def test_link_of_another_host_is_named(text: str, host: str) -> None:
    assert foreign_host(text, public_url=OURS) == host


@pytest.mark.parametrize("own", ["https://портфолио.рф", "https://xn--h1afiacbiqs.xn--p1ai"])
@pytest.mark.parametrize("pasted", ["https://портфолио.рф/v/abc", "xn--h1afiacbiqs.xn--p1ai/v/abc"])
def test_host_in_cyrillic_letters_is_ours_in_both_its_forms(own: str, pasted: str) -> None:
    assert foreign_host(pasted, public_url=own) is None


@pytest.mark.fault(112)
@pytest.mark.parametrize("host", ["faß.example", "ﬁrma.example"])
def test_letters_are_not_mapped_to_those_of_our_host(host: str) -> None:
    ours = host.replace("ß", "ss").replace("ﬁ", "fi")
    found = foreign_host(f"https://{host}/v/abc", public_url=f"https://{ours}")
    assert found is not None
    assert found != f"{host} ({ours})"


@pytest.mark.fault(100)
@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://portfolio.example/c/x.json", True),
        ("http://PORTFOLIO.example:80/c/x.json", True),
        ("https://portfolio.example:8443/c/x.json", False),
        ("https://evil.example/c/x.json", False),
        ("https://portfolio.example:99999/c/x.json", False),
        ("ftp://portfolio.example/c/x.json", False),
        ("portfolio.example/c/x.json", False),
    ],
)
def test_same_service_is_the_same_host_and_port(url: str, same: bool) -> None:
    assert same_service(url, OURS) is same
    assert not same_service(url, ""), "where none is configured, no address is of it"
