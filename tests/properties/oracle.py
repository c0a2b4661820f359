"""The oracle: no phone takes a file that neither its own lists nor a listed TVS vouch for.

It is independent of `twin.phones.trust`: it watches a run, keeps what was true at each check, and
decides by the bytes (`twin.pki`), by what the nodes' databases and CTL files ever held, and by the
rules of cucm-pki-behaviour 2.5 as they are written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from twin.cluster.twin import Twin
from twin.nodes.database import CertificateRow, Replica
from twin.nodes.file_system import FileSystem
from twin.phones.core import EngineCore
from twin.phones.lifecycle import Event, FileKind, TVSAnswer
from twin.phones.outcomes import Outcome, Reason, unpack
from twin.pki import signed_file, trust_list
from twin.pki.certificates import Certificate
from twin.pki.list_record import Record, Role

LIMIT = 65_535
DAY_MS = 86_400_000
CHECKS = {
    Event.CTL_CHECKED: FileKind.CTL,
    Event.ITL_CHECKED: FileKind.ITL,
    Event.CONFIG_CHECKED: FileKind.CONFIG,
}
WANTED = {
    FileKind.CTL: {Role.SAST},
    FileKind.ITL: {Role.SAST},
    FileKind.CONFIG: {Role.TFTP, Role.CCM_TFTP},
}
VOUCHES = {
    "CallManager": {Role.SAST, Role.CCM_TFTP},
    "ITLRecovery": {Role.SAST},
    "Phone-SAST-trust": {Role.SAST},
    "CallManager-trust": {Role.TFTP},
}
Name = tuple[str, bytes]


@dataclass
class Watch:
    """What the oracle has seen so far."""

    twin: Twin | None = None
    rows: dict[int, list[CertificateRow]] = field(default_factory=dict)
    """Every row each replica ever held, by the replica's identity."""
    listed: dict[int, list[Record]] = field(default_factory=dict)
    """Every record of a CTL each file system ever held, by the file system's identity."""
    told: dict[int, list[tuple[int, Name, int, int]]] = field(default_factory=dict)
    """Per phone: when it was told of which signer, by which node's replica and file system."""
    taken: list[Outcome] = field(default_factory=list)

    def saw(self, core: EngineCore, at_ms: int, phone: int, event: Event, node: int, detail: int):
        """An event is about to be journalled."""
        if event == Event.LISTS_DELETED:
            self.told.pop(phone, None)
        elif event == Event.TVS_ANSWERED and detail == TVSAnswer.KNOWN:
            self._answered(core, at_ms, phone, node)
        elif event in CHECKS:
            self._checked(core, at_ms, phone, CHECKS[event], *unpack(detail))

    def _answered(self, core: EngineCore, at_ms: int, phone: int, number: int) -> None:
        """A TVS vouched: it must be on, up, reachable, named by config and listed by hash."""
        assert self.twin is not None
        cluster = self.twin.cluster
        node = next(node for node in cluster.every_node if node.index == number)
        site = core.population.group(phone).site
        assert node.is_on
        assert node.services["TVS"].is_started
        assert site == node.site or (cluster.network.up[site] and cluster.network.up[node.site])
        stored = core.judgements.files[core.population.config[phone]].data.decode("latin-1")
        named = re.findall(r"<address>(.*?)</address>", stored.split("<TVS>")[1])
        assert cluster.model.node(node.name).address in named
        _, itl = stored_lists(core, phone)
        assert itl is not None
        presented = node.tvs.certificate
        servers = [record for record in itl.records if record.role == Role.TVS]
        assert any(
            presented.der == record.certificate or presented.sha1 == record.certificate_hash
            for record in servers
        )
        name = signer_of(core, phone)
        sources = id(node.replica), id(node.files)
        in_database = any(row_name(row) == name for row in self.rows[sources[0]])
        assert in_database or any(
            record_name(record) == name for record in self.listed.get(sources[1], ())
        )
        self.told.setdefault(phone, []).append((at_ms, name, *sources))

    def _checked(
        self,
        core: EngineCore,
        at_ms: int,
        phone: int,
        kind: FileKind,
        outcome: Outcome,
        why: Reason,
    ) -> None:
        """A file was judged: the verdict must have its ground."""
        self.taken.append(outcome)
        lists = stored_lists(core, phone)
        offered = core.judgements.files[core.population.offered[phone]].data
        if outcome == Outcome.UNCHANGED:
            held = core.judgements.lists(core.population.holdings[phone])
            number = core.population.config[phone] if kind == FileKind.CONFIG else held[kind]
            assert core.judgements.files[number].data == offered
        elif outcome == Outcome.ACCEPTED_FIRST_USE:
            assert lists == (None, None)
        elif outcome == Outcome.ACCEPTED_LOCAL:
            assert (
                vouch_for_nobody(lists)
                or lists_vouch(lists, kind, offered)
                or (kind == FileKind.CONFIG and name_no_server(lists))
            )
        elif outcome == Outcome.ACCEPTED_TVS:
            assert not lists_vouch(lists, kind, offered)
            assert self._was_told(at_ms, phone, kind, offered)
        elif outcome == Outcome.REJECTED:
            assert lists != (None, None) or len(offered) > LIMIT
            assert not vouch_for_nobody(lists)
            assert not lists_vouch(lists, kind, offered)
            assert why != Reason.NONE

    def _was_told(self, at_ms: int, phone: int, kind: FileKind, offered: bytes) -> bool:
        """Whether within a day a TVS vouched for the signer, in a role that suffices."""
        for told_ms, name, replica, files in self.told.get(phone, ()):
            if at_ms - told_ms >= DAY_MS:
                continue
            for row in self.rows[replica]:
                suits = any(VOUCHES.get(unit, set()) & WANTED[kind] for unit in row.units)
                if suits and row_name(row) == name and signed_by(kind, offered, row.certificate):
                    return True
            for record in self.listed.get(files, ()):
                suits = record.role in WANTED[kind] and record_name(record) == name
                if suits and signed_by(kind, offered, Certificate.from_der(record.certificate)):
                    return True
        return False


