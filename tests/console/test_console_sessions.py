"""Sessions: what was undone never was, branches part, a saved session is the same run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twin
import twin.api
from twin.config.load import load_run
from twin.console import Shell, Status, open_shell
from twin.console.session import Origin, Session
from twin.errors import InputError

STEPS = (
    {"regenerate": {"node": "pub", "unit": "CallManager"}},
    {"regenerate": {"node": "sub1", "unit": "TVS"}},
    {"advance": {"for": "3m"}},
    {"wait": {"until": "all_phones_registered", "at_most": "1m"}},
    {"restart_service": {"node": "pub", "service": "TFTP"}},
    {"reset_phones": {}},
    {"power": {"on": False, "phones": {"count": 1}}},
)


def session(steps=()):
    """A session at the seed's lab with these steps done."""
    one = Session(Origin.of_model("seed-lab"))
    for step in steps:
        one.do(step)
    return one


def fingerprint(one):
    """The journal of a session, if it ended now."""
    return one.twin.finish().fingerprint


@given(
    st.lists(st.sampled_from(STEPS), max_size=4),
    st.lists(st.sampled_from(STEPS), min_size=1, max_size=3),
)
@settings(max_examples=12)
def test_what_was_undone_was_never_done(kept, undone) -> None:
    """Steps done and taken back leave the journal of a session that never did them."""
    one = session([*kept, *undone])
    taken = one.undo(len(undone))
    assert [entry.written for entry in taken] == undone
    one.do(STEPS[2])
    assert fingerprint(one) == fingerprint(session([*kept, STEPS[2]]))


def test_a_refused_step_is_kept_because_the_journal_tells_of_it() -> None:
    """The five-minute guard's refusal is a row: played again it is there, undone it is not."""
    steps = [STEPS[0], {"regenerate": {"node": "pub", "unit": "TVS"}}]
    one = session(steps)
    assert one.record[-1].outcome.outcome == "refused"
    assert fingerprint(session(steps)) == fingerprint(one)
    assert fingerprint(session(steps)) != fingerprint(session(steps[:1]))


def test_a_step_that_is_wrong_is_no_step() -> None:
    """What the checks refuse leaves no trace."""
    one = session([STEPS[0]])
    with pytest.raises(InputError):
        one.do({"regenerate": {"node": "pub", "unit": "TSV"}})
    with pytest.raises(InputError):
        one.do({"reset_phones": {"select": {"phones": ["SEP000000000000"]}}})
    assert len(one.record) == 1
    assert fingerprint(one) == fingerprint(session([STEPS[0]]))


