from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.nodes.file_system import Identity
from twin.nodes.itl_reset import ITLReset
from twin.nodes.tftp import TFTP
from twin.pki import list_header, trust_list
from twin.pki.keys import KeyBank
from twin.pki.names import DistinguishedName
from twin.pki.profile import self_signed

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock
    from tests.nodes.tftp.conftest import Bench, LabSettings

Benches = Callable[..., "Bench"]


class Tool:
    """`utils itl reset` on the publisher, and what it told when it was over."""

    def __init__(self, *benches: Bench) -> None:
        self.servers: list[TFTP] = [bench.tftp for bench in benches]
        self.tool = ITLReset(benches[0].tftp.host, lambda: self.servers)
        self.done: list[int] = []

    def run(self, key: Identity | None, which: str = "localkey") -> str | None:
        """Start the tool; the refusal, if there is one."""
        host: Any = self.tool.host
        return self.tool.run(key, which, lambda: self.done.append(host.now_ms))

    def steps(self) -> list[tuple[int, str, dict[str, Any]]]:
        """What the tool recorded: instant, event, data."""
        host: Any = self.tool.host
        return [
            (row.at_ms, row.event, row.data) for row in host.rows() if row.service == "itlreset"
        ]


@pytest.fixture
def tool(bench: Bench) -> Tool:
    """The tool on the publisher, which alone serves files, on 11.5."""
    return Tool(bench)


def test_steps_of_the_log(
    tool: Tool, bench: Bench, clock: FakeClock, recovery: Callable[..., Identity]
) -> None:
    """The steps of itlreset.log in order, at its times: 9 s to the servers, 10 s to the file."""
    old = bench.tftp.itl
    assert tool.run(recovery()) is None
    clock.advance(19_000)
    new = bench.tftp.itl
    name = "L=BGL,ST=KA,CN=ITLRECOVERY_labserver1.vasank.com,OU=TAC,O=Cisco,C=IN"
    signer = bench.tftp.signing()[0].subject
    header = list_header.read(old).header_length
    assert tool.steps() == [
        (0, "start", {"key": "localkey"}),
        (9_000, "active_tftp_servers", {"count": 1, "nodes": ["labserver1"]}),
        (9_000, "tftp_started", {"on": "labserver1"}),
        (
            19_000,
            "generated",
            {
                "signer": "CN=ITLRECOVERY_labserver1.vasank.com;OU=TAC;O=Cisco;L=BGL;ST=KA;C=IN",
                "signer_name": name,
                "issuer_name": name,
                "location": "/usr/local/cm/tftp/ITLFile.tlv",
                "length_bytes": len(old),
                "header_bytes": header,
                "old_signer": signer,
                "old_issuer": signer,
                "new_header_bytes": header + len(new) - len(old),
                "new_length_bytes": len(new),
            },
        ),
        (19_000, "transferring", {"nodes": ["labserver1"]}),
        (19_000, "restarting_tftp", {"on": "labserver1"}),
    ]
    assert tool.done == [19_000]


def test_list_is_wrapped_and_signed_with_the_key(
    tool: Tool, bench: Bench, clock: FakeClock, recovery: Callable[..., Identity]
) -> None:
    """The old list stands whole behind a second header, whose signature is the reset key's."""
    old = bench.tftp.itl
    tool.run(recovery())
    clock.settle()
    assert bench.tftp.itl != old
    listed = trust_list.decode(bench.tftp.itl)
    assert listed.outer is not None
    assert listed.records == trust_list.decode(old).records
    assert trust_list.verify_signature(bench.tftp.itl, recovery().certificate) == ()
    assert trust_list.verify_signature(bench.tftp.itl, bench.tftp.signing()[0]) != ()


def test_reset_list_is_kept_through_the_tools_own_restart(
    tool: Tool, bench: Bench, clock: FakeClock, recovery: Callable[..., Identity]
) -> None:
    """Before 12.0 the tool restarts Cisco Tftp, which comes back with the reset list."""
    tool.run(recovery())
    clock.advance(19_000)
    assert not bench.tftp.service.is_started
    reset = bench.tftp.itl
    clock.settle()
    assert clock.now_ms == 29_000
    assert bench.tftp.service.is_started
    assert bench.tftp.itl == reset
    assert bench.builds == []


def test_operators_restart_ends_the_reset_list(
    tool: Tool, bench: Bench, clock: FakeClock, recovery: Callable[..., Identity]
) -> None:
    """A restart by the operator builds a normal list again, as a new version of the same one."""
    old = trust_list.decode(bench.tftp.itl)
    tool.run(recovery())
    clock.settle()
    bench.tftp.service.restart()
    clock.settle()
    listed = trust_list.decode(bench.tftp.itl)
    assert listed.outer is None
    assert listed.records == old.records
    assert trust_list.verify_signature(bench.tftp.itl, bench.tftp.signing()[0]) == ()
    assert bench.builds[-1]["changed"]
    assert bench.builds[-1]["version"] == 2


def test_operators_restart_during_the_tools_own(
    tool: Tool, bench: Bench, clock: FakeClock, recovery: Callable[..., Identity]
) -> None:
    """The operator's restart counts even while the service is still starting for the tool."""
    tool.run(recovery())
    clock.advance(20_000)
    bench.tftp.service.restart()
    clock.settle()
    assert trust_list.decode(bench.tftp.itl).outer is None


