"""Do the certificate words of an experiment fit its model and release?

Reads the document as written, like `experiment_checks.py`, which calls these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from twin.config.faults import Problem, listed, unknown
from twin.config.library_checks import key_sizes
from twin.config.model import ModelConfig
from twin.config.raw import Row, text
from twin.config.release import ReleaseProfile
from twin.config.words import CURVE_SIZES, ECDSA_UNITS, NEVER_SIGNED, Role, TrustUnit, Unit

_HASHES_OF_CURVE = {
    256: ("sha256", "sha384", "sha512"),
    384: ("sha384", "sha512"),
    521: ("sha512",),
}
"""Source: Security Guide for CUCM 15: a hash at least as strong as the key."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the words are checked against.

    `units_of`: own certificates of a node, of whatever product it is; none for an unknown one.
    """

    model: ModelConfig
    release: ReleaseProfile
    units_of: Callable[[str], Sequence[Unit]]


def unit_problems(arguments: Row, around: Deployment) -> Iterator[Problem]:
    """A unit the release has not, or has on the publisher only."""
    unit, release = text(arguments, "unit"), around.release
    if unit is None or unit not in list(Unit):
        return
    if unit not in list(release.units):
        found = f"unit {unit!r}, which release {release.name} has not"
        yield Problem(("unit",), found, f"one of {listed(release.units)}")
        return
    node = text(arguments, "node") or ""
    if node not in around.model.node_aliases:
        return
    is_subscriber = around.model.node(node).role is Role.SUBSCRIBER
    if is_subscriber and Unit(unit) in release.publisher_units:
        found = f"{unit} of a subscriber, which release {release.name} keeps on the publisher only"
        yield Problem(("node",), found, f"{around.model.publisher.name!r}")


def _distribution(arguments: Row, around: Deployment, units: list[str]) -> Iterator[Problem]:
    if text(arguments, "distribution") != "multi_server":
        return
    unit, node = text(arguments, "unit"), text(arguments, "node") or ""
    if unit in list(Unit) and unit not in units:
        found = f"release {around.release.name} has no such multi-server certificate of {unit}"
        expected = f"one of {listed(units)}" if units else "single"
        yield Problem(("distribution",), found, expected)
    is_known = node in around.model.node_aliases
    if is_known and around.model.node(node).role is Role.SUBSCRIBER:
        # Source: Cisco 118731: generated and uploaded on the publisher only.
        found = "multi_server on a subscriber"
        yield Problem(("node",), found, f"{around.model.publisher.name!r}")


def regenerate_problems(arguments: Row, around: Deployment) -> Iterator[Problem]:
    """Regenerating what is not there, or shared where it cannot be."""
    yield from unit_problems(arguments, around)
    release = around.release
    shared = release.multi_server_units if release.multi_server_self_signed else ()
    yield from _distribution(arguments, around, [str(unit) for unit in shared])


def _generate(arguments: Row, around: Deployment) -> Iterator[Problem]:
    yield from unit_problems(arguments, around)
    yield from _never_signed(arguments)
    yield from _distribution(
        arguments, around, [str(unit) for unit in around.release.multi_server_units]
    )
    word = text(arguments, "unit")
    if word not in list(Unit):
        return
    unit = Unit(str(word))
    bits, digest = arguments.get("key_bits"), text(arguments, "digest")
    sizes = key_sizes(unit)
    if unit not in ECDSA_UNITS:
        sizes = tuple(size for size in sizes if size in around.release.csr_key_bits)
    if bits is not None and bits not in sizes:
        yield Problem(
            ("key_bits",), f"{bits!r} bits for {unit}", f"one of {listed(map(str, sizes))}"
        )
    names = arguments.get("san")
    if names and not around.release.csr_alternative_names:
        found = f"alternative names, which requests of release {around.release.name} have not"
        yield Problem(("san",), found)
    digests: tuple[str, ...] = ("sha1", "sha256")
    if unit in ECDSA_UNITS:
        digests = _HASHES_OF_CURVE[bits if bits in CURVE_SIZES else 384]
    if digest is not None and digest not in digests:
        yield Problem(("digest",), f"{digest!r} for this key", f"one of {listed(digests)}")


def _never_signed(arguments: Row) -> Iterator[Problem]:
    unit = text(arguments, "unit")
    if unit in NEVER_SIGNED:
        yield Problem(("unit",), f"{unit}, which is never signed by a CA", "another unit")


def _signed(arguments: Row, around: Deployment) -> Iterator[Problem]:
    yield from unit_problems(arguments, around)
    yield from _never_signed(arguments)
    yield from _authority(arguments, around)


def _authority(arguments: Row, around: Deployment) -> Iterator[Problem]:
    name = text(arguments, "authority")
    known = [authority.name for authority in around.model.certificate_authorities]
    if name is not None and name not in known:
        yield unknown(("authority",), "certificate authority", name, known)


def _upload_trust(arguments: Row, around: Deployment) -> Iterator[Problem]:
    yield from _authority(arguments, around)
    node, unit = text(arguments, "certificate_of"), text(arguments, "unit")
    if node is None:
        return
    own, units = text(arguments, "own_unit"), around.units_of(node)
    if not units:
        names = [known.name for known in around.model.nodes]
        yield unknown(("certificate_of",), "node", node, names)
        return
    if own in list(Unit):
        if own not in units:
            yield Problem(("own_unit",), f"{own}, which {node} has not", f"one of {listed(units)}")
    elif unit in list(TrustUnit) and str(unit).removesuffix("-trust") not in units:
        found = f"certificate_of with {unit}, a store that is named after no certificate"
        yield Problem(("unit",), found, "the store of an own certificate, e.g. ipsec-trust")


def _restart_after(arguments: Row, around: Deployment) -> Iterator[Problem]:
    """Units of Unified CM, or of the IM&P nodes beside it."""
    imp = [node.name for node in around.model.imp_nodes]
    if not imp or text(arguments, "unit") not in list(around.units_of(imp[0])):
        yield from unit_problems(arguments, around)


CHECKS: dict[str, Callable[[Row, Deployment], Iterator[Problem]]] = {
    "regenerate": regenerate_problems,
    "generate_csr": _generate,
    "sign_csr": _signed,
    "upload_identity": _signed,
    "upload_trust": _upload_trust,
    "restart_after": _restart_after,
    "revoke": _signed,
    "revocation_service": _authority,
}
"""The check of each word."""
