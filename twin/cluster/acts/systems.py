"""Systems around the cluster: certificates, trust, verification, and what goes over their legs."""

from __future__ import annotations

from twin.cluster.acts.scene import DONE, Act, Deed, Outcome, Scene, refused
from twin.cluster.integrations import Integrations
from twin.config import actions_systems as actions
from twin.nodes.appliance import Appliance
from twin.nodes.legs import judge
from twin.pki.certificates import Certificate

CONFERENCE = "conference"


def _around(scene: Scene) -> Integrations:
    around = scene.cluster.integrations
    assert around is not None  # a model with systems has them (config checks)
    return around


def _system(scene: Scene, name: str) -> Appliance:
    return _around(scene).systems[name]


def _answer(problem: str | None) -> Outcome:
    return DONE if problem is None else refused(problem)


def _upload_certificate(scene: Scene, action: actions.UploadSystemCertificate) -> Act:
    system = _system(scene, action.system)
    yield from scene.no_time()
    certificate, key = _around(scene).maker.sign(
        action.system, action.authority, action.common_name, action.san, action.days,
        tuple(action.drops),
    )  # fmt: skip
    is_csr = (action.way or system.product.own.value) == "csr"
    return _answer(
        system.upload(
            certificate.pem, None if is_csr else key.pem(), key if is_csr else None,
            is_readable=action.key_readable,
        )
    )  # fmt: skip


def _upload_trust(scene: Scene, action: actions.UploadSystemTrust) -> Act:
    yield from scene.no_time()
    cluster = scene.cluster
    found: list[Certificate] = [
        cluster.authorities.get(name).certificate for name in action.authorities
    ]
    nodes = [scene.node(action.node)] if action.node else list(cluster.nodes.values())
    found += [node.files.own[unit].certificate for unit in action.units for node in nodes]
    found += [_system(scene, name).stored.certificate for name in action.systems]
    if action.capf:
        found.append(cluster.enrolment.authority("CAPF"))
    _system(scene, action.system).trust(found, action.store)
    return DONE


def _delete_trust(scene: Scene, action: actions.DeleteSystemTrust) -> Act:
    yield from scene.no_time()
    name = action.common_name
    gone = _system(scene, action.system).distrust(
        lambda one: name is None or one.common_name == name, action.store
    )
    return Outcome("done", f"{gone} deleted") if gone else refused("no such certificate")


def _verification(scene: Scene, action: actions.SetSystemVerification) -> Act:
    yield from scene.no_time()
    return _answer(_system(scene, action.system).verify(action.verification))


def _permission(scene: Scene, action: actions.SetKeyPermission) -> Act:
    yield from scene.no_time()
    return _answer(_system(scene, action.system).permit(action.readable))


def _restart(scene: Scene, action: actions.RestartSystem) -> Act:
    return (yield from scene.until_done(_system(scene, action.system).restart))


def _subjects(scene: Scene, action: actions.SetTrunkSubjects) -> Act:
    yield from scene.no_time()
    return _answer(_around(scene).set_subjects(action.integration, tuple(action.subjects)))


def _call(scene: Scene, action: actions.CallOver) -> Act:
    """Where a connection is kept up, over it; where each request opens one, it is judged now."""
    yield from scene.no_time()
    around = _around(scene)
    node = scene.node(action.node).name if action.node else None
    works: list[str] = []
    fails: list[str] = []
    for connection in around.of[action.integration]:
        leg = connection.leg
        if node not in (None, leg.client.name, leg.server.name):
            continue
        is_kept = around.is_kept(action.integration)
        is_good = connection.is_up if is_kept else judge(leg, around.handshakes).succeeded
        (works if is_good else fails).append(f"{leg.client.name} to {leg.server.name}")
        leg.client.host.record(
            "integration", "call" if is_good else "call_failed",
            severity="info" if is_good else "error", integration=action.integration,
            client=leg.client.name, server=leg.server.name,
        )  # fmt: skip
    if fails:
        return Outcome("done", f"failed: {', '.join(fails)}; works: {', '.join(works) or 'none'}")
    return Outcome("done", "works")


def _conference(scene: Scene, _action: actions.StartConference) -> Act:
    """CUCM takes a bridge that is registered; without a secure one it takes one that is not.

    Source: edge-presence-video 8 (Security Guide 15: conferences silently non-secure). Assumption:
    every node has a software bridge of its own, which is not secure.
    """
    yield from scene.no_time()
    registered = [name for name, is_up in _around(scene).bridges().items() if is_up]
    bridge = registered[0] if registered else "software bridge"
    is_secure = bool(registered)
    scene.publisher.host.record(
        "CallManager", CONFERENCE, severity="info" if is_secure else "warning",
        bridge=bridge, secure=is_secure,
    )  # fmt: skip
    return Outcome("done", f"{'secure' if is_secure else 'not secure'}, on {bridge}")


def _update_srst(scene: Scene, action: actions.UpdateSrstCertificate) -> Act:
    yield from scene.no_time()
    problem = _around(scene).srst.update(action.system)
    if problem is None:
        scene.cluster.configs_changed()
    return _answer(problem)


def _trust_words(action: actions.UploadSystemTrust) -> str:
    named = (*action.authorities, *action.units, *action.systems, *(["CAPF"] * action.capf))
    return f"upload {', '.join(named)} to the trust of {action.system}"


DEEDS = {
    "upload_system_certificate": Deed(
        _upload_certificate,
        lambda a, _model: (
            f"new certificate for {a.system}, "
            + (f"by {a.authority}" if a.authority else "self-signed")
        ),
    ),
    "upload_system_trust": Deed(_upload_trust, lambda a, _model: _trust_words(a)),
    "delete_system_trust": Deed(
        _delete_trust,
        lambda a, _model: f"delete {a.common_name or 'everything'} from the trust of {a.system}",
    ),
    "set_system_verification": Deed(
        _verification, lambda a, _model: f"{a.system} verifies: {a.verification}"
    ),
    "set_key_permission": Deed(
        _permission,
        lambda a, _model: f"{a.system} may{'' if a.readable else ' not'} read its private key",
    ),
    "restart_system": Deed(_restart, lambda a, _model: f"restart {a.system}"),
    "set_trunk_subjects": Deed(
        _subjects,
        lambda a, _model: f"X.509 subjects of {a.integration}: {', '.join(a.subjects) or 'any'}",
    ),
    "call_over": Deed(_call, lambda a, _model: f"call over {a.integration}"),
    "start_conference": Deed(_conference, lambda _a, _model: "conference of secure phones"),
    "update_srst_certificate": Deed(
        _update_srst, lambda a, _model: f"update the SRST certificate of {a.system}"
    ),
}
