"""What a terminal's log of a CLI session has around the product's text, taken off.

Knows the prompt, the echoed command, the pager and the terminal's wraps. Does not know what any
command prints: the other modules of this room do, and raise `fault_at` where it is not that.

Source: Cisco TAC deck on UC certificates, March 2016 (`admin:show cert list own`).
Assumption: the pager's line; terminals that wrap cut at their width, whatever stands there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twin.errors import Fault, InputError

MAX_CHARACTERS = 16 << 20
"""Largest text that is read, characters: all certificates of forty nodes are a tenth of it."""

MIN_WRAP_WIDTH = 40
"""Narrowest terminal whose wraps are undone, columns."""

PROMPT = "admin:"

_PAGER = re.compile(r"Press <enter> for 1 line, <space> for one page, or <q> to quit *")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\x00\x07]|\ufeff")
_LINE_END = re.compile(r"\r*\n|\x0c")
_PROMPT = re.compile(rf"\s*{PROMPT}[ \t]*(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file with its number, from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Capture:
    """What one command printed. `command` is "" where the text has no prompt.

    `name` is the file's name for messages, `first` the number of the file's line it begins on.
    """

    name: str
    command: str
    lines: tuple[Line, ...]
    first: int = 1

    @property
    def filled(self) -> tuple[Line, ...]:
        """The lines that are not blank, trailing blanks taken off."""
        return tuple(
            Line(line.number, line.text.rstrip()) for line in self.lines if line.text.strip()
        )

    @property
    def width(self) -> int:
        """The longest line: where a terminal would have wrapped, columns."""
        return max((len(line.text.rstrip()) for line in self.lines), default=0)


def split(text: str, name: str) -> tuple[Capture, ...]:
    """Take a session's log apart into what each command printed, in order.

    A text without a prompt is one capture; what stands before the first prompt is one if it
    has anything but blanks. Prompts without a command and without output are left out.

    Raises:
        InputError: longer than is read.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            Fault(name, f"{len(text)} characters", f"at most {MAX_CHARACTERS} in one capture")
        )
    captures: list[Capture] = []
    command, first, lines = "", 1, list[Line]()
    for number, raw in enumerate(_LINE_END.split(text), start=1):
        cleaned = _clean(raw)
        if cleaned is None:
            continue
        if prompt := _PROMPT.match(cleaned):
            captures.append(Capture(name, command, tuple(lines), first))
            command, first, lines = prompt[1].strip(), number, []
        else:
            lines.append(Line(number, cleaned))
    captures.append(Capture(name, command, tuple(lines), first))
    return tuple(one for one in captures if one.command or one.filled)


def single(text: str, name: str) -> Capture:
    """Return the one capture of a text.

    Raises:
        InputError: none, several, or longer than is read.
    """
    found = split(text, name)
    if len(found) != 1:
        raise InputError(Fault(name, f"{len(found)} commands' output", "the output of one command"))
    return found[0]


def fault_at(capture: Capture, line: Line | None, found: str, expected: str) -> InputError:
    """Return the error that names file and line; without a line, the capture's first."""
    number = capture.first if line is None else line.number
    return InputError(Fault(f"{capture.name}:{number}", found, expected))


def quoted(text: str, limit: int = 60) -> str:
    """Return a found text for a message, shortened."""
    shown = text.strip()
    return repr(shown if len(shown) <= limit else f"{shown[:limit]}...")


def unwrapped(
    capture: Capture, lines: Sequence[Line], is_start: Callable[[str], bool]
) -> list[Line]:
    """Join a line that fills the terminal's width with what follows and starts nothing new.

    Trailing blanks that the log lost at the width are put back. A line that starts nothing and
    follows no full one stays by itself, for the caller to complain of.
    """
    width = capture.width
    joined: list[Line] = []
    is_open = False
    for line in lines:
        text = line.text.rstrip()
        if joined and is_open and not is_start(text):
            before = joined[-1]
            joined[-1] = Line(before.number, before.text + text)
        else:
            joined.append(Line(line.number, text))
        is_open = width >= MIN_WRAP_WIDTH and len(text) >= width - 1
        if is_open and len(text) < width:
            joined[-1] = Line(joined[-1].number, joined[-1].text + " ")
    return [Line(line.number, line.text.rstrip()) for line in joined]


def _clean(raw: str) -> str | None:
    """Return a line without terminal codes; None for a line that is only the pager's."""
    text = _ESCAPE.sub("", raw)
    had_pager = _PAGER.search(text) is not None
    text = _PAGER.sub("", text)
    # A pager erases its line with carriage returns and blanks, or with backspaces.
    parts = text.replace("\b", "\r").split("\r")
    text = next((part for part in reversed(parts) if part.strip()), "") if len(parts) > 1 else text
    if text.strip() == "```" or (had_pager and not text.strip()):
        return None
    return text
