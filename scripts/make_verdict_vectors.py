"""Write tests/vectors/verdicts/ from the scenario table; with --check, only tell whether the files are fresh."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "forgery"))

from scenarios import SCENARIOS

from vectors import VECTORS, vector_text


def main() -> int:
    wanted = {VECTORS / f"{name}.json": vector_text(scenario) for name, scenario in SCENARIOS.items()}
    present = {path: path.read_text() for path in VECTORS.glob("*.json")}
    stale = [path for path, text in wanted.items() if present.get(path) != text]
    surplus = present.keys() - wanted.keys()
    if "--check" in sys.argv[1:]:
        for path in (*stale, *surplus):
            print(f"stale: {path.name}")
        return 1 if stale or surplus else 0
    VECTORS.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.write_text(wanted[path])
    for path in surplus:
        path.unlink()
    print(f"{len(wanted)} vectors, {len(stale)} written, {len(surplus)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
