"""Certificates signed by others: generate_csr, sign_csr, upload_identity, upload_trust."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from twin.cluster.acts.scene import DONE, Act, Deed, Scene, is_down, refused
from twin.config import actions_certificates as words
from twin.config.model import ModelConfig
from twin.nodes.certificate_requests import RequestForm
from twin.pki import bundles
from twin.pki.bundles import FileFormat


def _generate(scene: Scene, action: words.GenerateCsr) -> Act:
    node = scene.node(action.node)
    if not node.is_on:
        return (yield from scene.no_time(is_down(node)))
    form = RequestForm(
        action.key_bits, action.digest, action.san, action.distribution == "multi_server"
    )
    return (yield from scene.until_done(partial(node.requests.generate, str(action.unit), form)))


def _sign(scene: Scene, action: words.SignCsr) -> Act:
    """A CA signs at once: how long its people take is for the timeline to say."""
    node, unit = scene.node(action.node), str(action.unit)
    waiting = node.requests.outstanding.get(unit)
    yield from scene.no_time()
    if waiting is None:
        return refused(f"there is no signing request for {unit} on {node.name}")
    cluster = scene.cluster
    certificate = cluster.authorities.sign(
        action.authority,
        node.name,
        unit,
        waiting.request,
        node.host.time() + timedelta(milliseconds=action.starts_in_ms),
        days=action.days,
        drops=action.drops,
        dns_names=action.san,
    )
    cluster.journal.node(
        scene.simulation.now_ms, "", "CA", "csr_signed", "info",
        {
            "authority": action.authority,
            "unit": unit,
            "on": node.name,
            "subject": certificate.subject,
            "serial": certificate.serial_bytes.hex(),
            "not_before": certificate.not_before.isoformat(),
            "not_after": certificate.not_after.isoformat(),
        },
    )  # fmt: skip
    return DONE


def _upload_identity(scene: Scene, action: words.UploadIdentity) -> Act:
    node, unit = scene.node(action.node), str(action.unit)
    if not node.is_on:
        return (yield from scene.no_time(is_down(node)))
    if action.file is not None:
        data = scene.cluster.attachments[action.file]
    else:
        issued = scene.cluster.authorities.issued.get((node.name, unit))
        if issued is None:
            outcome = refused(f"no CA has signed for {unit} of {node.name}")
            return (yield from scene.no_time(outcome))
        certificate, authority = issued
        data = bundles.write((certificate, *authority.chain), FileFormat(action.format))
    return (yield from scene.until_done(partial(node.requests.upload_identity, unit, data)))


def _upload_trust(scene: Scene, action: words.UploadTrust) -> Act:
    node = scene.node(action.node)
    if not node.is_on:
        return (yield from scene.no_time(is_down(node)))
    if action.file is not None:
        data = scene.cluster.attachments[action.file]
    elif action.certificate_of is not None:
        owner = scene.node(action.certificate_of)
        unit = str(action.own_unit or str(action.unit).removesuffix("-trust"))
        data = bundles.write((owner.files.own[unit].certificate,), FileFormat(action.format))
    elif action.system is not None:
        around = scene.cluster.integrations
        assert around is not None  # a model with systems has them (config checks)
        found = around.systems[action.system].stored.certificate
        data = bundles.write((found,), FileFormat(action.format))
    else:
        assert action.authority is not None
        authority = scene.cluster.authorities.get(action.authority)
        data = bundles.write(authority.chain, FileFormat(action.format))
    run = partial(node.requests.upload_trust, str(action.unit), data)
    return (yield from scene.until_done(run))


def _upload_trust_words(action: words.UploadTrust, model: ModelConfig) -> str:
    what = action.authority or action.file or f"the certificate of {action.system}"
    if action.certificate_of is not None:
        what = f"the certificate of {model.resolve_node(action.certificate_of)}"
    return f"upload {what} as {action.unit} on {model.resolve_node(action.node)}"


DEEDS = {
    "generate_csr": Deed(
        _generate, lambda a, model: f"generate CSR of {a.unit} on {model.resolve_node(a.node)}"
    ),
    "sign_csr": Deed(_sign, lambda a, _model: f"{a.authority} signs the CSR of {a.unit}"),
    "upload_identity": Deed(
        _upload_identity, lambda a, model: f"upload {a.unit} on {model.resolve_node(a.node)}"
    ),
    "upload_trust": Deed(_upload_trust, _upload_trust_words),
}
