"""The answer of a run in one sentence, by rules from its numbers.

Knows: the result document. Must not know the journal, or what the experiment's author found. The
worst thing that happened is said first: phones stuck, then phones out, resets without end, sign-ins
and connections lost, steps refused; then what it cost on the way. A new kind of trouble is a rule
more in `_TROUBLES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from twin.config.result import Metrics, Result
from twin.report.page import count, lasting

NOT_BAD = ("done",)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer: `sentence`, whether it is good news, and whether it is what was expected."""

    sentence: str
    is_good: bool
    held: str
    is_as_expected: bool


def answer(document: Result, remedies: Mapping[str, Sequence[str]]) -> Answer:
    """The answer of a run.

    Args:
        remedies: what helps the stuck phones, by the keys of `stuck_by_reason`.
    """
    troubles = [said for rule in _TROUBLES if (said := rule(document))]
    if document.metrics.phones_stuck:
        troubles[0] += _what_helps(document, remedies)
    cost = _cost(document)
    lead = "; ".join(troubles) if troubles else _no_trouble(document)
    sentence = f"{lead}; {cost}." if cost else f"{lead}."
    expectations = document.expectations
    failed = [one for one in expectations if not one.passed]
    if not expectations:
        held = "The experiment expected nothing in particular."
    elif failed:
        held = f"Not as expected: {len(failed)} of {len(expectations)} expectations failed."
    elif len(expectations) == 1:
        held = "As expected: the one expectation holds."
    else:
        held = f"As expected: all {len(expectations)} expectations hold."
    return Answer(sentence[0].upper() + sentence[1:], not troubles, held, not failed)


def _stuck(document: Result) -> str:
    stuck = document.metrics.phones_stuck
    if not stuck:
        return ""
    whose = _of(stuck, document.phones)
    return f"{whose} {_are(stuck)} stuck: no way is left by which they take the cluster's files"


def _what_helps(document: Result, remedies: Mapping[str, Sequence[str]]) -> str:
    """The remedies that each kind of stuck phone has, or how many have none."""
    kinds = document.metrics.stuck_by_reason
    if len(kinds) > 1:
        return " (several reasons, see below)"
    found = [word for key in kinds for word in remedies.get(key, ())]
    return f" ({found[0]} helps)" if found else " (nothing known helps)"


def _out(document: Result) -> str:
    out = document.metrics.phones_unregistered_at_end
    return f"{_of(out, document.phones)} {_are(out)} out of service at the end" if out else ""


def _loop(document: Result) -> str:
    loop = document.metrics.reset_loop
    if not loop.detected:
        return ""
    return f"phones are reset again and again, every {lasting(loop.period_s)}"


def _connections(document: Result) -> str:
    legs = document.metrics.legs
    down = legs.connections - legs.up_at_end
    if not down:
        return ""
    return f"{down:,} of {legs.connections:,} connections of systems {_are(down)} down at the end"


def _chats(document: Result) -> str:
    out = document.metrics.presence.disconnected
    return f"{out:,} Jabber {_clients(out)} cannot sign in at the end" if out else ""


def _certificates(document: Result) -> str:
    failed = document.metrics.lsc.failed
    return f"{failed:,} certificate operations of phones failed" if failed else ""


def _refused(document: Result) -> str:
    refused = [step for step in document.steps if step.outcome not in NOT_BAD]
    if not refused:
        return ""
    first = f"“{refused[0].action}”"
    more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
    return f"{first}{more} could not be done as planned"


_TROUBLES: tuple[Callable[[Result], str], ...] = (
    _stuck, _out, _loop, _connections, _chats, _certificates, _refused,
)  # fmt: skip


def _no_trouble(document: Result) -> str:
    if document.phones:
        return "no phone is stuck and none is left out of service"
    return "nothing is left out of service"


def _cost(document: Result) -> str:
    """What it cost on the way."""
    metrics = document.metrics
    if not metrics.peak_unregistered and not metrics.resets_total:
        return _connection_cost(metrics) or "no phone was reset or lost its service"
    said = []
    if metrics.resets_total:
        many = metrics.resets_per_phone_max
        times = "once" if many == 1 else f"up to {many:,} times each"
        said.append(f"phones were reset {times}")
    if metrics.peak_unregistered:
        said.append(
            f"{_of(metrics.peak_unregistered, document.phones)} were out at the worst moment"
        )
    if metrics.resets_total:
        said.append(_back(metrics))
    return ", ".join(said[:-1]) + (" and " if len(said) > 1 else "") + said[-1]


def _back(metrics: Metrics) -> str:
    most, last = metrics.recovery_s.p95, metrics.recovery_s.p100
    if last is not None:
        return (
            f"after a reset 95 % were back within {lasting(most)}, the last after {lasting(last)}"
        )
    if most is not None:
        return f"after a reset 95 % were back within {lasting(most)}, the last never"
    return "after a reset many never came back"


def _connection_cost(metrics: Metrics) -> str:
    if not metrics.legs.lost and not metrics.presence.dropped:
        return ""
    said = []
    if metrics.legs.lost:
        longest = lasting(metrics.legs.longest_down_s)
        said.append(
            f"connections of systems were lost {metrics.legs.lost:,} times, for {longest} at most"
        )
    if metrics.presence.dropped:
        said.append(f"{metrics.presence.dropped:,} Jabber sessions were lost on the way")
    return " and ".join(said)


def _of(part: int, whole: int) -> str:
    if part == whole:
        return "the only phone" if whole == 1 else f"all {whole:,} phones"
    return f"{count(part)} of {whole:,} phones"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _clients(number: int) -> str:
    return "client" if number == 1 else "clients"
