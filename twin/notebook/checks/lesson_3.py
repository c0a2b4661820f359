"""Checks of notebook 3: anatomy of a reset storm."""

from __future__ import annotations

from twin.notebook.checks.bench import ran
from twin.notebook.checks.board import Exercise, near, tried

EXPERIMENT = "callmanager-regeneration"
PROMISED = 900
"""Phones of two-node-1000 that may be out at once."""
PACES = (5, 200)
"""Range of the parameter, resets per second."""


def _share_that_asked() -> float:
    storm = ran(EXPERIMENT, "campus-10k")
    return storm.metrics.tvs.queries / storm.document.phones


def _outage_h() -> float:
    return ran(EXPERIMENT, "campus-10k").metrics.outage_phone_minutes / 60


def _peak(pace: int) -> int:
    storm = ran(EXPERIMENT, "two-node-1000", timing__reset_pace_per_ccm_per_s=pace)
    return storm.metrics.peak_unregistered


def _pace(given: int) -> str:
    low, high = PACES
    if not low <= given < high:
        return f"A whole number from {low} to below {high}."
    peak = _peak(given)
    if peak > PROMISED:
        return f"With {given} a second {peak:,} phones are out at once: too fast."
    if _peak(given + 1) <= PROMISED:
        return f"{given} a second keeps the promise, and so does {given + 1}: it may be faster."
    return ""


EXERCISES = {
    "3.1": Exercise(
        "a share between 0 and 1",
        (float, int),
        near(
            _share_that_asked,
            0.001,
            "More. How many queries were there, and how many phones?",
            "Fewer. Only phones that meet a new list have to ask.",
        ),
        "Half of the phones download from the node whose key changed; the others find the list "
        "they have, and were reset for nothing.",
    ),
    "3.2": Exercise(
        "a number of phone-hours",
        (float, int),
        near(
            _outage_h,
            0.01,
            "Too little. Are all states in the sum, and the unit hours?",
            "Too much. Weight each row with the time until the next one, in hours.",
        ),
        "The area under the curve is what the storm costs, whatever its shape.",
    ),
    "3.3": Exercise(
        "a whole number of resets per second",
        (int,),
        tried(_pace),
        "The promise costs time: compare recovery_s.p95 with that of the default pace.",
    ),
}
