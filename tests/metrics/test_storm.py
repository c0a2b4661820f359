"""Waves of resets and how long they take, worked out by hand."""

from __future__ import annotations

import pytest

from twin.metrics.storm import operator_steps, recovery_s, waves
from twin.phones.lifecycle import Event, State


def test_no_reset_needs_no_recovery(script):
    """A run without resets has recovered before it began."""
    found = waves(script([State.REGISTERED]).tables())
    assert found == []
    assert set(recovery_s(found).values()) == {0.0}


def test_quantiles_of_one_wave(script):
    """Of 100 phones back after 1, 2 ... 100 s, half are back after 50 s and 99 after 99 s."""
    told = script([State.REGISTERED] * 100, ended_at_ms=200_000)
    told.group_reset(900, 1, "CallManager of pub")
    for phone in range(100):
        told.cycle(phone, 1_000, 1_000 + (phone + 1) * 1_000)
    (wave,) = waves(told.tables())
    assert (wave.name, wave.cause) == ("wave 1", "CallManager of pub")
    assert (wave.started_at_ms, wave.phones) == (1_000, 100)
    assert wave.recovery_s == {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p100": 100}


def test_a_share_is_rounded_up_to_a_phone(script):
    """95 % of three phones are all three."""
    told = script([State.REGISTERED] * 3, ended_at_ms=200_000)
    for phone, back_ms in enumerate((10_000, 20_000, 30_000)):
        told.cycle(phone, 0, back_ms)
    (wave,) = waves(told.tables())
    assert wave.recovery_s == {"p50": 20, "p90": 30, "p95": 30, "p99": 30, "p100": 30}


def test_the_clock_starts_with_the_first_reset_of_the_wave(script):
    """A phone reset late in the wave counts from the wave's first reset, not from its own."""
    told = script([State.REGISTERED] * 2, ended_at_ms=200_000)
    told.cycle(0, 10_000, 70_000)
    told.cycle(1, 50_000, 110_000)
    (wave,) = waves(told.tables())
    assert wave.recovery_s["p50"] == 60
    assert wave.recovery_s["p100"] == 100


def test_a_phone_that_never_returns_spoils_the_shares_that_need_it(script):
    """One of ten phones gone for good: 90 % are back, 95 % never."""
    told = script([State.REGISTERED] * 10, ended_at_ms=200_000)
    for phone in range(9):
        told.cycle(phone, 0, 10_000)
    told.phone(0, 9, Event.RESET_RECEIVED, 1)
    told.phone(1_000, 9, Event.POWERED_OFF)
    (wave,) = waves(told.tables())
    expected = {"p50": 10, "p90": 10, "p95": None, "p99": None, "p100": None}
    assert wave.recovery_s == expected


def test_a_registration_before_the_reset_does_not_count(script):
    """Only the registration after a phone's own reset brings it back."""
    told = script([State.REGISTERING, State.REGISTERED], ended_at_ms=200_000)
    told.phone(500, 0, Event.REGISTERED)
    told.phone(1_000, 0, Event.RESET_RECEIVED, 1)
    told.cycle(1, 1_000, 4_000)
    (wave,) = waves(told.tables())
    assert wave.recovery_s["p50"] == 3
    assert wave.recovery_s["p100"] is None


def test_a_phone_reset_twice_by_a_wave_is_back_after_the_second(script):
    """Two CallManager instances that reset the same phone for one change are one wave."""
    told = script([State.REGISTERED], ended_at_ms=200_000)
    told.cycle(0, 1_000, 40_000)
    told.cycle(0, 50_000, 90_000)
    (wave,) = waves(told.tables())
    assert wave.phones == 1
    assert wave.recovery_s["p100"] == 89


def test_the_headline_is_the_slowest_wave(script):
    """Per share the worst of two waves is reported; a wave without an end spoils it."""
    told = script([State.REGISTERED] * 2, ended_at_ms=500_000)
    told.cycle(0, 0, 60_000, wave=1)
    told.cycle(1, 0, 90_000, wave=1)
    told.cycle(0, 200_000, 275_000, wave=2)
    tables = told.tables()
    assert recovery_s(waves(tables)) == {"p50": 75, "p90": 90, "p95": 90, "p99": 90, "p100": 90}
    told.phone(300_000, 1, Event.RESET_RECEIVED, 2)
    headline = recovery_s(waves(told.tables()))
    assert headline["p50"] == 75
    assert headline["p100"] is None


def test_a_wave_that_reaches_nobody_is_a_wave(script):
    """A group reset without a registered phone is told, with nothing to recover."""
    told = script([State.OFF])
    told.group_reset(5_000, 1, "TVS of pub")
    (wave,) = waves(told.tables())
    assert (wave.started_at_ms, wave.phones) == (5_000, 0)
    assert set(wave.recovery_s.values()) == {0.0}


def test_each_order_of_the_operator_is_a_wave(script):
    """Resets without a certificate change belong to the last order to reset before them."""
    told = script([State.REGISTERED] * 2, ended_at_ms=900_000)
    told.step(1_000, "reset_phones", "reset all phones")
    told.step(300_000, "reset_phones", "restart 1 phone")
    told.step(300_500, "regenerate", "regenerate TVS on pub")
    told.cycle(0, 2_000, 60_000, wave=0)
    told.cycle(1, 3_000, 61_000, wave=0)
    told.cycle(0, 301_000, 330_000, wave=0)
    first, second = waves(told.tables())
    assert (first.name, first.cause, first.phones) == ("reset 1", "reset all phones", 2)
    assert (second.name, second.cause, second.phones) == ("reset 2", "restart 1 phone", 1)
    assert second.recovery_s["p100"] == 29


def test_waves_and_orders_are_kept_apart(script):
    """Resets by a certificate change and by the operator at the same time are two waves."""
    told = script([State.REGISTERED] * 2, ended_at_ms=900_000)
    told.group_reset(900, 1, "CallManager of pub")
    told.cycle(0, 1_000, 60_000, wave=1)
    told.cycle(1, 2_000, 61_000, wave=0)
    assert [(w.name, w.cause) for w in waves(told.tables())] == [
        ("wave 1", "CallManager of pub"),
        ("reset 1", "reset by the operator"),
    ]


@pytest.mark.parametrize("action", ["wait", "advance"])
def test_waiting_is_no_act(script, action):
    """Steps in which the operator only waits are left out unless asked for."""
    told = script([State.OFF])
    told.step(1_000, action, "wait a while", lasts=9_000)
    told.step(500, "regenerate", "regenerate TVS on pub", lasts=20_000)
    tables = told.tables()
    assert [step.data["text"] for step in operator_steps(tables)] == ["regenerate TVS on pub"]
    both = operator_steps(tables, with_passive=True)
    assert [step.data["started_at_ms"] for step in both] == [500, 1_000]


def test_the_made_up_storm_has_two_waves(storm_tables):
    """A whole window is told as its two certificate changes."""
    found = waves(storm_tables)
    assert [wave.cause for wave in found] == ["CallManager of pub", "TVS of pub"]
    assert [wave.phones for wave in found] == [1_200, 1_200]
    for wave in found:
        seconds = list(wave.recovery_s.values())
        assert seconds == sorted(seconds)
