"""Sliders around a plan."""

from __future__ import annotations

import sys
from typing import Any

import ipywidgets
import pytest
from IPython.core.interactiveshell import InteractiveShell

from twin.errors import InputError
from twin.notebook import sliders as module
from twin.notebook.planner import Plan
from twin.notebook.sliders import MISSING, show, sliders


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was displayed."""
    made: list[Any] = []
    monkeypatch.setattr(module, "display", made.append)
    return made


@pytest.fixture
def in_a_shell() -> Any:
    """Widgets show their output in a shell only."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.mark.usefixtures("in_a_shell")
def test_sliders_show_a_plan_at_once(shown: list[Any]) -> None:
    """Without a touch there is the plan of the values they stand at."""
    box = sliders(phones=100, reset_pace=25, wan_mbps=3, order="TVS, then CallManager")
    assert isinstance(box, ipywidgets.VBox)
    assert [control.value for control in box.children[:4]] == [100, 25, 3, "TVS, then CallManager"]
    (plan,) = shown
    assert (plan.phones, plan.reset_pace, plan.wan_mbps) == (100, 25, 3)


@pytest.mark.usefixtures("in_a_shell")
def test_a_slider_let_go_makes_a_new_plan(shown: list[Any]) -> None:
    """Each change runs the evening anew, with the other values as they stand."""
    box = sliders(phones=100)
    box.children[1].value = 5
    box.children[3].value = "all at once"
    assert [(plan.reset_pace, plan.order) for plan in shown] == [
        (50, "CallManager, then TVS"),
        (5, "CallManager, then TVS"),
        (5, "all at once"),
    ]
    assert all(not child.continuous_update for child in box.children[:3])


def test_without_ipywidgets_it_says_so_and_shows_the_plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing, how to install it, and the plan with the values given."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    made = sliders(phones=40)
    assert isinstance(made, Plan)
    assert made.phones == 40
    assert MISSING in capsys.readouterr().out
    assert "pip install 'cucm-twin[notebook]'" in MISSING


def test_values_a_plan_refuses_are_told_below_the_sliders(
    shown: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A refusal is a sentence, not a traceback."""
    assert show(phones=1) is None
    assert "10 to 20,000" in capsys.readouterr().out
    assert shown == []
    with pytest.raises(InputError):
        module.plan(phones=1)
