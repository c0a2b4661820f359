from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.importer.conftest import Importer
from twin.errors import InputError, LibraryError
from twin.importer import folder as reading
from twin.importer.evidence import Grade
from twin.importer.importing import Imported, import_folder
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyBank, default_directory
from twin.pki.names import DistinguishedName
from twin.pki.profile import self_signed

PERFMON = (
    '"(PDH-CSV 4.0) (UTC)(0)","\\\\pub\\Cisco CallManager\\RegisteredHardwarePhones"\n'
    '"02/07/2016 22:00:00.000","7"\n'
)


def certificate(name: str = "pub.example.com", serial: int = 77) -> Certificate:
    """A certificate of a node."""
    key = KeyBank(default_directory()).key(1024, 0)
    subject = DistinguishedName.of(name, organization="Acme", country="CH")
    start = datetime(2020, 1, 1, tzinfo=UTC)
    return self_signed(subject, key, serial.to_bytes(2), start, 1825, "sha256", "CallManager")


def not_read(found: Imported) -> dict[str, str]:
    """Files that were not used, and why."""
    return {one.what: one.source for one in found.decisions if one.grade is Grade.NOT_READ}


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (
            "key.pem",
            "-----BEGIN PRIVATE KEY-----\nSECRET\n",
            "holds a private key: not read, remove",
        ),
        ("rsa.txt", b"x\n-----BEGIN RSA PRIVATE KEY-----\nSECRET", "holds a private key"),
        ("picture.png", b"\x89PNG\r\n\x00\x00", "a binary file of no known kind"),
        ("letter.txt", "Dear all,\nsee below.\n", "nothing the import knows"),
        ("none.txt", " \n", "empty"),
        ("status.txt", "admin:utils dbreplication runtimestate\nall fine\n", "not used"),
        ("half.pem", "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", "PEM"),
        ("der.cer", b"\x30\x03\x02\x01\x01", "not certificates in der"),
        ("users.txt", "admin:run sql select x from enduser\nuserid\n======\nme\n", "a table that"),
        ("bad.txt", "admin:show itl\nrubbish\n", "bad.txt:2: 'rubbish', expected"),
    ],
)
def test_a_file_that_is_not_used_is_listed(
    name: str, content: str | bytes, why: str, imported: Importer
) -> None:
    """Unknown, broken, binary and secret files stop nothing; the report says why."""
    found = imported({name: content})
    (reason,) = [text for file, text in not_read(found).items() if file.startswith(name)]
    assert why in reason
    assert "SECRET" not in found.text
    assert not any("SECRET" in str(one) for one in found.decisions)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_capture_is_read_in_the_encodings_of_terminals(encoding: str, imported: Importer) -> None:
    """UTF-8 with and without its mark, and UTF-16 as some programs log."""
    text = "admin:run sql select paramname,paramvalue from processconfig\r\n" + (
        "paramname           paramvalue\r\n"
        "=================== ==========\r\n"
        "ClusterSecurityMode 1\r\n"
    )
    assert "cluster_mode: mixed" in imported({"mode.txt": text.encode(encoding)}).text


@pytest.mark.parametrize("name", ["CallManager.pem", "CallManager/x.pem", "pub_CallManager.cer"])
@pytest.mark.parametrize("is_der", [False, True])
def test_a_certificate_file_has_its_unit_in_its_name(
    name: str, is_der: bool, imported: Importer
) -> None:
    """PEM and DER files, by the file's or the folder's name."""
    one = certificate()
    found = imported({name: one.der if is_der else one.pem}, release="11.5")
    assert "serial: '4d', not_before: 2020-01-01T00:00:00Z" in found.text
    assert "key_bits: {CallManager: 1024}" in found.text


def test_a_file_beyond_the_bounds_is_not_read(
    imported: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file larger than the bound is listed; more files than the bound are an error."""
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 300)
    found = imported({"large.txt": "admin:show itl\n" + "x" * 400})
    assert "at most 300 are read" in not_read(found)["large.txt"]
    monkeypatch.setattr(reading, "MAX_FILES", 1)
    with pytest.raises(InputError, match="more than 1 files"):
        imported({"a/b.txt": "x", "a/c.txt": "y"})


def test_links_are_not_followed(imported: Importer, tmp_path: Path) -> None:
    """A link out of the folder is no way to read another file."""
    (tmp_path / "outside.txt").write_text("Dear all")
    imported({})
    (tmp_path / "captures" / "link.txt").symlink_to(tmp_path / "outside.txt")
    (tmp_path / "captures" / "inner").symlink_to(tmp_path, target_is_directory=True)
    assert not_read(imported({})) == {}


def test_nothing_is_changed_or_written(sample: Path, tmp_path: Path) -> None:
    """An import reads the folder and returns a text."""
    before = {path: path.read_bytes() for path in sample.rglob("*") if path.is_file()}
    import_folder(sample, "mine")
    assert {path: path.read_bytes() for path in sample.rglob("*") if path.is_file()} == before
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """No folder, and a folder that names no node, are wrong input."""
    with pytest.raises(LibraryError, match="no such folder"):
        import_folder(tmp_path / "nowhere", "mine")
    with pytest.raises(InputError, match="names a node"):
        import_folder(tmp_path, "mine")
    with pytest.raises(InputError, match="release '7'"):
        import_folder(tmp_path, "mine", "7")


def test_a_perfmon_log_names_nodes_and_counts_phones(imported: Importer) -> None:
    """A log alone gives its nodes; beside another phone count it contradicts."""
    alone = imported({"registered.csv": PERFMON}, nodes=False)
    assert "name: pub" in alone.text
    phones = "Device Name,Device Pool,Device Type\nSEP001122334455,HQ,Cisco 8841\n"
    both = imported({"registered.csv": PERFMON, "phones.csv": phones}, nodes=False)
    told = [one for one in both.decisions if one.grade is Grade.CONTRADICTION]
    assert [(one.what, one.value) for one in told] == [("phones", "1")]
    assert "at most 7 registered at once" in told[0].source
