"""A page of the manual as a session: the files it shows, the commands it gives, what they print.

A fenced block with `title="NAME"` is a file. In a block of language `console` a line that begins
with `$ ` is a command and what follows is its output, where `[...]` alone on a line stands for any
lines; without output only the exit status counts, which is 0 unless the command ends in
`# exit status N`. A block of language `python` without a title is run after the commands; those of
a page share their names.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STATUS = re.compile(r"\s+# exit status (\d)$")
GAP = "[...]"
COLUMNS = 100
REPOSITORY = Path(__file__).resolve().parents[2]
SET_UP = ("make", "git", "pip", "source", "jupyter", "mkdocs")
"""What is not run here: these make the surroundings in which this runs, or open a window."""
OUTSIDE = ("tshark", "openssl")
"""Run where they are there: `.ci/run` has them."""


@dataclass(frozen=True)
class Command:
    """A command with the output that the page shows and where that is in the page's text."""

    line: str
    status: int
    shown: str
    span: tuple[int, int]

    def output(self, directory: Path) -> str:
        """Run it; what it printed, without trailing blanks."""
        program, *arguments = shlex.split(self.line)
        start = str(Path(sys.executable).with_name("twin")) if program == "twin" else program
        surroundings = os.environ | {"COLUMNS": str(COLUMNS), "NO_COLOR": "1"}
        done = subprocess.run(
            [start, *arguments], cwd=directory, env=surroundings, check=False,
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        told = f"{self.line}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == self.status, told
        printed = done.stdout if done.stdout.strip() else done.stderr
        lines = [line.rstrip() for line in printed.splitlines()]
        return "\n".join(lines).strip("\n") + "\n"

    def agrees(self, output: str) -> bool:
        """Whether the page shows this output."""
        if not self.shown.strip():
            return True
        parts = re.split(rf"^{re.escape(GAP)}\n", self.shown, flags=re.MULTILINE)
        pattern = r"(?:.*\n)*?".join(re.escape(part) for part in parts)
        return re.fullmatch(pattern, output) is not None


@dataclass(frozen=True)
class File:
    """A file that the page shows whole."""

    name: str
    text: str


@dataclass(frozen=True)
class Script:
    """Python that the page shows."""

    text: str


def steps(page: str) -> Iterator[Command | File | Script]:
    """What a reader of the page does, in order."""
    for block in BLOCK.finditer(page):
        language, name, text = block.groups()
        if name is not None:
            yield File(name, text)
        elif language == "console":
            yield from _commands(text, block.start(3))
        elif language == "python":
            yield Script(text)


def _commands(text: str, offset: int) -> Iterator[Command]:
    starts = [found.start() for found in re.finditer(r"^\$ ", text, re.MULTILINE)]
    assert starts, f"a console block without a command: {text!r}"
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        line, _, shown = text[start:end].partition("\n")
        status = STATUS.search(line)
        yield Command(
            STATUS.sub("", line)[2:], int(status.group(1)) if status else 0, shown,
            (offset + start + len(line) + 1, offset + end),
        )  # fmt: skip


def play(page: str, directory: Path) -> Iterator[tuple[Command, str]]:
    """Do what the page says in a folder; every command of the twin with what it printed.

    Raises:
        AssertionError: a command ended with another status than the page says, or a script failed.
    """
    if not (directory / "models").exists():
        (directory / "models").symlink_to(REPOSITORY / "models")  # as if typed in a clone
    scripts: list[str] = []
    for step in steps(page):
        match step:
            case File(name, text):
                place = directory / name
                assert place.resolve().is_relative_to(directory.resolve()), name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
            case Script(text):
                scripts.append(text)
            case Command(line=line):
                program = shlex.split(line)[0]
                is_missing = program in OUTSIDE and shutil.which(program) is None
                if program not in SET_UP and not is_missing:
                    yield step, step.output(directory)
    if scripts:
        done = subprocess.run(
            [sys.executable, "-c", "\n".join(scripts)], cwd=directory, check=False,
            capture_output=True, text=True, env=os.environ | {"MPLBACKEND": "agg"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
