"""The way out for letters: a port with an SMTP server behind it, or a folder for development."""

from __future__ import annotations

import ipaddress
import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import Parser
from pathlib import Path
from typing import ClassVar, Final, Protocol
from urllib.parse import unquote, urlsplit

from portfolio.config import Settings
from portfolio.errors import PortfolioError, UnavailableError

TIMEOUT: Final = 20  # seconds for each word of the server
NEWEST: Final = 50
OUTBOX: Final = "outbox"
_REFUSED_FOR_GOOD: Final = 500  # RFC 5321, section 4.2.1: 5yz is not to be repeated


class MailRefusedError(PortfolioError):
    """The server will never take this letter: trying again is no use."""

    status: ClassVar[int] = 502
    code: ClassVar[str] = "mail_refused"


class MailUnavailableError(UnavailableError):
    """The server did not take the letter now; it may have, when the answer was lost."""

    code: ClassVar[str] = "mail_unavailable"


class NoMailServerError(PortfolioError):
    status: ClassVar[int] = 503
    code: ClassVar[str] = "no_mail_server"


class Mailer(Protocol):
    """Takes one letter. Raises `MailRefusedError` (for good) or `MailUnavailableError` (try again)."""

    def send(self, message: EmailMessage) -> None: ...


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """A mail server. `smtp://` starts TLS, and goes without only on this machine itself; `smtps://` is TLS at once."""

    url: str
    tls: ssl.SSLContext | None = None

    def send(self, message: EmailMessage) -> None:
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refusal(max(code for code, _ in error.recipients.values())) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise MailRefusedError("the mail server lacks something that this letter needs") from None
        except (smtplib.SMTPException, OSError):
            # The server's own words may hold the address: none of them are passed on.
            raise MailUnavailableError("the mail server did not take the letter") from None

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        parts = urlsplit(self.url)
        host, context = parts.hostname or "", self.tls or ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT)
        with server:
            server.ehlo()
            if parts.scheme == "smtp" and (server.has_extn("starttls") or not _is_this_machine(host)):
                server.starttls(context=context)
                server.ehlo()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            yield server


@dataclass(frozen=True, slots=True)
class OutboxMailer:
    """A folder in which letters pile up as `.eml` files: for development, where nobody is written to."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = (message["message-id"] or "").strip("<>").partition("@")[0] or "letter"
        target = self.folder / f"{Path(name).name}.eml"
        part = target.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes(policy=policy.SMTPUTF8))
        part.replace(target)

    def letters(self) -> list[EmailMessage]:
        """Return the newest letters, the newest first."""
        files = sorted(self.folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)[:NEWEST]
        parser = Parser(EmailMessage, policy=policy.SMTPUTF8)
        return [parser.parsestr(file.read_text("utf-8")) for file in files]


def open_mailer(settings: Settings) -> Mailer:
    """Return the mailer of the settings; raises `NoMailServerError` in production without a server."""
    if settings.smtp_url is not None:
        return SmtpMailer(settings.smtp_url.get_secret_value())
    if settings.is_production:
        raise NoMailServerError("no letter can be sent: set PORTFOLIO_SMTP_URL, e.g. smtp://user:password@host:587")
    return OutboxMailer(settings.data_dir / OUTBOX)


def address_header(address: str) -> Address:
    """Return an address as a header takes it, its domain in punycode. Raises `MailRefusedError` for what is none."""
    local, _, domain = address.rpartition("@")
    if not local or not domain or not address.isprintable() or any(sign in address for sign in ' <>,;:"()[]\\'):
        raise MailRefusedError("this is not an address that a letter can go to")
    try:
        return Address(username=local, domain=domain.encode("idna").decode("ascii"))
    except (ValueError, UnicodeError):
        raise MailRefusedError("this is not an address that a letter can go to") from None


def _refusal(code: int) -> PortfolioError:
    if code >= _REFUSED_FOR_GOOD:
        return MailRefusedError("the mail server refused the letter", answer=code)
    return MailUnavailableError("the mail server did not take the letter", answer=code)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
