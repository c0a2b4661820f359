"""Everything there is, done in any order to any deployment: no crash, no broken invariant.

Steps are drawn for the cluster as it is by then, so that an upgrade brings its release's own.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.properties import invariants
from tests.properties.clusters import Document, Step
from tests.properties.oracle import watched
from tests.properties.whole_house import anything, deployments, parts

EXAMPLES = settings().max_examples * 50 // 100
PHASES = (Phase.explicit, Phase.generate)
"""A walk is not shrunk: that would take hours, and its last step is told as it is."""
MOST = 40
"""Steps of one walk, at most."""
REST = {"wait": {"until": "quiet", "at_most": "4h"}}


class Walk:
    """A run whose steps are drawn one by one, each looked at when it is over."""

    def __init__(self, player: Any, data: st.DataObject) -> None:
        self.player = player
        self.document: Document = data.draw(deployments())
        self.seed = data.draw(st.integers(0, 1 << 32))
        self.every_phone = data.draw(st.booleans())
        self.steps: list[Step] = []
        self.twin = self.new()

    def new(self) -> Any:
        """The twin as it begins."""
        return self.player.twin(self.document, seed=self.seed, every_phone=self.every_phone)

    def draw(self, data: st.DataObject) -> None:
        """Draw the next step, and take it."""
        now = self.document | {"release": self.twin.cluster.release.name}
        for step in parts(data.draw(anything(now)), self.document):
            self.take(step)

    def take(self, step: Step) -> None:
        """Take a step; what only grows has grown, and the phones add up."""
        before = self._sizes()
        outcome = self.twin.do(step)
        self.steps.append(step)
        after = self._sizes()
        assert all(new >= old for old, new in zip(before, after, strict=True))
        assert outcome.outcome in ("done", "refused", "timed_out")
        assert outcome.message or outcome.outcome == "done"
        invariants.phones_add_up(self.twin)

    def _sizes(self) -> tuple[int, ...]:
        """What can only grow: time, rows of the journal, versions of every ITL."""
        cluster, journal = self.twin.cluster, self.twin.journal
        served = [node.tftp.version for node in cluster.nodes.values() if node.tftp is not None]
        return (self.twin.now_ms, journal.phone_rows, *served)


def test_no_walk_breaks_the_house(player: Any) -> None:
    """Any course of events ends: lists are true, verdicts have grounds, the journal is whole.

    The same seed gives the same journal again; thousands of steps of most kinds were taken.
    """
    taken: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, phases=PHASES)
    @given(data=st.data())
    def walks(data: st.DataObject) -> None:
        with watched() as watch:
            walk = Walk(player, data)
            watch.twin = walk.twin
            for _ in range(data.draw(st.integers(20, MOST))):
                walk.draw(data)
            walk.take(REST)
        finished = walk.twin.finish()
        nodes, _ = invariants.finished(walk.twin, finished.ended_at_ms)
        invariants.lists_are_true(walk.twin, nodes)
        told = [row for row in nodes if (row.service, row.event) == ("operator", "step")]
        assert [row.data["action"] for row in told] == [next(iter(step)) for step in walk.steps]
        taken.update(str(row.data["action"]) for row in told)
        if data.draw(st.integers(0, 3)) == 0:
            again = walk.new()
            for step in walk.steps:
                again.do(step)
            assert again.finish().fingerprint == finished.fingerprint

    walks()
    assert taken.total() >= 20 * EXAMPLES
    assert len(taken) >= 40
