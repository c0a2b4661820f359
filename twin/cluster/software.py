"""What becomes of a node when another release is installed on it.

Knows: which own certificates come, stay and go between two releases. Must not know nodes' restarts.

Certificates that both releases have stay as they are, whatever the new one would make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from twin.cluster.certificates import key_bits, own_units
from twin.cluster.realm import Realm
from twin.config.release import ReleaseProfile
from twin.nodes.node import Node

SERVICE = "upgrade"
_RECOVERY = "ITLRecovery"


@dataclass(frozen=True, slots=True)
class SilentITLRecovery:
    """Whether the build makes a new ITLRecovery on the way, telling nobody.

    Source: Field Notice 70613: a refresh upgrade to 12.5(1) before SU3.
    """

    DEFECT: ClassVar[str] = "CSCvv13565"
    happens: bool


def install(realm: Realm, node: Node, release: ReleaseProfile, silent: SilentITLRecovery) -> None:
    """Put a release onto a node that is down; its services find it when they start.

    The publisher's release is the cluster's.
    """
    old = node.host.release
    is_publisher = node is realm.publisher
    node.host.release = release
    if is_publisher:
        realm.release = release
    units = own_units(realm.model, release, node.name)
    node.certificates.resize_keys(key_bits(realm.model, release, node.name))
    node.requests.read_release()
    gone = [unit for unit in node.files.own if unit not in units]
    new = [unit for unit in units if unit not in node.files.own]
    for unit in gone:
        del node.files.own[unit]
    if silent.happens and is_publisher and _RECOVERY in units and _RECOVERY not in new:
        new.append(_RECOVERY)
    for unit in new:
        node.certificates.replace(unit)
    node.host.record(SERVICE, "upgraded", old=old.name, new=release.name, made=new, dropped=gone)
