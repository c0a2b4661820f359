"""Every remedy a finding names is applied for real, and so is every one it does not name.

A remedy is named exactly where it works: each situation is built afresh for each remedy, the
remedy carried out as an operator would (cucm-pki-behaviour 2.7), and the phones looked at again.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from twin.cluster.twin import Twin
from twin.config.model import ModelConfig
from twin.phones.stuck import BY_HAND, LOCALKEY, OTHER_TFTP, REMOTEKEY, START_TVS
from twin.pki.keys import KeyBank, default_directory

NODES = ("alpha", "beta")


def two_nodes(release: str, tftp: tuple[str, ...] = NODES) -> ModelConfig:
    """Two nodes that do everything, three phones."""
    return ModelConfig.model_validate(
        {
            "name": "remedies", "title": "Two nodes", "release": release, "domain": "example.com",
            "subject": {
                "organization": "E", "organizational_unit": "T", "locality": "B", "state": "B",
                "country": "CH",
            },
            "nodes": [
                {
                    "name": name, "role": role, "address": f"10.0.0.{n}",
                    "services": ["CallManager", "TFTP"],
                }
                for n, (name, role) in enumerate(
                    zip(NODES, ("publisher", "subscriber"), strict=True), start=1
                )
            ],
            "callmanager_groups": [{"name": "both", "members": list(NODES)}],
            "phones": [{"name": "desk", "model": "8841", "count": 3, "tftp": list(tftp)}],
        }
    )  # fmt: skip


def regenerate(twin: Twin, *units: tuple[str, str]) -> None:
    """Regenerate units one after another, each when the guard allows it."""
    for node, unit in units:
        assert twin.regenerate(node, unit).outcome == "done"
        twin.advance("6m")


def overlap(twin: Twin, *units: tuple[str, str]) -> None:
    """Regenerate units while the phones are off, and give the phones their power back."""
    twin.do({"power": {"on": False}})
    regenerate(twin, *units)
    for node in NODES:
        twin.do({"restart_service": {"node": node, "service": "TFTP"}})
    twin.do({"power": {"on": True}})
    twin.wait()


def without_tvs(twin: Twin, *units: tuple[str, str]) -> None:
    """Regenerate units while no TVS runs."""
    for node in NODES:
        twin.do({"stop_service": {"node": node, "service": "TVS"}})
    regenerate(twin, *units)
    twin.wait()


BOTH_TVS = (("alpha", "TVS"), ("beta", "TVS"))


def disaster(twin: Twin) -> None:
    """CallManager and TVS renewed behind the phones' back: row A4."""
    overlap(twin, ("alpha", "CallManager"), *BOTH_TVS)


def exported_disaster(twin: Twin) -> None:
    """ITLRecovery saved, then renewed with everything else."""
    twin.do({"export_itl_recovery": None})
    overlap(twin, ("alpha", "ITLRecovery"), ("alpha", "CallManager"), *BOTH_TVS)


def all_three(twin: Twin) -> None:
    """CallManager, TVS and ITLRecovery renewed together: row A7."""
    overlap(twin, ("alpha", "ITLRecovery"), ("alpha", "CallManager"), *BOTH_TVS)


def tvs_stopped(twin: Twin) -> None:
    """CallManager renewed while no TVS runs."""
    without_tvs(twin, ("alpha", "CallManager"))


def one_server_renewed(twin: Twin) -> None:
    """ITLRecovery renewed without TVS; only the first file server has read the new key."""
    without_tvs(twin, ("alpha", "ITLRecovery"))
    twin.do({"restart_service": {"node": "alpha", "service": "TFTP"}})
    twin.do({"reset_phones": None})
    twin.wait()


def subscribers_file_server(twin: Twin) -> None:
    """The CallManager of the phones' own file server, the subscriber, renewed without TVS."""
    without_tvs(twin, ("beta", "CallManager"))


