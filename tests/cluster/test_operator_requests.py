"""The operator's words for certificates signed by others, on a small cluster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from twin.cluster.twin import Twin
from twin.errors import ActionError
from twin.pki.bundles import FileFormat, write
from twin.pki.usages import extensions_of

AUTHORITIES: list[dict[str, Any]] = [
    {"name": "root", "subject": "CN=Root;O=Example", "key_bits": 256, "days": 7300},
    {
        "name": "issuing",
        "subject": "CN=Issuing;O=Example",
        "issuer": "root",
        "key_bits": 384,
        "digest": "sha384",
        "path_length": 0,
        "template": {"drops": ["key_cert_sign"], "days": 90, "digest": "sha384"},
    },
    {"name": "rsa", "subject": "CN=RSA;O=Example", "key_bits": 2048, "age_days": -1},
]
CALLMANAGER = {"node": "pub", "unit": "CallManager"}


@pytest.fixture
def make(make_twin: Callable[..., Twin]) -> Callable[..., Twin]:
    """A maker of small clusters with CAs."""
    return lambda **fields: make_twin(certificate_authorities=AUTHORITIES, **fields)


def outcomes(twin: Twin, *steps: dict[str, Any]) -> list[str]:
    """The message of each step, or its outcome if it has none."""
    done = [twin.do(step) for step in steps]
    return [outcome.message or outcome.outcome for outcome in done]


def test_authorities_are_what_the_model_says(make: Callable[..., Twin]) -> None:
    """Keys, digests, dates and chains of the CAs are those of the document."""
    authorities = make().cluster.authorities
    start = datetime(2016, 2, 7, 22, tzinfo=UTC)
    root, issuing, rsa = (authorities.get(name) for name in ("root", "issuing", "rsa"))
    assert issuing.chain == (issuing.certificate, root.certificate)
    assert issuing.certificate.is_signed_by(root.certificate)
    assert (issuing.certificate.key_bits, rsa.certificate.key_bits) == (384, 2048)
    assert issuing.certificate.signature_hash == "sha384"
    assert extensions_of(issuing.certificate).path_length == 0
    assert root.certificate.not_before == start - timedelta(days=400)
    assert root.certificate.not_after == start + timedelta(days=6900)
    assert rsa.certificate.not_before == start + timedelta(days=1)
    assert authorities.get("root") is root


def test_authorities_come_from_the_seed(make: Callable[..., Twin]) -> None:
    """The same seed gives the same CA on a curve, another seed another."""
    first, again, other = (
        make(seed=seed).cluster.authorities.get("issuing").certificate for seed in (1, 1, 2)
    )
    assert first.der == again.der
    assert first.der != other.der


def test_signing_needs_a_request(make: Callable[..., Twin]) -> None:
    """Neither a CA nor an upload has anything to go on before the request and the signature."""
    twin = make()
    sign = {"sign_csr": CALLMANAGER | {"authority": "issuing"}}
    upload = {"upload_identity": CALLMANAGER}
    assert outcomes(twin, sign, upload, {"generate_csr": CALLMANAGER}, upload, sign) == [
        "there is no signing request for CallManager on pub",
        "no CA has signed for CallManager of pub",
        "done",
        "no CA has signed for CallManager of pub",
        "done",
    ]


def test_a_procedure_from_request_to_upload(
    make: Callable[..., Twin], tell: Callable[..., Any]
) -> None:
    """The CA's template decides days and usages; the journal names who signed what."""
    twin = make()
    steps = [
        {"generate_csr": CALLMANAGER},
        {"sign_csr": CALLMANAGER | {"authority": "issuing"}},
        {"upload_trust": {"node": "pub", "unit": "CallManager-trust", "authority": "root"}},
        {"upload_trust": {"node": "pub", "unit": "CallManager-trust", "authority": "issuing"}},
        {"upload_identity": CALLMANAGER | {"format": "der"}},
    ]
    assert outcomes(twin, *steps) == ["done"] * 5
    certificate = twin.cluster.nodes["pub"].files.own["CallManager"].certificate
    assert certificate.issuer_name.common_name == "Issuing"
    assert certificate.not_after - certificate.not_before == timedelta(days=90)
    assert "key_cert_sign" not in (extensions_of(certificate).key_usages or ())
    story = tell(twin)
    (signed,) = story.told("csr_signed")
    assert signed.data["authority"] == "issuing"
    assert signed.data["serial"] == certificate.serial_bytes.hex()
    texts = [row.data["text"] for row in story.told("step")]
    assert texts == [
        "generate CSR of CallManager on pub",
        "issuing signs the CSR of CallManager",
        "upload root as CallManager-trust on pub",
        "upload issuing as CallManager-trust on pub",
        "upload CallManager on pub",
    ]


