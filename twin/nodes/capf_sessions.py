"""CAPF's sessions: so many at once, the others wait in the order they came; who falls silent.

Knows: places, the queue, timers. Must not know what is said in a session.

Source: capacity-and-timing 7: keepalive timer 15 min (SG15), Maximum Allowable Time and Attempts
for Key Generation (product knowledge), concurrent sessions (assumed).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from twin.nodes.host import CallOff, Host


@dataclass(slots=True, eq=False)
class Session:
    """One phone's connection to CAPF. `asked` is CAPF's last word, `say` how to send one."""

    device: str
    is_alive: Callable[[], bool]
    turn: Callable[[Session], None]
    lost: Callable[[], None]
    attempts_left: int
    is_open: bool = True
    is_served: bool = False
    asked: Any = None
    say: Callable[[Any], None] = lambda reply: None
    timer: CallOff | None = None
    waits_since_ms: int = 0
    limit_ms: int = 0


class Sessions:
    """Places for `limit` sessions.

    Args:
        silent: called when a phone did not answer: (session, whether it is still there).
    """

    def __init__(self, host: Host, limit: int, silent: Callable[[Session, bool], None]) -> None:
        self._host = host
        self._limit = limit
        self._silent = silent
        self._served: dict[str, Session] = {}
        self._waiting: deque[Session] = deque()
        self.waiting = 0
        """Sessions that wait for a place now."""
        timing = host.timing
        self._keepalive_ms = timing.capf_keepalive_min.ms
        self._keygen_ms = timing.capf_keygen_limit_min.ms
        self._attempts = round(timing.capf_keygen_attempts.value)
        self.on_arrival: Callable[[int], None] = lambda waiting: None
        """Hears of each arrival how many wait now."""

    def enter(
        self,
        device: str,
        is_alive: Callable[[], bool],
        turn: Callable[[Session], None],
        lost: Callable[[], None],
    ) -> Session:
        """A phone is connected: served now or in its turn. An older session of it is dropped."""
        old = self._served.get(device)
        if old is not None:
            self.close(old)
        session = Session(device, is_alive, turn, lost, self._attempts)
        if len(self._served) < self._limit:
            self._serve(session)
        else:
            self._waiting.append(session)
            self.waiting += 1
        self.on_arrival(self.waiting)
        return session

    def served(self) -> list[Session]:
        """The sessions that have a place now."""
        return list(self._served.values())

    def _serve(self, session: Session) -> None:
        self._served[session.device] = session
        session.is_served = True
        self.expect_answer(session)
        session.turn(session)

    def close(self, session: Session) -> None:
        """A session is over; the next one is served."""
        if not session.is_open:
            return
        session.is_open = False
        self._stop_timer(session)
        if not session.is_served:
            self.waiting -= 1
            return
        self._served.pop(session.device, None)
        while self._waiting and len(self._served) < self._limit:
            following = self._waiting.popleft()
            if not following.is_open:
                continue
            self.waiting -= 1
            if following.is_alive():
                self._serve(following)
            else:
                following.is_open = False

    def close_all(self, hangs: bool) -> None:
        """The service stopped: every connection is gone; unless it hangs, the phones see it."""
        everybody = [*self._served.values(), *self._waiting]
        self._served.clear()
        self._waiting.clear()
        self.waiting = 0
        for session in everybody:
            session.is_open = False
            self._stop_timer(session)
            if not hangs:
                session.lost()

    # -- silence ----------------------------------------------------------------------------

    def expect_answer(self, session: Session) -> None:
        """From now the phone has its time to answer.

        Assumption: the limit for a key is the limit for any answer.
        """
        self._stop_timer(session)
        session.waits_since_ms = self._host.now_ms
        session.limit_ms = self._keygen_ms
        wait_ms = min(self._keepalive_ms, self._keygen_ms)
        session.timer = self._host.after(wait_ms, self._look, session)

    def answered(self, session: Session) -> bool:
        """The phone answered; whether anybody is still listening."""
        self._stop_timer(session)
        return session.is_open and session.is_served

    def work(
        self, session: Session, parameter: str, function: Callable[..., None], *args: object
    ) -> None:
        """CAPF is busy with a session for a drawn time, then calls `function`, if it still is."""
        self._host.after(
            self._host.drawn_ms(parameter), self._if_open, session, partial(function, *args)
        )

    def _if_open(self, session: Session, function: Callable[[], None]) -> None:
        if session.is_open:
            function()

    def _look(self, session: Session) -> None:
        """A keepalive is due, or the limit is reached."""
        session.timer = None
        waited_ms = self._host.now_ms - session.waits_since_ms
        is_alive = session.is_alive()
        if is_alive and waited_ms < session.limit_ms:
            rest_ms = min(self._keepalive_ms, session.limit_ms - waited_ms)
            session.timer = self._host.after(rest_ms, self._look, session)
            return
        self._silent(session, is_alive)

    def _stop_timer(self, session: Session) -> None:
        if session.timer is not None:
            session.timer()
            session.timer = None
