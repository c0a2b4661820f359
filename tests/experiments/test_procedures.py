"""The published procedures, each from end to end, and wrong orders, which end otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin import library
from twin.api import RunResult
from twin.config.experiment import ExperimentConfig
from twin.config.families import Order, Procedure
from twin.config.load import load_experiment
from twin.metrics.expectations import holds, observed

Run = Callable[..., RunResult]

EXPERIMENTS = [load_experiment(name) for name in library.experiments()]
TVS_LAST = "how-is-a-cluster-renewed-with-tvs-last"
CALLMANAGER_LAST = "how-is-a-cluster-renewed-with-callmanager-last"
ASLEEP = "what-if-a-third-of-the-phones-sleeps-through-a-renewal"
ALL_AT_ONCE = "what-if-all-certificates-change-before-one-reset"
SINGLE = "how-is-a-single-server-renewed"
MIXED = "how-is-a-mixed-cluster-renewed"
LOCALKEY = "how-is-itlrecovery-renewed"
NO_LOCALKEY = "what-if-localkey-is-left-out-for-itlrecovery"
MULTI_SAN = "how-is-one-certificate-put-on-all-nodes"
AUTHORITIES_LAST = "what-if-the-authorities-come-last"


def _of(procedure: Procedure, order: Order) -> list[ExperimentConfig]:
    return [each for each in EXPERIMENTS if (each.procedure, each.order) == (procedure, order)]


def _fails_in(expected: ExperimentConfig, result: RunResult) -> list[str]:
    """What an experiment expects and another run does not show."""
    numbers = result.metrics.model_dump(mode="json")
    return [
        entry.title
        for entry in expected.expect
        if not holds(
            entry.comparison[0], observed(entry, numbers, result.tables), entry.comparison[1]
        )
    ]


@pytest.mark.parametrize("procedure", list(Procedure))
def test_a_wrong_order_ends_otherwise(procedure: Procedure, bundled: Run) -> None:
    """Each procedure is there in its order and in a wrong one, and either shows its own end."""
    published, wrong = (_of(procedure, order) for order in (Order.PUBLISHED, Order.WRONG))
    assert published
    assert wrong
    for good in published:
        for bad in wrong:
            assert (good.model, good.release) == (bad.model, bad.release)
            assert _fails_in(good, bundled(bad.name))
            assert _fails_in(bad, bundled(good.name))


@pytest.mark.parametrize("each", [e for e in EXPERIMENTS if e.procedure], ids=lambda e: e.name)
def test_a_procedure_is_told_from_end_to_end(each: ExperimentConfig) -> None:
    """It begins with a look and a backup, and a published one ends with a backup."""
    words = [step.kind for step in each.steps]
    first = words.index("check")
    assert words[first : first + 2] == ["check", "backup"]
    assert set(words[:first]) <= {"power"}
    if each.order is Order.PUBLISHED:
        assert set(words[words.index("backup", first + 2) + 1 :]) <= {"advance"}
        assert words.count("backup") == 2


def _on(release: str, steps: list[Any]) -> list[Any]:
    """Steps as that release takes them: from 12.5 subscribers have no ITLRecovery of their own."""
    subscriber = {"node": ("hq-sub", "branch-tftp"), "unit": ("ITLRecovery",)}
    is_foreign = [
        all(step.get("regenerate", {}).get(key) in values for key, values in subscriber.items())
        for step in steps
    ]
    return [
        s for s, foreign in zip(steps, is_foreign, strict=True) if release < "12" or not foreign
    ]


# -- with one thing changed -----------------------------------------------------------------


@pytest.mark.parametrize("release", ["10.5", "11.5", "12.5"])
@pytest.mark.parametrize("name", [TVS_LAST, CALLMANAGER_LAST])
def test_both_orders_do_on_every_release(variant: Run, name: str, release: str) -> None:
    """Patience carries every phone over, whichever comes first and whoever signs the list."""
    result = variant(name, lambda steps: _on(release, steps), release=release)
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.rejected == 0
    assert result.metrics.itl_mismatch == 0


@pytest.mark.parametrize(
    ("release", "units", "stuck"),
    [
        ("10.5", (), 60),
        ("11.5", ("CallManager",), 0),
        ("11.5", ("TVS",), 0),
        ("11.5", ("ITLRecovery",), 60),
        # Phones are reset before TFTP is restarted: the ITLRecovery they know signs until then.
        ("12.5", (), 0),
    ],
)
def test_what_must_not_change_together(
    variant: Run, release: str, units: tuple[str, ...], stuck: int
) -> None:
    """All in one go, one unit left out: it is the signer together with TVS that is fatal."""

    def steps(written: list[Any]) -> list[Any]:
        written = _on(release, written)
        return [s for s in written if s.get("regenerate", {}).get("unit") not in units]

    assert variant(ALL_AT_ONCE, steps, release=release).metrics.phones_stuck == stuck


def test_a_look_changes_nothing(variant: Run, bundled: Run) -> None:
    """The same steps without a single look leave the same numbers."""
    result = variant(TVS_LAST, lambda steps: [step for step in steps if "check" not in step])
    assert result.metrics == bundled(TVS_LAST).metrics


def test_phones_that_are_switched_on_before_the_work_are_carried_over(variant: Run) -> None:
    """The wrong order with the phones on: the look finds nothing, and nobody is stuck."""
    result = variant(ASLEEP, lambda steps: steps[1:-2])
    assert result.metrics.phones_stuck == 0
    assert len(result.tables.happened("check_failed")) == 0


def test_from_12_phones_may_sleep_through_both(variant: Run) -> None:
    """Where ITLRecovery signs, the 350 follow in the morning without any TVS."""
    result = variant(ASLEEP, release="12.5")
    assert result.metrics.phones_stuck == 0
    assert result.metrics.tvs.queries == 0


@pytest.mark.parametrize(("release", "stuck"), [("11.5", 250), ("12.5", 0)])
def test_a_single_server_needs_the_waits(variant: Run, release: str, stuck: int) -> None:
    """The published steps without a single wait, look or pause end as the wrong order does."""

    def steps(written: list[Any]) -> list[Any]:
        names = ("wait", "advance", "check", "reset_phones", "restart_after")
        rest = [s for s in written if not any(name in s for name in names)]
        rest = [s for s in rest if s.get("regenerate", {}).get("unit") != "ITLRecovery"]
        return [*rest, {"wait": {"until": "all_phones_registered", "at_most": "2h"}}]

    result = variant(SINGLE, steps, release=release, timing={"regeneration_guard_min": 0})
    assert result.metrics.phones_stuck == stuck


@pytest.mark.parametrize(("release", "rejected"), [("11.5", True), ("12.5", False)])
def test_the_mixed_order_is_harmless_where_itlrecovery_signs(
    variant: Run, release: str, rejected: bool
) -> None:
    """The same steps on 11.5 lose phones that know the CTL only: its signer is what is renewed."""
    result = variant(MIXED, release=release)
    assert (result.metrics.ctl_updates.rejected > 0) is rejected
    stuck = result.phones[result.phones["stuck"]]
    assert set(stuck["model"]) == ({"7960"} if rejected else set())


def test_localkey_is_for_phones_without_tvs(variant: Run) -> None:
    """With every TVS stopped, phones that know the publisher's CallManager still follow."""
    stops = [
        {"stop_service": {"node": node, "service": "TVS"}}
        for node in ("hq-pub", "hq-sub", "branch-tftp")
    ]

    def steps(written: list[Any]) -> list[Any]:
        return [*written[:2], *stops, *written[2:]]

    with_localkey = variant(LOCALKEY, steps)
    assert with_localkey.phones.groupby("site")["stuck"].sum().to_dict() == {"branch": 40, "hq": 0}
    assert variant(NO_LOCALKEY, steps).metrics.phones_stuck == 60


def test_a_phone_that_misses_the_list_in_between_asks_tvs(variant: Run) -> None:
    """Without the first resets of the publisher's phones they meet the new signer unprepared."""
    result = variant(LOCALKEY, lambda steps: [*steps[:5], *steps[7:]])
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.accepted_local == 40
    assert result.metrics.itl_updates.accepted_tvs == 60


def test_without_the_workaround_the_loop_is_there(variant: Run) -> None:
    """Two steps left out, and phones restart every seven minutes."""
    result = variant(MULTI_SAN, lambda steps: [s for s in steps if "stop_service" not in s])
    assert result.metrics.reset_loop.detected
    assert result.metrics.resets_per_phone_max > 10


def test_what_was_refused_is_taken_afterwards(variant: Run) -> None:
    """The authorities came last; the very same answers of the CA are taken then."""
    again = [{"upload_identity": {"node": node, "unit": "CallManager"}} for node in ("pub", "sub1")]
    result = variant(
        AUTHORITIES_LAST,
        lambda steps: [*steps, *again, {"wait": {"until": "quiet", "at_most": "1h"}}],
    )
    assert [step.outcome for step in result.document.steps[-3:]] == ["done"] * 3
    assert result.metrics.itl_updates.accepted_tvs == 1000
