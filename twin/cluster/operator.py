"""The operator: each action of an experiment, carried out on a cluster.

Knows: what the words mean, how long they take, when they are refused. An action is a SimPy
process; its outcome is a journal record. Refusals are outcomes, not exceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from twin.cluster.cluster import Cluster
from twin.cluster.selectors import select, sites_named
from twin.config import actions
from twin.config.model import ModelConfig
from twin.config.steps import Step
from twin.kernel.simulation import Signal
from twin.nodes.node import Node
from twin.nodes.service import Service as NodeService
from twin.nodes.service import ServiceState
from twin.simtime import format_ms

POLL_MS = 1000
"""How often a wait looks whether its condition holds, ms."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action ended: done, refused, or timed_out, with a message."""

    outcome: str = "done"
    message: str = ""


DONE = Outcome()
Act = Generator[Signal, Any, Outcome]


class Operator:
    """Carries out steps on a cluster, one after another."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.simulation = cluster.simulation
        self._steps = 0
        self._acts: dict[str, Callable[[Any], Act]] = {
            "regenerate": self._regenerate,
            "start_service": self._start_service,
            "stop_service": self._stop_service,
            "restart_service": self._restart_service,
            "reset_phones": self._reset_phones,
            "power": self._power,
            "node": self._node_power,
            "wan": self._wan,
            "set_enterprise_parameter": self._set_enterprise_parameter,
            "delete_phone_lists": self._delete_phone_lists,
            "itl_reset": self._itl_reset,
            "export_itl_recovery": self._export_itl_recovery,
            "https_request": self._https_request,
            "advance": self._advance,
            "wait": self._wait,
        }

    def carry_out(self, step: Step) -> Act:
        """The process of one step: waits for its time, acts, journals the outcome."""
        self._steps += 1
        number = self._steps
        now_ms = self.simulation.now_ms
        if step.at_ms is not None and step.at_ms > now_ms:
            yield self.simulation.sleep(step.at_ms - now_ms)
        started_ms = self.simulation.now_ms
        outcome: Outcome = yield from self._acts[step.kind](step.action)
        self.cluster.journal.node(
            self.simulation.now_ms,
            "",
            "operator",
            "step",
            "info" if outcome.outcome == "done" else "warning",
            {
                "step": number,
                "action": step.kind,
                "text": describe(step, self.cluster.model),
                "name": step.name,
                "outcome": outcome.outcome,
                "message": outcome.message,
                "started_at_ms": started_ms,
            },
        )
        return outcome

    # -- certificates -----------------------------------------------------------------------

    def _regenerate(self, action: actions.Regenerate) -> Act:
        node = self._node(action.node)
        if not node.is_on:
            yield self.simulation.sleep(0)
            return _is_down(node)
        finished, done = self.simulation.signal()
        refused = node.certificates.regenerate(str(action.unit), done)
        if refused is not None:
            return Outcome("refused", refused)
        yield finished
        return DONE

    def _itl_reset(self, action: actions.ItlReset) -> Act:
        settings = self.cluster.settings
        key = settings.localkey() if action.key == "local" else settings.exported_recovery
        if not self._publisher.is_on:
            yield self.simulation.sleep(0)
            return _is_down(self._publisher)
        finished, done = self.simulation.signal()
        refused = self.cluster.itl_reset.run(key, f"{action.key}key", done)
        if refused is not None:
            return Outcome("refused", refused)
        yield finished
        return DONE

    def _export_itl_recovery(self, _action: actions.ExportItlRecovery) -> Act:
        settings = self.cluster.settings
        identity = settings.recovery(self.cluster.model.publisher.name)
        yield self.simulation.sleep(0)
        if not self._publisher.is_on:
            return _is_down(self._publisher)
        if identity is None:
            release = self.cluster.release.name
            return Outcome("refused", f"release {release} has no ITLRecovery certificate")
        settings.exported_recovery = identity
        return DONE

    # -- services and nodes -----------------------------------------------------------------

    def _service(self, action: actions.ServiceAction) -> tuple[Node, str] | Outcome:
        node = self._node(action.node)
        if str(action.service) not in node.services:
            return Outcome("refused", f"{action.service} is not activated on {node.name}")
        if not node.is_on:
            return _is_down(node)
        return node, str(action.service)

    def _until_ready(self, service: NodeService, delay_ms: int) -> Act:
        """Sleep until a start is over, whichever of its instant's work comes first."""
        yield self.simulation.sleep(delay_ms)
        while service.state is ServiceState.STARTING:
            yield self.simulation.sleep(0)
        return DONE

    def _start_service(self, action: actions.ServiceAction) -> Act:
        found = self._service(action)
        if isinstance(found, Outcome):
            yield self.simulation.sleep(0)
            return found
        node, name = found
        return (yield from self._until_ready(node.services[name], node.start_service(name)))

    def _stop_service(self, action: actions.ServiceAction) -> Act:
        found = self._service(action)
        yield self.simulation.sleep(0)
        if isinstance(found, Outcome):
            return found
        found[0].stop_service(found[1])
        return DONE

    def _restart_service(self, action: actions.ServiceAction) -> Act:
        found = self._service(action)
        if isinstance(found, Outcome):
            yield self.simulation.sleep(0)
            return found
        node, name = found
        return (yield from self._until_ready(node.services[name], node.restart_service(name)))

    def _node_power(self, action: actions.NodePower) -> Act:
        node = self._node(action.node)
        if node.is_on == action.up:
            yield self.simulation.sleep(0)
            return DONE
        if not action.up:
            node.lose_power()
            yield self.simulation.sleep(0)
            return DONE
        finished, done = self.simulation.signal()
        node.boot(done)
        yield finished
        self.cluster.replication.retry()
        return DONE

    def _wan(self, action: actions.Wan) -> Act:
        cluster = self.cluster
        now_ms = self.simulation.now_ms
        for name in sites_named(cluster, action.site):
            site = cluster.network.index[name]
            if cluster.network.up[site] == action.up:
                continue
            cluster.network.up[site] = action.up
            cluster.look_at_paths()
            cluster.journal.node(
                now_ms, "", "network", "wan", "warning", {"site": name, "up": action.up}
            )
            if not action.up:
                cluster.engine.registration.site_cut(now_ms, site)
        if action.up:
            cluster.replication.retry()
            cluster.engine.registration.came_back(now_ms)
        yield self.simulation.sleep(0)
        return DONE

    def _set_enterprise_parameter(self, action: actions.SetEnterpriseParameter) -> Act:
        settings = self.cluster.settings
        yield self.simulation.sleep(0)
        if not self._publisher.is_on:  # nothing is written to the database without it
            return _is_down(self._publisher)
        release = self.cluster.release
        exists = {
            "rollback_to_pre_8": release.has_rollback_parameter,
            "phone_interaction_on_certificate_update": release.has_phone_interaction_parameter,
            "tftp_file_signature_algorithm": release.has_file_signature_parameter,
        }
        if not exists[action.name]:
            return Outcome("refused", f"release {release.name} has no parameter {action.name}")
        if action.name == "rollback_to_pre_8":
            settings.rollback = bool(action.value)
        elif action.name == "phone_interaction_on_certificate_update":
            settings.set_interaction(str(action.value))
        else:
            settings.algorithm = str(action.value)
        if action.name != "phone_interaction_on_certificate_update":
            for node in self.cluster.nodes.values():
                if node.tftp is not None:
                    node.tftp.schedule(f"{action.name} = {action.value}")
        return DONE

    # -- phones -----------------------------------------------------------------------------

    def _reset_phones(self, action: actions.ResetPhones) -> Act:
        cluster = self.cluster
        engine = cluster.engine
        registered = set(engine.registered_with())
        phones = [p for p in select(cluster, action.select, self._steps) if p in registered]
        if not phones:
            yield self.simulation.sleep(0)
            return Outcome("done", "0 phones")
        senders = cluster.ports.registrars
        sender = senders.get(self._publisher.index) or senders[min(senders)]
        rate = cluster.timing.bat_reset_rate_per_s.value
        now_ms = self.simulation.now_ms
        is_restart = action.kind == "restart"
        last_ms = engine.send_notices(now_ms, phones, sender, rate, 0, is_restart)
        yield self.simulation.sleep(last_ms - now_ms)
        return Outcome("done", f"{len(phones)} phones")

    def _power(self, action: actions.Power) -> Act:
        phones = select(self.cluster, action.phones, self._steps)
        changed = self.cluster.engine.power(self.simulation.now_ms, phones, action.on)
        yield self.simulation.sleep(0)
        return Outcome("done", f"{changed} phones")

    def _delete_phone_lists(self, action: actions.DeletePhoneLists) -> Act:
        phones = select(self.cluster, action.select, self._steps)
        gap_ms = round(3_600_000 / action.visits_per_hour) if action.visits_per_hour else 0
        for phone in phones:
            yield self.simulation.sleep(gap_ms)
            self.cluster.engine.delete_lists(self.simulation.now_ms, phone)
        return Outcome("done", f"{len(phones)} phones visited")

    def _https_request(self, action: actions.HttpsRequest) -> Act:
        cluster = self.cluster
        name = action.web_server
        if name is None:
            assert action.node is not None
            name = cluster.model.resolve_node(action.node)
        server = cluster.web_server(name)
        registered = set(cluster.engine.registered_with())
        phones = [p for p in select(cluster, action.select, self._steps) if p in registered]
        for phone in phones:
            cluster.https.open(self.simulation.now_ms, phone, server)
        yield self.simulation.sleep(0)
        return Outcome("done", f"{len(phones)} phones")

    # -- time -------------------------------------------------------------------------------

    def _advance(self, action: actions.Advance) -> Act:
        yield self.simulation.sleep(action.for_ms)
        return DONE

    def _wait(self, action: actions.Wait) -> Act:
        holds = {
            "all_phones_registered": self.cluster.all_registered,
            "quiet": self.cluster.is_quiet,
        }[action.until]
        until_ms = self.simulation.now_ms + action.at_most_ms
        while not holds():
            left_ms = until_ms - self.simulation.now_ms
            if left_ms <= 0:
                limit = format_ms(action.at_most_ms)
                return Outcome("timed_out", f"not {action.until} within {limit}")
            yield self.simulation.sleep(min(POLL_MS, left_ms))
        return DONE

    def _node(self, name: str) -> Node:
        return self.cluster.nodes[self.cluster.model.resolve_node(name)]

    @property
    def _publisher(self) -> Node:
        return self.cluster.nodes[self.cluster.model.publisher.name]


