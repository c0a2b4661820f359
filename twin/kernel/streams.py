"""Chance: a draw is a function of (root seed, entity, purpose, count), and of nothing else.

Knows: hashing, distributions. Must not know who draws or why. There is no generator with a state:
adding a node or a phone, or asking in another order, leaves every other draw as it was, and two
variants of a run share their random numbers.

The generator is splitmix64 in counter mode over a 64-bit key; keys come from BLAKE2b.
Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

MASK64 = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15
_M1 = 0xBF58476D1CE4E5B9
_M2 = 0x94D049BB133111EB
_TO_UNIT = 1.0 / (1 << 53)


def mix64(value: int) -> int:
    """Scramble a 64-bit number (the finaliser of splitmix64)."""
    value = (value + GAMMA) & MASK64
    value = ((value ^ (value >> 30)) * _M1) & MASK64
    value = ((value ^ (value >> 27)) * _M2) & MASK64
    return value ^ (value >> 31)


def _mix64_array(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        values = values + np.uint64(GAMMA)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(_M1)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(_M2)
        return values ^ (values >> np.uint64(31))


def key64(*parts: object) -> int:
    """A 64-bit key from any words and numbers."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Law:
    """A distribution in the unit its results are wanted in.

    `centre` is the median of a lognormal, the mean of an exponential, the mode of a triangular, the
    value of a fixed, the probability of a Bernoulli law. `low` and `high` bound what is drawn.
    """

    kind: str
    centre: float
    low: float
    high: float
    sigma: float = 0.0

    def at(self, u: float, v: float) -> float:
        """The value at two uniforms in (0, 1); only the lognormal law looks at the second."""
        return float(self.over(np.array([u]), np.array([v]))[0])

    def over(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
        """Vectorised `at`: arrays of one shape in, that shape out."""
        if self.kind in ("fixed", "deterministic"):
            return np.full(u.shape, self.centre)
        if self.kind == "uniform":
            return self.low + (self.high - self.low) * u
        if self.kind == "exponential":
            return -self.centre * np.log(u)
        if self.kind == "lognormal":
            # Box and Muller: one normal from two uniforms.
            normal = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * math.pi * v)
            return np.clip(self.centre * np.exp(self.sigma * normal), self.low, self.high)
        if self.kind == "triangular":
            return self._triangular(u)
        if self.kind == "bernoulli":
            return (u < self.centre).astype(np.float64)
        raise ValueError(f"unknown distribution {self.kind!r}")

    def _triangular(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        width = self.high - self.low
        if width <= 0:
            return np.full(u.shape, self.centre)
        cut = (self.centre - self.low) / width
        left = self.low + np.sqrt(u * width * (self.centre - self.low))
        right = self.high - np.sqrt((1 - u) * width * (self.high - self.centre))
        return np.where(u < cut, left, right)


class Streams:
    """All chance of one run, from one root seed (any integer)."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._counts: dict[tuple[str, str], int] = {}

    def key(self, entity: str, purpose: str) -> int:
        """The 64-bit key of a named stream."""
        return key64(self.seed, entity, purpose)

    def uniform(self, entity: str, purpose: str, count: int) -> float:
        """The `count`-th uniform in (0, 1) of a named stream."""
        return _unit(mix64(self.key(entity, purpose) + count * GAMMA))

    def draw(self, law: Law, entity: str, purpose: str, count: int | None = None) -> float:
        """One value of a law for an entity; without `count`, the next one of that stream."""
        if count is None:
            count = self._counts.get((entity, purpose), 0)
            self._counts[entity, purpose] = count + 1
        return law.at(
            self.uniform(entity, purpose, 2 * count), self.uniform(entity, purpose, 2 * count + 1)
        )

    def block(self, law: Law, entity: str, purpose: str, number: int, size: int) -> list[float]:
        """Values number*size up to (number+1)*size of a stream, drawn at once."""
        n = np.arange(2 * number * size, 2 * (number + 1) * size, dtype=np.uint64)
        with np.errstate(over="ignore"):
            raw = _mix64_array(np.uint64(self.key(entity, purpose)) + n * np.uint64(GAMMA))
        unit = _units(raw)
        values: list[float] = law.over(unit[0::2], unit[1::2]).tolist()
        return values

    def octets(self, size: int, *name: object) -> bytes:
        """`size` bytes (at most 64) that belong to a name: serials, identifiers."""
        text = "\x1f".join(str(part) for part in (self.seed, *name))
        return hashlib.blake2b(text.encode(), digest_size=size).digest()

    def uuid(self, *name: object) -> str:
        """An identifier in the shape of a pkid."""
        text = self.octets(16, "uuid", *name).hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class PhoneStreams:
    """Draws for a whole population at once, keyed by each phone's name.

    Args:
        names: phone names in population order; a draw depends on the name, not on the order.
    """

    def __init__(self, streams: Streams, names: Sequence[str]) -> None:
        self._streams = streams
        self._keys = np.array([key64("phone", name) for name in names], dtype=np.uint64)

    def integers(self, law: Law, purpose: str, count: int) -> array[int]:
        """One whole number per phone (rounded): its `count`-th draw for a purpose."""
        values = np.rint(self.values(law, purpose, count)).astype(np.int32)
        return array("i", values.tobytes())

    def values(self, law: Law, purpose: str, count: int) -> NDArray[np.float64]:
        """One value per phone, shape (phones,)."""
        purpose_key = np.uint64(self._streams.key("phones", purpose))
        with np.errstate(over="ignore"):
            base = self._keys ^ (purpose_key + np.uint64(2 * count & MASK64) * np.uint64(GAMMA))
            first = _mix64_array(_mix64_array(base))
            second = _mix64_array(first ^ purpose_key)
        return law.over(_units(first), _units(second))


def _unit(value: int) -> float:
    return ((value >> 11) + 0.5) * _TO_UNIT


def _units(values: NDArray[np.uint64]) -> NDArray[np.float64]:
    return ((values >> np.uint64(11)).astype(np.float64) + 0.5) * _TO_UNIT
