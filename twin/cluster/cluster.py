"""Assembling a runnable cluster from a model, a release, timings and a seed.

Knows: what there is and what is wired to what. What may be done to it is in `operator`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from twin.cluster.authorities import Authorities
from twin.cluster.ctl_cluster import ClusterOfCTL
from twin.cluster.devices import DeviceTable
from twin.cluster.enrolment import Enrolment
from twin.cluster.furnishing import fill_trust_stores, install_certificates
from twin.cluster.host import NodeHost
from twin.cluster.integrations import assemble_integrations
from twin.cluster.outskirts import assemble_outskirts
from twin.cluster.phone_configs import PhoneConfigs
from twin.cluster.phones import build_population
from twin.cluster.ports import FilePort, TVSPort, follow, registrar
from twin.cluster.presented import wire_drf
from twin.cluster.recovery import Recovery
from twin.cluster.revocation import RevocationServices, check_revocation
from twin.cluster.services import single_sign_on, start_services
from twin.cluster.settings import ClusterSettings
from twin.cluster.settling import settle_phones
from twin.cluster.vpn import Concentrators
from twin.config.model import ModelConfig, NodeConfig
from twin.config.phones import PhoneCatalogue
from twin.config.release import ReleaseProfile
from twin.config.timing import TimingProfile
from twin.config.words import FEATURE_SERVICES, NETWORK_SERVICES, Role, Service
from twin.kernel.journal import Data, Journal
from twin.kernel.network import Network, SiteLink
from twin.kernel.simulation import Simulation
from twin.kernel.streams import Streams
from twin.nodes.certificate_manager import CERTIFICATE_AGE_DAYS
from twin.nodes.ctl_file import CTLFiles
from twin.nodes.ctl_tool import CTLTool
from twin.nodes.itl_reset import ITLReset
from twin.nodes.node import Node
from twin.nodes.recovery_backup import RecoveryBackup
from twin.nodes.replication import Member, Replication
from twin.nodes.tftp import TFTP
from twin.phones.core import EngineCore
from twin.phones.engine import StormEngine
from twin.phones.files import FileBook
from twin.phones.https import HTTPSClients
from twin.phones.judgements import Judgements
from twin.phones.ports import FileServer, Ports, Registrar, TVSServer, WebServer, of_variant
from twin.phones.stuck import StuckAnalysis
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyBank, KeyRing
from twin.pki.manufacturing import Manufacturing
from twin.simtime import Epoch


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a cluster is made from."""

    model: ModelConfig
    release: ReleaseProfile
    catalogue: PhoneCatalogue
    timing: TimingProfile
    seed: int
    epoch: Epoch
    every_phone: bool = False
    perturb_ties: int | None = None