def test_rebuild_ends_the_reset_list(
    tool: Tool, bench: Bench, clock: FakeClock, recovery: Callable[..., Identity]
) -> None:
    """A rebuild for a changed certificate takes the reset list away."""
    tool.run(recovery())
    clock.settle()
    bench.renew("TVS", "labserver2")
    clock.settle()
    assert trust_list.decode(bench.tftp.itl).outer is None


def test_from_12_the_service_is_not_restarted(
    make_bench: Benches, clock: FakeClock, identity: Callable[..., Identity]
) -> None:
    """From 12.0 the tool hands out the file and leaves the restart to the operator."""
    bench = make_bench("12.5")
    tool = Tool(bench)
    key = identity("CallManager")
    tool.run(key)
    clock.settle()
    assert [event for _, event, _ in tool.steps()] == [
        "start", "active_tftp_servers", "tftp_started", "generated", "transferring",
    ]  # fmt: skip
    assert bench.tftp.host.rows("service") == []
    assert trust_list.verify_signature(bench.tftp.itl, key.certificate) == ()
    (row,) = bench.tftp.host.rows("reset_itl_installed")
    assert row.data["signer"] == key.certificate.subject
    assert row.data["size_bytes"] == len(bench.tftp.itl)


def test_every_server_gets_the_first_ones_list(
    make_bench: Benches, clock: FakeClock, recovery: Callable[..., Identity]
) -> None:
    """All TFTP nodes serve the same reset list, made of the publisher's own."""
    first, second = make_bench(), make_bench(name="labserver2")
    tool = Tool(first, second)
    tool.run(recovery())
    clock.settle()
    assert first.tftp.itl == second.tftp.itl
    assert (
        trust_list.decode(second.tftp.itl).header == trust_list.decode(first.tftp.built.data).header
    )
    restarted = [data["on"] for _, event, data in tool.steps() if event == "restarting_tftp"]
    assert restarted == ["labserver1", "labserver2"]


def test_second_reset_replaces_the_first(
    make_bench: Benches, clock: FakeClock, identity: Callable[..., Identity]
) -> None:
    """A reset of a reset list exchanges the outer header; the list does not grow."""
    bench = make_bench("12.5")
    tool = Tool(bench)
    for key in (identity("CallManager"), identity("CallManager", generation=1)):
        tool.run(key)
        clock.settle()
        assert trust_list.verify_signature(bench.tftp.itl, key.certificate) == ()
    (first, second) = (d for _, event, d in tool.steps() if event == "generated")
    assert second["length_bytes"] == second["new_length_bytes"] == first["new_length_bytes"]


# -- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ("localkey", "release 11.5 has no key to reset the ITL with"),
        ("remotekey", "no ITLRecovery.p12 was exported before: remotekey has nothing to sign with"),
    ],
)
def test_no_key(tool: Tool, bench: Bench, clock: FakeClock, which: str, message: str) -> None:
    """Without a key the tool fails at once and changes nothing."""
    before = bench.tftp.itl
    assert tool.run(None, which) == message
    clock.settle()
    assert bench.tftp.itl == before
    assert tool.steps() == [(0, "refused", {"message": message})]
    assert tool.done == []


def test_already_running(tool: Tool, clock: FakeClock, recovery: Callable[..., Identity]) -> None:
    """A second run while one is under way is refused; afterwards it is not."""
    tool.run(recovery())
    clock.advance(10_000)
    assert tool.run(recovery()) == "utils itl reset is already running"
    clock.settle()
    assert tool.run(recovery()) is None


def test_no_server(tool: Tool, recovery: Callable[..., Identity]) -> None:
    """A cluster in which no Cisco Tftp runs gives the tool nothing to do."""
    tool.servers = []
    assert tool.run(recovery()) == "no active Tftp server in the cluster"


def test_last_server_stops_meanwhile(
    tool: Tool, clock: FakeClock, recovery: Callable[..., Identity]
) -> None:
    """If the last TFTP service goes while the tool runs, it ends with a failure, and ends."""
    tool.run(recovery())
    clock.advance(10_000)
    tool.servers = []
    clock.settle()
    assert tool.steps()[-1][1] == "failed"
    assert tool.done == [19_000]
    assert not tool.tool.is_running


def test_recovery_key_shorter_than_the_others(
    tool: Tool,
    bench: Bench,
    clock: FakeClock,
    settings: LabSettings,
    recovery: Callable[..., Identity],
    bank: KeyBank,
) -> None:
    """The tool fails while ITLRecovery is shorter than CallManager, whichever key it is given."""
    short = recovery()
    long = Identity(short.certificate, bank.key(2048, 0))
    bench.tftp.files.own["CallManager"] = long_callmanager(long)
    bench.tftp.service.restart()
    clock.settle()
    message = "the ITLRecovery key has 1024 bits, less than the other keys"
    assert tool.run(short) == message
    assert tool.run(long, "remotekey") == message
    settings.itl_recovery = long
    assert tool.run(long) is None


def long_callmanager(like: Identity) -> Identity:
    """A CallManager certificate with a key of 2048 bits."""
    name = DistinguishedName.of("labserver1.vasank.com")
    start = like.certificate.not_before
    certificate = self_signed(name, like.key, b"\x51", start, 1825, "sha256", "CallManager")
    return Identity(certificate, like.key)
