"""The Disaster Recovery System: backup."""

from __future__ import annotations

from twin.cluster.acts.scene import DONE, Act, Deed, Scene, is_down, refused
from twin.config import actions_drf as actions


def _backup(scene: Scene, _action: actions.Backup) -> Act:
    if not scene.publisher.is_on:
        return (yield from scene.no_time(is_down(scene.publisher)))
    finished, done = scene.simulation.signal()
    problems: list[str] = []

    def ended(problem: str | None) -> None:
        problems.extend([problem] if problem is not None else [])
        done()

    scene.cluster.backup.run(ended)
    yield finished
    return refused(problems[0]) if problems else DONE


DEEDS = {"backup": Deed(_backup, lambda _a, _model: "backup")}
