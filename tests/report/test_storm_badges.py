"""Where the numbers of the operator's steps go."""

from __future__ import annotations

from itertools import pairwise

import pytest

from twin.report.spans import Span
from twin.report.storm_badges import GAP_IN, LEVELS, place_badges

SPAN = Span(0, 100_000)


@pytest.fixture
def placed(made_up):
    """Badges of steps at the given instants (ms) on ten inches: 100 ms are a hundredth of one."""

    def place(*starts_ms):
        told = made_up.Script([])
        for start_ms in starts_ms:
            told.step(start_ms, "regenerate", "regenerate TVS on pub")
        return place_badges(told.nodes, SPAN, 10.0)

    return place


def test_steps_far_apart_stand_side_by_side(placed):
    """Numbers that do not touch are all on the lowest level."""
    assert [(b.words, b.level) for b in placed(0, 50_000, 90_000)] == [("1", 0), ("2", 0), ("3", 0)]


def test_steps_close_together_are_stacked(placed):
    """A number that would touch its neighbour goes a level up."""
    assert [(b.words, b.level) for b in placed(0, 100, 200)] == [("1", 0), ("2", 1), ("3", 2)]


def test_a_crowd_is_told_as_a_range(placed):
    """Where all levels are taken, steps join the badge before, and keep their marks."""
    badges = placed(*range(0, 1_000, 100))
    assert [badge.words for badge in badges] == ["1", "2", "3–10"]
    assert badges[-1].marks_ms == tuple(range(200, 1_000, 100))


def test_steps_outside_the_span_keep_their_number(placed):
    """A step in another stretch of the run is counted, but not placed here."""
    assert [badge.words for badge in placed(50_000, 200_000, 60_000)] == ["1", "3"]


def test_no_two_badges_of_a_level_touch(placed):
    """However the steps come, badges of one level keep their distance."""
    badges = placed(*sorted(step * step * 37 % 90_000 for step in range(60)))
    for level in range(LEVELS):
        places = [badge.marks_ms[0] / 10_000 for badge in badges if badge.level == level]
        assert all(b - a >= GAP_IN for a, b in pairwise(places))
