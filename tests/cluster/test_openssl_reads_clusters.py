"""The openssl program reads what whole clusters and whole procedures make."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twin.cluster.twin import Twin
from twin.pki.bundles import FileFormat, write
from twin.pki.certificates import Certificate

pytestmark = pytest.mark.openssl
RELEASES = ("8.6", "9.1", "10.5", "11.5", "12.5", "14", "15")


@pytest.fixture
def verify(openssl: str, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Verify certificates at the twin's time against trusted ones, all in one call."""

    def run(
        twin: Twin, certificates: list[Certificate], trusted: list[Certificate]
    ) -> subprocess.CompletedProcess[bytes]:
        files = []
        for number, certificate in enumerate(certificates):
            files.append(tmp_path / f"{number}.pem")
            files[-1].write_bytes(certificate.pem)
        (tmp_path / "trusted.pem").write_bytes(b"".join(one.pem for one in trusted))
        at = str(int(twin.now.timestamp()) + 1)
        return subprocess.run(
            [
                openssl, "verify", "-check_ss_sig", "-auth_level", "0", "-attime", at,
                "-CAfile", tmp_path / "trusted.pem", *files,
            ],
            capture_output=True,
            check=False,
        )  # fmt: skip

    return run


@pytest.mark.parametrize("release", RELEASES)
def test_every_certificate_a_cluster_starts_with(
    make_twin: Callable[..., Twin], verify: Callable[..., Any], release: str
) -> None:
    """All own certificates of all nodes are in their dates and signed by their own keys."""
    twin = make_twin(release=release)
    own = [
        identity.certificate
        for node in twin.cluster.nodes.values()
        for identity in node.files.own.values()
    ]
    checked = verify(twin, own, own)
    assert checked.returncode == 0, checked.stderr.decode()
    assert checked.stdout.count(b": OK") == len(own)


@pytest.mark.parametrize("release", RELEASES)
def test_every_unit_signed_by_a_ca(
    make_twin: Callable[..., Twin],
    verify: Callable[..., Any],
    openssl: str,
    release: str,
) -> None:
    """Each unit's request is read, and its certificate is taken by the twin and by the program."""
    authorities = [
        {"name": "root", "subject": "CN=Root;O=E", "key_bits": 256},
        {"name": "issuing", "subject": "CN=Issuing;O=E", "issuer": "root", "key_bits": 2048},
    ]
    twin = make_twin(release=release, certificate_authorities=authorities)
    node = twin.cluster.nodes["pub"]
    units = [unit for unit in node.files.own if unit not in ("ITLRecovery", "authz")]
    for unit in units:
        place = {"node": "pub", "unit": unit}
        store = {"node": "pub", "unit": f"{unit.removesuffix('-ECDSA')}-trust"}
        assert twin.do({"generate_csr": place}).outcome == "done"
        asked = node.requests.outstanding[unit].request
        read = subprocess.run(
            [openssl, "req", "-noout", "-verify", "-subject"],
            input=asked.pem, capture_output=True, check=False,
        )  # fmt: skip
        assert read.returncode == 0, read.stderr.decode()
        for step in (
            {"sign_csr": place | {"authority": "issuing"}},
            {"upload_trust": store | {"authority": "root"}},
            {"upload_identity": place | {"format": "pkcs7_der"}},
        ):
            outcome = twin.do(step)
            assert outcome.outcome == "done", (unit, outcome.message)
    chain = twin.cluster.authorities.get("issuing").chain
    signed = [node.files.own[unit].certificate for unit in units]
    assert {certificate.issuer_name.common_name for certificate in signed} == {"Issuing"}
    checked = verify(twin, signed, list(chain))
    assert checked.returncode == 0, checked.stderr.decode()
    bundle = write([signed[0], *chain], FileFormat.PKCS7_DER)
    printed = subprocess.run(
        [openssl, "pkcs7", "-inform", "DER", "-print_certs", "-noout"],
        input=bundle, capture_output=True, check=False,
    )  # fmt: skip
    assert printed.stdout.count(b"subject=") == 3
