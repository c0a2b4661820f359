"""Which stretches of a run the figure shows, and its ticks."""

from __future__ import annotations

from itertools import pairwise

import pytest

from twin.metrics.occupancy import occupancy
from twin.phones.lifecycle import Event, State
from twin.report.spans import SPANS_MOST, Span, clock_ticks, spans


def shown(told):
    """The spans of a script."""
    tables = told.tables()
    return spans(tables, occupancy(tables))


@pytest.fixture
def script(made_up):
    """The class that tells a run row by row."""
    return made_up.Script


def test_a_run_in_which_nothing_happens_is_shown_whole(script):
    """Without any event there is one span, from start to end; even for a run of no time."""
    assert shown(script([State.OFF], ended_at_ms=900_000)) == [Span(0, 900_000)]
    assert shown(script([], ended_at_ms=0)) == [Span(0, 1)]


def test_a_storm_is_shown_with_margins(script):
    """Hours in which nothing happens are left out; a little of them stays on both sides."""
    told = script([State.REGISTERED], ended_at_ms=36_000_000)
    told.cycle(0, 7_200_000, 7_500_000)
    (span,) = shown(told)
    assert (span.start_ms, span.end_ms) == (7_200_000 - 15_000, 7_500_000 + 15_000)
    assert span.share == 1


def test_a_lull_breaks_the_axis_and_a_short_one_does_not(script):
    """Two storms hours apart are two spans, minutes apart they are one."""
    told = script([State.REGISTERED], ended_at_ms=36_000_000)
    told.cycle(0, 1_000_000, 1_300_000)
    told.cycle(0, 1_500_000, 1_700_000)
    told.cycle(0, 20_000_000, 20_300_000)
    first, second = shown(told)
    assert first.end_ms < 2_000_000 < second.start_ms
    assert first.share > second.share
    assert first.share + second.share == pytest.approx(1)


def test_there_are_never_many_spans(script):
    """With ten storms far apart, only the widest lulls are cut."""
    told = script([State.REGISTERED], ended_at_ms=400_000_000)
    for storm in range(10):
        start_ms = storm * 30_000_000 + (storm % 3) * 2_000_000
        told.cycle(0, start_ms, start_ms + 90_000)
    found = shown(told)
    assert len(found) == SPANS_MOST
    assert all(a.end_ms < b.start_ms for a, b in pairwise(found))
    assert min(span.share for span in found) > 0.08


def test_a_rhythm_is_not_cut(script):
    """Storms at equal intervals are shown as one stretch: no lull is wide among so many."""
    told = script([State.REGISTERED], ended_at_ms=36_000_000)
    for cycle in range(30):
        told.cycle(0, cycle * 900_000, cycle * 900_000 + 90_000)
    assert len(shown(told)) == 1


def test_years_do_not_hide_hours(script):
    """Once a lull of years is cut, one of hours is wide among what is left."""
    told = script([State.REGISTERED], ended_at_ms=400_000_000_000)
    for start_ms in (0, 20_000_000, 300_000_000_000):
        told.cycle(0, start_ms, start_ms + 90_000)
    assert len(shown(told)) == 3


def test_margins_of_long_spans_do_not_meet(script):
    """Two spans of an hour with twelve minutes between them stay apart."""
    told = script([State.REGISTERED], ended_at_ms=8_000_000)
    for cycle in range(9):
        told.cycle(0, cycle * 400_000, cycle * 400_000 + 90_000)
        told.cycle(0, 4_010_000 + cycle * 400_000, 4_010_000 + cycle * 400_000 + 90_000)
    first, second = shown(told)
    assert first.end_ms < second.start_ms


def test_a_step_alone_is_shown(script):
    """A refused step hours after the storm has its own span of at least two minutes."""
    told = script([State.REGISTERED], ended_at_ms=36_000_000)
    told.cycle(0, 1_000_000, 1_300_000)
    told.step(20_000_000, "regenerate", "regenerate TVS on pub", "refused")
    last = shown(told)[-1]
    assert last.start_ms < 20_000_000 < last.end_ms
    assert last.length_ms >= 120_000


def test_vain_attempts_are_no_event(script):
    """A phone that nobody takes and that tries every minute does not stretch the figure."""
    told = script([State.REGISTERED, State.UNREGISTERED], ended_at_ms=36_000_000)
    told.chain(0, (60_000, Event.CONNECTION_LOST), (80_000, Event.LOSS_NOTICED))
    told.phone(90_000, 0, Event.REGISTER_GAVE_UP)
    for minute in range(2, 500):
        for phone in (0, 1):
            told.chain(
                phone,
                (minute * 60_000, Event.REGISTER_RETRIED),
                (minute * 60_000 + 5_000, Event.REGISTER_GAVE_UP),
            )
    told.phone(30_010_000, 1, Event.REGISTER_RETRIED)
    (span,) = shown(told)
    assert span.end_ms < 300_000
    told.phone(30_020_000, 1, Event.REGISTERED)
    _, second = shown(told)
    assert second.start_ms < 30_010_000 < 30_020_000 < second.end_ms


def test_the_last_phones_in_long_calls_are_left_out(script):
    """A phone in two hundred that is back much later is told of, but not drawn."""
    told = script([State.REGISTERED] * 200, ended_at_ms=36_000_000)
    for phone in range(199):
        told.cycle(phone, 60_000 + phone * 10, 150_000 + phone * 500)
    told.phone(60_000, 199, Event.RESET_RECEIVED, 1)
    told.chain(
        199,
        (500_000, Event.UNREGISTERED),
        (600_000, Event.BOOTED),
        (601_000, Event.REGISTER_REQUESTED),
        (601_000, Event.REGISTERED),
    )
    (span,) = shown(told)
    assert span.end_ms < 300_000
    assert span.last_ms == 601_000


def test_an_act_is_never_left_out(script):
    """A step of the operator late in a storm keeps everything until then in the figure."""
    told = script([State.REGISTERED] * 200, ended_at_ms=36_000_000)
    for phone in range(200):
        told.cycle(phone, 60_000, 150_000)
    told.step(500_000, "restart_service", "restart TVS on pub")
    (span,) = shown(told)
    assert span.end_ms > 500_000
    assert span.last_ms is None


@pytest.mark.parametrize(
    ("length_s", "words"),
    [
        (8, ["22:00:00", "22:00:02", "22:00:04", "22:00:06"]),
        (240, ["22:00", "22:01", "22:02", "22:03"]),
        (7_200, ["22:00", "22:30", "23:00", "23:30"]),
        (4 * 86_400, ["09 Feb 2016", "11 Feb 2016"]),
    ],
)
def test_ticks_stand_on_round_moments(epoch, length_s, words):
    """Ticks are at round moments of the clock, as many as there is room for on four inches."""
    ticks, found = clock_ticks(Span(0, length_s * 1000), epoch, 4.0)
    assert found == words
    assert len(ticks) == len(found)


@pytest.mark.parametrize("start_s", [0, 61, 3_599])
def test_a_narrow_stretch_has_a_tick_still(epoch, start_s):
    """Where there is room for one tick only, it is the roundest moment there is room for."""
    _, words = clock_ticks(Span(start_s * 1000, (start_s + 210) * 1000), epoch, 0.9)
    assert len(words) == 1


def test_ticks_may_lie_centuries_apart(epoch):
    """A span of two hundred years has a handful of ticks, not thousands."""
    ticks, _ = clock_ticks(Span(0, 200 * 31_536_000_000), epoch, 8.0)
    assert 0 < len(ticks) <= 9
