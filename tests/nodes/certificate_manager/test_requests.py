from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from twin.nodes.certificate_manager import CertificateManager
from twin.nodes.certificate_requests import CertificateRequests, RequestForm
from twin.nodes.database import CertificateRow
from twin.pki.authority import Authority, make_authority
from twin.pki.bundles import FileFormat, write
from twin.pki.certificates import Certificate
from twin.pki.keys import ECKey
from twin.pki.names import DistinguishedName

Managers = Callable[..., CertificateManager]
NODES = ("labserver1", "labserver2")
FULL_NAMES = tuple(f"{node}.vasank.com" for node in NODES)


@dataclass
class Desk:
    """An admin at one node, with a CA at hand."""

    manager: CertificateManager
    requests: CertificateRequests
    root: Authority
    done: list[int] = field(default_factory=list)

    def settle(self, start: Callable[[Callable[[], None]], str | None]) -> str | None:
        """Carry an operation out to its end; the refusal, if there was one."""
        refused = start(lambda: self.done.append(self.manager.host.now_ms))
        self.manager.host.clock.settle()
        return refused

    def generate(self, unit: str = "CallManager", **form: Any) -> str | None:
        """Generate a request."""
        return self.settle(lambda done: self.requests.generate(unit, RequestForm(**form), done))

    def signed(self, unit: str = "CallManager") -> Certificate:
        """The outstanding request's certificate, from the root."""
        request = self.requests.outstanding[unit].request
        return self.root.sign(request, b"\x61" * 16, self.manager.host.time())

    def trust(self, unit: str = "CallManager-trust") -> str | None:
        """Upload the root."""
        data = write(self.root.chain, FileFormat.PEM)
        return self.settle(lambda done: self.requests.upload_trust(unit, data, done))

    def upload(self, data: bytes, unit: str = "CallManager") -> str | None:
        """Upload a unit's certificate."""
        return self.settle(lambda done: self.requests.upload_identity(unit, data, done))


@pytest.fixture
def make_desk(make_manager: Managers, written: list[CertificateRow]) -> Callable[..., Desk]:
    """A maker of admins at a node of a release that has been running."""

    def make(release: str = "11.5", name: str = "labserver1", **surroundings: Any) -> Desk:
        manager = make_manager(name, release=release, **surroundings)
        manager.names = type(manager.names)(
            name, f"{name}.vasank.com", manager.names.subject, "vasank.com", FULL_NAMES
        )
        units = tuple(str(unit) for unit in manager.host.release.units)
        manager.install_first(units)
        requests = CertificateRequests(
            manager.host,
            manager.files,
            manager,
            NODES,
            lambda *parts: "/".join(map(str, parts)),
            written.append,
        )
        root = make_authority(
            DistinguishedName.parse("CN=Root;O=Lab"),
            ECKey(256, bytes(64)),
            b"\x42" * 16,
            manager.host.time() - timedelta(days=400),
            3650,
        )
        return Desk(manager, requests, root)

    return make


def test_a_request_has_a_key_of_its_own(make_desk: Callable[..., Desk]) -> None:
    """The present certificate stays; the request has a new key, the node's name and its domain."""
    desk = make_desk(draws={"csr_generation_s": 3_000})
    before = desk.manager.files.own["CallManager"]
    assert desk.generate() is None
    request = desk.requests.outstanding["CallManager"].request
    assert desk.manager.files.own["CallManager"] == before
    assert request.public_key != before.certificate.public_key
    assert request.subject_name.common_name == "labserver1.vasank.com"
    assert request.dns_names == ("vasank.com", "labserver1.vasank.com")
    assert request.signature_hash == "sha256"
    assert desk.done == [3_000]


def test_the_form_decides_the_rest(make_desk: Callable[..., Desk]) -> None:
    """Key length, digest and further names are the admin's; a name given twice is there once."""
    desk = make_desk()
    names = ("phones.vasank.com", "vasank.com")
    desk.generate(key_bits=3072, hash_name="sha1", dns_names=names)
    request = desk.requests.outstanding["CallManager"].request
    assert request.key_bits == 3072
    assert request.signature_hash == "sha1"
    assert request.dns_names == ("vasank.com", "labserver1.vasank.com", "phones.vasank.com")


