"""Checks of notebook 7: mixed mode and CAPF."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any

from twin.api import run
from twin.cluster.twin import Twin
from twin.config.experiment import ExperimentConfig
from twin.notebook.checks.bench import ran
from twin.notebook.checks.board import Exercise, members, tried, whole
from twin.phones.lifecycle import Event

MODEL = "mixed-mode-200"
RENEW = {"regenerate": {"node": "pub", "unit": "CallManager"}}
RESTART = {"restart_service": {"node": "pub", "service": "CallManager"}}


@lru_cache(maxsize=4)
def _accident(release: str) -> Twin:
    """CallManager renewed and restarted, the CTL forgotten."""
    lab = Twin(MODEL, release=release)
    lab.do(RENEW)
    lab.wait()
    lab.do(RESTART)
    lab.wait("quiet", "30m")
    return lab


def _populations_out() -> set[Any]:
    lab = _accident("12.5")
    names = lab.cluster.population.names
    return {view.population for view in map(lab.phone, names) if view.state == "unregistered"}


def _stuck_on_11_5() -> int:
    lab = Twin(MODEL, release="11.5")
    lab.do(RENEW)
    lab.wait()
    lab.do(RESTART)
    lab.wait("quiet", "30m")
    lab.do({"ctl_update": {}})
    lab.do({"restart_service": {"node": "pub", "service": "TFTP"}})
    lab.wait("quiet", "1h")
    return len(lab.stuck())


def _out_after_tidying() -> int:
    return ran("what-if-the-old-capf-is-deleted-too-early").metrics.phones_unregistered_at_end


def _carry_out(steps: list[Any]) -> str:
    question = ExperimentConfig.model_validate(
        {
            "name": "exercise-7-4",
            "title": "CallManager of the publisher renewed and in use",
            "question": "Is anybody turned away twice?",
            "model": MODEL,
            "release": "12.5",
            "start": "2016-02-07T22:00:00Z",
            "steps": [*steps, {"wait": {"until": "quiet", "at_most": "2h"}}],
            "run_for": "12h",
        }
    )
    result = run(question)
    for step in result.document.steps:
        if step.outcome != "done":
            return f"Step {step.action!r} ends with: {step.outcome}"
    events = result.events
    renewed = events[(events["event"] == "regenerated") & (events["node"] == "cucm-pub")]
    if not any(data.get("unit") == "CallManager" for data in renewed["data"]):
        return "CallManager of the publisher has not been renewed."
    if not any(step.get("restart_service") == RESTART["restart_service"] for step in steps):
        return "The new certificate is not in use: the service still has the old one loaded."
    metrics = result.metrics
    if metrics.phones_unregistered_at_end or metrics.phones_stuck:
        out, stuck = metrics.phones_unregistered_at_end, metrics.phones_stuck
        return f"At the end {out:,} phones are out and {stuck:,} are stuck."
    refused = Counter(result.tables.select(Event.TLS_REFUSED).phone.tolist())
    twice = sum(times > 1 for times in refused.values())
    return f"{twice:,} phones were turned away more than once." if twice else ""


EXERCISES = {
    "7.1": Exercise(
        "a set of names of populations",
        (set,),
        members(
            _populations_out,
            "There are more. Who speaks TLS, and with which node?",
            "Not all of these. Plain phones speak no TLS; some secure ones have another node.",
        ),
        "Those that speak TLS and know no node but the publisher. The others speak no TLS, or "
        "register with the subscriber, whose certificate is the old one.",
    ),
    "7.2": Exercise(
        "a number of phones",
        (int,),
        whole(
            _stuck_on_11_5,
            "More. Who signs the CTL on 11.5, and who knows nobody to ask about that?",
            "Fewer. Phones with Security by Default have a TVS.",
        ),
        "The 7960s: no Security by Default, so no ITL and no TVS, and the signer of the CTL is "
        "new to them.",
    ),
    "7.3": Exercise(
        "a number of phones",
        (int,),
        whole(
            _out_after_tidying,
            "More. metrics.phones_unregistered_at_end",
            "Fewer. metrics.phones_unregistered_at_end",
        ),
        "All that show an LSC of the old CAPF: CallManager no longer knows who issued it.",
    ),
    "7.4": Exercise(
        "a list of steps",
        (list,),
        tried(_carry_out),
        "The new CTL was there before anybody presented the new certificate: a phone that came "
        "back with the old one was refused, fetched the new one, and was in.",
    ),
}
