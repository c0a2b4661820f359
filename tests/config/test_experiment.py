"""The experiment document: steps, times and expectations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from twin.config.actions import ItlReset, Regenerate
from twin.config.experiment import Expectation, ExperimentConfig
from twin.config.families import FAMILY_TITLES, PROCEDURE_TITLES, Family, Procedure
from twin.config.steps import ACTIONS, NOT_BUILT, Step
from twin.config.words import Service, Unit

Faults = Callable[[Callable[[dict[str, Any]], object]], list[str]]


def test_an_experiment_knows_its_times(experiment: dict[str, Any]) -> None:
    """Durations are milliseconds, the start is in UTC and is instant 0."""
    experiment["start"] = "2016-02-08T03:30:00+05:30"
    config = ExperimentConfig.model_validate(experiment)
    assert config.run_for_ms == 4 * 3_600_000
    assert config.start == datetime(2016, 2, 7, 22, tzinfo=UTC)
    assert config.epoch.iso(0) == "2016-02-07T22:00:00.000Z"
    assert config.seed == 1


def test_a_step_gives_its_word_and_its_arguments(experiment: dict[str, Any]) -> None:
    """One accessor serves all actions."""
    first, second = ExperimentConfig.model_validate(experiment).steps
    assert first.kind == "regenerate"
    assert first.action == Regenerate(node="pub", unit=Unit.CALLMANAGER)
    assert second.wait is not None
    assert (second.kind, second.wait.at_most_ms) == ("wait", 7_200_000)


def test_an_action_without_arguments_may_stand_alone() -> None:
    """`- itl_reset:` takes the defaults."""
    step = Step.model_validate({"itl_reset": None, "name": "recover", "at": "1h"})
    assert step.action == ItlReset(key="local")
    assert (step.kind, step.name, step.at_ms) == ("itl_reset", "recover", 3_600_000)


def test_a_service_may_have_its_long_name() -> None:
    """Cisco Tftp and TFTP are the same service."""
    step = Step.model_validate({"restart_service": {"node": "pub", "service": "Cisco Tftp"}})
    assert step.restart_service is not None
    assert step.restart_service.service is Service.TFTP


def test_all_phones_may_be_selected_by_a_word() -> None:
    """`phones: all` is the same as no selection."""
    step = Step.model_validate({"power": {"phones": {"phones": "all"}, "on": False}})
    assert step.power is not None
    assert step.power.phones.phones is None


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        (
            [{"regenrate": {}}],
            "steps[0].regenrate: unknown action 'regenrate'; did you mean 'regenerate'? "
            "'twin schema experiment' lists the actions.",
        ),
        ([{}], "steps[0]: no action, expected exactly one action in a step."),
        (
            [{"itl_reset": None, "advance": {"for": "1h"}}],
            "steps[0]: 2 actions (itl_reset, advance), expected exactly one action in a step.",
        ),
        (
            [{"advance": {"for": "3 hurs"}}],
            "steps[0].advance.for: unknown unit 'hurs' in '3 hurs', "
            "expected one of ms, s, m, h, d, w, y; did you mean 'hours'?",
        ),
        (
            [{"advance": {"for": 90}}],
            "steps[0].advance.for: the number 90 has no unit, "
            "expected a duration such as '2h' or '90 s'.",
        ),
        (
            [{"reset_phones": {"select": {"share": 0.5, "count": 3}}}],
            "steps[0].reset_phones.select: both share and count, expected one of them at most.",
        ),
        (
            [{"https_request": {}}],
            "steps[0].https_request: both node and web_server, or neither, "
            "expected exactly one of them.",
        ),
        (
            [{"regenerate": {"node": "pub", "unit": "Callmanager"}}],
            "steps[0].regenerate.unit: 'Callmanager', expected one of tomcat, ipsec, "
            "CallManager, CAPF, TVS, ITLRecovery, "
            "tomcat-ECDSA, CallManager-ECDSA, authz, cup, cup-xmpp, cup-xmpp-s2s and 3 more; "
            "did you mean 'CallManager'?",
        ),
        (
            [{"at": "2h", "itl_reset": None}, {"at": "1h", "itl_reset": None}],
            "steps[1].at: earlier than a step before it, expected times in order.",
        ),
        (
            [{"advance": {"for": "3h"}}, {"advance": {"for": "2h"}}],
            "steps[1]: the timeline is longer than run_for, expected a longer run_for.",
        ),
    ],
)
def test_a_wrong_step_is_named(
    experiment_faults: Faults, steps: list[dict[str, Any]], fault: str
) -> None:
    """One wrong step gives one fault with the way out."""
    assert experiment_faults(lambda e: e.update(steps=steps)) == [fault]


@pytest.mark.parametrize("word", NOT_BUILT)
def test_a_reserved_word_says_so(experiment_faults: Faults, word: str) -> None:
    """Actions of later versions are not taken for misspelt ones."""
    (fault,) = experiment_faults(lambda e: e.update(steps=[{word: {}}]))
    assert fault.startswith(f"steps[0].{word}: action {word!r} is not built yet.")


def test_no_word_is_both_built_and_reserved() -> None:
    """The two lists are apart."""
    assert not set(ACTIONS) & set(NOT_BUILT)


@pytest.mark.parametrize("start", ["2016-02-07T22:00:00", "2016-02-07", "soon", 2016, None])
def test_a_start_needs_a_moment_and_a_zone(experiment_faults: Faults, start: object) -> None:
    """A start without a zone would mean another moment on another machine."""
    (fault,) = experiment_faults(lambda e: e.update(start=start))
    assert fault.startswith("start: ")
    assert "e.g. 2016-02-07T22:00:00Z" in fault


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, "not one comparison"),
        ({"equals": 1, "at_most": 2}, "not one comparison"),
        ({"equals": 1, "event": "x"}, "not one thing to look at"),
        ({"equals": 1, "metric": None}, "not one thing to look at"),
        ({"between": [2, 1]}, "[2.0, 1.0], expected the least first"),
        ({"equals": 1, "node": "pub"}, "node with a metric"),
        ({"equals": [1]}, "[1], expected a number, a text, true or false"),
    ],
)
def test_a_malformed_expectation_is_refused(change: dict[str, Any], fault: str) -> None:
    """An expectation looks at one thing and compares it once."""
    with pytest.raises(ValidationError) as caught:
        Expectation.model_validate({"metric": "phones_stuck", **change})
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ({"metric": "phones_stuck", "equals": 0}, "phones_stuck equals 0"),
        ({"metric": "recovery_s.p95", "between": [60, 900]}, "recovery_s.p95 between 60 and 900"),
        ({"event": "refused", "node": "pub", "at_least": 1}, "refused pub at least 1"),
        ({"metric": "recovery_s.p100", "is_null": True}, "recovery_s.p100 is null True"),
        ({"metric": "phones_stuck", "equals": 0, "name": "none stuck"}, "none stuck"),
    ],
)
def test_an_expectation_has_a_title(written: dict[str, Any], title: str) -> None:
    """Reports name an expectation by its own name or by its parts."""
    assert Expectation.model_validate(written).title == title


def test_a_written_experiment_reads_back_the_same(experiment: dict[str, Any]) -> None:
    """Document to experiment to document loses nothing."""
    config = ExperimentConfig.model_validate(experiment)
    assert ExperimentConfig.model_validate(config.model_dump(mode="json", exclude_unset=True)) == (
        config
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"procedure": "single_node"}, "procedure: procedure alone, expected both procedure and"),
        ({"order": "wrong"}, "order: order alone, expected both procedure and order."),
        ({"family": "mixed-mode"}, "did you mean 'mixed_mode'?"),
        ({"procedure": "single-node", "order": "wrong"}, "did you mean 'single_node'?"),
    ],
)
def test_a_procedure_has_an_order_and_words_their_spelling(
    experiment_faults: Faults, change: dict[str, Any], fault: str
) -> None:
    """Procedure and order stand together; families, procedures and orders are closed lists."""
    (found,) = experiment_faults(lambda e: e.update(change))
    assert fault in found


def test_every_family_and_procedure_has_a_title() -> None:
    """Lists show each of them under its title, in the order in which they are written."""
    assert list(FAMILY_TITLES) == list(Family)
    assert list(PROCEDURE_TITLES) == list(Procedure)
