"""A runbook: an experiment's timeline as an administrator's numbered steps, with what to expect.

Knows: the words of runbooks, a rehearsal. Must not know any markup. What is expected after a step
is what the twin saw between its start and the next step's: lists built and by whom they are signed,
phones reset, alarms. Which checks stand at a step is said by the words of its action; one about
phones or lists is left out where the twin saw neither. Steps that are no administrator's (faults,
users, time that passes) are told as the twin's what-if; a wait is a check of the step before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from twin.config.runbook import HowTo, RunbookWords, filled, load_runbook
from twin.config.steps import Step
from twin.config.window_result import WindowStep
from twin.config.words import ClusterMode
from twin.kernel.journal import NodeEvent
from twin.metrics.counters import remedies_by_reason
from twin.metrics.storm import PASSIVE_ACTIONS, operator_steps, started_at_ms, waves
from twin.simtime import format_ms
from twin.study.rehearsal import Rehearsal
from twin.study.runbook_fields import fields_in_words
from twin.study.statistics import CONFIDENCE
from twin.study.window_advice import lasting, percent, spanned
from twin.study.window_runs import StepTime

REGISTERED, SIGNER = "registered", "signer"
"""Checks that say nothing where no phone lost its registration, or no new list was built."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at before going on: `look`, `where`, commands, what is `expected`.

    What to do otherwise stands once for all checks of a name (`Failing`).
    """

    name: str
    look: str
    where: tuple[str, ...]
    cli: tuple[str, ...]
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failing:
    """What to do where a check of this name fails, in order."""

    name: str
    look: str
    if_not: tuple[str, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class RunbookStep:
    """A step: numbered if it is an administrator's, else (`number` None) the twin's what-if."""

    number: int | None
    title: str
    do: tuple[str, ...] = ()
    cli: tuple[str, ...] = ()
    note: str = ""
    takes: str = ""
    expect: tuple[str, ...] = ()
    warning: str = ""
    wait: str = ""
    checks: tuple[Check, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Rescue:
    """Phones that stay behind: why, how many in the run (None: in general), and what helps."""

    why: str
    phones: int | None
    remedies: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Runbook:
    """The whole document. `length` says how long it takes, and from how many runs that is."""

    title: str
    question: str
    facts: tuple[tuple[str, str], ...]
    verdict: str
    length: str
    steps: tuple[RunbookStep, ...]
    failing: tuple[Failing, ...]
    rescues: tuple[Rescue, ...]
    is_safe: bool


def make_runbook(rehearsal: Rehearsal, words: RunbookWords | None = None) -> Runbook:
    """The runbook of a rehearsed experiment.

    Args:
        words: menu paths and commands; the bundled ones by default.
    """
    config, document = rehearsal.config, rehearsal.document
    said = words or load_runbook()
    steps = _Steps(rehearsal, said).steps()
    stuck, out = document.metrics.phones_stuck, document.metrics.phones_unregistered_at_end
    return Runbook(
        title=config.experiment.title,
        question=config.experiment.question,
        facts=(
            ("Experiment", config.experiment.name),
            ("Model", config.model.name),
            ("Release", config.release.name),
            ("Phones", f"{document.phones:,}"),
            ("Nodes", ", ".join(node.name for node in config.model.nodes)),
        ),
        verdict=_verdict(stuck, out, document.phones),
        length=_length(rehearsal),
        steps=steps,
        failing=tuple(_failing(steps, said)),
        rescues=_rescues(rehearsal, said),
        is_safe=not stuck and not out,
    )


def _verdict(stuck: int, out: int, phones: int) -> str:
    if stuck:
        return (
            f"Do not do this on a cluster that is in use: on the twin {stuck:,} of {phones:,} "
            "phones were stuck afterwards. What follows is the rehearsed procedure, and how to "
            "come back from it."
        )
    if out:
        return f"On the twin {out:,} of {phones:,} phones were out of service at the end."
    return "Rehearsed on the twin: nobody was left behind."


def _length(rehearsal: Rehearsal) -> str:
    window = rehearsal.window
    if window is not None:
        found = window.window_s
        half = lasting(window.window_median_s.estimate)
        share = percent(window.confidence)
        return (
            f"{half} in half of {window.replicates} runs; {lasting(found.estimate)} is enough in "
            f"{share} of them ({share} interval {spanned(found)})"
        )
    if rehearsal.timed is None:
        return "no step of it does anything to the cluster"
    never = rehearsal.timed.total_s == float("inf")
    return f"{'never over' if never else _seconds(rehearsal.timed.total_s)} in the one run"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the twin saw in a stretch: sentences, who signed each node's new list, whether phones
    came and went, and how many were registered before."""

    told: tuple[str, ...]
    signers: dict[str, str]
    is_storm: bool
    registered: int


