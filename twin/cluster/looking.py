"""What can be looked at on the nodes of a live cluster: certificates, and files that TFTP serves.

Knows: where a node keeps what. Changes nothing. Private keys cannot be had here.
"""

from __future__ import annotations

from collections.abc import Iterable

from twin.cluster.cluster import Cluster
from twin.cluster.phone_view import phone_number
from twin.config.faults import nearest
from twin.errors import ActionError, Fault
from twin.nodes.node import Node
from twin.phones.ports import NO_FILE
from twin.pki.certificates import Certificate
from twin.pki.phone_config import file_name
from twin.pki.trust_list import CTL_NAME, ITL_NAME


def own_certificate(cluster: Cluster, node: str, unit: str) -> Certificate:
    """A node's own certificate of a unit, as its file system has it.

    Raises:
        ActionError: no such node or unit.
    """
    own = _node(cluster, node).files.own
    if unit not in own:
        raise ActionError(_fault("unit", unit, own))
    return own[unit].certificate


def served_file(cluster: Cluster, node: str, name: str) -> bytes:
    """The bytes a TFTP node serves now under a name.

    Args:
        name: ITLFile.tlv, CTLFile.tlv, or a phone's signed configuration SEP<MAC>.cnf.xml.sgn;
            lists also under the names phones ask for, ITLSEP<MAC>.tlv and CTLSEP<MAC>.tlv.

    Raises:
        ActionError: no such node, or it serves no such file.
    """
    found = _node(cluster, node)
    server = cluster.ports.files.get(found.index)
    if server is None or not (server.is_up and found.is_on):
        raise ActionError(Fault("node", f"TFTP does not run on {found.name}", "a TFTP node"))
    for prefix, whole, number in (
        ("ITL", ITL_NAME, server.itl_file),
        ("CTL", CTL_NAME, server.ctl_file),
    ):
        if name == whole or (name.startswith(f"{prefix}SEP") and name.endswith(".tlv")):
            if number == NO_FILE:
                raise ActionError(Fault("file", f"{found.name} has no {whole}", "another file"))
            return cluster.files[number].data
    device = name.split(".", 1)[0]
    if name != file_name(device):
        raise ActionError(_fault("file", name, (ITL_NAME, CTL_NAME, "SEP<MAC>.cnf.xml.sgn")))
    return server.signed_config(phone_number(cluster, device))


def _node(cluster: Cluster, name: str) -> Node:
    aliases = cluster.model.node_aliases
    known = {node.name: node for node in cluster.every_node}
    resolved = aliases.get(name, name)
    if resolved not in known:
        raise ActionError(_fault("node", name, [*aliases, *known]))
    return known[resolved]


def _fault(place: str, found: str, known: Iterable[str]) -> Fault:
    names = sorted(set(known))
    return Fault(place, f"no {place} {found!r}", ", ".join(names), nearest(found, names))
