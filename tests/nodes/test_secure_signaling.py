"""What CallManager presents on its secure ports, and by what it accepts phones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from twin.config.release import ReleaseProfile
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.secure_signaling import SecureSignaling
from twin.nodes.service import Service
from twin.pki.handshake import Verdict


@dataclass
class Bench:
    """The secure side of a CallManager and what it reads."""

    signaling: SecureSignaling
    service: Service
    files: FileSystem
    host: Any
    mode: dict[str, bool]

    def restart(self) -> None:
        """Restart the service and let the time pass that takes."""
        self.service.restart()
        self.host.clock.settle()


@pytest.fixture
def bench(
    make_host: Callable[..., Any],
    make_service: Callable[..., Service],
    files: FileSystem,
    identity: Callable[..., Identity],
) -> Bench:
    """A node of a mixed cluster."""
    host = make_host()
    service = make_service(host, "CallManager")
    files.own["CallManager"] = identity()
    mode = {"mixed": True}
    signaling = SecureSignaling(host, service, files, lambda: mode["mixed"])
    return Bench(signaling, service, files, host, mode)


def test_a_new_certificate_counts_after_a_restart(
    bench: Bench, identity: Callable[..., Identity]
) -> None:
    """CallManager presents what it loaded when it started."""
    old, new = bench.files.own["CallManager"], identity(generation=1)
    bench.files.own["CallManager"] = new
    end = bench.signaling.endpoint()
    assert end is not None
    assert end.chain == (old.certificate,)
    bench.restart()
    end = bench.signaling.endpoint()
    assert end is not None
    assert (end.chain, end.key) == ((new.certificate,), new.key)


def test_the_trust_store_is_read_as_it_is(bench: Bench, identity: Callable[..., Identity]) -> None:
    """What is added to or removed from CallManager-trust counts at once."""
    capf = identity("CAPF", common_name="CAPF-1").certificate
    ends = [bench.signaling.endpoint()]
    bench.files.add_trust("CallManager-trust", capf)
    ends.append(bench.signaling.endpoint())
    bench.files.store("CallManager-trust").remove("CAPF-1.pem")
    ends.append(bench.signaling.endpoint())
    assert [end.anchors if end else None for end in ends] == [(), (capf,), ()]
    assert bench.signaling.endpoint() is ends[2]


@pytest.mark.parametrize("first", [True, False])
def test_the_mode_of_the_start_opens_the_ports(bench: Bench, first: bool) -> None:
    """Secure ports are open to phones if the cluster was mixed when CallManager started."""
    bench.mode["mixed"] = first
    bench.restart()
    bench.mode["mixed"] = not first
    assert (bench.signaling.endpoint() is not None) is first
    bench.restart()
    assert (bench.signaling.endpoint() is not None) is not first


def test_a_refusal_is_told_with_all_reasons(bench: Bench) -> None:
    """A kind of refused session is one journal row with leg, ends, alert and reasons."""
    verdict = Verdict("client", "unknown ca", ("one", "two"))
    bench.signaling.note_refusal(7, "SIP TLS 5061", "desk", verdict)
    (row,) = bench.host.rows("tls_refused")
    assert (row.service, row.severity) == ("CallManager", "error")
    assert row.data == {
        "number": 7, "leg": "SIP TLS 5061", "client": "desk", "refused_by": "client",
        "alert": "unknown ca", "reasons": ["one", "two"],
    }  # fmt: skip


def test_on_15_a_new_certificate_counts_at_once(
    bench: Bench, identity: Callable[..., Identity], releases: Callable[[str], ReleaseProfile]
) -> None:
    """A release that restarts CallManager itself presents what the node has."""
    bench.host.release = releases("15")
    new = bench.files.own["CallManager"] = identity(generation=1)
    end = bench.signaling.endpoint()
    assert end is not None
    assert end.chain == (new.certificate,)


def test_a_restored_store_is_another_store(bench: Bench, identity: Callable[..., Identity]) -> None:
    """As many changes in a store that took the old one's place are other certificates."""
    for number, name in enumerate(("CAPF-1", "CAPF-2")):
        bench.files.trust.clear()
        one = identity("CAPF", common_name=name, generation=number).certificate
        bench.files.add_trust("CallManager-trust", one)
        end = bench.signaling.endpoint()
        assert end is not None
        assert end.anchors == (one,)
