"""Handshakes of a run as captures, read by tshark as it reads real ones."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from twin.cluster.legs import every_leg
from twin.config.inputs import read_inputs
from twin.errors import InputError
from twin.study.captures import capture, capture_at
from twin.study.replay import Handshake, choose, handshakes, replay
from twin.study.run import run_experiment


@pytest.fixture(scope="session")
def mra_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which an Expressway-C refuses a new CallManager certificate for a while."""
    directory = tmp_path_factory.mktemp("mra") / "run"
    run_experiment("does-mra-survive-a-new-callmanager", directory=directory)
    return directory


@pytest.fixture(scope="session")
def mixed_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which secure phones refuse CallManager, and CallManager them."""
    directory = tmp_path_factory.mktemp("mixed") / "run"
    run_experiment("what-if-the-ctl-comes-after-the-restarts", directory=directory)
    return directory


def decoded(data: bytes, folder: Path, port: int, *fields: str) -> list[list[str]]:
    """What tshark finds in a capture: one row of fields for each packet."""
    path = folder / "leg.pcap"
    path.write_bytes(data)
    asked = [word for field in fields for word in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-d", f"tcp.port=={port},tls", "-T", "fields", *asked],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line.split("\t") for line in done.stdout.splitlines()]


def refused(found: list[Handshake]) -> Handshake:
    """The first handshake that was refused."""
    return next(one for one in found if one.refused_by)


@pytest.mark.tshark
def test_tshark_reads_a_refused_leg(mra_run: Path, tmp_path: Path) -> None:
    """Client Hello, the Certificate with its subject, and the fatal alert of the refusing side."""
    found = refused(handshakes(mra_run))
    rows = decoded(
        capture(mra_run, found), tmp_path, 5061, "ip.src", "tls.handshake.type",
        "x509sat.uTF8String", "tls.alert_message.level", "tls.alert_message.desc", "tcp.flags.fin",
    )  # fmt: skip
    hello, certificate, alert, fin = rows[3], rows[4], rows[5], rows[6]
    assert hello[:2] == ["10.50.0.21", "1"]
    assert certificate[0] == "10.50.0.12"
    assert certificate[1].split(",")[:2] == ["2", "11"]
    assert "cucm-sub.example.com" in certificate[2].split(",")
    assert alert[0] == "10.50.0.21"
    assert alert[3:5] == ["2", "48"]
    assert fin[5] in ("1", "True")


@pytest.mark.tshark
def test_tshark_reads_a_leg_that_was_agreed(mra_run: Path, tmp_path: Path) -> None:
    """Both sides show their certificate and change to the agreed cipher; nobody closes."""
    found = choose(handshakes(mra_run), "L2 expc expe")
    rows = decoded(
        capture(mra_run, found), tmp_path, 7001, "tls.handshake.type", "x509sat.uTF8String",
        "tls.record.content_type", "tcp.flags.fin",
    )  # fmt: skip
    names = ",".join(row[1] for row in rows)
    assert "expc.example.com" in names
    assert "expe.example.com" in names
    assert sum("20" in row[2].split(",") for row in rows) == 2
    assert all(row[3] in ("0", "False") for row in rows)


@pytest.mark.tshark
def test_tshark_reads_the_times_of_the_run(mra_run: Path, tmp_path: Path) -> None:
    """The first packet leaves at the simulated moment, from a source port of an Expressway-C."""
    found = refused(handshakes(mra_run))
    rows = decoded(capture(mra_run, found), tmp_path, 5061, "frame.time_epoch", "tcp.srcport")
    start = read_inputs(mra_run).config.experiment.epoch.start
    assert float(rows[0][0]) == start.timestamp() + found.row.at_ms / 1000
    assert 25_000 <= int(rows[0][1]) < 30_000
    assert int(rows[0][1]) == found.row.data["source_port"], "as in the event log"


@pytest.mark.tshark
def test_tshark_reads_a_phone_refused_by_callmanager(mixed_run: Path, tmp_path: Path) -> None:
    """A phone's own session is captured, too: its address is one for documentation."""
    found = next(one for one in handshakes(mixed_run) if one.refused_by == "server")
    rows = decoded(
        capture(mixed_run, found), tmp_path, found.port, "ip.src", "tls.alert_message.desc"
    )
    assert rows[0][0].startswith("198.51.100.")
    alerts = [row for row in rows if row[1]]
    assert len(alerts) == 1
    assert not alerts[0][0].startswith("198.51.100.")


