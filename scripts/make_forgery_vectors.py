"""Write tests/vectors/forgeries/, one forged bundle of each way; tests compare them with the ways."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "forgery"))

from forgeries import WAYS
from forgery_vectors import VECTORS, forgery_text


def main() -> int:
    VECTORS.mkdir(parents=True, exist_ok=True)
    for path in VECTORS.glob("*.json"):
        if path.stem not in WAYS:
            path.unlink()
    for name, way in WAYS.items():
        (VECTORS / f"{name}.json").write_text(forgery_text(way))
    print(f"{len(WAYS)} forgeries written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
