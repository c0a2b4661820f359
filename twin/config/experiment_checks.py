"""Does an experiment fit the model, release and timing profile it is run with?

The checks read the document as written (see `raw.py`), so that they run even when some of its
fields are wrong. They know names only, not what an action does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from twin import library
from twin.config import certificate_checks
from twin.config.certificate_checks import Deployment
from twin.config.edge_checks import edge_action_problems
from twin.config.faults import Location, Problem, listed, nearest, unknown
from twin.config.library_checks import parameter_exists
from twin.config.model import ModelConfig
from twin.config.phones import PhoneCatalogue
from twin.config.presence import PresenceFacts
from twin.config.presence_checks import presence_action_problems
from twin.config.raw import Row, plain, rows, text, texts, word
from twin.config.release import ReleaseProfile
from twin.config.result import is_metric, metric_paths
from twin.config.system_checks import system_action_problems
from twin.config.timing import TimingProfile
from twin.config.words import FEATURE_SERVICES, SERVICE_TITLES, Service, Unit

_PARAMETER_VALUES: dict[str, tuple[Any, ...]] = {
    "rollback_to_pre_8": (True, False),
    "phone_interaction_on_certificate_update": ("automatic", "manual"),
    "tftp_file_signature_algorithm": ("sha1", "sha512"),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an experiment is run with."""

    model: ModelConfig
    release: ReleaseProfile
    phones: PhoneCatalogue
    timing: TimingProfile
    load_release: Callable[[str], ReleaseProfile] | None = None
    """To check what follows an upgrade against the release upgraded to; None: it is not."""
    load_presence: Callable[[], PresenceFacts] | None = None
    """To check words on IM&P nodes; None: the model has none."""

    def of(self, node: str | None) -> Surroundings:
        """As seen from the cluster a node belongs to."""
        imp = {row.name: row.cluster for row in self.model.imp_nodes}
        if node in imp and self.load_presence is not None:
            model = self.model.imp_cluster(imp[node])
            return replace(self, model=model, release=self.load_presence().profile(self.release))
        other = self.model.other_cluster
        if other is None or self.load_release is None:
            return self
        if node not in {row.name for row in other.nodes}:
            return self
        return replace(self, model=other, release=self.load_release(other.release))

    def units_of(self, node: str) -> Sequence[Unit]:
        """Own certificates of a node; none for one that is not known."""
        return self.of(node).release.units if node in self.model.node_aliases else ()

    def after(self, step: Row) -> Surroundings:
        """What the steps after this one are run with."""
        arguments = step.get("upgrade")
        name = word(arguments, "to") if isinstance(arguments, Mapping) else None
        of_imp = isinstance(arguments, Mapping) and arguments.get("cluster") is not None
        if of_imp or self.load_release is None or name not in library.releases():
            return self
        return replace(self, release=self.load_release(name))


def metric_problems(document: Row) -> Iterator[Problem]:
    """Expectations of metrics that the result has not."""
    for location, row in rows(plain(document), "expect"):
        path = text(row, "metric")
        if path is not None and not is_metric(path):
            place = (*location, "metric")
            next_step = "'twin schema result' lists the metrics."
            found = f"unknown metric {path!r}"
            yield Problem(place, found, "", nearest(path, metric_paths()), next_step)


def experiment_problems(document: Row, around: Surroundings) -> Iterator[Problem]:
    """References of an experiment to things its surroundings have not."""
    document = plain(document)
    values = document.get("timing")
    if isinstance(values, Mapping):
        for problem in around.timing.value_problems(values):
            yield _below(("timing",), problem)
    for location, step in rows(document, "steps"):
        for action, arguments in step.items():
            arguments = {} if arguments is None else arguments
            if isinstance(arguments, Mapping):
                for problem in _action(action, arguments, around):
                    yield _below((*location, action), problem)
        around = around.after(step)
    for location, row in rows(document, "expect"):
        for problem in _node((), row, around):
            yield _below(location, problem)


def _below(location: Location, problem: Problem) -> Problem:
    return Problem(
        (*location, *problem.location),
        problem.found,
        problem.expected,
        problem.nearest,
        problem.next_step,
    )


