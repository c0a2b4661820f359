"""The commands as a table: parsing, completion, help and errors all read the same rows.

Knows: words, arguments, and the nearest right word. Must not know what any command does, nor a
terminal, nor what a shell is: it hands one on.

Source: the Cisco TAC deck of March 2016 for what an unfinished command prints (the commands that
begin so, one a line, indented).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from twin.errors import Fault, InputError

INDENT = "      "
_CUTOFF = 0.5


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command.

    `values` are what it may be now, for completion; if `is_closed` nothing else is taken.
    `takes_rest`: everything to the end of the line, blanks included.
    """

    name: str
    help: str
    values: Callable[[Any], Iterable[str]] = lambda _shell: ()
    is_closed: bool = False
    takes_rest: bool = False
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table. `deed` gets the shell and the arguments by name."""

    words: tuple[str, ...]
    help: str
    deed: Callable[[Any, Mapping[str, str]], object]
    arguments: tuple[Argument, ...] = ()
    is_of_twin: bool = False
    """A word of the twin's own, not of the product."""

    @property
    def name(self) -> str:
        """The words."""
        return " ".join(self.words)

    @property
    def usage(self) -> str:
        """Words and arguments as help shows them."""
        shown = (f"[{one.name}]" if one.is_optional else one.name for one in self.arguments)
        return " ".join((*self.words, *shown))


@dataclass(frozen=True, slots=True)
class Parsed:
    """A line that is a command with its arguments."""

    command: Command
    given: Mapping[str, str]


class Grammar:
    """The table."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self.commands = tuple(sorted(commands, key=lambda one: (one.is_of_twin, one.name)))
        names = [one.words for one in self.commands]
        if len(set(names)) < len(names):
            raise ValueError("two commands of the same words")

    # -- parsing ----------------------------------------------------------------------------

    def parse(self, line: str, shell: Any) -> Parsed | None:
        """The command of a line; None where the line is only the beginning of commands.

        Raises:
            InputError: an unknown word, or an argument that is missing, wrong or too much.
        """
        found = self._longest(line)
        if found is None:
            self._check_beginning(line)
            return None
        command, rest = found
        return Parsed(command, _arguments(command, rest, shell))

    def _longest(self, line: str) -> tuple[Command, str] | None:
        """The command with the most words that begin the line, and what is left of the line."""
        best: tuple[Command, str] | None = None
        for command in self.commands:
            rest = _after(line, command.words)
            if rest is not None and (best is None or len(command.words) > len(best[0].words)):
                best = command, rest
        return best

    def _check_beginning(self, line: str) -> None:
        """Refuse a line whose words begin no command, at the first that is wrong."""
        words = line.split()
        for place, word in enumerate(words):
            following = self.following(words[:place])
            if word.lower() in (one.lower() for one in following):
                continue
            where = " ".join(words[:place]) or "command"
            expected = _one_of(following) if place else "a command; 'help' lists them"
            found = f"unknown word {word!r}"
            raise InputError(Fault(where, found, expected, nearest(word, following)))

    # -- help and completion ----------------------------------------------------------------

    def following(self, words: Sequence[str]) -> list[str]:
        """The words that may come after these, in order."""
        known = [one.lower() for one in words]
        found: dict[str, None] = {}
        for command in self.commands:
            if [w.lower() for w in command.words[: len(known)]] == known:
                for word in command.words[len(known) : len(known) + 1]:
                    found[word] = None
        return list(found)

    def beginning(self, words: Sequence[str]) -> list[Command]:
        """The commands that begin with these words."""
        known = [one.lower() for one in words]
        return [
            one for one in self.commands if [w.lower() for w in one.words[: len(known)]] == known
        ]

    def completions(self, before: str, shell: Any) -> list[str]:
        """What the last, perhaps unfinished word of a line may be; whole words or values."""
        *done, last = _pieces(before)
        choices = self.following(done)
        found = self._longest(" ".join(done))
        if found is not None:
            choices = [*choices, *_values(*found, last, shell)]
        return [one for one in choices if one.lower().startswith(last.lower())]

    def help(self, line: str) -> str:
        """Every command, or those that begin with the words of a line, a line each.

        Raises:
            InputError: none does.
        """
        words = line.split()
        chosen = self.beginning(words)
        if words and not chosen:
            found = self._longest(line)
            if found is None:
                self._check_beginning(line)
            chosen = [found[0]] if found is not None else []
        lines: list[str] = []
        for is_of_twin, title in ((False, "The product's:"), (True, "The twin's:")):
            rows = [one for one in chosen if one.is_of_twin is is_of_twin]
            if not words and rows:
                lines += ["", title] if lines else [title]
            lines += _table([(one.usage, one.help) for one in rows])
        if len(chosen) == 1:
            lines += _table([(f"  {one.name}", one.help) for one in chosen[0].arguments])
        return "\n".join(lines)


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice closest to a word, whatever its capitals."""
    by_lower = {one.lower(): one for one in choices}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=_CUTOFF)
    return by_lower[found[0]] if found else None


def _one_of(choices: Sequence[str]) -> str:
    return f"one of {', '.join(choices)}" if choices else "the end of the line"


def _after(line: str, words: Sequence[str]) -> str | None:
    """What follows words at the beginning of a line; None if it does not begin with them."""
    rest = line.strip()
    for word in words:
        first, *after = rest.split(None, 1) or [""]
        if first.lower() != word.lower():
            return None
        rest = after[0] if after else ""
    return rest


def _pieces(before: str) -> list[str]:
    """The words of a line up to the cursor; the last is empty after a blank."""
    words = before.split()
    return [*words, ""] if not before or before[-1].isspace() else words


def _arguments(command: Command, rest: str, shell: Any) -> dict[str, str]:
    given: dict[str, str] = {}
    for argument in command.arguments:
        if not rest:
            if argument.is_optional:
                break
            values = list(argument.values(shell))
            expected = f"{argument.name}: {argument.help}"
            if values and argument.is_closed:
                expected += f", {_one_of(values)}"
            raise InputError(Fault(command.name, f"no {argument.name}", expected))
        word, *after = [rest] if argument.takes_rest else rest.split(None, 1)
        given[argument.name] = _checked(command, argument, word, shell)
        rest = after[0] if after else ""
    if rest:
        raise InputError(Fault(command.name, f"{rest!r} too much", f"'{command.usage}'"))
    return given


def _checked(command: Command, argument: Argument, word: str, shell: Any) -> str:
    """An argument's word, spelled as the product spells it."""
    if not argument.is_closed:
        return word
    values = list(argument.values(shell))
    for value in values:
        if value.lower() == word.lower():
            return value
    found = f"{word!r} is no {argument.name} here"
    raise InputError(Fault(command.name, found, _one_of(values), nearest(word, values)))


def _values(command: Command, rest: str, last: str, shell: Any) -> Iterator[str]:
    """The values of the argument a line has come to."""
    count = len(rest.split())
    for place, argument in enumerate(command.arguments):
        if argument.takes_rest and place <= count:
            done = rest.split(None, place)[place:]
            lead = f"{done[0]} " if done else ""
            for value in argument.values(shell):
                if value.lower().startswith(lead.lower()):
                    yield value[len(lead) :]
            return
        if place == count:
            yield from argument.values(shell)
            return


def _table(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(left) for left, _ in rows), default=0)
    return [f"{INDENT}{left:<{width}}  {right}" for left, right in rows]