@pytest.mark.parametrize(
    "step",
    [
        {"generate_csr": CALLMANAGER},
        {"upload_identity": CALLMANAGER},
        {"upload_trust": {"node": "pub", "unit": "tomcat-trust", "authority": "root"}},
    ],
)
def test_a_node_that_is_down_takes_nothing(make: Callable[..., Twin], step: dict[str, Any]) -> None:
    """Requests and uploads need the node."""
    twin = make()
    assert outcomes(twin, {"node": {"node": "pub", "up": False}}, step)[1] == "pub is down"


def test_a_future_ca_is_refused(make: Callable[..., Twin]) -> None:
    """A CA whose certificate begins tomorrow is not trusted today, but tomorrow."""
    twin = make()
    upload = {"upload_trust": {"node": "sub", "unit": "TVS-trust", "authority": "rsa"}}
    assert outcomes(twin, upload, {"advance": {"for": "1d"}}, upload) == [
        "'RSA' is not yet valid",
        "done",
        "done",
    ]


def test_a_file_of_ones_own(
    make: Callable[..., Twin], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step by hand reads its file from the current folder; bytes decide what it is."""
    monkeypatch.chdir(tmp_path)
    twin = make()
    other = make(seed=7).cluster.authorities.get("issuing")
    (tmp_path / "chain.p7b").write_bytes(write(other.chain, FileFormat.PKCS7_DER))
    (tmp_path / "note.txt").write_text("not a certificate")

    def upload(file: str) -> dict[str, Any]:
        return {"upload_trust": {"node": "pub", "unit": "tomcat-trust", "file": file}}

    assert outcomes(twin, upload("chain.p7b"), upload("note.txt")) == [
        "done",
        "neither PEM nor DER: no certificate in this file",
    ]
    store = twin.cluster.nodes["pub"].files.store("tomcat-trust")
    assert all(certificate in store for certificate in other.chain)
    with pytest.raises(ActionError, match="cannot be read"):
        twin.do(upload("gone.pem"))
    assert (
        "no certificate signing request"
        in twin.do({"upload_identity": CALLMANAGER | {"file": "chain.p7b"}}).message
    )


def test_a_run_with_a_ca_is_the_same_twice(make: Callable[..., Twin]) -> None:
    """Requests, signatures and shared certificates leave the journal to the seed alone."""

    def fingerprint(seed: int) -> str:
        twin = make(seed=seed, release="14")
        shared = CALLMANAGER | {"distribution": "multi_server"}
        ecdsa = {"node": "sub", "unit": "tomcat-ECDSA"}
        done = outcomes(
            twin,
            {"generate_csr": shared},
            {"sign_csr": CALLMANAGER | {"authority": "root"}},
            {"upload_trust": {"node": "pub", "unit": "CallManager-trust", "authority": "root"}},
            {"upload_identity": CALLMANAGER},
            {"generate_csr": ecdsa},
            {"sign_csr": ecdsa | {"authority": "root"}},
            {"upload_trust": {"node": "sub", "unit": "tomcat-trust", "authority": "root"}},
            {"upload_identity": ecdsa},
            {"wait": {"until": "quiet", "at_most": "1h"}},
        )
        assert done == ["done"] * 9
        return twin.finish().fingerprint

    assert fingerprint(1) == fingerprint(1)
    assert fingerprint(1) != fingerprint(2)
