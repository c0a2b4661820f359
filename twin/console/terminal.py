"""Where lines come from and where replies go: a terminal, a pipe, or `-c`.

Knows: prompt_toolkit, streams, how a script ends. Must not know any command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.output import Output

from twin.console.shell import NO, YES, Shell, Status

PROMPT = "admin:"
_ANSWERS = {"y": True, "yes": True, "n": False, "no": False, "": False}


class Words(Completer):
    """Completes by the shell's table."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterator[Completion]:
        """What the word before the cursor may become."""
        before = document.text_before_cursor
        last = "" if not before or before[-1].isspace() else before.split()[-1]
        for choice in self._shell.grammar.completions(before, self._shell):
            yield Completion(choice, start_position=-len(last))


def script(shell: Shell, lines: Iterable[str], write: Callable[[str], None]) -> Status:
    """Carry out lines one after another; the gravest status. It stops at a line that is wrong.

    A question is answered no, or yes if the shell says yes; nobody is there to ask.
    """
    worst = Status.DONE
    for line in lines:
        reply = shell.carry_out(line.rstrip("\n"))
        if reply.text:
            write(reply.text)
        worst = max(worst, reply.status)
        if reply.is_end or reply.status >= Status.WRONG:
            break
    return worst


def interactive(
    shell: Shell,
    write: Callable[[str], None],
    *,
    source: Input | None = None,
    screen: Output | None = None,
) -> Status:
    """Talk with somebody at a terminal until they leave.

    Args:
        source, screen: where keys come from and what is drawn on; by default the terminal.
    """
    prompt: PromptSession[str] = PromptSession(
        history=InMemoryHistory(), completer=Words(shell), complete_while_typing=False,
        input=source, output=screen,
    )  # fmt: skip
    question: PromptSession[str] = PromptSession(input=source, output=screen)

    def ask(words: str) -> bool:
        while True:
            answer = _ANSWERS.get(question.prompt(f"{words} ").strip().lower())
            if answer is not None:
                return answer
            write(f"{YES} or {NO}")

    shell.ask = ask
    while True:
        try:
            line = prompt.prompt(PROMPT)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return Status.DONE
        reply = shell.carry_out(line)
        if reply.text:
            write(reply.text)
        if reply.is_end:
            return Status.DONE


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody sits at a stream."""
    return stream.isatty()
