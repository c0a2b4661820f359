"""What the files of a folder say, each thing with the place it was read at, before it is merged.

Knows no file format and no model. A `Decision` is a line of the report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from twin.outputs.certificate_list import ListedCertificate
from twin.outputs.trust_list_reading import ShownList
from twin.pki.certificates import Certificate
from twin.pki.names import DistinguishedName


class Grade(StrEnum):
    """How a decision came about."""

    READ = "read"
    DEFAULT = "default"
    CONTRADICTION = "contradiction"
    LEFT_OUT = "left out"
    NOT_READ = "not read"


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the report: what, its value, where from, and whether it is a default."""

    grade: Grade
    what: str
    value: str
    source: str


class Report:
    """The decisions, in the order they were made."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []

    def read(self, what: str, value: str, source: str) -> None:
        """Something a file says."""
        self.decisions.append(Decision(Grade.READ, what, value, source))

    def default(self, what: str, value: str, why: str) -> None:
        """Something no file says."""
        self.decisions.append(Decision(Grade.DEFAULT, what, value, why))

    def contradiction(self, what: str, taken: str, others: str) -> None:
        """Something two files say differently."""
        self.decisions.append(Decision(Grade.CONTRADICTION, what, taken, others))

    def left_out(self, what: str, why: str) -> None:
        """Something a model has no word for."""
        self.decisions.append(Decision(Grade.LEFT_OUT, what, "", why))

    def not_read(self, file: str, why: str) -> None:
        """A file, or a part of it, that was not used."""
        self.decisions.append(Decision(Grade.NOT_READ, file, "", why))

    def graded(self, *grades: Grade) -> list[Decision]:
        """The decisions of some grades."""
        return [one for one in self.decisions if one.grade in grades]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was read: a file of the folder and a line of it (0: the whole file)."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class CertificateFact:
    """A certificate that was seen: the printed fields, or the certificate itself.

    `unit` is the product's word where the command or the file's name gives it, else "". A trust
    list's record gives no dates.
    """

    place: Place
    unit: str
    subject: DistinguishedName
    issuer: DistinguishedName
    serial: int
    not_before: datetime | None
    not_after: datetime | None
    has_rsa_key: bool
    key_bits: int | None
    certificate: Certificate | None = None

    @classmethod
    def of(cls, certificate: Certificate, place: Place, unit: str) -> CertificateFact:
        """What a certificate at hand says."""
        return cls(
            place, unit, certificate.subject_name, certificate.issuer_name, certificate.serial,
            certificate.not_before, certificate.not_after, certificate.has_rsa_key,
            certificate.key_bits, certificate,
        )  # fmt: skip

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name."""
        return self.subject == self.issuer

    @property
    def identity(self) -> tuple[DistinguishedName, int]:
        """What tells certificates apart: issuer and serial number."""
        return self.issuer, self.serial


@dataclass(frozen=True, slots=True)
class ListingFact:
    """A `show cert list own` or `trust`."""

    place: Place
    entries: tuple[ListedCertificate, ...]


@dataclass(frozen=True, slots=True)
class ShownListFact:
    """A `show itl` or `show ctl`."""

    place: Place
    shown: ShownList


Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class TableFact:
    """Rows of one database table (or a join), by column name in lower case; NULL is left out."""

    place: Place
    table: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class CounterFact:
    """One registration counter of a perfmon log: its node, and its largest value."""

    place: Place
    node: str
    counter: str
    largest: float


@dataclass
class Evidence:
    """All that was read. `layouts` are those of the dumps of certificates."""

    report: Report = field(default_factory=Report)
    certificates: list[CertificateFact] = field(default_factory=list)
    listings: list[ListingFact] = field(default_factory=list)
    lists: list[ShownListFact] = field(default_factory=list)
    tables: list[TableFact] = field(default_factory=list)
    counters: list[CounterFact] = field(default_factory=list)
    versions: list[tuple[Place, str]] = field(default_factory=list)
    bat: list[TableFact] = field(default_factory=list)
    layouts: set[str] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was read."""
        return not (self.certificates or self.listings or self.lists or self.tables or self.bat)

    def rows(self, *tables: str) -> Iterable[tuple[Place, Row]]:
        """Every row of tables of a name, with the file it stands in."""
        for fact in self.tables:
            if fact.table in tables:
                for row in fact.rows:
                    yield fact.place, row