def test_releases_before_10_5_ask_for_no_names(make_desk: Callable[..., Desk]) -> None:
    """A request of 9.1 is one of SHA-1 with 1024 bits and no alternative names."""
    desk = make_desk("9.1")
    desk.generate()
    request = desk.requests.outstanding["CallManager"].request
    assert (request.key_bits, request.signature_hash, request.dns_names) == (1024, "sha1", ())


@pytest.mark.parametrize(("bits", "digest"), [(None, "sha384"), (256, "sha256"), (521, "sha512")])
def test_a_request_on_a_curve(
    make_desk: Callable[..., Desk], bits: int | None, digest: str
) -> None:
    """The ECDSA units ask with a key on a curve and a digest as strong."""
    desk = make_desk()
    desk.generate("CallManager-ECDSA", key_bits=bits)
    request = desk.requests.outstanding["CallManager-ECDSA"].request
    assert (request.key_bits, request.signature_hash) == (bits or 384, digest)
    assert request.subject_name.common_name == "labserver1-EC.vasank.com"


def test_a_request_for_all_nodes(make_desk: Callable[..., Desk]) -> None:
    """A multi-server request is called host-ms and names the domain and every node."""
    desk = make_desk("14")
    desk.generate(is_shared=True)
    desk.generate("CallManager-ECDSA", is_shared=True)
    rsa, ecdsa = (desk.requests.outstanding[unit].request for unit in desk.requests.outstanding)
    assert rsa.subject_name.common_name == "labserver1-ms.vasank.com"
    assert ecdsa.subject_name.common_name == "labserver1-EC-ms.vasank.com"
    assert rsa.dns_names == ecdsa.dns_names == ("vasank.com", *FULL_NAMES)


def test_a_second_request_overwrites_the_first(make_desk: Callable[..., Desk]) -> None:
    """One request a unit: the certificate of the first is refused, that of the second taken."""
    desk = make_desk()
    desk.trust()
    desk.generate()
    first = desk.signed()
    desk.generate()
    assert desk.manager.host.rows("csr_generated")[1].data["overwritten"]
    assert (
        desk.upload(first.pem) == "the public key of the certificate does not match that of the CSR"
    )
    assert desk.upload(desk.signed().pem) is None


def test_an_upload_changes_files_and_rows(
    make_desk: Callable[..., Desk], written: list[CertificateRow]
) -> None:
    """The certificate comes with the request's key; its rows keep their identifiers."""
    desk = make_desk()
    own = desk.manager.rows("CallManager", desk.manager.files.own["CallManager"])
    desk.trust()
    desk.generate()
    certificate = desk.signed()
    written.clear()
    assert desk.upload(certificate.der) is None
    identity = desk.manager.files.own["CallManager"]
    assert identity.certificate == certificate
    assert identity.key.public_key == certificate.public_key
    assert [row.pkid for row in written] == [row.pkid for row in own]
    assert written[0].description == "Certificate Signed by Root"
    assert {row.certificate for row in written} == {certificate}
    assert certificate in desk.manager.files.store("Phone-SAST-trust")
    assert desk.manager.files.changed_at_ms["CallManager"] == desk.manager.host.now_ms


def test_an_upload_spends_the_request(make_desk: Callable[..., Desk]) -> None:
    """The same certificate is not taken twice: a new request is needed."""
    desk = make_desk()
    desk.trust()
    desk.generate()
    certificate = desk.signed()
    desk.upload(certificate.pem)
    assert "no certificate signing request" in (desk.upload(certificate.pem) or "")


def test_a_refused_upload_changes_nothing(
    make_desk: Callable[..., Desk], written: list[CertificateRow]
) -> None:
    """Every reason is recorded at once, and neither file nor row nor request changes."""
    desk = make_desk("15")
    desk.generate()
    request = desk.requests.outstanding["CallManager"].request
    later = desk.manager.host.time() + timedelta(days=1)
    certificate = desk.root.sign(request, b"\1", later, drops=("client_auth",))
    before = desk.manager.files.own["CallManager"]
    written.clear()
    message = desk.upload(certificate.pem)
    (refused,) = desk.manager.host.rows("upload_refused")
    assert refused.data["reasons"] == [
        "extended_key_usage_missing", "issuer_not_in_trust", "not_yet_valid",
    ]  # fmt: skip
    assert refused.data["message"] == message
    assert desk.manager.files.own["CallManager"] == before
    assert written == []
    assert "CallManager" in desk.requests.outstanding


