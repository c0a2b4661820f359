"""Private keys: the bank they come from, their order in a run, and signing.

RSA keys are slow to make and cannot be seeded, so they are made once and kept; a run names
them by (size, position) and never by their bytes. EC keys follow from bytes of the seed and need
no bank. Nothing here writes a key to a log, and a key's repr shows no number of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cached_property
from pathlib import Path

import platformdirs
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)

from twin.errors import FormatError

RSA_BITS = (1024, 2048, 3072, 4096)
"""Key sizes the bank holds. Source: key sizes of the product by release."""

PUBLIC_EXPONENT = 65537

CURVES: Mapping[int, type[ec.EllipticCurve]] = {
    256: ec.SECP256R1,
    384: ec.SECP384R1,
    521: ec.SECP521R1,
}
"""Curves by the key size the product asks for. Source: Security Guide for CUCM 15."""

CURVE_HASHES: Mapping[int, str] = {256: "sha256", 384: "sha384", 521: "sha512"}
"""The weakest hash a curve goes with. Source: Security Guide for CUCM 15: at least as strong as
the key."""

EC_SEED_BYTES = 32
"""Fewest bytes an EC key is made from."""

HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}

RawKey = RSAPrivateKey | ec.EllipticCurvePrivateKey
RawPublicKey = RSAPublicKey | ec.EllipticCurvePublicKey


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

    def key(self, bits: int, index: int) -> BankKey:
        """Return a handle on key `index` of `bits`; nothing is made or read before its use."""
        return BankKey(self, bits, index)

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


class PrivateKey(ABC):
    """A private key, RSA or EC, by what the rest of the room asks of one.

    `bits` is the RSA modulus size or the EC curve size.
    """

    bits: int

    @property
    @abstractmethod
    def raw(self) -> RawKey:
        """The key object of the cryptography library."""

    @property
    def is_rsa(self) -> bool:
        """Whether it is an RSA key, which alone can sign trust lists."""
        return self.bits in RSA_BITS

    @property
    def public_key(self) -> RawPublicKey:
        """The public half."""
        return self.raw.public_key()

    def sign(self, data: bytes, hash_name: str) -> bytes:
        """Return the signature over `data`: RSA PKCS #1 v1.5, or ECDSA without chance (RFC 6979).

        Args:
            hash_name: "sha1", "sha256", "sha384" or "sha512".
        """
        algorithm, key = HASHES[hash_name], self.raw
        if isinstance(key, RSAPrivateKey):
            return key.sign(data, padding.PKCS1v15(), algorithm)
        return key.sign(data, ec.ECDSA(algorithm, deterministic_signing=True))

    def pem(self) -> bytes:
        """Return the key as unencrypted PKCS #8 PEM, for an export the user asked for."""
        return self.raw.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


class BankKey(PrivateKey):
    """A handle on one RSA key of a bank; the key itself is read or made at the first use."""

    def __init__(self, bank: KeyBank, bits: int, index: int) -> None:
        self._bank = bank
        self.bits = bits
        self.index = index

    def __repr__(self) -> str:
        return f"BankKey(bits={self.bits}, index={self.index})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BankKey):
            return NotImplemented
        return (self._bank, self.bits, self.index) == (other._bank, other.bits, other.index)

    def __hash__(self) -> int:
        return hash((self.bits, self.index))

    @property
    def raw(self) -> RSAPrivateKey:
        """The key object of the cryptography library."""
        return self._bank.rsa(self.bits, self.index)


class FileKey(PrivateKey):
    """A key that was made elsewhere and came in a file.

    Raises:
        ValueError: not an unencrypted PEM file of an RSA key or one on a curve.
    """

    def __init__(self, pem: bytes) -> None:
        try:
            # Whether its primes are primes is not proved: a box does not ask either, and for long
            # keys it takes seconds.
            key = serialization.load_pem_private_key(
                pem, password=None, unsafe_skip_rsa_key_validation=True
            )
        except TypeError as error:
            raise ValueError(str(error)) from None
        if not isinstance(key, RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise ValueError("neither an RSA key nor one on a curve")
        self._raw: RawKey = key
        self.bits = key.key_size

    def __repr__(self) -> str:
        return f"FileKey(bits={self.bits})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileKey):
            return NotImplemented
        return self.public_key == other.public_key

    def __hash__(self) -> int:
        return hash((self.bits, self.public_key.public_numbers()))

    @property
    def is_rsa(self) -> bool:
        """Whether it is an RSA key."""
        return isinstance(self._raw, RSAPrivateKey)

    @property
    def raw(self) -> RawKey:
        """The key object of the cryptography library."""
        return self._raw


class ECKey(PrivateKey):
    """An EC key that follows from bytes: the same bytes, the same key.

    Args:
        bits: 256, 384 or 521.
        octets: at least EC_SEED_BYTES.

    Raises:
        ValueError: another curve, or too few bytes.
    """

    def __init__(self, bits: int, octets: bytes) -> None:
        if bits not in CURVES or len(octets) < EC_SEED_BYTES:
            raise ValueError(f"no EC key ({bits} bits from {len(octets)} bytes)")
        self.bits = bits
        self._octets = octets

    def __repr__(self) -> str:
        return f"ECKey(bits={self.bits})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ECKey):
            return NotImplemented
        return (self.bits, self._octets) == (other.bits, other._octets)

    def __hash__(self) -> int:
        return hash((self.bits, self._octets))

    @cached_property
    def raw(self) -> ec.EllipticCurvePrivateKey:
        """The key object of the cryptography library."""
        curve = CURVES[self.bits]()
        # FIPS 186-5 A.2.1: 64 bits more than the curve needs, reduced into 1 .. n-1.
        stretched = hashlib.shake_256(self._octets).digest(self.bits // 8 + 9)
        secret = 1 + int.from_bytes(stretched, "big") % (curve.group_order - 1)
        return ec.derive_private_key(secret, curve)


class KeyRing:
    """Hands out the keys of a bank in order, each once: the same calls give the same keys."""

    def __init__(self, bank: KeyBank) -> None:
        self._bank = bank
        self._taken: dict[int, int] = {}

    def take(self, bits: int) -> BankKey:
        """Return the next unused key of `bits`; it is not read or made yet."""
        index = self._taken.get(bits, 0)
        self._taken[bits] = index + 1
        return self._bank.key(bits, index)

    def peek(self, bits: int) -> BankKey:
        """The key that `take` would return."""
        return self._bank.key(bits, self._taken.get(bits, 0))

    @property
    def taken(self) -> dict[int, int]:
        """How many keys of each size were handed out."""
        return dict(self._taken)
