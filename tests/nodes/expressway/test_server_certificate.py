"""The server certificate page: one request at a time, what is stored and what is active."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.nodes.expressway.names import ExpresswayNames

FULL = ExpresswayNames(
    "expe.example.com", "cluster.example.com", ("collab-edge.example.com",), (),
    ("example.com",), ("chat.example.com",),
)  # fmt: skip


def test_a_request_asks_for_everything_the_features_need(make_box: Callable[..., Any]) -> None:
    """Names by feature and those entered, both usages, subject of the page, a key of its own."""
    box = make_box(names=FULL)
    assert box.page.generate("sha256", 4096, ("more.example.com", "example.com")) is None
    asked = box.page.request
    assert asked.dns_names == (*FULL.required, "more.example.com")
    assert asked.extensions.purposes == ("server_auth", "client_auth")
    assert (asked.key_bits, asked.signature_hash) == (4096, "sha256")
    assert asked.subject_name.record_string() == "CN=expe.example.com;O=Example;C=CH"
    row = box.host.rows("csr_generated")[0]
    assert row.data["lost_names"] == []
    assert "PRIVATE" not in str(row.data)


@pytest.mark.parametrize(
    ("release", "digest", "bits", "problem"),
    [
        ("X8.7", "sha1", 1024, None),
        ("X8.7", "sha512", 2048, None),
        ("X8.7", "sha256", 8192, "a key of 8192 bits: the page offers 4096, 2048, 1024"),
        ("X8.11", "sha1", 4096, "digest sha1: the page offers sha256, sha384, sha512"),
        ("X8.11", "sha256", 1024, "a key of 1024 bits: the page offers 4096, 2048"),
    ],
)
def test_what_the_page_offers(
    make_box: Callable[..., Any], release: str, digest: str, bits: int, problem: str | None
) -> None:
    """Digests and key sizes are a matter of the release; a refusal makes no key."""
    box = make_box(release)
    assert box.page.generate(digest, bits) == problem
    assert len(box.taken) == (problem is None)
    assert (box.page.request is None) is (problem is not None)


def test_what_was_signed_is_stored_and_counts_from_the_restart(box: Any) -> None:
    """Upload against the request: it is used up; what is presented changes with the restart."""
    before = box.page.active
    box.page.generate("sha256", 2048)
    certificate = box.signed()
    assert box.page.upload(certificate.pem) is None
    assert box.page.request is None
    assert box.page.stored.certificate == certificate
    assert box.page.stored.key is box.taken[-1]
    assert box.page.active is before
    box.restart()
    assert box.page.active.certificate == certificate


def test_what_was_signed_for_a_discarded_request_fits_no_key(box: Any) -> None:
    """The key went with the request: alone it lacks a key, beside a new request it has another."""
    box.page.generate("sha256", 2048)
    certificate = box.signed()
    assert box.page.discard() is None
    assert "private key has to come with it" in box.page.upload(certificate.pem)
    box.page.generate("sha256", 2048)
    assert box.page.upload(certificate.pem) == "the certificate does not match the private key"
    assert box.page.request is not None


def test_a_refused_upload_leaves_everything_as_it_was(box: Any) -> None:
    """Request, stored and active certificate stay; all reasons are journalled."""
    box.page.generate("sha256", 2048)
    kept = box.page.request, box.page.stored, box.page.active
    assert box.page.upload(box.signed(drops=("server_auth", "client_auth")).pem[:-60]) is not None
    assert (box.page.request, box.page.stored, box.page.active) == kept
    assert box.host.rows("upload_refused")[0].data["reasons"] == ["not_pem"]


def test_default_is_of_the_boxs_own_ca(box: Any) -> None:
    """Reset puts back what the box was shipped with, from the next restart on."""
    first = box.page.active.certificate
    certificate, key = box.outside()
    assert box.page.upload(certificate.pem, key.pem()) is None
    box.restart()
    box.page.reset()
    assert box.page.active.certificate == certificate
    box.restart()
    assert box.page.active.certificate == first
    assert first.issuer.startswith("CN=Temporary CA")


def test_the_client_certificate_stands_in_its_own_store(make_box: Callable[..., Any]) -> None:
    """From X15.5 the two are apart; without one, the server certificate does for both roles."""
    box = make_box("X15.5")
    certificate, key = box.outside("client_auth")
    assert box.page.active_client is box.page.active
    assert box.page.upload(certificate.pem, key.pem(), is_client=True) is None
    assert box.page.active_client is box.page.active
    box.restart()
    assert box.page.active_client.certificate == certificate
    assert box.page.active.certificate != certificate
    server, key = box.outside("server_auth")
    assert box.page.upload(server.pem, key.pem()) is None


def test_the_switch_counts_where_the_release_has_it(make_box: Callable[..., Any]) -> None:
    """EnableServerEkuUpload does nothing in other releases."""
    for release, taken in (("X15.3", False), ("X15.4", True)):
        box = make_box(release)
        box.page.takes_server_only = True
        certificate, key = box.outside("server_auth")
        assert (box.page.upload(certificate.pem, key.pem()) is None) is taken


@pytest.mark.parametrize(("release", "remarks"), [("X8.9", []), ("X8.10", ["issuer_unknown"])])
def test_remarks_are_journalled(
    make_box: Callable[..., Any], release: str, remarks: list[str]
) -> None:
    """A certificate of a CA that is not in the list is taken, from X8.10 with a warning."""
    box = make_box(release)
    certificate, key = box.outside()
    assert box.page.upload(certificate.pem, key.pem()) is None
    assert box.host.rows("uploaded")[0].data["warnings"] == remarks


WORDS = ("generate", "discard", "sign", "upload", "upload with key", "restart")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(script=st.lists(st.sampled_from(WORDS), max_size=14))
def test_the_life_of_a_request(make_box: Callable[..., Any], script: list[str]) -> None:
    """Whatever is done in whatever order: one request or none, and a key for what is stored."""
    box = make_box()
    pending: int | None = None
    made = signed_for = 0
    signed = None
    for word in script:
        page = box.page
        if word == "generate":
            assert (page.generate("sha256", 2048) is None) is (pending is None)
            if pending is None:
                made += 1
                pending = made
        elif word == "discard":
            assert (page.discard() is None) is (pending is not None)
            pending = None
        elif word == "sign" and pending is not None:
            signed, signed_for = box.signed(), pending
        elif word == "upload" and signed is not None:
            fits = pending is not None and signed_for == pending
            assert (page.upload(signed.pem) is None) is fits
            pending = None if fits else pending
        elif word == "upload with key":
            certificate, key = box.outside()
            assert (page.upload(certificate.pem, key.pem()) is None) is (pending is None)
        elif word == "restart":
            box.restart()
            assert page.active is page.stored
        assert (page.request is None) is (pending is None)
        for found in (page.stored, page.active):
            assert found.certificate.public_key == found.key.public_key
