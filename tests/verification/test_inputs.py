"""What is found in a PDF or a photo, and what is refused before it costs anything."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib

import orjson
import pikepdf
import pytest
from handed_in import pdf_with, photo_of
from PIL import Image

from portfolio.credentials.bundles import MAX_BUNDLE
from portfolio.verification.attachments import MAX_ATTACHMENTS
from portfolio.verification.inputs import MAX_FILE, Document, InputError, read_input
from portfolio.verification.pasted import PublicLink, link_in

BUNDLE = orjson.dumps({"type": "PortfolioBundle", "version": 1, "credential": {}, "receipts": []})
TOKEN = "AbCdEfGhIjKlMnOpQrStUvWx"
LINK = f"https://portfolio.example/v/{TOKEN}#ABCD-EFGH-JKMN"


def refusal(data: bytes, **limits: int) -> str:
    with pytest.raises(InputError) as refused:
        read_input(data, **limits)
    return refused.value.code


def test_json_passes_unread() -> None:
    for data in (BUNDLE, b"{", b"whatever", b"\xef\xbb\xbf{}"):
        assert read_input(data) == Document(data)


def test_the_attachment_of_a_pdf_is_taken_byte_for_byte() -> None:
    assert read_input(pdf_with(("credential.json", BUNDLE))) == Document(BUNDLE)
    others = (("note.txt", b"hello"), ("data.json", b"{}"), ("table.xml", b"<x/>"))
    assert read_input(pdf_with(*others, ("credential.json", BUNDLE))) == Document(BUNDLE)
    assert read_input(pdf_with(("my diploma.json", BUNDLE), *others)) == Document(BUNDLE), "by what it says of itself"
    stored = pdf_with(
        ("credential.json", BUNDLE), compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all
    )
    assert read_input(stored) == Document(BUNDLE)
    packed = pdf_with(("credential.json", BUNDLE), object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert read_input(packed) == Document(BUNDLE)


def test_a_broken_attachment_of_the_right_name_is_still_what_is_judged() -> None:
    assert read_input(pdf_with(("credential.json", b"{broken"), ("other.json", BUNDLE))) == Document(b"{broken")


def test_a_pdf_without_or_with_several_bundles_is_refused() -> None:
    assert refusal(pdf_with()) == "pdf_without_bundle"
    assert refusal(pdf_with(("photo.json", b"{}"))) == "pdf_without_bundle"
    assert refusal(pdf_with(("credential.json", BUNDLE), ("credential.json", BUNDLE + b" "))) == "pdf_several_bundles"
    assert refusal(pdf_with(("a.json", BUNDLE), ("b.json", BUNDLE + b" "))) == "pdf_several_bundles"
    assert read_input(pdf_with(("a.json", BUNDLE), ("b.json", BUNDLE))) == Document(BUNDLE), "one document, twice"


@pytest.mark.fault(77)
@pytest.mark.fault(146)
def test_broken_encrypted_and_crowded_pdfs_are_refused() -> None:
    good = pdf_with(("credential.json", BUNDLE))
    for damaged in (
        good[: len(good) // 2],
        b"%PDF-1.7\n",
        b"%PDF-1.7\n" + b"\x00" * 5000,
        good.replace(b"startxref", b"startxxxx"),
    ):
        assert refusal(damaged) == "pdf_damaged"
    for passwords in ({"user": "secret", "owner": "secret"}, {"user": "", "owner": "secret"}):
        locked = pdf_with(("credential.json", BUNDLE), encryption=pikepdf.Encryption(**passwords))
        assert refusal(locked) == "pdf_encrypted"
    crowd = [(f"{number}.txt", b"x") for number in range(MAX_ATTACHMENTS + 1)]
    assert refusal(pdf_with(*crowd)) == "pdf_too_complex"
    assert refusal(pdf_with(("credential.json", b" " * (MAX_BUNDLE + 1)))) == "pdf_too_complex"
    assert refusal(b"%PDF-1.7\n" + b" " * MAX_FILE) == "file_too_large"
    assert refusal(b"") == "file_empty"


@pytest.mark.fault(78)
def test_an_attachment_or_table_of_objects_that_unpacks_to_gigabytes_costs_nothing() -> None:
    bomb = zlib.compress(b"\0" * (200 * 1024 * 1024), 9)
    made = pikepdf.new()
    made.add_blank_page()
    spec = pikepdf.AttachedFileSpec(made, b"x", filename="credential.json")
    made.attachments["credential.json"] = spec
    stream = pikepdf.Stream(made, bomb)
    stream["/Filter"] = pikepdf.Name.FlateDecode
    spec.obj.EF.F = spec.obj.EF.UF = stream
    attached = io.BytesIO()
    made.save(attached, stream_decode_level=pikepdf.StreamDecodeLevel.none, recompress_flate=False)
    objects = _with_object_stream(bomb)
    for data in (attached.getvalue(), objects):
        tracemalloc.start()
        begun = time.process_time()
        assert refusal(data) in {"pdf_too_complex", "pdf_damaged"}
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 40 * 1024 * 1024
        assert time.process_time() - begun < 3


def _with_object_stream(bomb: bytes) -> bytes:
    """A PDF whose catalogue lies in a compressed stream that never ends."""
    body = b"%PDF-1.7\n"
    place = len(body)
    body += b"2 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(bomb)
    body += bomb + b"\nendstream\nendobj\n"
    table = len(body)
    rows = struct.pack(">BIH", 0, 0, 0) + struct.pack(">BIH", 2, 2, 0) + struct.pack(">BIH", 1, place, 0)
    rows += struct.pack(">BIH", 1, table, 0)
    body += b"3 0 obj\n<</Type/XRef/Size 4/W[1 4 2]/Root 1 0 R/Length %d>>stream\n" % len(rows)
    return body + rows + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % table


@pytest.mark.fault(77)
def test_scripts_and_actions_of_a_pdf_are_never_looked_at() -> None:
    made = pikepdf.open(io.BytesIO(pdf_with(("credential.json", BUNDLE))))
    made.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    made.Root.AA = pikepdf.Dictionary(WC=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe"))
    output = io.BytesIO()
    made.save(output)
    assert read_input(output.getvalue()) == Document(BUNDLE)


@pytest.mark.parametrize("angle", [0, 12, -33, 90, 181])
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_the_link_in_a_photo_is_read(angle: float, form: str) -> None:
    found = read_input(photo_of(LINK, angle=angle, form=form))
    assert isinstance(found, PublicLink)
    assert (found.host, found.token, found.short_code) == ("portfolio.example", TOKEN, "ABCD-EFGH-JKMN")
    assert found.bundle_url == f"https://portfolio.example/c/{TOKEN}.json"


def test_other_codes_in_a_photo_are_left_aside_or_refused() -> None:
    assert isinstance(read_input(photo_of("https://school.example/", LINK)), PublicLink)
    assert refusal(photo_of(LINK, LINK.replace("A", "B"))) == "photo_several_codes"
    assert refusal(photo_of("https://school.example/")) == "code_is_no_link"
    assert refusal(photo_of("WIFI:S:school;;")) == "code_is_no_link"
    assert refusal(photo_of()) == "photo_without_code"


@pytest.mark.fault(80)
def test_a_picture_with_too_many_pixels_is_refused_before_decoding() -> None:
    flood = io.BytesIO()
    Image.new("1", (9000, 9000)).save(flood, "PNG")
    begun = time.process_time()
    assert refusal(flood.getvalue()) == "photo_too_large"
    assert time.process_time() - begun < 0.5
    assert refusal(photo_of(LINK), max_pixels=500_000) == "photo_too_large"
    photo = photo_of(LINK)
    assert refusal(photo[: len(photo) // 2]) == "photo_damaged"
    assert refusal(photo + b"PK\x05\x06") == "photo_damaged"


@pytest.mark.fault(100)
@pytest.mark.parametrize(
    "text",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:8545/",
        "file:///etc/passwd",
        "ftp://host/v/" + TOKEN,
        "https://user:password@host/v/" + TOKEN,
        "https:///v/" + TOKEN,
        "https://host/v/short",
        f"https://host/v/{TOKEN}/../../admin",
        f"https://host/%2e%2e/v/{TOKEN}",
        f"https://host:99999/v/{TOKEN}",
        f"https://host/v/{TOKEN}\n",
        f"https://ho\u202est/v/{TOKEN}",
        "https://host/" + "x" * 600 + f"/v/{TOKEN}",
        "javascript:alert(1)",
        "",
    ],
)
def test_no_other_address_is_a_public_link(text: str) -> None:
    found = link_in(text)
    assert found is None or text.endswith("\n")


def test_public_links_in_every_form() -> None:
    for form in (f"/v/{TOKEN}", f"/v/{TOKEN}/", f"/c/{TOKEN}.json", f"/c/{TOKEN}.pdf"):
        found = link_in(f"https://host:8443/register{form}?lang=ru")
        assert found is not None
        assert found.bundle_url == f"https://host:8443/register/c/{TOKEN}.json"
        assert found.short_code is None
