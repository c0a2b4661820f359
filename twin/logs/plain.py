"""A record that no source shows a line of: in words of the twin's own, marked as such.

    twin.CertMgr.regenerated unit="TVS" serial="5ee1..." old_serial="63c8..."

Service, event, and each value as JSON: whatever a journal row holds can be written so, and reads
back as it was. The mark keeps it apart from every line of the product.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MARK = "twin."
PATTERN = r"twin\.\w.*"
"""What a plain text looks like, for the line around it."""

_HEAD = re.compile(r"twin\.(?P<service>[\w-]+)\.(?P<event>\w+)")
_KEY = re.compile(r" (\w+)=")


def write(service: str, event: str, data: Mapping[str, Any]) -> str:
    """The text of a record."""
    pairs = "".join(
        f" {key}={json.dumps(value, separators=(',', ':'))}" for key, value in sorted(data.items())
    )
    return f"{MARK}{service}.{event}{pairs}"


def read(text: str) -> tuple[str, str, dict[str, Any]] | None:
    """Service, event and data; None if it is no such text."""
    head = _HEAD.match(text)
    if head is None:
        return None
    data: dict[str, Any] = {}
    decoder = json.JSONDecoder()
    position = head.end()
    while position < len(text):
        key = _KEY.match(text, position)
        if key is None:
            return None
        try:
            data[key.group(1)], position = decoder.raw_decode(text, key.end())
        except (ValueError, RecursionError):
            return None
    return head["service"], head["event"], data
