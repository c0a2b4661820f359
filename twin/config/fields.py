"""What every document class shares: the frozen base and the field types.

A document class is frozen, refuses unknown fields and describes each field with its unit.
This module knows pydantic and simulated durations; it knows no particular document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    model_validator,
)

from twin.config.faults import Problem, as_line_error, carried_over, refusal
from twin.config.raw import plain
from twin.errors import InputError
from twin.simtime import duration_ms, format_ms


class Document(BaseModel):
    """Base of every class that a YAML document is read into."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        serialize_by_alias=True,
        protected_namespaces=(),
    )


class CheckedDocument(Document):
    """A document with checks across its fields, reported together with wrong fields."""

    @classmethod
    def problems_as_written(cls, data: Mapping[str, Any]) -> Iterable[Problem]:
        """What does not hang together in `data`, which may have any field missing or wrong."""
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _all_problems(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Report wrong fields and what does not hang together at once."""
        as_written = plain(data) if isinstance(data, Mapping) else {}
        crossed = [as_line_error(p, None) for p in cls.problems_as_written(as_written)]
        try:
            document = handler(data)
        except ValidationError as error:
            fields = [carried_over(details) for details in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(cls.__name__, [*fields, *crossed]) from None
        if crossed:
            raise ValidationError.from_exception_data(cls.__name__, crossed)
        return document


def _word(value: Any) -> Any:
    """Read 7841, 8.6 or 14 as the text it is written with: YAML takes them for numbers."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _duration(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value != 0:
        raise refusal(f"the number {value} has no unit", "a duration such as '2h' or '90 s'")
    try:
        return duration_ms(value)
    except InputError as error:
        fault = error.faults[0]
        raise refusal(fault.found, fault.expected, fault.nearest) from None


def _mac_name(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"SEP[0-9A-F]{12}", value):
        raise refusal(f"{value!r}", "a device name: SEP and twelve capital hex digits")
    return value


def _moment(value: Any) -> Any:
    if isinstance(value, str | datetime):
        return value
    raise refusal(f"{value!r}", "a moment with its time zone, e.g. 2016-02-07T22:00:00Z")


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_moment, json_schema_input_type=AwareDatetime),
    AfterValidator(_utc),
]
"""An aware moment, kept in UTC. A bare number would be taken for seconds since 1970."""

Duration = Annotated[
    int,
    BeforeValidator(_duration, json_schema_input_type=str),
    PlainSerializer(format_ms, return_type=str),
]
"""Milliseconds; written with units ("90 s", "1h 30m")."""

Word = Annotated[str, BeforeValidator(_word, json_schema_input_type=str | float)]
"""A short text that may look like a number (a release, a phone model)."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
"""A name others refer to: letters, digits, dot, underscore and hyphen, at most 63."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A name others refer to that may hold spaces."""

SubjectText = Annotated[str, StringConstraints(pattern=r"^[^;=\x00-\x1f]{1,64}$")]
"""The value of one part of a certificate subject, at most 64 characters (RFC 5280 A.1)."""

SubjectLine = Annotated[
    str,
    StringConstraints(
        pattern=r"^(CN|OU|O|L|ST|C|DC|serialNumber|emailAddress)=[^;=\x00-\x1f]{1,64}"
        r"(;(CN|OU|O|L|ST|C|DC|serialNumber|emailAddress)=[^;=\x00-\x1f]{1,64})*$"
    ),
]
"""A whole subject or issuer as the product prints it in trust lists: CN=..;OU=..;O=..;C=.."""

SerialText = Annotated[str, StringConstraints(pattern=r"^0{0,39}[1-9a-f][0-9a-f]{0,39}$")]
"""A certificate's serial number: lower-case hexadecimal digits, at most 20 bytes, not 0."""

DeviceName = Annotated[str, BeforeValidator(_mac_name)]
"""A phone's device name, e.g. SEP885A92D977CA."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
"""Prose for the reader."""

Pkid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]
"""A database row identifier as the product writes it."""
