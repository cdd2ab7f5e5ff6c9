"""`portfolio verify` and `portfolio upgrade` as people use them, over a real chain."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import orjson
import pytest
from handed_in import pdf_with, photo_of
from issued_world import Issued, Site
from samples_of_strangers import foreign_credential
from typer.testing import CliRunner

from portfolio.cli import build
from portfolio.credentials.links import short_code
from portfolio.credentials.signing import read_credential
from ports import free_port
from service_world import surname, table

TOKEN = "AbCdEfGhIjKlMnOpQrStUvWx"


def run(issued: Issued, *arguments: str, command: str = "verify", public_url: str | None = "http://127.0.0.1"):
    environment = {"PORTFOLIO_LANGUAGE": "en", "PORTFOLIO_PUBLIC_URL": public_url, "COLUMNS": "200"}
    environment |= {"PORTFOLIO_DATA_DIR": str(issued.trust_file.parent), "PORTFOLIO_TRUST_FILE": str(issued.trust_file)}
    return CliRunner().invoke(build([command]), [command, *arguments], env=environment)


def code_of(bundle: bytes) -> str:
    return short_code(read_credential(orjson.loads(bundle)["credential"]).digest)


def written(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def test_a_pdf_verifies_alone(issued: Issued, tmp_path: Path) -> None:
    done = run(issued, written(tmp_path / "d.pdf", pdf_with(("credential.json", issued.bundles[0]))))
    assert done.exit_code == 0, done.output
    assert surname(1) in done.output
    assert code_of(issued.bundles[0]) in done.output


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (pdf_with(), "carries no electronic document"),
        (b"%PDF-1.7 broken", "damaged or cut off"),
        (photo_of(), "No QR code can be read"),
        (photo_of("https://school.example/"), "holds no link"),
    ],
)
def test_what_cannot_be_read_is_refused_and_no_verdict(issued: Issued, tmp_path: Path, data: bytes, said: str) -> None:
    done = run(issued, written(tmp_path / "x", data))
    assert done.exit_code == 64
    assert said in done.output


def test_offline_says_what_was_not_checked_and_never_valid(issued: Issued, tmp_path: Path) -> None:
    path = written(tmp_path / "d.json", issued.bundles[0])
    done = run(issued, path, "--offline", "--rpc", f"http://127.0.0.1:{free_port()}", "--json")
    report = orjson.loads(done.stdout)
    assert (done.exit_code, report["verdict"]) == (3, "CANNOT_CHECK")
    outcomes = {check["name"]: check["outcome"] for check in report["checks"]}
    assert (outcomes["structure"], outcomes["signature"]) == ("pass", "pass")
    assert {outcomes[name] for name in ("issuer", "kind", "key", "anchor", "revocation")} == {"unknown"}
    assert [remark["code"] for remark in report["remarks"]] == ["offline_proof", "offline"]
    assert orjson.loads(issued.bundles[0])["receipts"][0]["root"] in report["remarks"][0]["message"]
    altered = written(tmp_path / "a.json", issued.bundles[0].replace(surname(1).encode(), surname(2).encode()))
    assert run(issued, altered, "--offline").exit_code == 1


@pytest.mark.fault(112)
def test_a_qr_code_leads_to_the_bundle_and_a_foreign_host_is_named(issued: Issued, site: Site, tmp_path: Path) -> None:
    site.pages[f"/c/{TOKEN}.json"] = (200, issued.bundles[0])
    photo = written(tmp_path / "q.jpg", photo_of(f"{site.url}/v/{TOKEN}#{code_of(issued.bundles[0])}"))
    known = orjson.loads(run(issued, photo, "--json", public_url=site.url).stdout)
    assert (known["verdict"], known["remarks"]) == ("VALID", [])
    foreign = run(issued, photo, "--json", public_url="https://portfolio.example")
    assert foreign.exit_code == 3, "a machine in here is not asked for a stranger's sake"
    refused, remark, *_ = orjson.loads(foreign.stdout)["remarks"]
    assert refused["code"] == "link_not_followed"
    assert (remark["code"], remark["data"]["host"]) == ("foreign_host", "127.0.0.1")
    assert len(site.asked) == 1
    typed = run(issued, f"{site.url}/v/{TOKEN}", "--json", public_url="https://portfolio.example")
    assert typed.exit_code == 0, "an address that the user typed may be any, and the verdict is this program's own"
    assert [remark["code"] for remark in orjson.loads(typed.stdout)["remarks"]] == ["foreign_host"]
    nobody_named = run(issued, f"{site.url}/v/{TOKEN}", "--json", public_url=None)
    assert orjson.loads(nobody_named.stdout)["remarks"] == [], "whoever named no service is not warned of others"


@pytest.mark.fault(112)
@pytest.mark.fault(113)
def test_a_code_printed_for_another_document_is_noticed(issued: Issued, site: Site, tmp_path: Path) -> None:
    site.pages[f"/c/{TOKEN}.json"] = (200, issued.bundles[1])
    photo = written(tmp_path / "q.jpg", photo_of(f"{site.url}/v/{TOKEN}#{code_of(issued.bundles[0])}"))
    done = run(issued, photo, public_url=site.url)
    assert "printed for another document" in done.output
    assert surname(2) in done.output, "the words to compare are those of the document behind the link"


def test_a_qr_code_alone_gives_its_short_code_and_says_what_it_is_worth(issued: Issued, tmp_path: Path) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    photo = written(tmp_path / "q.png", photo_of(f"{dead}/v/{TOKEN}#ABCD-EFGH-JKMN", form="PNG"))
    for options, url in (([], dead), (["--offline"], dead), ([], "https://portfolio.example")):
        done = run(issued, photo, *options, public_url=url)
        assert done.exit_code == 3
        assert "CANNOT_CHECK" in done.output
        assert "ABCD-EFGH-JKMN" in done.output
        assert "A QR code alone proves nothing" in done.output


def test_links_answer_or_say_why_not(issued: Issued, site: Site) -> None:
    pages = {
        "a": (200, issued.bundles[0]),
        "b": (503, b"busy"),
        "c": (302, b"/c/a.json"),
        "d": (200, b"x" * 70_000_000),
    }
    tokens = {name: name * 24 for name in (*pages, "e")}
    site.pages = {f"/c/{tokens[name]}.json": page for name, page in pages.items()}
    codes = {
        name: run(issued, f"{site.url}/v/{token}", public_url=site.url).exit_code for name, token in tokens.items()
    }
    assert codes == {"a": 0, "b": 3, "c": 3, "d": 64, "e": 64}


def collection(issued: Issued, folder: Path) -> Path:
    """A folder with a good bundle, a good PDF, an altered and a broken file, and one that is none."""
    folder.mkdir()
    (folder / "1.json").write_bytes(issued.bundles[0])
    (folder / "2.pdf").write_bytes(pdf_with(("credential.json", issued.bundles[1])))
    (folder / "3.json").write_bytes(issued.bundles[2].replace(surname(3).encode(), surname(1).encode()))
    (folder / "4.pdf").write_bytes(b"%PDF-1.7 broken")
    (folder / "5.docx").write_bytes(b"PK\x03\x04")
    (folder / ".hidden").write_bytes(b"x")
    return folder


EXPECTED = ["VALID", "VALID", "INVALID", "CANNOT_CHECK", "CANNOT_CHECK"]


def test_a_folder_is_reported_in_order_and_the_worst_decides(issued: Issued, tmp_path: Path) -> None:
    folder = collection(issued, tmp_path / "all")
    report = tmp_path / "report.csv"
    done = run(issued, str(folder), "--report", str(report))
    assert done.exit_code == 1, done.output
    data = report.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert [row["source"] for row in rows] == ["1.json", "2.pdf", "3.json", "4.pdf", "5.docx"]
    assert [row["verdict"] for row in rows] == EXPECTED
    assert [row["code"] for row in rows[2:]] == ["signature_wrong", "pdf_damaged", "archive_damaged"]
    assert rows[0]["holder"].startswith(surname(1))
    assert rows[0]["short_code"] == code_of(issued.bundles[0])
    assert rows[2]["holder"] == "", "nothing of a forged document is shown"
    assert not report.with_name("report.partial.csv").exists()
    (folder / "3.json").unlink()
    assert run(issued, str(folder)).exit_code == 3
    (folder / "4.pdf").unlink()
    (folder / "5.docx").unlink()
    assert run(issued, str(folder)).exit_code == 0


def test_reports_in_three_forms_say_the_same(issued: Issued, tmp_path: Path) -> None:
    folder = collection(issued, tmp_path / "all")
    for suffix in (".csv", ".xlsx", ".json"):
        run(issued, str(folder), "--report", str(tmp_path / f"r{suffix}"))
    told = orjson.loads((tmp_path / "r.json").read_bytes())
    assert told["complete"] is True
    assert told["counts"] == {"VALID": 2, "INVALID": 1, "CANNOT_CHECK": 2}
    assert [row["verdict"] for row in told["rows"]] == EXPECTED
    assert len(told["blocks"]) == 1
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    cells = list(book["report"].iter_rows(values_only=True))
    assert [row[3] for row in cells[1:]] == EXPECTED
    assert run(issued, str(folder), "--report", str(tmp_path / "r.txt")).exit_code == 64
    printed = orjson.loads(run(issued, str(folder), "--json").stdout)
    assert printed["rows"] == told["rows"]


def test_an_archive_and_lists_of_every_form(issued: Issued, site: Site, tmp_path: Path) -> None:
    folder = collection(issued, tmp_path / "all")
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(folder.iterdir()):
            made.write(path, path.name)
    told = orjson.loads(run(issued, str(archive), "--json").stdout)
    assert [row["verdict"] for row in told["rows"]] == EXPECTED
    lines = tmp_path / "all.jsonl"
    lines.write_bytes(b"\n".join([issued.bundles[0], b"", b"{broken}", issued.bundles[1]]))
    told = orjson.loads(run(issued, str(lines), "--json").stdout)
    assert [(row["source"], row["verdict"]) for row in told["rows"]] == [
        ("all.jsonl:1", "VALID"),
        ("all.jsonl:3", "INVALID"),
        ("all.jsonl:4", "VALID"),
    ]
    site.pages[f"/c/{TOKEN}.json"] = (200, issued.bundles[3])
    named = [
        "all/1.json",
        f"{site.url}/v/{TOKEN}",
        "",
        "all/absent.json",
        "../../etc/passwd.json",
        "oops",
        f"{site.url}/x",
    ]
    expected = ["VALID", "VALID", *["CANNOT_CHECK"] * 5][:6]
    text = tmp_path / "list.txt"
    text.write_text("\n".join(named))
    table_text = "№;Ссылка;Кто\n" + "".join(f"{n};{name};Иванов\n" for n, name in enumerate(named, 1))
    (tmp_path / "list.csv").write_bytes(table_text.encode("cp1251"))
    book = openpyxl.Workbook()
    book.active.append(["Кто", "Ссылка"])
    for name in named:
        book.active.append(["Иванов", name])
    book.save(tmp_path / "list.xlsx")
    for suffix in ("txt", "csv", "xlsx"):
        told = orjson.loads(run(issued, str(tmp_path / f"list.{suffix}"), "--json", public_url=site.url).stdout)
        assert [row["verdict"] for row in told["rows"]] == expected, suffix
        assert [row["code"] for row in told["rows"][2:]] == [
            "file_missing",
            "outside_folder",
            "file_missing",
            "link_not_public",
        ]
    assert all("/v/" not in path and path.startswith("/c/") for path in site.asked)


@pytest.mark.fault(78)
@pytest.mark.fault(79)
def test_archives_made_to_do_harm_are_refused_whole(issued: Issued, tmp_path: Path) -> None:
    def archive(name: str, entries: dict[str, bytes]) -> str:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as made:
            for entry, data in entries.items():
                made.writestr(zipfile.ZipInfo(entry), data, zipfile.ZIP_DEFLATED)
        return str(tmp_path / name)

    good = {"a.json": issued.bundles[0]}
    harmful = {
        "slip.zip": ({**good, "../../x.json": b"{}"}, "archive_names"),
        "absolute.zip": ({**good, "/etc/x.json": b"{}"}, "archive_names"),
        "drive.zip": ({**good, "C:\\x.json": b"{}"}, "archive_names"),
        "turned.zip": ({**good, "x\u202egpj.json": b"{}"}, "archive_names"),
        "bomb.zip": ({**good, "x.json": b"\0" * 60_000_000}, "archive_bomb"),
    }
    for name, (entries, code) in harmful.items():
        told = orjson.loads(run(issued, archive(name, entries), "--json").stdout)
        assert [(row["code"], row["verdict"]) for row in told["rows"]] == [(code, "CANNOT_CHECK")], name
    nested = archive("nested.zip", {**good, "inner.zip": Path(archive("inner.zip", good)).read_bytes()})
    told = orjson.loads(run(issued, nested, "--json").stdout)
    assert [row["code"] for row in told["rows"]] == ["", "nested"]
    overlap = bytearray(Path(archive("two.zip", {"a.json": b"{}" * 50, "b.json": b"{}" * 50})).read_bytes())
    second = overlap.rfind(b"PK\x01\x02")
    overlap[second + 42 : second + 46] = (5).to_bytes(4, "little")
    told = orjson.loads(run(issued, written(tmp_path / "overlap.zip", bytes(overlap)), "--json").stdout)
    assert told["rows"][0]["code"] == "archive_bomb"


@pytest.mark.fault(84)
def test_no_cell_of_a_report_begins_a_formula(issued: Issued, tmp_path: Path) -> None:
    names = ["=cmd()|calc.json", "+1.json", "-1.json", "@sum.json", "\uff1dx.json", " =x.json"]
    for name in names:
        (tmp_path / name).write_bytes(b"{}")
    out = tmp_path.parent / f"{tmp_path.name}-report"
    for suffix in (".csv", ".xlsx"):
        run(issued, str(tmp_path), "--report", str(out) + suffix)
    rows = list(csv.reader(io.StringIO(Path(f"{out}.csv").read_text("utf-8-sig")), delimiter=";"))
    book = openpyxl.load_workbook(f"{out}.xlsx")
    cells = [str(cell) for row in [*rows, *book["report"].iter_rows(values_only=True)] for cell in row]
    assert {f"'{name}" for name in names} <= set(cells)
    assert not [cell for cell in cells if cell.strip()[:1] in {"=", "+", "-", "@", "\uff1d"}]
    assert {cell.data_type for row in book["report"].iter_rows() for cell in row} <= {"s", "inlineStr", "n"}


@pytest.mark.fault(128)
def test_nodes_must_agree_and_are_counted(issued: Issued, verified_chain, tmp_path: Path) -> None:
    path = written(tmp_path / "d.json", issued.bundles[0])
    url = verified_chain.rpc_url
    other = url.replace("127.0.0.1", "localhost")
    report = orjson.loads(run(issued, path, "--json", "--rpc", url, "--rpc", other).stdout)
    assert (report["verdict"], report["chain"]["sources"]) == ("VALID", 2)
    assert "one_source" not in [note["code"] for note in report["notes"]]
    twice = orjson.loads(run(issued, path, "--json", "--rpc", url, "--rpc", url.upper() + "/#again").stdout)
    assert (twice["verdict"], twice["chain"]["sources"]) == ("VALID", 1), "one node under two spellings is one source"
    assert "one_source" in [note["code"] for note in twice["notes"]]
    one_dead = orjson.loads(
        run(issued, path, "--json", "--rpc", url, "--rpc", f"http://127.0.0.1:{free_port()}").stdout
    )
    assert (one_dead["verdict"], one_dead["chain"]["sources"]) == ("VALID", 1)


def test_ctrl_c_leaves_a_report_that_says_it_is_partial(issued: Issued, site: Site, tmp_path: Path) -> None:
    lines = tmp_path / "many.jsonl"
    lines.write_bytes(b"\n".join(issued.bundles * 3000))
    report = tmp_path / "report.json"
    environment = {"PORTFOLIO_LANGUAGE": "en", "PATH": "", "PORTFOLIO_TRUST_FILE": str(issued.trust_file)}
    command = [sys.executable, "-m", "portfolio.cli", "verify", str(lines), "--report", str(report)]
    process = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    partial = tmp_path / "report.partial.json"
    deadline = time.monotonic() + 60
    while not partial.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "partial" in said
    assert not report.exists()
    assert json.loads(partial.read_text())["complete"] is False


def test_upgrading_a_pending_file(issued: Issued, tmp_path: Path, site: Site) -> None:
    service = issued.service
    run_id = service.start(table(1, first=70))
    service.worker.issue_part()
    early = service.bundle(service.credentials(run_id)[0])
    client = service.client()
    site.post = lambda body: client.post("/api/v1/bundles", content=body)
    path = tmp_path / "early.json"
    path.write_bytes(early)
    upgrade = ("--service", site.url)
    assert run(issued, str(path), *upgrade, command="upgrade").exit_code == 2
    assert path.read_bytes() == early
    service.work()
    assert run(issued, str(path), *upgrade, command="upgrade").exit_code == 0
    assert run(issued, str(path)).exit_code == 0
    pdf = tmp_path / "early.pdf"
    pdf.write_bytes(pdf_with(("credential.json", early)))
    out = tmp_path / "late.json"
    assert run(issued, str(pdf), "--out", str(out), *upgrade, command="upgrade").exit_code == 0
    assert out.read_bytes() == path.read_bytes()
    altered = written(tmp_path / "x.json", early.replace(surname(70).encode(), surname(71).encode()))
    assert run(issued, altered, *upgrade, command="upgrade").exit_code == 64
    strangers = written(tmp_path / "foreign.json", foreign_credential())
    assert run(issued, strangers, *upgrade, command="upgrade").exit_code == 64
    lie = client.post("/api/v1/bundles", content=issued.bundles[0])
    site.post = lambda _: lie
    before = path.read_bytes()
    assert run(issued, str(path), *upgrade, command="upgrade").exit_code == 64, "another document is never taken"
    assert path.read_bytes() == before
    site.post = None
    assert run(issued, str(path), "--service", f"http://127.0.0.1:{free_port()}", command="upgrade").exit_code == 3
