"""The model document: a deployment as its administrator would describe it.

A model says which nodes there are, what runs on them, which phones register where and over
which sites. It holds no certificate, no key and no time; `twin.cluster` makes those from it.
Names are checked inside the document here; names of the library (releases, phone models) are
checked by `load.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from twin.config.authorities import CertificateAuthority
from twin.config.expansion import PhonePopulation, Site, expand_phones, expand_sites
from twin.config.faults import Problem, nearest, refusal
from twin.config.fields import (
    CheckedDocument,
    Document,
    Label,
    Moment,
    Name,
    Pkid,
    SubjectText,
    Text,
    Word,
)
from twin.config.model_capf import CapfConfig, RadiusServer, VpnConcentrator
from twin.config.model_certificates import KnownCertificate, TrustCertificate, WebServer
from twin.config.model_checks import model_problems
from twin.config.model_edge import (
    Expressway,
    NeighborZone,
    SipSystem,
    TraversalZone,
    UnifiedCommunications,
)
from twin.config.model_phones import DeviceTemplate, PhoneGroup, SiteGroup
from twin.config.model_presence import ImpNode, Presence
from twin.config.model_systems import Integration, System
from twin.config.model_web import SingleSignOnConfig
from twin.config.monitoring import CertificateMonitorConfig
from twin.config.revocation import RevocationConfig
from twin.config.words import (
    FEATURE_SERVICES,
    NETWORK_SERVICES,
    SERVICE_TITLES,
    ClusterMode,
    CTLSigning,
    PhoneInteraction,
    Role,
    Service,
    SignatureAlgorithm,
    Unit,
)


def _ipv4(value: str) -> str:
    parts = value.split(".")
    if len(parts) != 4 or not all(re.fullmatch(r"0|[1-9]\d{0,2}", p) for p in parts):
        raise refusal(f"{value!r}", "an IPv4 address such as 10.0.0.1")
    if any(int(part) > 255 for part in parts):
        raise refusal(f"{value!r}", "an IPv4 address, each part at most 255")
    return value


def _activated(value: Any) -> Any:
    word = SERVICE_TITLES.get(value, value) if isinstance(value, str) else value
    if word in FEATURE_SERVICES:
        return Service(word)
    known = ", ".join(FEATURE_SERVICES)
    if word in NETWORK_SERVICES:
        raise refusal(f"{value!r}, which runs on every node by itself", f"one of {known}")
    raise refusal(f"unknown service {value!r}", f"one of {known}", nearest(value, FEATURE_SERVICES))


Address = Annotated[str, AfterValidator(_ipv4)]
KeyBits = Literal[1024, 2048, 3072, 4096, 256, 384, 521]
ActivatedService = Annotated[
    Service,
    BeforeValidator(_activated, json_schema_input_type=Literal["CallManager", "TFTP", "CAPF"]),
]


class SubjectConfig(Document):
    """What every certificate of the cluster carries in its subject beside the common name."""

    organization: SubjectText = Field(description="O, as entered at installation")
    organizational_unit: SubjectText = Field(description="OU, as entered at installation")
    locality: SubjectText = Field(description="L, a city")
    state: SubjectText = Field(description="ST, a state or province")
    country: str = Field(description="C, two capital letters", pattern=r"^[A-Z]{2}$")


class EnterpriseParameters(Document):
    """Cluster-wide parameters of CM Administration that decide about certificates."""

    rollback_to_pre_8: bool = Field(
        default=False,
        description="'Prepare Cluster for Rollback to pre 8.0': the ITL is served empty",
    )
    phone_interaction_on_certificate_update: PhoneInteraction = Field(
        default=PhoneInteraction.AUTOMATIC,
        description="Whether phones are reset by themselves after a certificate change (14+)",
    )
    tftp_file_signature_algorithm: SignatureAlgorithm = Field(
        default=SignatureAlgorithm.SHA1,
        description="Digest under the signatures of ITL, CTL and config files (11.5+)",
    )


class NodeConfig(Document):
    """One server of the cluster. Network services (TVS, Tomcat, certCN ...) are implied."""

    name: Name = Field(description="Host name, as the node calls itself")
    role: Role = Field(description="Publisher or subscriber; a cluster has one publisher")
    address: Address = Field(description="IPv4 address")
    services: tuple[ActivatedService, ...] = Field(
        default=(), description="Feature services activated here: CallManager, TFTP, CAPF"
    )
    site: Name | None = Field(default=None, description="Site the node stands in; the first site")
    ova: Literal[1000, 2500, 7500, 10000] = Field(
        default=7500, description="Size class of the virtual machine, in users (phones)"
    )
    fqdn: Name | None = Field(
        default=None, description="Common name of its certificates; name.domain"
    )
    key_bits: dict[Unit, KeyBits] = Field(
        default_factory=dict, description="Key sizes in bits that differ from the release's"
    )
    certificates: dict[Unit, KnownCertificate] = Field(
        default_factory=dict, description="What is known of its certificates at the start, by unit"
    )
    processnode_pkid: Pkid | None = Field(
        default=None, description="Row identifier of the node, if a capture gives it"
    )
    callmanager_pkid: Pkid | None = Field(
        default=None, description="Row identifier of its CallManager, if a capture gives it"
    )

    def runs(self, service: Service) -> bool:
        """Whether a feature service is activated here; network services run everywhere."""
        return service in self.services or service in NETWORK_SERVICES


class CallManagerGroup(Document):
    """An ordered list of call-processing nodes that phones register with."""

    name: Label = Field(description="Name of the group")
    members: tuple[Name, ...] = Field(
        min_length=1, max_length=3, description="Node names, most preferred first, at most 3"
    )


class ModelConfig(CheckedDocument):
    """A deployment: nodes, sites, phones and what surrounds them."""

    name: Name = Field(description="Name of the model; the file's stem for a bundled one")
    title: Text = Field(description="One line for lists")
    description: Text = Field(default="", description="What the model stands for")
    source: Text | None = Field(default=None, description="Where its facts come from")
    assumption: Text | None = Field(default=None, description="What was chosen without a source")
    start: Moment | None = Field(
        default=None,
        description="When its facts were taken: other models' experiments begin then on it",
    )
    release: Word = Field(description="Release profile: 8.6, 9.1, 10.5, 11.5, 12.5, 14 or 15")
    domain: Name = Field(description="DNS domain of the nodes")
    subject: SubjectConfig = Field(description="Subject fields of all certificates")
    cluster_mode: ClusterMode = Field(
        default=ClusterMode.NON_SECURE, description="Cluster security mode at the start"
    )
    ctl_signing: CTLSigning = Field(
        default=CTLSigning.TOKENLESS,
        description="Who signed the CTL a mixed cluster starts with: itself, or two eTokens",
    )
    ctl_provider: bool = Field(
        default=True, description="Whether Cisco CTL Provider is activated on the publisher"
    )
    enterprise_parameters: EnterpriseParameters = Field(
        default_factory=EnterpriseParameters, description="Cluster-wide parameters"
    )
    nodes: tuple[NodeConfig, ...] = Field(min_length=1, description="Servers of the cluster")
    callmanager_groups: tuple[CallManagerGroup, ...] = Field(
        default=(), description="CallManager Groups"
    )
    site_groups: tuple[SiteGroup, ...] = Field(
        alias="sites",
        default=(SiteGroup(name="core"),),
        min_length=1,
        description="Sites; by default one site 'core' on the cluster's LAN",
    )
    phone_groups: tuple[PhoneGroup, ...] = Field(
        alias="phones",
        default=(),
        max_length=500,
        description="Phone populations, together at most 80,000 phones",
    )
    capf: CapfConfig = Field(default_factory=CapfConfig, description="CAPF")
    radius_servers: tuple[RadiusServer, ...] = Field(default=(), description="802.1X servers")
    vpn_concentrators: tuple[VpnConcentrator, ...] = Field(default=(), description="VPN servers")
    expressways: tuple[Expressway, ...] = Field(default=(), description="Expressway peers")
    traversal_zones: tuple[TraversalZone, ...] = Field(
        default=(), description="Zones between Expressway-C and -E"
    )
    sip_systems: tuple[SipSystem, ...] = Field(default=(), description="SIP systems outside")
    neighbor_zones: tuple[NeighborZone, ...] = Field(
        default=(), description="Zones between an Expressway and a SIP system"
    )
    unified_communications: UnifiedCommunications = Field(
        default_factory=UnifiedCommunications, description="Mobile and Remote Access"
    )
    systems: tuple[System, ...] = Field(
        default=(), description="Systems of other products around the cluster"
    )
    integrations: tuple[Integration, ...] = Field(
        default=(), description="Connections between the cluster and those systems"
    )
    imp_nodes: tuple[ImpNode, ...] = Field(default=(), description="IM and Presence nodes")
    presence: Presence = Field(default_factory=Presence, description="IM and Presence")
    single_sign_on: SingleSignOnConfig | None = Field(
        default=None, description="SAML single sign-on; none: users log in with passwords"
    )
    certificate_monitor: CertificateMonitorConfig = Field(
        default_factory=CertificateMonitorConfig, description="Certificate Monitor of OS Admin"
    )
    certificate_revocation: RevocationConfig = Field(
        default_factory=RevocationConfig, description="Certificate Revocation of OS Admin"
    )
    device_templates: tuple[DeviceTemplate, ...] = Field(
        default=(), description="Device rows that are no phones"
    )
    web_servers: tuple[WebServer, ...] = Field(
        default=(), description="HTTPS servers outside the cluster"
    )
    certificate_authorities: tuple[CertificateAuthority, ...] = Field(
        default=(), description="CAs outside the cluster that sign for it"
    )
    trust_certificates: tuple[TrustCertificate, ...] = Field(
        default=(), description="Extra entries of trust stores"
    )
    multi_server: tuple[Unit, ...] = Field(
        default=(), description="Units for which one certificate serves all nodes (10.5+)"
    )
    signed_units: dict[Unit, Name] = Field(
        default_factory=dict,
        description="Own certificates that a CA of the model has signed before the start, by unit",
    )
    other_cluster: ModelConfig | None = Field(
        default=None, description="A second cluster without phones, which phones may be moved to"
    )
    unsupported_size: bool = Field(
        default=False, description="Whether product limits on nodes and phones may be exceeded"
    )

    @classmethod
    def problems_as_written(cls, data: Mapping[str, Any]) -> list[Problem]:
        """Wrong names, missing services and sizes beyond the product's."""
        return model_problems(data)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The sites, equal ones written out, in the order of the document."""
        return expand_sites(self)

    @cached_property
    def phones(self) -> tuple[PhonePopulation, ...]:
        """The populations, each at one site with one group and one option 150 list."""
        return expand_phones(self)

    @property
    def phone_count(self) -> int:
        """How many phones there are."""
        return sum(population.count for population in self.phones)

    @property
    def publisher(self) -> NodeConfig:
        """The one publisher."""
        return next(node for node in self.nodes if node.role is Role.PUBLISHER)

    @property
    def subscribers(self) -> tuple[NodeConfig, ...]:
        """The subscribers, in the order of the document."""
        return tuple(node for node in self.nodes if node.role is Role.SUBSCRIBER)

    def nodes_running(self, service: Service) -> tuple[NodeConfig, ...]:
        """The nodes on which a service is activated, in the order of the document."""
        return tuple(node for node in self.nodes if node.runs(service))

    def node(self, name: str) -> NodeConfig:
        """The node called `name`, or by an alias (see `resolve_node`).

        Raises:
            KeyError: There is none.
        """
        resolved = self.resolve_node(name)
        other = () if self.other_cluster is None else self.other_cluster.nodes
        return next(node for node in (*self.nodes, *other) if node.name == resolved)

    @cached_property
    def node_aliases(self) -> dict[str, str]:
        """Aliases of nodes: pub; sub1, sub2 ... and tftp1, tftp2 ... by order of name.

        A node's own name wins over an alias.
        """
        aliases = {"pub": self.publisher.name}
        for stem, nodes in (("sub", self.subscribers), ("tftp", self.nodes_running(Service.TFTP))):
            for number, name in enumerate(sorted(node.name for node in nodes), start=1):
                aliases[f"{stem}{number}"] = name
        other = () if self.other_cluster is None else self.other_cluster.nodes
        imp = {node.name: node.name for node in self.imp_nodes}
        return aliases | imp | {node.name: node.name for node in (*other, *self.nodes)}

    def imp_cluster(self, name: str) -> ModelConfig:
        """An IM&P cluster as a model of its own: what both share, and its nodes alone."""
        nodes = tuple(
            NodeConfig(
                name=node.name, role=node.role, address=node.address, site=node.site,
                fqdn=node.fqdn, key_bits=node.key_bits,
            )
            for node in self.imp_nodes
            if node.cluster == name
        )  # fmt: skip
        own = {
            "name": name,
            "nodes": nodes,
            "multi_server": self.presence.multi_server,
            "signed_units": self.presence.signed_units,
        }
        empty = ("imp_nodes", "trust_certificates", "web_servers", "phone_groups")
        values = {**dict(self), **dict.fromkeys(empty, ()), "other_cluster": None, **own}
        return ModelConfig.model_construct(**values)

    def resolve_node(self, name: str) -> str:
        """The name of the node that `name` (a name, or pub, sub1, tftp2 ...) means.

        Raises:
            KeyError: There is none.
        """
        return self.node_aliases[name]

    def group(self, name: str) -> CallManagerGroup:
        """The CallManager Group called `name`.

        Raises:
            KeyError: There is none.
        """
        return {group.name: group for group in self.callmanager_groups}[name]

    def site(self, name: str) -> Site:
        """The site called `name`.

        Raises:
            KeyError: There is none.
        """
        return {site.name: site for site in self.sites}[name]

    def site_of(self, node: NodeConfig) -> str:
        """The name of the site a node stands in."""
        return node.site or self.sites[0].name

    def fqdn_of(self, node: NodeConfig) -> str:
        """The common name of a node's certificates."""
        return node.fqdn or f"{node.name}.{self.domain}"