def row_name(row: CertificateRow) -> Name:
    """How a file's header would name the row's certificate."""
    return row.certificate.issuer, row.certificate.serial_bytes


def record_name(record: Record) -> Name | None:
    """How a file's header would name the record's certificate, if the record has it."""
    if record.certificate is None:
        return None
    certificate = Certificate.from_der(record.certificate)
    return certificate.issuer, certificate.serial_bytes


def signed_by(kind: FileKind, data: bytes, certificate: Certificate) -> bool:
    """Whether the bytes really carry this certificate's signature."""
    if kind == FileKind.CONFIG:
        return data[:1] == b"\x01" and not signed_file.verify_signature(data, certificate)
    return not trust_list.verify_signature(data, certificate)


def stored_lists(core: EngineCore, phone: int) -> tuple[Any, Any]:
    """The phone's CTL and ITL, read from their bytes again."""
    numbers = core.judgements.lists(core.population.holdings[phone])
    ctl, itl = (
        None if n < 0 else trust_list.decode(core.judgements.files[n].data) for n in numbers
    )
    return ctl, itl


def signer_of(core: EngineCore, phone: int) -> Name:
    """Whom the header of the file under judgement names."""
    file = core.judgements.files[core.population.offered[phone]]
    if file.kind == FileKind.CONFIG:
        header = signed_file.decode(file.data).header
    else:
        header = trust_list.decode(file.data).signing_header
    return header.issuer, header.serial


def vouch_for_nobody(lists: tuple[Any, Any]) -> bool:
    """Whether the phone holds the blank list of a rollback and no CTL."""
    ctl, itl = lists
    speaking = {Role.TVS, Role.TFTP, Role.CCM_TFTP}
    return ctl is None and itl is not None and not {r.role for r in itl.records} & speaking


def name_no_server(lists: tuple[Any, Any]) -> bool:
    """Whether the phone holds a CTL alone, and that without a certificate that signs files.

    It then asks for the plain configuration. Assumption: as `twin.phones.trust` says.
    """
    ctl, itl = lists
    if ctl is None or itl is not None:
        return False
    signing = {Role.TFTP, Role.CCM_TFTP}
    return not any(r.role in signing and r.certificate is not None for r in ctl.records)


def lists_vouch(lists: tuple[Any, Any], kind: FileKind, data: bytes) -> bool:
    """Whether a record of a stored list, in the role needed, has the certificate that signed."""
    for stored in lists:
        sasts = 0
        for record in stored.records if stored is not None else ():
            sasts += record.role == Role.SAST
            usable = record.role != Role.SAST or sasts <= 2
            if record.role in WANTED[kind] and usable and record.certificate is not None:
                certificate = Certificate.from_der(record.certificate)
                if signed_by(kind, data, certificate) and len(data) <= LIMIT:
                    return True
    return False


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch every event of every phone and every row of every replica."""
    watch = Watch()
    emit, put, replace, put_ctl = (
        EngineCore.emit, Replica.put, Replica.replace, FileSystem.put_ctl,
    )  # fmt: skip

    def watched_emit(core, now_ms, phone, event, node=-1, detail=0):
        watch.saw(core, now_ms, phone, Event(event), node, detail)
        emit(core, now_ms, phone, event, node, detail)

    def watched_put(replica: Replica, row: CertificateRow) -> None:
        watch.rows.setdefault(id(replica), []).append(row)
        put(replica, row)

    def watched_replace(replica: Replica, rows) -> None:
        rows = list(rows)
        watch.rows.setdefault(id(replica), []).extend(rows)
        replace(replica, rows)

    def watched_put_ctl(files: FileSystem, data: bytes | None) -> None:
        if data is not None:
            watch.listed.setdefault(id(files), []).extend(trust_list.decode(data).records)
        put_ctl(files, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Replica, "replace", watched_replace)
        patch.setattr(FileSystem, "put_ctl", watched_put_ctl)
        patch.setattr(EngineCore, "emit", watched_emit)
        patch.setattr(Replica, "put", watched_put)
        yield watch
