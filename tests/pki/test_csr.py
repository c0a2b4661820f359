from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from twin.errors import FormatError
from twin.pki.csr import REQUESTING_UNITS, SigningRequest, UsageTable, make_request, wanted
from twin.pki.keys import CURVE_HASHES, ECKey, KeyBank, PrivateKey
from twin.pki.names import DistinguishedName

NAME = DistinguishedName.parse("CN=pub.example.com;OU=IT;O=Example;L=Bern;ST=BE;C=CH")
SEED = bytes(range(64))


def key_of(unit: str, bank: KeyBank) -> PrivateKey:
    """A key of the unit's kind."""
    return ECKey(384, SEED) if unit.endswith("-ECDSA") else bank.key(1024, 0)


@pytest.fixture
def request_of(bank: KeyBank) -> Callable[..., SigningRequest]:
    """A maker of a unit's request."""

    def make(
        unit: str = "CallManager",
        table: UsageTable = UsageTable.GUIDE_15,
        hash_name: str = "",
        names: tuple[str, ...] = ("example.com", "pub.example.com"),
    ) -> SigningRequest:
        key = key_of(unit, bank)
        default = CURVE_HASHES.get(key.bits, "sha256")
        return make_request(NAME, key, hash_name or default, unit, table, names)

    return make


@pytest.mark.parametrize(
    ("unit", "key_usages", "purposes"),
    [
        ("CallManager", {"digital_signature", "data_encipherment"}, 2),
        ("tomcat-ECDSA", {"digital_signature", "data_encipherment"}, 2),
        ("CAPF", {"digital_signature", "key_cert_sign"}, 2),
        ("ipsec", {"digital_signature", "key_encipherment", "data_encipherment"}, 3),
        ("TVS", {"digital_signature", "key_encipherment", "data_encipherment"}, 2),
    ],
)
def test_usages_are_those_of_the_guide(
    request_of: Callable[..., SigningRequest], unit: str, key_usages: set[str], purposes: int
) -> None:
    """Each unit asks for the usages of its row in the Security Guide's table."""
    says = request_of(unit).extensions
    assert set(says.key_usages or ()) == key_usages
    assert len(says.purposes or ()) == purposes
    assert says.is_authority == (True if unit == "CAPF" else None)
    assert says.path_length == (0 if unit == "CAPF" else None)


def test_usages_before_are_those_of_the_deck(request_of: Callable[..., SigningRequest]) -> None:
    """In 2016 every unit asked for four key usages; EC keys cannot encipher keys."""
    says = request_of("tomcat", UsageTable.DECK_2016).extensions
    four = {"digital_signature", "key_encipherment", "data_encipherment", "key_cert_sign"}
    assert set(says.key_usages or ()) == four
    ecdsa = request_of("tomcat-ECDSA", UsageTable.DECK_2016).extensions
    assert set(ecdsa.key_usages or ()) == four - {"key_encipherment"}
    assert len(wanted("ipsec", UsageTable.DECK_2016).purposes) == 3


@pytest.mark.parametrize("unit", ["ITLRecovery", "authz", "CallManager-trust"])
def test_some_units_are_never_signed(unit: str) -> None:
    """No request is made for a unit without a row in the table."""
    with pytest.raises(ValueError, match="no signing requests"):
        wanted(unit, UsageTable.GUIDE_15)


def test_a_request_reads_back(request_of: Callable[..., SigningRequest], bank: KeyBank) -> None:
    """What was asked for is what is read, and the same request has the same bytes."""
    made = request_of()
    again = SigningRequest.from_der(made.der)
    assert again == made == request_of()
    assert len({made, again}) == 1
    assert made != "a request"
    assert made.public_key == bank.key(1024, 0).public_key
    assert made.key_bits == 1024
    assert made.dns_names == ("example.com", "pub.example.com")
    assert made.subject_name.common_name == "pub.example.com"
    assert repr(made).endswith("1024 bits)")
    assert request_of(names=()).dns_names == ()


@pytest.mark.parametrize("spoil", [0, -1, 100])
def test_a_spoilt_request_is_refused(request_of: Callable[..., SigningRequest], spoil: int) -> None:
    """One changed byte and it is no request any more, or its key did not sign it."""
    data = bytearray(request_of().der)
    data[spoil] ^= 1
    with pytest.raises(FormatError, match="signing request"):
        SigningRequest.from_der(bytes(data))


@pytest.mark.openssl
@pytest.mark.parametrize("hash_name", ["", "sha1"])
@pytest.mark.parametrize("table", list(UsageTable))
@pytest.mark.parametrize("unit", REQUESTING_UNITS)
def test_openssl_verifies_every_request(
    run_openssl: Callable[..., subprocess.CompletedProcess[bytes]],
    request_of: Callable[..., SigningRequest],
    unit: str,
    table: UsageTable,
    hash_name: str,
) -> None:
    """`openssl req -verify` accepts each unit's request, with SHA-1 too, and prints its names."""
    if hash_name == "sha1" and unit.endswith("-ECDSA"):
        return
    made = request_of(unit, table, hash_name)
    printed = run_openssl("req", "-noout", "-verify", "-text", stdin=made.pem)
    assert printed.returncode == 0, printed.stderr.decode()
    assert b"verify OK" in printed.stdout + printed.stderr
    assert b"DNS:example.com, DNS:pub.example.com" in printed.stdout
    assert made.signature_hash == (hash_name or ("sha384" if "ECDSA" in unit else "sha256"))
