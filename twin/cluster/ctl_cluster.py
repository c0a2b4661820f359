"""What the CTL tool looks up about the cluster: implements `twin.nodes.ctl_file.CTLCluster`.

Knows: the model's nodes, the publisher's replica, the tokens. Must not know what the tool makes of
them. Whoever needs a CTL made again asks `CTLFiles`, which asks here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from twin.cluster.certificates import STAND_IN_BITS, STAND_IN_DAYS
from twin.cluster.settings import ClusterSettings
from twin.config.model import ModelConfig
from twin.config.words import ClusterMode, CTLSigning, Service
from twin.kernel.streams import Streams
from twin.nodes.ctl_file import ListedServer, Receiver
from twin.nodes.ctl_tool import CTLTool
from twin.nodes.database import CertificateRow
from twin.nodes.file_system import Identity
from twin.nodes.node import Node
from twin.phones.files import FileBook
from twin.phones.lifecycle import FileKind
from twin.phones.stuck import CTL_CLIENT, CTL_LOCALKEY, CTL_UPDATE
from twin.pki import profile
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyRing
from twin.pki.list_header import Digest
from twin.pki.list_record import Role
from twin.pki.names import DistinguishedName

TOKEN_NAMES = ("SAST-ADN0054f509", "SAST-ADN008580ef")
"""Common names of the two eTokens. Source: Cisco 118893 prints names of this form."""


class ClusterOfCTL:
    """The cluster as the CTL tool sees it.

    Args:
        connected: whether one node can reach another now.
        owner: makes the tokens others than those of another cluster. Assumption: each cluster has
            a pair of its own.
    """

    def __init__(
        self,
        model: ModelConfig,
        settings: ClusterSettings,
        nodes: Mapping[str, Node],
        keys: KeyRing,
        streams: Streams,
        connected: Callable[[str, str], bool],
        owner: tuple[str, ...] = (),
    ) -> None:
        self._model = model
        self._settings = settings
        self._nodes = nodes
        self._keys = keys
        self._streams = streams
        self._connected = connected
        self._owner = owner
        self._tokens: tuple[Identity, Identity] | None = None

    @property
    def is_mixed(self) -> bool:
        """Whether the cluster security mode is mixed."""
        return self._settings.is_mixed()

    def set_mixed(self, is_mixed: bool) -> None:
        """Change the mode in the database; TFTP builds its ITL again, TVS raises its alarm.

        Source: cucm-pki-behaviour 2.4, 6 (ClusterSecurityModeModified).
        """
        self._settings.mode = ClusterMode.MIXED if is_mixed else ClusterMode.NON_SECURE
        for node in self._nodes.values():
            if node.is_on and node.tvs.service.is_started:
                mode = str(self._settings.mode)
                node.host.alarm("TVS", "ClusterSecurityModeModified", "informational", mode=mode)
            if node.tftp is not None:
                node.tftp.schedule("cluster security mode")

    def servers(self) -> Sequence[ListedServer]:
        """Servers with CallManager or TFTP, by what the publisher's database has of them.

        A server without CallManager is listed as TFTP.
        """
        rows, curves = (
            {
                name: row.certificate
                for row in self._publisher.replica.own(unit)
                for name in row.nodes
            }
            for unit in ("CallManager", "CallManager-ECDSA")
        )
        return [
            ListedServer(
                config.name,
                config.address,
                Role.CCM_TFTP if config.runs(Service.CALLMANAGER) else Role.TFTP,
                rows[config.name],
                curves.get(config.name),
            )
            for config in (self._model.node(name) for name in self._nodes)
            if (config.runs(Service.CALLMANAGER) or config.runs(Service.TFTP))
            and config.name in rows
        ]

    def has_provider(self) -> bool:
        """Whether Cisco CTL Provider is activated on the publisher."""
        return self._model.ctl_provider

    def capf(self) -> Certificate | None:
        """The certificate of the active CAPF: the publisher's."""
        if not self._settings.runs_active_capf(self._publisher.name):
            return None
        identity = self.own("CAPF")
        return None if identity is None else identity.certificate

    def own(self, unit: str) -> Identity | None:
        """An own certificate of the publisher."""
        return self._publisher.files.own.get(unit)

    def tokens(self) -> tuple[Identity, Identity]:
        """The two eTokens: stand-ins with real keys, made when they are first needed."""
        if self._tokens is None:
            first, second = (self._token(name) for name in TOKEN_NAMES)
            self._tokens = (first, second)
        return self._tokens

    def install_first(self, tool: CTLTool) -> None:
        """The CTL a mixed cluster starts with; tokens that signed it are in Phone-SAST-trust.

        Source: Cisco 118893 for the tokens.
        """
        with_tokens = self._model.ctl_signing is CTLSigning.TOKENS
        tool.install_first(with_tokens)
        for row in self.token_rows() if with_tokens else ():
            for node in self._nodes.values():
                node.replica.put(row)
                node.files.add_trust(row.units[0], row.certificate, row.description)

    def token_rows(self) -> list[CertificateRow]:
        """Both tokens as rows of Phone-SAST-trust on every node. Source: Cisco 118893."""
        names = tuple(self._nodes)
        me = self._publisher.name
        return [
            CertificateRow(
                self._streams.uuid("token", *self._owner, token.certificate.common_name),
                ("Phone-SAST-trust",), me, names, token.certificate,
            )
            for token in self.tokens()
        ]  # fmt: skip

    def _token(self, name: str) -> Identity:
        key = self._keys.take(STAND_IN_BITS)
        subject = DistinguishedName.of(
            name, organizational_unit="IPCBU", organization="Cisco Systems"
        )
        octets = self._streams.octets(10, "token-serial", *self._owner, name)
        serial = bytes([octets[0] & 0x7F | 0x40]) + octets[1:]
        start = self._publisher.files.own["CallManager"].certificate.not_before
        certificate = profile.self_signed(
            subject, key, serial, start, STAND_IN_DAYS, "sha256", "authority"
        )
        return Identity(certificate, key)

    def digest(self) -> Digest:
        """TFTP File Signature Algorithm."""
        return self._settings.digest()

    def receivers(self) -> Sequence[Receiver]:
        """Every node, the publisher first."""
        me = self._publisher.name
        return [
            Receiver(node.name, node.files, partial(self._connected, me, node.name))
            for node in self._nodes.values()
        ]

    @property
    def _publisher(self) -> Node:
        return self._nodes[self._model.publisher.name]


def possible_ctls(tool: CTLTool, files: FileBook) -> tuple[tuple[str, int], ...]:
    """The CTL files that an operator could make now: remedy and file number."""
    if not tool.cluster.is_mixed:
        return ()
    release = tool.host.release
    made = []
    if release.ctl_signer != "none":
        made.append((CTL_UPDATE, tool.ctl.tokenless(is_mixed=True)))
    if release.ctl_reset_key != "none":
        made.append((CTL_LOCALKEY, tool.ctl.reset(is_mixed=True)))
    if release.has_ctl_tokens and not tool.has_tokenless_file():
        made.append((CTL_CLIENT, tool.ctl.with_tokens(is_mixed=True)))
    return tuple((remedy, files.add(FileKind.CTL, data)) for remedy, data in made)
