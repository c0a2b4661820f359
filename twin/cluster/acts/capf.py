"""Device certificates: CAPF operations, CAs behind CAPF, RADIUS, VPN."""

from __future__ import annotations

from twin.cluster.acts.scene import Act, Deed, Outcome, Scene, is_down
from twin.cluster.radius import CAPF_PREFIX, RadiusServers
from twin.cluster.selectors import select
from twin.config import actions_capf as actions
from twin.config.model import ModelConfig
from twin.nodes.capf import Pending
from twin.nodes.certificate_status import Operation
from twin.phones.network_access import NetworkAccess
from twin.pki.capf_dialogue import Authentication


def _capf_operation(scene: Scene, action: actions.CapfOperation) -> Act:
    cluster = scene.cluster
    if not scene.publisher.is_on:
        return (yield from scene.no_time(is_down(scene.publisher)))
    defaults = cluster.model.capf
    pending = Pending(
        Operation(action.operation),
        Authentication(action.authentication or defaults.authentication),
        action.key_bits or defaults.key_bits,
        action.string or "",
        action.completes_by_ms,
    )
    phones = select(cluster, action.select, scene.step)
    for phone in phones:
        cluster.enrolment.schedule(phone, pending)
    if action.reset != "none" and phones:
        yield from _tell(scene, action, phones)
    else:
        yield from scene.no_time()
    return Outcome("done", f"{len(phones)} phones")


def _tell(scene: Scene, action: actions.CapfOperation, phones: list[int]) -> Act:
    """The job resets the phones one after another; those that are not registered hear nothing."""
    cluster = scene.cluster
    senders = cluster.ports.registrars
    sender = senders.get(scene.publisher.index) or senders[min(senders)]
    rate = cluster.timing.bat_reset_rate_per_s.value
    if action.phones_per_minute is not None:
        rate = action.phones_per_minute / 60
    now_ms = scene.simulation.now_ms
    is_restart = action.reset == "restart"
    last_ms = cluster.engine.send_notices(now_ms, phones, sender, rate, 0, is_restart)
    yield scene.simulation.sleep(last_ms - now_ms)
    return Outcome()


def _capf_enter_string(scene: Scene, action: actions.CapfEnterString) -> Act:
    cluster = scene.cluster
    gap_ms = round(3_600_000 / action.visits_per_hour) if action.visits_per_hour else 0
    opened = 0
    for phone in select(cluster, action.select, scene.step):
        yield scene.simulation.sleep(gap_ms)
        now_ms = scene.simulation.now_ms
        opened += cluster.enrolment.clients.type_string(now_ms, phone, action.string)
    return Outcome("done", f"{opened} phones")


def _online_ca(scene: Scene, action: actions.OnlineCa) -> Act:
    capf = scene.cluster.enrolment.capf
    assert capf is not None
    assert capf.online_ca is not None
    authority = capf.online_ca
    if action.up is not None:
        authority.is_up = action.up
    if action.lets_capf_in is not None:
        authority.lets_capf_in = action.lets_capf_in
    if action.minimum_key_bits is not None:
        authority.minimum_bits = action.minimum_key_bits
    return (yield from scene.no_time())


def _capf_offline(scene: Scene, action: actions.CapfOffline) -> Act:
    capf = scene.cluster.enrolment.capf
    assert capf is not None
    assert capf.offline_ca is not None
    is_export = action.step == "export"
    count = capf.offline_ca.export() if is_export else capf.offline_ca.bring_back()
    noun = "requests" if is_export else "certificates"
    return (yield from scene.no_time(Outcome("done", f"{count} {noun}")))


def _stale_lsc_report(scene: Scene, _action: actions.StaleLscReport) -> Act:
    cluster = scene.cluster
    stale = cluster.enrolment.stale_lscs()
    names = [cluster.population.names[phone] for phone in stale]
    scene.publisher.host.record("CAPF", "stale_lsc_report", count=len(stale), devices=names)
    return (yield from scene.no_time(Outcome("done", f"{len(stale)} stale LSCs")))


def _radius_trust(scene: Scene, action: actions.RadiusTrust) -> Act:
    enrolment = scene.cluster.enrolment
    return (
        yield from _retrust(scene, enrolment.radius, enrolment.ports, action.radius, action)
    )  # fmt: skip


def _vpn_trust(scene: Scene, action: actions.VpnTrust) -> Act:
    found = scene.cluster.enrolment
    return (
        yield from _retrust(scene, found.concentrators, found.tunnels, action.concentrator, action)
    )  # fmt: skip


def _retrust(
    scene: Scene,
    servers: RadiusServers,
    access: NetworkAccess | None,
    server: str,
    action: actions.RadiusTrust | actions.VpnTrust,
) -> Act:
    """Change a list; who is held there tries again."""
    name = str(action.certificate)
    if not action.remove:
        changed = int(servers.add(server, scene.cluster.enrolment.authority(name)))
    elif name == "CAPF":
        changed = servers.remove(server, lambda one: one.common_name.startswith(CAPF_PREFIX))
    else:
        changed = servers.remove(server, lambda one: one.common_name == name)
    if changed and access is not None:
        access.changed(scene.simulation.now_ms, server)
    return (yield from scene.no_time(Outcome("done", f"{changed} certificates")))


def _trust_words(server: str, action: actions.RadiusTrust | actions.VpnTrust) -> str:
    verb = "no longer trusts" if action.remove else "trusts"
    return f"{server} {verb} {action.certificate}"


def _vpn_certificate(scene: Scene, action: actions.VpnCertificate) -> Act:
    cluster = scene.cluster
    name = action.concentrator
    message = ""
    if action.step == "generate":
        moment = cluster.epoch.at(scene.simulation.now_ms)
        message = cluster.vpn.generate(name, action.common_name, moment).common_name
    elif action.step == "upload":
        if not scene.publisher.is_on:
            return (yield from scene.no_time(is_down(scene.publisher)))
        message = str(cluster.vpn.upload(name))
        cluster.configs_changed()
    else:
        cluster.vpn.activate(name)
        if cluster.enrolment.tunnels is not None:
            cluster.enrolment.tunnels.changed(scene.simulation.now_ms, name)
    return (yield from scene.no_time(Outcome("done", message)))


def _operation_words(action: actions.CapfOperation, _model: ModelConfig) -> str:
    return f"CAPF {str(action.operation).replace('_', '/')} of phones"


DEEDS = {
    "capf_operation": Deed(_capf_operation, _operation_words),
    "capf_enter_string": Deed(_capf_enter_string, lambda _a, _model: "type the CAPF string"),
    "capf_offline": Deed(_capf_offline, lambda a, _model: f"{a.step} LSC requests"),
    "stale_lsc_report": Deed(_stale_lsc_report, lambda _a, _model: "list stale LSCs"),
    "radius_trust": Deed(_radius_trust, lambda a, _model: _trust_words(a.radius, a)),
    "vpn_trust": Deed(_vpn_trust, lambda a, _model: _trust_words(a.concentrator, a)),
    "vpn_certificate": Deed(
        _vpn_certificate, lambda a, _model: f"{a.step} certificate of {a.concentrator}"
    ),
    "online_ca": Deed(_online_ca, lambda _a, _model: "change the online CA"),
}
