"""What must hold of every run, whatever was done: of a live twin, of its journal, of its lists.

Each check raises AssertionError and says nothing else; it reads bytes and rows, not verdicts.
"""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import pairwise
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from twin.cluster.twin import Twin
from twin.kernel.journal import NodeEvent
from twin.nodes.node import Node
from twin.phones.lifecycle import REGISTERED_STATES, TABLE, Event, State
from twin.pki import trust_list
from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey
from twin.pki.list_record import Role


def phones_add_up(twin: Twin) -> None:
    """Each phone is in one state, the counts say so, and so do the nodes of the registered."""
    core, columns = twin.cluster.engine.core, twin.cluster.population
    assert sum(core.counts) == columns.size
    assert core.counts == [list(columns.state).count(state) for state in State]
    registered = sum(core.counts[state] for state in REGISTERED_STATES)
    clusters = [twin.cluster, *([] if twin.cluster.other is None else [twin.cluster.other])]
    held = {
        node: registrar.count
        for cluster in clusters
        for node, registrar in cluster.ports.registrars.items()
    }
    assert sum(held.values()) == registered


def journal_is_in_order(nodes: list[NodeEvent], phones: list[list[int]], end_ms: int) -> None:
    """No row is before the one above it, before the start, or after the end."""
    for times in ([row.at_ms for row in nodes], [row[0] for row in phones]):
        assert all(earlier <= later for earlier, later in pairwise([0, *times, end_ms]))


def journal_tells_every_state(twin: Twin, phones: list[list[int]]) -> None:
    """Replayed by the table, the journal ends with every phone where it is."""
    columns = twin.cluster.population
    states = [State(state) for state in columns.initial_state]
    for _, phone, event, _, _ in phones:
        states[phone] = TABLE[states[phone]][Event(event)]
    assert states == list(columns.state)


def refusals_have_reasons(nodes: list[NodeEvent]) -> None:
    """Whatever was refused says why, and steps that were not done are warnings."""
    for row in nodes:
        if row.service == "operator" and row.event == "step":
            is_done = row.data["outcome"] == "done"
            assert is_done or row.data["message"]
            assert (row.severity == "info") == is_done
        elif row.event.endswith("_refused"):
            assert row.data.get("message") or row.data.get("reasons"), row


def journal_keeps_secrets(twin: Twin, nodes: list[NodeEvent]) -> None:
    """No row has a private key in it, in any form, nor bytes at all."""
    text = "\n".join(json.dumps(row.data) for row in nodes).lower()
    assert "private key" not in text
    clusters = [twin.cluster, *([] if twin.cluster.other is None else [twin.cluster.other])]
    for cluster in clusters:
        for node in cluster.nodes.values():
            for identity in node.files.own.values():
                assert not any(secret in text for secret in secrets_of(identity.key))


@lru_cache
def secrets_of(key: PrivateKey) -> tuple[str, ...]:
    """The numbers and texts of a private key that must not be found, in lower case."""
    pem = key.pem().decode().lower().splitlines()
    numbers = key.raw.private_numbers()
    if isinstance(numbers, rsa.RSAPrivateNumbers):
        found = (numbers.d, numbers.p, numbers.q)
    else:
        found = (numbers.private_value,)
    return (*pem[2:-2], *(f"{number:x}" for number in found), *map(str, found))


def _is_stale(node: Node, told: list[NodeEvent]) -> bool:
    """Whether a restored database came under a TFTP service that has built nothing since.

    A restore tells no service (entry 21 of the decisions).
    """
    restored = [row.at_ms for row in told if (row.service, row.event) == ("DRF", "restore")]
    built = [row.at_ms for row in told if (row.node, row.event) == (node.name, "itl_built")]
    return bool(restored) and max(restored) > max(built, default=-1)


def lists_are_true(twin: Twin, told: list[NodeEvent]) -> None:
    """At rest, the ITL that each running TFTP service built names those that are there.

    Its own certificates as signers of lists and files, once the database knows them, and every TVS
    and CAPF by its row there; and a certificate of the list really signed it.
    """
    clusters = [twin.cluster, *([] if twin.cluster.other is None else [twin.cluster.other])]
    for cluster in clusters:
        for node in cluster.nodes.values():
            if node.tftp is None or not node.tftp.service.is_started or not node.is_on:
                continue
            data = node.tftp.itl
            built = trust_list.decode(data)
            listed = {
                role: {
                    record.certificate
                    for record in built.records
                    if record.role == role and record.certificate is not None
                }
                for role in Role
            }
            anchors = [Certificate.from_der(der) for der in sorted(listed[Role.SAST])]
            if data != node.tftp.built.data or _is_stale(node, told):
                continue  # a reset ITL carries the list of then
            assert any(not trust_list.verify_signature(data, anchor) for anchor in anchors)
            tvs = [record for record in built.records if record.role == Role.TVS]
            if twin.cluster.home(node).settings.is_rollback():
                assert not tvs
                continue
            rows = node.replica.own("TVS")
            assert len(tvs) == len(rows), (node.name, tvs, rows)
            for row in rows:
                assert any(
                    row.certificate.der == record.certificate
                    or row.certificate.sha1 == record.certificate_hash
                    for record in tvs
                ), (node.name, row)
            units = [
                unit for unit in ("CallManager", "CallManager-ECDSA") if unit in node.files.own
            ]
            known = {row.certificate for unit in units for row in node.replica.own(unit)}
            if any(node.files.own[unit].certificate not in known for unit in units):
                continue  # its row waits for the publisher, and TFTP for the row
            own = {node.files.own[unit].certificate.der for unit in units}
            assert listed[Role.CCM_TFTP] == own, node.name
            assert listed[Role.CAPF] <= {row.certificate.der for row in node.replica.own("CAPF")}


def finished(twin: Twin, end_ms: int) -> tuple[list[NodeEvent], list[list[int]]]:
    """All that can be said of a run that is over; its journal."""
    assert twin.memory is not None
    nodes: list[NodeEvent] = list(twin.memory.nodes)
    phones: list[Any] = twin.memory.phones().tolist()
    journal_is_in_order(nodes, phones, end_ms)
    journal_tells_every_state(twin, phones)
    refusals_have_reasons(nodes)
    journal_keeps_secrets(twin, nodes)
    return nodes, phones
