"""The words of IM and Presence: redundancy groups."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.config.fields import Document, Name


class RedundancyGroupAction(Document):
    """Change high availability of a presence redundancy group, or fall back by hand."""

    group: Name = Field(description="Redundancy group")
    do: Literal["fall_back", "enable_high_availability", "disable_high_availability"] = Field(
        description="What the administrator chooses on the group's page"
    )
