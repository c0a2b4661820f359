"""IM and Presence: high availability of a redundancy group."""

from __future__ import annotations

from twin.cluster.acts.scene import DONE, Act, Deed, Scene, refused
from twin.config.actions_presence import RedundancyGroupAction


def _group(scene: Scene, action: RedundancyGroupAction) -> Act:
    presence = scene.cluster.presence
    assert presence is not None  # a model with groups has it (config checks)
    group = presence.groups[action.group]
    yield from scene.no_time()
    if action.do == "fall_back":
        problem = group.fall_back()
        return DONE if problem is None else refused(problem)
    group.enable(action.do == "enable_high_availability")
    return DONE


DEEDS = {
    "redundancy_group": Deed(_group, lambda a, _model: f"{a.do.replace('_', ' ')} of {a.group}"),
}
