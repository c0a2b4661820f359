"""Which device certificate each phone has: a MIC from the factory, an LSC from CAPF, or neither.

Knows: per phone two small numbers, the class of its MIC and of its LSC. Phones of a class differ in
name and serial only, so a class's representative stands for all of them in a verification, and a
phone's own certificate is made, really signed, when somebody looks. Must not know CAPF's rules.

Source: seed (LSC before MIC); wire-formats 4.7. Assumption: the phones of a class share one key
pair (eighty thousand would take an hour to make); an LSC begins at midnight UTC of the day it was
issued, so that phones of one day share a class.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from twin.phones.population import Population
from twin.phones.ports import DeviceIdentity
from twin.pki.certificates import Certificate
from twin.pki.device_profile import Issued, device_certificate, device_subject
from twin.pki.keys import PrivateKey
from twin.pki.manufacturing import Manufacturing, positive_serial

NO_CERTIFICATE = 0
"""The class of a phone that has none."""


class Kind(StrEnum):
    """What a device certificate is."""

    NONE = "none"
    MIC = "MIC"
    LSC = "LSC"


@dataclass(frozen=True, slots=True)
class CertificateClass:
    """Certificates that differ in name and serial only. `first` is the phone that opened it."""

    number: int
    kind: Kind
    first: int = -1
    issued: Issued | None = None
    generation: int = 0
    """How many LSCs that phone had had, this one counted."""
    authority: str = ""
    made: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    @property
    def bits(self) -> int:
        """RSA key size, bits; 0 without a certificate."""
        if self.issued is not None:
            return self.issued.bits
        return 2048 if self.kind is Kind.MIC else 0


class DeviceCertificates:
    """The device certificates of a population.

    Args:
        key_of: the key pair that phones share whose keys have this size (bits).
        octets: bytes that belong to a name, from the seed.
    """

    def __init__(
        self,
        population: Population,
        manufacturing: Manufacturing,
        key_of: Callable[[int], PrivateKey],
        octets: Callable[..., bytes],
    ) -> None:
        self._population = population
        self._manufacturing = manufacturing
        self._key_of = key_of
        self._octets = octets
        self.classes = [CertificateClass(NO_CERTIFICATE, Kind.NONE)]
        self._numbers: dict[object, int] = {}
        self.mic = array("H", bytes(2 * population.size))
        """Class number of each phone's MIC."""
        self.lsc = array("H", bytes(2 * population.size))
        """Class number of each phone's LSC."""
        self._generation = array("H", bytes(2 * population.size))
        self._chains: dict[int, tuple[Certificate, ...]] = {}
        self._shown = {NO_CERTIFICATE: DeviceIdentity()}

    # -- what phones have -------------------------------------------------------------------

    def presented(self, phone: int) -> int:
        """Class of what the phone presents: its LSC, else its MIC. Source: seed."""
        return self.lsc[phone] or self.mic[phone]

    def give_mic(self, phone: int, authority: str, made: datetime) -> None:
        """The factory puts a MIC into a phone."""
        key = ("MIC", authority, made)
        if key not in self._numbers:
            number = self._numbers[key] = len(self.classes)
            self.classes.append(
                CertificateClass(number, Kind.MIC, phone, authority=authority, made=made)
            )
        self.mic[phone] = self._numbers[key]

    def store_lsc(self, phone: int, issued: Issued) -> int:
        """The phone stores an LSC in place of the one it had; its class."""
        issued = _of_the_day(issued)
        self._generation[phone] += 1
        if issued not in self._numbers:
            number = self._numbers[issued] = len(self.classes)
            generation = self._generation[phone]
            self.classes.append(CertificateClass(number, Kind.LSC, phone, issued, generation))
        self.lsc[phone] = self._numbers[issued]
        return self.lsc[phone]

    def liken(self, phone: int, other: int) -> None:
        """The phone has certificates of the same classes as another has."""
        self.mic[phone] = self.mic[other]
        self.lsc[phone] = self.lsc[other]
        self._generation[phone] = self._generation[other]

    def erase_lsc(self, phone: int) -> bool:
        """The phone deletes its LSC; whether it had one."""
        had = self.lsc[phone] != NO_CERTIFICATE
        self.lsc[phone] = NO_CERTIFICATE
        return had

    def kind_of(self, certificate: Certificate) -> Kind:
        """What a certificate is that somebody was shown; NONE if it is of no phone."""
        for number, chain in self._chains.items():
            if chain[0] == certificate:
                return self.classes[number].kind
        return Kind.NONE

    # -- real certificates ------------------------------------------------------------------

    def identity_of_class(self, number: int) -> tuple[tuple[Certificate, ...], PrivateKey]:
        """A representative of a class: (its certificate and those above it, its key).

        Raises:
            ValueError: the class of phones without a certificate.
        """
        found = self.classes[number]
        if found.kind is Kind.NONE:
            raise ValueError("phones without a certificate have no identity")
        if number not in self._chains:
            leaf = self._make(found, found.first, found.generation)
            above = (
                found.issued.above
                if found.issued is not None
                else self._manufacturing.chain(found.authority)
            )
            self._chains[number] = (leaf, *above)
        return self._chains[number], self._key_of(found.bits)

    def shown(self, number: int) -> DeviceIdentity:
        """What phones of a class show in a TLS handshake: nothing, if they have no certificate.

        Issuers are sent along, but no root. Source: RFC 5246 7.4.2 (the root may be left out).
        """
        if number not in self._shown:
            chain, key = self.identity_of_class(number)
            sent = [one for one in chain if one.subject_name != one.issuer_name]
            self._shown[number] = DeviceIdentity(tuple(sent), key)
        return self._shown[number]

    def issuers(self, number: int) -> tuple[Certificate, ...]:
        """The certificates above those of a class; none above no certificate."""
        if self.classes[number].kind is Kind.NONE:
            return ()
        return self.identity_of_class(number)[0][1:]

    def with_lsc(self, phone: int, issued: Issued) -> DeviceIdentity:
        """What the phone would show, had it an LSC issued like this; it is not given any."""
        issued = _of_the_day(issued)
        generation = self._generation[phone] + 1
        supposed = CertificateClass(NO_CERTIFICATE, Kind.LSC, phone, issued, generation)
        leaf = self._make(supposed, phone, generation)
        above = [one for one in issued.above if one.subject_name != one.issuer_name]
        return DeviceIdentity((leaf, *above), self._key_of(issued.bits))

    def without_lsc(self, phone: int) -> DeviceIdentity | None:
        """What the phone would show without its LSC; None if it has none."""
        return self.shown(self.mic[phone]) if self.lsc[phone] else None

    def certificate_of(self, phone: int) -> Certificate | None:
        """What this very phone presents, made now; the same each time. None: nothing."""
        return self.lsc_of(phone) or self.mic_of(phone)

    def lsc_of(self, phone: int) -> Certificate | None:
        """The phone's own LSC, or None."""
        number = self.lsc[phone]
        return self._make(self.classes[number], phone, self._generation[phone]) if number else None

    def mic_of(self, phone: int) -> Certificate | None:
        """The phone's own MIC, or None."""
        number = self.mic[phone]
        return self._make(self.classes[number], phone, 0) if number else None

    def _make(self, found: CertificateClass, phone: int, generation: int) -> Certificate:
        name = self._population.names[phone]
        model = self._population.group(phone).model
        product = "FCH" + self._octets(4, "product-serial", name).hex().upper()
        key = self._key_of(found.bits)
        if found.issued is None:
            return self._manufacturing.mic(found.authority, model, name, product, key, found.made)
        issued = found.issued
        parts = dict(issued.issuer.subject_name.attributes)
        subject = device_subject(
            model, name, product,
            country=parts.get("C", ""), organization=parts.get("O", ""),
            organizational_unit=parts.get("OU", ""),
        )  # fmt: skip
        serial = positive_serial(self._octets(16, "lsc-serial", name, generation))
        return device_certificate(
            subject, key, serial, issued.not_before,
            issued.not_before + timedelta(days=issued.days), issued.hash_name,
            issued.issuer, issued.issuer_key, name,
        )  # fmt: skip


def _of_the_day(issued: Issued) -> Issued:
    day = issued.not_before.replace(hour=0, minute=0, second=0, microsecond=0)
    return Issued(
        issued.issuer, issued.issuer_key, issued.above, issued.bits, issued.hash_name, day,
        issued.days,
    )  # fmt: skip
