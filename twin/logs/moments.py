"""How the logs print a moment: five ways, all of them in UTC, none of them in a locale's words.

Knows: the twin's moments and their texts. A log that prints no date, no year or no milliseconds
loses them: what is read is the text.
Assumption: every node's clock runs in UTC; the seed's Expressway prints its local offset.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_DAY = f"(?:{'|'.join(_DAYS)})"
_MONTH = f"(?:{'|'.join(_MONTHS)})"
_CLOCK = "[0-9]{2}:[0-9]{2}:[0-9]{2}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A way to print a moment: its pattern, and the text of a moment (aware UTC)."""

    pattern: str
    write: Callable[[datetime], str]


def _clock(at: datetime) -> str:
    return f"{at.hour:02}:{at.minute:02}:{at.second:02}"


def _date(at: datetime) -> str:
    return f"{at.year:04}-{at.month:02}-{at.day:02}"


def _ms(at: datetime) -> str:
    return f"{at.microsecond // 1000:03}"


CLOCK = Stamp(_CLOCK + r"\.[0-9]{3}", lambda at: f"{_clock(at)}.{_ms(at)}")
"""`16:02:10.765`: SDL and TVS traces."""

COMMA = Stamp(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} {_CLOCK},[0-9]{{3}}",
    lambda at: f"{_date(at)} {_clock(at)},{_ms(at)}",
)
"""`2016-02-07 14:51:46,338`: the Java programs; an Expressway's UTCTime."""

WORDS = Stamp(
    rf"{_DAY} {_MONTH} [ 0-3][0-9] {_CLOCK} [0-9]{{4}}",
    lambda at: (
        f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day:2} {_clock(at)} {at.year:04}"
    ),
)
"""`Fri Mar 11 00:16:30 2016`: itlreset.log."""

SYSLOG = Stamp(
    rf"{_MONTH} [ 0-3][0-9] {_CLOCK}",
    lambda at: f"{_MONTHS[at.month - 1]} {at.day:2} {_clock(at)}",
)
"""`Jan 20 02:20:09`: syslog, RFC 3164."""

OFFSET = Stamp(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}[+-][0-9]{{2}}:[0-9]{{2}}",
    lambda at: f"{_date(at)}T{_clock(at)}+00:00",
)
"""`2016-03-15T22:27:33+01:00`: an Expressway's logs."""

_GMT = rf"{_MONTH} [ 0-3][0-9] {_CLOCK} [0-9]{{4}} GMT"
GMT_PATTERN = _GMT
"""`Sep 29 21:39:35 2015 GMT`: dates in a certificate as Python prints them."""


def write_gmt(iso: str) -> str:
    """The form above of a moment such as `2015-09-29T21:39:35Z`.

    Raises:
        ValueError: it is none.
    """
    at = datetime.fromisoformat(iso)
    if _iso(at) != iso:
        raise ValueError(iso)
    return f"{_MONTHS[at.month - 1]} {at.day:2} {_clock(at)} {at.year:04} GMT"


def read_gmt(text: str) -> str:
    """The inverse of `write_gmt`."""
    month, day, clock, year, _ = text.split()
    return f"{year}-{_MONTHS.index(month) + 1:02}-{int(day):02}T{clock}Z"


def _iso(at: datetime) -> str:
    return f"{_date(at)}T{_clock(at)}Z"
