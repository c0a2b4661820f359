"""Exports: what lies where, that openssl reads it, and that keys stay put unless asked for."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import twin
from twin.errors import InputError
from twin.pki import signed_file, trust_list
from twin.pki.certificates import Certificate
from twin.study.export import export


def files(folder: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of the mixed-mode model as it starts."""
    out = tmp_path_factory.mktemp("export") / "out"
    phone = twin.Twin("mixed-mode-200").cluster.population.names[0]
    twin.export("mixed-mode-200", out, phones=[phone])
    return out


def test_the_manifest_lists_what_is_there(folder: Path) -> None:
    """Every file but the manifest itself is in it, with its size."""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [entry["path"] for entry in manifest["files"]] == [
        name for name in files(folder) if name != "manifest.json"
    ]
    for entry in manifest["files"]:
        assert (folder / entry["path"]).stat().st_size == entry["bytes"]


def test_no_private_key_is_written_unless_asked_for(folder: Path) -> None:
    """Without --keys nothing in the folder is a private key."""
    assert not [name for name in files(folder) if name.endswith(".key")]
    assert not any(b"PRIVATE KEY" in (folder / name).read_bytes() for name in files(folder))


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    """With keys, each fits its certificate, in a file nobody else reads."""
    twin.export("seed-lab", tmp_path / "out", keys=True)
    keys = [name for name in files(tmp_path / "out") if name.endswith(".key")]
    assert keys
    for name in keys:
        assert stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) == 0o600


def test_lists_and_configs_are_those_that_phones_are_served(folder: Path) -> None:
    """ITL, CTL and the signed configuration decode, and the exported CallManager signed them."""
    own = Certificate.from_pem((folder / "cucm-pub/own/CallManager.pem").read_bytes())
    itl = (folder / "cucm-pub/tftp/ITLFile.tlv").read_bytes()
    assert trust_list.verify_signature(itl, own) == ()
    assert trust_list.decode((folder / "cucm-pub/tftp/CTLFile.tlv").read_bytes()).records
    config = next((folder / "cucm-pub/tftp").glob("SEP*.cnf.xml.sgn")).read_bytes()
    assert signed_file.verify_signature(config, own) == ()


@pytest.mark.openssl
def test_openssl_reads_every_certificate(folder: Path, openssl: str) -> None:
    """Each PEM file of a node is a certificate to openssl, and the DER beside it is the same."""
    for name in files(folder):
        if not name.endswith(".pem"):
            continue
        path = folder / name
        read = subprocess.run(
            [openssl, "x509", "-in", str(path), "-outform", "DER"], capture_output=True, check=True
        )
        assert read.stdout == path.with_suffix(".der").read_bytes()


def test_an_export_after_an_experiment_has_what_it_left(tmp_path: Path) -> None:
    """After a renewal the CallManager certificate in the export is another one."""
    twin.export("seed-lab", tmp_path / "before")
    twin.export("seed-lab", tmp_path / "after", after="callmanager-regeneration")
    nodes = sorted(path.name for path in (tmp_path / "before").iterdir() if path.is_dir())
    changed = [
        node for node in nodes
        if (tmp_path / "before" / node / "own/CallManager.der").read_bytes()
        != (tmp_path / "after" / node / "own/CallManager.der").read_bytes()
    ]  # fmt: skip
    assert len(changed) == 1


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    """An existing folder with something in it is refused, and so is an unknown phone, at once."""
    (tmp_path / "mine").write_text("x")
    with pytest.raises(InputError) as refused:
        twin.export("seed-lab", tmp_path, phones=["SEP000000000000"])
    assert [fault.place for fault in refused.value.faults] == ["--out", "--phone"]
    assert files(tmp_path) == ["mine"]


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export, with keys, of the deployment with edge, presence and video."""
    out = tmp_path_factory.mktemp("export") / "edge"
    twin.export("collab-edge", out, keys=True)
    return out


def test_every_system_has_a_folder(edge: Path) -> None:
    """Nodes of both clusters, Expressways and other products, each with what it keeps."""
    there = set(files(edge))
    for name in ("imp-1/own/cup-xmpp.pem", "imp-2/own/cup.key", "expc1/server.pem",
                 "expe2/trusted-ca.pem", "conductor/server.key", "ts/server.pem"):  # fmt: skip
        assert name in there
    for store in ("imp-1/trust/cup-trust", "imp-1/trust/cup-xmpp-trust", "ts/trust"):
        assert any(name.startswith(f"{store}/") for name in there)


def test_keys_of_every_system_fit_and_are_for_their_owner_alone(edge: Path) -> None:
    """The key beside a certificate is that certificate's, in a file of mode 0600."""
    keys = [name for name in files(edge) if name.endswith(".key")]
    assert {name.split("/")[0] for name in keys} >= {"imp-1", "expc1", "conductor", "ts"}
    for name in keys:
        path = edge / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        public = load_pem_private_key(path.read_bytes(), None).public_key()
        beside = x509.load_pem_x509_certificates(path.with_suffix(".pem").read_bytes())[0]
        assert beside.public_key() == public


def test_what_waits_for_a_restart_stands_beside_what_is_in_use(tmp_path: Path) -> None:
    """An uploaded server certificate and the one that is still presented are two files."""
    live = twin.Twin("mra-lab")
    live.do({"expressway_csr": {"peer": "expc"}})
    live.do({"upload_expressway_server": {"peer": "expc", "authority": "enterprise-ca"}})
    export(live, tmp_path / "out")
    stored, active = ((tmp_path / "out/expc" / name).read_bytes()
                      for name in ("server.pem", "server-in-use.pem"))  # fmt: skip
    assert stored != active
