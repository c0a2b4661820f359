"""The exceptions of the twin, and what a message must carry.

    Exception
      TwinError                 everything the twin raises on purpose
        InputError              the caller's input is wrong; carries every fault found
          ConfigError           a document (model, experiment, profile) is wrong
          LibraryError          a bundled name or a path does not exist
          ActionError           an operator action names something that is not there
        FormatError             malformed bytes; the only error a decoder raises
        SimulationError         our own bug: an invariant broke

This module knows how a fault is worded. It knows no document, no node and no certificate.
A rejected certificate is no exception at all: it is a journal record with its reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input, with the way out.

    `place` says where (file, line and field, or the action); `found` what stands there;
    `expected` what should; `nearest` the right word closest to the wrong one; `next_step`
    a whole sentence on where to read on.
    """

    place: str
    found: str
    expected: str = ""
    nearest: str | None = None
    next_step: str | None = None

    def __str__(self) -> str:
        text = f"{self.place}: {self.found}" if self.place else self.found
        if self.expected:
            text += f", expected {self.expected}"
        text += f"; did you mean {self.nearest!r}?" if self.nearest else "."
        return f"{text} {self.next_step}" if self.next_step else text


class TwinError(Exception):
    """Base of every exception the twin raises on purpose."""


class InputError(TwinError):
    """The caller's input is wrong. `faults` holds every fault found, in reading order."""

    def __init__(self, faults: Iterable[Fault] | Fault) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        if not self.faults:
            raise ValueError("an InputError needs at least one fault")
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class ConfigError(InputError):
    """A document is wrong: its syntax, a field, or a reference to something it lacks."""


class LibraryError(InputError):
    """A bundled name is unknown, or a path cannot be read."""


class ActionError(InputError):
    """An operator action names a node, unit, service or phone that is not there."""


class FormatError(TwinError):
    """Bytes that are not what they claim to be. Decoders raise nothing else."""


class SimulationError(TwinError):
    """An invariant of the simulation broke: a fault of the twin, not of its input."""
