"""Does a model fit the release and the phone catalogue it names?

The checks read the document as written (see `raw.py`), so that they run even when some of its
fields are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.config.faults import Problem, listed, unknown
from twin.config.phones import PhoneCatalogue
from twin.config.raw import Row, rows, word
from twin.config.release import ReleaseProfile
from twin.config.words import CURVE_SIZES, ECDSA_UNITS, LIST_SIGNERS, RSA_SIZES, Unit

_PARAMETERS = {
    "rollback_to_pre_8": ("has_rollback_parameter", False),
    "phone_interaction_on_certificate_update": ("has_phone_interaction_parameter", "automatic"),
    "tftp_file_signature_algorithm": ("has_file_signature_parameter", "sha1"),
}


def parameter_exists(release: ReleaseProfile, name: str) -> bool:
    """Whether an enterprise parameter, by its field name, exists in a release."""
    return bool(getattr(release, _PARAMETERS[name][0]))


def release_problem(document: Row, releases: list[str]) -> list[Problem]:
    """The problem of a release without a profile."""
    name = word(document, "release")
    if name is None or name in releases:
        return []
    return [unknown(("release",), "release", name, releases)]


def release_problems(document: Row, release: ReleaseProfile) -> Iterator[Problem]:
    """What in a model the release has not."""
    parameters = document.get("enterprise_parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    for name in (known for known in _PARAMETERS if known in parameters):
        value, default = parameters[name], _PARAMETERS[name][1]
        if value not in (default, None) and not parameter_exists(release, name):
            found = f"{name} is {value!r}, and release {release.name} has no such parameter"
            yield Problem(("enterprise_parameters", name), found, f"{default!r}")
    for location, row in rows(document, "nodes"):
        bits = row.get("key_bits")
        for unit, size in bits.items() if isinstance(bits, dict) else ():
            place = (*location, "key_bits", unit)
            if unit not in list(release.units):
                found = f"unit {unit!r}, which release {release.name} has not"
                yield Problem(place, found, f"one of {listed(release.units)}")
            elif size not in (sizes := key_sizes(Unit(unit))):
                yield Problem(
                    place, f"{size!r} bits for {unit}", f"one of {listed(map(str, sizes))}"
                )


def key_sizes(unit: Unit) -> tuple[int, ...]:
    """Key sizes a unit can have. Source: no trust list has a code for 3072 bits (wire format)."""
    if unit in ECDSA_UNITS:
        return CURVE_SIZES
    if unit in LIST_SIGNERS:
        return tuple(size for size in RSA_SIZES if size != 3072)
    return RSA_SIZES


def catalogue_problems(document: Row, catalogue: PhoneCatalogue) -> Iterator[Problem]:
    """Populations whose phone model is not in the catalogue."""
    for location, row in rows(document, "phones"):
        name = word(row, "model")
        if name is not None and name not in catalogue.models:
            yield unknown((*location, "model"), "phone model", name, catalogue.models)
