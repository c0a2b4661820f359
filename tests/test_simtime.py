"""Durations and instants: parsing, wording and the scenario's epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.simtime import MAX_DURATION_MS, Epoch, duration_ms, format_ms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", 7_200_000),
        ("90 s", 90_000),
        ("250ms", 250),
        ("1h30m", 5_400_000),
        ("1h 30m", 5_400_000),
        ("1 hour 30 minutes", 5_400_000),
        ("5y", 5 * 365 * 86_400_000),
        ("1.5 h", 5_400_000),
        ("0.001s", 1),
        ("2 weeks", 14 * 86_400_000),
        ("0s", 0),
    ],
)
def test_a_duration_is_read_with_its_units(text: str, expected: int) -> None:
    """Numbers with units add up to milliseconds; spaces and long unit names are accepted."""
    assert duration_ms(text) == expected


def test_a_whole_number_is_milliseconds() -> None:
    """In Python a duration may be given as milliseconds."""
    assert duration_ms(1500) == 1500


@pytest.mark.parametrize(
    "text", ["", " ", "h", "2", "-1h", "1h-", "1,5h", "2h30", "1e3s", "0.5ms", "300y", "½h"]
)
def test_a_text_that_is_no_duration_is_refused(text: str) -> None:
    """A missing number, a missing unit, a sign or a fraction of a millisecond is an error."""
    with pytest.raises(InputError):
        duration_ms(text)


@pytest.mark.parametrize("value", [True, -1, MAX_DURATION_MS + 1, 1.5, None])
def test_a_value_that_is_no_count_of_milliseconds_is_refused(value: object) -> None:
    """Only whole numbers from 0 to 200 years count as milliseconds."""
    with pytest.raises(InputError):
        duration_ms(value)  # type: ignore[arg-type]  # the point of the test


def test_a_wrong_unit_names_the_allowed_and_the_nearest() -> None:
    """The message lists the units and suggests one."""
    with pytest.raises(InputError) as caught:
        duration_ms("3 hurs", "steps[0].wait.at_most")
    assert str(caught.value) == (
        "steps[0].wait.at_most: unknown unit 'hurs' in '3 hurs', "
        "expected one of ms, s, m, h, d, w, y; did you mean 'hours'?"
    )


def test_a_number_without_a_unit_is_named_as_such() -> None:
    """The message says that the unit is missing."""
    with pytest.raises(InputError, match="has no unit"):
        duration_ms("90")


@given(st.integers(0, MAX_DURATION_MS))
def test_a_worded_duration_reads_back(duration: int) -> None:
    """`duration_ms` undoes `format_ms` for every duration."""
    assert duration_ms(format_ms(duration)) == duration


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (0, "0s"),
        (5_400_000, "1h 30m"),
        (61_001, "1m 1s 1ms"),
        (-1000, "-1s"),
        (90_000_000, "1d 1h"),
    ],
)
def test_a_duration_is_worded_in_its_largest_units(duration: int, expected: str) -> None:
    """Days, hours, minutes, seconds and milliseconds, empty ones left out."""
    assert format_ms(duration) == expected


def test_an_epoch_counts_from_its_start() -> None:
    """Instants and moments convert into each other."""
    epoch = Epoch(datetime(2016, 2, 7, 22, tzinfo=UTC))
    assert epoch.at(1500) == datetime(2016, 2, 7, 22, 0, 1, 500_000, tzinfo=UTC)
    assert epoch.ms(datetime(2016, 2, 8, tzinfo=UTC)) == 7_200_000
    assert epoch.ms(datetime(2016, 2, 7, tzinfo=UTC)) == -79_200_000
    assert epoch.iso(1500) == "2016-02-07T22:00:01.500Z"


@given(st.integers(-(10**12), 10**13))
def test_an_epoch_is_exact(at_ms: int) -> None:
    """No instant is lost or shifted on its way to a moment and back."""
    epoch = Epoch(datetime(2016, 2, 7, 22, tzinfo=UTC))
    assert epoch.ms(epoch.at(at_ms)) == at_ms


def test_an_epoch_in_another_zone_is_kept_in_utc() -> None:
    """The same moment gives the same epoch, whatever zone it is written in."""
    zone = timezone(timedelta(hours=5, minutes=30))
    epoch = Epoch(datetime(2016, 2, 8, 3, 30, tzinfo=zone))
    assert epoch == Epoch(datetime(2016, 2, 7, 22, tzinfo=UTC))
    assert epoch.iso(0) == "2016-02-07T22:00:00.000Z"


def test_an_epoch_has_whole_milliseconds() -> None:
    """Microseconds of the start are dropped, so that instants stay exact."""
    assert Epoch(datetime(2016, 1, 1, 0, 0, 0, 1999, tzinfo=UTC)).iso(0).endswith("00.001Z")


def test_a_moment_without_a_zone_is_refused() -> None:
    """A naive datetime is a mistake of the program, not of a document."""
    with pytest.raises(ValueError, match="time zone"):
        Epoch(datetime(2016, 1, 1))  # noqa: DTZ001  (the point of the test)
    with pytest.raises(ValueError, match="time zone"):
        Epoch(datetime(2016, 1, 1, tzinfo=UTC)).ms(datetime(2016, 1, 1))  # noqa: DTZ001


def test_an_instant_beyond_the_calendar_is_refused() -> None:
    """A jump past the year 9999 is an input error, not a crash."""
    with pytest.raises(InputError, match="year 10000"):
        Epoch(datetime(9990, 1, 1, tzinfo=UTC)).at(MAX_DURATION_MS)
