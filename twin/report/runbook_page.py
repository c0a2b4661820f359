"""A runbook as Markdown or as a page.

Knows: the runbook document, Markdown's special characters. Must not know where a word comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version

from twin.report.page import page
from twin.report.run_tables import reason_text
from twin.study.runbook import Check, Rescue, Runbook, RunbookStep

GENERAL = "Phones that stay behind all the same"
_SPECIAL = re.compile(r"([\\`*_\[\]<|]|^[>#+-])")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")
_TICKS = re.compile(r"`+")


def runbook_html(runbook: Runbook) -> str:
    """A runbook as one HTML file that needs nothing else."""
    rescues = [(rescue_title(one), one) for one in runbook.rescues]
    return page("runbook.html", runbook=runbook, rescues=rescues, version=version("cucm-twin"))


def runbook_markdown(runbook: Runbook) -> str:
    """A runbook as Markdown; every value is plain text in it."""
    return "\n".join(_document(runbook)) + "\n"


def rescue_title(rescue: Rescue) -> str:
    """The heading over remedies."""
    if rescue.phones is None:
        return GENERAL
    return f"{rescue.phones:,} phones were stuck on the twin: {reason_text(rescue.why)}"


def _document(runbook: Runbook) -> Iterator[str]:
    yield f"# Runbook: {_plain(runbook.title)}"
    yield ""
    yield _plain(runbook.question)
    yield ""
    for name, value in runbook.facts:
        yield f"- {name}: {_plain(value)}"
    yield f"- How long: {_plain(runbook.length)}"
    yield ""
    yield f"**{_plain(runbook.verdict)}**"
    yield ""
    yield "## Steps"
    for step in runbook.steps:
        yield ""
        yield from _step(step)
    if runbook.failing:
        yield ""
        yield "## If a check fails"
        yield ""
    for one in runbook.failing:
        yield f"- {_plain(one.look)}. If not: {_plain(' '.join(one.if_not))} ({_plain(one.origin)})"
    for rescue in runbook.rescues:
        yield ""
        yield f"## {_plain(rescue_title(rescue))}"
        yield ""
        for remedy, how in rescue.remedies:
            yield f"- {_plain(remedy)}{': ' + _plain(how) if how else ''}"
        if not rescue.remedies:
            yield "No remedy is known."
    yield ""
    yield f"Made by cucm-twin {version('cucm-twin')}, a simulation: rehearse with your own model."


def _step(step: RunbookStep) -> Iterator[str]:
    if step.number is None:
        yield f"*The twin’s what-if, no step of yours: {_plain(step.title)}*"
        return
    yield f"### {step.number}. {_plain(step.title)}"
    yield ""
    if step.warning:
        yield f"**{_plain(step.warning)}**"
        yield ""
    for line in step.do:
        yield f"- {_plain(line)}"
    yield from _code(step.cli)
    if step.note:
        yield f"- Mind: {_plain(step.note)}"
    yield f"- How long: {_plain(step.takes)}"
    if step.expect:
        yield f"- Expect: {_plain('; '.join(step.expect))}"
    if step.wait:
        yield f"- {_plain(step.wait)}"
    if step.checks:
        yield "- Before you go on (where one fails: see ‘If a check fails’):"
    for check in step.checks:
        yield from _check(check)
    yield f"- ({_plain(step.origin)})"


def _check(check: Check) -> Iterator[str]:
    yield f"    - [ ] {_plain(check.look)}"
    for line in check.expected:
        yield f"        - {_plain(line)}"
    for line in check.where:
        yield f"        - {_plain(line)}"
    for line in check.cli:
        yield f"        - {_inline(line)}"


def _code(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"- At the command line: {_inline(line)}"


def _inline(line: str) -> str:
    """A command as it is typed, whatever is in it."""
    longest = max((len(ticks) for ticks in _TICKS.findall(line)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{line}{space}{fence}"


def _plain(words: str) -> str:
    """Words that Markdown leaves as they are, on one line."""
    escaped = _SPECIAL.sub(r"\\\1", " ".join(words.split()))
    return _NUMBERED.sub(r"\1\\\2", escaped)
