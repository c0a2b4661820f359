"""From the model's populations to the columns of `twin.phones.population`."""

from __future__ import annotations

from twin.config.expansion import PhonePopulation
from twin.config.model import ModelConfig
from twin.config.phones import PhoneCatalogue, Seconds
from twin.config.timing import TimingProfile
from twin.config.words import InitialState, Protocol, SecurityMode
from twin.kernel.streams import key64
from twin.phones.lifecycle import FileKind, State
from twin.phones.population import PhoneGroup, PhoneRecord, Population

_INITIAL = {
    InitialState.REGISTERED: State.REGISTERED,
    InitialState.POWERED_OFF: State.OFF,
    InitialState.NEW: State.OFF,
}
_MAC_BITS = 48


def device_names(part: PhonePopulation, taken: set[str]) -> list[str]:
    """The phones of a part of a population, by name.

    A name not given is SEP and a MAC made from the population's name and the phone's number in
    it, so that it stays when other populations come or go, whatever the seed.
    """
    if part.names is not None:
        taken.update(part.names)
        return list(part.names)
    names = []
    for number in range(part.first_index, part.first_index + part.count):
        salt = 0
        while True:
            mac = key64("SEP", part.group, number, salt) & ((1 << _MAC_BITS) - 1)
            name = f"SEP{mac:012X}"
            if name not in taken:
                break
            salt += 1
        taken.add(name)
        names.append(name)
    return names


def build_population(
    model: ModelConfig,
    catalogue: PhoneCatalogue,
    timing: TimingProfile,
    node_numbers: dict[str, int],
    site_numbers: dict[str, int],
) -> Population:
    """All phones of a model; group numbers follow the populations' names, not the document."""
    parts = sorted(model.phones, key=lambda part: part.name)
    groups = [
        _group(number, part, model, catalogue, timing, node_numbers, site_numbers)
        for number, part in enumerate(parts)
    ]
    taken: set[str] = set()
    named_first = sorted(range(len(parts)), key=lambda number: parts[number].names is None)
    records = [
        PhoneRecord(name, number, _INITIAL[parts[number].initial])
        for number in named_first
        for name in device_names(parts[number], taken)
    ]
    return Population(groups, records)


def _group(
    number: int,
    part: PhonePopulation,
    model: ModelConfig,
    catalogue: PhoneCatalogue,
    timing: TimingProfile,
    node_numbers: dict[str, int],
    site_numbers: dict[str, int],
) -> PhoneGroup:
    phone = catalogue[part.model]
    protocol = part.protocol or phone.protocol_default
    is_sip = protocol is Protocol.SIP
    count = timing.files_per_boot_sip if is_sip else timing.files_per_boot_sccp
    members = model.group(part.callmanager_group).members
    return PhoneGroup(
        number=number,
        population=part.group,
        model=part.model,
        protocol=str(protocol),
        site=site_numbers[part.site],
        callmanager_group=part.callmanager_group,
        callmanagers=tuple(node_numbers[name] for name in members),
        tftp=tuple(node_numbers[name] for name in part.tftp),
        has_sbd=phone.sbd,
        uses_http=phone.http_tftp,
        boot_s=phone.boot_s.median,
        boot_low_s=phone.boot_s.low,
        boot_high_s=phone.boot_s.high,
        reset_s=phone.reset_s,
        restart_s=phone.restart_s,
        files=file_plan(round(count.value), phone.sbd),
        config_bytes=round(timing.size_cfg_kb.value * 1000),
        other_bytes=round(timing.size_other_kb.value * 1000),
        largest_rsa_bits=phone.largest_rsa_bits,
        # From outside the Expressway-C shows its certificate in the phone's place.
        is_secure=part.security_mode is not SecurityMode.NON_SECURE and part.mra is None,
        lsc_keygen_s=_seconds(phone.lsc_keygen_s),
        lsc_keygen_1024_s=_seconds(phone.lsc_keygen_1024_s),
    )


def _seconds(value: Seconds | None) -> tuple[float, float, float] | None:
    return None if value is None else (value.median, value.low, value.high)


def file_plan(files_per_boot: int, has_sbd: bool) -> tuple[FileKind, ...]:
    """What a phone asks for in one boot, in order. Source: cucm-pki-behaviour 3.1."""
    lists = [FileKind.CTL, FileKind.ITL] if has_sbd else [FileKind.CTL]
    plan = [*lists, FileKind.CONFIG]
    plan += [FileKind.OTHER] * max(0, files_per_boot - len(plan))
    return tuple(plan)


def is_new(model: ModelConfig, group: PhoneGroup) -> bool:
    """Whether the phones of a group have never been in this cluster: they hold nothing."""
    return any(
        part.group == group.population and part.initial is InitialState.NEW for part in model.phones
    )
