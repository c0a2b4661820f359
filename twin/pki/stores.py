"""A node's trust store of one unit (`CallManager-trust`, `tomcat-trust`, ...).

Knows file names, the rule for a second certificate of one name, and the hash links. Does not
know which certificates a node copies where, nor judges any certificate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from twin.pki.certificates import Certificate
from twin.pki.der import SEQUENCE, SET, UTF8_STRING, walk, wrap

_STRING_TAGS = frozenset({UTF8_STRING, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E})
_WIDE = {0x1C: "utf-32-be", 0x1E: "utf-16-be", 0x14: "latin-1"}
_OCTETS_LOWER = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ\t\n\v\f\r", b"abcdefghijklmnopqrstuvwxyz     "
)


class FileNaming(StrEnum):
    """How a release names the file of a trust certificate.

    Source: Security Guide 15: `CN.pem` up to 10.x, CN or CN_serial from 14SU1.
    Assumption: releases between them use `CN.pem`, and CN_serial is used throughout where it
    is the rule. It would change file names in listings only.
    """

    COMMON_NAME = "common_name"
    COMMON_NAME_SERIAL = "common_name_serial"


class AddOutcome(StrEnum):
    """What came of an incoming certificate."""

    ADDED = "added"
    REPLACED = "replaced"
    ALREADY_THERE = "already_there"
    KEPT_STORED = "kept_stored"


@dataclass(frozen=True, slots=True)
class TrustEntry:
    """One stored certificate: its file's name (with `.pem`) and its description line."""

    file_name: str
    certificate: Certificate
    description: str


class TrustStore:
    """The trust entries of one unit on one node, listed by file name.

    Holds at most one entry per common name, unless it keeps namesakes beside each other.
    """

    def __init__(
        self,
        unit: str,
        naming: FileNaming = FileNaming.COMMON_NAME,
        keeps_namesakes: bool = False,
    ) -> None:
        self.unit = unit
        self.naming = naming
        self.keeps_namesakes = keeps_namesakes
        self.version = 0
        """Counts changes of what is stored."""
        self.on_change: list[Callable[[], None]] = []
        self._entries: dict[str, TrustEntry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[TrustEntry]:
        return iter(self.entries())

    def __contains__(self, certificate: object) -> bool:
        return any(entry.certificate == certificate for entry in self._entries.values())

    def entries(self) -> tuple[TrustEntry, ...]:
        """Return all entries in the order of their file names."""
        return tuple(sorted(self._entries.values(), key=lambda entry: entry.file_name))

    def get(self, file_name: str) -> TrustEntry | None:
        """Return the entry of a file name (`NAME.pem`), None when there is none."""
        return next((entry for entry in self.entries() if entry.file_name == file_name), None)

    def find(self, issuer: str, serial: bytes) -> TrustEntry | None:
        """Return the entry of (issuer in the trust-list form, serial magnitude), or None."""
        return next(
            (
                entry
                for entry in self.entries()
                if entry.certificate.issuer == issuer and entry.certificate.serial_bytes == serial
            ),
            None,
        )

    def add(
        self,
        certificate: Certificate,
        description: str = "Trust Certificate",
        file_name: str | None = None,
        overwrite: bool = False,
    ) -> AddOutcome:
        """Store `certificate`, unless one of its common name stands in the way.

        A stored certificate of the same common name gives way only when the incoming one has
        another serial and a later start date.

        Args:
            file_name: overrides the name the release would give; with `.pem`.
            overwrite: take the place of another certificate of the name whatever its start date.

        Source: Security Guide 15, upload of a certificate whose name is already there.
        """
        name = certificate.common_name or certificate.subject
        if self.keeps_namesakes:
            name = f"{name}\0{certificate.serial:x}"
        file_name = self._free(file_name or self._file_name(certificate), name)
        entry = TrustEntry(file_name, certificate, description)
        stored = self._entries.get(name)
        if stored is None:
            self._entries[name] = entry
            self._changed()
            return AddOutcome.ADDED
        if stored.certificate == certificate:
            return AddOutcome.ALREADY_THERE
        if not overwrite and (
            stored.certificate.serial == certificate.serial
            or certificate.not_before <= stored.certificate.not_before
        ):
            return AddOutcome.KEPT_STORED
        self._entries[name] = entry
        self._changed()
        return AddOutcome.REPLACED

    def remove(self, file_name: str) -> TrustEntry | None:
        """Take the entry of `file_name` out and return it; None when there is none."""
        for name, entry in self._entries.items():
            if entry.file_name == file_name:
                del self._entries[name]
                self._changed()
                return entry
        return None

    def _changed(self) -> None:
        self.version += 1
        for listener in self.on_change:
            listener()

    def hash_links(self) -> tuple[tuple[str, str], ...]:
        """Return (link, file name) of each entry: `<subject hash>.<n>`, n counting collisions."""
        counts: dict[str, int] = {}
        links = []
        for entry in self.entries():
            name = subject_hash(entry.certificate)
            links.append((f"{name}.{counts.get(name, 0)}", entry.file_name))
            counts[name] = counts.get(name, 0) + 1
        return tuple(links)

    def _free(self, file_name: str, name: str) -> str:
        """A file name that no entry but that of `name` has: NAME-1.pem for a namesake."""
        taken = {entry.file_name for other, entry in self._entries.items() if other != name}
        stem, free, number = file_name.removesuffix(".pem"), file_name, 0
        while free in taken:
            number += 1
            free = f"{stem}-{number}.pem"
        return free

    def _file_name(self, certificate: Certificate) -> str:
        name = certificate.common_name or certificate.subject
        if self.naming is FileNaming.COMMON_NAME_SERIAL:
            name = f"{name}_{certificate.serial_bytes.hex()}"
        # Source: the seed's `show cert list trust` has underscores for the blanks of a name.
        return f"{name.replace('/', '_').replace(' ', '_')}.pem"


def subject_hash(certificate: Certificate) -> str:
    """Return the 8 hex digits `openssl x509 -hash` prints for the subject.

    SHA-1 over the canonical name (strings as UTF-8, blanks collapsed, ASCII lower case), of
    which the first four bytes count, low byte first. Source: OpenSSL 1.0.0 and later.
    """
    _, name, _ = next(walk(certificate.to_x509().subject.public_bytes()))
    canonical = b"".join(
        wrap(SET, b"".join(_canonical_attribute(attribute) for _, attribute, _ in walk(relative)))
        for _, relative, _ in walk(name)
    )
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()
    return digest[3::-1].hex()


def _canonical_attribute(attribute: bytes) -> bytes:
    (_, _, kind), (tag, value, whole) = walk(attribute)
    if tag not in _STRING_TAGS:
        return wrap(SEQUENCE, kind + whole)
    text = value.decode(_WIDE.get(tag, "utf-8")).encode()
    # Only ASCII blanks and capitals count, so the text is treated as octets.
    collapsed = b" ".join(part for part in text.translate(_OCTETS_LOWER).split(b" ") if part)
    return wrap(SEQUENCE, kind + wrap(UTF8_STRING, collapsed))