SITUATIONS: dict[str, tuple[str, tuple[str, ...], Callable[[Twin], None], set[str]]] = {
    "overlap on 9.1": ("9.1", NODES, disaster, {BY_HAND}),
    "overlap on 11.5": ("11.5", NODES, disaster, {BY_HAND, LOCALKEY}),
    "overlap on 11.5, key saved": ("11.5", NODES, exported_disaster, {BY_HAND, REMOTEKEY}),
    "all three on 12.5": ("12.5", NODES, all_three, {BY_HAND}),
    "all three on 12.5, key saved": ("12.5", NODES, exported_disaster, {BY_HAND, REMOTEKEY}),
    "TVS stopped on 11.5": ("11.5", NODES, tvs_stopped, {BY_HAND, LOCALKEY, START_TVS}),
    "one of two servers renewed on 12.5": (
        "12.5", NODES, one_server_renewed, {BY_HAND, LOCALKEY, OTHER_TFTP, START_TVS}
    ),
    "subscriber's file server, no TVS, 11.5": (
        "11.5", NODES[::-1], subscribers_file_server, {BY_HAND, START_TVS}
    ),
}  # fmt: skip


def reset_tool(twin: Twin, key: str) -> None:
    """`utils itl reset`, reset phones, restart TFTP, reset phones again."""
    if twin.cluster.release.itl_reset_key == "none":
        return  # the release has no such command
    twin.do({"itl_reset": {"key": key}})
    twin.advance("1m")
    twin.do({"reset_phones": None})
    twin.wait()
    for node in NODES:
        twin.do({"restart_service": {"node": node, "service": "TFTP"}})


def start_tvs(twin: Twin) -> None:
    """Start TVS wherever it is stopped."""
    for node in NODES:
        twin.do({"start_service": {"node": node, "service": "TVS"}})


def other_tftp(twin: Twin) -> None:
    """Let the phones be served by their second file server."""
    first = twin.cluster.population.group(0).tftp[0]
    name = next(node.name for node in twin.cluster.nodes.values() if node.index == first)
    twin.do({"stop_service": {"node": name, "service": "TFTP"}})


def by_hand(twin: Twin) -> None:
    """Go to every phone and erase its lists."""
    twin.do({"delete_phone_lists": None})
    twin.wait()


REMEDIES: dict[str, Callable[[Twin], None]] = {
    LOCALKEY: lambda twin: reset_tool(twin, "local"),
    REMOTEKEY: lambda twin: reset_tool(twin, "remote"),
    OTHER_TFTP: other_tftp,
    START_TVS: start_tvs,
    BY_HAND: by_hand,
}


def holds_what_is_served(twin: Twin, phone: int) -> bool:
    """Whether the phone holds list and config of the first file server of its that serves."""
    columns, ports = twin.cluster.population, twin.cluster.ports
    server = next(ports.files[n] for n in columns.group(phone).tftp if ports.files[n].is_up)
    itl = twin.cluster.engine.core.judgements.lists(columns.holdings[phone])[1]
    return (itl, columns.config[phone]) == (server.itl_file, server.config_file(0))


@pytest.mark.parametrize(("situation", "remedy"), list(product(SITUATIONS, REMEDIES)))
def test_a_remedy_is_named_exactly_where_it_works(situation: str, remedy: str) -> None:
    """A named remedy, carried out, frees every phone; one that is not named frees none."""
    release, tftp, happen, expected = SITUATIONS[situation]
    twin = Twin(two_nodes(release, tftp), bank=KeyBank(default_directory()))
    happen(twin)
    found = twin.stuck()
    assert len(found) == 3
    for finding in found.values():
        assert set(finding.remedies) == expected
    REMEDIES[remedy](twin)
    twin.do({"reset_phones": None})
    twin.wait()
    works = remedy in expected
    assert [holds_what_is_served(twin, phone) for phone in range(3)] == [works] * 3
    assert len(twin.stuck()) == (0 if works else 3)


def test_every_remedy_has_its_situation() -> None:
    """Between them the situations name every remedy, and every remedy is missing somewhere."""
    named = [expected for *_, expected in SITUATIONS.values()]
    assert set.union(*named) == set(REMEDIES)
    assert set.intersection(*named) == {BY_HAND}
