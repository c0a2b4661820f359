"""Words for tests of Expressways: steps, connections of the laboratory, alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Step = Mapping[str, Any]
Shut = set[tuple[str, str, str]]

TRAVERSAL: Shut = {("L2", "expc", "expe"), ("L3", "expc", "expe")}
"""The zone and the tunnels: without them, all of MRA."""
SECURE: Shut = {("L7", "expc", "cucm-pub"), ("L7", "expc", "cucm-sub")}
"""Devices with encrypted profiles, and nobody else."""
WEB: Shut = {("L4", "expc", "cucm-pub"), ("L4", "expc", "cucm-sub")}
"""Every login."""
FILES: Shut = {("L5", "expc", "cucm-pub"), ("L5", "expc", "cucm-sub")}
"""Provisioning."""

UNKNOWN = "unknown ca"
EXPIRED = "certificate expired"
PURPOSE = "unsupported certificate"
CLOSED = ""


def restart(peer: str) -> Step:
    """Restart a peer."""
    return {"restart_expressway": {"peer": peer}}


def upload(peer: str, authority: str, **more: Any) -> Step:
    """Upload a new certificate with a key made outside."""
    return {
        "upload_expressway_server": {
            "peer": peer, "authority": authority, "key": "external", **more
        }
    }  # fmt: skip


def trust(peer: str, *authorities: str, units: Sequence[str] = ()) -> Step:
    """Append to a peer's list."""
    return {
        "upload_expressway_trust": {
            "peer": peer, "authorities": list(authorities), "units": list(units)
        }
    }  # fmt: skip


def forget(peer: str, common_name: str) -> Step:
    """Delete from a peer's list."""
    return {"delete_expressway_trust": {"peer": peer, "common_name": common_name}}


def revocation(peer: str, **what: Any) -> Step:
    """The CRL management page."""
    return {"expressway_revocation": {"peer": peer, **what}}


def wait(time: str) -> Step:
    """Let time pass."""
    return {"advance": {"for": time}}


def reconnect() -> tuple[Step, ...]:
    """Cut the firewall's path for a minute: what stands has to be opened anew."""
    cut = {"wan": {"site": "dmz", "up": False}}
    return cut, wait("1m"), {"wan": {"site": "dmz", "up": True}}


def new_tomcat(*more_names: str) -> tuple[Step, ...]:
    """Have a CA sign tomcat of the subscriber, with names beside those filled in."""
    unit = {"node": "cucm-sub", "unit": "tomcat"}
    return (
        {"generate_csr": {**unit, "san": list(more_names)}},
        {"sign_csr": {**unit, "authority": "enterprise-ca"}},
        {"upload_identity": unit},
        {"restart_service": {"node": "cucm-sub", "service": "Cisco Tomcat"}},
    )


ENTERPRISE, PUBLIC = "Example Issuing CA", "Public Root CA"
RENEW_C = (upload("expc", "enterprise-ca"), restart("expc"))
RENEW_E = (upload("expe", "public-ca"), restart("expe"))
INTERMEDIATE = {
    "certificate_authorities[2]": {
        "name": "public-issuing", "issuer": "public-ca", "subject": "CN=Public Issuing CA;O=P;C=US",
    },
    "expressways[1].certificate.signed_by": "public-issuing",
}  # fmt: skip
