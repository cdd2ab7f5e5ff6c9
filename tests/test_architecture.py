"""Holds the shape of DESIGN section 9: who may import whom, and how long a file or a function may grow."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "portfolio"

# Put together at the outside: they may import every slice, and no slice imports them (but for the type of `Portfolio`).
OUTERMOST = {"app", "cli", "operations", "migrations"}
PURE = {
    "achievements.baked",
    "achievements.contexts",
    "achievements.dataintegrity",
    "achievements.portfolios",
    "achievements.sentences",
    "anchoring.leaf",
    "anchoring.merkle",
    "anchoring.states",
    "credentials.bundles",
    "credentials.canonical",
    "credentials.characters",
    "credentials.facts",
    "credentials.kinds",
    "credentials.openbadges",
    "credentials.readings",
    "credentials.report",
    "credentials.sentences",
    "credentials.shapes",
    "credentials.signing",
    "credentials.statement",
    "credentials.statuslists",
    "credentials.trust",
    "credentials.values",
    "credentials.verdict",
    "verification.names",
    "people.consent",
    "people.deadlines",
}
FASTAPI_ALLOWED = {"app", "auth", "errors", "web", "metrics"}


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in SOURCE.rglob("*.py"):
        parts = list(path.relative_to(SOURCE).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        found[".".join(parts)] = path
    return found


@cache
def imports(path: Path) -> frozenset[str]:
    """Names of what a file imports at run time; imports for type checking alone do not count."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def ours(path: Path) -> set[str]:
    """The project's own modules that a file imports, without the leading `portfolio.`."""
    named = {name.removeprefix("portfolio.") for name in imports(path) if name.startswith("portfolio.")}
    return {name for name in named if name in modules()}


def third_party(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def slice_of(module: str) -> str:
    return module.partition(".")[0]


def is_pure(module: str) -> bool:
    return any(module == one or module.startswith(f"{one}.") for one in PURE)


def test_slices_do_not_import_each_other_in_a_circle() -> None:
    """Pure files lie below all slices; routes and commands lie above them: neither counts as its slice here."""
    edges: dict[str, set[str]] = {}
    for module, path in modules().items():
        if slice_of(module) in OUTERMOST or module.endswith((".commands", ".routes")) or is_pure(module):
            continue
        for target in ours(path):
            if slice_of(target) != slice_of(module) and (SOURCE / slice_of(target)).is_dir() and not is_pure(target):
                edges.setdefault(slice_of(module), set()).add(slice_of(target))
    edges = {name: {target for target in targets if target in edges} for name, targets in edges.items()}
    assert circle(edges) is None


def test_routes_and_commands_are_imported_only_where_a_process_is_put_together() -> None:
    guilty = [
        (module, target)
        for module, path in modules().items()
        for target in ours(path)
        if target.endswith((".routes", ".commands")) and slice_of(module) not in OUTERMOST
    ]
    assert guilty == []


def circle(edges: dict[str, set[str]]) -> list[str] | None:
    def visit(node: str, trail: list[str]) -> list[str] | None:
        if node in trail:
            return [*trail[trail.index(node) :], node]
        for target in sorted(edges.get(node, ())):
            if found := visit(target, [*trail, node]):
                return found
        return None

    return next((found for node in sorted(edges) if (found := visit(node, []))), None)


def test_only_the_chain_package_imports_web3() -> None:
    guilty = [module for module, path in modules().items() if "web3" in third_party(path)]
    assert {slice_of(module) for module in guilty} <= {"chain"}


def test_the_chain_package_knows_no_database() -> None:
    guilty = [
        module
        for module, path in modules().items()
        if slice_of(module) == "chain" and {"sqlalchemy", "sqlmodel"} & third_party(path)
    ]
    assert guilty == []


@pytest.mark.parametrize("module", sorted(PURE))
def test_pure_files_import_only_pure_files(module: str) -> None:
    assert module in modules(), "a pure file was renamed: mend the list"
    path = modules()[module]
    # A package of pure files (`credentials/kinds/`) is named once; its slice's empty `__init__` is no import.
    strangers = {name for name in ours(path) if not is_pure(name) and name != "errors" and "." in name}
    assert strangers == set()
    assert not {"sqlalchemy", "sqlmodel", "web3", "fastapi", "httpx2"} & third_party(path)


def test_fastapi_stays_at_the_edge() -> None:
    guilty = [
        module
        for module, path in modules().items()
        if "fastapi" in third_party(path) and slice_of(module) not in FASTAPI_ALLOWED and not module.endswith(".routes")
    ]
    assert guilty == []


def test_routes_and_pure_files_hold_no_sql() -> None:
    guilty = [
        module
        for module, path in modules().items()
        if (module.endswith(".routes") or module in PURE)
        and {"select", "insert", "update", "delete"}
        & {name.rpartition(".")[2] for name in imports(path) if name.startswith(("sqlalchemy.", "sqlmodel."))}
    ]
    assert guilty == []


def test_services_never_commit() -> None:
    guilty = [
        module
        for module, path in modules().items()
        if module != "db" and ".commit(" in path.read_text("utf-8") and slice_of(module) != "migrations"
    ]
    assert guilty == []


def code_files() -> list[Path]:
    folders = ("src", "tests", "scripts", "bench", "contracts")
    return [
        path
        for folder in folders
        for pattern in ("*.py", "*.sol")
        for path in (ROOT / folder).rglob(pattern)
        if not {"node_modules", ".venv"} & set(path.parts)
    ]


def test_no_file_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): length
        for path in code_files()
        if (length := len(path.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = {}
    for path in code_files():
        if path.suffix != ".py" or path.is_relative_to(ROOT / "tests") or "versions" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                docstring = node.body[0] if ast.get_docstring(node) else None
                shown = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
                first = node.body[0].lineno  # a long signature is not a long function
                length = (node.end_lineno or 0) - first + 1 - shown
                if length > 40:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = length
    assert long == {}


def test_no_slice_has_files_that_could_hold_anything() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [module for module in modules() if module.rpartition(".")[2] in vague] == []


def test_filters_of_a_node_are_never_used() -> None:
    """Fault 36: a node forgets them when it restarts."""
    guilty = [
        path
        for path in modules().values()
        if "eth_newFilter" in path.read_text("utf-8") or "create_filter" in path.read_text("utf-8")
    ]
    assert guilty == []


def test_no_library_leaves_the_limit_of_recursion_raised() -> None:
    """Fault 82: with a limit of 100,000 nested input overflows the stack instead of being refused."""
    program = "import sys, portfolio.app, portfolio.operations.compose; print(sys.getrecursionlimit())"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert int(done.stdout) <= 1000
