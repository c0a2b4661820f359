"""Does a model fit the release and the phone catalogue it names?

The checks read the document as written (see `raw.py`), so that they run even when some of its
fields are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.config.expressway import ExpresswayHistory
from twin.config.faults import Problem, listed, unknown
from twin.config.phones import PhoneCatalogue
from twin.config.products import ProductCatalogue
from twin.config.raw import Row, rows, text, texts, word
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


def product_problems(document: Row, catalogue: ProductCatalogue) -> Iterator[Problem]:
    """Systems and integrations of products and kinds that the catalogue has not."""
    for location, row in rows(document, "systems"):
        name = word(row, "product")
        if name is not None and name not in catalogue.products:
            yield unknown((*location, "product"), "product", name, list(catalogue.products))
            continue
        stores = row.get("trusts")
        known = catalogue.products[name].stores.value if name is not None else ()
        for store in stores if isinstance(stores, dict) else ():
            if store not in known:
                yield unknown((*location, "trusts", store), "trust store", store, list(known))
    for location, row in rows(document, "integrations"):
        name = word(row, "kind")
        if name is not None and name not in catalogue.kinds:
            yield unknown((*location, "kind"), "kind", name, list(catalogue.kinds))


def release_problem(document: Row, releases: list[str]) -> list[Problem]:
    """The problem of a release without a profile."""
    name = word(document, "release")
    if name is None or name in releases:
        return []
    return [unknown(("release",), "release", name, releases)]


def expressway_problems(document: Row, history: ExpresswayHistory) -> Iterator[Problem]:
    """Expressway releases of which nothing is known."""
    for location, row in rows(document, "expressways"):
        name = text(row, "release")
        if name is not None and history.fault_of(name):
            expected = f"a release from {history.first} to {history.last}"
            yield Problem((*location, "release"), f"release {name!r}", expected)


def release_problems(document: Row, release: ReleaseProfile) -> Iterator[Problem]:
    """What in a model the release has not."""
    parameters = document.get("enterprise_parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    for name in (known for known in _PARAMETERS if known in parameters):
        value, default = parameters[name], _PARAMETERS[name][1]
        if value not in (default, None) and not parameter_exists(release, name):
            found = f"{name} is {value!r}, and release {release.name} has no such parameter"
            yield Problem(("enterprise_parameters", name), found, f"{default!r}")
    for index, unit in texts(document, "multi_server"):
        place = ("multi_server", index)
        if unit not in list(release.multi_server_units):
            found = f"{unit!r}, of which release {release.name} has no multi-server certificate"
            yield Problem(place, found, f"one of {listed(release.multi_server_units)}")
        elif unit not in list(release.certcn_units):
            # Nothing would carry it to the other nodes.
            yield Problem(place, f"multi-server {unit} is not built yet", "CallManager, tomcat")
    if word(document, "cluster_mode") == "mixed":
        if word(document, "ctl_signing") == "tokens":
            if not release.has_ctl_tokens:
                found = f"tokens, which release {release.name} does not support"
                yield Problem(("ctl_signing",), found, "tokenless")
        elif release.ctl_signer == "none":
            found = f"a tokenless CTL, which release {release.name} has not"
            yield Problem(("ctl_signing",), found, "tokens")
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

    capf = document.get("capf")
    capf = capf if isinstance(capf, dict) else {}
    if capf.get("online_ca") is not None and not release.has_online_ca:
        found = f"an online CA, which release {release.name} cannot use"
        yield Problem(("capf", "online_ca"), found, "release 12.5 or later")
    bits = capf.get("key_bits")
    if isinstance(bits, int) and bits not in release.lsc_key_bits:
        found = f"{bits} bits, which release {release.name} does not offer"
        offered = listed(str(size) for size in release.lsc_key_bits)
        yield Problem(("capf", "key_bits"), found, f"one of {offered}")


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


def device_problems(
    document: Row, release: ReleaseProfile, catalogue: PhoneCatalogue
) -> Iterator[Problem]:
    """Secure phones that are registered at the start with nothing that CallManager would accept."""
    if word(document, "cluster_mode") != "mixed":
        return
    trusted = set(map(str, release.mic_authorities))
    trusted |= {
        str(row.get("common_name"))
        for _, row in rows(document, "trust_certificates")
        if row.get("unit") == "CallManager-trust" and row.get("node") is None
    }
    for location, row in rows(document, "phones"):
        model = catalogue.models.get(word(row, "model") or "")
        if (
            model is None
            or word(row, "security_mode") not in ("authenticated", "encrypted")
            or word(row, "lsc") == "installed"
            or row.get("initial", "registered") != "registered"
        ):
            continue
        if model.mic is None:
            found = "secure phones without a certificate, registered at the start"
        elif model.mic not in trusted:
            found = f"secure phones with a MIC by {model.mic}, which is not in CallManager-trust"
        else:
            continue
        yield Problem((*location, "lsc"), found, "installed, or initial powered_off or new")
