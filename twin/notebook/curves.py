"""Several runs in one picture.

Knows: runs. Must not know matplotlib (`twin.report.curve_figure`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.api import RunResult
from twin.metrics.occupancy import OUT_OF_SERVICE_STATES
from twin.report.curve_figure import Curve, curve_figure


def curves(runs: Mapping[str, RunResult], title: str = "") -> Any:
    """Phones out of service over time, one line per run: a matplotlib Figure.

    Args:
        runs: the words of the legend, and the run each stands for.
    """
    return curve_figure({label: curve(run) for label, run in runs.items()}, title)


def curve(run: RunResult) -> Curve:
    """How many phones had power and were not registered, at every instant of a run."""
    at_ms, phones = run.occupancy.in_states(OUT_OF_SERVICE_STATES)
    return Curve(at_ms, phones, run.occupancy.ended_at_ms)
