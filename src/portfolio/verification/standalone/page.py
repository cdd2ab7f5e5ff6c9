"""The static verifier as a file: one HTML page that checks credentials without us, filled with somebody's trust roots.

The page is built from the sources beside this file and committed; filling it in changes two data blocks and no script,
so that the hashes in its own Content-Security-Policy stay true. See `docs/spec/standalone-verifier.md`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Final
from urllib.parse import urlsplit

from portfolio.credentials.facts import TrustedPair, TrustRoots
from portfolio.credentials.trust import dump_trust

_BLOCK: Final = '<script type="application/json" id="{name}">{content}</script>'
_EMPTY_TRUST: Final = _BLOCK.format(name="trust", content='{"version": 1, "pairs": []}')
_NO_HOSTS: Final = _BLOCK.format(name="hosts", content="[]")
_POLICY: Final = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')


@cache
def released_page() -> str:
    """Return the page as it was built: no trust roots, no hosts."""
    folder = resources.files("portfolio.verification.standalone").joinpath("release")
    return folder.joinpath("verifier.html").read_text("utf-8")


def verifier_file(*, trust: TrustRoots, hosts: Sequence[str] = ()) -> bytes:
    """Return the page with trust roots and the hosts of trusted services, as UTF-8.

    `hosts` are lower-case ASCII names without ports; links to any other host are warned of (fault 112).
    """
    page = released_page()
    for empty, name, content in (
        (_EMPTY_TRUST, "trust", dump_trust(trust)),
        (_NO_HOSTS, "hosts", json.dumps(list(hosts))),
    ):
        if page.count(empty) != 1:
            raise RuntimeError("The released page has no place for trust roots: build it again")
        page = page.replace(empty, _BLOCK.format(name=name, content=_harmless(content)))
    return page.encode()


def page_policy() -> str:
    """Return the Content-Security-Policy to send with the page: its own, which a page cannot frame."""
    found = _POLICY.search(released_page())
    if found is None:
        raise RuntimeError("The released page has no Content-Security-Policy: build it again")
    return f"{found[1]}; frame-ancestors 'none'"


def public_nodes(trust: TrustRoots, *, named: str) -> TrustRoots:
    """Return trust roots whose nodes may be told to everybody.

    `named` are addresses by commas, in place of all others; `NAME=address` is for the pair of that name alone,
    as where pairs stand on different chains. Without them, the nodes of the trust roots whose address is a host and no
    more: user, path and query are where hosted nodes carry their keys.
    """
    urls = [url.strip() for url in named.split(",") if url.strip()]
    common = tuple(url for url in urls if "=" not in url.partition("://")[0])

    def nodes(pair: TrustedPair) -> tuple[str, ...]:
        own = tuple(url.removeprefix(f"{pair.name}=") for url in urls if url.startswith(f"{pair.name}="))
        return own or common or tuple(filter(_is_bare, pair.rpc_urls))

    return TrustRoots(tuple(replace(pair, rpc_urls=nodes(pair)) for pair in trust.pairs))


def host_of(public_url: str) -> str:
    """Return the host of an address as a browser writes it: lower case, ASCII, without a port."""
    host = urlsplit(public_url).hostname or ""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _is_bare(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not (parts.query or parts.username or parts.password)


def _harmless(content: str) -> str:
    """Escape what could end the data block or begin markup in it; in JSON these only stand inside texts."""
    return content.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