def _action(action: str, arguments: Row, around: Surroundings) -> Iterator[Problem]:
    yield from _node((), arguments, around)
    yield from presence_action_problems(action, arguments, around.model)
    whole, around = around, around.of(text(arguments, "node"))
    for key in ("select", "phones"):
        selector = arguments.get(key)
        if isinstance(selector, Mapping):
            for problem in _selector(selector, around):
                yield _below((key,), problem)
    check = _CHECKS.get(action)
    if check is not None:
        yield from check(arguments, around)
    yield from edge_action_problems(action, arguments, around.model)
    yield from system_action_problems(action, arguments, around.model)
    certificates = certificate_checks.CHECKS.get(action)
    if certificates is not None:
        deployment = Deployment(around.model, around.release, whole.units_of)
        yield from certificates(arguments, deployment)


def _node(location: Location, arguments: Row, around: Surroundings) -> Iterator[Problem]:
    name = text(arguments, "node")
    if name is not None and name not in around.model.node_aliases:
        names = [node.name for node in around.model.nodes]
        found = f"unknown node {name!r}"
        expected = f"one of {listed(names)}, or an alias such as pub, sub1, tftp1"
        closest = nearest(name, around.model.node_aliases)
        yield Problem((*location, "node"), found, expected, closest)


def _selector(selector: Row, around: Surroundings) -> Iterator[Problem]:
    model = around.model
    known = {
        "site": _site_words(model),
        "population": [group.name for group in model.phone_groups],
        "callmanager_group": [group.name for group in model.callmanager_groups],
        "model": sorted({group.model for group in model.phone_groups}),
    }
    nouns = {"callmanager_group": "CallManager Group", "model": "phone model of this deployment"}
    for key, names in known.items():
        name = word(selector, key)
        if name is not None and name not in names:
            yield unknown((key,), nouns.get(key, key), name, names)
    yield from _node((), selector, around)


def _site_words(model: ModelConfig) -> list[str]:
    sites = [site.name for site in model.sites]
    return sites + [group.name for group in model.site_groups if group.name not in sites]


