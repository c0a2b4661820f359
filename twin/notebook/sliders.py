"""Sliders for a maintenance window: ipywidgets around `twin.notebook.planner.plan`.

Knows: widgets. Must not know what a plan does. Without ipywidgets the default plan is shown, and it
is said what is missing.
"""

from __future__ import annotations

from typing import Any

from IPython.core.display_functions import display

from twin.errors import InputError
from twin.notebook.planner import ORDERS, Plan, plan

MISSING = (
    "The sliders need ipywidgets, which is not installed: pip install 'cucm-twin[notebook]'. "
    "Below is the plan with the values given; plan(phones=..., reset_pace=..., wan_mbps=..., "
    "order=...) makes any other."
)
PHONES_MOST = 5_000
"""So many phones answer within a second or two of letting a slider go."""


def sliders(
    phones: int = 1_000,
    reset_pace: float = 50,
    wan_mbps: float = 10,
    order: str = "CallManager, then TVS",
) -> Any:
    """Sliders with a plan below them that is made anew when one is let go.

    Args:
        phones, reset_pace, wan_mbps, order: where the sliders stand at first, as for `plan`.

    Returns:
        A widget; without ipywidgets the `Plan`, after a line that says what is missing.

    Raises:
        InputError: a value a plan refuses.
    """
    start = {"phones": phones, "reset_pace": reset_pace, "wan_mbps": wan_mbps, "order": order}
    try:
        import ipywidgets
    except ImportError:
        print(MISSING)
        return plan(phones, reset_pace, wan_mbps, order)
    wide: dict[str, Any] = {
        "style": {"description_width": "16em"},
        "layout": ipywidgets.Layout(width="40em"),
    }
    controls = {
        "phones": ipywidgets.IntSlider(
            min=100, max=max(PHONES_MOST, phones), step=100, description="phones",
            continuous_update=False, **wide,
        ),
        "reset_pace": ipywidgets.IntSlider(
            min=5, max=200, step=5, description="resets per second and node",
            continuous_update=False, **wide,
        ),
        "wan_mbps": ipywidgets.SelectionSlider(
            options=sorted({1, 2, 5, 10, 20, 50, 100, wan_mbps}), value=wan_mbps,
            description="WAN, Mbit/s", continuous_update=False, **wide,
        ),
        "order": ipywidgets.Dropdown(options=list(ORDERS), description="order", **wide),
    }  # fmt: skip
    for name, control in controls.items():
        control.value = start[name]
    shown = ipywidgets.interactive_output(show, controls)
    return ipywidgets.VBox([*controls.values(), shown])


def show(**values: Any) -> Plan | None:
    """Make a plan and show it, or say what is wrong with the values."""
    try:
        made = plan(**values)
    except InputError as error:
        print(error)
        return None
    display(made)
    return made
