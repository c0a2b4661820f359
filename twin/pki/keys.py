"""Private keys: the bank they come from, their order in a run, and signing.

RSA keys are slow to make and cannot be seeded, so they are made once and kept; a run names
them by (size, position) and never by their bytes. Nothing here writes a key to a log, and a
key's repr shows its size and position only.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import platformdirs
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)

from twin.errors import FormatError

RSA_BITS = (1024, 2048, 3072, 4096)
"""Key sizes the bank holds. Source: key sizes of the product by release."""

PUBLIC_EXPONENT = 65537

HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha512": hashes.SHA512(),
}


def default_directory() -> Path:
    """Return the user's cache folder of the twin; the variable CUCM_TWIN_CACHE overrides it."""
    chosen = os.environ.get("CUCM_TWIN_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("cucm-twin")


class KeyBank:
    """RSA keys numbered from 0 within each size, made at need and kept for the next run.

    With a folder, key `index` of size `bits` is the file `rsa-<bits>/<index, 6 digits>.der`
    (PKCS #8, unencrypted, mode 0600, folder 0700). Processes that make the same key at the same
    time agree: the file is created whole and exclusively, and who comes second takes it.
    Without a folder the keys live as long as the bank.
    """

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory
        self._loaded: dict[tuple[int, int], RSAPrivateKey] = {}

    def __repr__(self) -> str:
        return f"KeyBank({self.directory!s})"

    def rsa(self, bits: int, index: int) -> RSAPrivateKey:
        """Return key `index` (0 and up) of `bits` (one of RSA_BITS), making it when missing.

        Raises:
            ValueError: a size the bank does not hold, or a negative index.
            FormatError: the bank's file is damaged; the message names it.
            OSError: the folder cannot be written.
        """
        if bits not in RSA_BITS or index < 0:
            raise ValueError(f"no RSA key ({bits} bits, index {index}); sizes are {RSA_BITS}")
        key = self._loaded.get((bits, index))
        if key is None:
            key = self._obtain(bits, index)
            key = self._loaded.setdefault((bits, index), key)
        return key

    def key(self, bits: int, index: int) -> PrivateKey:
        """Return a handle on key `index` of `bits`; nothing is made or read before its use."""
        return PrivateKey(self, bits, index)

    def ensure(
        self,
        counts: Mapping[int, int],
        progress: Callable[[int, int], None] | None = None,
        *,
        workers: int | None = None,
    ) -> int:
        """Make the missing ones of the first `counts[bits]` keys of each size, in threads.

        Args:
            counts: bits -> number of keys wanted.
            progress: called as (made, missing) in this thread, first with (0, missing), only
                when something is missing.
            workers: threads; the number of processors when None.

        Returns:
            How many keys were made.
        """
        missing = [
            (bits, index)
            for bits, count in sorted(counts.items())
            for index in range(count)
            if not self._is_present(bits, index)
        ]
        if not missing:
            return 0
        if progress is not None:
            progress(0, len(missing))
        with ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1) as pool:
            jobs = [pool.submit(self.rsa, bits, index) for bits, index in missing]
            try:
                for made, job in enumerate(as_completed(jobs), start=1):
                    job.result()
                    if progress is not None:
                        progress(made, len(missing))
            finally:
                pool.shutdown(cancel_futures=True)
        return len(missing)

    def _file(self, bits: int, index: int) -> Path:
        assert self.directory is not None
        return self.directory / f"rsa-{bits}" / f"{index:06d}.der"

    def _is_present(self, bits: int, index: int) -> bool:
        if (bits, index) in self._loaded:
            return True
        return self.directory is not None and self._file(bits, index).exists()

    def _obtain(self, bits: int, index: int) -> RSAPrivateKey:
        if self.directory is None:
            return generate_private_key(PUBLIC_EXPONENT, bits)
        file = self._file(bits, index)
        if not file.exists():
            _store(file, generate_private_key(PUBLIC_EXPONENT, bits))
        return _load(file, bits)


def _store(file: Path, key: RSAPrivateKey) -> None:
    """Create `file` whole and exclusively; when another process was first, its file stays."""
    file.parent.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.parent.mkdir(exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(prefix=".new-", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(
                key.private_bytes(
                    serialization.Encoding.DER,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, file)
    finally:
        os.unlink(temporary)


def _load(file: Path, bits: int) -> RSAPrivateKey:
    """Read one of the bank's own files; its numbers are not proved again, only its size."""
    try:
        key = serialization.load_der_private_key(
            file.read_bytes(), None, unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, TypeError) as error:
        raise FormatError(f"key bank file {file} is no private key ({error}); delete it") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size != bits:
        raise FormatError(f"key bank file {file} is not an RSA key of {bits} bits; delete it")
    return key


class PrivateKey:
    """A handle on one key of a bank; the key itself is read or made at the first use."""

    __slots__ = ("_bank", "bits", "index")

    def __init__(self, bank: KeyBank, bits: int, index: int) -> None:
        self._bank = bank
        self.bits = bits
        self.index = index

    def __repr__(self) -> str:
        return f"PrivateKey(bits={self.bits}, index={self.index})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PrivateKey):
            return NotImplemented
        return (self._bank, self.bits, self.index) == (other._bank, other.bits, other.index)

    def __hash__(self) -> int:
        return hash((self.bits, self.index))

    @property
    def rsa(self) -> RSAPrivateKey:
        """The key object of the cryptography library."""
        return self._bank.rsa(self.bits, self.index)

    @property
    def public_key(self) -> RSAPublicKey:
        """The public half."""
        return self.rsa.public_key()

    def sign(self, data: bytes, hash_name: str) -> bytes:
        """Return the RSA PKCS #1 v1.5 signature over `data`, `bits`/8 bytes long.

        Args:
            hash_name: "sha1", "sha256" or "sha512".
        """
        return self.rsa.sign(data, padding.PKCS1v15(), HASHES[hash_name])

    def pem(self) -> bytes:
        """Return the key as unencrypted PKCS #8 PEM, for an export the user asked for."""
        return self.rsa.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


class KeyRing:
    """Hands out the keys of a bank in order, each once: the same calls give the same keys."""

    def __init__(self, bank: KeyBank) -> None:
        self._bank = bank
        self._taken: dict[int, int] = {}

    def take(self, bits: int) -> PrivateKey:
        """Return the next unused key of `bits`; it is not read or made yet."""
        index = self._taken.get(bits, 0)
        self._taken[bits] = index + 1
        return self._bank.key(bits, index)

    @property
    def taken(self) -> dict[int, int]:
        """How many keys of each size were handed out."""
        return dict(self._taken)
