"""A maintenance window to play with: phones, reset pace, WAN and order in, a storm curve out.

Knows: how such an evening is put to the twin. What comes of it is the twin's business: an order is
a list of steps here, and nothing says how it ends. The widgets are in `twin.notebook.sliders`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twin.api import RunResult, run
from twin.config.experiment import ExperimentConfig
from twin.config.faults import nearest
from twin.config.load import load_model
from twin.config.model import ModelConfig
from twin.errors import Fault, InputError
from twin.notebook.curves import curves
from twin.simtime import format_ms

MODEL = "two-node-1000"
BRANCH = "branch"
BRANCH_SHARE = 0.4
"""Share of the phones behind the WAN. Assumption: chosen so that both sites count."""
BRANCH_RTT_MS = 40
"""Assumption: a link across a country."""

_WAIT = {"wait": {"until": "all_phones_registered", "at_most": "4h"}}
_CALLMANAGER = tuple({"regenerate": {"node": n, "unit": "CallManager"}} for n in ("pub", "sub1"))
_TVS = tuple({"regenerate": {"node": n, "unit": "TVS"}} for n in ("pub", "sub1"))


def _waiting(*steps: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    return tuple(part for step in steps for part in (step, _WAIT))


ORDERS: dict[str, tuple[dict[str, Any], ...]] = {
    "CallManager, then TVS": _waiting(*_CALLMANAGER, *_TVS),
    "TVS, then CallManager": _waiting(*_TVS, *_CALLMANAGER),
    "all at once": (*_CALLMANAGER, *_TVS, _WAIT),
}
"""Orders in which CallManager and TVS of both nodes are renewed; all but the last wait."""


@dataclass(frozen=True)
class Plan:
    """An evening as planned, and what came of it: `result`, `plot()`, `numbers()`."""

    phones: int
    reset_pace: float
    wan_mbps: float
    order: str
    result: RunResult

    @property
    def title(self) -> str:
        """The answer in a line."""
        stuck = self.result.metrics.phones_stuck
        words = f"{stuck:,} phones stuck" if stuck else "no phone stuck"
        return f"{self.order}: {self.length} until all are back, {words}"

    @property
    def subtitle(self) -> str:
        """What was planned."""
        return (
            f"{self.phones:,} phones, {self.reset_pace:g} resets a second from each CallManager, "
            f"{BRANCH_SHARE:.0%} of the phones behind {self.wan_mbps:g} Mbit/s"
        )

    @property
    def alt(self) -> str:
        """The figure in words."""
        return f"Phones out of service over time: {self.title}"

    @property
    def length(self) -> str:
        """From the first step until the last phone that comes back is back, e.g. "14m 3s"."""
        return format_ms(round(self.length_s) * 1000) or "0s"

    @property
    def length_s(self) -> float:
        """The same, seconds."""
        at_ms = self.result.occupancy.at_ms
        return float(at_ms[-1]) / 1000 if len(at_ms) else 0.0

    def numbers(self) -> list[tuple[str, Any]]:
        """What the evening costs, in rows."""
        metrics = self.result.metrics
        return [
            ("First step until the last phone is back", self.length),
            ("Most phones out of service at once", metrics.peak_unregistered),
            ("Outage, phone-hours", round(metrics.outage_phone_minutes / 60, 1)),
            ("Resets", metrics.resets_total),
            ("Phones stuck at the end", metrics.phones_stuck),
        ]

    def plot(self) -> Any:
        """The storm curve, a matplotlib Figure."""
        return curves({self.order: self.result}, self.subtitle)


def plan(
    phones: int = 1_000,
    reset_pace: float = 50,
    wan_mbps: float = 10,
    order: str = "CallManager, then TVS",
    seed: int = 1,
) -> Plan:
    """Renew CallManager and TVS of a two-node cluster in an order, and see.

    Args:
        phones: of the whole cluster, 10 to 20,000; 40 % of them sit in a branch.
        reset_pace: reset messages each CallManager sends per second.
        wan_mbps: bandwidth of the link to the branch, Mbit/s.
        order: one of `ORDERS`.
        seed: root of all chance.

    Raises:
        InputError: an unknown order, or a number out of range.
    """
    question, model = evening(phones, reset_pace, wan_mbps, order)
    result = run(question, model=model, seed=seed)
    return Plan(phones, reset_pace, wan_mbps, order, result)


def evening(
    phones: int = 1_000,
    reset_pace: float = 50,
    wan_mbps: float = 10,
    order: str = "CallManager, then TVS",
) -> tuple[ExperimentConfig, ModelConfig]:
    """The documents of a plan, to be asked more of: `twin.window(question, model=model)`.

    Raises:
        InputError: as for `plan`.
    """
    if order not in ORDERS:
        raise InputError(
            Fault("order", f"unknown order {order!r}", "; ".join(ORDERS), nearest(order, ORDERS))
        )
    if not 10 <= phones <= 20_000:
        raise InputError(Fault("phones", f"{phones:,}", "10 to 20,000"))
    question = ExperimentConfig.model_validate(
        {
            "name": "evening",
            "title": "CallManager and TVS of both nodes renewed",
            "question": f"CallManager and TVS of both nodes are renewed, {order}: what happens?",
            "model": MODEL,
            "start": "2016-02-07T22:00:00Z",
            # As in the bundled experiments on overlaps: no document tells which releases the
            # guard of five minutes covers, and with it the orders would not be comparable.
            "timing": {"regeneration_guard_min": 0, "reset_pace_per_ccm_per_s": reset_pace},
            "steps": ORDERS[order],
            "run_for": "4h",
        }
    )
    return question, _model(phones, wan_mbps)


def _model(phones: int, wan_mbps: float) -> ModelConfig:
    """The two-node cluster with other numbers of phones and a branch."""
    document = load_model(MODEL).model_dump(mode="json", by_alias=True, exclude_unset=True)
    away = round(phones * BRANCH_SHARE)
    document["sites"] = [
        *document["sites"],
        {"name": BRANCH, "rtt_ms": BRANCH_RTT_MS, "bandwidth_mbps": wan_mbps},
    ]
    near, far = document["phones"][0], document["phones"][1]
    document["phones"] = [
        near | {"count": phones - away},
        far | {"count": away, "site": BRANCH, "name": f"{BRANCH}-{far['model']}"},
    ]
    return ModelConfig.model_validate(document)
