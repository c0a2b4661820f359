"""A reset loop is told from a busy maintenance window."""

from __future__ import annotations

import pytest

from twin.metrics.reset_loop import ResetLoop, reset_loop
from twin.phones.lifecycle import Event, State

SILENCE = ResetLoop(False, None, 0, 0)


def looping(script, periods_s, phones=3, lag_ms=700):
    """Phones that are reset and come back, with these periods between the resets."""
    told = script([State.REGISTERED] * phones, ended_at_ms=20_000_000)
    told.step(1_000, "regenerate", "regenerate CallManager on pub")
    at_ms = 60_000
    for wave, period_s in enumerate([*periods_s, 0], start=1):
        for phone in range(phones):
            told.cycle(phone, at_ms + phone * lag_ms, at_ms + phone * lag_ms + 20_000, wave)
        at_ms += period_s * 1000
    return told


def test_seven_minutes_without_end_are_a_loop(script):
    """Phones reset every 420 s by nobody's act are in a loop: period, cycles, phones."""
    assert reset_loop(looping(script, [420] * 9).tables()) == ResetLoop(True, 420.0, 10, 3)


def test_a_period_may_waver(script):
    """A period that changes by a tenth from cycle to cycle is still one."""
    loop = reset_loop(looping(script, [400, 430, 410, 440, 420]).tables())
    assert loop.detected
    assert loop.period_s == 420
    assert loop.cycles == 6


@pytest.mark.parametrize("periods_s", [[], [420], [420, 420]])
def test_three_resets_are_not_yet_a_loop(script, periods_s):
    """A loop takes four resets."""
    assert reset_loop(looping(script, periods_s).tables()) == SILENCE


def test_irregular_resets_are_no_loop(script):
    """Resets at ever other periods have no rhythm."""
    assert reset_loop(looping(script, [300, 600, 300, 700, 200, 500]).tables()) == SILENCE


def test_an_operator_with_a_rhythm_is_no_loop(script):
    """Six certificates regenerated at equal intervals are six waves and no loop."""
    told = looping(script, [420] * 5)
    for wave in range(1, 6):
        told.step(60_000 + wave * 420_000 - 9_000, "regenerate", "regenerate the next one")
    assert reset_loop(told.tables()) == SILENCE


def test_waiting_does_not_hide_a_loop(script):
    """An operator who only waits between the resets is not their cause."""
    told = looping(script, [420] * 5)
    for wave in range(6):
        told.step(60_000 + wave * 420_000 - 9_000, "wait", "wait for all phones")
    assert reset_loop(told.tables()).detected


def test_a_notice_told_twice_is_one_reset(script):
    """Two CallManager instances that tell one phone within seconds make no rhythm of their own."""
    told = script([State.REGISTERED], ended_at_ms=20_000_000)
    for cycle in range(3):
        for again in range(3):
            told.phone(cycle * 420_000 + again * 2_000, 0, Event.RESET_RECEIVED, 1)
    assert reset_loop(told.tables()) == SILENCE


def test_a_phone_in_a_loop_is_found_among_quiet_ones(script):
    """One phone in a loop is enough, and only it is counted."""
    told = script([State.REGISTERED] * 3, ended_at_ms=20_000_000)
    for cycle in range(6):
        told.cycle(1, cycle * 400_000, cycle * 400_000 + 90_000)
    told.cycle(0, 5_000, 60_000)
    assert reset_loop(told.tables()) == ResetLoop(True, 400.0, 6, 1)


def test_ordinary_runs_have_no_loop(script, storm_tables):
    """No resets, and a window with two waves, are silent."""
    assert reset_loop(script([State.REGISTERED]).tables()) == SILENCE
    assert reset_loop(storm_tables) == SILENCE
