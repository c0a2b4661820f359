"""The release profile: what a CUCM release does with certificates and trust lists.

Everything that differs between releases is a field here, so that no other module compares
release numbers. Where each value comes from stands beside it in `models/releases`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from twin.config.defects import Defect
from twin.config.faults import Problem, listed
from twin.config.fields import CheckedDocument, Document, Text, Word
from twin.config.origins import field_origin_problems
from twin.config.raw import mapping, texts
from twin.config.words import RSA_SIZES, ManufacturingCA, Service, Signer, TrustUnit, Unit

_NOT_BEHAVIOUR = ("name", "title", "order", "sources", "assumptions")


class ServingCount(Document):
    """Maximum Serving Count of the TFTP service, in requests, by what else the node does."""

    shared: int = Field(ge=1, le=100_000, description="Node with other services, requests")
    dedicated_1cpu: int = Field(ge=1, le=100_000, description="Dedicated node, 1 CPU, requests")
    dedicated_2cpu: int = Field(ge=1, le=100_000, description="Dedicated node, 2 CPU, requests")
    dedicated_more: int = Field(ge=1, le=100_000, description="Dedicated, more CPU, requests")


class ReleaseProfile(CheckedDocument):
    """How one release behaves. Every field of behaviour has a source or is an assumption."""

    name: Word = Field(description="Release, e.g. 11.5")
    title: Text = Field(description="One line for lists")
    order: int = Field(ge=1, description="Rank among the profiles, older first")
    units: tuple[Unit, ...] = Field(min_length=1, description="Own certificates of a node")
    key_bits: dict[Unit, int] = Field(
        description="Key size of each unit, bits: RSA, or a curve for the ECDSA units"
    )
    certificate_hash: Literal["sha1", "sha256"] = Field(
        description="Digest under self-signed certificates"
    )
    certificate_name_order: Literal["CN_first", "C_first"] = Field(
        description="Order of the subject's parts inside CallManager, tomcat, ipsec and TVS"
    )
    certificate_listing: Literal["issuer_name", "issuer_dn"] = Field(
        description="Which labels `show cert own` prints: Issuer Name, or IssuerDN"
    )
    validity_days: dict[Unit, int] = Field(description="Validity of a new certificate, days")
    itl_signer: Signer = Field(description="Key that normally signs the ITL")
    itl_recovery: Literal["none", "per_node", "cluster"] = Field(
        description="Whether there is an ITLRecovery certificate, and whose"
    )
    itl_reset_key: Literal["none", "CallManager", "ITLRecovery"] = Field(
        description="Key that `utils itl reset localkey` signs with"
    )
    ctl_signer: Literal["none", "CallManager", "ITLRecovery"] = Field(
        description="Key of the publisher that signs a tokenless CTL; none: tokens only"
    )
    ctl_second_anchor: Literal["none", "CallManager", "ITLRecovery"] = Field(
        description="Other SAST record of a tokenless CTL"
    )
    ctl_reset_key: Literal["none", "CallManager", "ITLRecovery"] = Field(
        description="Key that `utils ctl reset localkey` signs with"
    )
    ctl_recovery_needs_provider: bool = Field(
        description="Whether the CTL lists ITLRecovery only while Cisco CTL Provider is active"
    )
    has_ctl_tokens: bool = Field(description="Whether hardware tokens may sign the CTL")
    tvs_record: Literal["hash", "certificate"] = Field(
        description="Whether the ITL holds a TVS certificate's hash or the certificate"
    )
    itl_max_bytes: int = Field(ge=1, description="Largest ITL a phone loads, bytes")
    certcn_units: tuple[Unit | TrustUnit, ...] = Field(
        description="Units that Certificate Change Notification brings to other nodes"
    )
    restarts_itself: tuple[Service, ...] = Field(
        description="Services that take a new certificate into use without a manual restart"
    )
    restart_services: dict[Unit, tuple[Text, ...]] = Field(
        description="What an administrator is told to restart after a unit's certificate changed"
    )
    has_cert_expired_alarm: bool = Field(
        description="Whether the Certificate Expiry Monitor raises CertExpired"
    )
    drf_unit: Literal[Unit.IPSEC, Unit.TOMCAT] = Field(
        description="Certificate that Cisco DRF Master presents to Cisco DRF Local"
    )
    trust_file_naming: Literal["common_name", "common_name_serial"] = Field(
        description="How the file of a trust certificate is named"
    )
    capf_is_authority: bool = Field(
        description="Whether CAPF certificates say CA:TRUE with path length 0"
    )
    csr_usages: Literal["deck_2016", "guide_15"] = Field(
        description="Which key usages signing requests ask for"
    )
    csr_key_bits: tuple[int, ...] = Field(
        min_length=1, description="RSA key sizes a signing request can be made with, bits"
    )
    csr_alternative_names: bool = Field(
        description="Whether signing requests carry subject alternative names"
    )
    multi_server_units: tuple[Unit, ...] = Field(
        description="Units that can share one CA-signed certificate on all nodes"
    )
    multi_server_self_signed: bool = Field(
        description="Whether a shared certificate can be self-signed"
    )
    upload_checks_usages: bool = Field(
        description="Whether a certificate without the usages asked for is refused"
    )
    strict_authorities: bool = Field(
        description="Whether a CA must say CA:TRUE, digitalSignature and keyCertSign"
    )
    ipsec_constraints_forbidden: bool = Field(
        description="Whether a signed ipsec certificate must not carry basicConstraints"
    )
    lsc_hash: Literal["sha1", "sha256"] = Field(description="Digest under LSCs that CAPF signs")
    lsc_key_bits: tuple[Literal[512, 1024, 2048, 3072, 4096], ...] = Field(
        min_length=1, description="RSA key sizes a certificate operation offers, bits"
    )
    has_online_ca: bool = Field(description="Whether CAPF can have LSCs signed by an online CA")
    mic_authorities: tuple[ManufacturingCA, ...] = Field(
        description="Manufacturing authorities shipped in CAPF-trust and CallManager-trust"
    )
    regeneration_guard: bool = Field(
        description="Whether TVS cannot be regenerated right after CallManager on a node"
    )
    tftp_connection_objects: int | None = Field(
        ge=1, description="TFTP requests in service at once; null: only the serving count limits"
    )
    tftp_serving_count: ServingCount = Field(description="Maximum Serving Count, requests")
    backup_units: tuple[Unit, ...] = Field(
        description="Own certificates that a DRS backup contains with their keys"
    )
    platform: Word = Field(
        description="Operating system; an upgrade to another one is a refresh upgrade"
    )
    has_phone_interaction_parameter: bool = Field(
        description="Whether 'Phone Interaction on Certificate Update' exists"
    )
    has_file_signature_parameter: bool = Field(
        description="Whether 'TFTP File Signature Algorithm' exists"
    )
    has_rollback_parameter: bool = Field(
        description="Whether 'Prepare Cluster for Rollback to pre 8.0' exists"
    )
    defects: tuple[Defect, ...] = Field(
        description="Named defects this release has, and enhancements it has not"
    )
    sources: dict[str, Text] = Field(description="Field name to where its value comes from")
    assumptions: dict[str, Text] = Field(
        default_factory=dict, description="Field name to why its value was chosen unsourced"
    )

    @classmethod
    def problems_as_written(cls, data: Mapping[str, Any]) -> Iterator[Problem]:
        """Units without a size, keys the release has not, values without an origin."""
        units = [unit for _, unit in texts(data, "units")]
        if units:
            yield from _unit_problems(data, units)
        yield from cls._origin_problems(data)

    @classmethod
    def _origin_problems(cls, data: Mapping[str, Any]) -> Iterator[Problem]:
        behaviour = [name for name in cls.model_fields if name not in _NOT_BEHAVIOUR]
        return field_origin_problems(behaviour, data)

    @property
    def publisher_units(self) -> tuple[Unit, ...]:
        """Units only the publisher has. Source: Security Guide for CUCM 15; Cisco 214231."""
        units = [Unit.AUTHZ]
        if self.itl_recovery == "cluster":
            units.append(Unit.ITL_RECOVERY)
        if not self.capf_on_subscribers:
            units.append(Unit.CAPF)
        return tuple(units)

    def has_defect(self, name: str) -> bool:
        """Whether the release has a defect, by its number (CSCup28852)."""
        return Defect(name) in self.defects

    @property
    def tvs_restarts_itself(self) -> bool:
        """Whether TVS serves a regenerated certificate without a manual restart."""
        return Service.TVS in self.restarts_itself

    @property
    def cluster_wide_delete(self) -> bool:
        """Whether deleting a trust certificate on one node deletes it on all."""
        return not self.has_defect(Defect.CSCUS28550)

    @property
    def capf_on_subscribers(self) -> bool:
        """Whether subscribers have a (never used) CAPF certificate too."""
        return self.has_defect(Defect.CSCUY21239)

    def assumed(self) -> list[tuple[str, str]]:
        """The fields whose value has no source, each with the reasoning."""
        return list(self.assumptions.items())


def _unit_problems(data: Mapping[str, Any], units: list[str]) -> Iterator[Problem]:
    for name in ("key_bits", "validity_days"):
        given = mapping(data, name)
        for unit in units:
            if unit not in given:
                yield Problem((name,), f"nothing for unit {unit!r}", "every unit once")
        for unit in given:
            if unit not in units:
                found = f"unit {str(unit)!r}, which this release has not"
                yield Problem((name, unit), found, f"one of {listed(units)}")
    for index, unit in texts(data, "multi_server_units"):
        if unit not in units:
            found = f"unit {str(unit)!r}, which this release has not"
            yield Problem(("multi_server_units", index), found, f"one of {listed(units)}")
    for index, size in enumerate(data.get("csr_key_bits") or ()):
        if size not in RSA_SIZES:
            sizes = listed(map(str, RSA_SIZES))
            yield Problem(("csr_key_bits", index), f"{size!r}", f"one of {sizes}")
    has_recovery = "ITLRecovery" in units
    if has_recovery != (data.get("itl_recovery", "none") != "none"):
        found = f"{data.get('itl_recovery')!r} with units {listed(units)}"
        yield Problem(("itl_recovery",), found, "none exactly where unit ITLRecovery is absent")
    signing = ("itl_signer", "itl_reset_key", "ctl_signer", "ctl_second_anchor", "ctl_reset_key")
    for name in signing:
        if data.get(name) == "ITLRecovery" and not has_recovery:
            yield Problem((name,), "ITLRecovery, which this release has not", "another key")
