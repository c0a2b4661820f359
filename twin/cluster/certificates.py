"""The certificates a scenario starts with: own certificates, trust copies, outside servers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from twin.cluster.authorities import Authorities
from twin.config.load import load_presence, load_release
from twin.config.model import ModelConfig, NodeConfig
from twin.config.release import ReleaseProfile
from twin.config.words import RSA_SIZES, ClusterMode, CTLSigning, Role, TrustUnit
from twin.kernel.streams import Streams
from twin.nodes.certificate_manager import CERTIFICATE_AGE_DAYS
from twin.nodes.certificate_names import NodeNames
from twin.nodes.database import CertificateRow
from twin.nodes.node import Node
from twin.pki import profile
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyRing, PrivateKey
from twin.pki.manufacturing import AUTHORITIES, AUTHORITY_OF, MIC_BITS, Manufacturing
from twin.pki.names import DistinguishedName
from twin.pki.serials import serial_bytes

STAND_IN_BITS = 2048
"""Key size of certificates that stand in for real ones of which only the name is known."""
STAND_IN_DAYS = 3650
CUCM_STORES = tuple(u for u in TrustUnit if u not in (TrustUnit.CUP, TrustUnit.CUP_XMPP))
MIC_STORES = ("CallManager-trust", "CAPF-trust")


def own_units(model: ModelConfig, release: ReleaseProfile, node: str) -> tuple[str, ...]:
    """The own certificates a node has. Source: cucm-pki-behaviour 1.1."""
    is_publisher = model.node(node).role is Role.PUBLISHER
    return tuple(
        str(unit) for unit in release.units if is_publisher or unit not in release.publisher_units
    )


def node_names(model: ModelConfig, node: NodeConfig) -> NodeNames:
    """What a node's certificates are called."""
    subject = model.subject
    return NodeNames(
        node.name,
        model.fqdn_of(node),
        {
            "organizational_unit": subject.organizational_unit,
            "organization": subject.organization,
            "locality": subject.locality,
            "state": subject.state,
            "country": subject.country,
        },
        model.domain,
        tuple(model.fqdn_of(other) for other in model.nodes),
    )


def key_bits(model: ModelConfig, release: ReleaseProfile, node: str) -> dict[str, int]:
    """Key size of each unit on a node: the model's own word over the release's."""
    return {
        str(unit): bits
        for unit, bits in (dict(release.key_bits) | dict(model.node(node).key_bits)).items()
    }


def keys_needed(model: ModelConfig, release: ReleaseProfile) -> dict[int, int]:
    """How many RSA keys of each size a scenario starts with (a stand-in may need a CA's too)."""
    needed: dict[int, int] = {}
    for node in model.nodes:
        bits = key_bits(model, release, node.name)
        for unit in own_units(model, release, node.name):
            if bits[unit] in RSA_SIZES:  # a key on a curve follows from the seed
                needed[bits[unit]] = needed.get(bits[unit], 0) + 1
    needed[MIC_BITS] = needed.get(MIC_BITS, 0) + len(AUTHORITIES)
    stand_ins = 2 * len(model.web_servers)
    for entry in model.trust_certificates:
        needed[entry.key_bits] = needed.get(entry.key_bits, 0) + 1
        stand_ins += entry.kind == "signed"
    if model.cluster_mode is ClusterMode.MIXED and model.ctl_signing is CTLSigning.TOKENS:
        stand_ins += 2
    if model.imp_nodes:
        stand_ins += len(model.presence.partners)
    if model.other_cluster is not None:
        other = keys_needed(model.other_cluster, load_release(model.other_cluster.release))
        other[MIC_BITS] -= len(AUTHORITIES)  # those are the same for both
        needed = {bits: needed.get(bits, 0) + other.get(bits, 0) for bits in needed | other}
    for cluster in dict.fromkeys(node.cluster for node in model.imp_nodes):
        own = keys_needed(model.imp_cluster(cluster), load_presence().profile(release))
        own[MIC_BITS] -= len(AUTHORITIES)  # its nodes have none
        needed = {bits: needed.get(bits, 0) + own.get(bits, 0) for bits in needed | own}
    if stand_ins:
        needed[STAND_IN_BITS] = needed.get(STAND_IN_BITS, 0) + stand_ins
    return needed


