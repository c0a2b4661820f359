"""Checks of notebook 9: your own cluster."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twin import library
from twin.cluster.twin import Twin
from twin.config.load import load_model
from twin.config.model import ModelConfig
from twin.importer.evidence import Grade
from twin.importer.importing import Imported, import_folder
from twin.notebook.checks.board import Exercise, one_of, tried, whole

UNITS = ("CallManager", "TVS")
NODES = ("pub", "sub1")


@lru_cache(maxsize=1)
def _imported() -> Imported:
    samples = library.path("model", "seed-lab").parent / "samples"
    return import_folder(samples / "deck-lab", "mine")


@lru_cache(maxsize=1)
def _model() -> ModelConfig:
    with TemporaryDirectory() as folder:
        path = Path(folder, "mine.yaml")
        path.write_text(_imported().text, encoding="utf-8")
        return load_model(str(path))


def _defaults() -> int:
    return sum(decision.grade is Grade.DEFAULT for decision in _imported().decisions)


def _calendar() -> list[str]:
    """Own certificates as NODE:UNIT, the first to expire first."""
    own = [
        (identity.certificate.not_after, f"{node.name}:{unit}")
        for node in Twin(_model()).cluster.nodes.values()
        for unit, identity in node.files.own.items()
    ]
    return [place for _, place in sorted(own)]


def _first_to_expire() -> str:
    return _calendar()[0]


def _carry_out(steps: list[Any]) -> str:
    lab = Twin(_model())
    before = {(node, unit): lab.certificate(node, unit) for node in NODES for unit in UNITS}
    for place, step in enumerate(steps, start=1):
        ended = lab.do(step)
        if ended.outcome != "done":
            return f"Step {place} is {ended.outcome}: {ended.message}"
    lab.wait("quiet")
    for (node, unit), old in before.items():
        if lab.certificate(node, unit) == old:
            return f"{unit} of {node} has not been renewed."
    stuck = len(lab.stuck())
    return f"{stuck:,} phones are stuck." if stuck else ""


EXERCISES = {
    "9.1": Exercise(
        "a number of values",
        (int,),
        whole(
            _defaults,
            "More. Each decision has a grade.",
            "Fewer. What was left out or not read is no value of the model.",
        ),
        "Ask the people who run the network about the links, before you trust a duration.",
    ),
    "9.2": Exercise(
        "a text NODE:UNIT",
        (str,),
        one_of(
            _first_to_expire,
            "There is one that runs out earlier.",
            lambda: sorted(_calendar()),
        ),
        "It is signed by an authority, and such certificates live shorter than those that a node "
        "signs for itself.",
    ),
    "9.3": Exercise(
        "a list of steps",
        (list,),
        tried(_carry_out),
        "That is your runbook; twin run writes what it costs.",
    ),
}
