"""The web server: one process, or several that answer at the same address and are replaced when they end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.supervisors import Multiprocess

from portfolio.app import Portfolio, create_app
from portfolio.config import Settings
from portfolio.errors import PortfolioError
from portfolio.operations.compose import open_portfolio
from portfolio.processes import end_with_parent

if TYPE_CHECKING:
    from fastapi import FastAPI

UNHEARD_SECONDS = 60
"""How long a process may be too busy to say that it lives before it is replaced."""


class ServersEndedError(PortfolioError):
    """The processes that answer visitors could not be started."""

    status = 500
    code = "servers_ended"


def serve(portfolio: Portfolio) -> None:
    """Serve until SIGINT or SIGTERM; answers under way are finished first. Raises `KeyboardInterrupt` after SIGINT."""
    settings = portfolio.settings
    if settings.resolved_server_processes == 1:
        uvicorn.Server(_config(settings, create_app(portfolio))).run()
        return
    config = _config(settings, "portfolio.operations.serving:application", processes=settings.resolved_server_processes)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    servers = Servers(config, [config.bind_socket()])
    servers.run()
    for number, handler in before.items():
        signal.signal(number, handler)
    if servers.asked is None:
        raise ServersEndedError("the server could not be started: what went wrong stands above")
    signal.raise_signal(servers.asked)


class Servers(Multiprocess):
    """Server processes at one socket. `asked` is the signal that ended them, None when they ended by themselves."""

    asked: signal.Signals | None = None

    def handle_int(self) -> None:
        self.asked = signal.SIGINT
        super().handle_int()

    def handle_term(self) -> None:
        self.asked = signal.SIGTERM
        super().handle_term()


def application() -> FastAPI:
    """Compose what one of several processes serves, from the environment; it ends when the process that began it
    does.
    """
    end_with_parent()
    return create_app(open_portfolio(Settings()))


def _config(settings: Settings, application: FastAPI | str, processes: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        factory=isinstance(application, str),
        workers=processes,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,  # addresses hold the tokens of links (fault 104)
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=5,
        timeout_worker_healthcheck=UNHEARD_SECONDS,
    )
