"""The console as it is met: at a terminal with keys, in a pipe, with -c."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit.application import get_app
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from typer.testing import CliRunner

import twin
from twin.cli.program import app
from twin.console import Shell, Status
from twin.console.terminal import Words, interactive, script

runner = CliRunner()
CTRL_C, CTRL_D, TAB = "\x03", "\x04", "\t"


def typed(shell, keys):
    """What is printed while these keys are typed at a terminal; and how it ended."""
    said = []
    with create_pipe_input() as source:
        source.send_text(keys)
        status = interactive(shell, said.append, source=source, screen=DummyOutput())
    return said, status


def test_lines_are_typed_and_answered_until_exit(console: Callable[..., Shell]) -> None:
    """Each line's reply is printed; an empty line prints nothing."""
    said, status = typed(console(), "time\n\nlogin sub1\nexit\ntime\n")
    assert said == ["2016-02-07 22:00:00 UTC, 0s after the start", "labserver2"]
    assert status is Status.DONE


def test_the_end_of_the_input_leaves(console: Callable[..., Shell]) -> None:
    """Ctrl-D at the prompt; Ctrl-C there only throws the line away."""
    said, _ = typed(console(), f"login su{CTRL_C}time\n{CTRL_D}")
    assert said == ["2016-02-07 22:00:00 UTC, 0s after the start"]


def test_a_question_is_asked_and_waits_for_yes_or_no(console: Callable[..., Shell]) -> None:
    """Anything else is asked again; no leaves everything as it was."""
    shell = console("mixed-mode-200")
    said, _ = typed(shell, "utils ctl update CTLFile\nperhaps\nn\nhistory\nexit\n")
    assert said == ["y or n", "nothing was done yet"]
    said, _ = typed(shell, "utils ctl update CTLFile\nyes\nexit\n")
    assert said[0].startswith("Updating CTL file")


class Typist(DummyOutput):
    """Types the next keys when the line on the screen has become what they wait for."""

    def __init__(self, source, turns):
        self._source, self._turns = source, list(turns)

    def flush(self):
        buffer = get_app().current_buffer
        if self._turns and self._turns[0][0](buffer):
            self._source.send_text(self._turns.pop(0)[1])


def shows(text):
    """A line that has become this."""
    return lambda buffer: buffer.text == text


def typed_in_turns(shell, *turns):
    """As `typed`, for keys whose work takes the terminal a moment."""
    said = []
    with create_pipe_input() as source:
        interactive(shell, said.append, source=source, screen=Typist(source, turns))
    return said


def test_the_tabulator_completes(console: Callable[..., Shell]) -> None:
    """One possible word is put in at once."""
    said = typed_in_turns(
        console(), (shows(""), f"show ver{TAB}"), (shows("show version"), f" act{TAB}"),
        (shows("show version active"), "\nexit\n"),
    )  # fmt: skip
    assert said == ["Active Master Version: 10.5"]


def test_the_completer_replaces_the_word_under_way(console: Callable[..., Shell]) -> None:
    """Choices stand in for what was typed of the word, not beside it."""
    words = Words(console())
    found = list(words.get_completions(Document("set cert regen Call"), None))
    assert [(one.text, one.start_position) for one in found] == [("CallManager", -4)]
    assert [one.text for one in words.get_completions(Document("show cert "), None)] == [
        "list", "own", "trust",
    ]  # fmt: skip


def test_a_script_ends_with_its_gravest_status_and_at_the_first_wrong_line(
    console: Callable[..., Shell],
) -> None:
    """A refusal is passed over, a wrong line is not."""
    shell, said = console(), []
    lines = ["set cert regen TVS\n", "set cert regen CallManager\n", "# remark\n", "time\n"]
    assert script(shell, lines, said.append) is Status.REFUSED
    assert len(said) == 3
    assert script(shell, ["tiem", "time"], said.append) is Status.WRONG
    assert len(said) == 4
    assert script(shell, ["exit", "tiem"], said.append) is Status.DONE


def test_commands_of_the_command_line_are_carried_out_in_order() -> None:
    """`-c` as often as wanted; standard output has the replies and nothing else."""
    done = runner.invoke(
        app, ["console", "seed-lab", "-c", "login sub1", "-c", "show version active"]
    )
    assert (done.exit_code, done.stdout) == (0, "labserver2\nActive Master Version: 10.5\n")


def test_lines_of_a_pipe_are_carried_out() -> None:
    """When standard input is no terminal."""
    done = runner.invoke(app, ["console", "seed-lab"], input="show date\nexit\n")
    assert (done.exit_code, done.stdout) == (0, "Sun Feb 07 22:00:00 UTC 2016\n")


@pytest.mark.parametrize(
    ("lines", "options", "status"),
    [
        (["time"], [], 0),
        (["set cert regen TVS", "set cert regen CallManager"], [], 1),
        (["file delete tftp CTLFile.tlv"], [], 1),
        (["file delete tftp CTLFile.tlv"], ["--yes"], 0),
        (["tiem"], [], 2),
        (["show cert"], [], 2),
    ],
)
def test_the_exit_status_tells_how_it_went(lines, options, status: int) -> None:
    """0 done, 1 refused or answered no, 2 wrong."""
    said = [word for line in lines for word in ("-c", line)]
    assert runner.invoke(app, ["console", "seed-lab", *options, *said]).exit_code == status


def test_seed_and_values_are_those_of_the_command_line() -> None:
    """Another seed makes other serials, --set another release."""
    asked = ["-c", "run sql select first 1 serialnumber from certificate", "-c",
             "show version active"]  # fmt: skip
    one = runner.invoke(app, ["console", "seed-lab", "--set", "model.release=12.5", *asked])
    other = runner.invoke(
        app, ["console", "seed-lab", "--set", "model.release=12.5", "--seed", "2", *asked]
    )
    assert one.stdout.endswith("Active Master Version: 12.5\n")
    assert one.stdout != other.stdout


def test_files_go_into_the_folder_that_is_named(tmp_path: Path) -> None:
    """`--folder`; nothing lies anywhere else afterwards."""
    folder = tmp_path / "here"
    done = runner.invoke(
        app, ["console", "seed-lab", "--folder", str(folder), "-c", "file get tftp ITLFile.tlv"]
    )
    assert done.exit_code == 0
    assert [path.name for path in tmp_path.rglob("*")] == ["here", "ITLFile.tlv"]


def test_a_run_is_opened_from_its_folder(tmp_path: Path) -> None:
    """At its end, with its phones."""
    twin.run("callmanager-regeneration", model="seed-lab", out=tmp_path / "run")
    done = runner.invoke(app, ["console", str(tmp_path / "run"), "-c", "time", "-c", "phones"])
    assert done.stdout == (
        "2016-02-07 23:00:00 UTC, 1h after the start\n2 phones\n  registered: 2\n"
    )
