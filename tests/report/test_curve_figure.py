"""Runs laid over each other."""

from __future__ import annotations

import numpy as np

import twin
from twin.notebook.curves import curve, curves
from twin.report.curve_figure import Curve, curve_figure
from twin.report.figure_files import figure_bytes


def test_a_curve_is_what_was_counted() -> None:
    """The line is the step curve of phones out of service, in minutes."""
    run = twin.run("callmanager-regeneration", model="two-node-1000")
    figure = curves({"a run": run})
    (axes,) = figure.axes
    (line,) = axes.get_lines()
    assert max(line.get_ydata()) == run.metrics.peak_unregistered
    shown = curve(run)
    assert np.allclose(line.get_xdata()[:-1], shown.at_ms / 60_000)
    assert line.get_drawstyle() == "steps-post"
    assert axes.get_legend() is None


def test_axes_have_names_and_units_and_runs_a_legend() -> None:
    """Minutes, phones, and whose line is whose; lines differ in more than colour."""
    one = Curve(np.array([0, 60_000]), np.array([5, 0]), 600_000)
    runs = {f"run {number}": one for number in range(8)}
    figure = curve_figure(runs, "A title")
    (axes,) = figure.axes
    assert axes.get_xlabel() == "minutes from the start"
    assert axes.get_ylabel() == "phones out of service"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(runs)
    styles = {(line.get_color(), line.get_linestyle()) for line in axes.get_lines()}
    assert len(styles) == 8
    assert axes.get_title(loc="left") == "A title"


def test_the_axis_ends_where_the_last_is_back() -> None:
    """Hours of quiet are cut off; phones that never come back are shown to the end."""
    back = Curve(np.array([0, 120_000, 240_000]), np.array([0, 5, 0]), 36_000_000)
    never = Curve(np.array([0, 120_000]), np.array([0, 5]), 36_000_000)
    assert curve_figure({"back": back}).axes[0].get_xlim()[1] < 5
    assert curve_figure({"never": never}).axes[0].get_xlim()[1] > 600


def test_equal_curves_are_equal_bytes() -> None:
    """Drawn twice it is the same picture."""
    one = Curve(np.array([0, 60_000]), np.array([5, 0]), 600_000)
    assert figure_bytes(curve_figure({"a": one}), "png") == figure_bytes(
        curve_figure({"a": one}), "png"
    )
