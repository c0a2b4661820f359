"""The ways from an Expressway-C to the nodes of the cluster, and what stands at their ends.

Knows: ports, what each service of a node shows and trusts, what the Expressway-C's release and
settings ask of it. Must not know how a connection ends.

Source: edge-presence-video 2.1, 2.2, 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from twin.config.words import Service
from twin.nodes.expressway.peer import Peer
from twin.nodes.file_system import FileSystem
from twin.nodes.legs import Leg, Side
from twin.nodes.node import Node
from twin.pki.certificates import Certificate
from twin.pki.handshake import UNSUITABLE_ISSUER_PURPOSE, Endpoint
from twin.pki.identity import Expectation, NameRule

UDS = "L4"
CONFIG = "L5"
SIP = "L7"
HTTPS_PORT = 8443
CONFIG_PORT = 6972
SIP_TLS_PORT = 5061

WEB_TRUST = "tomcat-trust"
SIP_TRUST = "CallManager-trust"
_BOTH = (WEB_TRUST, SIP_TRUST)
"""Where Cisco Tftp wants an Expressway-C's CA.
Source: edge-presence-video 1.7 (Cisco 225476)."""

CARRIES: dict[Service, tuple[str, ...]] = {
    Service.TOMCAT: (UDS,),
    Service.TFTP: (CONFIG,),
    Service.CALLMANAGER: (SIP,),
}
"""Which legs end at which service of a CUCM node."""

Expects = Callable[[], tuple[Expectation, ...]]


def wanted(name: str, rule: NameRule = NameRule.EITHER) -> Expects:
    """One name, on SIP legs in either place.

    Source: edge-presence-video 2.2: alternative names, in X8 the common name too.
    """
    expected = (Expectation((name,), rule),)
    return lambda: expected


class ToCUCM:
    """From one Expressway-C to one node.

    Args:
        fqdn: what the Expressway-C knows the node by.
        tls_verify: TLS verify mode of the discovery.
        is_mixed: whether the cluster runs in mixed mode.
    """

    def __init__(
        self,
        core: Peer,
        node: Node,
        fqdn: str,
        path: Callable[[], bool],
        *,
        tls_verify: bool,
        is_mixed: bool,
    ) -> None:
        self._core = core
        self._node = node
        self._fqdn = fqdn
        self._path = path
        self._tls_verify = tls_verify
        self._is_mixed = is_mixed

    def legs(self) -> Iterator[Leg]:
        """Those that the release of now and the services of the node have."""
        core, node = self._core, self._node
        yield Leg(
            UDS,
            core.side(partial(self._web_end, shows=False), self._web_names),
            Side(node.name, node.host, partial(_https, node)),
            HTTPS_PORT, "UDS", self._path,
        )  # fmt: skip
        if node.tftp is not None and core.release.shows_certificate_to_cucm:
            yield Leg(
                CONFIG,
                core.side(self._web_end, self._web_names, lambda: core.tls_fault),
                Side(node.name, node.host, partial(_config_server, node), stores=_BOTH),
                CONFIG_PORT, "HTTPS", self._path,
            )  # fmt: skip
        if node.callmanager is not None and self._is_mixed:
            yield self.sip()

    def sip(self, security_profile: str = "") -> Leg:
        """The zone CEtls; with a profile, as a device of that profile registers over it.

        Source: edge-presence-video 3.1, L7: CallManager looks for the name of an encrypted phone
        security profile in the certificate of the Expressway-C.
        """
        core, node = self._core, self._node
        ours = wanted(self._fqdn) if self._tls_verify else tuple
        theirs: Expects = tuple
        if security_profile:
            theirs = wanted(security_profile, NameRule.ALTERNATIVE_NAME)
        return Leg(
            SIP,
            core.side(
                partial(core.endpoint, verifies=self._tls_verify, as_client=True, for_sip=True),
                ours, lambda: core.tls_fault,
            ),
            Side(node.name, node.host, partial(_sip, node), theirs, stores=(SIP_TRUST,)),
            SIP_TLS_PORT, "SIP", self._path,
        )  # fmt: skip

    @property
    def _verifies_web(self) -> bool:
        return self._tls_verify or self._core.verifies_origins

    def _web_end(self, *, shows: bool = True) -> Endpoint | None:
        return self._core.endpoint(verifies=self._verifies_web, shows=shows, as_client=True)

    def _web_names(self) -> tuple[Expectation, ...]:
        """Source: edge-presence-video 2.3: over HTTPS a common name beside alternative names does
        not count."""
        if not self._verifies_web:
            return ()
        return (Expectation((self._fqdn,), NameRule.ALTERNATIVE_NAME_FIRST),)


def _https(node: Node) -> Endpoint | None:
    identity = node.tomcat.identity
    if not node.is_on or identity is None:
        return None
    return Endpoint((identity.certificate,), identity.key, authenticates=False)


def _config_server(node: Node) -> Endpoint | None:
    """Cisco Tftp over TLS, which asks for a certificate and wants its CA in two stores."""
    identity = node.presented[Service.TFTP].identity
    if not node.is_on or identity is None:
        return None
    web = _trusted(node.files, WEB_TRUST)
    both = tuple(one for one in _trusted(node.files, SIP_TRUST) if one in web)
    return Endpoint((identity.certificate,), identity.key, both)


def _sip(node: Node) -> Endpoint | None:
    identity = node.presented[Service.CALLMANAGER].identity
    if not node.is_on or identity is None:
        return None
    return Endpoint(
        (identity.certificate,),
        identity.key,
        _trusted(node.files, SIP_TRUST),
        passes_over=(UNSUITABLE_ISSUER_PURPOSE,),
    )


def _trusted(files: FileSystem, unit: str) -> tuple[Certificate, ...]:
    return tuple(entry.certificate for entry in files.store(unit).entries())
