"""Print the folder of veraPDF's libraries, fetched by Maven into a cache if they are not there yet.

veraPDF is the validator of PDF/A and PDF/UA that the standards' own association keeps; only the tests use it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "1.28.1"
ADVICE = "Install Maven and a JDK (Debian: maven, default-jdk-headless), or run `make setup-test`."
_PROJECT = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>portfolio</groupId><artifactId>verapdf</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.verapdf</groupId><artifactId>validation-model</artifactId><version>{VERSION}</version>
  </dependency></dependencies>
</project>
"""


class VerapdfMissingError(Exception):
    """veraPDF is not here and cannot be fetched; the message says what to do."""


def cache_folder() -> Path:
    """Return the folder the libraries are kept in, outside the clone; PORTFOLIO_CACHE moves it."""
    root = os.environ.get("PORTFOLIO_CACHE")
    return (Path(root) if root else Path.home() / ".cache" / "portfolio") / f"verapdf-{VERSION}"


def installed() -> Path | None:
    """Return the folder of the libraries if they are here."""
    return cache_folder() if (cache_folder() / f"validation-model-{VERSION}.jar").exists() else None


def fetch() -> Path:
    """Fetch veraPDF and what it needs; raises VerapdfMissingError with the reason."""
    maven = shutil.which("mvn")
    if maven is None or shutil.which("java") is None:
        raise VerapdfMissingError(f"There is no veraPDF here and no Maven to fetch it with. {ADVICE}")
    folder = cache_folder()
    # Fetched beside and then renamed: what is killed leaves no half of it behind.
    beside = folder.with_name(f"{folder.name}-{os.getpid()}")
    beside.mkdir(parents=True)
    try:
        (beside / "pom.xml").write_text(_PROJECT, "utf-8")
        goal = ["dependency:copy-dependencies", "-DoutputDirectory=.", "-DincludeScope=runtime"]
        done = subprocess.run(
            [maven, "--quiet", "--batch-mode", *goal], cwd=beside, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip().splitlines()[:3]
            raise VerapdfMissingError("\n".join([f"Maven could not fetch veraPDF {VERSION}:", *said, ADVICE]))
        if not folder.exists():
            beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def main() -> int:
    try:
        print(installed() or fetch())
    except VerapdfMissingError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
