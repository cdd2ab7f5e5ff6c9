"""The scenario table: one function for each situation, with the verdict and the codes that it must get.

The same cases are written to tests/vectors/verdicts/ with the calls that led to them, to be replayed on the contracts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from worlds import Case

DAY = 86_400


@dataclass(frozen=True)
class Scenario:
    name: str
    says: str
    verdict: str
    codes: Mapping[str, str]
    """Code expected of a check by its name; `warns` and `notes` hold space-separated codes, all that there are."""
    faults: tuple[int, ...]
    build: Callable[[], Case]


SCENARIOS: dict[str, Scenario] = {}


def scenario(verdict: str, *faults: int, **codes: str) -> Callable[[Callable[[], Case]], Callable[[], Case]]:
    """Enter a function in the table; its docstring says what happened."""

    def enter(build: Callable[[], Case]) -> Callable[[], Case]:
        name = build.__name__
        assert name not in SCENARIOS
        SCENARIOS[name] = Scenario(name, (build.__doc__ or "").strip(), verdict, codes, faults, build)
        return build

    return enter
