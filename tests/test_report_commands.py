"""`twin report` and `twin runbook` on the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def twin(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "twin", *words], capture_output=True, text=True, cwd=cwd, check=False
    )


def test_a_run_becomes_a_report_and_a_runbook(tmp_path: Path) -> None:
    """The report lies in the folder, the runbook on stdout or in a file; chatter is on stderr."""
    assert twin("run", "callmanager-regeneration", "--out", "there", cwd=tmp_path).returncode == 0
    report = twin("report", "there", cwd=tmp_path)
    assert (report.returncode, report.stdout) == (0, "")
    assert "written to there/report.html" in report.stderr
    text = (tmp_path / "there" / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    runbook = twin("runbook", "there", cwd=tmp_path)
    assert runbook.returncode == 0
    assert runbook.stdout.startswith("# Runbook: ")
    page = twin("runbook", "there", "--html", "--out", "r.html", cwd=tmp_path)
    assert page.returncode == 0
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert not list(tmp_path.rglob("*.part"))


def test_a_runbook_of_an_experiment_is_rehearsed(tmp_path: Path) -> None:
    """The number of runs is in it; nothing is left in the folder."""
    words = ("runbook", "callmanager-regeneration", "--replicates", "3", "--workers", "0")
    done = twin(*words, "--set", "timing.p_busy=0", cwd=tmp_path)
    assert done.returncode == 0
    assert "in half of 3 runs" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_wrong_folders_and_numbers_are_wrong_input(tmp_path: Path) -> None:
    """Exit status 2, a message on stderr, nothing on stdout."""
    for words, said in (
        (("report", "."), "neither a run nor a sweep"),
        (("runbook", "callmanager-regenration"), "did you mean 'callmanager-regeneration'?"),
        (("runbook", "callmanager-regeneration", "--replicates", "0"), "1 or more"),
    ):
        done = twin(*words, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert "Traceback" not in done.stderr