class _Steps:
    """Builds the steps of one runbook."""

    def __init__(self, rehearsal: Rehearsal, words: RunbookWords) -> None:
        self._rehearsal = rehearsal
        self._words = words
        self._told = operator_steps(rehearsal.tables, with_passive=True)
        self._by_number = {row.data.get("step"): row for row in self._told}
        self._waves = waves(rehearsal.tables)
        timed = rehearsal.timed
        self._times = list(timed.steps) if timed is not None else []
        self._window = list(rehearsal.window.steps) if rehearsal.window is not None else []

    def steps(self) -> tuple[RunbookStep, ...]:
        """Every step, numbered ones and what-ifs, waits put to the step before them."""
        found: list[RunbookStep] = []
        number = 0
        for place, step in enumerate(self._rehearsal.config.experiment.steps, start=1):
            row = self._by_number.get(place)
            if row is None:  # the run ended before it
                continue
            time, many = self._time_of(row)
            if step.wait is not None and found and found[-1].number is not None:
                found[-1] = replace(found[-1], wait=self._wait(step))
            elif step.kind in self._words.what_if:
                title = f"{_text(row, step)} ({self._words.what_if[step.kind]})"
                found.append(RunbookStep(None, title))
            else:
                number += 1
                found.append(self._step(number, step, row, time, many))
        return tuple(found)

    def _time_of(self, row: NodeEvent) -> tuple[StepTime | None, WindowStep | None]:
        """The next times, if this step is one that has some."""
        if row.data.get("action") in PASSIVE_ACTIONS or not self._times:
            return None, None
        return self._times.pop(0), self._window.pop(0) if self._window else None

    def _step(
        self,
        number: int,
        step: Step,
        row: NodeEvent,
        time: StepTime | None,
        many: WindowStep | None,
    ) -> RunbookStep:
        said = fields_in_words(step, self._rehearsal.config)
        way = next(one for one in self._words.actions[step.kind] if one.fits(said))
        seen = self._seen(started_at_ms(row), self._next_ms(row))
        return RunbookStep(
            number=number,
            title=_text(row, step),
            do=_filled(way.do, said),
            cli=_filled(way.cli, said),
            note=filled(way.note, said) or "" if way.note else "",
            takes=self._takes(row, time, many),
            expect=seen.told,
            warning=_warning(row, time, many),
            checks=tuple(self._checks(step, way, said, seen)),
            origin=way.source or f"Assumption: {way.assumption}",
        )

    def _next_ms(self, row: NodeEvent) -> int:
        """When the next step began that is no wait; the end of the run."""
        later = (
            started_at_ms(one)
            for one in self._told
            if one.data.get("action") not in ("wait", "advance")
            and (one.data.get("step") or 0) > (row.data.get("step") or 0)  # type: ignore[operator]
        )
        return next(later, self._rehearsal.tables.ended_at_ms + 1)

    def _seen(self, start_ms: int, end_ms: int) -> _Seen:
        """What the twin saw from `start_ms` until before `end_ms`."""
        tables = self._rehearsal.tables
        said = []
        for wave in self._waves:
            if start_ms <= wave.started_at_ms < end_ms:
                cause = f" ({wave.cause})" if wave.cause else ""
                said.append(f"{wave.phones:,} phones restart{cause}")
        signers = {
            row.node: str(row.data.get("signer", ""))
            for row in tables.happened("itl_built")
            if start_ms <= row.at_ms < end_ms and row.data.get("changed")
        }
        alarms: dict[str, list[str]] = {}
        for row in tables.happened("alarm"):
            if start_ms <= row.at_ms < end_ms:
                nodes = alarms.setdefault(str(row.data.get("name", "")), [])
                if row.node not in nodes:
                    nodes.append(row.node)
        said += [f"alarm {name} of {', '.join(nodes)}" for name, nodes in alarms.items()]
        instants, counts = self._rehearsal.occupancy.registered()
        first, last = instants.searchsorted((start_ms, end_ms), side="left").tolist()
        return _Seen(tuple(said), signers, last > first, int(counts[max(first - 1, 0)]))

    def _checks(self, step: Step, way: HowTo, said: dict[str, str], seen: _Seen) -> Iterable[Check]:
        is_look = step.check is not None
        for name in way.checks:
            if name == REGISTERED and not (is_look or seen.is_storm):
                continue
            if name == SIGNER and not seen.signers:
                continue
            expected: tuple[str, ...] = ()
            if name == REGISTERED:
                expected = (f"{seen.registered:,} registered, as on the twin before the step",)
            elif name == SIGNER:
                expected = tuple(f"{node}: signed by {who}" for node, who in seen.signers.items())
            check = self._words.checks[name]
            yield Check(
                name, check.look, _filled(check.do, said), _filled(check.cli, said), expected
            )

    def _takes(self, row: NodeEvent, time: StepTime | None, many: WindowStep | None) -> str:
        own_s = (row.at_ms - started_at_ms(row)) / 1000
        own = _seconds(own_s)
        if time is not None and not many and time.length_s - own_s < 1:
            return f"{own} in the one run"
        if many is not None:
            share = percent(CONFIDENCE)
            rest = (
                f"{lasting(many.median_s.estimate)} in half of the {self._rehearsal.runs} runs, "
                f"{lasting(many.length_s.estimate)} in {share} of them "
                f"({share} interval {spanned(many.length_s)})"
            )
        elif time is not None and time.length_s != float("inf"):
            rest = f"{_seconds(time.length_s)} in the one run"
        elif time is not None:
            return f"{own}; not at rest again before the run ended"
        else:
            return f"{own} in the run"
        return f"{own} for the step itself; until all is at rest {rest}"

    def _wait(self, step: Step) -> str:
        assert step.wait is not None
        what = {
            "all_phones_registered": "every phone that has power is registered again",
            "quiet": "nothing is in motion: no phone starts, no service, no operation",
        }[step.wait.until]
        return f"Wait until {what}; allow {format_ms(step.wait.at_most_ms)} at most."


