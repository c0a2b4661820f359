"""From an experiment to the assumptions that matter, and into the list of assumptions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

import twin
from twin.cli import app
from twin.config.load import load_sensitivity
from twin.errors import ConfigError, InputError
from twin.report.assumptions import list_assumptions

WORDS = (
    "sensitivity", "callmanager-regeneration", "--model", "seed-lab", "--points", "32",
    "--over", "timing.reset_debounce_s", "--over", "timing.dhcp_s=2:2.5", "--workers", "0",
)  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command wrote of two parameters."""
    out = tmp_path_factory.mktemp("sensitivity") / "deep" / "s.json"
    done = CliRunner().invoke(
        app, [*WORDS, "--indices", "1", "--metric", "outage_phone_minutes", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "What outage_phone_minutes of callmanager-regeneration depends on" in done.output
    assert "Share of the variance" in done.output
    return out


def test_the_document_says_what_was_asked_and_found(file: Path) -> None:
    """Question, ranges tried, one entry per parameter, the strongest first, shares on request."""
    found = load_sensitivity(file)
    assert found is not None
    assert (found.model, found.release, found.points) == ("seed-lab", "10.5", 32)
    assert {one.path for one in found.screening} == {"timing.reset_debounce_s", "timing.dhcp_s"}
    strengths = [abs(one.prcc) for one in found.screening]
    assert strengths == sorted(strengths, reverse=True)
    tried = found.influence("timing.dhcp_s")
    assert tried is not None
    assert 2 <= tried.low_value < tried.high_value <= 2.5
    assert [index.path for index in found.indices] == [found.screening[0].path]


def test_python_and_command_agree(file: Path) -> None:
    """`twin.sensitivity` gives the document that the command writes."""
    found = twin.sensitivity(
        "callmanager-regeneration", "outage_phone_minutes", model="seed-lab", points=32, indices=1,
        over={"timing.reset_debounce_s": None, "timing.dhcp_s": (2, 2.5)}, workers=0,
    )  # fmt: skip
    assert found == load_sensitivity(file)


def test_json_is_the_document_and_nothing_else() -> None:
    """`--json` can be piped."""
    done = CliRunner().invoke(app, [*WORDS, "--json"])
    assert json.loads(done.stdout)["metric"] == "recovery_s.p95"


def test_assumptions_tell_what_matters(file: Path) -> None:
    """A parameter that was varied has its rank in the list; one that was not has none."""
    console = Console(width=300)
    with console.capture() as captured:
        list_assumptions(console, "11.5", load_sensitivity(file))
    lines = captured.get().splitlines()
    row = {line.split()[0]: line for line in lines if line.split()}
    found = load_sensitivity(file)
    assert found is not None
    for one in found.screening:
        said = f"{one.prcc:+.2f}" if one.matters else f"({one.prcc:+.2f})"
        assert said in row[one.path.removeprefix("timing.")]
    assert "+0." not in row["p_busy"]
    assert any("with outage_phone_minutes of callmanager-regeneration" in line for line in lines)


def test_runs_that_fail_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A point at which a run fails ends in the message of that run, and how to repeat it."""

    def broken(*_arguments: object, **_words: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr("twin.study.sweep_worker.run_loaded", broken)
    box = {"timing.dhcp_s": (2, 2.5)}
    with pytest.raises(InputError, match=r"16 of 16 runs failed, .*out of luck(.|\n)*twin run"):
        twin.sensitivity(
            "callmanager-regeneration", model="seed-lab", points=16, over=box, workers=0
        )


def test_another_document_is_refused(tmp_path: Path) -> None:
    """A file that is no sensitivity document is wrong input, with what is wrong in it."""
    other = tmp_path / "other.json"
    other.write_text('{"metric": "x", "colour": "red"}', encoding="utf-8")
    with pytest.raises(ConfigError, match="colour"):
        load_sensitivity(other)


def test_the_bundled_document_is_of_parameters_there_are() -> None:
    """What `twin assumptions` shows by itself names today's parameters, each once."""
    found = load_sensitivity()
    assert found is not None
    names = [one.path for one in found.screening]
    assert len(names) == len(set(names))
    from twin.config.load import load_timing
    from twin.study.sensitivity import assumed_ranges

    assert set(names) == set(assumed_ranges(load_timing()))
