"""Letting time pass: advance, wait."""

from __future__ import annotations

from twin.cluster.acts.scene import DONE, Act, Deed, Outcome, Scene
from twin.config import actions
from twin.simtime import format_ms

POLL_MS = 1000
"""How often a wait looks whether its condition holds, ms."""


def _advance(scene: Scene, action: actions.Advance) -> Act:
    yield scene.simulation.sleep(action.for_ms)
    return DONE


def _wait(scene: Scene, action: actions.Wait) -> Act:
    holds = {
        "all_phones_registered": scene.cluster.all_registered,
        "quiet": scene.cluster.is_quiet,
    }[action.until]
    until_ms = scene.simulation.now_ms + action.at_most_ms
    while not holds():
        left_ms = until_ms - scene.simulation.now_ms
        if left_ms <= 0:
            limit = format_ms(action.at_most_ms)
            return Outcome("timed_out", f"not {action.until} within {limit}")
        yield scene.simulation.sleep(min(POLL_MS, left_ms))
    return DONE


DEEDS = {
    "advance": Deed(_advance, lambda a, _model: f"advance {format_ms(a.for_ms)}"),
    "wait": Deed(_wait, lambda a, _model: f"wait until {a.until.replace('_', ' ')}"),
}
