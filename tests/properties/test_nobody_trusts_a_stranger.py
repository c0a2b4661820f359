"""No phone takes a file that neither its own lists nor a reachable, listed TVS vouch for.

The oracle is independent of `twin.phones.trust`: it watches a run, keeps what was true at each
check, and decides by the bytes (`twin.pki`), by what the nodes' databases ever held, and by the
rules of cucm-pki-behaviour 2.5 as they are written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.cluster.twin import Twin
from twin.nodes.database import CertificateRow, Replica
from twin.phones.core import EngineCore
from twin.phones.lifecycle import Event, FileKind, TVSAnswer
from twin.phones.outcomes import Outcome, Reason, unpack
from twin.pki import signed_file, trust_list
from twin.pki.certificates import Certificate
from twin.pki.list_record import Role

EXAMPLES = settings().max_examples * 60 // 100
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
    told: dict[int, list[tuple[int, Name, int]]] = field(default_factory=dict)
    """Per phone: when it was told of which signer by which node."""
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
        node = next(node for node in cluster.nodes.values() if node.index == number)
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
        assert any(row_name(row) == name for row in self.rows[id(node.replica)])
        self.told.setdefault(phone, []).append((at_ms, name, id(node.replica)))

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
            assert vouch_for_nobody(lists) or lists_vouch(lists, kind, offered)
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
        return any(
            at_ms - told_ms < DAY_MS
            and row_name(row) == name
            and VOUCHES.get(unit, set()) & WANTED[kind]
            and signed_by(kind, offered, row.certificate)
            for told_ms, name, replica in self.told.get(phone, ())
            for row in self.rows[replica]
            for unit in row.units
        )


def row_name(row: CertificateRow) -> Name:
    """How a file's header would name the row's certificate."""
    return row.certificate.issuer, row.certificate.serial_bytes


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
    emit, put = EngineCore.emit, Replica.put

    def watched_emit(core, now_ms, phone, event, node=-1, detail=0):
        watch.saw(core, now_ms, phone, Event(event), node, detail)
        emit(core, now_ms, phone, event, node, detail)

    def watched_put(replica: Replica, row: CertificateRow) -> None:
        watch.rows.setdefault(id(replica), []).append(row)
        put(replica, row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EngineCore, "emit", watched_emit)
        patch.setattr(Replica, "put", watched_put)
        yield watch


def forge(twin: Twin, how: str) -> None:
    """Somebody gets a list of their own onto every file server.

    It has the records of the list it replaces, but a byte is changed, or another certificate of
    the node signed it, one that TVS knows but not as a signer of lists.
    """
    for node in twin.cluster.nodes.values():
        if node.tftp is None:
            continue
        served = node.tftp.itl
        if how == "changed":
            data = served[:-10] + bytes([served[-10] ^ 1]) + served[-9:]
        else:
            records = trust_list.decode(served).records
            own = node.files.own[how]
            name = trust_list.ITL_NAME
            data = trust_list.build(records, own.certificate, own.key, name, 1_454_882_400)
        number = twin.cluster.files.add(FileKind.ITL, data)
        twin.cluster.ports.files[node.index].itl_file = number


@settings(max_examples=EXAMPLES)
@given(
    data=st.data(),
    every_phone=st.booleans(),
    how=st.sampled_from(["changed", "tomcat", "ipsec", "TVS"]),
)
def test_every_verdict_has_its_ground(
    player: Any, data: st.DataObject, every_phone: bool, how: str
) -> None:
    """Whatever is done to whatever cluster, what a phone takes was vouched for, and how it says.

    In the end forged lists are served, and every phone boots.
    """
    document = data.draw(player.documents())
    script = data.draw(player.stories(document))
    with watched() as watch:
        watch.twin = player.twin(document, every_phone=every_phone)
        for step in script:
            watch.twin.do(step)
        watch.twin.do({"power": {"on": False}})
        forge(watch.twin, how)
        watch.twin.do({"power": {"on": True}})
        watch.twin.wait("quiet")


def test_the_oracle_sees_all_there_is_to_see(player: Any) -> None:
    """One procedure that meets every verdict the oracle judges: it is not idle."""
    document = {
        "name": "x", "title": "x", "release": "11.5", "domain": "example.com",
        "subject": player.subject,
        "nodes": [
            {
                "name": "alpha", "role": "publisher", "address": "10.0.0.1",
                "services": ["CallManager", "TFTP"],
            }
        ],
        "callmanager_groups": [{"name": "g", "members": ["alpha"]}],
        "phones": [
            {"name": "desk", "model": "8841", "count": 2},
            {"name": "spare", "model": "8841", "count": 1, "initial": "new"},
        ],
    }  # fmt: skip
    with watched() as watch:
        watch.twin = player.twin(document)
        for unit, pause in (("CallManager", "20m"), ("CallManager", "6m"), ("TVS", "1h")):
            watch.twin.do({"power": {"phones": {"population": "spare"}, "on": True}})
            watch.twin.regenerate("alpha", unit)
            watch.twin.do({"power": {"phones": {"population": "desk"}, "on": unit != "TVS"}})
            watch.twin.advance(pause)
        watch.twin.do({"power": {"on": False}})
        watch.twin.regenerate("alpha", "CallManager")
        watch.twin.advance("6m")
        watch.twin.regenerate("alpha", "TVS")
        watch.twin.do({"power": {"on": True}})
        watch.twin.wait()
    assert set(watch.taken) >= {
        Outcome.ACCEPTED_FIRST_USE, Outcome.ACCEPTED_LOCAL, Outcome.ACCEPTED_TVS,
        Outcome.REJECTED, Outcome.UNCHANGED,
    }  # fmt: skip
