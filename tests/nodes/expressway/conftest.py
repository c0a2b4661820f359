"""A server certificate page and a peer on a fake host, with a CA that answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from tests.pki.authorities import START, authority
from twin.config.expressway import ExpresswayRelease
from twin.config.load import load_expressways
from twin.config.words import ExpresswayRole
from twin.nodes.expressway.ca_list import TrustedCAList
from twin.nodes.expressway.names import ExpresswayNames
from twin.nodes.expressway.peer import Peer
from twin.nodes.expressway.server_certificate import USES, ServerCertificatePage, installed
from twin.pki.authority import Authority
from twin.pki.certificates import Certificate
from twin.pki.csr import SigningRequest, request
from twin.pki.keys import KeyBank, PrivateKey, default_directory
from twin.pki.names import DistinguishedName

BANK = KeyBank(default_directory())
FQDN = "expe.example.com"
NUMBERS = count(40)


def history_at(name: str) -> ExpresswayRelease:
    """The rules of a release."""
    return load_expressways().at(name)


@dataclass
class Box:
    """A peer, its page and list, the CA that signs for it, and what may be turned."""

    peer: Peer
    page: ServerCertificatePage
    ca_list: TrustedCAList
    ca: Authority
    host: Any
    use: dict[str, bool]
    taken: list[PrivateKey]

    def signed(self, asked: SigningRequest | None = None, **more: Any) -> Certificate:
        """The CA's answer to the request in progress, or another."""
        asked = asked or self.page.request
        assert asked is not None
        serial = bytes([0x46]) + next(NUMBERS).to_bytes(4, "big")
        return self.ca.sign(asked, serial, START, **more)

    def outside(self, *purposes: str) -> tuple[Certificate, PrivateKey]:
        """A certificate made elsewhere, with its key."""
        asked, made = self.page.ask_outside(BANK.key(2048, 3))
        drops = tuple({"server_auth", "client_auth"} - set(purposes)) if purposes else ()
        return self.signed(asked, drops=drops), made

    def restart(self) -> None:
        """Restart and wait for it."""
        done: list[bool] = []
        assert self.peer.restart(lambda: done.append(True)) is None
        self.host.clock.settle()
        assert done == [True]


@pytest.fixture
def make_box(make_host: Callable[..., Any]) -> Callable[..., Box]:
    """A maker of boxes of a release, standing alone or with names to serve."""

    def make(release: str = "X8.7", names: ExpresswayNames | None = None, bits: int = 2048) -> Box:
        host, rules, use = make_host("expe"), history_at(release), {"uc": True}
        named = names or ExpresswayNames(FQDN)
        ca, own = authority("Public", 36), authority("Temporary CA", 37)
        ca_list = TrustedCAList((own.certificate,))
        taken: list[PrivateKey] = []

        def take(size: int) -> PrivateKey:
            taken.append(BANK.key(size, len(taken)))
            return taken[-1]

        def default() -> Any:
            made = BANK.key(bits, 2)
            asked = request(DistinguishedName.of(named.fqdn), made, "sha256", USES, (named.fqdn,))
            return installed((own.sign(asked, bytes([0x47] * 8), START),), made)

        page = ServerCertificatePage(
            host, rules, {"organization": "Example", "country": "CH"}, lambda: named, take,
            default, lambda: use["uc"], lambda: ca_list.anchors,
        )  # fmt: skip
        peer = Peer(host, ExpresswayRole.EDGE, rules, 0, named.fqdn, page, ca_list)
        return Box(peer, page, ca_list, ca, host, use, taken)

    return make


@pytest.fixture
def box(make_box: Callable[..., Box]) -> Box:
    """A box of X8.7."""
    return make_box()
