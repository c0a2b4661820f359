from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from twin.cluster.twin import Twin
from twin.errors import ActionError
from twin.pki.bundles import read_pkcs12_certificate


def test_without_an_export_there_is_no_file() -> None:
    """Nobody gets the key by asking: the operator has to save it first."""
    twin = Twin("single-node-250")
    with pytest.raises(ActionError, match="export"):
        twin.itl_recovery_p12("secret")


def test_the_file_is_that_of_the_export(tmp_path: Path) -> None:
    """A key renewed since is not in the file of before; a remote reset goes by the file."""
    twin = Twin("single-node-250")
    old = twin.cluster.nodes["cucm"] if "cucm" in twin.cluster.nodes else twin.cluster.every_node[0]
    first = old.files.own["ITLRecovery"].certificate
    twin.do({"export_itl_recovery": None})
    twin.do({"regenerate": {"node": "pub", "unit": "ITLRecovery"}})
    assert read_pkcs12_certificate(twin.itl_recovery_p12("secret"), "secret") == first
    twin.do({"export_itl_recovery": None})
    assert read_pkcs12_certificate(twin.itl_recovery_p12("secret"), "secret") != first


@pytest.mark.openssl
def test_openssl_reads_the_export(openssl: str, tmp_path: Path) -> None:
    """The program finds certificate and key with the password, and the key belongs to it."""
    twin = Twin("single-node-250")
    twin.do({"export_itl_recovery": None})
    file = tmp_path / "ITLRecovery.p12"
    file.write_bytes(twin.itl_recovery_p12("secret"))

    def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([openssl, *arguments], input=stdin, capture_output=True, check=False)

    def read(what: str) -> bytes:
        return run("pkcs12", "-in", str(file), "-passin", "pass:secret", "-nodes", what).stdout

    of_key = run("pkey", "-pubout", stdin=read("-nocerts")).stdout
    of_certificate = run("x509", "-noout", "-pubkey", stdin=read("-nokeys")).stdout
    assert of_key == of_certificate
    assert of_key.startswith(b"-----BEGIN PUBLIC KEY")
    assert run("pkcs12", "-in", str(file), "-passin", "pass:wrong", "-nodes").returncode != 0


def test_the_key_is_not_in_the_journal() -> None:
    """Neither the export nor a reset with it leaves the key in a row."""
    twin = Twin("single-node-250")
    twin.do({"export_itl_recovery": None})
    twin.do({"itl_reset": {"key": "remote"}})
    exported = twin.cluster.settings.exported_recovery
    twin.finish()
    assert exported is not None
    assert twin.memory is not None
    text = json.dumps([row.data for row in twin.memory.nodes])
    assert len(twin.memory.nodes) > 2
    for line in exported.key.pem().decode().splitlines():
        assert line not in text
