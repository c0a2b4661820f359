"""What phones tell: a line for each thing that happens to a phone.

Source: cucm-pki-behaviour 2.6 for "Trust List Update Failed" (administration guides of the 7800 and
8800 series) and "Host Not Found" (Cisco 117598). Assumption: the line around the words, "Trust List
Updated", and File Not Found; everything else is told in words of the twin's own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Any

from twin.kernel.journal import NodeEvent
from twin.logs.moments import COMMA
from twin.logs.shapes import Family, Shape
from twin.logs.templates import Kind
from twin.phones.lifecycle import (
    CAPFTrouble,
    ErasedLists,
    Event,
    FileKind,
    HTTPSOutcome,
    TVSAnswer,
    UnregisterCause,
)
from twin.phones.outcomes import unpack

SERVICE = "phone"

_HEAD = "{at:at} {node:word} "
_LISTS = ("CTL", "ITL")
_TAKEN = ("accepted_local", "accepted_tvs", "accepted_first_use")


def _checked(kind: str) -> Iterator[Shape]:
    event = f"{kind.lower()}_checked"
    yield Shape(
        event,
        (_HEAD + f"Trust List Update Failed ({kind}: {{reasons:words}})",),
        when={"outcome": "rejected"},
        hidden=("on",),
    )
    for outcome in _TAKEN:
        yield Shape(
            event,
            (_HEAD + f"Trust List Updated ({kind}: {outcome})",),
            when={"outcome": outcome},
            hidden=("reasons", "on"),
        )


PHONE = Family(
    "phone",
    (SERVICE,),
    "console.log",
    COMMA,
    said=_HEAD + "{text_said}",
    plain=_HEAD + "{text_plain:plain}",
    shapes=(
        *(shape for kind in _LISTS for shape in _checked(kind)),
        Shape(
            "https_checked", (_HEAD + "Host Not Found",), when={"outcome": "refused_unknown"},
            hidden=("on",),
        ),
    ),
    kinds={"words": Kind("[a-z_]+(?:, [a-z_]+)*", ", ".join, lambda text: text.split(", "))},
)  # fmt: skip

_NAMES: dict[str, type[IntEnum]] = {
    "file_requested": FileKind,
    "file_received": FileKind,
    "file_not_found": FileKind,
    "file_refused": FileKind,
    "file_failed": FileKind,
    "file_given_up": FileKind,
    "tvs_asked": FileKind,
    "tvs_answered": TVSAnswer,
    "https_checked": HTTPSOutcome,
    "unregistered": UnregisterCause,
    "restarted": UnregisterCause,
    "connection_lost": UnregisterCause,
    "fell_back": UnregisterCause,
    "capf_failed": CAPFTrouble,
    "capf_gave_up": CAPFTrouble,
    "lists_deleted": ErasedLists,
}
_KEYS: dict[type[IntEnum], str] = {
    FileKind: "file",
    TVSAnswer: "answer",
    HTTPSOutcome: "outcome",
    UnregisterCause: "cause",
    CAPFTrouble: "trouble",
    ErasedLists: "lists",
}
_CHECKED = (Event.CTL_CHECKED, Event.ITL_CHECKED, Event.CONFIG_CHECKED)


def phone_records(
    rows: Iterable[Sequence[int]],
    names: Sequence[str],
    nodes: Sequence[str],
    wanted: Container[str] | None = None,
) -> Iterator[NodeEvent]:
    """Phone events as records of the phones' own, for `files` and `Writer`.

    Args:
        rows: as in the journal: at_ms, phone, event, node, detail.
        names: of the phones, by number.
        nodes: names of the nodes, by number (the record `population` has them).
        wanted: only of these phones.
    """
    for at_ms, phone, event, node, detail in rows:
        name = names[phone]
        if wanted is not None and name not in wanted:
            continue
        data = _told(Event(event), int(detail))
        if 0 <= node < len(nodes):
            data["on"] = nodes[node]
        yield NodeEvent(int(at_ms), name, SERVICE, Event(event).name.lower(), "info", data)


def _told(event: Event, detail: int) -> dict[str, Any]:
    """What the detail of a row says, in words."""
    if event in _CHECKED:
        outcome, reasons = unpack(detail)
        return {"outcome": outcome.name.lower(), "reasons": reasons.words()}
    kind = _NAMES.get(event.name.lower())
    if kind is None:
        return {"detail": detail}
    known = {one.value: one.name.lower() for one in kind}
    return {_KEYS[kind]: known.get(detail, str(detail))}
