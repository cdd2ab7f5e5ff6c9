"""A mailer for tests that misbehaves on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage

from portfolio.notifications.mailer import MailRefusedError, MailUnavailableError


@dataclass(slots=True)
class FakeMailer:
    """Keeps what it is given in `sent`.

    The next `silent` letters are not taken, the next `lost` are taken but the answer is lost, all to an address in
    `unknown` are refused for good.
    """

    sent: list[EmailMessage] = field(default_factory=list)
    silent: int = 0
    lost: int = 0
    unknown: set[str] = field(default_factory=set)

    def send(self, message: EmailMessage) -> None:
        if str(message["to"]) in self.unknown:
            raise MailRefusedError("the mail server refused the letter", answer=550)
        if self.silent:
            self.silent -= 1
            raise MailUnavailableError("the mail server did not take the letter")
        self.sent.append(message)
        if self.lost:
            self.lost -= 1
            raise MailUnavailableError("the mail server did not answer")
