"""Links that a stranger wrote into a list or a QR code make this machine ask nobody but the service and the public."""

from __future__ import annotations

from pathlib import Path

import pytest
from handed_in import photo_of
from issued_world import Site

from portfolio import fetching as public
from portfolio.credentials.facts import TrustRoots
from portfolio.verification.fetching import LinkError, fetch
from portfolio.verification.inputs import InputError
from portfolio.verification.judging import Judge, Terms
from portfolio.verification.rows import row_of
from portfolio.verification.sources import expand

TOKEN = "AbCdEfGhIjKlMnOpQrStUvWx"
OURS = "https://portfolio.example"


@pytest.mark.fault(100)
@pytest.mark.parametrize(
    "host",
    [
        "http://127.0.0.1:{port}",
        "http://localhost:{port}",
        "http://[::1]:{port}",
        "http://2130706433:{port}",
        "https://127.0.0.1",
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://[fe80::1]",
        "https://[::ffff:127.0.0.1]",
        "http://93.184.215.14",
    ],
)
def test_a_list_makes_us_ask_no_machine_of_our_own_network(site: Site, tmp_path: Path, host: str) -> None:
    link = f"{host.format(port=site.url.rpartition(':')[2])}/v/{TOKEN}"
    (tmp_path / "list.txt").write_text(f"{link}\n{site.url}/v/{TOKEN}")
    (tmp_path / "q.png").write_bytes(photo_of(link, form="PNG"))
    sources = list(expand([str(tmp_path / "list.txt"), str(tmp_path / "q.png")]))
    findings = Judge(Terms(TrustRoots(()), public_url=OURS)).judge(sources)
    rows = [row_of(number, *pair) for number, pair in enumerate(zip(sources, findings, strict=True))]
    assert [(row.verdict, row.code) for row in rows] == [("CANNOT_CHECK", "link_not_followed")] * 3
    assert site.asked == []


def test_links_of_the_configured_service_are_followed_wherever_it_is(site: Site) -> None:
    site.pages[f"/c/{TOKEN}.json"] = (200, b"{}")
    assert fetch(f"{site.url}/v/{TOKEN}", typed=False, public_url=site.url) == b"{}"
    assert fetch(f"{site.url}/v/{TOKEN}", typed=True) == b"{}"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (public.FetchError("no", status=404), "link_unknown"),
        (public.FetchError("no", status=410), "link_unknown"),
        (public.FetchError("no", status=302), "link_silent"),
        (public.FetchError("no"), "link_silent"),
        (public.AddressRefusedError("no"), "link_not_followed"),
    ],
)
def test_public_hosts_answer_or_say_why_not(
    monkeypatch: pytest.MonkeyPatch, error: public.FetchError, code: str
) -> None:
    def get(_: object, url: str) -> bytes:
        assert url == f"https://other.example/c/{TOKEN}.json"
        raise error

    monkeypatch.setattr(public.PublicFetcher, "get", get)
    with pytest.raises((LinkError, InputError)) as refused:
        fetch(f"https://other.example/v/{TOKEN}", typed=False, public_url=OURS)
    assert refused.value.code == code
    assert refused.value.data.get("status") == (error.data.get("status") if code == "link_silent" else None)
