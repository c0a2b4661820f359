"""SAML single sign-on: the cluster's nodes as service providers of one identity provider.

Knows: the certificates the provider was given in the metadata, and what Tomcat runs with. Must not
know users beyond one login.

Source: cucm-pki-behaviour 5.1 (tomcat: redo the SSO metadata), row A41 (Cisco 225746: "failed to
decrypt the secret key"); edge-presence-video 7 (IdP: "Error while processing SAML response").
Assumption: a provider that checks the signatures of requests refuses before it answers.
"""

from __future__ import annotations

from collections.abc import Mapping

from twin.nodes.node import Node
from twin.pki import saml
from twin.pki.certificates import Certificate

SERVICE = "SSO"
NOT_RUNNING = "Cisco Tomcat is not running"
BAD_REQUEST = "Error while processing SAML response"
CANNOT_DECRYPT = "failed to decrypt the secret key"


class SingleSignOn:
    """The trust between the cluster and its identity provider.

    Args:
        checks_signatures: whether the provider verifies signed requests.
    """

    def __init__(self, provider: str, nodes: Mapping[str, Node], checks_signatures: bool) -> None:
        self.provider = provider
        self._nodes = nodes
        self._checks_signatures = checks_signatures
        self._metadata: dict[str, Certificate] = {}
        for name in nodes:
            self._take(name)

    def exchange(self, name: str) -> None:
        """Give the provider a node's metadata as they are now."""
        self._take(name)
        self._nodes[name].host.record(
            SERVICE, "metadata_exchanged", provider=self.provider,
            serial=self._metadata[name].serial_bytes.hex(),
        )  # fmt: skip

    def _take(self, name: str) -> None:
        self._metadata[name] = self._nodes[name].files.own["tomcat"].certificate

    def login(self, name: str) -> str:
        """One user logs in at a node; what is shown instead of the page, empty if it works."""
        node = self._nodes[name]
        identity = node.tomcat.identity
        known = self._metadata[name]
        if not node.is_on or identity is None:
            problem = NOT_RUNNING
        elif self._checks_signatures and not saml.is_request_of(known, identity.key):
            problem = BAD_REQUEST
        elif not saml.can_read_assertion(known, identity.key):
            problem = CANNOT_DECRYPT
        else:
            problem = ""
        node.host.record(
            SERVICE, "login_failed" if problem else "login",
            severity="error" if problem else "info", provider=self.provider, message=problem,
        )  # fmt: skip
        return problem
