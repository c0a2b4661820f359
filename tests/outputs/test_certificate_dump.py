from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.outputs.terminal import logged
from twin.config.load import load_release
from twin.errors import InputError
from twin.outputs import certificate_dump, certificate_reading, dates
from twin.outputs.capture import single, split
from twin.outputs.certificate_dump import BEGIN, Layout
from twin.pki.keys import CURVE_HASHES, ECKey
from twin.pki.names import DistinguishedName
from twin.pki.profile import self_signed

NAME = DistinguishedName(
    (("C", "IN"), ("O", "Cisco, Inc."), ("OU", 'T"AC'), ("CN", "cm9sub"), ("ST", "KA"), ("L", "B"))
)

LABELS = {
    Layout.ISSUER_NAME: ("Issuer Name: ", "Validity From: ", "To: ", "Subject Name: ", "Key: "),
    Layout.ISSUER_DN: ("IssuerDN: ", "Start Date: ", "Final Date: ", "SubjectDN: ", "Public Key: "),
}


@pytest.mark.parametrize("layout", Layout)
def test_a_dump_has_the_labels_of_its_release(
    layout: Layout, identity: Callable[..., tuple]
) -> None:
    """The labels of the Security Guide stand in their order, and the PEM last."""
    certificate, _ = identity(bits=2048, index=1, unit="TVS")
    text = certificate_dump.write(certificate, layout)
    places = [text.index(label) for label in LABELS[layout]]
    assert places == sorted(places)
    assert text.endswith(certificate.pem.decode())


def test_releases_have_the_labels_the_guide_gives_them() -> None:
    """The labels changed with 14SU2: the profile of 14 has the old ones, that of 15 the new."""
    assert load_release("14").certificate_listing == Layout.ISSUER_NAME
    assert load_release("15").certificate_listing == Layout.ISSUER_DN


def test_names_are_printed_in_reverse_order_in_the_older_layout(
    identity: Callable[..., tuple],
) -> None:
    """As in the published capture of 2018: L, ST, CN, OU, O, C for a C-first certificate."""
    certificate, _ = identity(subject=NAME, unit="CAPF")
    assert certificate.subject_name == NAME
    text = certificate_dump.write(certificate, Layout.ISSUER_NAME)
    assert '  Subject Name: L=B, ST=KA, CN=cm9sub, OU="T\\"AC", O="Cisco, Inc.", C=IN\n' in text
    assert "  Validity From: Mon Feb 01 00:00:00 UTC 2016\n" in text


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("bits", [1024, 2048])
@pytest.mark.parametrize("width", [0, 80])
@pytest.mark.parametrize("has_pem", [True, False])
def test_a_dump_is_read_back(
    layout: Layout, bits: int, width: int, has_pem: bool, identity: Callable[..., tuple]
) -> None:
    """Names, serial, dates and key size come back, with and without the PEM, wrapped or not."""
    certificate, _ = identity(bits=bits, subject=NAME)
    text = certificate_dump.write(certificate, layout)
    if not has_pem:
        text = text[: text.index(BEGIN)]
    log = logged(text, "show cert own CallManager", width=width, page=20, crlf=True)
    capture = next(one for one in split(log, "log.txt") if one.command)
    assert certificate_reading.is_present(capture)
    found = certificate_reading.read(capture)
    assert found.subject == found.issuer == certificate.subject_name
    assert found.serial == certificate.serial
    assert (found.not_before, found.not_after) == (certificate.not_before, certificate.not_after)
    assert (found.key_bits, found.has_rsa_key) == (bits, True)
    assert found.layout is layout
    assert found.zone_is_known
    assert found.certificate == (certificate if has_pem else None)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("curve", [256, 384, 521])
def test_a_key_on_a_curve_is_read_back(
    layout: Layout, curve: int, identity: Callable[..., tuple]
) -> None:
    """The curve's size is found from the printed point."""
    key = ECKey(curve, bytes(range(32)))
    start = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = self_signed(
        NAME, key, b"\x11", start, 30, CURVE_HASHES[curve], "CallManager-ECDSA"
    )
    text = certificate_dump.write(certificate, layout).partition(BEGIN)[0]
    found = certificate_reading.read(single(text, "a"))
    assert (found.has_rsa_key, found.key_bits) == (False, curve)


def test_a_pem_of_another_certificate_is_a_contradiction(identity: Callable[..., tuple]) -> None:
    """Fields of one certificate over the PEM of another are refused."""
    one, _ = identity()
    other, _ = identity(serial=b"\x77")
    text = certificate_dump.write(one, "issuer_name").partition(BEGIN)[0] + other.pem.decode()
    with pytest.raises(InputError, match=r"a:3: serial number .* expected 77, as the PEM"):
        certificate_reading.read(single(text, "a"))


def test_an_unknown_zone_is_read_as_utc_and_says_so(identity: Callable[..., tuple]) -> None:
    """A zone without a known offset does not stop the reading."""
    text = certificate_dump.write(identity()[0], "issuer_name").partition(BEGIN)[0]
    found = certificate_reading.read(single(text.replace("UTC", "XYZ"), "a"))
    assert (found.zone, found.zone_is_known) == ("XYZ", False)
    assert found.not_before == datetime(2016, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  Serial Number: 6D", "  Serial Number: XY", "a:3: serial number"),
        ("Mon Feb 01", "Mon Feb 31", "expected a date as"),
        ("Issuer Name: C=", "Issuer Name: ", "expected a name as"),
        ("  Subject Name: ", "  Nothing: ", "a:1: no subject in the dump"),
        ("-----END CERTIFICATE-----", "", "a PEM that does not end"),
        ("MII", "!!!", "expected one certificate"),
    ],
)
def test_a_malformed_dump_is_named(
    old: str, new: str, message: str, identity: Callable[..., tuple]
) -> None:
    """The error says the line, what stands there and what should."""
    text = certificate_dump.write(identity()[0], "issuer_name")
    if "CERTIFICATE" not in old and old != "MII":
        text = text.partition(BEGIN)[0]
    with pytest.raises(InputError) as caught:
        certificate_reading.read(single(text.replace(old, new), "a"))
    assert message in str(caught.value)


@given(st.integers(631152000, 3786912000))
def test_dates_read_back(seconds: int) -> None:
    """A printed date gives back its instant, to the second."""
    instant = datetime.fromtimestamp(seconds, UTC)
    assert dates.read(dates.write(instant)) == (instant, "UTC")


def test_summer_time_counts() -> None:
    """The published capture's British summer time is an hour before UTC."""
    found = dates.read("Sun Jul 08 13:05:19 BST 2018")
    assert found == (datetime(2018, 7, 8, 12, 5, 19, tzinfo=UTC), "BST")
