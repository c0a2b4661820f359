"""The phones' calendar: every future phone action as one integer in an instant's list.

Knows: instants (ms), small action numbers, phone indices, generations. Must not know what an
action does. A generation is how an action is cancelled: the phone's generation moves on, and what
was entered under the old one is skipped when its instant comes.

Why not SimPy events: a generator and two Event objects per waiting phone cost a kilobyte and five
microseconds; an integer in a list costs eight bytes and a fraction of one (see DECISIONS.md).
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

PHONE_BITS = 20
ACTION_BITS = 8
PHONE_MASK = (1 << PHONE_BITS) - 1
ACTION_MASK = (1 << ACTION_BITS) - 1
GENERATION_SHIFT = PHONE_BITS + ACTION_BITS

Handler = Callable[[int, int], None]
"""Called as handler(phone, now_ms)."""


class Calendar:
    """Instants in a heap, and for each instant the entries in the order they were made."""

    __slots__ = ("_buckets", "_on_earlier", "_reorder", "_tokens", "handlers", "instants")

    def __init__(self) -> None:
        self._buckets: dict[int, list[int]] = {}
        self.instants: list[int] = []
        """A heap of the instants that have entries (ms); not to be changed from outside."""
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
        """Name who must hear of a new instant, and how same-instant work is perturbed, if it is."""
        self._on_earlier = on_earlier
        self._reorder = reorder

    def resize(self, phones: int) -> None:
        """Make room for `phones` phones (0 to 2**20 - 1), all in generation 0."""
        if not 0 <= phones <= PHONE_MASK:
            raise ValueError(f"phones: {phones!r}; expected 0 to {PHONE_MASK}")
        self._tokens = list(range(phones))

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
            self._buckets[at_ms] = [self._tokens[phone] | action << PHONE_BITS]
            instants = self.instants
            heappush(instants, at_ms)
            if instants[0] == at_ms and self._on_earlier is not None:
                self._on_earlier(at_ms)
        else:
            bucket.append(self._tokens[phone] | action << PHONE_BITS)

    def entering(self, action: int) -> Callable[[int, int], None]:
        """`add` for one action, as enter(at_ms, phone): made once, for the busiest actions.

        To be asked for after `resize`.
        """
        buckets, instants, tokens = self._buckets, self.instants, self._tokens
        get = buckets.get
        bits = action << PHONE_BITS
        tell = self._on_earlier

        def enter(at_ms: int, phone: int) -> None:
            bucket = get(at_ms)
            if bucket is None:
                buckets[at_ms] = [tokens[phone] | bits]
                heappush(instants, at_ms)
                if instants[0] == at_ms and tell is not None:
                    tell(at_ms)
            else:
                bucket.append(tokens[phone] | bits)

        return enter

    def cancel(self, phone: int) -> None:
        """Make everything entered for this phone so far void."""
        self._tokens[phone] += 1 << GENERATION_SHIFT

    def next_instant(self) -> int | None:
        """The earliest instant with an entry (ms), or None."""
        return self.instants[0] if self.instants else None

    def run_instant(self) -> None:
        """Take the earliest instant out and do its work in order."""
        at_ms = heappop(self.instants)
        bucket = self._buckets.pop(at_ms)
        if self._reorder is not None and len(bucket) > 1:
            bucket = self._reorder(at_ms, bucket)
        tokens = self._tokens
        handlers = self.handlers
        for entry in bucket:
            phone = entry & PHONE_MASK
            action = entry >> PHONE_BITS & ACTION_MASK
            if entry ^ action << PHONE_BITS == tokens[phone]:
                handlers[action](phone, at_ms)