def _failing(steps: Iterable[RunbookStep], words: RunbookWords) -> Iterable[Failing]:
    """What to do where checks fail, each kind once, in the order in which they come."""
    for name in dict.fromkeys(check.name for step in steps for check in step.checks):
        found = words.checks[name]
        origin = found.source or f"Assumption: {found.assumption}"
        yield Failing(name, found.look, found.if_not, origin)


def _warning(row: NodeEvent, time: StepTime | None, many: WindowStep | None) -> str:
    outcome = str(row.data.get("outcome", "done"))
    if outcome != "done":
        message = str(row.data.get("message") or "")
        why = f": {message}" if message else ""
        return f"On the twin this step came out as {outcome.replace('_', ' ')}{why}"
    most = many.out_at_next_most if many is not None else time.out_at_next if time else 0
    if most:
        return f"On the twin up to {most:,} phones were still out when the next step began: wait."
    return ""


def _rescues(rehearsal: Rehearsal, words: RunbookWords) -> tuple[Rescue, ...]:
    """What to do about phones that stay behind: what helped on the twin, or what helps in general.

    Source: cucm-pki-behaviour 2.7 for the general ones.
    """
    found = remedies_by_reason(rehearsal.tables)
    counts = rehearsal.document.metrics.stuck_by_reason
    if found:
        return tuple(
            Rescue(reason, counts.get(reason), tuple((one, _how(one, words)) for one in remedies))
            for reason, remedies in found.items()
        )
    if not rehearsal.document.phones:
        return ()
    general = []
    release = rehearsal.config.release
    if release.itl_reset_key != "none":
        general.append("utils itl reset localkey")
    if rehearsal.config.model.cluster_mode is ClusterMode.MIXED:
        general += ["utils ctl reset localkey", "delete CTL and ITL on the phone"]
    else:
        general.append("delete the ITL on the phone")
    return (Rescue("", None, tuple((one, _how(one, words)) for one in general)),)


def _how(remedy: str, words: RunbookWords) -> str:
    """How the parts of a remedy are done."""
    steps = (part.split(" (")[0] for part in remedy.split(", then "))
    return " Then: ".join(words.remedies[step] for step in steps if step in words.remedies)


def _filled(lines: Iterable[str], said: dict[str, str]) -> tuple[str, ...]:
    return tuple(made for line in lines if (made := filled(line, said)) is not None)


def _text(row: NodeEvent, step: Step) -> str:
    text = str(row.data.get("text", step.kind))
    said = text if step.name is None else f"{step.name}: {text}"
    return said[:1].upper() + said[1:]


def _seconds(seconds: float) -> str:
    return lasting(seconds)
