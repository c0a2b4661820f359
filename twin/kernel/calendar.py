"""The phones' calendar: every future phone action as one integer in an instant's list.

Knows: instants (ms), small action numbers, phone indices, generations. Must not know what an
action does. A generation is how an action is cancelled: the phone's generation moves on, and what
was entered under the old one is skipped when its instant comes.

Why not SimPy events: a generator and two Event objects per waiting phone cost a kilobyte and five
microseconds; an integer in a list costs eight bytes and a fraction of one (see DECISIONS.md).
Why not one heap of instants: of a storm's instants most lie a boot away, and a heap of all of them
costs its whole depth at every one. They wait in blocks; only the block that is open is in order.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any, Protocol

from twin.errors import SimulationError

PHONE_BITS = 20
ACTION_BITS = 8
PHONE_MASK = (1 << PHONE_BITS) - 1
ACTION_MASK = (1 << ACTION_BITS) - 1
GENERATION_SHIFT = PHONE_BITS + ACTION_BITS
BLOCK_BITS = 7
"""A block is 128 ms: long enough to hold the talk of a phone with a server on its own site."""


class Clock(Protocol):
    """Where the time is kept (SimPy's environment calls it `_now`)."""

    _now: float


Handler = Callable[[int, int], None]
"""Called as handler(phone, now_ms)."""


class Calendar:
    """Instants in blocks of time, and for each instant the entries in the order they were made."""

    __slots__ = (
        "_blocks", "_buckets", "_has_void", "_later", "_on_earlier", "_open", "_reorder",
        "_running", "_soon", "_tokens", "handlers", "on_block",
    )  # fmt: skip

    def __init__(self) -> None:
        self._buckets: dict[int, list[int]] = {}
        self._soon: list[int] = []
        """Instants of the open block and of any before it, negated, the earliest last."""
        self._open = [-1]
        """The number of the open block, in a list so that short cuts can share it."""
        self._later: dict[int, list[int]] = {}
        """Instants of the blocks after it, negated, in no order."""
        self._blocks: list[int] = []
        """A heap of the numbers of those blocks."""
        self._running = False
        self._has_void = False
        """Something was cancelled in this run: until then every entry is as its phone's token."""
        self.on_block: Callable[[], None] = lambda: None
        """Called before the work of each block of time."""
        self._on_earlier: Callable[[int], None] | None = None
        self._reorder: Callable[[int, list[int]], list[int]] | None = None
        self.handlers: list[Handler] = []
        self._tokens: list[int] = []
        """Per phone: its generation and its number, as an entry carries them."""

    def attach(
        self,
        on_earlier: Callable[[int], None],
        reorder: Callable[[int, list[int]], list[int]] | None,
    ) -> None:
        """Name who must hear of a new instant, and how same-instant work is perturbed, if it is.

        Only an instant before all others is told, and none while the calendar is being run.
        """
        self._on_earlier = on_earlier
        self._reorder = reorder

    def resize(self, phones: int) -> None:
        """Make room for `phones` phones (0 to 2**20 - 1), all in generation 0."""
        if not 0 <= phones <= PHONE_MASK:
            raise ValueError(f"phones: {phones!r}; expected 0 to {PHONE_MASK}")
        self._tokens = [phone << ACTION_BITS for phone in range(phones)]

    def register(self, handler: Handler) -> int:
        """Give a handler its action number (0 to 255)."""
        if len(self.handlers) > ACTION_MASK:
            raise ValueError(f"more than {ACTION_MASK + 1} actions")
        self.handlers.append(handler)
        return len(self.handlers) - 1

    def add(self, at_ms: int, action: int, phone: int) -> None:
        """Enter an action for a phone at an instant (ms, not before now)."""
        bucket = self._buckets.get(at_ms)
        if bucket is None:
            self._buckets[at_ms] = [self._tokens[phone] | action]
            self._new_instant(at_ms)
        else:
            bucket.append(self._tokens[phone] | action)

    def entering(self, action: int) -> Callable[[int, int], None]:
        """`add` for one action, as enter(at_ms, phone): made once, for the busiest actions.

        To be asked for after `resize`.
        """
        buckets, tokens = self._buckets, self._tokens
        soon, open_block = self._soon, self._open
        get = buckets.get
        new_instant = self._new_instant

        def enter(at_ms: int, phone: int) -> None:
            bucket = get(at_ms)
            if bucket is not None:
                bucket.append(tokens[phone] | action)
                return
            buckets[at_ms] = [tokens[phone] | action]
            if self._running and at_ms >> BLOCK_BITS == open_block[0]:
                insort(soon, -at_ms)
            else:
                new_instant(at_ms)

        return enter

    def cancel(self, phone: int) -> None:
        """Make everything entered for this phone so far void."""
        self._tokens[phone] += 1 << GENERATION_SHIFT
        self._has_void = True

    def next_instant(self) -> int | None:
        """The earliest instant with an entry (ms), or None."""
        if self._soon:
            return -self._soon[-1]
        return -max(self._later[self._blocks[0]]) if self._blocks else None

    def run(self, clock: Clock, due: Sequence[Sequence[Any]]) -> None:
        """Work off instant after instant, until something else is due.

        Args:
            clock: is taken along from instant to instant.
            due: what else is to happen, the next of it first: each begins with its instant (ms).
                Entries of the instant we are in go before it, entries of its own after it.

        Raises:
            SimulationError: an entry was made for an instant that is over: a fault of ours.
        """
        now = clock._now
        soon = self._soon
        tokens, handlers, reorder = self._tokens, self.handlers, self._reorder
        take = self._buckets.pop
        self._running = True
        try:
            while soon or self._open_block(due):
                at_ms = -soon[-1]
                if at_ms != now:
                    if due and due[0][0] <= at_ms:
                        return
                    if at_ms < now:
                        raise SimulationError(
                            f"calendar entry for {at_ms} ms found at {now} ms: time runs forward"
                        )
                    clock._now = now = at_ms
                del soon[-1]
                bucket = take(at_ms)
                if reorder is not None and len(bucket) > 1:
                    bucket = reorder(at_ms, bucket)
                entries = iter(bucket)
                if not self._has_void:
                    for entry in entries:
                        handlers[entry & ACTION_MASK](entry >> ACTION_BITS, at_ms)
                        if self._has_void:
                            break
                for entry in entries:
                    action = entry & ACTION_MASK
                    phone = entry >> ACTION_BITS & PHONE_MASK
                    if entry - action == tokens[phone]:
                        handlers[action](phone, at_ms)
        finally:
            self._running = False

    def _new_instant(self, at_ms: int) -> None:
        """Put an instant that has no entries yet in its place."""
        block = at_ms >> BLOCK_BITS
        if block <= self._open[0]:
            insort(self._soon, -at_ms)
        elif block in self._later:
            self._later[block].append(-at_ms)
        else:
            self._later[block] = [-at_ms]
            heappush(self._blocks, block)
        if not self._running and self._on_earlier is not None and self.next_instant() == at_ms:
            self._on_earlier(at_ms)

    def _open_block(self, due: Sequence[Sequence[Any]]) -> bool:
        """Open the next block, unless something else is due before it; whether one was opened.

        A block opened long before its time would have all that is entered until then sorted into
        it one by one.
        """
        blocks = self._blocks
        if not blocks or (due and due[0][0] < blocks[0] << BLOCK_BITS):
            return False
        self._open[0] = heappop(blocks)
        self._soon += self._later.pop(self._open[0])
        self._soon.sort()
        self.on_block()
        return True
