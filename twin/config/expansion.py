"""Writing out counts and wildcards of a model: equal sites, and phones spread over sites.

The rule is arithmetic and fixed: the same document always gives the same sites and the same
phones at each. Nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.config.words import InitialState, LscState, Protocol, SecurityMode, Service

if TYPE_CHECKING:
    from twin.config.model import ModelConfig
    from twin.config.model_phones import PhoneGroup

DEFAULT_TFTP_NODES = 2


@dataclass(frozen=True, slots=True)
class Site:
    """One place. `group` is the name it was written under, `name` its own."""

    name: str
    group: str
    rtt_ms: float
    bandwidth_mbps: float
    srst: bool


@dataclass(frozen=True, slots=True)
class PhonePopulation:
    """Phones that are alike and at one site.

    `group` is the population as written; its phones are numbered through, and this part holds
    those from `first_index` on. `protocol` None means the phone model's default.
    """

    name: str
    group: str
    first_index: int
    model: str
    count: int
    names: tuple[str, ...] | None
    protocol: Protocol | None
    site: str
    callmanager_group: str
    tftp: tuple[str, ...]
    initial: InitialState
    security_mode: SecurityMode = SecurityMode.NON_SECURE
    lsc: LscState = LscState.NONE
    lsc_key_bits: int = 2048
    mic_made: int | None = None
    radius: str | None = None
    vpn: str | None = None
    mra: str | None = None
    security_profile: str | None = None
    os_trusts: tuple[str, ...] | None = None


def site_names(name: str, count: int) -> list[str]:
    """The names of `count` equal sites: name, or name-001, name-002 and so on."""
    if count == 1:
        return [name]
    width = max(3, len(str(count)))
    return [f"{name}-{number:0{width}d}" for number in range(1, count + 1)]


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """The names a reference means: itself, or with a trailing * those that begin so."""
    if pattern.endswith("*"):
        return [name for name in names if name.startswith(pattern[:-1])]
    return [name for name in names if name == pattern]


def spread(count: int, cells: int) -> list[int]:
    """Divide `count` phones over `cells` as evenly as whole phones allow, the first get more."""
    base, more = divmod(count, cells)
    return [base + (cell < more) for cell in range(cells)]


def pair(sites: Sequence[str], groups: Sequence[str]) -> list[tuple[str, str]]:
    """Which CallManager Group serves which site.

    Sites take the groups in turn; where there are fewer sites than groups, every site is
    split over all groups.
    """
    if len(sites) >= len(groups):
        return [(site, groups[index % len(groups)]) for index, site in enumerate(sites)]
    return [(site, group) for site in sites for group in groups]


def expand_sites(model: ModelConfig) -> tuple[Site, ...]:
    """The sites of a model, equal ones written out."""
    return tuple(
        Site(name, group.name, group.rtt_ms, group.bandwidth_mbps, group.srst)
        for group in model.site_groups
        for name in site_names(group.name, group.count)
    )


def expand_phones(model: ModelConfig) -> tuple[PhonePopulation, ...]:
    """The populations of a model, wildcards resolved; empty parts are left out."""
    return tuple(part for group in model.phone_groups for part in _parts(model, group))


def _parts(model: ModelConfig, group: PhoneGroup) -> Iterator[PhonePopulation]:
    all_sites = [site.name for site in model.sites]
    all_groups = [entry.name for entry in model.callmanager_groups]
    sites = matching(group.site or all_sites[0], all_sites)
    cells = pair(sites, matching(group.callmanager_group or all_groups[0], all_groups))
    tftp = group.tftp or tuple(
        node.name for node in model.nodes_running(Service.TFTP)[:DEFAULT_TFTP_NODES]
    )
    total = len(group.names) if group.names is not None else group.count or 0
    split_sites = len(cells) > len(sites)
    first = 0
    for index, ((site, served_by), count) in enumerate(
        zip(cells, spread(total, len(cells)), strict=True)
    ):
        suffix = f"@{site}/{served_by}" if split_sites else f"@{site}" if len(cells) > 1 else ""
        if count:
            yield PhonePopulation(
                name=group.name + suffix,
                group=group.name,
                first_index=first,
                model=group.model,
                count=count,
                names=None if group.names is None else group.names[first : first + count],
                protocol=group.protocol,
                site=site,
                callmanager_group=served_by,
                tftp=tftp[::-1] if group.tftp_alternates and index % 2 else tftp,
                initial=group.initial,
                security_mode=group.security_mode,
                lsc=group.lsc,
                lsc_key_bits=group.lsc_key_bits,
                mic_made=group.mic_made,
                radius=group.radius,
                vpn=group.vpn,
                mra=group.mra,
                security_profile=group.security_profile,
                os_trusts=group.os_trusts,
            )
        first += count