class StandIns:
    """Certificates whose real bytes are not known, made with the names that are."""

    def __init__(self, streams: Streams, keys: KeyRing, start: datetime) -> None:
        self._streams = streams
        self._keys = keys
        self._start = start - timedelta(days=CERTIFICATE_AGE_DAYS)
        self._authorities: dict[str, tuple[Certificate, PrivateKey]] = {}

    def make(
        self,
        subject: str,
        issuer: str | None,
        unit: str,
        serial: bytes | None,
        *,
        bits: int = STAND_IN_BITS,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Certificate:
        """A certificate with this subject; self-signed without an issuer."""
        name = DistinguishedName.parse(subject)
        serial = serial or self._serial(subject, issuer or "")
        key = self._keys.take(bits)
        start = not_before or self._start
        if issuer is None or issuer == subject:
            return profile.self_signed(
                name, key, serial, start, STAND_IN_DAYS, "sha256", unit,
                keeps_order=not_before is not None, not_after=not_after,
            )  # fmt: skip
        authority, authority_key = self._authority(issuer)
        return profile.issue(
            name, key, serial, start, STAND_IN_DAYS, "sha256", unit,
            issuer=authority, issuer_key=authority_key, not_after=not_after,
        )  # fmt: skip

    def _authority(self, subject: str) -> tuple[Certificate, PrivateKey]:
        if subject not in self._authorities:
            key = self._keys.take(STAND_IN_BITS)
            certificate = profile.self_signed(
                DistinguishedName.parse(subject), key, self._serial(subject, "authority"),
                self._start, STAND_IN_DAYS, "sha256", "authority",
            )  # fmt: skip
            self._authorities[subject] = (certificate, key)
        return self._authorities[subject]

    def _serial(self, *name: str) -> bytes:
        octets = self._streams.octets(16, "stand-in-serial", *name)
        return bytes([octets[0] & 0x7F | 0x40]) + octets[1:]


def extra_trust(
    model: ModelConfig,
    nodes: dict[str, Node],
    stand_ins: StandIns,
    streams: Streams,
    manufacturing: Manufacturing,
) -> list[CertificateRow]:
    """The model's own list of trust entries: into the file systems, and as rows.

    One certificate in several stores is one certificate; that of a manufacturing authority is the
    one its phones' MICs come from.
    """
    made: dict[tuple[str, str | None, str | None], Certificate] = {}
    rows = []
    for entry in model.trust_certificates:
        subject = entry.subject or f"CN={entry.common_name}"
        issuer = None
        if entry.kind == "signed":
            issuer = entry.issuer or "CN=Unnamed CA"
        of = (subject, issuer, entry.serial)
        certificate = made.get(of)
        if entry.common_name in AUTHORITY_OF:
            certificate = manufacturing.certificate(entry.common_name)
        if certificate is None:
            certificate = stand_ins.make(
                subject, issuer, "web-server",
                None if entry.serial is None else serial_bytes(entry.serial),
                bits=entry.key_bits, not_before=entry.not_before, not_after=entry.not_after,
            )  # fmt: skip
            made[of] = certificate
        holders = (entry.node,) if entry.node is not None else tuple(sorted(nodes))
        for name in holders:
            nodes[name].files.add_trust(
                str(entry.unit), certificate, entry.description, entry.file_name
            )
        rows.append(
            CertificateRow(
                streams.uuid("trust", str(entry.unit), entry.file_name, entry.node or ""),
                (str(entry.unit),),
                entry.node or model.publisher.name,
                holders,
                certificate,
                entry.description,
            )
        )
    return rows


def authority_trust(
    model: ModelConfig,
    nodes: dict[str, Node],
    authorities: Authorities,
    streams: Streams,
    only: tuple[TrustUnit, ...] = CUCM_STORES,
) -> list[CertificateRow]:
    """The certificates of authorities that the model says the nodes trust from the start.

    Args:
        only: the stores that these nodes have.
    """
    everybody = tuple(sorted(nodes))
    rows = []
    for config in model.certificate_authorities:
        stores = tuple(str(unit) for unit in config.trusted_in if unit in only)
        if stores:
            pkid = streams.uuid("trust", "authority", config.name)
            certificate = authorities.get(config.name).certificate
            rows.append(CertificateRow(pkid, stores, model.publisher.name, everybody, certificate))
    return rows


def web_certificates(model: ModelConfig, stand_ins: StandIns) -> dict[str, Certificate]:
    """What each outside web server presents, by its name."""
    return {
        server.name: stand_ins.make(
            server.subject, server.issuer_subject, "web-server",
            bytes.fromhex(server.serial.zfill(len(server.serial) + len(server.serial) % 2)),
        )
        for server in model.web_servers
    }  # fmt: skip


def shipped_trust(
    names: Sequence[str],
    publisher: str,
    nodes: dict[str, Node],
    streams: Streams,
    manufacturing: Manufacturing,
) -> list[CertificateRow]:
    """The manufacturing authorities that every node is installed with, so that MICs are trusted.

    A store that the model has given one of them keeps it as listed there.
    Source: cucm-pki-behaviour 1.3 (seed): CAPF-trust and CallManager-trust, all nodes.
    """
    rows = []
    everybody = tuple(sorted(nodes))
    for name in names:
        certificate = manufacturing.certificate(name)
        for unit in MIC_STORES:
            for node in everybody:
                file_name = AUTHORITY_OF[name].file_name
                nodes[node].files.add_trust(unit, certificate, "Trust Certificate", file_name)
        pkid = streams.uuid("trust", "MIC", name)
        rows.append(CertificateRow(pkid, MIC_STORES, publisher, everybody, certificate))
    return rows
