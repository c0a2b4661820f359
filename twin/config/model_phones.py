"""The parts of a model that are about phones: sites, populations, rows of the device table."""

from __future__ import annotations

from pydantic import Field

from twin.config.fields import DeviceName, Document, Label, Name, Pkid, Word
from twin.config.model_capf import LscBits
from twin.config.model_checks import MAX_PHONES
from twin.config.words import InitialState, LscState, Protocol, SecurityMode


class SiteGroup(Document):
    """A place with its own link to the core, or `count` equal ones (name-001, name-002 ...)."""

    name: Name = Field(description="Name of the site, or the stem of the names of equal sites")
    count: int = Field(default=1, ge=1, le=2000, description="How many equal sites")
    rtt_ms: float = Field(default=1, ge=0, le=2000, description="Round trip to the core, ms")
    bandwidth_mbps: float = Field(
        default=1000, gt=0, le=100_000, description="Bandwidth of the site's link, Mbit/s"
    )
    srst: bool = Field(default=False, description="Whether a local gateway offers SRST")


class PhoneGroup(Document):
    """Phones that are alike. `site` and `callmanager_group` may end in `*`: the phones are
    then spread evenly over the matching sites, which take the matching groups in turn."""

    name: Name = Field(description="Name of the population, for selectors and for device names")
    model: Word = Field(description="Key of the phone catalogue, e.g. 8841")
    count: int | None = Field(default=None, ge=0, le=MAX_PHONES, description="How many phones")
    names: tuple[DeviceName, ...] | None = Field(
        default=None, description="Device names, instead of a count"
    )
    protocol: Protocol | None = Field(
        default=None, description="SIP or SCCP; the phone model's default"
    )
    site: str | None = Field(
        default=None, description="Site name or stem followed by *; the first site"
    )
    callmanager_group: str | None = Field(
        default=None, description="CallManager Group name or stem followed by *; the only group"
    )
    tftp: tuple[Name, ...] = Field(
        default=(),
        max_length=2,
        description="DHCP option 150: 1 or 2 nodes running TFTP in order; the first one or two",
    )
    tftp_alternates: bool = Field(
        default=False, description="Whether every second site gets option 150 in reverse order"
    )
    initial: InitialState = Field(
        default=InitialState.REGISTERED, description="What the phones are doing at the start"
    )
    security_mode: SecurityMode = Field(
        default=SecurityMode.NON_SECURE,
        description="Device security mode of their profile; counts while the cluster is mixed",
    )
    lsc: LscState = Field(
        default=LscState.NONE, description="Whether they have an LSC of the cluster's CAPF"
    )
    lsc_key_bits: LscBits = Field(default=2048, description="Key size of that LSC, bits")
    mic_made: int | None = Field(
        default=None,
        ge=2003,
        le=2100,
        description="Year their MIC was made, valid for ten; by default shortly before the start",
    )
    radius: Name | None = Field(
        default=None, description="RADIUS server that guards their ports by 802.1X; none"
    )
    vpn: Name | None = Field(default=None, description="VPN concentrator they go through; none")
    mra: Label | None = Field(
        default=None, description="Traversal zone they sign in through from outside; none"
    )
    security_profile: Name | None = Field(
        default=None, description="Name of their phone security profile, which counts from outside"
    )
    os_trusts: tuple[Name, ...] | None = Field(
        default=None,
        description="CAs that the device of a Jabber trusts; those of the model that are public",
    )


class DeviceTemplate(Document):
    """A row of the device table that is no phone but is found by a group reset."""

    name: Label = Field(description="Name of the row")
    tkmodel: int = Field(ge=1, le=99_999, description="Model number in the database")
    callmanager_group: Label = Field(description="CallManager Group it belongs to")
    pkid: Pkid | None = Field(default=None, description="Row identifier, if a capture gives it")
