"""Wiring nodes to phones: fills `twin.phones.ports` from the nodes and keeps it true."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from twin.config.model import NodeConfig
from twin.config.release import ReleaseProfile
from twin.config.timing import TimingProfile
from twin.config.words import Service
from twin.kernel.journal import Journal
from twin.kernel.laws import law
from twin.kernel.queues import FIFOQueue
from twin.kernel.streams import Law, Streams
from twin.nodes.node import Node
from twin.nodes.service import Service as NodeService
from twin.nodes.tvs import TVS
from twin.phones.files import FileBook
from twin.phones.lifecycle import FileKind
from twin.phones.ports import (
    NO_FILE,
    Answer,
    FileServer,
    Registrar,
    SecureServer,
    TVSServer,
)
from twin.pki import tvs_messages
from twin.pki.certificates import Certificate
from twin.pki.phone_config import PhoneConfig
from twin.pki.tvs_messages import QueryRequest, VerifyRequest

_BLOCK = 4096
_UNKNOWN = Answer(None, frozenset(), 0)
_VCPUS = {1000: 2, 2500: 1, 7500: 2, 10000: 4}
"""Source: capacity-and-timing 1.2 (product knowledge)."""


def serving_count(release: ReleaseProfile, node: NodeConfig) -> int:
    """Maximum Serving Count of a node. Source: capacity-and-timing 3.1 (UPG15, TFTPMAX)."""
    counts = release.tftp_serving_count
    if Service.CALLMANAGER in node.services:
        return counts.shared
    vcpus = _VCPUS[node.ova]
    if vcpus == 1:
        return counts.dedicated_1cpu
    return counts.dedicated_2cpu if vcpus == 2 else counts.dedicated_more


def queue_limits(release: ReleaseProfile, node: NodeConfig) -> tuple[int, int]:
    """How many requests are in service on a TFTP node at once, and how many may wait."""
    count = serving_count(release, node)
    if release.tftp_connection_objects is None:
        # Before 11.5 the serving count is the only limit: everybody is in service.
        return count, 0
    return release.tftp_connection_objects, count


def _stream(streams: Streams, what: Law, node: str, purpose: str) -> Callable[[], int]:
    """The next draw of a node's stream as a whole number, drawn in blocks."""
    blocks = (
        np.rint(streams.block(what, node, purpose, number, _BLOCK)).astype(np.int64).tolist()
        for number in itertools.count()
    )
    return itertools.chain.from_iterable(blocks).__next__


class FilePort:
    """Keeps a `FileServer` in step with a node's TFTP service.

    Args:
        config_of: the configuration of a phone group or variant of it, in a mixed cluster or not,
            and whether it is signed.
        device_of: the device name of a group's first phone, and of any phone.
    """

    def __init__(
        self,
        node: Node,
        config: NodeConfig,
        release: ReleaseProfile,
        timing: TimingProfile,
        streams: Streams,
        journal: Journal,
        files: FileBook,
        config_of: Callable[[int, bool], tuple[PhoneConfig, bool]],
        device_of_group: Callable[[int], str],
        group_and_name: Callable[[int], tuple[int, str]],
    ) -> None:
        assert node.tftp is not None
        self._node = node
        self._tftp = node.tftp
        self._files = files
        self._config_of = config_of
        self._device_of_group = device_of_group
        self._group_and_name = group_and_name
        self._current: dict[int, int] = {}
        self._configs: dict[PhoneConfig, tuple[tuple[object, ...], int]] = {}
        limits = queue_limits(release, config)
        queue = FIFOQueue(*limits, journal, journal.name_queue(node.name, "tftp"))
        self.port = FileServer(
            node.index,
            node.site,
            queue,
            _stream(streams, law(timing.tftp_service_ms, 1000), node.name, "tftp_service"),
            self._config_file,
            self._signed_config,
            itl_file=files.add(FileKind.ITL, self._tftp.itl),
        )
        node.files.on_ctl.append(self._on_ctl)
        self._on_ctl()
        self._tftp.on_new_files.append(self._on_new_files)

    def _on_new_files(self) -> None:
        self._current.clear()
        self.port.itl_file = self._files.add(FileKind.ITL, self._tftp.itl)

    def _on_ctl(self) -> None:
        """The service hands out the CTLFile.tlv it finds.

        Assumption: a file is read when it is asked for; the restart of TFTP that Cisco 118893 asks
        for is for the configurations.
        """
        data = self._node.files.ctl
        self.port.ctl_file = NO_FILE if data is None else self._files.add(FileKind.CTL, data)

    def _config_file(self, group: int) -> int:
        """File number of a group's config, as built since the node's files last changed."""
        number = self._current.get(group)
        if number is None:
            number = self._current[group] = self._built_config(group)
        return number

    def _built_config(self, group: int) -> int:
        """One file for all groups with the same settings, signed for the first phone of one.

        It is signed again only when signer or digest changed.
        """
        config, is_signed = self._config_of(group, self._tftp.is_mixed)
        made_with: tuple[object, ...] = (is_signed, *self._tftp.signing())
        known = self._configs.get(config)
        if known is None or known[0] != made_with:
            data = self._tftp.config(self._device_of_group(group), config, is_signed)
            known = (made_with, self._files.add(FileKind.CONFIG, data))
            self._configs[config] = known
        return known[1]

    def _signed_config(self, phone: int) -> bytes:
        group, name = self._group_and_name(phone)
        config, is_signed = self._config_of(group, self._tftp.is_mixed)
        return self._tftp.config(name, config, is_signed)


