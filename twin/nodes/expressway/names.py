"""What an Expressway's certificate has to be called, by the features it serves.

Knows: the table of features and name elements. Must not know certificates.

Source: edge-presence-video 1.2 (TAC deck of March 2016; VCS certificate guides).
"""

from __future__ import annotations

from dataclasses import dataclass

COLLAB_EDGE = "collab-edge."
"""What the page puts before a domain in the format CollabEdgeDNS."""


@dataclass(frozen=True, slots=True)
class ExpresswayNames:
    """Of one peer.

    Args:
        fqdn: the peer's own.
        cluster: the FQDN of its cluster, empty when it stands alone.
        domains: registration domains as the certificate writes them; for an Expressway-E.
        security_profiles: names of encrypted phone security profiles; for an Expressway-C.
        federation_domains: domains federated by XMPP; for an Expressway-E.
        chat_node_aliases: for both.
    """

    fqdn: str
    cluster: str = ""
    domains: tuple[str, ...] = ()
    security_profiles: tuple[str, ...] = ()
    federation_domains: tuple[str, ...] = ()
    chat_node_aliases: tuple[str, ...] = ()

    @property
    def common_name(self) -> str:
        """Of its requests.

        The guides of X8.5 say the peer's FQDN, that of X14 the cluster's: peers look at the
        alternative names, where both are. Source: edge-presence-video 1.2.
        """
        return self.fqdn

    @property
    def required(self) -> tuple[str, ...]:
        """Every alternative name its features call for, in the page's order."""
        found = (
            self.fqdn, self.cluster, *self.domains, *self.security_profiles,
            *self.federation_domains, *self.chat_node_aliases,
        )  # fmt: skip
        return tuple(dict.fromkeys(name for name in found if name))


def within(names: tuple[str, ...], characters: int | None) -> tuple[str, ...]:
    """The names that fit into a request: those after the limit are lost.

    Args:
        characters: how many there may be in all, written DNS:a,DNS:b; None: no limit.

    Source: edge-presence-video 1.1, F13: 999 characters. Assumption: the names past it are lost.
    """
    if characters is None:
        return names
    kept: list[str] = []
    used = 0
    for name in names:
        used += len(f"DNS:{name}") + (1 if kept else 0)
        if used > characters:
            break
        kept.append(name)
    return tuple(kept)
