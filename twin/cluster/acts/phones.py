"""What is done to phones: reset_phones, power, delete_phone_lists, https_request."""

from __future__ import annotations

from twin.cluster.acts.scene import Act, Deed, Outcome, Scene
from twin.cluster.selectors import select
from twin.config import actions
from twin.config.model import ModelConfig
from twin.phones.lifecycle import ErasedLists


def registered_among(scene: Scene, selector: actions.Selector) -> list[int]:
    """The selected phones that are registered now."""
    registered = set(scene.cluster.engine.registered_with())
    return [p for p in select(scene.cluster, selector, scene.step) if p in registered]


def _reset_phones(scene: Scene, action: actions.ResetPhones) -> Act:
    cluster = scene.cluster
    phones = registered_among(scene, action.select)
    if not phones:
        return (yield from scene.no_time(Outcome("done", "0 phones")))
    senders = cluster.ports.registrars
    sender = senders.get(scene.publisher.index) or senders[min(senders)]
    rate = cluster.timing.bat_reset_rate_per_s.value
    now_ms = scene.simulation.now_ms
    is_restart = action.kind == "restart"
    last_ms = cluster.engine.send_notices(now_ms, phones, sender, rate, 0, is_restart)
    yield scene.simulation.sleep(last_ms - now_ms)
    return Outcome("done", f"{len(phones)} phones")


def _power(scene: Scene, action: actions.Power) -> Act:
    phones = select(scene.cluster, action.phones, scene.step)
    changed = scene.cluster.engine.power(scene.simulation.now_ms, phones, action.on)
    return (yield from scene.no_time(Outcome("done", f"{changed} phones")))


def _delete_phone_lists(scene: Scene, action: actions.DeletePhoneLists) -> Act:
    phones = select(scene.cluster, action.select, scene.step)
    which = ErasedLists[action.lists.upper()]
    gap_ms = round(3_600_000 / action.visits_per_hour) if action.visits_per_hour else 0
    for phone in phones:
        yield scene.simulation.sleep(gap_ms)
        scene.cluster.engine.delete_lists(scene.simulation.now_ms, phone, which)
    return Outcome("done", f"{len(phones)} phones visited")


def _https_request(scene: Scene, action: actions.HttpsRequest) -> Act:
    cluster = scene.cluster
    name = action.web_server
    if name is None:
        assert action.node is not None
        name = cluster.model.resolve_node(action.node)
    server = cluster.web_server(name)
    phones = registered_among(scene, action.select)
    for phone in phones:
        cluster.https.open(scene.simulation.now_ms, phone, server)
    return (yield from scene.no_time(Outcome("done", f"{len(phones)} phones")))


def _https_words(action: actions.HttpsRequest, model: ModelConfig) -> str:
    return f"HTTPS to {action.web_server or model.resolve_node(action.node or 'pub')}"


DEEDS = {
    "reset_phones": Deed(_reset_phones, lambda a, _model: f"{a.kind} phones"),
    "power": Deed(_power, lambda a, _model: f"phones {'on' if a.on else 'off'}"),
    "delete_phone_lists": Deed(_delete_phone_lists, lambda _a, _model: "delete phone lists"),
    "https_request": Deed(_https_request, _https_words),
}
