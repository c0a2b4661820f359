"""The tables `run sql` finds on a node, made from the twin's state at this instant.

Knows: which table holds what, and that certificates are those of the node's own replica, which may
lag behind the publisher's. Must not know SQL.

Source: cucm-pki-behaviour 9 for tables and columns; the TAC deck of March 2016 for device, for
typecertificatestatus and for the words of its values. Assumption: what the twin keeps once for the
cluster (devices, groups, parameters) a node's replica has at once; one device pool for each site
and CallManager Group that phones have, which the twin does not model; the columns of
typecertificateservice, processnode and callmanager beside pkid and name; 1 as
tkcertificatedistribution of a certificate for one node and 2 of one for several.
"""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Callable, Iterator, Mapping

from twin.cluster.cluster import Cluster
from twin.config.words import Service, Unit
from twin.console.database import Row, Table
from twin.nodes.certificate_status import CertificateStatus
from twin.nodes.database import SERVICE_NUMBERS, CertificateRow
from twin.nodes.node import Node
from twin.nodes.tvs import roles_of
from twin.pki.certificates import Certificate

LAST_OF_9_1 = 16
"""The last row of typecertificateservice in 9.1; later ones exist where the unit does."""
_PEM_WIDTH = 64


def tables_of(cluster: Cluster, node: Node) -> dict[str, Table]:
    """Every table of a node's replica, filled when it is asked for.

    Args:
        cluster: the node's home: devices and settings are its.
    """
    view = _View(cluster, node)
    return {name: Table(columns, rows) for name, (columns, rows) in sorted(view.tables().items())}


def public_key_pem(certificate: Certificate) -> str:
    """A certificate's RSA public key as device.publickey holds it.

    Source: the TAC deck of March 2016 (PKCS #1 under the words RSA PUBLIC KEY).
    """
    body = base64.b64encode(certificate.public_key_record_bytes).decode()
    lines = textwrap.wrap(body, _PEM_WIDTH)
    return "\n".join(("-----BEGIN RSA PUBLIC KEY-----", *lines, "-----END RSA PUBLIC KEY-----"))


