"""Expressway peers: requests, uploads, trusted CA list, restart, traversal test."""

from __future__ import annotations

from datetime import timedelta

from twin.cluster.acts.scene import DONE, Act, Deed, Outcome, Scene, refused
from twin.config import actions_edge as actions
from twin.config.model import ModelConfig
from twin.config.words import RSA_SIZES
from twin.nodes.node import Node
from twin.pki.alerts import details
from twin.pki.bundles import FileFormat, write
from twin.pki.keys import ECKey, PrivateKey
from twin.pki.long_keys import LONG_BITS, LongKey

_FORMATS = {"der": FileFormat.DER, "pkcs7": FileFormat.PKCS7_DER}


def _csr(scene: Scene, action: actions.ExpresswayCsr) -> Act:
    page = scene.edge.peers[action.peer].certificates
    yield from scene.no_time()
    if action.discard:
        problem = page.discard()
    else:
        problem = page.generate(action.digest, action.key_bits, tuple(action.san))
    return DONE if problem is None else refused(problem)


def _upload_server(scene: Scene, action: actions.UploadExpresswayServer) -> Act:
    cluster = scene.cluster
    peer = scene.edge.peers[action.peer]
    page = peer.certificates
    yield from scene.no_time()
    asked, key_file = page.request, None
    more = tuple(action.more_subject.items())
    if action.key == "external":
        asked, key = page.ask_outside(_key(scene, action.key_bits), more, action.common_name)
        key_file = key.pem() if action.key_ends_with_newline else key.pem().rstrip(b"\n")
    if asked is None:
        # What was signed for a request that has been discarded since: its key is gone.
        asked, _ = page.ask_outside(_key(scene, action.key_bits), more, action.common_name)
    start = peer.host.time() + timedelta(milliseconds=action.starts_in_ms)
    certificate = cluster.authorities.sign(
        action.authority, action.peer, "server", asked, start, days=action.days,
        drops=tuple(action.drops), dns_names=action.san,
    )  # fmt: skip
    chain = cluster.authorities.get(action.authority).chain if action.with_chain else ()
    found = (certificate, *chain)
    data = b"".join(one.pem for one in found)
    if action.format != "pem":
        data = write(found, _FORMATS[action.format])
    problem = page.upload(data, key_file, is_client=action.store == "client")
    return DONE if problem is None else refused(problem)


def _key(scene: Scene, bits: int) -> PrivateKey:
    """A key that somebody makes outside the box."""
    if bits in RSA_SIZES:
        return scene.cluster.keys.take(bits)
    if bits == LONG_BITS:
        return LongKey()
    return ECKey(bits, scene.cluster.streams.octets(64, "expressway-key", scene.step))


def _reset_server(scene: Scene, action: actions.ResetExpresswayServer) -> Act:
    yield from scene.no_time()
    scene.edge.peers[action.peer].certificates.reset()
    return DONE


def _upload_trust(scene: Scene, action: actions.UploadExpresswayTrust) -> Act:
    yield from scene.no_time()
    found = [scene.cluster.authorities.get(name).certificate for name in action.authorities]
    every = [*scene.cluster.nodes.values()]
    if scene.cluster.presence is not None:
        every += scene.cluster.presence.nodes.values()
    nodes = [scene.node(action.node)] if action.node else every
    found += [
        node.files.own[unit].certificate
        for unit in action.units
        for node in nodes
        if unit in node.files.own and (action.node or _is_of(scene, node, unit))
    ]
    peer = scene.edge.peers[action.peer]
    added = peer.ca_list.append(found)
    lists = scene.edge.desk.append(action.peer, action.crls)
    peer.look_at_page()
    and_lists = f", {lists} revocation lists" if action.crls else ""
    return Outcome("done", f"{added} certificates{and_lists} appended")


def _is_of(scene: Scene, node: Node, unit: str) -> bool:
    """tomcat without a node means those of Unified CM."""
    return (node.name in scene.cluster.nodes) == (unit != "cup-xmpp")


def _delete_trust(scene: Scene, action: actions.DeleteExpresswayTrust) -> Act:
    yield from scene.no_time()
    peer = scene.edge.peers[action.peer]
    if action.reset:
        peer.ca_list.reset()
        return DONE
    if action.expired:
        old = peer.ca_list.expired(peer.host.time())
        gone = peer.ca_list.delete(lambda one: one in old)
    else:
        gone = peer.ca_list.delete(lambda one: one.common_name == action.common_name)
    gone += peer.ca_list.delete_lists(action.common_name, peer.host.time())
    if not gone:
        return refused("the list has no such certificate")
    peer.look_at_page()
    return Outcome("done", f"{gone} certificates deleted")


def _restart(scene: Scene, action: actions.RestartExpressway) -> Act:
    peer = scene.edge.peers[action.peer]
    return (yield from scene.until_done(peer.restart))


def _test(scene: Scene, action: actions.SecureTraversalTest) -> Act:
    yield from scene.no_time()
    verdict = scene.edge.test(action.peer, action.server, action.verify_name)
    if verdict.succeeded:
        return Outcome("done", "Success: the secure traversal test passed")
    here, there = details(verdict)
    return Outcome("done", f"Failed: {action.peer}: {here}; {action.server}: {there}")


def _append_words(action: actions.UploadExpresswayTrust) -> str:
    lists = (f"the CRL of {name}" for name in action.crls)
    return f"append {', '.join((*action.authorities, *action.units, *lists))} on {action.peer}"


def _delete_words(action: actions.DeleteExpresswayTrust, _model: ModelConfig) -> str:
    what = "expired CAs" if action.expired else action.common_name
    if action.reset:
        return f"reset the CA list of {action.peer}"
    return f"delete {what} from the CA list of {action.peer}"


DEEDS = {
    "expressway_csr": Deed(
        _csr, lambda a, _model: f"{'discard' if a.discard else 'generate'} the CSR of {a.peer}"
    ),
    "upload_expressway_server": Deed(
        _upload_server,
        lambda a, _model: f"upload the server certificate of {a.peer}, by {a.authority}",
    ),
    "reset_expressway_server": Deed(
        _reset_server, lambda a, _model: f"reset the server certificate of {a.peer}"
    ),
    "upload_expressway_trust": Deed(
        _upload_trust,
        lambda a, _model: _append_words(a),
    ),
    "delete_expressway_trust": Deed(_delete_trust, _delete_words),
    "restart_expressway": Deed(_restart, lambda a, _model: f"restart {a.peer}"),
    "secure_traversal_test": Deed(
        _test, lambda a, _model: f"secure traversal test {a.peer} to {a.server}"
    ),
}
