"""512-bit RSA keys, as LSCs of old phones had them.

The one maintained library that still makes them, pyOpenSSL, does so of its own randomness. Here
the primes are sought from bytes that belong to the key's number, so a key is the same on every
machine. Nobody should protect anything with a key of 512 bits. This is the only place that makes
them. Source: seed (an LSC's size varies between 512, 1024 and 2048 bits).
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from itertools import count

from cryptography.hazmat.primitives.asymmetric import rsa

from twin.pki.keys import PUBLIC_EXPONENT, BankKey, KeyBank

SHORT_BITS = 512
_ROUNDS = 24


class ShortKeys(KeyBank):
    """A bank of 512-bit keys only; nothing is kept on disk."""

    def __init__(self) -> None:
        super().__init__(None)

    def rsa(self, bits: int, index: int) -> rsa.RSAPrivateKey:
        """Key `index` (0 and up).

        Raises:
            ValueError: another size than 512 bits, or a negative index.
        """
        if bits != SHORT_BITS or index < 0:
            raise ValueError(f"no short RSA key ({bits} bits, index {index})")
        return _key(index)


def short_key(index: int) -> BankKey:
    """A handle on a 512-bit key."""
    return BankKey(ShortKeys(), SHORT_BITS, index)


@lru_cache(maxsize=64)
def _key(index: int) -> rsa.RSAPrivateKey:
    p, q = _prime(f"{index} p"), _prime(f"{index} q")
    d = pow(PUBLIC_EXPONENT, -1, math.lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(PUBLIC_EXPONENT, p * q)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), rsa.rsa_crt_iqmp(p, q), public
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _prime(name: str) -> int:
    """A prime of 256 bits whose two highest bits are set, found from a name."""
    for salt in count():
        octets = hashlib.sha256(f"short key {name} {salt}".encode()).digest()
        candidate = int.from_bytes(octets, "big") | 3 << 254 | 1
        if math.gcd(candidate - 1, PUBLIC_EXPONENT) == 1 and _is_prime(candidate):
            return candidate
    raise AssertionError("count() ends never")


def _is_prime(number: int) -> bool:
    """Miller and Rabin with fixed bases."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in range(2, 2 + _ROUNDS):
        x = pow(base, odd, number)
        if x in (1, number - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % number
            if x == number - 1:
                break
        else:
            return False
    return True
