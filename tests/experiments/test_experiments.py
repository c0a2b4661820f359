"""Every bundled experiment, run through the public function: it asks, and the answer holds."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import twin
from twin import library
from twin.api import RunResult
from twin.config.experiment import ExperimentConfig
from twin.config.families import FAMILY_TITLES, PROCEDURE_TITLES, Order
from twin.config.load import load_experiment

Run = Callable[..., RunResult]

EXPERIMENTS = library.experiments()

ROWS = [f"A{number}" for number in range(1, 44)]
"""The acceptance rows; experiments/README.md says what each is about."""

DERIVED_ROWS = (
    "A2", "A3", "A6", "A7", "A9", "A10", "A11", "A13", "A14", "A21", "A37", "A39",
)  # fmt: skip
"""Rows whose outcome follows from rules and is stated word for word by no document."""

DERIVED_IN_PART = ("A24", "A36", "F39", "F52")
"""Rows of which a document states the rule, and the exceptions follow."""

REFUSALS = (
    "regenerate_refused", "upload_refused", "delete_refused", "backup_failed", "check_failed",
    "refused", "login_failed",
)  # fmt: skip
"""Events a refused step leaves behind."""

MAIN = "callmanager-regeneration"


@pytest.fixture(params=EXPERIMENTS)
def name(request: pytest.FixtureRequest) -> str:
    """Each bundled experiment."""
    return str(request.param)


@pytest.fixture
def config(name: str) -> ExperimentConfig:
    """Its document."""
    return load_experiment(name)


def test_every_expectation_of_an_experiment_holds(name: str, bundled: Run) -> None:
    """What an experiment expects is what the run shows."""
    result = bundled(name)
    failed = [outcome for outcome in result.document.expectations if not outcome.passed]
    assert failed == []
    assert result.passed


def test_an_experiment_asks_expects_and_answers(name: str, config: ExperimentConfig) -> None:
    """A bundled experiment has a question, a source, expectations and a finding, and its name."""
    assert config.name == name
    assert config.question.endswith("?")
    assert config.source
    assert len(config.expect) >= 3
    assert len(config.finding) > 80
    assert config.steps


def test_no_step_of_an_experiment_ends_otherwise_than_told(
    name: str, bundled: Run, config: ExperimentConfig
) -> None:
    """Every step is done, but those whose refusal the experiment expects; no wait times out."""
    result = bundled(name)
    steps = [row for row in result.tables.node_events if row.event == "step"]
    assert len(steps) == len(config.steps)
    refused = [row for row in steps if row.data["outcome"] != "done"]
    expected = sum(int(entry.comparison[1]) for entry in config.expect if entry.event in REFUSALS)
    assert [row.data["outcome"] for row in refused] == ["refused"] * expected


def test_an_expectation_names_a_node_that_is_there(
    name: str, bundled: Run, config: ExperimentConfig
) -> None:
    """Expectations of events and alarms name nodes of the model, or they would count nothing."""
    nodes = set(bundled(name).config.model.node_aliases)
    assert {entry.node for entry in config.expect if entry.node is not None} <= nodes


def test_a_derived_row_says_so(config: ExperimentConfig) -> None:
    """An outcome that no document states word for word is marked as derived."""
    if config.row is not None and config.row not in DERIVED_IN_PART:
        assert config.derived == (config.row in DERIVED_ROWS)


def test_every_row_has_an_experiment() -> None:
    """Each acceptance row is played; none is invented. The edge's own rows begin with F."""
    rows = {load_experiment(name).row for name in EXPERIMENTS} - {None}
    assert {row for row in rows if row and not row.startswith("F")} == set(ROWS)


def test_every_row_is_tried_with_something_changed() -> None:
    """Of each row some test changes steps, release, model or timing and looks at what comes out."""
    tried = {load_experiment(name).row for name in _tried()}
    assert set(ROWS) - tried == set()


