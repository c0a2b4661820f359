"""Runbooks: steps, checks and ways back, from what the twin saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin import library
from twin.config.load import load_experiment
from twin.errors import InputError
from twin.report.reports import runbook_of
from twin.report.runbook_page import runbook_html, runbook_markdown
from twin.study.rehearsal import of_run, rehearse
from twin.study.run import run_experiment
from twin.study.run_folder import read_run_folder
from twin.study.runbook import Runbook, make_runbook
from twin.study.sweep_row import step_rows


def runbook(name: str, **options: object) -> Runbook:
    """The runbook of an experiment rehearsed once."""
    return make_runbook(rehearse(name, replicates=1, **options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def renewal() -> Runbook:
    """Every certificate of three nodes."""
    return runbook("how-is-a-cluster-renewed-with-tvs-last")


@pytest.mark.slow
@pytest.mark.parametrize("name", library.experiments())
def test_every_bundled_experiment_has_a_runbook(name: str) -> None:
    """Each step is there once: numbered, a wait of the step before it, or the twin's what-if."""
    made = runbook(name)
    experiment = load_experiment(name)
    waits = sum(step.wait is not None for step in experiment.steps)
    told = len(made.steps) + sum(bool(step.wait) for step in made.steps)
    assert len(experiment.steps) - waits <= len(made.steps)
    assert told <= len(experiment.steps)
    numbers = [step.number for step in made.steps if step.number is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    for step in made.steps:
        if step.number is not None:
            assert step.do or step.cli
            assert step.origin
            assert step.takes
            assert "{" not in " ".join((*step.do, *step.cli, step.note))
    assert runbook_markdown(made).count("\n### ") == len(numbers)
    assert runbook_html(made).count('class="step"') == len(numbers)


def test_a_regeneration_has_page_and_command(renewal: Runbook) -> None:
    """The node's own page, the command, a source."""
    step = next(one for one in renewal.steps if "Regenerate CallManager on hq-pub" in one.title)
    assert any("hq-pub > Security > Certificate Management" in line for line in step.do)
    assert step.cli == ("set cert regen CallManager",)
    assert "Cisco 214231" in step.origin


def test_checks_come_from_what_the_twin_saw(renewal: Runbook) -> None:
    """Phones and lists are looked at where they change: CallManager's do, tomcat's do not."""
    by_title = {step.title: step for step in renewal.steps}
    loud = by_title["Regenerate CallManager on hq-pub"]
    quiet = by_title["Regenerate tomcat on hq-pub"]
    assert {"certificate", "signer", "registered"} == {check.name for check in loud.checks}
    assert {"certificate"} == {check.name for check in quiet.checks}
    signer = next(check for check in loud.checks if check.name == "signer")
    assert any(line.startswith("hq-pub: signed by CN=hq-pub") for line in signer.expected)
    registered = next(check for check in loud.checks if check.name == "registered")
    assert registered.expected == ("60 registered, as on the twin before the step",)
    assert "60 phones restart (CallManager of hq-pub)" in loud.expect
    assert loud.wait.startswith("Wait until every phone that has power is registered again")


def test_every_check_that_is_used_says_what_to_do_otherwise(renewal: Runbook) -> None:
    """The section on failed checks has each kind once."""
    used = {check.name for step in renewal.steps for check in step.checks}
    assert {one.name for one in renewal.failing} == used
    assert len(renewal.failing) == len(used)
    assert all(one.if_not and one.origin for one in renewal.failing)


def test_a_way_into_trouble_is_called_one() -> None:
    """Stuck phones on the twin: a warning at the top, and what helped them there."""
    made = runbook("what-if-both-change-on-a-single-server")
    assert not made.is_safe
    assert "250 of 250 phones were stuck" in made.verdict
    (rescue,) = made.rescues
    assert rescue.phones == 250
    assert [remedy for remedy, _ in rescue.remedies] == [
        "utils itl reset localkey", "delete the ITL on the phone",
    ]  # fmt: skip
    assert all(how for _, how in rescue.remedies)


def test_the_order_decides_not_the_scenario() -> None:
    """The same two certificates with the guard on: the second is refused, and nobody is stuck."""
    made = runbook(
        "what-if-both-change-on-a-single-server", overrides={"timing.regeneration_guard_min": 5}
    )
    assert made.is_safe
    assert "came out as refused" in made.steps[1].warning
    assert made.rescues[0].phones is None


def test_the_release_changes_what_is_restarted() -> None:
    """What a certificate asks to restart is the release's, and so are the ways back."""
    old = runbook("how-are-ca-signed-certificates-installed")
    new = runbook("how-are-ca-signed-certificates-installed", overrides={"model.release": "14"})

    def restarts(made: Runbook) -> list[str]:
        return [line for step in made.steps for line in step.do if line.startswith("Restart, in")]

    assert restarts(old) != restarts(new)


def test_faults_and_passing_time_are_the_twins_own() -> None:
    """What no administrator does has no number."""
    made = runbook("what-if-a-third-of-the-phones-sleeps-through-a-renewal")
    asides = [step.title for step in made.steps if step.number is None]
    assert any("power cut" in title for title in asides)


def test_many_runs_give_intervals_and_say_how_many() -> None:
    """With replicates a step has two quantiles and an interval; with one run a single value."""
    many = make_runbook(rehearse("callmanager-regeneration", replicates=4, workers=0))
    assert "in half of 4 runs" in many.length
    assert "in half of the 4 runs" in many.steps[0].takes
    assert "95 % interval" in many.steps[0].takes
    once = runbook("callmanager-regeneration")
    assert once.length.endswith("in the one run")


def test_a_finished_run_gives_the_runbook_of_its_experiment(tmp_path: Path) -> None:
    """The folder is enough; its one run is the same as one made for the purpose."""
    run = run_experiment("callmanager-regeneration", directory=tmp_path)
    assert step_rows(run.tables, run.occupancy)
    made = make_runbook(of_run(read_run_folder(tmp_path)))
    assert made == runbook("callmanager-regeneration")
    assert runbook_of(str(tmp_path)) == runbook_markdown(made)
    with pytest.raises(InputError, match="with a finished run"):
        runbook_of(str(tmp_path), replicates=3)


def test_names_stay_names_in_both_forms(tmp_path: Path) -> None:
    """Markup in a step's name is neither Markdown nor HTML."""
    experiment = load_experiment("callmanager-regeneration").model_copy(
        update={"title": "<script>x</script> *bold* [link](x) `tick`"}
    )
    run_experiment(experiment, directory=tmp_path)
    text = runbook_of(str(tmp_path))
    assert r"\<script>x\</script> \*bold\* \[link\](x) \`tick\`" in text
    assert "<script" not in runbook_of(str(tmp_path), html=True)
