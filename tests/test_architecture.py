"""The shape of the house, read from the source with `ast`: floors, rooms, sizes, and what data is.

Each rule is a function from a tree on disk to its violations, one sentence each. A rule is used
twice: on this repository, where it must find nothing, and on a small tree with one fault planted,
where it must find exactly that fault.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# An import goes to a lower floor or stays in its room. `twin` is the facade, twin/__init__.py.
FLOORS: dict[str, int] = {
    "errors": 0,
    "simtime": 0,
    "files": 0,
    "library": 0,
    "config": 1,
    "pki": 1,
    "kernel": 2,
    "outputs": 2,
    "nodes": 3,
    "phones": 3,
    "cluster": 4,
    "metrics": 5,
    "capture": 5,
    "graph": 5,
    "importer": 5,
    "logs": 5,
    "live": 5,
    "study": 6,
    "console": 7,
    "report": 7,
    "api": 8,
    "notebook": 8,
    "trust_api": 8,
    "twin": 9,
    "cli": 10,
    "__main__": 11,
}
GROUND = "errors"  # every other room may raise these, its neighbours on floor 0 too

# An outside library not named here has no room yet: it gets one with its line in DECISIONS.md.
ROOM_OF_LIBRARY: dict[str, str] = {
    "pydantic": "config",
    "pydantic_core": "config",
    "ruamel": "config",
    "cryptography": "pki",
    "OpenSSL": "pki",
    "platformdirs": "pki",
    "simpy": "kernel",
    "pandas": "metrics",
    "pyarrow": "metrics",
    "sqlite3": "console",
    "prompt_toolkit": "console",
    "IPython": "notebook",
    "ipywidgets": "notebook",
    "scapy": "capture",
    "networkx": "graph",
    "dask": "study",
    "distributed": "study",
    "scipy": "study",
    "matplotlib": "report",
    "jinja2": "report",
    "rich": "report",
    "typer": "cli",
    "click": "cli",
}
EVERYWHERE = {"numpy", "__future__"}

LINES_MAX = 400
LEFTOVER_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc", "stuff"}
CODE_FOLDERS = ("twin", "tests", "benchmarks")
DATA_FOLDERS = ("models", "experiments")

# Paths of the machine somebody worked on; a clone has nothing there.
MACHINE_PATHS = re.compile(r"(?<![\w.~}-])/(?:work|root|home)(?![\w-])|\.\./shared")
NOT_SOURCE = {"results", "build", "dist", "__pycache__"}

Rule = Callable[[Path], list[str]]


def modules(root: Path) -> Iterator[tuple[Path, str]]:
    """Each module of the package and its room: the name under twin/, or `twin` for the facade."""
    package = root / "twin"
    for path in sorted(package.rglob("*.py")):
        first = path.relative_to(package).parts[0].removesuffix(".py")
        yield path, "twin" if first == "__init__" else first


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Each absolute name a module imports, wherever in it, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant):
                    yield node.lineno, str(argument.value)


def room_of(name: str, root: Path) -> str:
    """The room an imported `twin...` name lies in; a name of the facade lies in `twin`."""
    parts = name.split(".")
    if len(parts) == 1:
        return "twin"
    package = root / "twin"
    is_room = (package / parts[1]).is_dir() or (package / f"{parts[1]}.py").is_file()
    return parts[1] if is_room or parts[1] in FLOORS else "twin"


def rooms_without_a_floor(root: Path) -> list[str]:
    """Every room under twin/ stands on a floor."""
    rooms = {room for _, room in modules(root)}
    return [f"twin/{room} stands on no floor" for room in sorted(rooms - FLOORS.keys())]


def imports_not_downward(root: Path) -> list[str]:
    """An import goes to a lower floor, to the ground, or stays in its room."""
    found = []
    for path, room in modules(root):
        for line, name in imported(path):
            if name.startswith("."):
                found.append(f"{path.relative_to(root)}:{line} imports relatively")
            elif name.split(".")[0] == "twin":
                target = room_of(name, root)
                is_lower = FLOORS.get(target, 99) < FLOORS.get(room, 99)
                if target != room and not is_lower and target != GROUND:
                    found.append(f"{path.relative_to(root)}:{line} ({room}) imports {target}")
    return found


def libraries_out_of_their_room(root: Path) -> list[str]:
    """An outside library is imported in its one room only."""
    found = []
    for path, room in modules(root):
        for line, name in imported(path):
            library = name.split(".")[0]
            is_inside = library in ("", "twin") or library in EVERYWHERE
            is_standard = library in sys.stdlib_module_names and library not in ROOM_OF_LIBRARY
            if not is_inside and not is_standard and ROOM_OF_LIBRARY.get(library) != room:
                home = ROOM_OF_LIBRARY.get(library, "no room yet")
                found.append(f"{path.relative_to(root)}:{line} ({room}) imports {library} ({home})")
    return found


def files_too_long(root: Path) -> list[str]:
    """A source file has at most 400 lines."""
    found = []
    for folder in CODE_FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > LINES_MAX:
                found.append(f"{path.relative_to(root)} has {lines} lines")
    return found


def code_among_data(root: Path) -> list[str]:
    """models/ and experiments/ hold no Python."""
    paths = (path for folder in DATA_FOLDERS for path in sorted((root / folder).rglob("*.py")))
    return [f"{path.relative_to(root)} is code in a data folder" for path in paths]


def leftover_modules(root: Path) -> list[str]:
    """A module is named for what it knows."""
    names = ((path, path.stem) for path, _ in modules(root))
    return [
        f"{path.relative_to(root)} is a drawer" for path, name in names if name in LEFTOVER_NAMES
    ]


def module_state(root: Path) -> list[str]:
    """State lives in an object that is passed on, never in a module."""
    found = []
    for path, _ in modules(root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Global):
                found.append(f"{path.relative_to(root)}:{node.lineno} rebinds {node.names[0]}")
    return found


def missing_docstrings(root: Path) -> list[str]:
    """A module says what it knows; a test's docstring states the behaviour."""
    found = []
    for path, _ in modules(root):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if tree.body and not ast.get_docstring(tree):
            found.append(f"{path.relative_to(root)} has no docstring")
    for path in sorted((root / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_test = isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            if is_test and not ast.get_docstring(node):
                found.append(f"{path.relative_to(root)}:{node.lineno} {node.name} has no docstring")
    return found


def colliding_test_files(root: Path) -> list[str]:
    """Test files have names of their own and tests/ is not a package."""
    seen: dict[str, Path] = {}
    found = []
    for path in sorted((root / "tests").rglob("*.py")):
        if path.name == "__init__.py":
            found.append(f"{path.relative_to(root)} makes the tests a package")
        elif path.name in seen and path.name != "conftest.py":
            found.append(f"{path.relative_to(root)} has the name of {seen[path.name]}")
        seen[path.name] = path.relative_to(root)
    return found


def source_files(folder: Path) -> Iterator[Path]:
    """Every file of the tree but what tools leave behind."""
    for path in sorted(folder.iterdir()):
        is_hidden = path.name.startswith(".") and path.name not in (".ci", ".gitignore")
        if is_hidden or path.name in NOT_SOURCE or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from source_files(path)
        else:
            yield path


def machine_paths(root: Path) -> list[str]:
    """The tree stands alone: it names no folder of the machine it was written on."""
    found = []
    for path in source_files(root):
        text = path.read_bytes().decode("utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if match := MACHINE_PATHS.search(line):
                found.append(f"{path.relative_to(root)}:{number} names {match.group()}")
    return found


RULES: dict[Rule, list[tuple[str, str, str]]] = {
    # rule: (file to plant, its text, what must be found)
    rooms_without_a_floor: [("twin/gadgets/a.py", "", "twin/gadgets stands on no floor")],
    imports_not_downward: [
        ("twin/kernel/a.py", "from twin.nodes import b", "(kernel) imports nodes"),
        ("twin/config/a.py", "import twin.pki.keys", "(config) imports pki"),
        ("twin/phones/a.py", "from twin import cluster", "(phones) imports cluster"),
        ("twin/pki/a.py", "def f():\n    from twin.cli import main", "a.py:2 (pki) imports cli"),
        ("twin/study/a.py", "from twin import run", "(study) imports twin"),
        ("twin/study/a.py", "import twin", "(study) imports twin"),
        ("twin/__init__.py", "from twin.cli import main", "(twin) imports cli"),
        ("twin/library.py", "import twin.simtime", "(library) imports simtime"),
        ("twin/pki/a.py", "from . import keys", "imports relatively"),
        ("twin/pki/a.py", "import_module('twin.config')", "(pki) imports config"),
    ],
    libraries_out_of_their_room: [
        ("twin/nodes/a.py", "import simpy", "(nodes) imports simpy (kernel)"),
        (
            "twin/kernel/a.py",
            "from cryptography import x509",
            "(kernel) imports cryptography (pki)",
        ),
        ("twin/report/a.py", "import pandas as pd", "(report) imports pandas (metrics)"),
        ("twin/cluster/a.py", "import sqlite3", "(cluster) imports sqlite3 (console)"),
        ("twin/study/a.py", "import requests", "(study) imports requests (no room yet)"),
    ],
    files_too_long: [
        ("twin/kernel/a.py", "1\n" * 401, "twin/kernel/a.py has 401 lines"),
        ("tests/test_a.py", "1\n" * 401, "tests/test_a.py has 401 lines"),
    ],
    code_among_data: [("models/a.py", "", "models/a.py is code in a data folder")],
    leftover_modules: [("twin/kernel/utils.py", "", "twin/kernel/utils.py is a drawer")],
    module_state: [
        ("twin/kernel/a.py", "def f():\n    global seed\n    seed = 1", "a.py:2 rebinds seed")
    ],
    missing_docstrings: [
        ("twin/kernel/a.py", "x = 1", "twin/kernel/a.py has no docstring"),
        ("tests/test_a.py", "def test_a(): ...", "tests/test_a.py:1 test_a has no docstring"),
    ],
    colliding_test_files: [
        ("tests/pki/__init__.py", "", "tests/pki/__init__.py makes the tests a package"),
        ("tests/pki/test_clock.py", "", "has the name of tests/kernel/test_clock.py"),
    ],
    machine_paths: [
        ("README.md", "see " + "/wo" + "rk/notes", "README.md:1 names"),
        ("models/a.yaml", "\nsource: ." + "./sha" + "red/reference", "models/a.yaml:2 names"),
        (".ci/run", "cd " + "/ro" + "ot/twin", ".ci/run:1 names"),
    ],
}
PLANTED = [(rule, *case) for rule, cases in RULES.items() for case in cases]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rules(rule: Rule, repository: Path) -> None:
    """This repository breaks none of its rules."""
    assert rule(repository) == []


@pytest.fixture
def sound_tree(tmp_path: Path) -> Path:
    """A small tree in which every rule holds, with what each rule allows."""
    files = {
        "twin/__init__.py": '"""The facade."""\nfrom twin.report import tables\n',
        "twin/errors.py": '"""Errors."""\n',
        "twin/simtime.py": '"""Time."""\nimport datetime\nfrom twin.errors import InputError\n',
        "twin/kernel/clock.py": '"""Clock."""\nimport numpy\nimport simpy\nimport twin.simtime\n',
        "twin/report/tables.py": '"""Tables."""\nfrom twin.kernel import clock\n',
        "twin/cli.py": '"""Commands."""\nimport typer\nimport twin\n',
        "tests/kernel/test_clock.py": 'def test_ticks():\n    """The clock ticks."""\n',
        "tests/conftest.py": "",
        "tests/kernel/conftest.py": "",
        "models/lab.yaml": "log: /var/log/active/home and https://example.org/work/\n",
        ".venv/lib/a.py": "cd " + "/ro" + "ot/twin",
    }
    for name, text in files.items():
        plant(tmp_path, name, text)
    return tmp_path


def plant(root: Path, name: str, text: str) -> None:
    """Write one file into a tree."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_is_silent_on_a_sound_tree(rule: Rule, sound_tree: Path) -> None:
    """A rule does not cry out where nothing is wrong."""
    assert rule(sound_tree) == []


@pytest.mark.parametrize(
    ("rule", "name", "text", "expected"),
    PLANTED,
    ids=[f"{rule.__name__}-{expected}" for rule, _, _, expected in PLANTED],
)
def test_a_rule_finds_a_planted_fault(
    rule: Rule, name: str, text: str, expected: str, sound_tree: Path
) -> None:
    """A rule finds the one fault planted for it, and nothing else."""
    plant(sound_tree, name, text)
    found = rule(sound_tree)
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    "line",
    [
        "import time; t = time.time()",
        "from datetime import datetime, UTC; t = datetime.now(UTC)",
        "from datetime import date; t = date.today()",
        "import random",
        "import numpy as np; r = np.random.default_rng(1)",
        "import os; b = os.urandom(8)",
        "import uuid; u = uuid.uuid4()",
        "import secrets",
    ],
)
def test_wall_clock_and_global_chance_are_refused(line: str, repository: Path) -> None:
    """The linter, as configured here, refuses wall time and chance that no seed rules."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", "twin/kernel/planted.py", "-"],
        input=line,
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "TID251" in done.stdout
    assert done.returncode == 1
