"""The fast engine and the slow, obvious one tell the same story, row for row."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

EXAMPLES = settings().max_examples * 60 // 100


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_both_engines_tell_the_same_story(
    teller: Any, both_agree: Any, data: st.DataObject
) -> None:
    """On a random small cluster under strain, phones, nodes, findings and queues are the same."""
    story = data.draw(teller.stories.stories())
    both_agree(*teller.tell_twice(story))