def _is_down(node: Node) -> Outcome:
    return Outcome("refused", f"{node.name} is down")


def describe(step: Step, model: ModelConfig) -> str:
    """A step in a few words, for reports; nodes by their own names."""
    action = step.action
    kind = step.kind
    if isinstance(action, actions.Regenerate):
        return f"regenerate {action.unit} on {model.resolve_node(action.node)}"
    if isinstance(action, actions.ServiceAction):
        verb = kind.removesuffix("_service")
        return f"{verb} {action.service} on {model.resolve_node(action.node)}"
    if isinstance(action, actions.Power):
        return f"phones {'on' if action.on else 'off'}"
    if isinstance(action, actions.NodePower):
        return f"{model.resolve_node(action.node)} {'up' if action.up else 'down'}"
    if isinstance(action, actions.Wan):
        return f"WAN of {action.site} {'up' if action.up else 'down'}"
    if isinstance(action, actions.SetEnterpriseParameter):
        return f"{action.name} = {action.value}"
    if isinstance(action, actions.ResetPhones):
        return f"{action.kind} phones"
    if isinstance(action, actions.ItlReset):
        return f"utils itl reset {action.key}key"
    if isinstance(action, actions.HttpsRequest):
        server = action.web_server or model.resolve_node(action.node or "pub")
        return f"HTTPS to {server}"
    if isinstance(action, actions.Wait):
        return f"wait until {action.until.replace('_', ' ')}"
    if isinstance(action, actions.Advance):
        return f"advance {format_ms(action.for_ms)}"
    return kind.replace("_", " ")
