"""The phones' calendar: order within an instant, cancelling, who hears of an earlier instant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import SimulationError
from twin.kernel.calendar import ACTION_MASK, PHONE_MASK, Calendar


class Clock:
    """Where a run keeps the time; it begins before all instants."""

    def __init__(self, now_ms: int = -1) -> None:
        self._now: float = now_ms


class Diary:
    """A calendar whose actions write down (instant, action, phone)."""

    def __init__(self, phones: int, actions: int = 1) -> None:
        self.calendar = Calendar()
        self.calendar.resize(phones)
        self.done: list[tuple[int, int, int]] = []
        for action in range(actions):
            self.calendar.register(self._writer(action))

    def _writer(self, action: int):
        return lambda phone, now_ms: self.done.append((now_ms, action, phone))

    def run(self) -> list[tuple[int, int, int]]:
        """Empty the calendar; everything done so far."""
        self.calendar.run(Clock(), ())
        return self.done


def test_instants_come_in_order_of_time() -> None:
    """Whatever order entries are made in, the earliest instant is worked off first."""
    diary = Diary(3)
    for phone, at_ms in enumerate((500, 20, 300)):
        diary.calendar.add(at_ms, 0, phone)
    assert diary.calendar.next_instant() == 20
    assert diary.run() == [(20, 0, 1), (300, 0, 2), (500, 0, 0)]
    assert diary.calendar.next_instant() is None


def test_within_an_instant_work_is_done_in_the_order_it_was_entered() -> None:
    """Neither the phone's index nor the action's number decides, only who came first."""
    diary = Diary(4, actions=2)
    entered = [(1, 3), (0, 2), (1, 0), (0, 3), (0, 1)]
    for action, phone in entered:
        diary.calendar.add(7, action, phone)
    assert [(action, phone) for _, action, phone in diary.run()] == entered


def test_an_entry_made_in_its_own_instant_is_done_in_that_instant() -> None:
    """A handler may enter more work for now: it follows what was entered before, still at now."""
    calendar = Calendar()
    calendar.resize(3)
    done: list[tuple[int, int]] = []

    def handle(phone: int, now_ms: int) -> None:
        done.append((now_ms, phone))
        if phone == 0:
            calendar.add(now_ms, 0, 2)

    calendar.register(handle)
    calendar.add(10, 0, 0)
    calendar.add(10, 0, 1)
    calendar.run(Clock(10), [(10, "something else")])
    assert calendar.next_instant() is None
    assert done == [(10, 0), (10, 1), (10, 2)]


def test_cancelling_voids_what_was_entered_and_nothing_else() -> None:
    """After a cancel the phone's old entries are skipped, its new ones and other phones' done."""
    diary = Diary(2, actions=3)
    diary.calendar.add(10, 0, 0)
    diary.calendar.add(20, 1, 0)
    diary.calendar.add(20, 1, 1)
    diary.calendar.cancel(0)
    diary.calendar.add(20, 2, 0)
    assert diary.run() == [(20, 1, 1), (20, 2, 0)]


def test_cancelling_within_an_instant_voids_the_rest_of_it() -> None:
    """What a phone still has to do in this very instant is void once it is cancelled."""
    calendar = Calendar()
    calendar.resize(2)
    done: list[int] = []
    stop = calendar.register(lambda phone, _now: calendar.cancel(phone))
    work = calendar.register(lambda phone, _now: done.append(phone))
    calendar.add(5, stop, 0)
    calendar.add(5, work, 0)
    calendar.add(5, work, 1)
    calendar.run(Clock(), ())
    assert done == [1]


def test_only_an_instant_earlier_than_all_others_is_announced() -> None:
    """Whoever drives the calendar hears of a new earliest instant, and of no other."""
    diary = Diary(1)
    heard: list[int] = []
    diary.calendar.attach(heard.append, None)
    for at_ms in (50, 80, 50, 30, 40, 30, 10):
        diary.calendar.add(at_ms, 0, 0)
    assert heard == [50, 30, 10]


def test_a_short_cut_for_one_action_is_announced_too() -> None:
    """What is entered by the short cut of an action tells of an earlier instant as `add` does."""
    diary = Diary(2)
    heard: list[int] = []
    diary.calendar.attach(heard.append, None)
    enter = diary.calendar.entering(0)
    for at_ms in (50, 80, 50):
        enter(at_ms, 0)
    diary.calendar.add(30, 0, 1)
    enter(30, 0)
    enter(10, 1)
    assert heard == [50, 30, 10]
    assert diary.run() == [(10, 0, 1), (30, 0, 1), (30, 0, 0), (50, 0, 0), (50, 0, 0), (80, 0, 0)]


def test_an_earlier_instant_in_the_open_block_is_announced_too() -> None:
    """A run that stopped inside a block leaves it open; what comes before its rest is told."""
    diary = Diary(1)
    heard: list[int] = []
    diary.calendar.attach(heard.append, None)
    enter = diary.calendar.entering(0)
    enter(100, 0)
    enter(10, 0)
    diary.calendar.run(Clock(), [(50, "something else")])
    enter(70, 0)
    diary.calendar.add(60, 0, 0)
    enter(80, 0)
    assert heard == [100, 10, 70, 60]
    assert diary.run() == [(at_ms, 0, 0) for at_ms in (10, 60, 70, 80, 100)]


def test_what_is_due_before_an_instant_stops_the_run() -> None:
    """Entries before something else are worked off, those at its instant or after it wait."""
    diary = Diary(1)
    for at_ms in (1, 200, 300, 301, 9_000):
        diary.calendar.add(at_ms, 0, 0)
    clock = Clock()
    diary.calendar.run(clock, [(300, "timer")])
    assert [at_ms for at_ms, _, _ in diary.done] == [1, 200]
    assert clock._now == 200
    assert diary.calendar.next_instant() == 300
    diary.calendar.add(250, 0, 0)
    assert [at_ms for at_ms, _, _ in diary.run()] == [1, 200, 250, 300, 301, 9_000]


def test_an_entry_for_an_instant_that_is_over_is_our_fault() -> None:
    """The calendar says so instead of turning the clock back."""
    diary = Diary(1)
    diary.calendar.add(40, 0, 0)
    with pytest.raises(SimulationError, match="entry for 40 ms found at 41 ms"):
        diary.calendar.run(Clock(41), ())


def test_each_block_of_time_is_announced_before_its_work() -> None:
    """Whoever empties buffers is called once for each block that has work."""
    diary = Diary(1)
    seen: list[int] = []
    diary.calendar.on_block = lambda: seen.append(len(diary.done))
    for at_ms in (0, 1, 127, 128, 100_000):
        diary.calendar.add(at_ms, 0, 0)
    diary.run()
    assert seen == [0, 3, 4]


def test_an_instant_may_be_put_in_another_order() -> None:
    """The order given by `attach` decides, and it is asked only where there is a tie."""
    diary = Diary(4)
    asked: list[tuple[int, int]] = []

    def backwards(at_ms: int, bucket: list[int]) -> list[int]:
        asked.append((at_ms, len(bucket)))
        return bucket[::-1]

    diary.calendar.attach(lambda _at_ms: None, backwards)
    for at_ms, phone in ((1, 0), (2, 1), (2, 2), (2, 3)):
        diary.calendar.add(at_ms, 0, phone)
    assert diary.run() == [(1, 0, 0), (2, 0, 3), (2, 0, 2), (2, 0, 1)]
    assert asked == [(2, 3)]


def test_the_greatest_numbers_fit_an_entry() -> None:
    """The last action of the last phone in a late generation reaches its own handler."""
    diary = Diary(PHONE_MASK, actions=ACTION_MASK + 1)
    last = PHONE_MASK - 1
    for _ in range(5_000):
        diary.calendar.cancel(last)
    at_ms = 40 * 365 * 86_400_000
    diary.calendar.add(at_ms, ACTION_MASK, last)
    assert diary.run() == [(at_ms, ACTION_MASK, last)]


def test_there_are_256_actions() -> None:
    """Handlers are numbered from 0, and the 257th is refused."""
    calendar = Calendar()
    numbers = [calendar.register(lambda _phone, _now: None) for _ in range(256)]
    assert numbers == list(range(256))
    with pytest.raises(ValueError, match="more than 256 actions"):
        calendar.register(lambda _phone, _now: None)


@pytest.mark.parametrize("phones", [-1, PHONE_MASK + 1])
def test_a_population_that_does_not_fit_is_refused(phones: int) -> None:
    """A phone's index has twenty bits, and a population is not negative."""
    with pytest.raises(ValueError, match=f"phones: {phones}"):
        Calendar().resize(phones)


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["add", "enter"]),
            st.integers(0, 12) | st.integers(0, 1_000),
            st.integers(0, 2),
            st.integers(0, 3),
        ),
        st.tuples(st.just("cancel"), st.integers(0, 3)),
        st.tuples(st.just("run"), st.integers(0, 1_000)),
    ),
    max_size=60,
)


