"""Dates as the product's commands print them: `Sun Jul 08 13:05:19 BST 2018`.

Knows the form and the offsets of zone names. Does not know any clock.

Assumption: the offsets below; names that several zones share are read as India's IST and
America's CST. A reader says so where a date's zone is none of them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

EXAMPLE = "a date as Sun Jul 08 13:05:19 UTC 2018"

ZONE_HOURS: dict[str, float] = {
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3,
    "MSK": 3, "GST": 4, "IST": 5.5, "SGT": 8, "HKT": 8, "JST": 9, "AEST": 10, "AEDT": 11,
    "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "BRT": -3,
}  # fmt: skip
"""Offset of a zone's name from UTC, hours."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DATE = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\S{1,12}) (\d{4})"
)


def write(instant: datetime) -> str:
    """Return an aware instant as printed by a node whose zone is UTC."""
    utc = instant.astimezone(UTC)
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return f"{day} {month} {utc.day:02} {utc:%H:%M:%S} UTC {utc.year:04}"


def read(text: str) -> tuple[datetime, str] | None:
    """Return (instant in UTC, the zone's name) of a printed date; None if it is none.

    A zone that is not in `ZONE_HOURS` is taken as UTC.
    """
    match = _DATE.fullmatch(text.strip())
    if match is None or match[1] not in _MONTHS:
        return None
    month = _MONTHS.index(match[1]) + 1
    day, hour, minute, second = (int(number) for number in match.group(2, 3, 4, 5))
    zone = timezone(timedelta(hours=ZONE_HOURS.get(match[6], 0)))
    try:
        local = datetime(int(match[7]), month, day, hour, minute, second, tzinfo=zone)
        return local.astimezone(UTC), match[6]
    except (ValueError, OverflowError):
        return None
