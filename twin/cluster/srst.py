"""Secure SRST: the gateways of sites, what CUCM has fetched of them, whom they let in.

Knows: that a phone goes by the certificate in its stored configuration, and the gateway by its own
trustpoints. Must not know when a phone turns to a gateway.

Source: edge-presence-video 8 (Security Guide 11.5: CUCM fetches the certificate from the gateway's
credentials service into its database and each phone's configuration file; the gateway needs the
roots of CAPF and MICs). Assumption: a phone of a non-secure profile is let in without TLS; so is
one whose configuration names no certificate. A refused phone does not ask again during one outage.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import lru_cache, partial

from twin.config.model import ModelConfig
from twin.nodes.appliance import Appliance
from twin.nodes.legs import Leg, Side, connected, judge, refuse
from twin.phones.core import EngineCore
from twin.phones.files import ConfigPlaces
from twin.phones.judgements import NOTHING
from twin.pki.certificates import Certificate
from twin.pki.handshake import UNSUITABLE_ISSUER_PURPOSE, Endpoint, Handshakes, Verdict

KIND = "SRST"
PORT = 5061
AUTHENTICATED = 2


class SecureSRST:
    """The SRST references of a model that are secure, by the number of their site."""

    def __init__(self, model: ModelConfig, systems: dict[str, Appliance], core: EngineCore) -> None:
        network = core.network
        self._core = core
        self._gateways = {
            network.index[config.site or model.sites[0].name]: systems[config.name]
            for config in model.systems
            if config.secure_srst
        }
        self._known = {site: gateway.active.certificate for site, gateway in self._gateways.items()}
        self._sites = [site.name for site in network.sites]
        self._handshakes = Handshakes()
        self._last: dict[tuple[object, ...], Verdict] = {}
        if self._gateways:
            core.ports.srst_admits = self.admits

    def certificate(self, site: int) -> str:
        """What the site's phones are told to accept, for their configuration files."""
        known = self._known.get(site)
        return "" if known is None else base64.b64encode(known.der).decode()

    def update(self, name: str) -> str | None:
        """Fetch the certificate a gateway has now; the refusal."""
        for site, gateway in self._gateways.items():
            if gateway.name == name:
                if not gateway.is_up:
                    return f"{name} does not answer"
                self._known[site] = gateway.active.certificate
                gateway.host.record(
                    KIND, "certificate_fetched", serial=self._known[site].serial_bytes.hex()
                )
                return None
        return f"{name} is no secure SRST reference"

    def admits(self, phone: int) -> bool:
        """Whether the phone and the gateway of its site come to terms now."""
        site = self._core.population.group(phone).site
        gateway = self._gateways.get(site)
        places = self._places(phone)
        if gateway is None or places is None or places.security_mode < AUTHENTICATED:
            return True
        if not places.srst_certificate:
            return True
        known = _certificate(places.srst_certificate)
        ports = self._core.ports
        number = ports.identity_class(phone)
        shown = ports.identity_of_class(number)
        client = Endpoint(shown.chain, shown.key, (known,))
        leg = Leg(
            KIND,
            Side(f"phones of {self._sites[site]}", gateway.host, lambda: client),
            Side(gateway.name, gateway.host, lambda: _answering(gateway)),
            PORT, "SIP",
        )  # fmt: skip
        verdict = judge(leg, self._handshakes)
        alike = (gateway.name, known, number)
        if self._last.get(alike) != verdict:
            self._last[alike] = verdict
            (connected if verdict.succeeded else partial(refuse, verdict=verdict))(leg)
        return verdict.succeeded

    def _places(self, phone: int) -> ConfigPlaces | None:
        number = self._core.population.config[phone]
        return None if number == NOTHING else self._core.judgements.files[number].places


@lru_cache(maxsize=1024)
def _certificate(text: str) -> Certificate:
    return Certificate.from_der(base64.b64decode(text))


def _answering(gateway: Appliance) -> Endpoint | None:
    """The gateway's end; who issued a phone's certificate need not be one for servers or clients.

    Source: wire-formats 1.9, as CallManager takes LSCs of a real CAPF.
    """
    end = gateway.endpoint(calls=False, is_mutual=True)
    return None if end is None else replace(end, passes_over=(UNSUITABLE_ISSUER_PURPOSE,))
