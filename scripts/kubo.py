"""Print the path of `ipfs`: the one PORTFOLIO_IPFS names, or the one on PATH, or Kubo built by Go into a cache."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "v0.42.0"  # 0.43 needs a commit of a fork that module proxies may not have (ADR 0017)
MODULE = f"github.com/ipfs/kubo@{VERSION}"
ADVICE = f"Install Kubo {VERSION} and put `ipfs` on PATH, or name the file in PORTFOLIO_IPFS."


class KuboMissingError(Exception):
    """There is no `ipfs`, and none can be built; the message says what to do."""


def cache_folder() -> Path:
    """Return the folder a built `ipfs` is kept in, outside the clone; PORTFOLIO_CACHE moves it."""
    root = os.environ.get("PORTFOLIO_CACHE")
    return (Path(root) if root else Path.home() / ".cache" / "portfolio") / f"kubo-{VERSION}"


def installed() -> Path | None:
    """Return an `ipfs` that is already here, or None; raises KuboMissingError when the one named cannot be run."""
    named = os.environ.get("PORTFOLIO_IPFS")
    if named:
        if not os.access(named, os.X_OK):
            raise KuboMissingError(f"PORTFOLIO_IPFS names {named}, which cannot be run. {ADVICE}")
        return Path(named)
    found = shutil.which("ipfs")
    if found:
        return Path(found)
    cached = cache_folder() / "ipfs"
    return cached if os.access(cached, os.X_OK) else None


def build() -> Path:
    """Build Kubo with Go (some minutes) and return its path; raises KuboMissingError with the reason."""
    go = shutil.which("go")
    if go is None:
        raise KuboMissingError(f"There is no `ipfs` here and no Go (1.26.5 or newer) to build it with. {ADVICE}")
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    # Built beside and then renamed: a build that is killed leaves no half of a program behind.
    beside = folder / f"build-{os.getpid()}"
    try:
        # Not `go install`: that also asks for the list of all versions, which not every module proxy serves.
        found = _run([go, "mod", "download", "-json", MODULE])
        source = json.loads(found)["Dir"]
        _run([go, "build", "-mod=readonly", "-trimpath", "-o", str(beside / "ipfs"), "./cmd/ipfs"], folder=source)
        (beside / "ipfs").replace(folder / "ipfs")
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder / "ipfs"


def _run(command: list[str], *, folder: str | None = None) -> str:
    # Without C: no compiler is needed, and the build takes a third of the time.
    environment = os.environ | {"CGO_ENABLED": "0"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise KuboMissingError("\n".join([f"Go could not build Kubo {VERSION}:", *said, ADVICE]))
    return done.stdout


def main() -> int:
    try:
        path = installed()
        if path is None:
            print(f"Building Kubo {VERSION} with Go; this takes some minutes, once.", file=sys.stderr)
            path = build()
    except KuboMissingError as error:
        print(error, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
