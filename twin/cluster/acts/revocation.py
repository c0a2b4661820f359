"""At a certificate authority: revoke, revocation_service."""

from __future__ import annotations

from twin.cluster.acts.scene import DONE, Act, Deed, Scene, refused
from twin.config import actions_revocation as actions


def _revoke(scene: Scene, action: actions.Revoke) -> Act:
    cluster, node, unit = scene.cluster, scene.node(action.node), str(action.unit)
    yield from scene.no_time()
    issued = cluster.authorities.issued.get((node.name, unit))
    if issued is None:
        return refused(f"no CA has signed for {unit} of {node.name}")
    certificate, authority = issued
    if not cluster.revocation.revoke(authority, certificate, node.host.time()):
        return refused(f"the certificate of {unit} of {node.name} is revoked already")
    cluster.journal.node(
        scene.simulation.now_ms, "", "CA", "revoked", "warning",
        {
            "authority": authority.certificate.common_name,
            "unit": unit,
            "on": node.name,
            "serial": certificate.serial_bytes.hex(),
        },
    )  # fmt: skip
    return DONE


def _revocation_service(scene: Scene, action: actions.RevocationService) -> Act:
    cluster = scene.cluster
    yield from scene.no_time()
    cluster.revocation.set_up(
        action.authority, action.up, cluster.epoch.at(scene.simulation.now_ms)
    )
    cluster.journal.node(
        scene.simulation.now_ms, "", "CA", "revocation_service",
        "info" if action.up else "warning", {"authority": action.authority, "up": action.up},
    )  # fmt: skip
    return DONE


DEEDS = {
    "revoke": Deed(_revoke, lambda a, model: f"revoke {a.unit} of {model.resolve_node(a.node)}"),
    "revocation_service": Deed(
        _revocation_service,
        lambda a, _model: f"revocation service of {a.authority} {'up' if a.up else 'down'}",
    ),
}