@pytest.mark.tshark
@pytest.mark.parametrize(
    ("leg", "port", "shown"),
    [("L1 home-8851 expe", 8443, "expe.example.com"), ("L7 expc cucm-sub", 5061, "cucm-sub")],
)
def test_tshark_reads_a_leg_at_a_moment_of_no_row(
    mra_run: Path, tmp_path: Path, leg: str, port: int, shown: str
) -> None:
    """A sign-in from outside that came about is in no row, and is had by naming leg and time."""
    found, data = capture_at(mra_run, leg, 60_000)
    assert not found.refused_by
    rows = decoded(data, tmp_path, port, "frame.time_epoch", "x509sat.uTF8String",
                   "tls.alert_message.desc")  # fmt: skip
    start = read_inputs(mra_run).config.experiment.epoch.start
    assert float(rows[0][0]) == start.timestamp() + 60
    assert any(shown in row[1] for row in rows)
    assert not any(row[2] for row in rows)


@pytest.mark.tshark
def test_tshark_reads_a_secure_phone_that_registers(mixed_run: Path, tmp_path: Path) -> None:
    """Phone and CallManager both show a certificate and agree, at the start of the run."""
    twin_of = replay(mixed_run)
    (leg, *_) = [one for one in every_leg(twin_of.cluster) if one.kind == "SIP TLS 5061"]
    wanted = f"5061 {leg.client.name} {leg.server.name}"
    found, data = capture_at(mixed_run, wanted, 0)
    assert not found.refused_by
    rows = decoded(data, tmp_path, 5061, "tls.handshake.type", "ip.src")
    shows = [row[1] for row in rows if "11" in row[0].split(",")]
    assert len(set(shows)) == 2


def test_a_leg_at_a_moment_ends_as_the_run_says(mra_run: Path) -> None:
    """While the Expressway-C does not know the new CallManager, the same leg is refused."""
    row = refused(handshakes(mra_run)).row
    found, _ = capture_at(mra_run, "L7 expc cucm-sub", row.at_ms)
    assert (found.refused_by, found.alert) == ("client", "unknown ca")


@pytest.mark.parametrize(
    ("leg", "at_ms"), [("L7 expc cucm-sub", 10**12), ("L9 expc cuc", 0), ("L3 expc expe", 0)]
)
def test_what_cannot_be_met_is_an_input_error(mra_run: Path, leg: str, at_ms: int) -> None:
    """After the run's end, over a leg that is not there, or over one that speaks no TLS."""
    with pytest.raises(InputError):
        capture_at(mra_run, leg, at_ms)


def test_only_random_octets_differ_between_two_captures(mra_run: Path) -> None:
    """Length, addresses, ports and times are the same each time."""
    found = refused(handshakes(mra_run))
    one, other = capture(mra_run, found), capture(mra_run, found)
    assert len(one) == len(other)
    assert one[:180] == other[:180]
    assert one != other


def test_a_run_is_replayed_to_the_same_end(mra_run: Path) -> None:
    """The folder alone is enough to have the whole journal again."""
    twin = replay(mra_run)
    fresh = run_experiment("does-mra-survive-a-new-callmanager")
    assert twin.finish().fingerprint == fresh.fingerprint


def test_what_was_set_for_one_run_is_replayed(tmp_path: Path) -> None:
    """Seed, model, overrides and shuffled ties of a run are in its folder."""
    values = {"model.release": "12.5", "timing.boot_sigma": 0.1}
    run = run_experiment(
        "callmanager-regeneration", model="single-node-250", seed=9, overrides=values,
        perturb_ties=3, directory=tmp_path,
    )  # fmt: skip
    assert replay(tmp_path).finish().fingerprint == run.fingerprint


def test_a_folder_of_another_course_is_refused(mra_run: Path, tmp_path: Path) -> None:
    """Inputs that do not lead to the row that was asked for are an input error."""
    for path in mra_run.rglob("*"):
        if path.is_file():
            target = tmp_path / path.relative_to(mra_run)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    inputs = tmp_path / "inputs.json"
    text = inputs.read_text()
    assert '"seed": 1' not in text
    inputs.write_text(text.replace('"experiment": {', '"experiment": {"seed": 77,', 1))
    with pytest.raises(InputError, match="another course"):
        capture(tmp_path, refused(handshakes(mra_run)))


def test_a_tunnel_has_no_tls_to_capture(mra_run: Path) -> None:
    """The SSH tunnels between Expressways are legs, but no TLS sessions."""
    with pytest.raises(InputError, match="SSH is spoken"):
        capture(mra_run, choose(handshakes(mra_run), "L3 expc expe"))


@pytest.mark.parametrize("wanted", ["L9", "0", "99", "L7 expc nobody", ""])
def test_a_leg_that_is_not_there_is_an_input_error(mra_run: Path, wanted: str) -> None:
    """The message says how legs are named."""
    with pytest.raises(InputError, match="L7 expc cucm-sub"):
        choose(handshakes(mra_run), wanted)


def test_of_several_handshakes_the_last_is_meant(mra_run: Path) -> None:
    """Kind and ends name the latest handshake, a number any of them."""
    found = handshakes(mra_run)
    assert choose(found, "L7 expc cucm-sub") == found[7]
    assert choose(found, "7") == found[6]
