"""All mailers do the same with a letter: the real server's client, the folder of development, and the fake."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portfolio.config import Settings
from portfolio.notifications.fake import FakeMailer
from portfolio.notifications.mailer import (
    Mailer,
    MailRefusedError,
    MailUnavailableError,
    NoMailServerError,
    OutboxMailer,
    SmtpMailer,
    address_header,
    open_mailer,
)


class Inbox:
    """What the server in this process takes; `answer` is what it says to the recipient instead of 250."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answer = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(envelope.content)
        return "250 OK"


def serve(inbox: Inbox, **more: Any) -> Controller:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True, **more)
    controller.start()
    return controller


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[Controller]:
    controller = serve(inbox)
    yield controller
    controller.stop()


def letter(to: str = "anna@example.ru", subject: str = "Подтвердите адрес") -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"] = address_header("no-reply@portfolio.example"), address_header(to)
    message["Subject"], message["Message-ID"] = subject, "<letter-1@portfolio.example>"
    message.set_content("Откройте ссылку:\n\nhttps://portfolio.example/confirm/abc\n", cte="base64")
    return message


Read = Callable[[], list[Any]]


@pytest.fixture(params=["smtp", "outbox", "fake"])
def mailer(request: pytest.FixtureRequest, tmp_path: Path, inbox: Inbox) -> tuple[Mailer, Read]:
    if request.param == "smtp":
        controller = request.getfixturevalue("server")
        return SmtpMailer(f"smtp://127.0.0.1:{controller.port}"), lambda: [
            message_from_string(content.decode(), policy=policy.SMTPUTF8) for content in inbox.taken
        ]
    if request.param == "outbox":
        outbox = OutboxMailer(tmp_path / "outbox")
        return outbox, outbox.letters
    fake = FakeMailer()
    return fake, lambda: fake.sent


@pytest.mark.parametrize("to", ["anna@example.ru", "анна@example.ru", "o'neil+school@почта.рф"])
def test_a_letter_arrives_as_it_was_written(mailer: tuple[Mailer, Read], to: str) -> None:
    send, read = mailer
    send.send(letter(to))
    [found] = read()
    local, _, domain = to.partition("@")
    assert found["to"].addresses[0].username == local
    assert found["to"].addresses[0].domain == domain.encode("idna").decode()
    assert found["subject"] == "Подтвердите адрес"
    assert "https://portfolio.example/confirm/abc" in found.get_content().splitlines()


@pytest.mark.fault(86)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_no_header_can_be_smuggled_in(mailer: tuple[Mailer, Read], newline: str) -> None:
    """Neither by the subject nor by the address: the letter is refused before it reaches any mailer."""
    with pytest.raises(ValueError, match=r"linefeed|carriage|newline"):
        mailer[0].send(letter(subject=f"hello{newline}Bcc: everybody@example.ru"))
    with pytest.raises(MailRefusedError):
        mailer[0].send(letter(f"anna@example.ru{newline}Bcc: everybody@example.ru"))
    assert mailer[1]() == []


@pytest.mark.fault(86)
@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "a@",
        "@b.ru",
        "a b@c.ru",
        "a@b.ru,c@d.ru",
        "<a@b.ru>",
        "a@b\x00.ru",
        "a@b.ru\u2028x",
        'a"@b.ru',
        "a@b..ru",
    ],
)
def test_only_one_plain_address_is_written_to(address: str) -> None:
    with pytest.raises(MailRefusedError):
        address_header(address)


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 no such user anna@example.ru", MailRefusedError), ("451 try later", MailUnavailableError)],
)
def test_answers_of_the_server_decide_whether_to_try_again(
    server: Controller, inbox: Inbox, answer: str, error: type[Exception]
) -> None:
    inbox.answer = answer
    with pytest.raises(error) as refused:
        SmtpMailer(f"smtp://localhost:{server.port}").send(letter())
    assert "anna" not in str(refused.value)


def test_a_server_that_is_down_is_asked_again_later() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(MailUnavailableError):
        SmtpMailer(f"smtp://127.0.0.1:{port}").send(letter())


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "mail.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "mail.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "mail.crt", folder / "mail.key"


def test_tls_is_started_and_its_certificate_checked(inbox: Inbox, tmp_path: Path) -> None:
    crt, key = certificate(tmp_path)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(crt, key)
    controller = serve(inbox, tls_context=ours, require_starttls=True)
    try:
        url = f"smtp://127.0.0.1:{controller.port}"
        SmtpMailer(url, tls=ssl.create_default_context(cafile=str(crt))).send(letter())
        assert len(inbox.taken) == 1
        with pytest.raises(MailUnavailableError):
            SmtpMailer(url).send(letter())  # a certificate that nobody knows
        assert len(inbox.taken) == 1
    finally:
        controller.stop()


def test_elsewhere_no_letter_goes_without_tls(
    server: Controller, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portfolio.notifications.mailer._is_this_machine", lambda _host: False)
    with pytest.raises(MailRefusedError):
        SmtpMailer(f"smtp://127.0.0.1:{server.port}").send(letter())
    assert inbox.taken == []


def test_the_fake_misbehaves_on_demand() -> None:
    fake = FakeMailer(silent=1, lost=1, unknown={"gone@example.ru"})
    for _ in range(2):
        with pytest.raises(MailUnavailableError):
            fake.send(letter())
    assert len(fake.sent) == 1  # the second was taken, and only the answer lost
    with pytest.raises(MailRefusedError):
        fake.send(letter("gone@example.ru"))


def test_letters_of_the_outbox_are_for_its_owner_alone(tmp_path: Path) -> None:
    OutboxMailer(tmp_path / "outbox").send(letter())
    [file] = (tmp_path / "outbox").iterdir()
    assert file.name == "letter-1.eml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "outbox").stat().st_mode & 0o777 == 0o700


def test_production_has_no_outbox(tmp_path: Path) -> None:
    def settings(**more: Any) -> Settings:
        return Settings(_env_file=None, data_dir=tmp_path, **more)

    with pytest.raises(NoMailServerError):
        open_mailer(settings(environment="production"))
    assert isinstance(open_mailer(settings(environment="production", smtp_url="smtp://mail.example")), SmtpMailer)
    assert isinstance(open_mailer(settings()), OutboxMailer)
