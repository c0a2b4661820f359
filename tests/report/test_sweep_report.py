"""The page of a sweep: variants side by side, with intervals."""

from __future__ import annotations

from pathlib import Path

import pytest

import twin
from tests.report.page_reader import Page, check_page
from twin.report.reports import report_of
from twin.report.sweep_tables import SweepTables
from twin.study.sweep_folder import read_sweep_folder


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two variants, eight runs each; users on the phone delay the last ones."""
    folder = tmp_path_factory.mktemp("grid")
    twin.sweep(
        "callmanager-regeneration", model="two-node-1000", vary={"timing.p_busy": [0.0, 0.2]},
        replicates=8, workers=0, out=folder,
    )  # fmt: skip
    return folder


def test_a_sweep_is_one_whole_accessible_file(grid: Path) -> None:
    """The page is in order, names both variants, and is the same each time."""
    text = report_of(grid)
    page = Page(text)
    check_page(page)
    assert "p_busy=0" in page.text
    assert "p_busy=0.2" in page.text
    assert {"spread", "chances", "comparison"} <= set(page.values("id"))
    assert "window" not in page.values("id")
    assert report_of(grid) == text


def test_the_answer_names_the_dearest_variant_and_whether_it_is_clear(grid: Path) -> None:
    """More calls make it longer, in every pair of runs with one seed."""
    tables = SweepTables(read_sweep_folder(grid))
    sentence, is_good = tables.answer()
    assert is_good
    assert sentence.startswith("In none of 16 runs was a phone stuck; of 2 variants p_busy=0")
    assert "p_busy=0.2 most" in sentence
    assert "do not tell" not in sentence
    clear = {name: found.is_clear for _, name, found in tables.comparisons}
    assert clear["recovery_s.p100"]


def test_a_number_that_never_differs_has_no_table(grid: Path) -> None:
    """Each phone is reset once in every run: one sentence says it."""
    tables = SweepTables(read_sweep_folder(grid))
    assert "resets of one phone: 1" in tables.alike()
    assert not [one for one in tables.distributions() if one.caption.startswith("Most resets")]


def test_a_sample_is_taken_together(tmp_path: Path) -> None:
    """Points of a Sobol sequence are one population, without comparisons."""
    twin.sweep(
        "callmanager-regeneration", sample=4, over=["timing.p_busy"], replicates=1, workers=0,
        out=tmp_path,
    )  # fmt: skip
    page = Page(report_of(tmp_path))
    check_page(page)
    assert "points of a sample" in page.text
    assert "comparison" not in page.values("id")


def test_stuck_phones_are_the_first_thing_said(tmp_path: Path) -> None:
    """A variant with stuck phones is the dearest, whatever else it costs."""
    twin.sweep(
        "what-if-both-change-on-a-single-server",
        vary={"timing.regeneration_guard_min": [0, 5]}, replicates=2, workers=0, out=tmp_path,
    )  # fmt: skip
    sentence, is_good = SweepTables(read_sweep_folder(tmp_path)).answer()
    assert not is_good
    assert sentence.startswith("In 2 of 4 runs phones were stuck")
    assert "regeneration_guard_min=5 costs least (phones stuck at the end: 0)" in sentence


def test_the_window_of_a_folder_is_in_its_report(tmp_path: Path) -> None:
    """The report of what `twin window --out` leaves has the window, its figure and its advice."""
    answer = twin.window(
        "how-long-must-the-window-be", model="two-node-1000", replicates=3, workers=0, out=tmp_path
    )
    page = Page(report_of(tmp_path))
    check_page(page)
    assert "window" in page.values("id")
    assert all(" ".join(line.split()) in page.text for line in answer.document.advice)