class Cluster:
    """Nodes, phones and what connects them, at instant 0 and from then on."""

    def __init__(self, made_from: Ingredients, bank: KeyBank, journal: Journal) -> None:
        model = made_from.model
        self.made_from = made_from
        self.model = model
        self.release = made_from.release
        self.timing = made_from.timing
        self.epoch = made_from.epoch
        self.journal = journal
        self.simulation = Simulation(made_from.perturb_ties)
        self.streams = Streams(made_from.seed)
        self.keys = KeyRing(bank)
        self.attachments: dict[str, bytes] = {}
        """Files of the user's own that steps name."""
        self.settings = ClusterSettings(model, self.streams)
        sites = sorted(model.sites, key=lambda site: site.name)
        self.network = Network(
            [SiteLink(site.name, round(site.rtt_ms), site.bandwidth_mbps) for site in sites]
        )
        self._srst = [site.srst for site in sites]
        self.other: Cluster | None = None
        """The cluster phones may be moved to (see `twin.cluster.other`)."""
        self._first_index = 0
        self._token_owner: tuple[str, ...] = ()
        self.nodes: dict[str, Node] = {}
        self._node_configs = sorted(
            model.nodes, key=lambda node: (node.role is not Role.PUBLISHER, node.name)
        )
        self.replication = Replication(model.publisher.name, self._nodes_connected)
        self._make_nodes()
        self.population = build_population(
            model,
            made_from.catalogue,
            self.timing,
            {node.name: node.index for node in self.nodes.values()},
            self.network.index,
        )
        self.devices = DeviceTable(model, self.settings)
        self.manufacturing = Manufacturing(self.keys.take, self.streams.octets)
        self._make_services()
        self.vpn = Concentrators(
            model.vpn_concentrators, self.nodes[model.publisher.name].files, self.keys,
            self.streams.octets, self.epoch.start - timedelta(days=CERTIFICATE_AGE_DAYS),
        )  # fmt: skip
        self.phone_configs = PhoneConfigs(
            model,
            self.population,
            {self.nodes[config.name].index: config for config in self._node_configs},
            self.streams,
            self.vpn.hashes,
        )
        self.files = FileBook(self._names_of_nodes())
        self.ports = self._make_ports()
        core = EngineCore(
            self.population, self.ports, self.network,
            Judgements(self.files, self.release.itl_max_bytes), self.simulation, journal,
            self.streams, self.timing, self.epoch.at,
        )  # fmt: skip
        self.engine = StormEngine(core, made_from.every_phone)
        self.https = HTTPSClients(core, self.engine.checking)
        self.stuck = StuckAnalysis(core, self.engine.checking, self.engine.securing)
        self.enrolment = Enrolment(
            model, self.release, made_from.catalogue, self.epoch, self.streams, self.journal,
            self.keys, self.nodes, self.engine, self.https, self.manufacturing, self.vpn,
        )  # fmt: skip
        self.devices.attach(self.engine)
        self.integrations = assemble_integrations(
            model, self.nodes, core, self.phone_configs, self.authorities, self.keys, self.host,
            self.streams,
        )  # fmt: skip
        settle_phones(model, core)
        self.edge, self.mra, self.presence = assemble_outskirts(self)
        self.sso = single_sign_on(model, self.nodes)
        for node in self.nodes.values():
            node.on_power.append(self.look_at_paths)
        self.look_at_paths()

    # -- building ---------------------------------------------------------------------------

    def _make_nodes(self) -> None:
        for index, config in enumerate(self._node_configs, self._first_index):
            host = self.host(config.name)
            features = (name for name in FEATURE_SERVICES if name in config.services)
            activated = (*features, *NETWORK_SERVICES)
            extra = partial(self._extra_start_ms, config.name)
            node = Node(index, self._site(config), host, activated, extra)
            self.nodes[config.name] = node
            self.replication.join(config.name, Member(host, node.replica, node.on_change))
        self.settings.nodes = self.nodes

    def _make_services(self) -> None:
        model = self.model
        self.authorities = Authorities(model, self.keys, self.streams, self.epoch.start)
        self.revocation = RevocationServices(
            model.certificate_authorities, self.authorities, self.epoch.start
        )
        rows = install_certificates(
            model, self.release, self._node_configs, self.nodes, self.replication,
            self.authorities, self.keys, self.streams,
        )  # fmt: skip
        self._web_certificates = fill_trust_stores(
            model, self.release, self.nodes, rows, self.authorities, self.keys, self.streams,
            self.manufacturing, self.epoch.start,
        )  # fmt: skip
        publisher = self.nodes[self.model.publisher.name]
        self.ctl_cluster = ClusterOfCTL(
            self.model, self.settings, self.nodes, self.keys, self.streams, self._nodes_connected,
            self._token_owner,
        )  # fmt: skip
        ctl = CTLFiles(publisher.host, self.ctl_cluster)
        self.ctl_tool = CTLTool(publisher.host, self.ctl_cluster, ctl)
        if self.settings.is_mixed():
            self.ctl_cluster.install_first(self.ctl_tool)
        for config in self._node_configs:
            start_services(
                self.nodes[config.name], config, self.model, self.settings, self.devices,
                partial(self.replication.write, config.name),
                partial(self._tell_deletion, config.name),
            )  # fmt: skip
        if self.model.certificate_revocation.check:
            check_revocation(self.model, self.nodes, self.revocation)
        self.itl_reset = ITLReset(publisher.host, self._active_tftp)
        self.backup = wire_drf(publisher, self.nodes, self._nodes_connected)
        backup = RecoveryBackup(
            publisher.host, partial(self.settings.recovery, publisher.name),
            lambda: self.settings.exported_recovery,
        )  # fmt: skip
        publisher.monitor.on_look.append(backup.look)
        self.recovery = Recovery(publisher, self.nodes, self.replication, self.settings)

    def host(self, name: str, release: ReleaseProfile | None = None) -> NodeHost:
        """A host for a system of this name, with a release profile of its own or the cluster's."""
        model = self.model
        named = {one.name: (one.address, model.fqdn_of(one)) for one in model.nodes}
        named |= {one.name: (one.address, "") for one in model.expressways}
        named |= {one.name: (one.address, one.fqdn or "") for one in model.imp_nodes}
        return NodeHost(
            name, self.simulation, self.streams, self.journal, self.epoch,
            release or self.release, self.timing, *named.get(name, ("", "")),
        )  # fmt: skip

    def _tell_deletion(self, origin: str, unit: str, name: str) -> None:
        """Hand a deletion to every other node that can be reached now."""
        for node in self.nodes.values():
            if node.name != origin and self._nodes_connected(origin, node.name):
                node.deletion.on_platform_event(origin, unit, name)

    def _names_of_nodes(self) -> dict[str, int]:
        numbers = {}
        for config in self._node_configs:
            numbers[config.name] = self.nodes[config.name].index
            numbers[config.address] = self.nodes[config.name].index
        return numbers

    def _make_ports(self) -> Ports:
        by_index = {node.index: node for node in self.nodes.values()}
        ports = Ports(
            reachable=self.network.reachable,
            node_is_on=lambda index: by_index[index].is_on,
            has_srst=lambda site: self._srst[site],
        )
        for config in self._node_configs:
            node = self.nodes[config.name]
            tvs = TVSPort(node, self.journal).port
            ports.tvs[node.index] = tvs
            self._follow(node, Service.TVS, tvs)
            if node.tftp is not None:
                files = FilePort(
                    node, config, self.release, self.timing, self.streams, self.journal,
                    self.files, self.phone_configs.of, self.first_device, self._key_and_name,
                ).port  # fmt: skip
                ports.files[node.index] = files
                self._follow(node, Service.TFTP, files)
                node.files.on_ctl.append(self._came_back)
                node.tftp.on_new_files.append(self._came_back)
            if node.callmanager is not None:
                port = registrar(node, config, self.timing, self.journal)
                ports.registrars[node.index] = port
                self._follow(node, Service.CALLMANAGER, port)
        return ports

    def _follow(
        self, node: Node, service: Service, port: FileServer | TVSServer | Registrar
    ) -> None:
        """Keep a port's `is_up` and its queue in step with the service."""
        follow(
            node.services[service], port, lambda: self.simulation.now_ms,
            partial(self._stopped, node.index, service),
            partial(self._started, service),
        )  # fmt: skip

    def _stopped(self, node: int, service: Service, hangs: bool) -> None:
        if service is Service.CALLMANAGER:
            self.engine.losses.node_stopped(self.simulation.now_ms, node, hangs)

    def _started(self, service: Service) -> None:
        if service is not Service.TVS:
            self._came_back()

    def introduce(self) -> None:
        """What the numbers in the journal stand for: nodes and sites by number."""
        nodes = [node.name for node in self.every_node]
        sites = [site.name for site in self.network.sites]
        data: Data = {"phones": self.population.size, "nodes": nodes, "sites": sites}
        self.journal.node(0, "", "twin", "population", "info", data)

    # -- look-ups ---------------------------------------------------------------------------

    def web_server(self, name: str) -> WebServer:
        """An outside web server, or the Tomcat of a node of either cluster (by node name)."""
        if name in self._web_certificates:
            certificate = self._web_certificates[name]
            return WebServer(name, self.core_site(), lambda: certificate)
        node = next(node for node in self.every_node if node.name == name)

        def presented() -> Certificate | None:
            return node.tomcat.certificate if node.is_on else None

        return WebServer(name, node.site, presented)

    @property
    def every_node(self) -> list[Node]:
        """The nodes of both clusters, by number."""
        others = [] if self.other is None else self.other.nodes.values()
        return [*self.nodes.values(), *others]

    @property
    def publisher(self) -> Node:
        """The publisher."""
        return self.nodes[self.model.publisher.name]

    def home(self, node: Node) -> Cluster:
        """The cluster a node belongs to: this one or the other."""
        if self.other is not None and node.name in self.other.nodes:
            return self.other
        return self

    def _site(self, config: NodeConfig) -> int:
        return self.network.index[self.model.site_of(config)]

    def core_site(self) -> int:
        """Number of the site the publisher stands in."""
        return self.nodes[self.model.publisher.name].site

    def first_device(self, key: int) -> str:
        """Device name of the first phone of a group, by the group's number or a variant of it."""
        return self.population.names[self.population.group_of.index(of_variant(key)[0])]

    def _key_and_name(self, phone: int) -> tuple[int, str]:
        return self.engine.downloads.config_key(phone), self.population.names[phone]

    def _nodes_connected(self, a: str, b: str) -> bool:
        one, other = self.nodes[a], self.nodes[b]
        return one.is_on and other.is_on and self.network.reachable(one.site, other.site)

    def _active_tftp(self) -> list[TFTP]:
        """Running TFTP services, the publisher's own first."""
        return [
            node.tftp
            for node in self.nodes.values()
            if node.tftp is not None and node.tftp.service.is_started
        ]

    def _extra_start_ms(self, node: str, service: Service) -> int:
        """What a start takes beyond the service itself: building the cache, loading devices.

        Source: capacity-and-timing 3.2, 6.
        """
        devices = self.population.size
        if service is Service.TFTP:
            return round(1000 * devices / self.timing.tftp_build_rate_per_s.value)
        if service is Service.CALLMANAGER:
            related = self.devices.related(node)
            return round(related * self.timing.ccm_restart_per_1000_phones_s.value)
        return 0

    def _came_back(self) -> None:
        self.engine.registration.came_back(self.simulation.now_ms)

    def configs_changed(self) -> None:
        """Administration has changed what config files say: every TFTP service builds them anew."""
        self.phone_configs.forget()
        for tftp in self._active_tftp():
            tftp.configs_changed()

    def look_at_paths(self) -> None:
        """Note whether every site and node can be reached; to be called when one changes."""
        every_node = all(node.is_on for node in self.every_node)
        self.ports.is_whole = every_node and all(self.network.up) and not self.ports.outside
        self.backup.wake()
        for system in (self.edge, self.presence, self.integrations):
            if system is not None:
                system.look_at_paths()

    # -- states -----------------------------------------------------------------------------

    def is_quiet(self) -> bool:
        """Nothing is under way, in the cluster or on any phone."""
        now_ms = self.simulation.now_ms
        return self.simulation.pending == 0 and self.engine.core.is_quiet(now_ms)

    def all_registered(self) -> bool:
        """Nothing is under way and every phone with power is registered."""
        core = self.engine.core
        return self.is_quiet() and core.registered() == core.powered()
