"""The operator actions and faults an experiment may name, one class per word.

Each class holds the arguments of one word of the `steps` list. What an action does is for
`twin.cluster`; whether its nodes and phones exist is checked by `experiment_checks.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from twin.config.faults import Problem, refuse
from twin.config.fields import DeviceName, Document, Duration, Label, Name, Word
from twin.config.words import SERVICE_TITLES, Service, Unit


def _service(value: Any) -> Any:
    return SERVICE_TITLES.get(value, value) if isinstance(value, str) else value


def _phones(value: Any) -> Any:
    return None if value == "all" else value


ServiceName = Annotated[Service, BeforeValidator(_service)]
PhoneNames = Annotated[
    tuple[DeviceName, ...] | None,
    BeforeValidator(_phones, json_schema_input_type=Literal["all"] | list[str]),
]
NodeName = Annotated[str, Field(min_length=1, max_length=63)]


class Selector(Document):
    """Which phones an action is for: all that fit every field given.

    `share` and `count` then keep a part of them, drawn from the seed.
    """

    phones: PhoneNames = Field(default=None, description="Device names, or all")
    site: Name | None = Field(default=None, description="Phones at this site or group of sites")
    model: Word | None = Field(default=None, description="Phones of this catalogue model")
    population: Name | None = Field(default=None, description="Phones of this population")
    callmanager_group: Label | None = Field(default=None, description="Phones of this group")
    node: NodeName | None = Field(default=None, description="Phones registered to this node")
    share: float | None = Field(default=None, ge=0, le=1, description="Share to keep, 0 to 1")
    count: int | None = Field(default=None, ge=0, description="How many to keep")
    registered: bool | None = Field(
        default=None, description="Only phones that are, or are not, registered now"
    )

    @model_validator(mode="after")
    def _one_part(self) -> Self:
        if self.share is not None and self.count is not None:
            return refuse(self, [Problem((), "both share and count", "one of them at most")])
        return self


EVERY_PHONE = Selector()


class Regenerate(Document):
    """Generate a new self-signed certificate for a unit of a node."""

    node: NodeName = Field(description="Node name or alias (pub, sub1, tftp1)")
    unit: Unit = Field(description="Own certificate, e.g. CallManager")
    distribution: Literal["single", "multi_server"] | None = Field(
        default=None,
        description="multi_server: one for all nodes (14+); single: this node's own; as it is now",
    )


class ServiceAction(Document):
    """Start, stop or restart a service of a node."""

    node: NodeName = Field(description="Node name or alias (pub, sub1, tftp1)")
    service: ServiceName = Field(description="Service, e.g. TFTP or 'Cisco Tftp'")


class ResetPhones(Document):
    """Reset or restart phones from administration."""

    select: Selector = Field(default=EVERY_PHONE, description="Which phones; all")
    kind: Literal["reset", "restart"] = Field(
        default="reset", description="reset: as a power cycle; restart: without DHCP and reload"
    )


class Power(Document):
    """Switch phones off or on."""

    phones: Selector = Field(default=EVERY_PHONE, description="Which phones; all")
    on: bool = Field(description="true: switch on")


class NodePower(Document):
    """Take a node down or bring it up."""

    node: NodeName = Field(description="Node name or alias (pub, sub1, tftp1)")
    up: bool = Field(description="true: bring up")


class Wan(Document):
    """Cut or restore a site's link to the core."""

    site: Name = Field(description="Site, or a group of equal sites")
    up: bool = Field(description="true: restore")


class SetEnterpriseParameter(Document):
    """Change an enterprise parameter."""

    name: Literal[
        "rollback_to_pre_8",
        "phone_interaction_on_certificate_update",
        "tftp_file_signature_algorithm",
    ] = Field(description="Name as in the model's enterprise_parameters")
    value: bool | str = Field(description="New value, as in the model")


class DeletePhoneLists(Document):
    """Delete CTL, ITL or both by hand on phones, visit by visit."""

    select: Selector = Field(default=EVERY_PHONE, description="Which phones; all")
    lists: Literal["both", "ctl", "itl"] = Field(
        default="both", description="Which of the phone's lists"
    )
    visits_per_hour: float | None = Field(
        default=None, gt=0, description="Phones visited in an hour; all at once"
    )


class ItlReset(Document):
    """`utils itl reset` on the publisher."""

    key: Literal["local", "remote"] = Field(
        default="local", description="localkey, or remotekey with an exported ITLRecovery.p12"
    )


class ExportItlRecovery(Document):
    """`file get tftp ITLRecovery.p12` on the publisher: keep the key for a remote reset."""


class HttpsRequest(Document):
    """Let phones open an HTTPS page, which they check through TVS."""

    select: Selector = Field(default=EVERY_PHONE, description="Which phones; all")
    node: NodeName | None = Field(default=None, description="Node whose Tomcat is asked")
    web_server: Label | None = Field(default=None, description="Or the outside server asked")

    @model_validator(mode="after")
    def _one_server(self) -> Self:
        if (self.node is None) == (self.web_server is None):
            found = "both node and web_server, or neither"
            return refuse(self, [Problem((), found, "exactly one of them")])
        return self


class Advance(Document):
    """Let time pass."""

    for_ms: Duration = Field(alias="for", description="How long, e.g. 30m")


class Wait(Document):
    """Let time pass until something holds."""

    until: Literal["all_phones_registered", "quiet"] = Field(
        description=(
            "all_phones_registered: every phone that is powered on is registered; quiet: no "
            "phone is in motion and no operation, rebuild or restart is under way"
        )
    )
    at_most_ms: Duration = Field(alias="at_most", description="Longest wait, e.g. 2h")
