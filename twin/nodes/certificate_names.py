"""What a node's certificates are called, and where copies of them go.

Knows: common names, alternative names, trust copies by unit. Must not know keys nor bytes.

Source: cucm-pki-behaviour 1.1, 1.3 (SG15, 210541); Cisco 118731 for certificates of all nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

TRUST_COPIES = {
    "tomcat": ("tomcat-trust",),
    "CallManager": ("CallManager-trust", "Phone-SAST-trust"),
    "CAPF": ("CallManager-trust",),
    "ipsec": ("ipsec-trust",),
    "tomcat-ECDSA": ("tomcat-trust",),
    "CallManager-ECDSA": ("CallManager-trust",),
    "cup": ("cup-trust",),
    "cup-xmpp": ("cup-xmpp-trust",),
    "cup-ECDSA": ("cup-trust",),
    "cup-xmpp-ECDSA": ("cup-xmpp-trust",),
}
"""Stores of every node that get a copy; of ipsec, only the publisher's goes to every node and a
subscriber keeps its own to itself. Source: cucm-pki-behaviour 1.3 (210541, 214231). Assumption:
the CAPF certificate of a subscriber, which signs nothing, goes to no other node; the ECDSA units
are copied as their RSA twins, but for Phone-SAST-trust: no EC key signs lists; the units of IM&P
go to the stores that vouch for them (edge-presence-video 4.1), cup-xmpp-s2s to none, since it
has the name of cup-xmpp and a store holds one certificate of a name."""

OWN_COPIES = {"CAPF": ("CAPF-trust",)}
"""Stores of the node itself that get another copy. Source: cucm-pki-behaviour 1.3 (210541)."""


@dataclass(frozen=True, slots=True)
class NodeNames:
    """What a node's certificates are called.

    `cluster` holds the full names of all nodes.
    """

    host: str
    fqdn: str
    subject: dict[str, str]
    """Keyword arguments of `DistinguishedName.of` beside the common name."""
    domain: str = ""
    cluster: tuple[str, ...] = ()

    def common_name(self, unit: str, capf_octets: Callable[[], bytes]) -> str:
        """The CN of a unit's certificate on this node.

        Args:
            capf_octets: four bytes of their own for each CAPF certificate.

        Assumption: AUTHZ_ before the name of authz.
        """
        if unit == "CAPF":
            return f"CAPF-{capf_octets().hex()}"
        if unit == "ITLRecovery":
            return f"ITLRECOVERY_{self.fqdn}"
        if unit == "authz":
            return f"AUTHZ_{self.fqdn}"
        if unit.endswith("-ECDSA"):
            return self._with_suffix("-EC")
        return self.fqdn

    def shared_name(self, unit: str) -> str:
        """The CN of a certificate of all nodes: host-ms.domain, host-EC-ms.domain."""
        return self._with_suffix("-EC-ms" if unit.endswith("-ECDSA") else "-ms")

    def own_names(self) -> tuple[str, ...]:
        """Alternative names filled in for one node: its domain and itself.

        Source: Cisco 200641 (a request of 11.0 has the domain and the full name).
        """
        return tuple(name for name in (self.domain, self.fqdn) if name)

    def all_names(self) -> tuple[str, ...]:
        """Alternative names filled in for all nodes: the parent domain and every full name.

        Source: Cisco 118731.
        """
        return tuple(name for name in (self.domain, *self.cluster) if name)

    def _with_suffix(self, suffix: str) -> str:
        label, dot, rest = self.fqdn.partition(".")
        return f"{label}{suffix}{dot}{rest}"
