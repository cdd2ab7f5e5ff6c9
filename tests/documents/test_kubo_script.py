"""`scripts/kubo.py` finds or builds Kubo, or says in a sentence what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "kubo.py"


@pytest.fixture
def path_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def run(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    # Only the folder of the test is on PATH: neither a real `ipfs` nor a real Go may answer, and nothing is downloaded.
    kept = {"PATH": f"{tmp_path / 'bin'}:/bin", "HOME": str(tmp_path), "PORTFOLIO_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, str(SCRIPT)]
    return subprocess.run(command, env=kept | environment, capture_output=True, text=True, check=False, timeout=60)


def test_without_go_it_says_what_to_install(tmp_path: Path) -> None:
    done = run(tmp_path, PATH=str(tmp_path))
    assert done.returncode == 1
    assert not done.stdout
    assert "no Go" in done.stderr
    assert "PORTFOLIO_IPFS" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_one_on_path_is_taken_and_a_named_one_goes_before_it(tmp_path: Path, path_folder: Path) -> None:
    found = program(path_folder / "ipfs", "true")
    named = program(tmp_path / "other", "true")
    assert run(tmp_path).stdout.strip() == str(found)
    assert run(tmp_path, PORTFOLIO_IPFS=str(named)).stdout.strip() == str(named)
    wrong = run(tmp_path, PORTFOLIO_IPFS=str(tmp_path / "absent"))
    assert wrong.returncode == 1
    assert "cannot be run" in wrong.stderr


def test_it_is_built_once_and_then_found(tmp_path: Path, path_folder: Path) -> None:
    go = program(
        path_folder / "go",
        'if [ "$1" = mod ]; then echo "{\\"Dir\\": \\"$PWD\\"}"; exit; fi; '
        'while [ "$1" != -o ]; do shift; done; mkdir -p "$(dirname "$2")"; echo built > "$2"; chmod +x "$2"',
    )
    built = run(tmp_path)
    path = tmp_path / "cache" / "kubo-v0.42.0" / "ipfs"
    assert built.stdout.strip() == str(path)
    assert path.read_text().strip() == "built"
    go.unlink()
    assert run(tmp_path).stdout.strip() == str(path)
    assert list(path.parent.iterdir()) == [path]


def test_a_build_that_fails_gives_gos_reason_and_leaves_nothing(tmp_path: Path, path_folder: Path) -> None:
    program(path_folder / "go", 'echo "go: 403 Forbidden" >&2; exit 1')
    done = run(tmp_path)
    assert done.returncode == 1
    assert "403 Forbidden" in done.stderr
    assert "Install Kubo" in done.stderr
    assert list((tmp_path / "cache" / "kubo-v0.42.0").iterdir()) == []
