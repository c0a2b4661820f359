"""A forge of really signed files: certificates by name, lists, configs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from twin.phones.files import FileBook, StoredFile
from twin.phones.lifecycle import FileKind
from twin.phones.trust import Holdings
from twin.pki import phone_config, signed_file, trust_list
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyBank, PrivateKey, default_directory
from twin.pki.list_record import Role, full_record, hash_record
from twin.pki.names import DistinguishedName
from twin.pki.profile import self_signed

START = datetime(2016, 2, 7, 22, 0, tzinfo=UTC)
NODES = {"pub": 0, "sub": 1, "10.0.0.1": 0, "10.0.0.2": 1}


class Identity(NamedTuple):
    """A certificate and its key."""

    certificate: Certificate
    key: PrivateKey

    @property
    def name(self) -> tuple[str, bytes]:
        """How headers and records name it: (issuer, serial)."""
        return self.certificate.issuer, self.certificate.serial_bytes


class Forge:
    """Certificates by name, and lists and configs that they really sign."""

    start = START
    """The moment in which files are made and phones live."""

    def __init__(self, bank: KeyBank) -> None:
        self._bank = bank
        self._made: dict[tuple, Identity] = {}

    def identity(self, name: str = "cm0", *, age_days: int = 400, days: int = 1825) -> Identity:
        """The identity of a name, the same each time; names starting with tvs are TVS's."""
        made = self._made.get((name, age_days, days))
        if made is None:
            number = len(self._made)
            key = self._bank.key(1024, number)
            subject = DistinguishedName.of(
                name, organizational_unit="T", organization="E", locality="B", state="B",
                country="CH",
            )  # fmt: skip
            unit = "TVS" if name.startswith("tvs") else "CallManager"
            serial = bytes([0x40]) + number.to_bytes(15, "big")
            begins = START - timedelta(days=age_days)
            made = Identity(self_signed(subject, key, serial, begins, days, "sha256", unit), key)
            self._made[name, age_days, days] = made
        return made

    def list(
        self,
        signer: Identity,
        sast: Sequence[Identity] = (),
        tftp: Sequence[Identity] = (),
        tvs: Sequence[Identity] = (),
        *,
        full_tvs: bool = False,
        extra: Sequence[trust_list.Record] = (),
        filename: str = trust_list.ITL_NAME,
        timestamp_s: int = 1_454_882_400,
    ) -> bytes:
        """A trust list with these records, signed by `signer`."""
        records = [full_record(Role.SAST, one.certificate) for one in sast]
        records += [full_record(Role.CCM_TFTP, one.certificate) for one in tftp]
        make = full_record if full_tvs else hash_record
        records += [make(Role.TVS, one.certificate) for one in tvs]
        return trust_list.build(
            [*records, *extra], signer.certificate, signer.key, filename, timestamp_s
        )

    def config(
        self,
        signer: Identity | None,
        callmanagers: Sequence[int] = (0, 1),
        tvs: Sequence[int] = (0, 1),
        stamp: str = "1",
    ) -> bytes:
        """A config that sends the phone to these nodes; unsigned without a signer."""
        named = [(("pub", "10.0.0.1"), ("sub", "10.0.0.2"))[node] for node in callmanagers]
        addresses = tuple(("10.0.0.1", "10.0.0.2")[node] for node in tvs)
        body = phone_config.build(phone_config.PhoneConfig("SIP", tuple(named), addresses, stamp))
        if signer is None:
            return body
        name = phone_config.file_name("SEP001122334455")
        return signed_file.sign(name, body, signer.certificate, signer.key, 1_454_882_400)

    def signed(self, kind: FileKind, signer: Identity) -> StoredFile:
        """A list or config whose signer is `signer`, as a phone reads it."""
        if kind == FileKind.CONFIG:
            return self.read(kind, self.config(signer))
        return self.read(kind, self.list(signer, [signer], [signer]))

    def book(self) -> FileBook:
        """An empty book that knows the two nodes, by name and by address."""
        return FileBook(NODES)

    def read(self, kind: FileKind, data: bytes) -> StoredFile:
        """What a phone makes of the bytes."""
        return self.book().read(kind, data)

    def holdings(self, ctl: bytes | None = None, itl: bytes | None = None) -> Holdings:
        """The lists of a phone."""
        decode = trust_list.decode
        return Holdings(None if ctl is None else decode(ctl), None if itl is None else decode(itl))


@pytest.fixture(scope="session")
def forge() -> Forge:
    """The forge of the session, on the bank that is filled once per machine."""
    return Forge(KeyBank(default_directory()))


@pytest.fixture(scope="session")
def old(forge: Forge) -> Identity:
    """The signer a phone's lists know."""
    return forge.identity("cm0")


@pytest.fixture(scope="session")
def new(forge: Forge) -> Identity:
    """A signer they do not know."""
    return forge.identity("cm0-new")


@pytest.fixture(scope="session")
def itl(forge: Forge, old: Identity) -> bytes:
    """The usual list of a node whose CallManager is `old`."""
    return forge.list(old, [old], [old], [forge.identity("tvs0")])


@pytest.fixture(scope="session")
def ctl(forge: Forge) -> bytes:
    """A CTL with an anchor that is a CallManager, too."""
    anchor = forge.identity("anchor")
    return forge.list(anchor, [anchor], [anchor], filename=trust_list.CTL_NAME)
