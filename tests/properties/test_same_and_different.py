"""What a run depends on: model, steps and seed; and what it does not."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twin.phones.lifecycle import Event

EXAMPLES = settings().max_examples * 25 // 100


def drawn(player: Any, data: st.DataObject, most: int = 6) -> tuple[dict, list[dict]]:
    """A cluster and what is done to it."""
    document = data.draw(player.documents())
    return document, data.draw(st.lists(player.steps(document), max_size=most))


@settings(max_examples=EXAMPLES)
@given(data=st.data(), seed=st.integers(0, 1 << 64))
def test_the_same_seed_gives_the_same_journal(player: Any, data: st.DataObject, seed: int) -> None:
    """Two runs of the same model, steps and seed have equal fingerprints."""
    document, script = drawn(player, data)
    first, second = (player.play(document, script, seed=seed) for _ in range(2))
    assert first.finished.fingerprint == second.finished.fingerprint
    assert first.rows == second.rows


@settings(max_examples=EXAMPLES)
@given(data=st.data(), seeds=st.sets(st.integers(0, 1 << 64), min_size=2, max_size=2))
def test_another_seed_gives_another_journal(
    player: Any, data: st.DataObject, seeds: set[int]
) -> None:
    """Two runs that differ in the seed alone differ in their journals once anything happens."""
    document, script = drawn(player, data)
    script = [{"regenerate": {"node": "pub", "unit": "TVS"}}, *script]
    first, second = (player.play(document, script, seed=seed) for seed in sorted(seeds))
    assert first.finished.fingerprint != second.finished.fingerprint


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_the_order_of_a_document_means_nothing(player: Any, data: st.DataObject) -> None:
    """Nodes, sites, groups and populations in another order: the same journal."""
    document, script = drawn(player, data)
    shuffled = document | {
        part: data.draw(st.permutations(document[part]), label=part)
        for part in ("nodes", "sites", "callmanager_groups", "phones")
    }
    first, second = (player.play(written, script) for written in (document, shuffled))
    assert first.finished.fingerprint == second.finished.fingerprint
    assert first.names == second.names
    assert first.stuck == second.stuck


def test_the_order_of_a_nodes_services_means_nothing(player: Any) -> None:
    """The services of a node may be written in any order, too."""
    services = ["CallManager", "TFTP", "CAPF"]
    document = {
        "name": "x", "title": "x", "release": "11.5", "domain": "example.com",
        "subject": player.subject,
        "nodes": [{"name": "alpha", "role": "publisher", "address": "10.0.0.1"}],
    }  # fmt: skip
    prints = set()
    for written in (services, services[::-1]):
        node = document["nodes"][0] | {"services": written}
        played = player.play(document | {"nodes": [node]}, [{"node": {"node": "pub", "up": False}}])
        prints.add(played.finished.fingerprint)
    assert len(prints) == 1


@settings(max_examples=EXAMPLES)
@given(data=st.data(), order=st.permutations(range(5)))
def test_the_order_of_named_phones_means_nothing(
    player: Any, data: st.DataObject, order: list[int]
) -> None:
    """Phones written by name may be written in any order."""
    document, script = drawn(player, data)
    names = [f"SEP00000000000{n}" for n in range(5)]
    played = []
    for written in (names, [names[n] for n in order]):
        phones = {key: value for key, value in document["phones"][0].items() if key != "count"}
        played.append(player.play(document | {"phones": [phones | {"names": written}]}, script))
    assert played[0].finished.fingerprint == played[1].finished.fingerprint


PAIRS = {
    "jitter": (Event.RESET_RECEIVED, Event.UNREGISTERED),
    "boot after a reset": (Event.UNREGISTERED, Event.BOOTED),
    "cold boot": (Event.POWERED_ON, Event.BOOTED),
    "verification": (Event.FILE_RECEIVED, Event.ITL_CHECKED),
}


def delays(played: Any) -> dict[str, list[tuple[str, int]]]:
    """Per phone, the delays that are drawn for it and for it alone, in order."""
    found: dict[str, list[tuple[str, int]]] = {name: [] for name in played.names}
    begun: dict[tuple[int, Event], int] = {}
    for at_ms, phone, event, _, _ in played.rows:
        for what, (first, second) in PAIRS.items():
            started_ms = begun.pop((phone, first), None) if event == second else None
            if started_ms is not None:
                found[played.names[phone]].append((what, at_ms - started_ms))
        begun[phone, event] = at_ms
        if event == Event.TVS_ASKED:
            begun.pop((phone, Event.FILE_RECEIVED), None)
    return found


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_more_phones_leave_the_others_draws_alone(player: Any, data: st.DataObject) -> None:
    """A population more changes who waits for whom, but no delay another phone draws for itself.

    Every phone is reset, and switched off and on, so that every kind of delay is drawn.
    """
    document = data.draw(player.documents())
    more = data.draw(player.documents())["phones"][0] | {"name": "added"}
    more |= {key: document["phones"][0][key] for key in ("site", "callmanager_group", "tftp")}
    rest = {"wait": {"until": "quiet", "at_most": "2h"}}
    script = [
        {"power": {"on": True}}, rest, {"reset_phones": None}, rest, {"power": {"on": False}},
        {"power": {"on": True}}, rest, {"reset_phones": None},
    ]  # fmt: skip
    few = delays(player.play(document, script))
    many = delays(player.play(document | {"phones": [*document["phones"], more]}, script))
    assert set(few) < set(many)
    assume(any(few.values()))
    for name, drawn_before in few.items():
        assert many[name] == drawn_before


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_one_signature_for_all_or_one_for_each(player: Any, data: st.DataObject) -> None:
    """Really signing and checking each phone's own config changes nothing but the work."""
    document, script = drawn(player, data)
    lazy, each = (player.play(document, script, every_phone=flag) for flag in (False, True))
    assert lazy.finished.fingerprint == each.finished.fingerprint
    assert lazy.states == each.states
    assert lazy.stuck == each.stuck
