"""Work of the same instant may be done in any order: how a run ends does not depend on it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

EXAMPLES = settings().max_examples * 40 // 100


@settings(max_examples=EXAMPLES)
@given(data=st.data(), ties=st.integers(0, 1 << 32))
def test_the_order_within_an_instant_does_not_decide(
    player: Any, data: st.DataObject, ties: int
) -> None:
    """With same-instant work shuffled, phones end in the same states, stuck for the same reasons.

    Outcomes of the steps are the same, too.
    """
    document = data.draw(player.documents())
    script = data.draw(player.stories(document))
    plain = player.play(document, script)
    shuffled = player.play(document, script, perturb_ties=ties)
    assert [o.outcome for o in plain.outcomes] == [o.outcome for o in shuffled.outcomes]
    assert plain.states == shuffled.states
    assert plain.stuck == shuffled.stuck
