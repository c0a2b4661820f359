"""Keys of 512 bits, Cisco's manufacturing hierarchy, and how a phone proves to have a key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from twin.pki import chains
from twin.pki.capf_proof import holds, prove
from twin.pki.certificates import Certificate
from twin.pki.chains import ChainFault
from twin.pki.keys import KeyBank, KeyRing, PrivateKey
from twin.pki.manufacturing import AUTHORITIES, AUTHORITY_OF, Manufacturing
from twin.pki.short_keys import ShortKeys, short_key

MADE = datetime(2014, 6, 1, tzinfo=UTC)
NOW = datetime(2016, 2, 7, tzinfo=UTC)
NAME = "SEP001122334455"


def octets(size: int, *name: object) -> bytes:
    """Bytes that belong to a name."""
    return hashlib.blake2b(repr(name).encode(), digest_size=size).digest()


@pytest.fixture(scope="module")
def factory(bank: KeyBank) -> Manufacturing:
    """The hierarchy with keys of the bank."""
    return Manufacturing(KeyRing(bank).take, octets)


def test_a_short_key_is_a_working_rsa_key_and_always_the_same() -> None:
    """512 bits, two different primes; another number is another key."""
    key = short_key(0).raw
    numbers = key.private_numbers()
    assert key.key_size == 512
    assert numbers.p != numbers.q
    assert numbers.p * numbers.q == key.public_key().public_numbers().n
    assert ShortKeys().rsa(512, 0).private_numbers() == numbers
    assert short_key(1).raw.private_numbers() != numbers
    message = 0x1234567890
    public = numbers.public_numbers
    assert pow(pow(message, public.e, public.n), numbers.d, public.n) == message


@pytest.mark.parametrize(("bits", "index"), [(1024, 0), (512, -1)])
def test_the_short_bank_has_short_keys_only(bits: int, index: int) -> None:
    """Other sizes come from the other bank."""
    with pytest.raises(ValueError, match="no short RSA key"):
        ShortKeys().rsa(bits, index)


def faults(
    mic: Certificate, sent: Sequence[Certificate], trusted: list[Certificate], at: datetime
) -> tuple[ChainFault, ...]:
    """What is wrong with a MIC by a store."""
    links = chains.faults(mic, trusted, at, sent, any_ends=True)
    return tuple(link.fault for link in links)


@pytest.mark.parametrize("name", [authority.name for authority in AUTHORITIES])
def test_a_mic_leads_to_its_root(factory: Manufacturing, bank: KeyBank, name: str) -> None:
    """Every authority's MICs are trusted by whoever trusts its root or itself, and nobody else."""
    mic = factory.mic(name, "8841", NAME, "FCH1", bank.key(1024, 0), MADE)
    sent = factory.chain(name)
    root = AUTHORITY_OF[name].issuer or name
    assert faults(mic, sent, [factory.certificate(root)], NOW) == ()
    assert faults(mic, (), [factory.certificate(name)], NOW) == ()
    others = [factory.certificate(a.name) for a in AUTHORITIES if a.name not in (root, name)]
    assert faults(mic, sent, others, NOW) == (ChainFault.ISSUER_MISSING,)


def test_a_mic_is_valid_for_ten_years(factory: Manufacturing, bank: KeyBank) -> None:
    """After ten years it is expired, and nothing can be done about it."""
    mic = factory.mic("CAP-RTP-002", "7970", NAME, "FCH1", bank.key(1024, 0), MADE)
    trusted = [factory.certificate("CAP-RTP-002")]
    assert mic.subject.startswith("CN=CP-7970-SEP001122334455;")
    assert faults(mic, (), trusted, datetime(2023, 1, 1, tzinfo=UTC)) == ()
    assert ChainFault.EXPIRED in faults(mic, (), trusted, datetime(2024, 7, 1, tzinfo=UTC))


@pytest.mark.parametrize("size", [512, 1024, 2048])
def test_a_proof_holds_for_its_device_and_certificate_alone(
    factory: Manufacturing, bank: KeyBank, size: int
) -> None:
    """Whoever lacks the key, or has another name, does not pass."""
    key: PrivateKey = short_key(0) if size == 512 else bank.key(size, 0)

    def mic(one: PrivateKey) -> Certificate:
        return factory.mic("CAP-RTP-001", "7970", NAME, "FCH1", one, MADE)

    certificate, other = mic(key), mic(bank.key(1024, 1))
    proof = prove(key, NAME, certificate)
    assert (proof.sha512 is None) == (size == 512)
    assert holds(proof, certificate)
    assert not holds(proof, other)
    assert not holds(replace(proof, device="SEP001122334456"), certificate)
    assert not holds(replace(proof, sha1=bytes(len(proof.sha1))), certificate)


def test_a_certificate_with_a_short_key_is_read_again(
    factory: Manufacturing,
) -> None:
    """A certificate may carry a key of 512 bits, though no library makes one."""
    made = factory.mic("CAP-RTP-001", "7970", NAME, "FCH1", short_key(0), MADE)
    assert made.key_bits == 512
    assert isinstance(made.public_key, rsa.RSAPublicKey)
