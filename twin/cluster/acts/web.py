"""Single sign-on: sso_login, exchange_metadata."""

from __future__ import annotations

from twin.cluster.acts.scene import DONE, Act, Deed, Scene, is_down, refused
from twin.config.actions_web import ExchangeMetadata, SsoLogin

NO_SSO = "single sign-on is not enabled"


def _login(scene: Scene, action: SsoLogin) -> Act:
    sso = scene.cluster.sso
    yield from scene.no_time()
    if sso is None:
        return refused(NO_SSO)
    problem = sso.login(scene.node(action.node).name)
    return refused(problem) if problem else DONE


def _exchange(scene: Scene, action: ExchangeMetadata) -> Act:
    sso = scene.cluster.sso
    yield from scene.no_time()
    if sso is None:
        return refused(NO_SSO)
    nodes = list(scene.cluster.nodes.values())
    if action.node is not None:
        nodes = [scene.node(action.node)]
    for node in nodes:
        if not node.is_on:
            return is_down(node)
        sso.exchange(node.name)
    return DONE


DEEDS = {
    "sso_login": Deed(_login, lambda a, model: f"log in at {model.resolve_node(a.node)} by SSO"),
    "exchange_metadata": Deed(
        _exchange,
        lambda a, model: (
            "exchange SSO metadata of "
            + ("every node" if a.node is None else model.resolve_node(a.node))
        ),
    ),
}
