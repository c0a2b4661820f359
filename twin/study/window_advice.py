"""What to wait for between steps, in words.

Knows: the window document's steps. Must not know rows or intervals' methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from twin.config.window_result import Interval, Number, WindowStep, WindowStuck
from twin.simtime import format_ms

ANCHORS = ("ITLRecovery", "CallManager", "TVS", "CAPF")
"""Certificates in a phone's trust list. Of the signer and TVS a phone needs one it knows."""


def advice(steps: Sequence[WindowStep], stuck: WindowStuck, confidence: float) -> tuple[str, ...]:
    """A sentence or two per stage, in order of time, and one on stuck phones."""
    stages = [list(group) for _, group in groupby(steps, key=lambda step: step.stage)]
    said: list[str] = []
    for place, stage in enumerate(stages):
        following = stages[place + 1][0] if place + 1 < len(stages) else None
        said += _stage_words(stage, following, percent(confidence))
        said += [
            f"'{step.text}' was not done in {step.not_done} runs: it came too early or is not "
            "allowed there."
            for step in stage
            if step.not_done
        ]
    if stuck.most:
        said.append(
            f"Up to {stuck.most:,} phones are stuck at the end: waiting does not bring them back. "
            "Rehearse the order of the steps before the window is booked."
        )
    return tuple(said)


def _stage_words(
    stage: Sequence[WindowStep], following: WindowStep | None, share: str
) -> list[str]:
    first, last = stage[0], stage[-1]
    anchors = [step for step in stage if _is_anchor(step.text)]
    said = []
    if len(anchors) > 1:
        named = ", ".join(f"'{step.text}'" for step in anchors)
        said.append(
            f"{named} follow each other without a wait: a phone that has not yet taken the list of "
            "one may trust neither signer nor TVS after the next. Put a wait until all phones are "
            "registered between them."
        )
    what = f"'{first.text}'" if len(stage) == 1 else f"'{first.text}' to '{last.text}'"
    how_long = f"{lasting(first.length_s.estimate)} after its start in {share} of the runs"
    if first.most_back_s.estimate != first.length_s.estimate:
        how_long += f", 99 % of the phones {lasting(first.most_back_s.estimate)} after it"
    if first.length_s.estimate == "never":
        said.append(
            f"After {what}: the phones were not all back by the end of the run. Find out why "
            "before anything else is done."
        )
    elif following is None:
        said.append(
            f"After {what}: the work is over when all phones are registered again, {how_long}."
        )
    elif last.out_at_next_most:
        chance = last.too_early.estimate
        often = percent(chance) if isinstance(chance, float) else "some"
        said.append(
            f"After {what}: in {often} of the runs '{following.text}' came too early, with up to "
            f"{last.out_at_next_most:,} phones still out. Wait until all phones are registered, "
            "not for a time."
        )
    else:
        kind = "next certificate" if _is_anchor(following.text) else "next step"
        said.append(
            f"After {what}: wait until all phones are registered again ({how_long}) "
            f"before the {kind}, '{following.text}'."
        )
    return said


def lasting(seconds: Number) -> str:
    """A duration in words, to the second."""
    if seconds is None:
        return "?"
    return "never" if seconds == "never" else format_ms(round(float(seconds)) * 1000)


def spanned(interval: Interval) -> str:
    """The ends of an interval of durations in words."""
    return ends(lasting(interval.low), lasting(interval.high))


def ends(low: str, high: str) -> str:
    """Both ends of an interval in words; "?" is an end that nothing is known of."""
    if high == "?":
        return "?" if low == "?" else f"{low} or more"
    return f"{high} or less" if low == "?" else f"{low} to {high}"


def percent(share: float) -> str:
    """A share in percent, with a decimal where it would otherwise be taken for none or all."""
    whole = f"{share * 100:.0f}"
    is_whole = abs(share * 100 - round(share * 100)) < 1e-9
    return f"{whole if is_whole or 0.01 <= share < 0.99 else f'{share * 100:.1f}'} %"


def _is_anchor(text: str) -> bool:
    words = text.split()
    return len(words) > 1 and words[0] == "regenerate" and words[1] in ANCHORS
