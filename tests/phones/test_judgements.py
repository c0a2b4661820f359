"""Remembered judgements: never another answer than judging afresh, and never judged twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.phones import judgements as room
from twin.phones.judgements import ASK_TVS, NOTHING, Judgements, rejected
from twin.phones.lifecycle import FileKind
from twin.phones.outcomes import Outcome, Reason, pack, unpack
from twin.phones.ports import Answer
from twin.phones.trust import Holdings, judge, judge_answer, tvs_is_listed
from twin.pki.list_record import Role

LIMIT = 65_535
LISTS = (FileKind.CTL, FileKind.ITL)


@pytest.fixture(scope="module")
def shelf(forge: Any, old: Any, new: Any) -> Judgements:
    """Judgements over a dozen files of every sort: known, unknown, broken, expired, too large."""
    stale = forge.identity("stale", age_days=400, days=401)
    book = forge.book()
    tvs = [forge.identity("tvs0")]
    made = (
        forge.list(old, [old], [old], tvs),
        forge.list(new, [new], [new], tvs),
        forge.list(old, [old, new], [new], tvs),
        forge.list(old, [old]),
        forge.list(stale, [stale], [stale], tvs),
        b"broken",
    )
    for data in made:
        for kind in LISTS:
            book.add(kind, data)
    for signer in (old, new, stale, None):
        book.add(FileKind.CONFIG, forge.config(signer))
    return Judgements(book, LIMIT)


def numbers(shelf: Judgements, *kinds: FileKind, readable: bool = False) -> st.SearchStrategy[int]:
    """File numbers of these kinds."""
    files = [shelf.files[n] for n in range(len(shelf.files))]
    found = [f.number for f in files if f.kind in kinds and not (readable and f.fault)]
    return st.sampled_from(found)


@given(data=st.data())
def test_a_remembered_judgement_equals_a_fresh_one(shelf: Judgements, data: st.DataObject) -> None:
    """Whatever was judged before and at which time, a verdict is what the rules say now."""
    kept = st.one_of(st.just(NOTHING), numbers(shelf, FileKind.CTL, readable=True))
    itls = st.one_of(st.just(NOTHING), numbers(shelf, FileKind.ITL, readable=True))
    held = shelf.holdings(data.draw(kept), data.draw(itls))
    number = data.draw(numbers(shelf, FileKind.CTL, FileKind.ITL, FileKind.CONFIG))
    hours = data.draw(st.none() | st.integers(-24, 48))
    start = shelf.files[0].trust_list.header.timestamp_s
    moment = None if hours is None else _moment(start, hours)
    shelf.expiry_at = moment
    fresh = judge(shelf.decoded(held), shelf.files[number], LIMIT, moment)
    expected = ASK_TVS if fresh.outcome is None else pack(fresh.outcome, fresh.reasons)
    assert shelf.verdict(held, number) == (expected, fresh.reasons)
    assert shelf.judge_bytes(held, shelf.files[number]) == (expected, fresh.reasons)


def _moment(start_s: int, hours: int) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(start_s, UTC) + timedelta(hours=hours)


def test_expiry_counts_to_the_second(forge: Any) -> None:
    """A judgement of the morning is not given out in the afternoon if a record ran out at noon."""
    stale = forge.identity("stale", age_days=400, days=401)
    book = forge.book()
    itl = book.add(FileKind.ITL, forge.list(stale, [stale], [stale]))
    config = book.add(FileKind.CONFIG, forge.config(stale))
    shelf = Judgements(book, LIMIT)
    held = shelf.holdings(NOTHING, itl)
    end = stale.certificate.not_after
    told = []
    for shift_s in (-3600, 0, 1, -1):
        shelf.expiry_at = end + timedelta(seconds=shift_s)
        told.append(unpack(shelf.verdict(held, config)[0]))
    fine = (Outcome.ACCEPTED_LOCAL, Reason.NONE)
    assert told == [fine, fine, (Outcome.REJECTED, Reason.RECORD_EXPIRED), fine]


def test_each_distinct_judgement_is_made_once(
    shelf: Judgements, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand phones with the same lists and the same file cost one signature check."""
    made = []
    monkeypatch.setattr(room, "judge", lambda *a: made.append(a) or judge(*a))
    shelf.expiry_at = None
    fresh = Judgements(shelf.files, LIMIT)
    held = fresh.holdings(NOTHING, 1)
    assert len({fresh.verdict(held, 3) for _ in range(10_000)}) == 1
    assert len(made) == 1


def test_equal_lists_are_equal_holdings(shelf: Judgements) -> None:
    """A pair of stored lists has one number, and its decoded lists are the files'."""
    held = shelf.holdings(0, 1)
    assert shelf.holdings(0, 1) == held
    assert shelf.holdings(NOTHING, 1) != held
    assert shelf.lists(held) == (0, 1)
    assert shelf.decoded(held) == Holdings(shelf.files[0].trust_list, shelf.files[1].trust_list)
    assert shelf.decoded(shelf.holdings(NOTHING, NOTHING)).is_blank


def test_an_accepted_list_takes_the_place_of_its_kind(shelf: Judgements) -> None:
    """A CTL replaces the CTL and an ITL the ITL; the other list stays."""
    held = shelf.holdings(0, 1)
    assert shelf.lists(shelf.accept(held, 2)) == (2, 1)
    assert shelf.lists(shelf.accept(held, 3)) == (0, 3)


def test_an_answer_is_remembered_by_all_it_says(
    shelf: Judgements, forge: Any, old: Any, new: Any
) -> None:
    """Verdicts over a TVS answer differ with certificate and roles, as judging afresh does."""
    for number in range(len(shelf.files)):
        file = shelf.files[number]
        for identity in (old, new):
            for roles in ({Role.SAST}, {Role.CCM_TFTP}, {Role.SAST, Role.CCM_TFTP}, set()):
                answer = Answer(identity.certificate, frozenset(roles), 1)
                fresh = judge_answer(file, answer)
                expected = ASK_TVS if fresh.outcome is None else pack(fresh.outcome)
                for _ in range(2):
                    assert shelf.answered(file, answer) == (expected, fresh.reasons)


def test_usable_servers_are_those_the_list_has(shelf: Judgements, forge: Any) -> None:
    """Whether a TVS may be asked is remembered per lists and certificate, and never mixed up."""
    for name in ("tvs0", "tvs1"):
        presented = forge.identity(name).certificate
        for held in (shelf.holdings(NOTHING, n) for n in (NOTHING, 1, 7)):
            expected = tvs_is_listed(shelf.decoded(held), presented)
            assert shelf.tvs_usable(held, presented) == shelf.tvs_usable(held, presented)
            assert shelf.tvs_usable(held, presented) == expected


def test_a_rejection_is_packed_with_its_reasons() -> None:
    """The verdict of a rejection carries every reason gathered."""
    reasons = Reason.TVS_UNREACHABLE | Reason.SIGNER_NOT_IN_LISTS
    assert unpack(rejected(reasons)) == (Outcome.REJECTED, reasons)
