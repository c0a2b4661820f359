"""Whatever an operator does to whatever cluster: the twin carries on and writes it all down."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from twin.phones.lifecycle import REGISTERED_STATES, TABLE, Event, State

EXAMPLES = settings().max_examples * 60 // 100


def drawn(player: Any, data: st.DataObject, most: int = 10) -> tuple[dict, list[dict]]:
    """A cluster and what is done to it."""
    document = data.draw(player.documents())
    return document, data.draw(st.lists(player.steps(document), max_size=most))


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_no_sequence_of_actions_breaks_the_twin(player: Any, data: st.DataObject) -> None:
    """Any sequence of actions runs to its end; each is journalled once with how it ended."""
    document, script = drawn(player, data)
    played = player.play(document, script)
    told = [row for row in played.node_rows if (row.service, row.event) == ("operator", "step")]
    assert [row.data["step"] for row in told] == list(range(1, len(script) + 2))
    assert [(row.data["outcome"], row.data["message"]) for row in told] == [
        (outcome.outcome, outcome.message) for outcome in played.outcomes
    ]
    assert [row.severity == "info" for row in told] == [
        outcome.outcome == "done" for outcome in played.outcomes
    ]
    assert {outcome.outcome for outcome in played.outcomes} <= {"done", "refused", "timed_out"}
    assert all(o.message for o in played.outcomes if o.outcome != "done")


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_time_only_goes_forward(player: Any, data: st.DataObject) -> None:
    """Rows of the journal are in order of time, none before the start, none after the end."""
    played = player.play(*drawn(player, data))
    end_ms = played.finished.ended_at_ms
    for times in (
        [0, *(row[0] for row in played.rows), end_ms],
        [0, *(row.at_ms for row in played.node_rows), end_ms],
    ):
        assert all(earlier <= later for earlier, later in pairwise(times))


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_guarded_or_impossible_action_says_so_in_two_places(
    player: Any, data: st.DataObject
) -> None:
    """A refused regeneration or reset is in the operator's row and in the tool's own, alike."""
    document, script = drawn(player, data)
    played = player.play(document, script)
    told = [row for row in played.node_rows if (row.service, row.event) == ("operator", "step")]
    refused = [r for r in told if r.data["outcome"] == "refused"]
    own = {"regenerate": ("CertMgr", "regenerate_refused"), "itl_reset": ("itlreset", "refused")}
    for action, place in own.items():
        theirs = [
            row.data["message"] for row in refused
            if row.data["action"] == action and not str(row.data["message"]).endswith(" is down")
        ]  # fmt: skip
        tools = [r.data["message"] for r in played.node_rows if (r.service, r.event) == place]
        assert theirs == tools


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_every_phone_is_in_exactly_one_state_at_every_instant(
    player: Any, data: st.DataObject
) -> None:
    """Replaying the journal by the table gives each phone one state, the live one, at all times.

    And every node counts exactly the phones whose journal says they are registered with it.
    """
    document, script = drawn(player, data)
    marks: list[tuple[int, list[int], list[int], dict[int, int]]] = []

    def mark(twin: Any) -> None:
        columns = twin.cluster.population
        registrars = twin.cluster.ports.registrars
        rows = twin.journal.phone_rows + len(twin.journal.pending())
        counts = {node: registrar.count for node, registrar in registrars.items()}
        marks.append((rows, list(columns.state), list(twin.cluster.engine.core.counts), counts))

    played = player.play(document, script, after_each=mark)
    population = played.twin.cluster.population
    states = [State(state) for state in population.initial_state]
    nodes = [group[0] if state == State.REGISTERED else -1 for state, group in zip(
        states, (population.group(n).callmanagers for n in range(population.size)), strict=True
    )]  # fmt: skip
    rows = played.rows
    for number in range(len(rows) + 1):
        while marks and marks[0][0] == number:
            _, live, counted, registered = marks.pop(0)
            assert live == states
            assert counted == [states.count(state) for state in State]
            assert registered == {node: nodes.count(node) for node in registered}
        if number < len(rows):
            _, phone, event, node, _ = rows[number]
            states[phone] = TABLE[states[phone]][event]
            if event == Event.REGISTERED:
                nodes[phone] = node
            elif states[phone] not in REGISTERED_STATES:
                nodes[phone] = -1
    assert marks == []
    assert {name: states[n] for n, name in enumerate(played.names)} == played.states
