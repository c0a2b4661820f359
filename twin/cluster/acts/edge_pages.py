"""Expressway peers: revocation, client certificates, switches, upgrade, ACME."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from twin.cluster.acts.scene import DONE, Act, Deed, Outcome, Scene, refused
from twin.config import actions_edge_pages as actions
from twin.nodes.expressway.admin_access import Mode
from twin.nodes.expressway.peer import SERVICE, Peer
from twin.nodes.expressway.revocation import RevocationSwitches
from twin.pki.alerts import found_text
from twin.pki.csr import Wanted, request
from twin.pki.handshake import Endpoint, Verdict
from twin.pki.names import DistinguishedName

CLIENT_USES = Wanted(("digital_signature",), ("client_auth",))
CLIENT_BITS = 2048


def _revoke(scene: Scene, action: actions.RevokeCertificate) -> Act:
    yield from scene.no_time()
    at = scene.cluster.epoch.at(scene.simulation.now_ms)
    problem = scene.edge.desk.revoke(action.authority, action.owner, at)
    return DONE if problem is None else refused(problem)


def _revocation(scene: Scene, action: actions.ExpresswayRevocation) -> Act:
    yield from scene.no_time()
    edge, peer = scene.edge, scene.edge.peers[action.peer]
    lists, now = peer.revocation, peer.revocation.switches
    lists.switch(
        RevocationSwitches(
            now.checks_sip if action.check_sip is None else action.check_sip,
            now.uses_lists if action.use_lists is None else action.use_lists,
            now.refuses_unknown
            if action.fallback is None
            else action.fallback == "treat_as_revoked",
        )
    )
    if action.upload is not None:
        edge.desk.upload(action.peer, tuple(action.upload))
    if action.sources is not None:
        edge.desk.subscribe(action.peer, tuple(action.sources))
    return DONE


def _look(scene: Scene, action: actions.ExpresswayTrustPage) -> Act:
    yield from scene.no_time()
    expired = scene.edge.peers[action.peer].look_at_page()
    if expired:
        return Outcome("done", f"expired in the trusted CA list: {', '.join(expired)}")
    return DONE


def _set(scene: Scene, action: actions.ExpresswaySetting) -> Act:
    yield from scene.no_time()
    peer = scene.edge.peers[action.peer]
    if action.verify_origin_server is not None:
        if not peer.release.verifies_origin_servers:
            return refused("this release has no VerifyOriginServer")
        peer.set_origin_check(action.verify_origin_server)
    if action.enable_server_eku_upload is not None:
        if not peer.release.has_server_eku_switch:
            return refused("this release has no EnableServerEkuUpload")
        peer.certificates.takes_server_only = action.enable_server_eku_upload
    peer.admin.set(
        action.client_certificate_security, action.username_regex, action.username_format
    )
    return DONE


def _shown(scene: Scene, peer: Peer, config: actions.ClientCertificate) -> Endpoint:
    """A browser with a client certificate; what it thinks of the peer's does not matter here."""
    key = scene.cluster.keys.take(CLIENT_BITS)
    asked = request(DistinguishedName.of(config.common_name), key, "sha256", CLIENT_USES)
    start = peer.host.time() - timedelta(days=config.age_days)
    certificate = scene.cluster.authorities.sign(
        config.authority, config.common_name, "client", asked, start,
        days=config.days, drops=tuple(config.drops),
    )  # fmt: skip
    return Endpoint((certificate,), key, authenticates=False)


def _web_verdict(
    scene: Scene, peer: Peer, browser: Endpoint, *, verifies: bool
) -> tuple[Verdict, str]:
    """How the browser's session with the web interface ends, and what is said of a refusal."""
    end = peer.endpoint(verifies=verifies)
    if end is None:
        return Verdict("server", "", ()), f"{peer.name} is restarting"
    verdict = scene.edge.handshakes.judge(browser, end, peer.host.time())
    return verdict, "" if verdict.succeeded else found_text(verdict)


def _test_client(scene: Scene, action: actions.ClientCertificateTest) -> Act:
    """Source: edge-presence-video 1.6: judged by trust store and CRLs, whatever mode is set."""
    yield from scene.no_time()
    peer = scene.edge.peers[action.peer]
    browser = _shown(scene, peer, action.certificate)
    _, problem = _web_verdict(scene, peer, browser, verifies=True)
    if problem:
        return Outcome("done", f"Invalid: {problem}")
    user = peer.admin.stored.user_of(browser.chain[0])
    return Outcome("done", f"Valid; user name {user}" if user else "Valid; no user name in it")


def _login(scene: Scene, action: actions.ExpresswayLogin) -> Act:
    yield from scene.no_time()
    peer = scene.edge.peers[action.peer]
    rules = peer.admin.active
    browser = Endpoint(authenticates=False)
    if action.certificate is not None:
        browser = _shown(scene, peer, action.certificate)
    verifies = rules.mode is not Mode.NOT_REQUIRED
    _, problem = _web_verdict(scene, peer, browser, verifies=verifies)
    user = ""
    if not problem and rules.mode is Mode.AUTHENTICATION:
        user = rules.user_of(browser.chain[0])
        problem = "" if user else "no user name in the client certificate"
    peer.host.record(
        SERVICE, "login_failed" if problem else "login",
        severity="error" if problem else "info", user=user, message=problem,
    )  # fmt: skip
    return refused(problem) if problem else DONE


def _upgrade(scene: Scene, action: actions.UpgradeExpressway) -> Act:
    start = partial(scene.edge.upgrade, action.peer, action.release)
    return (yield from scene.until_done(start))


def _acme(scene: Scene, action: actions.ExpresswayAcme) -> Act:
    yield from scene.no_time()
    cluster = scene.cluster
    acme = scene.edge.acme[action.peer]
    if acme.refusal:
        return refused(acme.refusal)
    if action.port_80 is not None:
        acme.is_reachable = action.port_80 == "open"
    if action.authority is not None:
        answer = partial(cluster.authorities.sign, action.authority, action.peer, "server")
        problem = acme.sign(answer)
        if problem is not None:
            return refused(problem)
    if action.deploy:
        problem = acme.deploy()
        if problem is not None:
            return refused(problem)
    if action.every_days is not None:
        acme.schedule(action.every_days)
    return DONE


DEEDS = {
    "revoke_certificate": Deed(_revoke, lambda a, _model: f"{a.authority} revokes {a.owner}"),
    "expressway_revocation": Deed(
        _revocation, lambda a, _model: f"change revocation checking of {a.peer}"
    ),
    "expressway_trust_page": Deed(
        _look, lambda a, _model: f"look at the trusted CA list of {a.peer}"
    ),
    "expressway_setting": Deed(_set, lambda a, _model: f"xConfiguration on {a.peer}"),
    "test_client_certificate": Deed(
        _test_client, lambda a, _model: f"test a client certificate on {a.peer}"
    ),
    "expressway_login": Deed(_login, lambda a, _model: f"open the web interface of {a.peer}"),
    "upgrade_expressway": Deed(_upgrade, lambda a, _model: f"upgrade {a.peer} to {a.release}"),
    "expressway_acme": Deed(_acme, lambda a, _model: f"ACME service of {a.peer}"),
}
