"""The words of an administrator who follows a published procedure: look first, restart afterwards.

Arguments only; what an action does is for `twin.cluster.acts.procedures`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.config.fields import Document
from twin.config.words import Unit

CheckWord = Literal[
    "phones_registered",
    "lists_current",
    "replication",
    "services_started",
    "rollback_off",
    "two_nodes_in_every_group",
]

EVERY_CHECK: tuple[CheckWord, ...] = (
    "phones_registered",
    "lists_current",
    "replication",
    "services_started",
    "rollback_off",
    "two_nodes_in_every_group",
)


class Check(Document):
    """Look whether the cluster is fit for a renewal; refused, with all reasons, if it is not.

    A look changes nothing, and the steps after it are taken whatever it found.
    """

    that: tuple[CheckWord, ...] = Field(
        default=EVERY_CHECK,
        min_length=1,
        description=(
            "phones_registered: every phone, those without power too; lists_current: each of them "
            "holds the CTL and ITL that is served to it; replication: every node is up and gets "
            "the database's changes; services_started: every activated one; rollback_off: the "
            "rollback parameter is False; two_nodes_in_every_group: in every CallManager Group"
        ),
    )


class RestartAfter(Document):
    """Restart what the release asks for after a unit's certificate changed.

    Service by service, the publisher before the subscribers, only where it is activated.
    """

    unit: Unit = Field(description="Own certificate that changed, e.g. CallManager")
