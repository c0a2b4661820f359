"""Connections that are opened for each request: web services, directories, voice mail pages.

Knows: that such a connection has no past, so that what is true now decides. Must not know what is
asked. Source: edge-presence-video 10.5, of which this is the counterpart. Assumption: somebody asks
again and again, so that a change is noticed at the next try.
"""

from __future__ import annotations

from twin.nodes.legs import Connection, Event, judge


class Repeated(Connection):
    """A client that opens a connection for every request: it works now, or it does not."""

    def open(self) -> None:
        """Ask now."""
        if self.is_up:
            if judge(self.leg, self._handshakes).succeeded:
                self._call_off()
                self._wait_for_a_date()
                return
            self._move(Event.LOST)
        super().open()
        if self.is_up:
            self._wait_for_a_date()

    def changed(self) -> None:
        """Something that may make a difference has changed: ask soon, whether it worked or not."""
        self._try_later()