class _View:
    def __init__(self, cluster: Cluster, node: Node) -> None:
        self._cluster = cluster
        self._node = node
        self._model = cluster.model
        self._settings = cluster.settings
        own = {config.name: config.address for config in self._model.nodes}
        self._addresses = own | {config.name: config.address for config in self._model.imp_nodes}

    def tables(self) -> Mapping[str, tuple[tuple[str, ...], Callable[[], Iterator[Row]]]]:
        return {
            "callmanager": (("pkid", "name", "fkprocessnode"), self._callmanagers),
            "callmanagergroup": (("pkid", "name"), self._groups),
            "callmanagergroupmember": (
                ("pkid", "fkcallmanagergroup", "fkcallmanager", "priority"), self._members,
            ),
            "certificate": (
                (
                    "pkid", "subjectname", "issuername", "serialnumber", "certificate",
                    "servername", "ipv4address", "ipv6address", "timetolive",
                    "tkcertificatedistribution",
                ),
                self._certificates,
            ),
            "certificatehashmap": (("pkid", "fkcertificate", "hash"), self._hashes),
            "certificateprocessnodemap": (
                ("pkid", "fkcertificate", "fkprocessnode", "servername", "ipv4address"),
                self._certificate_nodes,
            ),
            "certificateservicecertificatemap": (
                ("pkid", "fkcertificate", "tkcertificateservice"), self._certificate_services,
            ),
            "certificatetrustrolemap": (
                ("pkid", "fkcertificate", "tktrustrole"), self._trust_roles
            ),
            "device": (
                (
                    "pkid", "name", "tkmodel", "tkcertificatestatus", "publickey", "fkdevicepool"
                ),
                self._devices,
            ),
            "devicepool": (("pkid", "name", "fkcallmanagergroup"), self._device_pools),
            "processconfig": (("paramname", "paramvalue"), self._parameters),
            "processnode": (("pkid", "name", "nodeid", "tknodeusage"), self._process_nodes),
            "typecertificateservice": (("enum", "name"), self._services),
            "typecertificatestatus": (("enum", "name", "moniker"), self._statuses),
        }  # fmt: skip

    def _pkid(self, *name: object) -> str:
        return self._settings.streams.uuid(*name)

    # -- certificates -----------------------------------------------------------------------

    def _certificates(self) -> Iterator[Row]:
        ttl_s = round(self._cluster.timing.tvs_ttl_s.value)
        for row in self._node.replica:
            one = row.certificate
            yield (
                row.pkid, one.subject, one.issuer, f"{one.serial:x}", one.pem.decode().strip(),
                row.node, self._address(row.node), None, ttl_s, 2 if row.is_shared else 1,
            )  # fmt: skip

    def _certificate_services(self) -> Iterator[Row]:
        for row in self._node.replica:
            for unit in _mapped_units(row):
                pkid = self._pkid("certificateservicecertificatemap", row.pkid, unit)
                yield pkid, row.pkid, SERVICE_NUMBERS[unit]

    def _certificate_nodes(self) -> Iterator[Row]:
        for row in self._node.replica:
            for name in row.nodes:
                if any(row.maps(unit, name) for unit in row.units):
                    yield (
                        self._pkid("certificateprocessnodemap", row.pkid, name), row.pkid,
                        self._node_pkid(name), name, self._address(name),
                    )  # fmt: skip

    def _hashes(self) -> Iterator[Row]:
        """Source: wire-formats 5: a Phone-VPN-trust certificate is known by its SHA-1."""
        for row in self._node.replica:
            if "Phone-VPN-trust" in _mapped_units(row):
                digest = base64.b64encode(row.certificate.sha1).decode()
                yield self._pkid("certificatehashmap", row.pkid), row.pkid, digest

    def _trust_roles(self) -> Iterator[Row]:
        for row in self._node.replica:
            for role in sorted(set(roles_of(row))):
                yield self._pkid("certificatetrustrolemap", row.pkid, role), row.pkid, role

    def _services(self) -> Iterator[Row]:
        release = self._node.host.release
        for name, number in sorted(SERVICE_NUMBERS.items(), key=lambda item: item[1]):
            unit = name.removesuffix("-trust")
            if number <= LAST_OF_9_1 or Unit(unit) in release.key_bits:
                yield number, name

    def _statuses(self) -> Iterator[Row]:
        for status in CertificateStatus:
            yield int(status), status.title, status.moniker

    # -- nodes ------------------------------------------------------------------------------

    def _address(self, name: str) -> str | None:
        return self._addresses.get(name)

    def _node_pkid(self, name: str) -> str:
        if name in self._settings.nodes:
            return self._settings.processnode_pkid(name)
        return self._pkid("processnode", name)

    def _process_nodes(self) -> Iterator[Row]:
        publisher = self._model.publisher.name
        for number, name in enumerate(self._addresses, 1):
            yield self._node_pkid(name), name, number, int(name != publisher)

    def _callmanagers(self) -> Iterator[Row]:
        for config in self._model.nodes_running(Service.CALLMANAGER):
            pkid = self._settings.callmanager_pkid(config.name)
            yield pkid, f"CM_{config.name}", self._node_pkid(config.name)

    def _groups(self) -> Iterator[Row]:
        for group in self._model.callmanager_groups:
            yield self._pkid("callmanagergroup", group.name), group.name

    def _members(self) -> Iterator[Row]:
        for group in self._model.callmanager_groups:
            for priority, name in enumerate(group.members):
                yield (
                    self._pkid("callmanagergroupmember", group.name, name),
                    self._pkid("callmanagergroup", group.name),
                    self._settings.callmanager_pkid(name), priority,
                )  # fmt: skip

    def _parameters(self) -> Iterator[Row]:
        yield "ClusterSecurityMode", str(int(self._settings.is_mixed()))
        yield "RollBackToPreGrayback", "T" if self._settings.is_rollback() else "F"

    # -- devices ----------------------------------------------------------------------------

    def _device_pools(self) -> Iterator[Row]:
        seen = {self._pool(number): group.callmanager_group
                for number, group in enumerate(self._cluster.population.groups)}  # fmt: skip
        for template in self._model.device_templates:
            seen.setdefault(template.callmanager_group, template.callmanager_group)
        for name, group_name in sorted(seen.items()):
            group_pkid = self._pkid("callmanagergroup", group_name)
            yield self._pkid("devicepool", name), name, group_pkid

    def _pool(self, number: int) -> str:
        group = self._cluster.population.groups[number]
        return f"{self._cluster.network.sites[group.site].name} {group.callmanager_group}"

    def _devices(self) -> Iterator[Row]:
        cluster, catalogue = self._cluster, self._cluster.made_from.catalogue
        columns, held = cluster.population, cluster.enrolment.certificates
        keys: dict[int, str | None] = {0: None}
        groups = [
            (catalogue[group.model].tkmodel, self._pkid("devicepool", self._pool(number)))
            for number, group in enumerate(columns.groups)
        ]
        for phone, name in enumerate(columns.names):
            number = held.lsc[phone]
            if number not in keys:
                keys[number] = public_key_pem(held.identity_of_class(number)[0][0])
            tkmodel, pool = groups[columns.group_of[phone]]
            status = int(cluster.enrolment.status_of(phone))
            yield self._pkid("device", name), name, tkmodel, status, keys[number], pool
        none = int(CertificateStatus.NONE)
        for template in sorted(self._model.device_templates, key=lambda row: row.name):
            pkid = template.pkid or self._pkid("template", template.name)
            pool = self._pkid("devicepool", template.callmanager_group)
            yield pkid, template.name, template.tkmodel, none, None, pool


def _mapped_units(row: CertificateRow) -> list[str]:
    """Units of a row that some node still maps to it."""
    return [unit for unit in row.units if any(row.maps(unit, node) for node in row.nodes)]
