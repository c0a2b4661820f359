from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from twin.errors import FormatError
from twin.pki import keys
from twin.pki.keys import KeyBank, KeyRing

_PRINT_KEY = """
import hashlib, sys
from pathlib import Path
from cryptography.hazmat.primitives import serialization as s
from twin.pki.keys import KeyBank
key = KeyBank(Path(sys.argv[1])).rsa(1024, 0).public_key()
print(hashlib.sha256(key.public_bytes(s.Encoding.DER, s.PublicFormat.PKCS1)).hexdigest())
"""


def modulus(bank: KeyBank, bits: int, index: int) -> int:
    """The number that tells one RSA key from another."""
    return bank.rsa(bits, index).public_key().public_numbers().n


def test_a_key_is_kept_for_the_next_bank(tmp_path: Path) -> None:
    """A second bank on the same folder gives the same key without making one."""
    first = modulus(KeyBank(tmp_path), 1024, 12)
    assert [file.name for file in (tmp_path / "rsa-1024").iterdir()] == ["000012.der"]
    assert modulus(KeyBank(tmp_path), 1024, 12) == first


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_only_the_owner_can_read_the_bank(tmp_path: Path) -> None:
    """Folders of the bank have mode 0700 and key files 0600."""
    KeyBank(tmp_path / "cache").rsa(1024, 0)
    folder = tmp_path / "cache" / "rsa-1024"
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "000000.der").stat().st_mode) == 0o600


def test_the_file_is_a_plain_pkcs8_key(tmp_path: Path) -> None:
    """A bank file is read by any tool that reads DER PKCS #8, with full validation."""
    bank = KeyBank(tmp_path)
    bank.rsa(1024, 0)
    data = (tmp_path / "rsa-1024" / "000000.der").read_bytes()
    key = serialization.load_der_private_key(data, None)
    assert key.public_key() == bank.rsa(1024, 0).public_key()


def test_ensure_makes_only_what_is_missing_and_reports(tmp_path: Path) -> None:
    """Progress counts the missing keys; a second call makes none and reports nothing."""
    bank = KeyBank(tmp_path)
    bank.rsa(1024, 1)
    seen: list[tuple[int, int]] = []
    assert bank.ensure({1024: 3}, lambda made, missing: seen.append((made, missing))) == 2
    assert seen == [(0, 2), (1, 2), (2, 2)]
    assert KeyBank(tmp_path).ensure({1024: 3}, lambda *_: pytest.fail("nothing to report")) == 0


def test_threads_agree_on_a_key(tmp_path: Path) -> None:
    """Threads and banks that ask for one key at the same moment all get one and the same."""
    banks = [KeyBank(tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda bank: modulus(bank, 1024, 0), banks))
    assert len(found) == 1
    assert [file.name for file in (tmp_path / "rsa-1024").iterdir()] == ["000000.der"]


def test_processes_agree_on_a_key(tmp_path: Path) -> None:
    """Processes that make one key at the same moment end up with the same file and key."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _PRINT_KEY, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=Path(keys.__file__).parents[2],
        )
        for _ in range(3)
    ]
    printed = {process.communicate(timeout=60)[0] for process in running}
    public = KeyBank(tmp_path).rsa(1024, 0).public_key()
    expected = hashlib.sha256(
        public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    ).hexdigest()
    assert [text.decode().strip() for text in printed] == [expected]


@pytest.mark.parametrize("content", [b"", b"rubbish", bytes(600)])
def test_a_damaged_bank_file_is_named(tmp_path: Path, content: bytes) -> None:
    """A bank file that is no key is a FormatError with the file's name and the way out."""
    (tmp_path / "rsa-1024").mkdir()
    (tmp_path / "rsa-1024" / "000000.der").write_bytes(content)
    with pytest.raises(FormatError, match=r"000000\.der.*delete it"):
        KeyBank(tmp_path).rsa(1024, 0)


def test_a_key_of_another_size_is_refused(tmp_path: Path, bank: KeyBank) -> None:
    """A 1024-bit key lying among the 2048-bit ones is not used."""
    (tmp_path / "rsa-2048").mkdir()
    (tmp_path / "rsa-2048" / "000000.der").write_bytes(
        bank.rsa(1024, 0).private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(FormatError, match="not an RSA key of 2048 bits"):
        KeyBank(tmp_path).rsa(2048, 0)


@pytest.mark.parametrize(("bits", "index"), [(512, 0), (1000, 0), (1024, -1)])
def test_the_bank_holds_known_sizes_only(bits: int, index: int) -> None:
    """A size the bank does not hold or a negative index is a ValueError."""
    with pytest.raises(ValueError, match="no RSA key"):
        KeyBank(None).rsa(bits, index)


def test_a_bank_without_folder_keeps_its_keys() -> None:
    """A bank in memory gives the same key for the same number, and another for another."""
    bank = KeyBank(None)
    assert bank.ensure({1024: 2}) == 2
    assert modulus(bank, 1024, 0) == modulus(bank, 1024, 0)
    assert modulus(bank, 1024, 0) != modulus(bank, 1024, 1)


def test_a_ring_hands_out_each_key_once_and_in_order(bank: KeyBank) -> None:
    """Two rings over one bank give the same keys for the same calls, sizes apart."""
    first, second = KeyRing(bank), KeyRing(bank)
    taken = [first.take(bits) for bits in (1024, 2048, 1024)]
    assert [second.take(bits) for bits in (1024, 2048, 1024)] == taken
    assert [(key.bits, key.index) for key in taken] == [(1024, 0), (2048, 0), (1024, 1)]
    assert first.taken == {1024: 2, 2048: 1}


def test_taking_a_key_makes_none(tmp_path: Path) -> None:
    """A key handed out but never used costs no generation."""
    KeyRing(KeyBank(tmp_path)).take(4096)
    assert not list(tmp_path.iterdir())


def test_nothing_of_a_key_shows_in_its_repr(bank: KeyBank) -> None:
    """The repr of a key names its size and position only."""
    assert repr(bank.key(1024, 0)) == "BankKey(bits=1024, index=0)"


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [("sha1", hashes.SHA1()), ("sha256", hashes.SHA256()), ("sha512", hashes.SHA512())],
)
def test_sign_is_pkcs1_v15(bank: KeyBank, name: str, algorithm: hashes.HashAlgorithm) -> None:
    """A signature verifies with the public half under the named hash."""
    key = bank.key(1024, 0)
    key.public_key.verify(key.sign(b"data", name), b"data", padding.PKCS1v15(), algorithm)


def test_pem_is_the_same_key(bank: KeyBank) -> None:
    """The exported PEM loads as the key it was taken from."""
    key = bank.key(1024, 0)
    loaded = serialization.load_pem_private_key(key.pem(), None)
    assert loaded.public_key() == key.public_key


def test_the_cache_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CUCM_TWIN_CACHE overrides the user's cache folder; empty means not set."""
    monkeypatch.setenv("CUCM_TWIN_CACHE", str(tmp_path))
    assert keys.default_directory() == tmp_path
    monkeypatch.setenv("CUCM_TWIN_CACHE", "")
    assert keys.default_directory().name == "cucm-twin"
