"""Numbers for the operator, in Prometheus' text format; never a name, a token or an address of a visitor."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from portfolio.anchoring.service import backlog
from portfolio.errors import NotFoundError


def endpoint(request: Request) -> Response:
    """Answer `GET /metrics`; closed in production unless the request comes from this machine."""
    portfolio = request.app.state.portfolio
    host = request.client.host if request.client else ""
    if portfolio.settings.is_production and host not in {"127.0.0.1", "::1"}:
        raise NotFoundError("Not Found")
    registry = CollectorRegistry()
    with portfolio.database.read() as session:
        now = backlog(session)
    for name, text, value in (
        ("portfolio_leaves_waiting", "Digests signed and not yet in a batch", now.waiting_leaves),
        ("portfolio_calls_open", "Calls to the chain that are not final", now.open_calls),
        ("portfolio_calls_held", "Calls to the chain that need a person", now.held_calls),
    ):
        Gauge(name, text, registry=registry).set(value)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
