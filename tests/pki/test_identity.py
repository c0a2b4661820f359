"""Whether a certificate is that of the peer one wanted: the rules of products, by RFC 9525."""

from __future__ import annotations

from datetime import UTC, datetime
from string import ascii_lowercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pki.authorities import authority, key
from twin.pki.certificates import Certificate
from twin.pki.csr import Wanted, request
from twin.pki.identity import Expectation, NameRule, presented_names
from twin.pki.names import DistinguishedName

START = datetime(2016, 2, 7, 22, tzinfo=UTC)
USES = Wanted(("digital_signature",), ("server_auth",))
CA = authority("Names", 1)
EVERY_NAME_RULE = (NameRule.ALTERNATIVE_NAME, NameRule.EITHER, NameRule.ALTERNATIVE_NAME_FIRST)

labels = st.text(ascii_lowercase + digits, min_size=1, max_size=12)
hosts = st.lists(labels, min_size=2, max_size=4).map(".".join)


def certificate(common_name: str, *names: str) -> Certificate:
    """A certificate with a common name and DNS names."""
    asked = request(DistinguishedName.of(common_name), key(2), "sha256", USES, names)
    return CA.sign(asked, bytes([0x42]) * 16, START)


PUB = "pub10.learning.com"
SEED = certificate("pub.learning.com", "learning.com")
"""The deck's CUCM: its host is pub10.learning.com."""


@pytest.mark.parametrize("rule", EVERY_NAME_RULE)
def test_the_decks_certificate_is_not_its_hosts(rule: NameRule) -> None:
    """A parent domain among the alternative names does not cover the host."""
    assert not Expectation((PUB,), rule).is_met(SEED)
    assert Expectation(("learning.com",), rule).is_met(SEED)


@pytest.mark.parametrize(
    ("rule", "with_names", "without"),
    [
        (NameRule.ALTERNATIVE_NAME, False, False),
        (NameRule.EITHER, True, True),
        (NameRule.ALTERNATIVE_NAME_FIRST, False, True),
        (NameRule.COMMON_NAME_PREFIX, True, True),
    ],
)
def test_where_a_common_name_counts(rule: NameRule, with_names: bool, without: bool) -> None:
    """Beside alternative names, without any, or not at all, as the rule says."""
    expected = Expectation(("host.example.com",), rule)
    assert expected.is_met(certificate("host.example.com", "other.example.com")) is with_names
    assert expected.is_met(certificate("host.example.com")) is without


def test_any_of_several_names_will_do() -> None:
    """One of the expected names is enough, none of none is not."""
    found = certificate("x", "b.example.com")
    assert Expectation(("a.example.com", "b.example.com"), NameRule.EITHER).is_met(found)
    assert not Expectation((), NameRule.EITHER).is_met(found)


def test_a_fingerprint_is_no_name() -> None:
    """Equality of the SHA-1 and nothing else."""
    found = certificate("x", "a.example.com")
    assert Expectation((found.sha1.hex(),), NameRule.FINGERPRINT).is_met(found)
    assert not Expectation(("a.example.com",), NameRule.FINGERPRINT).is_met(found)


def test_a_prefix_is_of_the_common_name_and_without_case() -> None:
    """A DSP farm's certificate begins with the bridge's name."""
    found = certificate("CFB001-gateway", "cfb002")
    assert Expectation(("cfb001",), NameRule.COMMON_NAME_PREFIX).is_met(found)
    assert not Expectation(("gateway",), NameRule.COMMON_NAME_PREFIX).is_met(found)
    assert not Expectation(("cfb002",), NameRule.COMMON_NAME_PREFIX).is_met(found)


@given(name=hosts, other=hosts)
def test_names_are_compared_whole_and_without_case(name: str, other: str) -> None:
    """A certificate is met by its own names, in any case, with or without a final dot."""
    found = certificate("cn", name.upper())
    for rule in EVERY_NAME_RULE:
        assert Expectation((f"{name}.",), rule).is_met(found)
        assert Expectation((other,), rule).is_met(found) is (other == name)


@given(label=labels, parent=hosts)
def test_a_wildcard_stands_for_nobody(label: str, parent: str) -> None:
    """None of the products admits one (edge-presence-video, F10)."""
    found = certificate("cn", f"*.{parent}")
    for rule in EVERY_NAME_RULE:
        assert not Expectation((f"{label}.{parent}",), rule).is_met(found)


@given(names=st.lists(hosts, max_size=5), wanted=hosts)
def test_looking_in_more_places_only_finds_more(names: list[str], wanted: str) -> None:
    """What the strict rule finds, the rule that falls back finds, and the lax one as well."""
    found = certificate("cn.example.com", *names)
    strict, fallback, lax = (Expectation((wanted,), rule).is_met(found) for rule in (
        NameRule.ALTERNATIVE_NAME, NameRule.ALTERNATIVE_NAME_FIRST, NameRule.EITHER,
    ))  # fmt: skip
    assert strict <= fallback <= lax


def test_presented_names_are_listed_once() -> None:
    """A common name that is among the alternative names does not count twice."""
    found = certificate("A.example.com", "a.example.com", "b.example.com")
    assert presented_names(found, NameRule.EITHER) == ("a.example.com", "b.example.com")
