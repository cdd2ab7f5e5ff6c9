"""PDF/A-3a and PDF/UA-1, judged by veraPDF; and by pikepdf, against the list of what it is known to be wrong about."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pikepdf
import pikepdf.pdfa
import pytest
from credential_examples import example
from sheets import LOGO, pdf

from portfolio.diplomas.designs import DESIGNS
from portfolio.diplomas.paper import Replaced

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

import verapdf

# pikepdf looks for PDF/A-3b and reads neither extension schemas (ISO 19005-3, 6.6.2.3.3) nor patterns nor CIDSets.
KNOWN = re.compile(
    r"XMP namespace (?:xmpTPg|pdfaExtension|pdfaSchema|pdfaProperty)="
    r"|XMP property (?:pdfaExtension:schemas|pdfuaid:part|xmpTPg:NPages) is not permitted"
    r"|the content of structured XMP property xmpMM:History is not checked"
    r"|pdfaid:conformance is 'A', expected 'B'"
    r"|/CIDSet on a CIDFontType2 subset is not checked"
    r"|pattern"
)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One file of every design for a paper of a page and one of several, with everything that a paper may carry."""
    folder = tmp_path_factory.mktemp("papers")
    more = {"pending": True, "replaces": Replaced("1", "2026-11-01", "AAAA-BBBB-CCCC"), "duplicate_on": "2026-11-22"}
    made = []
    for design in DESIGNS:
        for kind, changes in (("olympiad_award", {}), ("school_certificate", {"logo": LOGO, **more})):
            path = folder / f"{design}-{kind}.pdf"
            path.write_bytes(pdf(example(kind), design=design, **changes))
            made.append(path)
    return made


def judged(*files: Path) -> str:
    libraries = verapdf.installed()
    if libraries is None or shutil.which("java") is None:
        pytest.fail("veraPDF is not installed: run scripts/verapdf.py")
    command = ["java", "-cp", f"{libraries}/*", str(Path(__file__).with_name("Verapdf.java")), *map(str, files)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout


def test_verapdf_finds_every_paper_valid_as_pdf_a_3a_and_pdf_ua_1(papers: list[Path], tmp_path: Path) -> None:
    spoiled = tmp_path / "spoiled.pdf"
    with pikepdf.open(papers[0]) as opened:
        del opened.Root.AF[0].AFRelationship
        del opened.Root.Lang
        opened.save(spoiled)
    lines = judged(*papers, spoiled).splitlines()
    verdicts = {tuple(line.split("\t")[:2]): line.split("\t")[2] for line in lines if not line.startswith("\t")}
    assert len(verdicts) == 2 * len(papers) + 2
    assert {verdicts[str(path), flavour] for path in papers for flavour in ("3a", "ua1")} == {"valid"}, lines
    assert verdicts[str(spoiled), "3a"] == "broken"  # it does look


def findings(data: bytes) -> list[str]:
    report = pikepdf.pdfa.validate_written(io.BytesIO(data), "3b")
    return [f"{item.rule} {item.message}" for item in report.findings if not KNOWN.search(item.message)]


def test_pikepdf_finds_nothing_new(papers: list[Path]) -> None:
    for path in papers:
        assert findings(path.read_bytes()) == [], path.name


def test_pikepdf_would_see_a_spoiled_paper(papers: list[Path]) -> None:
    with pikepdf.open(papers[0]) as opened:
        del opened.Root.AF[0].AFRelationship
        opened.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        output = io.BytesIO()
        opened.save(output)
    assert findings(output.getvalue())
