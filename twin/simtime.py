"""Simulated time: integer milliseconds since the start of a scenario, and their wording.

Nothing here reads a clock. A duration is a count of milliseconds; an instant is a count of
milliseconds since an `Epoch`, the aware UTC moment at which a scenario starts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches

from twin.errors import Fault, InputError

UNIT_MS: dict[str, int] = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}
"""Milliseconds in each unit. A year has 365 days, as in a certificate's validity period."""

MAX_DURATION_MS = 200 * UNIT_MS["y"]
"""Two hundred years; a longer duration is taken for a slip."""

_SYNONYMS = {
    "msec": "ms", "millisecond": "ms", "milliseconds": "ms",
    "sec": "s", "secs": "s", "second": "s", "seconds": "s",
    "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
    "day": "d", "days": "d", "week": "w", "weeks": "w", "year": "y", "years": "y",
}  # fmt: skip
_ALLOWED = "a duration such as '2h', '90 s', '250ms' or '1h 30m' (units ms, s, m, h, d, w, y)"
_PART = re.compile(r"\s*(\d{1,18}(?:\.\d{1,9})?)\s*([A-Za-zµ]+)\s*")
_EPOCH_STEP = timedelta(milliseconds=1)


def duration_ms(value: str | int, place: str = "") -> int:
    """Turn a duration into milliseconds.

    Args:
        value: Text such as "1h30m", "90 s" or "250ms"; or an int, which is milliseconds.
        place: Where the value stands, for the message.

    Raises:
        InputError: The text is no duration, its unit is unknown, or it is no whole count of
            milliseconds from 0 to 200 years.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise _fault(place, f"{value!r} is no duration")
    total = value if isinstance(value, int) else _parse(value, place)
    if not 0 <= total <= MAX_DURATION_MS:
        raise _fault(place, f"{value!r} is out of range", "a duration from 0 ms to 200 years")
    return total


def _parse(text: str, place: str) -> int:
    total = Decimal(0)
    at = 0
    while at < len(text) and (match := _PART.match(text, at)):
        count, word = match.groups()
        unit = _SYNONYMS.get(word.lower(), word)
        if unit not in UNIT_MS:
            nearest = get_close_matches(word.lower(), [*UNIT_MS, *_SYNONYMS], n=1, cutoff=0.5)
            raise _fault(
                place,
                f"unknown unit {word!r} in {text!r}",
                "one of ms, s, m, h, d, w, y",
                nearest[0] if nearest else None,
            )
        total += Decimal(count) * UNIT_MS[unit]
        at = match.end()
    if at == 0 or at != len(text):
        found = f"the number {text!r} has no unit" if _is_number(text) else f"{text!r}"
        raise _fault(place, found)
    if total != int(total):
        raise _fault(place, f"{text!r}", "a whole number of milliseconds")
    return int(total)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*\d+(\.\d+)?\s*", text) is not None


def _fault(
    place: str, found: str, expected: str = _ALLOWED, nearest: str | None = None
) -> InputError:
    return InputError(Fault(place, found, expected, nearest))


def format_ms(duration: int) -> str:
    """Word a duration of `duration` milliseconds, e.g. "1h 30m"; `duration_ms` reads it back."""
    if duration == 0:
        return "0s"
    sign, rest = ("-", -duration) if duration < 0 else ("", duration)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, UNIT_MS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return sign + " ".join(parts)


@dataclass(frozen=True, slots=True)
class Epoch:
    """The aware moment at which a scenario starts: instant 0. Kept in UTC, whole milliseconds."""

    start: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError(f"an epoch needs a time zone, found {self.start!r}")
        start = self.start.astimezone(UTC)
        object.__setattr__(self, "start", start - timedelta(microseconds=start.microsecond % 1000))

    def at(self, at_ms: int) -> datetime:
        """The aware UTC moment `at_ms` milliseconds after the start.

        Raises:
            InputError: The moment lies outside the years 1 to 9999.
        """
        try:
            return self.start + timedelta(milliseconds=at_ms)
        except OverflowError:
            found = f"{format_ms(at_ms)} after {self.start:%Y-%m-%d}"
            raise InputError(Fault("", found, "a moment before the year 10000")) from None

    def ms(self, moment: datetime) -> int:
        """Milliseconds from the start to an aware `moment`, rounded down; negative before it."""
        if moment.tzinfo is None:
            raise ValueError(f"a moment needs a time zone, found {moment!r}")
        return (moment - self.start) // _EPOCH_STEP

    def iso(self, at_ms: int) -> str:
        """The instant as text, e.g. "2016-02-07T22:00:00.000Z"."""
        return self.at(at_ms).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
