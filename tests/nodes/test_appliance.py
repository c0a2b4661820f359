"""A system follows its product's row: how certificates and trust get in, whom it verifies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.nodes.conftest import EPOCH, FakeClock, FakeHost
from twin.config.load import load_products
from twin.nodes.appliance import EMPTY_STORE, NO_CSR, Appliance, Own
from twin.nodes.file_system import Identity
from twin.pki.handshake import Endpoint, shake_hands

CATALOGUE = load_products()
Make = Callable[..., Appliance]


@pytest.fixture
def own(identity: Callable[..., Identity]) -> Callable[[str], Own]:
    """A certificate with its key for a name."""

    def make(name: str) -> Own:
        found = identity("tomcat", name)
        return Own((found.certificate,), found.key)

    return make


@pytest.fixture
def appliance(
    clock: FakeClock, make_host: Callable[..., FakeHost], own: Callable[[str], Own]
) -> Make:
    """A system of a product that has been running."""

    def make(product: str, **changes: Any) -> Appliance:
        made = make_host("box", draws={"system_restart_s": 60_000})
        names = ("box.example.com",)
        return Appliance(made, CATALOGUE.products[product], 0, names, own("box"), **changes)

    return make


@pytest.mark.parametrize("product", CATALOGUE.products)
def test_a_product_starts_as_shipped(appliance: Make, product: str) -> None:
    """It verifies whom its product verifies, and has that product's stores, empty."""
    box, facts = appliance(product), CATALOGUE.products[product]
    assert box.verification == facts.verification.value
    assert box.stores == dict.fromkeys(facts.stores.value, ())
    assert box.fqdn == "box.example.com"


@pytest.mark.parametrize("product", CATALOGUE.products)
def test_an_upload_is_added_or_replaces_as_the_product_does(
    appliance: Make, own: Callable[[str], Own], product: str
) -> None:
    """A second upload leaves both entries, or the second alone."""
    box = appliance(product)
    first, second = own("one").certificate, own("two").certificate
    box.trust([first])
    box.trust([second])
    kept = box.stores[box.store(None)]
    replaces = CATALOGUE.products[product].trust.value == "replace"
    assert kept == ((second,) if replaces else (first, second))


@pytest.mark.parametrize("product", CATALOGUE.products)
def test_a_request_is_made_by_products_that_make_requests(
    appliance: Make, own: Callable[[str], Own], product: str
) -> None:
    """A certificate without a key file is taken where the product made the key itself."""
    box, new = appliance(product), own("box")
    refusal = box.upload(new.certificate.pem, None, new.key)
    makes = CATALOGUE.products[product].own.value == "csr"
    assert refusal == (None if makes else NO_CSR)


def test_a_key_of_another_certificate_is_refused(
    appliance: Make, own: Callable[[str], Own]
) -> None:
    """Key and certificate that do not belong together change nothing."""
    box = appliance("mcu")
    before = box.stored
    assert box.upload(own("one").certificate.pem, own("two").key.pem(), None) is not None
    assert box.stored is before


def test_a_new_certificate_counts_from_the_restart(
    appliance: Make, own: Callable[[str], Own], clock: FakeClock
) -> None:
    """What is stored comes into use when the system has restarted, and not before."""
    box, new = appliance("telepresence_server"), own("new")
    heard: list[str] = []
    box.on_stopped.append(lambda: heard.append("stopped"))
    box.on_started.append(lambda: heard.append("started"))
    assert box.upload(new.certificate.pem, new.key.pem(), None) is None
    assert box.active.certificate != new.certificate
    assert box.restart(lambda: None) is None
    assert box.endpoint(calls=True, is_mutual=True) is None
    assert box.restart(lambda: None) == "box is restarting"
    clock.advance(60_000)
    assert box.active.certificate == new.certificate
    assert heard == ["stopped", "started"]


def test_some_products_need_no_restart(appliance: Make, own: Callable[[str], Own]) -> None:
    """A trustpoint's new certificate is in use at once."""
    box, new = appliance("cube"), own("new")
    assert box.upload(new.certificate.pem, new.key.pem(), None) is None
    assert box.active.certificate == new.certificate


def test_verification_needs_something_to_verify_by(
    appliance: Make, own: Callable[[str], Own]
) -> None:
    """Where the product says so, an empty store keeps verification off; off needs nothing."""
    box = appliance("mcu")
    assert box.verify("both") == EMPTY_STORE
    assert box.verify("none") is None
    box.trust([own("ca").certificate])
    assert box.verify("both") is None
    assert appliance("cube").verify("both") is None


def test_a_deleted_entry_is_gone(appliance: Make, own: Callable[[str], Own]) -> None:
    """Entries are taken out by what fits; nothing that fits is told as none."""
    box, found = appliance("conductor"), own("one").certificate
    box.trust([found])
    assert box.distrust(lambda one: one == found) == 1
    assert box.distrust(lambda one: True) == 0


def test_an_account_that_may_not_read_the_key_shows_no_certificate(
    appliance: Make, clock: FakeClock
) -> None:
    """The permission counts when the services start; where there is none it is refused."""
    tms = appliance("tms")
    assert tms.permit(False) is None
    shown = tms.endpoint(calls=True, is_mutual=True)
    assert shown is not None
    assert shown.chain
    tms.restart(lambda: None)
    clock.advance(60_000)
    shown = tms.endpoint(calls=True, is_mutual=True)
    assert shown is not None
    assert shown.chain == ()
    assert appliance("cube").permit(False) is not None


@pytest.mark.parametrize(
    ("verification", "as_client", "as_server"),
    [("none", False, False), ("outgoing", True, False), ("both", True, True)],
)
def test_whom_it_verifies(
    appliance: Make, verification: str, as_client: bool, as_server: bool
) -> None:
    """Outgoing sessions, or both; a server asks only where clients show certificates at all."""
    box = appliance("conductor", verification=verification)
    client = box.endpoint(calls=True, is_mutual=True)
    server = box.endpoint(calls=False, is_mutual=True)
    page = box.endpoint(calls=False, is_mutual=False)
    assert client is not None
    assert server is not None
    assert page is not None
    assert (client.authenticates, server.authenticates) == (as_client, as_server)
    assert not page.authenticates
    assert bool(box.expects("peer.example.com")) == as_client


def test_a_client_of_a_page_shows_nothing(appliance: Make, own: Callable[[str], Own]) -> None:
    """Without mutual sessions a client keeps its certificate to itself, and is judged by none."""
    box, server = appliance("https_client"), own("server")
    box.trust([server.certificate])
    client = box.endpoint(calls=True, is_mutual=False)
    assert client is not None
    assert client.chain == ()
    page = Endpoint(server.chain, server.key, authenticates=False)
    assert shake_hands(client, page, EPOCH).succeeded