def _tried() -> set[str]:
    """Experiments named in tests that run a variant of one, in their own words or by a constant."""
    names = set()
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for test in tree.body:
            if not isinstance(test, ast.FunctionDef) or not _runs_a_variant(test):
                continue
            for node in ast.walk(test):
                value = node.value if isinstance(node, ast.Constant) else None
                if isinstance(node, ast.Name):
                    value = constants.get(node.id)
                if isinstance(value, str) and value in EXPERIMENTS:
                    names.add(value)
    return names


def _runs_a_variant(test: ast.FunctionDef) -> bool:
    calls = [node.func for node in ast.walk(test) if isinstance(node, ast.Call)]
    by_fixture = any(isinstance(call, ast.Name) and call.id == "variant" for call in calls)
    return by_fixture or any(isinstance(c, ast.Attribute) and c.attr == "run" for c in calls)


def test_an_experiment_without_guard_says_why() -> None:
    """Where the 5-minute guard is switched off, the file gives the reason above the line."""
    for name in EXPERIMENTS:
        lines = library.path("experiment", name).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if "regeneration_guard_min" in line:
                before = " ".join(lines[max(0, number - 2) : number])
                assert "no document tells" in before, name


def test_the_readme_lists_every_experiment_once() -> None:
    """experiments/README.md has each experiment under its family, with its row and model."""
    listed = []
    for title, text in _sections("### "):
        rows = re.findall(r"^\| ([AF0-9-]+) \| `([a-z0-9-]+)` \| ([^|]+) \| \S", text, re.MULTILINE)
        listed += [(title, row, name, model.strip()) for row, name, model in rows]
    documents = [load_experiment(name) for name in EXPERIMENTS]
    assert all(document.family for document in documents)
    assert sorted(listed) == sorted(
        (FAMILY_TITLES[d.family], d.row or "-", d.name, f"{d.model} {_release(d)}")
        for d in documents
        if d.family
    )
    assert list(dict.fromkeys(title for title, *_ in listed)) == list(FAMILY_TITLES.values())


def test_the_readme_lists_every_procedure() -> None:
    """Each procedure has a row with the experiments of its published and of a wrong order."""
    (text,) = [text for title, text in _sections("## ") if title == "Published procedures"]
    rows = [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in text.splitlines()
        if "`what-" in line or "`how-" in line
    ]
    documents = [load_experiment(name) for name in EXPERIMENTS]
    assert rows == [
        [
            title,
            *(
                ", ".join(
                    f"`{d.name}`" for d in documents if (d.procedure, d.order) == (procedure, order)
                )
                for order in Order
            ),
        ]
        for procedure, title in PROCEDURE_TITLES.items()
    ]


def _sections(mark: str) -> list[tuple[str, str]]:
    """Title and text of each section of experiments/README.md with headings of that mark."""
    text = (library.root() / "experiments" / "README.md").read_text(encoding="utf-8")
    parts = re.split(rf"^{mark}(.+)$", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _release(config: ExperimentConfig) -> str:
    return config.release or twin.load_model(config.model).release


@pytest.mark.parametrize("model", ["single-node-250", "two-node-1000", "branch-tftp-60"])
def test_the_main_job_holds_on_other_models(model: str) -> None:
    """The experiment of `make run` keeps its expectations on models it was not written for."""
    result = twin.run(MAIN, model=model)
    assert [outcome for outcome in result.document.expectations if not outcome.passed] == []


@pytest.mark.slow
def test_the_main_job_holds_on_the_campus() -> None:
    """`make run` runs the same experiment on 10,000 phones at 12 sites."""
    result = twin.run(MAIN, model="campus-10k")
    assert [outcome for outcome in result.document.expectations if not outcome.passed] == []
    assert result.metrics.resets_total == 10_000


@pytest.mark.parametrize("release", ["8.6", "9.1", "10.5", "11.5"])
def test_the_main_job_holds_on_releases_whose_callmanager_signs(release: str) -> None:
    """Below 12.0 the new signer is unknown to the phones and TVS carries them over."""
    result = twin.run(MAIN, model="two-node-1000", set={"model.release": release})
    assert [outcome for outcome in result.document.expectations if not outcome.passed] == []