class TVSPort:
    """Keeps a `TVSServer` in step with a node's TVS, speaking its frames for real."""

    def __init__(self, node: Node, journal: Journal) -> None:
        self._tvs: TVS = node.tvs
        self._session = 1000
        queue = FIFOQueue(1, None, journal, journal.name_queue(node.name, "tvs"))
        self.port = TVSServer(
            node.index, node.site, queue, self._query, self._verify, self._tvs.certificate
        )
        self._tvs.on_new_knowledge.append(self._on_new_knowledge)

    def _on_new_knowledge(self) -> None:
        self.port.known.clear()
        self.port.certificate = self._tvs.certificate

    def _query(self, device: str, subject: str, issuer: str, serial: bytes) -> Answer:
        known = self.port.known
        key = (issuer, serial)
        if key not in known:
            message = self._ask(QueryRequest(device, subject, issuer, serial))
            assert isinstance(message, tvs_messages.QueryResponse)
            if message.certificate_der is None or message.ttl_s is None:
                known[key] = _UNKNOWN
            else:
                certificate = Certificate.from_der(message.certificate_der)
                roles = frozenset(message.roles)
                known[key] = Answer(certificate, roles, message.ttl_s * 1000)
        return known[key]

    def _verify(self, device: str, certificate: Certificate) -> Answer:
        message = self._ask(VerifyRequest(device, certificate.der))
        assert isinstance(message, tvs_messages.VerifyResponse)
        if message.status is not tvs_messages.Status.FOUND or message.ttl_s is None:
            return _UNKNOWN
        return Answer(certificate, frozenset(message.roles), message.ttl_s * 1000)

    def _ask(self, request: tvs_messages.Message) -> tvs_messages.Message:
        self._session += 1
        frame = self._tvs.handle(tvs_messages.encode(request, self._session))
        session, message = tvs_messages.decode(frame)
        assert session == self._session
        return message


def registrar(node: Node, config: NodeConfig, timing: TimingProfile, journal: Journal) -> Registrar:
    """The registration queue of a CallManager node.

    Source: capacity-and-timing 2.1, 2.3; rate x (1 - cpu_other).
    """
    share = 1.0 - timing.cpu_other.value
    service_us = {
        "SIP": round(1e6 / (timing.reg_rate_sip_per_s.value * share)),
        "SCCP": round(1e6 / (timing.reg_rate_sccp_per_s.value * share)),
    }
    return Registrar(
        node.index,
        node.site,
        FIFOQueue(1, None, journal, journal.name_queue(node.name, "registration")),
        FIFOQueue(1, None, journal, journal.name_queue(node.name, "fallback")),
        service_us,
        round(1e6 / timing.fallback_rate_per_s.value),
        min(config.ova, round(timing.max_phones_per_node.value)),
        secure=None
        if node.signaling is None
        else SecureServer(node.signaling.endpoint, node.signaling.note_refusal),
    )


def follow(
    service: NodeService,
    port: FileServer | TVSServer | Registrar,
    now_ms: Callable[[], int],
    stopped: Callable[[bool], None],
    started: Callable[[], None],
) -> None:
    """Keep a port's `is_up` and its queue in step with a service.

    Args:
        stopped, started: called after that; the first with whether the service hangs.
    """

    def on_stopped(hangs: bool) -> None:
        port.is_up = False
        port.queue.stop(now_ms())
        stopped(hangs)

    def on_started() -> None:
        port.is_up = True
        started()

    service.on_stopped.append(on_stopped)
    service.on_started.append(on_started)
