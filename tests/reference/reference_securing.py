"""How reference phones and CallManagers shake hands: for each session anew, with nothing kept.

What a phone shows and what a node trusts comes from the cluster; who refuses whom, from OpenSSL.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twin.phones.judgements import NOTHING
from twin.phones.trust import callmanager_certificates
from twin.pki.handshake import ANY_CIPHER, NULL_CIPHER, Endpoint, Verdict, shake_hands

LEGS = {"SIP": "SIP TLS 5061", "SCCP": "SCCP TLS 2443"}


class ReferenceSecuring:
    """TLS between phones and nodes."""

    def __init__(self, core: Any) -> None:
        self._core = core
        self._kinds: list[tuple[int, str, Verdict]] = []
        self._sources = round(core.timing.ccm_trust_sources.value)
        if self._sources > 2 and any(group.is_secure for group in core.population.groups):
            raise NotImplementedError("asking TVS about CallManager is left out")

    def mode(self, phone: int) -> int:
        """deviceSecurityMode of a phone's stored config."""
        number = self._core.population.config[phone]
        places = None if number == NOTHING else self._core.judgements.files[number].places
        return 1 if places is None else int(places.security_mode)

    def verdict(
        self,
        now_ms: int,
        phone: int,
        registrar: Any,
        holdings: int | None = None,
        asking: bool = False,
    ) -> Verdict | None:
        """A handshake of this phone with a node now; None: the node takes no secure phones."""
        server = registrar.secure.endpoint()
        if server is None:
            return None
        if holdings is None:
            holdings = self._core.population.holdings[phone]
        return self.judge(now_ms, phone, server, holdings, asking)

    def judge(
        self,
        now_ms: int,
        phone: int,
        server: Endpoint,
        holdings: int,
        _asking: bool,
        shown: Any = None,
        accepts: tuple[Any, ...] = (),
    ) -> Verdict:
        """A handshake with this end, in which each may show or accept something else."""
        core = self._core
        lists = core.judgements.decoded(holdings)
        if shown is None:
            shown = core.ports.identity_of_class(core.ports.identity_class(phone))
        client = Endpoint(
            shown.chain,
            shown.key,
            callmanager_certificates(lists, with_itl=self._sources == 2),
            ciphers=NULL_CIPHER if self.mode(phone) == 2 else ANY_CIPHER,
        )
        server = replace(server, anchors=(*server.anchors, *accepts))
        return shake_hands(client, server, core.time_at(now_ms))

    def number(self, phone: int, registrar: Any, verdict: Verdict) -> int:
        """The number of a kind of refusal; the node tells of it the first time."""
        group = self._core.population.group(phone)
        kind = (registrar.node, group.population, verdict)
        if kind not in self._kinds:
            self._kinds.append(kind)
            leg = LEGS[group.protocol]
            registrar.secure.note_refusal(len(self._kinds), leg, group.population, verdict)
        return self._kinds.index(kind) + 1
