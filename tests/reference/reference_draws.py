"""A phone's chance in the reference engine: the same draws by name, one at a time.

Knows: which purpose has which law. Nothing is drawn ahead and nothing is kept.
"""

from __future__ import annotations

from typing import Any

from twin.kernel.laws import law
from twin.kernel.streams import Law, PhoneStreams, Streams


class Draws:
    """What one phone draws, in whole milliseconds where the name says so."""

    def __init__(self, streams: Streams, timing: Any, name: str, group: Any) -> None:
        self._streams = streams
        self._own = PhoneStreams(streams, [name])
        self._name = name
        self._timing = timing
        self._group = group

    def _value(self, what: Law, purpose: str, count: int) -> float:
        return float(self._own.values(what, purpose, count)[0])

    def rare(self, parameter: Any, purpose: str, count: int, scale: float = 1.0) -> float:
        """A draw of the streams that few phones need."""
        what = parameter if isinstance(parameter, Law) else law(parameter, scale)
        return self._streams.draw(what, f"phone\x1f{self._name}", purpose, count)

    def verify_ms(self, purpose: str, count: int) -> int:
        """How long it takes to check a file."""
        return round(self._value(law(self._timing.trust_verify_s, 1000), purpose, count))

    def session_ms(self, count: int) -> int:
        """How long a TLS session with a TVS takes."""
        return round(self._value(law(self._timing.tvs_session_s, 1000), "tvs_session", count))

    def notice_ms(self, count: int) -> int:
        """How long it takes to notice a closed connection."""
        return round(self._value(law(self._timing.loss_notice_s, 1000), "notice", count))

    def reset_delay_ms(self, count: int) -> int:
        """From a notice to acting on it."""
        timing = self._timing
        if self._value(law(timing.p_busy), "busy", count) > 0:
            return round(1000.0 * self._value(law(timing.call_hold_s), "hold", count))
        return round(1000.0 * self._value(law(timing.reset_phone_jitter_s), "reset_jitter", count))

    def _factor(self, kind: str, count: int) -> float:
        spread = Law("lognormal", 1.0, 0.0, float("inf"), self._timing.boot_sigma.value)
        return self._value(spread, f"{kind}_factor", count)

    def restart_ms(self, count: int) -> int:
        """From a restart notice to the first file."""
        return round(1000.0 * self._group.restart_s * self._factor("restart", count))

    def boot_ms(self, kind: str, count: int) -> int:
        """Hardware start, voice VLAN and DHCP; kind is cold or reset."""
        timing, group = self._timing, self._group
        median = group.boot_s if kind == "cold" else group.reset_s
        least = group.boot_low_s / group.boot_s * median
        most = group.boot_high_s / group.boot_s * median
        started = min(max(median * self._factor(kind, count), least), most)
        hardware = max(0.0, started - (timing.voice_vlan_s.default + timing.dhcp_s.default))
        vlan = self._value(law(timing.voice_vlan_s), f"{kind}_vlan", count)
        dhcp = self._value(law(timing.dhcp_s), f"{kind}_dhcp", count)
        return round(1000.0 * (hardware + vlan + dhcp))

    def retry_ms(self, now_ms: int) -> int:
        """From something's return to the next try of a phone that nobody took."""
        spread = Law("uniform", 0, 0, self._timing.registration_retry_s.value * 1000)
        return round(self.rare(spread, "retry", now_ms))

    def stays_away(self, count: int) -> bool:
        """Whether a phone with a bad ITL does not register this time."""
        share = self._timing.p_unreg_on_bad_itl.value
        what = Law("bernoulli", share, 0, 1)
        return share > 0 and self.rare(what, "unregistered_on_bad_itl", count) > 0
