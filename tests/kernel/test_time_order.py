"""One order for timers and calendar entries, tried on random programs of both.

A program is a list of pieces of work. Each is a timer or a calendar entry, is set going by an
earlier piece (or at the start), and is due a few milliseconds after it; so ties abound.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from twin.kernel.simulation import Simulation

END_MS = 1_000


@dataclass(frozen=True)
class Work:
    """A piece of work: its parent (index, -1: the start), its kind, its delay after the parent."""

    parent: int
    is_timer: bool
    delay_ms: int


DELAYS_MS = st.sampled_from([0, 0, 0, 1, 2, 3])


@st.composite
def programs(draw: st.DrawFn) -> list[Work]:
    """Up to 30 pieces of work, each after an earlier one."""
    size = draw(st.integers(1, 30))
    return [
        Work(draw(st.integers(-1, n - 1)), draw(st.booleans()), draw(DELAYS_MS))
        for n in range(size)
    ]


class Run:
    """A program carried out: what was asked for and what was done, in order."""

    def __init__(
        self, program: list[Work], stops_ms: list[int], perturb_ties: int | None = None
    ) -> None:
        self.program = program
        self.asked: list[int] = []
        self.done: list[tuple[int, int]] = []
        self.simulation = Simulation(perturb_ties)
        self.simulation.calendar.resize(len(program))
        self.simulation.calendar.register(self._entry)
        self._set_going(-1)
        for stop_ms in sorted(stops_ms):
            self.simulation.run_until(stop_ms)
        self.simulation.run_until(END_MS)

    def _set_going(self, parent: int) -> None:
        for number, work in enumerate(self.program):
            if work.parent == parent:
                self.asked.append(number)
                if work.is_timer:
                    self.simulation.call_after(work.delay_ms, self._do, number)
                else:
                    at_ms = self.simulation.now_ms + work.delay_ms
                    self.simulation.calendar.add(at_ms, 0, number)

    def _entry(self, phone: int, now_ms: int) -> None:
        assert now_ms == self.simulation.now_ms
        self._do(phone)

    def _do(self, number: int) -> None:
        self.done.append((self.simulation.now_ms, number))
        self._set_going(number)


def due_ms(program: list[Work]) -> dict[int, int]:
    """When each piece of work is due, by adding up delays."""
    due = {-1: 0}
    for number, work in enumerate(program):
        due[number] = due[work.parent] + work.delay_ms
    del due[-1]
    return due


STOPS = st.lists(st.integers(0, 12), max_size=6)
TIES = st.one_of(st.none(), st.integers(-5, 1 << 70))


@given(programs(), STOPS, TIES)
def test_every_piece_of_work_is_done_once_when_it_is_due(
    program: list[Work], stops_ms: list[int], perturb_ties: int | None
) -> None:
    """Nothing is lost, doubled, early or late, whatever the steps and however ties fall."""
    done = Run(program, stops_ms, perturb_ties).done
    assert sorted((number, at_ms) for at_ms, number in done) == sorted(due_ms(program).items())


@given(programs(), STOPS, TIES)
def test_time_never_runs_back(
    program: list[Work], stops_ms: list[int], perturb_ties: int | None
) -> None:
    """The clock as each piece of work sees it only goes forward, whichever kind it is."""
    seen = [at_ms for at_ms, _ in Run(program, stops_ms, perturb_ties).done]
    assert seen == sorted(seen)


@given(programs())
def test_a_tie_goes_to_who_asked_first(program: list[Work]) -> None:
    """Timers of one instant keep the order they were asked for in, and entries keep theirs."""
    run = Run(program, [])
    for is_timer in (True, False):
        kind = [n for n, work in enumerate(program) if work.is_timer is is_timer]
        done = [(at_ms, run.asked.index(n)) for at_ms, n in run.done if n in kind]
        assert done == sorted(done)


# An entry that the calendar comes to by itself, or for which the stop makes it wait: its
# zero-delay timer and entry must come in one order.
@example([Work(-1, False, 1), Work(-1, False, 3), Work(1, True, 0), Work(1, False, 0)], [2])
@settings(max_examples=300)
@given(programs(), STOPS)
def test_a_run_in_steps_is_the_run_in_one_go(program: list[Work], stops_ms: list[int]) -> None:
    """Where the clock was stopped on the way changes nothing, not even the order within ties."""
    assert Run(program, stops_ms).done == Run(program, []).done


@given(programs(), st.integers())
def test_a_perturbation_can_be_had_again(program: list[Work], perturb_ties: int) -> None:
    """The same number shuffles the same program in the same way."""
    assert Run(program, [], perturb_ties).done == Run(program, [], perturb_ties).done
