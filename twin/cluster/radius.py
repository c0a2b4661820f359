"""Who asks phones for a certificate before they have a network: what each trusts, and its verdict.

RADIUS servers of 802.1X, and VPN concentrators that authenticate phones by LSC. Knows: lists of CA
certificates. Must not know ports or phones beyond a certificate class. Such a server is outside the
cluster: nothing CUCM does changes its list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from twin.kernel.journal import Journal
from twin.phones.device_certificates import DeviceCertificates
from twin.pki import chains
from twin.pki.certificates import Certificate

CAPF_PREFIX = "CAPF-"


class RadiusServers:
    """The RADIUS servers of a model, or its VPN concentrators.

    Args:
        service, refusal: how the journal calls such a server, and a phone's failure there.
        trusts: server name to the CA certificates it starts with.
        clock: the simulated instant (ms) and moment.
    """

    def __init__(
        self,
        trusts: Mapping[str, list[Certificate]],
        certificates: DeviceCertificates,
        clock: Callable[[], tuple[int, datetime]],
        journal: Journal,
        service: str = "radius",
        refusal: str = "eap_failure",
    ) -> None:
        self._service = service
        self._refusal = refusal
        self._trusts = {name: list(found) for name, found in trusts.items()}
        self._certificates = certificates
        self._clock = clock
        self._journal = journal
        self._verdicts: dict[tuple[object, ...], tuple[chains.Link, ...]] = {}

    def asks(self, server: str) -> bool:
        """Whether a server has a list at all."""
        return server in self._trusts

    def lets_in(self, server: str, phone: int) -> bool:
        """Whether a server trusts what a phone presents now: its LSC, else its MIC.

        Each distinct question is decided once, until a date passes; a refusal is journalled with
        all reasons.
        """
        number = self._certificates.presented(phone)
        if not number:
            return False
        now_ms, now = self._clock()
        anchors = tuple(self._trusts[server])
        chain = self._certificates.identity_of_class(number)[0]
        key = (server, number, anchors, chains.date_phases((*chain, *anchors), now))
        if key not in self._verdicts:
            faults = chains.faults(chain[0], anchors, now, chain[1:], any_ends=True)
            self._verdicts[key] = faults
            if faults:
                self._journal.node(
                    now_ms, "", self._service, self._refusal, "warning",
                    {
                        self._service: server,
                        "certificate_class": number,
                        "issuer": chain[0].issuer,
                        "reasons": [str(link.fault) for link in faults],
                    },
                )  # fmt: skip
        return not self._verdicts[key]

    def add(self, server: str, certificate: Certificate) -> bool:
        """Trust a certificate; whether that is new."""
        if certificate in self._trusts[server]:
            return False
        self._trusts[server].append(certificate)
        return True

    def remove(self, server: str, fits: Callable[[Certificate], bool]) -> int:
        """Trust certificates no longer; how many that were."""
        kept = [one for one in self._trusts[server] if not fits(one)]
        gone = len(self._trusts[server]) - len(kept)
        self._trusts[server] = kept
        return gone
