"""What IM and Presence nodes have and do, where it differs from Unified CM nodes of the release.

The values stand in `models/presence.yaml`, each with its origin; this module says which fields
there are, and makes the release profile of such a node from them. It knows no certificate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from twin.config.faults import Problem
from twin.config.fields import CheckedDocument, Text
from twin.config.origins import PLACES, field_origin_problems
from twin.config.release import ReleaseProfile
from twin.config.words import Service, TrustUnit, Unit


class PresenceFacts(CheckedDocument):
    """Certificates and services of IM and Presence. Every field has a source or is assumed."""

    units: tuple[Unit, ...] = Field(min_length=1, description="Own certificates of a node")
    ecdsa_units: tuple[Unit, ...] = Field(
        description="Own certificates on a curve, where the release has them at all"
    )
    keys_like: Literal[Unit.TOMCAT] = Field(
        description="Unit of the release whose key size and validity the RSA units share"
    )
    curves_like: Literal[Unit.TOMCAT_ECDSA] = Field(
        description="The same of the units on a curve; a release without it has none of those"
    )
    replicated: tuple[TrustUnit, ...] = Field(
        description="Trust stores that certCN keeps alike on the nodes of a cluster"
    )
    multi_server_units: tuple[Unit, ...] = Field(
        description="Units that can share one certificate on all nodes of a cluster"
    )
    xmpp_presented_by: Literal[Service.XCP_ROUTER, Service.XCP_CONNECTION_MANAGER] = Field(
        description="Service whose restart takes a new cup-xmpp certificate into use"
    )
    restart_services: dict[Unit, tuple[str, ...]] = Field(
        description="What to restart after a new certificate, by unit"
    )
    sources: dict[str, Text] = Field(description="Field name to where its value comes from")
    assumptions: dict[str, Text] = Field(
        default_factory=dict, description="Field name to why its value was chosen unsourced"
    )

    @classmethod
    def problems_as_written(cls, data: Mapping[str, Any]) -> Iterator[Problem]:
        """Fields without an origin, or with two."""
        behaviour = [name for name in cls.model_fields if name not in PLACES]
        return field_origin_problems(behaviour, data)

    def profile(self, release: ReleaseProfile) -> ReleaseProfile:
        """The release as an IM and Presence node of it has it."""
        curves = self.ecdsa_units if self.curves_like in release.units else ()
        units = (*self.units, *curves)

        def alike(values: Mapping[Unit, int]) -> dict[Unit, int]:
            found = {unit: values.get(unit, values[self.keys_like]) for unit in self.units}
            found |= {unit: values.get(unit, values[self.curves_like]) for unit in curves}
            return found

        shared = self.multi_server_units if release.multi_server_units else ()
        return release.model_copy(
            update={
                "units": units,
                "key_bits": alike(release.key_bits),
                "validity_days": alike(release.validity_days),
                "multi_server_units": shared,
                "certcn_units": (*shared, *self.replicated),
                "backup_units": units,
                "restart_services": self.restart_services,
                "restarts_itself": (),
                "itl_recovery": "none",
                "mic_authorities": (),
            }
        )
