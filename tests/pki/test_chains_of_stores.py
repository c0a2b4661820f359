"""Whether a certificate leads to a trusted one: by real signatures and real dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from twin.pki import chains
from twin.pki.certificates import Certificate
from twin.pki.chains import ChainFault
from twin.pki.keys import KeyBank, PrivateKey
from twin.pki.names import DistinguishedName
from twin.pki.profile import issue, self_signed

NOW = datetime(2016, 2, 7, 22, 0, tzinfo=UTC)
Pair = tuple[Certificate, PrivateKey]


def chain_faults(
    leaf: Certificate, sent: list[Certificate], trusted: list[Certificate], at: datetime
) -> tuple[ChainFault, ...]:
    """The faults of a chain that any entry of a store ends."""
    links = chains.faults(leaf, trusted, at, sent, any_ends=True)
    return tuple(link.fault for link in links)


def authority(
    bank: KeyBank, name: str, index: int, above: Pair | None = None, unit: str = "authority",
    start: datetime = NOW - timedelta(days=10), days: int = 100,
) -> Pair:  # fmt: skip
    """A CA of a name with key `index` of the bank, self-signed or under another."""
    subject, key = DistinguishedName.of(name), bank.key(1024, index)
    serial = bytes([0x40 + index])
    if above is None:
        return self_signed(subject, key, serial, start, days, "sha256", unit), key
    issuer, issuer_key = above
    return (
        issue(subject, key, serial, start, days, "sha256", unit, issuer=issuer,
              issuer_key=issuer_key),
        key,
    )  # fmt: skip


@pytest.fixture
def make(bank: KeyBank) -> Callable[..., Pair]:
    """A maker of certificates with keys of the bank."""
    return lambda *args, **named: authority(bank, *args, **named)


def test_a_chain_to_a_trusted_root_is_good(make: Callable[..., Pair]) -> None:
    """Leaf, intermediate sent along, root trusted: nothing is wrong."""
    root = make("root", 0)
    middle = make("middle", 1, root)
    leaf = make("leaf", 2, middle, "web-server")
    assert chain_faults(leaf[0], [middle[0]], [root[0]], NOW) == ()
    assert chain_faults(leaf[0], [], [root[0]], NOW) == (ChainFault.ISSUER_MISSING,)
    assert chain_faults(leaf[0], [middle[0]], [], NOW) == (ChainFault.ISSUER_MISSING,)


def test_any_entry_of_the_store_ends_the_path(make: Callable[..., Pair]) -> None:
    """An intermediate, or the leaf itself, is enough in the store, whoever signed it."""
    root = make("root", 0)
    middle = make("middle", 1, root)
    leaf = make("leaf", 2, middle, "web-server")
    assert chain_faults(leaf[0], [], [middle[0]], NOW) == ()
    assert chain_faults(leaf[0], [], [leaf[0]], NOW) == ()


def test_a_name_is_not_enough(make: Callable[..., Pair]) -> None:
    """A trusted CA of the same name with another key did not make the signature."""
    root, impostor = make("root", 0), make("root", 3)
    leaf = make("leaf", 2, root, "web-server")
    assert chain_faults(leaf[0], [], [impostor[0]], NOW) == (ChainFault.SIGNATURE_MISMATCH,)
    assert chain_faults(leaf[0], [], [impostor[0], root[0]], NOW) == ()


def test_dates_count_on_both_ends(make: Callable[..., Pair]) -> None:
    """A leaf out of its dates is refused, and one under such an issuer, with all reasons."""
    root = make("root", 0, days=20)
    leaf = make("leaf", 2, root, "web-server")
    trusted = [root[0]]
    assert chain_faults(leaf[0], [], trusted, NOW) == ()
    assert chain_faults(leaf[0], [], trusted, NOW - timedelta(days=11)) == (
        ChainFault.NOT_YET_VALID, ChainFault.NOT_YET_VALID,
    )  # fmt: skip
    assert chain_faults(leaf[0], [], trusted, NOW + timedelta(days=11)) == (ChainFault.EXPIRED,)
    assert chain_faults(leaf[0], [], trusted, NOW + timedelta(days=91)) == (
        ChainFault.EXPIRED, ChainFault.EXPIRED,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "allowed"),
    [("authority", True), ("CAPF", True), ("CallManager", True), ("web-server", False),
     ("ITLRecovery", False)],
)  # fmt: skip
def test_who_may_sign(make: Callable[..., Pair], unit: str, allowed: bool) -> None:
    """basicConstraints decides, or keyCertSign where there are none, as in CAPF before 14."""
    issuer = make("issuer", 0, unit=unit)
    leaf = make("leaf", 2, issuer, "web-server")
    assert chains.may_sign(issuer[0], is_root=True) is allowed
    expected = () if allowed else (ChainFault.ISSUER_IS_NO_AUTHORITY,)
    assert chain_faults(leaf[0], [], [issuer[0]], NOW) == expected


def test_a_self_signed_stranger_ends_nowhere(make: Callable[..., Pair]) -> None:
    """A self-signed certificate that is sent along as its own issuer proves nothing."""
    stranger = make("stranger", 0)
    faults = chain_faults(stranger[0], [stranger[0]], [make("root", 1)[0]], NOW)
    assert faults == (ChainFault.ISSUER_MISSING,)
