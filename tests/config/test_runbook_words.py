"""The words of runbooks: complete, with an origin each, and no brace that nothing fills."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from twin.config.runbook import RunbookWords, braces, filled, load_runbook
from twin.config.steps import ACTIONS
from twin.phones import stuck


def test_every_action_is_an_administrators_or_is_not() -> None:
    """No word of an experiment is without an entry, and none has two."""
    words = load_runbook()
    assert set(words.actions) | set(words.what_if) == set(ACTIONS)
    assert set(words.actions) & set(words.what_if) == set()


def test_every_remedy_of_the_twin_is_explained() -> None:
    """What the stuck analysis can name, the runbook can say how to do."""
    named = {
        stuck.BY_HAND, stuck.CTL_BY_HAND, stuck.BOTH_BY_HAND, stuck.CTL_UPDATE, stuck.CTL_LOCALKEY,
        stuck.CTL_CLIENT, stuck.LOCALKEY, stuck.REMOTEKEY, stuck.OTHER_TFTP, stuck.START_TVS,
        stuck.INSIDE, stuck.DEVICE_TRUST, stuck.NEW_LSC, stuck.DELETE_LSC,
    }  # fmt: skip
    assert named <= set(load_runbook().remedies)


def document(**changes: Any) -> dict[str, Any]:
    """The bundled words as data, with changes."""
    return load_runbook().model_dump(mode="json", exclude_unset=True) | changes


@pytest.mark.parametrize(
    ("word", "entry", "said"),
    [
        ("regenerate", [{"do": ["on {nod}"], "source": "S"}], "no field 'nod'"),
        ("regenerate", [{"do": ["on {node}"], "checks": ["regstered"], "source": "S"}], "no check"),
        ("regenerate", [{"do": ["on {node}"]}], "both source and assumption, or neither"),
        ("regenerate", [{"when": {"unit": "TVS"}, "source": "S"}], "no way for every such step"),
        ("advance", [{"do": ["wait"], "source": "S"}], "in both actions and what_if"),
        ("regenrate", [{"do": ["x"], "source": "S"}], "unknown action 'regenrate'"),
    ],
)
def test_words_that_do_not_hang_together_are_refused(
    word: str, entry: list[Any], said: str
) -> None:
    """A wrong field, check, origin or word is named."""
    wrong = document()
    wrong["actions"] = wrong["actions"] | {word: entry}
    with pytest.raises(ValidationError, match=said):
        RunbookWords.model_validate(wrong)


def test_a_line_without_its_value_is_left_out() -> None:
    """A line is filled from the fields it names, and dropped when none of them has a value."""
    assert braces("set cert regen {unit}") == ["unit"]
    assert filled("set cert regen {unit}", {"unit": "TVS"}) == "set cert regen TVS"
    assert filled("of {authority}", {"authority": ""}) is None
    assert filled("utils itl reset localkey", {}) == "utils itl reset localkey"
    assert filled("{a} and {b}", {"a": "one"}) == "one and"
