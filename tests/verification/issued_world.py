"""What these tests hand to a verifier: issued credentials with trust roots, and a web server of bundles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portfolio.credentials.facts import TrustRoots
from portfolio.credentials.models import Credential
from portfolio.verification.judging import Terms
from service_world import Service


@dataclass
class Issued:
    """A service with some credentials, their bundles, and trust roots as a verifier's own file."""

    service: Service
    credentials: list[Credential]
    bundles: list[bytes]
    trust: TrustRoots
    trust_file: Path

    @property
    def terms(self) -> Terms:
        return Terms(self.trust)


@dataclass
class Site:
    """A web server that knows nothing but what it is given: path to status and body."""

    url: str = ""
    pages: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    post: Callable[[bytes], Any] | None = None
    """Answers what is posted, with an HTTP client's response."""
