"""Bodies of forms sent over a bare socket to the served application (fault 81): refused fast, whatever they claim."""

from __future__ import annotations

import io
import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from tempfile import SpooledTemporaryFile

import pytest
from PIL import Image
from pupils import pupil_with_consent, upload

from people_world import Someone, World
from portfolio.app import create_app
from ports import free_port
from watching import serving

FAST = 8.0


class Served:
    def __init__(self, pupil: Someone, port: int) -> None:
        self.port = port
        self.path = f"/p/{pupil.person_id}/claims/new"
        self.cookie = f"session={pupil.client.cookies['session']}"

    def send(self, body: bytes, *, headers: dict[str, str]) -> bytes:
        """Send a request and return the first line of the answer."""
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Origin: http://127.0.0.1:{self.port}",
            f"Cookie: {self.cookie}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        with socket.create_connection(("127.0.0.1", self.port), timeout=FAST) as peer:
            with suppress(BrokenPipeError, ConnectionResetError):  # it had heard enough
                peer.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            try:
                return peer.recv(4096).partition(b"\r\n")[0]
            except ConnectionResetError:
                return b"reset"


@pytest.fixture
def served(world: World) -> Iterator[Served]:
    pupil = pupil_with_consent(world)
    port = free_port()
    with serving(create_app(world.portfolio), port=port):
        yield Served(pupil, port)


def multipart(*parts: bytes, end: bytes = b"--x--\r\n") -> bytes:
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + end


def field(name: str, value: bytes = b"v") -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value


FORM = {"Content-Type": "multipart/form-data; boundary=x"}
FILE = b'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'

BODIES = {
    "many parts": (multipart(*(field(f"f{number}") for number in range(10_000))), FORM),
    "many files": (multipart(*([FILE + b"x"] * 10_000)), FORM),
    "the same part again": (multipart(*([field("title")] * 2)), FORM),
    "a giant header of a part": (multipart(b"X-A: " + b"a" * 2_000_000 + b"\r\n" + field("title")), FORM),
    "many headers of a part": (multipart(b"X-A: b\r\n" * 50_000 + field("title")), FORM),
    "a giant field": (multipart(field("title", b"a" * 2_000_000)), FORM),
    "no final boundary": (multipart(field("title"), end=b""), FORM),
    "no boundary at all": (multipart(field("title")), {"Content-Type": "multipart/form-data"}),
    "not a form": (b"{}", {"Content-Type": "application/json"}),
    "a file of another name": (multipart(FILE.replace(b'name="file"', b'name="photo"') + b"x"), FORM),
    "NUL in a value": (multipart(field("title", b"a\0b")), FORM),
}


@pytest.mark.fault(81)
@pytest.mark.parametrize("name", BODIES)
def test_an_abusive_form_is_refused_fast(served: Served, name: str) -> None:
    body, headers = BODIES[name]
    begun = time.monotonic()
    answer = served.send(body, headers={**headers, "Content-Length": str(len(body))})
    assert answer.split()[1:2] in ([b"400"], [b"413"], [b"422"]), answer
    assert time.monotonic() - begun < FAST


@pytest.mark.fault(81)
@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999999999999999", "13000000", "5, 5", "+5"])
def test_a_length_that_cannot_be_is_refused_before_the_body(served: Served, length: str) -> None:
    begun = time.monotonic()
    answer = served.send(b"", headers={**FORM, "Content-Length": length})
    assert answer.split()[1:2] in ([b"400"], [b"413"]), answer
    assert time.monotonic() - begun < FAST


@pytest.mark.fault(81)
def test_a_body_without_a_length_ends_at_the_limit(served: Served) -> None:
    piece = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    start = multipart(FILE, end=b"")
    body = f"{len(start):x}\r\n".encode() + start + b"\r\n" + piece * 300 + b"0\r\n\r\n"
    answer = served.send(body, headers={**FORM, "Transfer-Encoding": "chunked"})
    assert answer == b"reset" or answer.split()[1:2] in ([b"400"], [b"413"]), answer


@pytest.mark.fault(81)
def test_headers_of_megabytes_do_no_harm(served: Served) -> None:
    begun = time.monotonic()
    answer = served.send(b"", headers={**FORM, "X-A": "a" * 3_000_000, "Content-Length": "0"})
    assert answer in {b"reset", b""} or answer.split()[1].startswith(b"4"), answer
    assert time.monotonic() - begun < FAST


@pytest.mark.fault(81)
def test_a_photo_never_lies_in_the_temporary_folder(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def roll_over(_file: object) -> None:
        pytest.fail("a photo was written to the disk as it came")

    monkeypatch.setattr(SpooledTemporaryFile, "rollover", roll_over)
    noise = os.urandom(3 * 1000 * 1000)
    photo = io.BytesIO()
    Image.frombytes("RGB", (1000, 1000), noise).save(photo, "PNG")
    assert len(photo.getvalue()) > 2 * 1024 * 1024
    assert upload(pupil_with_consent(world), content=photo.getvalue()).status_code == 303
