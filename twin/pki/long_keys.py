"""An RSA key of 8192 bits, longer than the bank's: made at once, of two published primes.

Seeking primes of that size takes half a minute, and such a key is only ever uploaded to show that
it is too long. Its primes are those of two Diffie-Hellman groups, found from the digits of pi and
of e, so the key is the same on every machine and no secret at all. This is the only place that
makes one.

Source: RFC 3526 5 (4096-bit MODP group), RFC 7919 A.3 (ffdhe4096).
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import rsa

from twin.pki.keys import PUBLIC_EXPONENT, BankKey, KeyBank

LONG_BITS = 8192
_HALF = LONG_BITS // 2
_DIGITS = _HALF - 130
"""Bits of the constant in a prime of `_HALF` bits; 64 at either end are ones. Source: both RFCs."""
_GUARD = 64
_PI_STEP, _E_STEP = 240_904, 5_736_041
"""What is added to the digits to come to a prime. Source: both RFCs."""


class LongKeys(KeyBank):
    """A bank of the one long key; nothing is kept on disk."""

    def __init__(self) -> None:
        super().__init__(None)

    def rsa(self, bits: int, index: int) -> rsa.RSAPrivateKey:
        """The key, whatever the index.

        Raises:
            ValueError: another size than 8192 bits, or a negative index.
        """
        if bits != LONG_BITS or index < 0:
            raise ValueError(f"no long RSA key ({bits} bits, index {index})")
        return _key()


class LongKey(BankKey):
    """A handle on the key."""

    def __init__(self) -> None:
        super().__init__(LongKeys(), LONG_BITS, 0)

    @property
    def is_rsa(self) -> bool:
        """Whether it is an RSA key, which its size alone does not tell."""
        return True


@lru_cache(maxsize=1)
def _key() -> rsa.RSAPrivateKey:
    first, second = _prime(_pi(), _PI_STEP), _prime(_e(), _E_STEP)
    p, q = max(first, second), min(first, second)
    d = pow(PUBLIC_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(PUBLIC_EXPONENT, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _prime(digits: int, step: int) -> int:
    return (1 << _HALF) - (1 << (_HALF - 64)) - 1 + ((digits + step) << 64)


def _e() -> int:
    """The digits of e: the sum of 1/k!."""
    total, term, k = 0, 1 << (_DIGITS + _GUARD), 1
    while term:
        total, term, k = total + term, term // k, k + 1
    return total >> _GUARD


def _pi() -> int:
    """The digits of pi by Machin's formula."""
    one = 1 << (_DIGITS + _GUARD)
    return 4 * (4 * _arc_tangent_of_inverse(5, one) - _arc_tangent_of_inverse(239, one)) >> _GUARD


def _arc_tangent_of_inverse(x: int, one: int) -> int:
    term = total = one // x
    divisor, sign = 3, -1
    while term:
        term //= x * x
        total += sign * (term // divisor)
        divisor, sign = divisor + 2, -sign
    return total