@pytest.mark.parametrize("broken", [KeyboardInterrupt, RuntimeError])
def test_a_step_that_breaks_off_has_not_happened(broken, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt in the middle of a step takes the step back, however far it had come."""
    one = session([STEPS[0]])
    live = one.twin

    def breaks_off():
        raise broken

    live.cluster.simulation.call_after(60_000, breaks_off)
    with pytest.raises(broken):
        one.do({"advance": {"for": "10m"}})
    assert len(one.record) == 1
    assert one.twin is not live
    assert fingerprint(one) == fingerprint(session([STEPS[0]]))


def test_an_interrupt_at_the_console_is_told_and_the_shell_goes_on(
    console: Callable[..., Shell],
) -> None:
    """Ctrl-C while time passes: nothing of it has happened, and the next command works."""
    shell = console()

    def interrupted():
        raise KeyboardInterrupt

    shell.cluster.simulation.call_after(60_000, interrupted)
    reply = shell.carry_out("advance 10m")
    assert (reply.text, reply.status) == ("interrupted: it has not happened", Status.REFUSED)
    assert shell.carry_out("time").text == "2016-02-07 22:00:00 UTC, 0s after the start"


def test_branches_part_and_are_gone_back_to(
    console: Callable[..., Shell], talk: Callable[..., str]
) -> None:
    """Each branch goes on from where it was left, and knows only its own steps."""
    shell = console()
    assert talk(
        shell, "set cert regen tomcat", "branch careful", "advance 1h", "branches", "switch main",
        "history", "switch careful", "time",
    ) == """\
admin:set cert regen tomcat
Successfully Regenerated Certificate for tomcat.
Restart: Cisco Tomcat, Cisco Tftp
admin:branch careful
on careful now; main stays as it is
admin:advance 1h
2016-02-07 23:00:09 UTC, 1h 9s 607ms after the start
admin:branches
* careful: 2 steps
  main: 1 steps
admin:switch main
on main now, 2016-02-07 22:00:09 UTC, 9s 607ms after the start
admin:history
  1      9s 607ms  regenerate tomcat on labserver1
admin:switch careful
on careful now, 2016-02-07 23:00:09 UTC, 1h 9s 607ms after the start
admin:time
2016-02-07 23:00:09 UTC, 1h 9s 607ms after the start
"""  # fmt: skip


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("undo", "undo: 1 of 0 steps"),
        ("undo two", "a number of steps"),
        ("switch other", "'other' is no NAME here, expected one of main"),
        ("branch main", "'main' is there already"),
    ],
)
def test_going_where_nothing_is_is_told(
    console: Callable[..., Shell], line: str, told: str
) -> None:
    """In one line, with what there is."""
    reply = console().carry_out(line)
    assert told in reply.text
    assert reply.status is Status.WRONG


# -- saving -------------------------------------------------------------------------------------


@given(steps=st.lists(st.sampled_from(STEPS), max_size=5))
@settings(max_examples=10)
def test_a_saved_session_runs_to_the_same_journal(
    steps, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`twin run` of the saved experiment has the fingerprint of the session."""
    path = tmp_path_factory.mktemp("saved") / "mine.yaml"
    shell = open_shell("seed-lab", folder=path.parent, seed=7)
    for step in steps:
        shell.session.do(step)
    assert shell.carry_out(f"save {path}").status is Status.DONE
    assert twin.run(str(path)).fingerprint == fingerprint(shell.session)


def test_overrides_of_a_session_are_saved_with_it(
    console: Callable[..., Shell], tmp_path: Path
) -> None:
    """Release, model, profile and timing as they were set; the journal is the same."""
    overrides = {
        "model.release": "12.5", "model.nodes[labserver1].ova": 7500, "timing.p_busy": 0.1,
        "release.defects": ["CSCup28852"],
    }  # fmt: skip
    shell = console("seed-lab", overrides=overrides)
    shell.carry_out("set cert regen CallManager")
    shell.carry_out("advance 1h")
    path = tmp_path / "mine.yaml"
    assert shell.carry_out(f"save {path}").status is Status.DONE
    saved = load_run(str(path))
    assert (saved.release.name, saved.release.defects) == ("12.5", ("CSCup28852",))
    assert twin.run(str(path)).fingerprint == fingerprint(shell.session)


def test_files_that_were_uploaded_have_to_lie_beside_the_experiment(
    console: Callable[..., Shell], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A saved session names the file; where it is not, or another, saving is refused."""
    monkeypatch.chdir(tmp_path)
    shell = console()
    pem = shell.cluster.nodes["labserver2"].files.own["ipsec"].certificate.pem
    Path("other.pem").write_bytes(pem)
    assert shell.carry_out("set cert import trust directory-trust other.pem").status == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    reply = shell.carry_out(f"save {elsewhere / 'mine.yaml'}")
    assert reply.status is Status.WRONG
    assert "'other.pem' is not there" in reply.text
    assert shell.carry_out("save mine.yaml").status is Status.DONE
    assert twin.run("./mine.yaml").fingerprint == fingerprint(shell.session)


def test_a_file_is_read_once_in_the_life_of_a_session(
    console: Callable[..., Shell], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Played again, an upload is what it was, though the file has changed since."""
    monkeypatch.chdir(tmp_path)
    shell = console()
    pem = shell.cluster.nodes["labserver2"].files.own["ipsec"].certificate.pem
    Path("other.pem").write_bytes(pem)
    shell.carry_out("set cert import trust directory-trust other.pem")
    shell.carry_out("advance 1m")
    Path("other.pem").write_bytes(b"no certificate any more")
    shell.carry_out("undo")
    assert len(shell.node.files.trust["directory-trust"]) == 1


@pytest.mark.parametrize("name", ["mine", "mine.txt", "mine.yaml.bak"])
def test_a_session_is_saved_under_an_experiments_name_only(
    console: Callable[..., Shell], tmp_path: Path, name: str
) -> None:
    """Anything else is wrong, and nothing is written."""
    reply = console().carry_out(f"save {tmp_path / name}")
    assert reply.status is Status.WRONG
    assert not (tmp_path / name).exists()


# -- runs ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run in a folder, of a model whose timing was changed for it."""
    folder = tmp_path_factory.mktemp("run")
    changed = {"timing.p_busy": 0.1, "model.nodes[labserver1].ova": 7500}
    result = twin.run("callmanager-regeneration", model="seed-lab", set=changed, out=folder)
    return folder, result


def test_a_run_is_opened_at_its_end(run: tuple[Path, twin.api.RunResult]) -> None:
    """The twin there is the run's: to end it at once gives the run's fingerprint."""
    folder, result = run
    one = Session(Origin.of_run(folder))
    assert one.twin.now_ms == 3_600_000
    assert fingerprint(one) == result.fingerprint


def test_a_run_goes_on_at_the_console_and_is_saved_as_one_experiment(
    run: tuple[Path, twin.api.RunResult], tmp_path: Path
) -> None:
    """Its steps, then those of the session, on the model and timing it was run with."""
    folder, _ = run
    shell = open_shell(str(folder), folder=tmp_path)
    shell.carry_out("set cert regen TVS")
    shell.carry_out("advance 10m")
    path = tmp_path / "longer.yaml"
    reply = shell.carry_out(f"save {path}")
    assert reply.status is Status.DONE, reply.text
    assert (tmp_path / "longer.model.yaml").exists()
    assert twin.run(str(path)).fingerprint == fingerprint(shell.session)


def test_undoing_all_of_a_session_leaves_the_run(run: tuple[Path, twin.api.RunResult]) -> None:
    """The run's own steps are not the session's to take back."""
    folder, result = run
    one = Session(Origin.of_run(folder))
    one.do(STEPS[1])
    one.undo()
    with pytest.raises(InputError):
        one.undo()
    assert fingerprint(one) == result.fingerprint


def test_history_tells_that_a_run_came_first(
    run: tuple[Path, twin.api.RunResult], tmp_path: Path
) -> None:
    """The session's own steps are counted from 1."""
    shell = open_shell(str(run[0]), folder=tmp_path)
    shell.carry_out("reset phones")
    assert shell.carry_out("history").text == (
        "after callmanager-regeneration:\n  1       1h 50ms  reset phones"
    )


@pytest.mark.parametrize("options", [{"seed": 3}, {"overrides": {"timing.p_busy": 0.1}}])
def test_a_run_cannot_be_opened_as_another(
    run: tuple[Path, twin.api.RunResult], tmp_path: Path, options
) -> None:
    """Seed and values of a run that is over are what they were."""
    with pytest.raises(InputError, match="the run as it was"):
        open_shell(str(run[0]), folder=tmp_path, **options)


def test_a_folder_without_a_run_and_a_model_that_is_not_there_are_told(tmp_path: Path) -> None:
    """Both in the words of what was expected."""
    with pytest.raises(InputError, match=r"no inputs\.json"):
        open_shell(str(tmp_path), folder=tmp_path)
    with pytest.raises(InputError, match="seed-lab"):
        open_shell("sead-lab", folder=tmp_path)
    with pytest.raises(InputError, match="begins with model"):
        open_shell("seed-lab", folder=tmp_path, overrides={"phones.x": 1})
