"""`twin capture` and `twin graph` as a user meets them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import twin
from twin.cli.program import app
from twin.errors import InputError

runner = CliRunner()


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that ends with everything connected."""
    directory = tmp_path_factory.mktemp("capture") / "run"
    twin.run("does-mra-survive-a-new-callmanager", out=directory)
    return directory


def test_capture_without_a_leg_lists_what_can_be_had(run_dir: Path) -> None:
    """Number, leg, ends and ending of every handshake of the run."""
    done = runner.invoke(app, ["capture", str(run_dir)])
    assert done.exit_code == 0
    line = next(line for line in done.stdout.splitlines() if "refuses" in line)
    assert line.split()[:1] == ["7"]
    assert "client refuses: unknown ca" in line


def test_capture_writes_the_leg_that_was_named(run_dir: Path, tmp_path: Path) -> None:
    """Words need no quotes; the folder of the file is made."""
    out = tmp_path / "new" / "leg.pcap"
    words = ["L7", "expc", "cucm-sub"]
    done = runner.invoke(app, ["capture", str(run_dir), *words, "--out", str(out)])
    assert done.exit_code == 0
    assert out.read_bytes()[:4] in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4")
    assert [path.name for path in out.parent.iterdir()] == ["leg.pcap"]


def test_capture_lets_a_leg_meet_at_a_time(run_dir: Path, tmp_path: Path) -> None:
    """A sign-in that came about is written, and what became of it is said."""
    out = tmp_path / "l1.pcap"
    words = ["L1", "home-8851", "expe", "--at", "1m"]
    done = runner.invoke(app, ["capture", str(run_dir), *words, "--out", str(out)])
    assert done.exit_code == 0
    assert "agreed" in done.stderr
    assert out.read_bytes()


def test_graph_tells_who_breaks(tmp_path: Path) -> None:
    """The table has every leg, then those that would fail; the figure is written."""
    out = tmp_path / "trust.svg"
    done = runner.invoke(
        app, ["graph", "mra-lab", "--if-regenerated", "cucm-sub:CallManager", "--out", str(out)]
    )
    assert done.exit_code == 0
    assert "1 would fail, 0 would come up" in done.stdout
    assert out.read_text().startswith("<?xml")


def test_graph_tells_which_phones_could_not_follow() -> None:
    """Outside no TVS vouches for the new signer: the populations there are named with counts."""
    done = runner.invoke(app, ["graph", "collab-edge", "--if-regenerated", "cucm-sub:CallManager"])
    assert done.exit_code == 0
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["200", "home-8851", "stuck"] in rows
    done = runner.invoke(app, ["graph", "collab-edge", "--if-deleted", "*:Public Root CA"])
    assert "no way in" in done.stdout


def test_graph_of_a_run_is_that_of_its_end(run_dir: Path, tmp_path: Path) -> None:
    """All legs stand again, and the graph has the certificate that was made in the run."""
    answer = twin.trust(run_dir)
    assert all(one.verdict.succeeded for one in answer.legs)
    answer.write(tmp_path / "trust.graphml")
    made = answer.twin.cluster.nodes["cucm-sub"].files.own["CallManager"].certificate
    assert made.sha1.hex() in (tmp_path / "trust.graphml").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ["graph", "mra-lab", "--if-regenerated", "cucm-sub:Nobody"],
        ["graph", "mra-lab", "--if-expired", "expc:server", "--if-deleted", "*:Public Root CA"],
        ["graph", "mra-lab", "--out", "trust.txt"],
        ["graph", "no-such-model"],
        ["capture", "no-such-folder"],
    ],
)
def test_wrong_input_is_told_as_such(arguments: list[str]) -> None:
    """A unit, a model, a file or two questions that make no sense are the user's to mend."""
    done = runner.invoke(app, arguments)
    assert isinstance(done.exception, InputError)
