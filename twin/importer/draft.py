"""The cluster as merged so far: what the parts of a merge hand on to each other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from twin.importer.evidence import CertificateFact, Place

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass
class DraftNode:
    """One server. `fqdn` is the common name of its certificates, "" while unknown."""

    name: str
    source: str
    fqdn: str = ""
    address: str = ""
    is_publisher: bool = False
    pkid: str = ""
    services: list[str] = field(default_factory=list)
    own: dict[str, CertificateFact] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The host's own name, in lower case."""
        return host_label(self.name)


@dataclass
class Draft:
    """The nodes, and how a file's name or a certificate's tells whose it is."""

    nodes: list[DraftNode] = field(default_factory=list)

    @property
    def publisher(self) -> DraftNode:
        """The publisher; the first node while none is known."""
        return next((node for node in self.nodes if node.is_publisher), self.nodes[0])

    def named(self, name: str) -> DraftNode | None:
        """The node of a host name, a full name or an address."""
        if not name:
            return None
        label = host_label(name)
        return next(
            (node for node in self.nodes if node.label == label or name == node.address), None
        )

    def of_common_name(self, name: str) -> DraftNode | None:
        """The node an own certificate's common name belongs to.

        Source: cucm-pki-behaviour 1.1: host or full name, HOST-EC, ITLRECOVERY_HOST; CAPF-... is
        the publisher's.
        """
        if name.startswith("CAPF-"):
            return self.publisher if self.nodes else None
        plain = name.removeprefix("ITLRECOVERY_")
        found = self.named(plain)
        if found is None and (short := re.sub(r"-(EC|ms)(?=\.|$)", "", plain)) != plain:
            found = self.named(short)
        return found

    def of_place(self, place: Place) -> DraftNode | None:
        """The node a path names: in a folder's or the file's name, the longest name first."""
        words = [part.lower() for part in re.split(r"[/_ ]+", place.file)]
        words += [part.lower() for part in re.split(r"[/_ .]+", place.file)]
        for node in sorted(self.nodes, key=lambda node: -len(node.name)):
            if node.label in words or node.name.lower() in words:
                return node
        return None


def host_label(name: str) -> str:
    """The first label of a host name in lower case; an address as it is."""
    return name if is_address(name) else name.partition(".")[0].lower()


def is_address(name: str) -> bool:
    """Whether a text is an IPv4 address."""
    parts = name.split(".")
    return len(parts) == 4 and all(
        re.fullmatch(r"0|[1-9]\d{0,2}", part) is not None and int(part) <= 255 for part in parts
    )


def as_name(text: str, taken: Iterable[str] = ()) -> str:
    """A word a model may use as a name, told apart from those already taken."""
    name = _NOT_IN_NAMES.sub("-", text).strip("-._")[:36] or "unnamed"
    others, number, unique = set(taken), 2, name
    while unique in others:
        unique, number = f"{name}-{number}", number + 1
    return unique