@given(OPERATIONS)
def test_the_calendar_is_a_sorted_list_with_strokes_through_it(operations: list[tuple]) -> None:
    """Any entries and cancels give what a plain list, struck through and sorted by time, gives.

    Entries are made with `add` or by the short cut of their action; which one must not matter, nor
    whether the calendar is run in one go or in stretches.
    """
    clock = Clock()
    read: list[tuple[int, int, int]] = []
    diary = Diary(4, actions=3)
    enter = [diary.calendar.entering(action) for action in range(3)]
    page: list[tuple[int, int, int]] = []
    for operation in operations:
        if operation[0] == "cancel":
            diary.calendar.cancel(operation[1])
            page = [entry for entry in page if entry[2] != operation[1]]
            continue
        if operation[0] == "run":
            now = clock._now
            until = max(operation[1], int(now))
            diary.calendar.run(clock, [(until, "something else")])
            gone = [entry for entry in page if entry[0] < until or entry[0] == now]
            read += sorted(gone, key=lambda entry: entry[0])
            page = [entry for entry in page if entry not in gone]
            clock._now = until
            continue
        _, at_ms, action, phone = operation
        at_ms = max(at_ms, int(clock._now))
        page.append((at_ms, action, phone))
        if operation[0] == "add":
            diary.calendar.add(at_ms, action, phone)
        else:
            enter[action](at_ms, phone)
    diary.calendar.run(clock, ())
    assert diary.done == read + sorted(page, key=lambda entry: entry[0])
