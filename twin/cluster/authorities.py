"""The certificate authorities of a model, made when first asked, and what they have signed.

Knows: the model's words for them. Must not know who trusts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from twin.config.authorities import CertificateAuthority
from twin.config.model import ModelConfig
from twin.config.model_certificates import KnownCertificate
from twin.config.words import RSA_SIZES, Unit
from twin.kernel.streams import Streams
from twin.nodes.certificate_manager import Signer
from twin.pki.authority import Authority, Template, make_authority
from twin.pki.certificates import Certificate
from twin.pki.csr import SigningRequest
from twin.pki.keys import ECKey, KeyRing, PrivateKey
from twin.pki.names import DistinguishedName
from twin.pki.serials import serial_bytes, serial_of


class Authorities:
    """CAs by name, and the certificate each unit of a node was last given."""

    def __init__(
        self, model: ModelConfig, keys: KeyRing, streams: Streams, start: datetime
    ) -> None:
        self._configs = {config.name: config for config in model.certificate_authorities}
        self._keys = keys
        self._streams = streams
        self._start = start
        self._made: dict[str, Authority] = {}
        self._signed = 0
        self.issued: dict[tuple[str, str], tuple[Certificate, Authority]] = {}
        """(node, unit) to the last certificate signed for it and its CA."""

    def get(self, name: str) -> Authority:
        """The CA of a name, with those above it."""
        if name not in self._made:
            self._made[name] = self._make(self._configs[name])
        return self._made[name]

    def sign(
        self,
        name: str,
        node: str,
        unit: str,
        request: SigningRequest,
        not_before: datetime,
        *,
        days: int | None = None,
        drops: tuple[str, ...] = (),
        dns_names: tuple[str, ...] | None = None,
        known: KnownCertificate | None = None,
    ) -> Certificate:
        """Let a CA sign a unit's request, and keep the certificate for its upload.

        Args:
            known: serial number and dates the certificate is known to have.
        """
        authority = self.get(name)
        self._signed += 1
        serial = serial_of(self._streams.octets(16, "ca-serial", name, node, unit, self._signed))
        if known is not None and known.serial is not None:
            serial = serial_bytes(known.serial)
        certificate = authority.sign(
            request,
            serial,
            not_before,
            days=days,
            drops=drops,
            dns_names=dns_names,
            not_after=None if known is None else known.not_after,
        )
        self.issued[node, unit] = (certificate, authority)
        return certificate

    def signers(
        self,
        node: str,
        signed_units: Mapping[Unit, str],
        known: Mapping[Unit, KnownCertificate] = MappingProxyType({}),
    ) -> dict[str, Signer]:
        """Who has signed which unit of a node before the scenario.

        Args:
            known: what is known of the node's certificates; `signed_by` counts before the unit's.
        """

        def by(authority: str, of: KnownCertificate | None) -> Signer:
            return lambda unit, request, start: self.sign(
                authority, node, unit, request, start, known=of
            )

        signed = dict(signed_units)
        signed |= {unit: one.signed_by for unit, one in known.items() if one.signed_by}
        return {str(unit): by(name, known.get(unit)) for unit, name in signed.items()}

    def _make(self, config: CertificateAuthority) -> Authority:
        template = Template(
            tuple(config.template.drops),
            config.template.copies_names,
            config.template.digest,
            config.template.days,
        )
        return make_authority(
            DistinguishedName.parse(config.subject),
            self._key(config),
            serial_of(self._streams.octets(16, "ca", config.name))
            if config.serial is None
            else serial_bytes(config.serial),
            config.not_before or self._start - timedelta(days=config.age_days),
            config.days,
            hash_name=config.digest,
            issuer=None if config.issuer is None else self.get(config.issuer),
            path_length=config.path_length,
            says_authority=config.basic_constraints,
            key_usages=config.key_usages,
            template=template,
            not_after=config.not_after,
        )

    def _key(self, config: CertificateAuthority) -> PrivateKey:
        if config.renews is not None:
            return self.get(config.renews).key
        if config.key_bits in RSA_SIZES:
            return self._keys.take(config.key_bits)
        return ECKey(config.key_bits, self._streams.octets(64, "ca-key", config.name))