def test_what_is_no_certificate_is_refused(make_desk: Callable[..., Desk]) -> None:
    """A file without a certificate is a refusal like any other."""
    desk = make_desk()
    assert "no certificate in this file" in (desk.upload(b"hello") or "")
    data = b"hello"
    refused = desk.settle(lambda done: desk.requests.upload_trust("tomcat-trust", data, done))
    assert refused is not None
    assert [row.data["reasons"] for row in desk.manager.host.rows("upload_refused")] == [
        ["unreadable"], ["unreadable"],
    ]  # fmt: skip


def test_regenerating_a_signed_unit_keeps_the_key_length(make_desk: Callable[..., Desk]) -> None:
    """It gives back a self-signed certificate of the same length (Security Guide 15)."""
    desk = make_desk()
    desk.trust()
    desk.generate(key_bits=1024)
    desk.upload(desk.signed().pem)
    assert desk.settle(lambda done: desk.manager.regenerate("CallManager", done)) is None
    certificate = desk.manager.files.own["CallManager"].certificate
    assert certificate.is_self_issued
    assert certificate.key_bits == 1024


def test_a_trust_certificate_goes_to_all_nodes(
    make_desk: Callable[..., Desk], written: list[CertificateRow]
) -> None:
    """It is in the store and in a row for every node; the same one again writes nothing."""
    desk = make_desk()
    assert desk.trust() is None
    (row,) = written
    assert (row.units, row.nodes) == (("CallManager-trust",), NODES)
    assert desk.trust() is None
    assert len(written) == 1
    outcomes = [entry.data["outcome"] for entry in desk.manager.host.rows("trust_uploaded")]
    assert outcomes == ["added", "already_there"]


def test_pkcs7_leaves_its_chain_in_the_trust_store(make_desk: Callable[..., Desk]) -> None:
    """The intermediate that came in the file is trusted from then on."""
    desk = make_desk()
    desk.trust()
    issuing = make_authority(
        DistinguishedName.parse("CN=Issuing;O=Lab"), ECKey(256, b"\1" * 64), b"\x43" * 16,
        desk.manager.host.time() - timedelta(days=1), 3650, issuer=desk.root,
    )  # fmt: skip
    desk.generate()
    request = desk.requests.outstanding["CallManager"].request
    certificate = issuing.sign(request, b"\x44" * 16, desk.manager.host.time())
    data = write([certificate, *issuing.chain], FileFormat.PKCS7_DER)
    assert desk.upload(data) is None
    assert issuing.certificate in desk.manager.files.store("CallManager-trust")


def test_a_unit_that_is_not_there_is_refused(make_desk: Callable[..., Desk]) -> None:
    """Neither a request nor an upload for a unit the node has not."""
    desk = make_desk("9.1")
    assert desk.generate("ITLRecovery") == "ITLRecovery certificate does not exist on labserver1"
    assert "does not exist" in (desk.upload(desk.root.certificate.pem, "ITLRecovery") or "")


def test_an_upload_waits_for_a_regeneration(make_desk: Callable[..., Desk]) -> None:
    """While the certificate is being generated the upload is refused."""
    desk = make_desk()
    desk.trust()
    desk.generate()
    certificate = desk.signed()
    assert desk.manager.regenerate("CallManager", lambda: None) is None
    refused = desk.requests.upload_identity("CallManager", certificate.pem, lambda: None)
    assert refused == "CallManager certificate is being generated on labserver1"


def test_tomcat_is_reported(make_desk: Callable[..., Desk]) -> None:
    """An uploaded tomcat certificate raises TomcatCertRegen, as a generated one does."""
    desk = make_desk()
    desk.trust("tomcat-trust")
    desk.generate("tomcat")
    assert desk.upload(desk.signed("tomcat").pem, "tomcat") is None
    assert desk.manager.host.alarms() == ["TomcatCertRegen"]
