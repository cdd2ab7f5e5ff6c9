"""The web server: one process, or several that accept at the same sockets and are replaced when they end."""

from __future__ import annotations

import errno
import signal
import socket
import sys
import threading
from collections.abc import Sequence

import uvicorn

from portfolio.app import Portfolio, create_app
from portfolio.config import Settings
from portfolio.errors import PortfolioError
from portfolio.operations.keeping import Role, running

BACKLOG = 2048


class CannotListenError(PortfolioError):
    """The address that visitors ask at cannot be had."""

    status = 500
    code = "cannot_listen"


def serve(portfolio: Portfolio, descriptors: Sequence[int] = ()) -> None:
    """Serve until SIGINT or SIGTERM; answers under way are finished first.

    `descriptors` are sockets that another process listens at, whose part this one is. Raises `CannotListenError`, and
    after a signal `KeyboardInterrupt` or `SystemExit`.
    """
    # The server ends by raising its signal again once it has stopped: that must unwind, so that all others stop too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = portfolio.settings
    sockets = [socket.socket(fileno=number) for number in descriptors] or listen(settings)
    processes = settings.resolved_server_processes
    if descriptors or processes == 1:
        uvicorn.Server(_config(settings, portfolio)).run(sockets=sockets)
        return
    numbers = tuple(one.fileno() for one in sockets)
    named = tuple(word for number in numbers for word in ("--socket", str(number)))
    with running(Role("server", ("serve", *named), count=processes, descriptors=numbers)):
        threading.Event().wait()


def listen(settings: Settings) -> list[socket.socket]:
    """Return sockets that listen at every address of the host that was set. Raises `CannotListenError`."""
    where = f"{settings.host}:{settings.port}"
    opened: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
            opened.append(socket.create_server(address, family=family, backlog=BACKLOG))
    except OSError as error:
        for one in opened:
            one.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotListenError(
                f"{where} is in use by another program: stop it, or set PORTFOLIO_PORT to a free port"
            ) from None
        raise CannotListenError(f"nothing can be served at {where}: {error.strerror}; set PORTFOLIO_HOST") from None
    return opened


def _config(settings: Settings, portfolio: Portfolio) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(portfolio),
        log_level="warning",
        access_log=False,  # addresses hold the tokens of links (fault 104)
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=5,
    )
