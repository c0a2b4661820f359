"""ACME: sign, deploy, schedule, and the port the CA comes in by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.nodes.expressway.acme import BLOCKED, NO_ACME, NOTHING_PENDING, Acme
from twin.pki.keys import KeyBank, default_directory

DAY_MS = 86_400_000


@pytest.fixture
def service(make_box: Callable[..., Any]) -> Any:
    """A box of X12.5 with its service, and what its CA has signed."""
    box = make_box("X12.5")
    box.answered = []

    def answer(asked: Any, at: Any) -> Any:
        box.answered.append(at)
        return box.signed(asked, days=90)

    bank = KeyBank(default_directory())
    box.acme, box.answer = Acme(box.peer, lambda bits: bank.key(bits, 5)), answer
    return box


def test_a_pending_certificate_is_deployed_by_hand(service: Any) -> None:
    """Signing alone changes nothing; deploying takes it into use without a restart."""
    acme, before = service.acme, service.page.active
    assert acme.deploy() == NOTHING_PENDING
    assert acme.sign(service.answer) is None
    assert service.page.active is before
    heard: list[bool] = []
    service.peer.on_change.append(lambda: heard.append(True))
    assert acme.deploy() is None
    assert service.page.active is not before
    assert heard == [True]
    assert acme.deploy() == NOTHING_PENDING


def test_a_schedule_renews_until_the_port_is_closed(service: Any) -> None:
    """Every so many days by itself; a failure leaves the certificate, and it tries again."""
    acme = service.acme
    acme.sign(service.answer)
    acme.deploy()
    acme.schedule(90)
    acme.schedule(30)
    service.host.clock.advance(65 * DAY_MS)
    assert len(service.answered) == 3
    acme.is_reachable = False
    kept = service.page.active
    service.host.clock.advance(30 * DAY_MS)
    assert service.page.active is kept
    assert [row.data["message"] for row in service.host.rows("acme_failed")] == [BLOCKED]
    acme.is_reachable = True
    service.host.clock.advance(30 * DAY_MS)
    assert service.page.active is not kept


def test_what_the_page_refuses_stays_pending(service: Any) -> None:
    """While a request is in progress no other key is taken; afterwards the certificate is."""
    service.acme.sign(service.answer)
    service.page.generate("sha256", 2048)
    assert "CSR is in progress" in service.acme.deploy()
    service.page.discard()
    assert service.acme.deploy() is None


def test_older_releases_have_none(box: Any) -> None:
    """Before X12.5 there is no such service."""
    bank = KeyBank(default_directory())
    assert Acme(box.peer, lambda bits: bank.key(bits, 5)).refusal == NO_ACME
