"""Cluster-wide settings and look-ups that services ask for: parameters, activation, identifiers.

Implements `twin.nodes.tftp.Settings` and `twin.nodes.callmanager.Topology`.
"""

from __future__ import annotations

from twin.config.model import ModelConfig
from twin.config.words import ClusterMode, PhoneInteraction, Service
from twin.kernel.streams import Streams
from twin.nodes.database import RowChange
from twin.nodes.file_system import Identity
from twin.nodes.node import Node
from twin.pki.list_header import Digest


class ClusterSettings:
    """What the database says about the cluster as a whole."""

    def __init__(self, model: ModelConfig, streams: Streams) -> None:
        self._model = model
        self.streams = streams
        self.nodes: dict[str, Node] = {}
        parameters = model.enterprise_parameters
        self.rollback = parameters.rollback_to_pre_8
        self.mode = model.cluster_mode
        """Cluster Security Mode."""
        self._interaction = parameters.phone_interaction_on_certificate_update
        self.algorithm = str(parameters.tftp_file_signature_algorithm)
        self.exported_recovery: Identity | None = None
        """What `file get tftp ITLRecovery.p12` saved."""
        self._waves: dict[int, int] = {}

    # -- twin.nodes.tftp.Settings -----------------------------------------------------------

    def is_rollback(self) -> bool:
        """Prepare Cluster for Rollback to pre 8.0 = True."""
        return self.rollback

    def is_mixed(self) -> bool:
        """Cluster Security Mode = mixed."""
        return self.mode is ClusterMode.MIXED

    def digest(self) -> Digest:
        """TFTP File Signature Algorithm."""
        return Digest.named(self.algorithm)

    def runs_active_capf(self, node: str) -> bool:
        """Whether Cisco CAPF is activated on a node.

        Source: cucm-pki-behaviour 1.1: a subscriber's CAPF certificate is not used.
        """
        return Service.CAPF in self._model.node(node).services

    def recovery(self, node: str) -> Identity | None:
        """The ITLRecovery a node puts into its ITL.

        Source: one per cluster from 12.5 (214231). Assumption: before that, when each node has its
        own, every ITL carries the publisher's, since the reset tool runs there and its list must
        be acceptable to phones of every TFTP node.
        """
        if self.nodes[node].host.release.itl_recovery == "none":
            return None
        return self.nodes[self._model.publisher.name].files.own.get("ITLRecovery")

    # -- twin.nodes.callmanager.Topology ----------------------------------------------------

    def runs_active_tftp(self, node: str) -> bool:
        """Whether Cisco TFTP is activated on a node."""
        return Service.TFTP in self._model.node(node).services

    def callmanager_pkid(self, node: str) -> str | None:
        """pkid of a node's CallManager: the captured one, or one from the seed."""
        config = self._model.node(node)
        if Service.CALLMANAGER not in config.services:
            return None
        return config.callmanager_pkid or self.streams.uuid("callmanager", node)

    def processnode_pkid(self, node: str) -> str:
        """pkid of a node: the captured one, or one from the seed."""
        return self._model.node(node).processnode_pkid or self.streams.uuid("processnode", node)

    def address(self, node: str) -> str:
        """IPv4 address of a node."""
        return self._model.node(node).address

    def sdl_node(self, node: str) -> int:
        """Number of a node in SDL. Assumption: the publisher is 1, then the others by name."""
        first = self._model.publisher.name
        others = sorted(one.name for one in self._model.nodes if one.name != first)
        return 1 + [first, *others].index(node)

    def resets_are_manual(self) -> bool:
        """Phone Interaction on Certificate Update = manual."""
        return self._interaction is PhoneInteraction.MANUAL

    def set_interaction(self, value: str) -> None:
        """Change Phone Interaction on Certificate Update.

        Raises:
            ValueError: neither automatic nor manual.
        """
        self._interaction = PhoneInteraction(value)

    def wave(self, change: RowChange) -> int:
        """One number per change, counted from 1 in the order they lead to resets."""
        return self._waves.setdefault(change.number, len(self._waves) + 1)

    # -- recovery ---------------------------------------------------------------------------

    def localkey(self) -> Identity | None:
        """What `utils itl reset localkey` signs with now."""
        publisher = self.nodes[self._model.publisher.name]
        return publisher.files.own.get(str(publisher.host.release.itl_reset_key))