def _service(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    name, node = text(arguments, "service") or "", text(arguments, "node") or ""
    service = SERVICE_TITLES.get(name, name)
    if service not in list(FEATURE_SERVICES) or node not in around.model.node_aliases:
        return
    if not around.model.node(node).runs(Service(service)):
        activated = [str(item) for item in around.model.node(node).services]
        found = f"{service} is not activated on {around.model.resolve_node(node)}"
        yield Problem(("service",), found, f"one of {listed(activated)}" if activated else "")


def _wan(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    name = text(arguments, "site")
    if name is not None and name not in _site_words(around.model):
        yield unknown(("site",), "site", name, _site_words(around.model))


def _parameter(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    name, value = text(arguments, "name") or "", arguments.get("value")
    if name not in _PARAMETER_VALUES or value is None:
        return
    if not parameter_exists(around.release, name):
        yield Problem(("name",), f"release {around.release.name} has no parameter {name}")
    elif not any(value is allowed or value == allowed for allowed in _PARAMETER_VALUES[name]):
        words = listed(str(allowed).lower() for allowed in _PARAMETER_VALUES[name])
        yield Problem(("value",), f"{value!r}", f"one of {words}")


def _itl_reset(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    if around.release.itl_reset_key == "none":
        yield Problem((), f"release {around.release.name} has no 'utils itl reset'")


def _set_cluster_mode(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    if around.release.ctl_signer == "none":
        yield Problem((), f"release {around.release.name} has no 'utils ctl'")


def _ctl_update(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    if text(arguments, "signed_by") == "tokens":
        if not around.release.has_ctl_tokens:
            found = f"release {around.release.name} supports no tokens"
            yield Problem(("signed_by",), found, "tokenless")
    elif around.release.ctl_signer == "none":
        yield Problem((), f"release {around.release.name} has no 'utils ctl'", "signed_by: tokens")


def _ctl_reset(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    if around.release.ctl_reset_key == "none":
        yield Problem((), f"release {around.release.name} has no 'utils ctl reset'")


def _export(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    if around.release.itl_recovery == "none":
        yield Problem((), f"release {around.release.name} has no ITLRecovery")


def _https(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    name = text(arguments, "web_server")
    servers = [server.name for server in around.model.web_servers]
    if name is not None and name not in servers:
        yield unknown(("web_server",), "web server", name, servers)


def _nodes_listed(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    for index, name in texts(arguments, "nodes"):
        for problem in _node((), {"node": name}, around):
            yield Problem(("nodes", index), problem.found, problem.expected, problem.nearest)


def _cluster_names(around: Surroundings) -> dict[str, ModelConfig]:
    both = (around.model, around.model.other_cluster)
    return {model.name: model for model in both if model is not None}


def _bulk(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    known, name = _cluster_names(around), text(arguments, "into")
    if len(known) == 1:
        yield Problem((), f"model {around.model.name} has one cluster", "a model of two clusters")
    elif name is not None and name not in known:
        yield unknown(("into",), "cluster", name, list(known))


def _move_phones(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    known, name = _cluster_names(around), text(arguments, "to")
    if name is None:
        return
    if name not in known:
        yield unknown(("to",), "cluster", name, list(known))
        return
    model = known[name]
    groups = [group.name for group in model.callmanager_groups]
    group = text(arguments, "callmanager_group")
    if not groups:
        yield Problem(("to",), f"cluster {name!r} has no CallManager Group", "one with a group")
    elif group is not None and group not in groups:
        yield unknown(("callmanager_group",), "CallManager Group", group, groups)
    servers = [node.name for node in model.nodes_running(Service.TFTP)]
    if not servers:
        yield Problem(("to",), f"cluster {name!r} has no TFTP node", "one that serves files")
    for index, node in texts(arguments, "tftp"):
        if model.node_aliases.get(node) not in servers:
            yield unknown(("tftp", index), "TFTP node", node, servers)


def _upgrade(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    name = word(arguments, "to")
    if name is not None and name not in library.releases():
        yield unknown(("to",), "release", name, library.releases())


def _capf(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    if not around.model.nodes_running(Service.CAPF):
        yield Problem((), "CAPF is activated on no node", "CAPF among the publisher's services")
    bits, sizes = arguments.get("key_bits"), around.release.lsc_key_bits
    if isinstance(bits, int) and bits not in sizes:
        found = f"{bits} bits, which release {around.release.name} does not offer"
        yield Problem(("key_bits",), found, f"one of {listed(str(size) for size in sizes)}")


def _online_ca(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    if around.model.capf.online_ca is None:
        yield Problem((), "the model has no online CA", "capf.online_ca in the model")


def _offline_ca(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    if around.model.capf.offline_ca is None:
        yield Problem((), "the model has no offline CA", "capf.offline_ca in the model")


def _radius(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    name = text(arguments, "radius")
    servers = [server.name for server in around.model.radius_servers]
    if name is not None and name not in servers:
        yield unknown(("radius",), "RADIUS server", name, servers)


def _vpn(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    name = text(arguments, "concentrator")
    known = [concentrator.name for concentrator in around.model.vpn_concentrators]
    if name is not None and name not in known:
        yield unknown(("concentrator",), "VPN concentrator", name, known)


def _vpn_trust(arguments: Row, around: Surroundings) -> Iterator[Problem]:
    yield from _vpn(arguments, around)
    asking = [one.name for one in around.model.vpn_concentrators if one.lsc_trusts]
    name = text(arguments, "concentrator")
    known = [one.name for one in around.model.vpn_concentrators]
    if name in known and name not in asking:
        yield Problem(("concentrator",), f"{name} asks phones for nothing", "lsc_trusts")


_CHECKS: dict[str, Callable[[Row, Surroundings], Iterator[Problem]]] = {
    "start_service": _service,
    "stop_service": _service,
    "restart_service": _service,
    "wan": _wan,
    "set_enterprise_parameter": _parameter,
    "itl_reset": _itl_reset,
    "export_itl_recovery": _export,
    "set_cluster_mode": _set_cluster_mode,
    "ctl_update": _ctl_update,
    "ctl_reset": _ctl_reset,
    "https_request": _https,
    "restore": _nodes_listed,
    "upgrade": _upgrade,
    "move_phones": _move_phones,
    "bulk_certificates": _bulk,
    "capf_operation": _capf,
    "online_ca": _online_ca,
    "capf_offline": _offline_ca,
    "stale_lsc_report": _capf,
    "radius_trust": _radius,
    "vpn_certificate": _vpn,
    "vpn_trust": _vpn_trust,
}
