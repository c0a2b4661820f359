"""`twin sweep` and `twin.sweep`: statuses, streams, what is left behind."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest

import twin
from twin.errors import InputError

EXPERIMENT = "callmanager-regeneration"


def sweep(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "twin", "sweep", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )


def test_a_sweep_prints_a_table_and_leaves_rows(tmp_path: Path) -> None:
    """A line per variant on stdout, the rest on stderr; --resume runs what is missing."""
    words = (
        EXPERIMENT, "--replicates", "2", "--workers", "0", "--out", "there", "--seed", "4",
        "--vary", "model.release=10.5,11.5", "--sample", "2", "--over", "timing.dhcp_s",
        "--set", "timing.p_busy=0",
    )  # fmt: skip
    done = sweep(*words, cwd=tmp_path)
    assert done.returncode == 0
    assert "11.5" in done.stdout
    assert done.stderr == "8 runs, written to there\n"
    manifest = json.loads((tmp_path / "there" / "manifest.json").read_text())
    assert (manifest["seed"], manifest["set"]) == (4, {"timing.p_busy": 0})
    resumed = sweep(*words, "--resume", cwd=tmp_path)
    assert (resumed.returncode, resumed.stdout) == (0, done.stdout)
    assert resumed.stderr == "0 runs, written to there\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--vary", "timing.p_bsy=1"), "did you mean 'p_busy'?"),
        (("--vary", "model.relase=11.5"), "did you mean 'release'?"),
        (("--over", "timing.p_busy"), "--sample"),
        (("--workers", "-1"), "--workers: -1"),
        (("--workers", "2", "--scheduler", "tcp://127.0.0.1:1"), "one of them"),
    ],
)
def test_wrong_input_makes_no_folder(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """Status 2, one message, no traceback, nothing written."""
    done = sweep(EXPERIMENT, *words, "--out", "there", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "there").exists()


def test_in_python_a_sweep_is_a_table() -> None:
    """Without `out` the rows live as long as the result, and its tables unfold the JSON."""
    result = twin.sweep(
        EXPERIMENT, vary={"timing.reset_debounce_s": [5, 30]}, replicates=2, workers=0,
        sample=1, over=["timing.p_busy"],
    )  # fmt: skip
    assert len(result.frame) == 4
    assert result.status == 0
    assert result.failures == ()
    assert result.manifest["variants"] == result.variants
    assert result.waves["recovery_s.p100"].notna().all()
    assert set(result.steps["action"]) == {"regenerate", "wait"}
    assert result.sites["peak"].tolist() == [2, 2, 2, 2]
    folder = result.directory
    assert folder.is_dir()
    del result
    gc.collect()
    assert not folder.exists()


def test_a_refused_sweep_leaves_no_folder_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary folder goes with an error too."""
    made: list[str] = []
    whole = twin.sweep.__globals__["tempfile"].mkdtemp

    def remembered(**options: str) -> str:
        made.append(whole(**options))
        return made[-1]

    monkeypatch.setattr("tempfile.mkdtemp", remembered)
    with pytest.raises(InputError, match=r"10\.6"):
        twin.sweep(EXPERIMENT, vary={"model.release": ["10.6"]}, workers=0)
    assert made
    assert not Path(made[0]).exists()
