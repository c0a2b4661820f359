"""`twin logs` and the Python surface's logs as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import twin
from twin.cli.program import app
from twin.errors import InputError

runner = CliRunner()
EXPERIMENT = "callmanager-regeneration"
PHONE = "SEP885A92D977CA"


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the deck's lab."""
    directory = tmp_path_factory.mktemp("logs") / "run"
    twin.run(EXPERIMENT, out=directory)
    return directory


def test_logs_are_printed_one_after_the_other(run_dir: Path) -> None:
    """Each file under its path, only of the node and log that were asked for."""
    asked = ["logs", str(run_dir), "--node", "labserver2", "--service", "sdl"]
    done = runner.invoke(app, asked)
    assert done.exit_code == 0
    head, first, *_ = done.stdout.splitlines()
    assert head == "==> labserver2/cm/trace/ccm/sdl/SDL001_100_000001.txt <=="
    assert "|CcmDbChangeNotify(2,100,41,1) |" in first
    assert "labserver1/" not in done.stdout


def test_logs_are_written_and_listed(run_dir: Path, tmp_path: Path) -> None:
    """With --out the files are in the folder, phones' consoles too if they are wanted."""
    out = tmp_path / "logs"
    done = runner.invoke(app, ["logs", str(run_dir), "--out", str(out), "--phone", PHONE])
    assert done.exit_code == 0
    paths = done.stdout.splitlines()
    assert f"{PHONE}/console.log" in paths
    assert paths == sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert "Trust List Updated (ITL: accepted_tvs)" in (out / PHONE / "console.log").read_text()


def test_a_log_is_read_as_a_table_and_as_json(run_dir: Path, tmp_path: Path) -> None:
    """What was written is read again, for people and for programs."""
    runner.invoke(app, ["logs", str(run_dir), "--out", str(tmp_path)])
    path = tmp_path / "labserver1/platform/log/CertMgmt00001.log"
    table = runner.invoke(app, ["logs", "--parse", str(path)])
    assert table.exit_code == 0
    assert "regenerate" in table.stdout
    done = runner.invoke(app, ["logs", "--parse", str(path), "--json"])
    first, *_ = [json.loads(line) for line in done.stdout.splitlines()]
    assert (first["line"], first["event"]) == (1, "regenerate")
    assert first["data"]["unit"] == "CallManager"


@pytest.mark.parametrize("arguments", [[], ["somewhere", "--parse", "file"]])
def test_one_of_the_two_is_asked_for(arguments: list[str]) -> None:
    """Neither a run nor a file, or both, is wrong input."""
    done = runner.invoke(app, ["logs", *arguments])
    assert isinstance(done.exception, InputError)
    assert "RUN_DIR or --parse FILE" in str(done.exception)


def test_what_is_no_run_and_who_is_no_phone(run_dir: Path, tmp_path: Path) -> None:
    """A folder without a run, and a phone that is not in it, are wrong input."""
    with pytest.raises(InputError, match=r"inputs\.json"):
        twin.render_logs(tmp_path)
    with pytest.raises(InputError, match="SEP000000000000"):
        twin.write_logs(run_dir, tmp_path / "x", phones=["SEP000000000000"])
    assert list(tmp_path.rglob("*.*")) == []


def test_a_folder_a_result_and_a_twin_have_the_same_logs(run_dir: Path) -> None:
    """Read from disk, from a result in memory and from a twin that has come as far."""
    result = twin.run(EXPERIMENT)
    of_folder = twin.render_logs(run_dir, phones=[PHONE])
    assert of_folder == twin.render_logs(result, phones=[PHONE])
    lab = twin.Twin("seed-lab", seed=result.document.seed)
    lab.regenerate("labserver1", "CallManager")
    lab.advance("10m")
    asked: dict[str, Any] = {"service": "o", "phones": [PHONE]}
    live = twin.render_logs(lab, **asked)
    assert f"{PHONE}/console.log" in live
    assert live == twin.render_logs(result, **asked)


def test_records_are_read_from_python() -> None:
    """Lines from anywhere are records, recognised or as told."""
    line = "16:02:10.765 | debug tvsHandleCertVerificationReq"
    (record,) = twin.parse_log([line])
    assert isinstance(record, twin.LogRecord)
    assert (record.service, record.event, record.at) == (
        "TVS", "verification_request", "16:02:10.765",
    )  # fmt: skip
    assert twin.parse_log([line], "tvs") == [record]
