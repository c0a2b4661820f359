from __future__ import annotations

from collections.abc import Callable

from twin.cluster.phones_table import phones_table
from twin.cluster.twin import Twin
from twin.phones.lifecycle import State
from twin.phones.outcomes import Reason


def test_columns(make_twin: Callable[..., Twin]) -> None:
    """One entry per phone in each column, phones by name, with where and how they are."""
    twin = make_twin()
    twin.do({"power": {"phones": {"population": "wall"}, "on": False}})
    twin.do({"reset_phones": {}})
    twin.wait()
    finished = twin.finish()
    table = phones_table(twin.cluster, finished.findings)
    assert {len(column) for column in table.values()} == {10}
    assert table["name"] == sorted(table["name"])
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    desk = next(row for row in rows if row["population"] == "desk")
    wall = next(row for row in rows if row["population"] == "wall")
    assert desk | {"name": ""} == {
        "name": "",
        "model": "7841",
        "site": "core",
        "callmanager_group": "pub-sub",
        "protocol": "SIP",
        "population": "desk",
        "initial_state": State.REGISTERED,
        "state": State.REGISTERED,
        "node": "pub",
        "boots": 1,
        "resets": 1,
        "itl_current": True,
        "ctl_current": True,
        "stuck": False,
        "stuck_reasons": 0,
        "remedies": "",
    }
    assert (wall["state"], wall["node"], wall["resets"]) == (State.OFF, "", 0)
    assert wall["initial_state"] == State.REGISTERED


def test_stuck_phones(make_twin: Callable[..., Twin]) -> None:
    """A stuck phone has its reasons as a number and its remedies as words."""
    twin = make_twin(timing_values={"regeneration_guard_min": 0})
    for node in ("pub", "sub"):
        for unit in ("CallManager", "TVS"):
            twin.regenerate(node, unit)
    twin.wait()
    table = phones_table(twin.cluster, twin.finish().findings)
    assert table["stuck"] == [True] * 10
    assert table["itl_current"] == [False] * 10
    for number in table["stuck_reasons"]:
        assert Reason.SIGNER_NOT_IN_LISTS in Reason(number)
        assert Reason.TVS_CERTIFICATE_NOT_IN_ITL in Reason(number)
    for words in table["remedies"]:
        assert "utils itl reset localkey" in words.split(";")
        assert "delete the ITL on the phone" in words.split(";")
