"""The command line: exit statuses, streams, messages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def twin(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "twin", *words], capture_output=True, text=True, cwd=cwd, check=False
    )


def test_json_is_all_there_is_on_stdout(tmp_path: Path) -> None:
    """`--json` prints the result document and nothing else, and writes no folder by itself."""
    done = twin("run", "callmanager-regeneration", "--json", cwd=tmp_path)
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document["experiment"] == "callmanager-regeneration"
    assert document["metrics"]["resets_total"] == 2
    assert list(tmp_path.iterdir()) == []


def test_a_run_leaves_journal_result_and_figure(tmp_path: Path) -> None:
    """Without --json a table is printed and the folder holds all parts, none half-written."""
    done = twin("run", "callmanager-regeneration", "--out", "there", cwd=tmp_path)
    assert done.returncode == 0
    assert "Phones stuck" in done.stdout
    assert "written to there" in done.stderr
    names = sorted(
        str(p.relative_to(tmp_path / "there")) for p in tmp_path.rglob("*") if p.is_file()
    )
    assert names == [
        "inputs.json",
        "journal/node_events.parquet",
        "journal/phone_events.parquet",
        "journal/queues.parquet",
        "phones.parquet",
        "result.json",
        "storm.png",
        "storm.svg",
    ]


def test_a_second_run_into_the_same_folder_replaces_the_first(tmp_path: Path) -> None:
    """The same run into the same folder gives the same bytes."""
    first = twin("run", "callmanager-regeneration", "--out", "there", cwd=tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    second = twin("run", "callmanager-regeneration", "--out", "there", cwd=tmp_path)
    after = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert first.returncode == second.returncode == 0
    assert before == after


def test_a_failed_expectation_gives_status_1(tmp_path: Path) -> None:
    """Status 1 says that an expectation did not hold; the table names it."""
    experiment = tmp_path / "hopeful.yaml"
    experiment.write_text(
        "name: hopeful\ntitle: A hope\nquestion: Does nobody restart?\nmodel: seed-lab\n"
        "start: 2016-02-07T22:00:00Z\n"
        "steps:\n  - regenerate: {node: tftp1, unit: CallManager}\n"
        "run_for: 10m\nexpect:\n  - {metric: resets_total, equals: 0}\n"
    )
    done = twin("run", str(experiment), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "resets_total equals 0" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "callmanager-regenration"), "did you mean 'callmanager-regeneration'?"),
        (("run", "callmanager-regeneration", "--model", "seed-lap"), "did you mean 'seed-lab'?"),
        (
            ("run", "callmanager-regeneration", "--set", "timing.p_bsy=1"),
            "did you mean 'p_busy'?",
        ),
        (("run", "callmanager-regeneration", "--set", "nonsense"), "PATH=VALUE"),
        (("check", "there-is-no-such-file.yaml"), "there-is-no-such-file.yaml"),
        (("sweep", "callmanager-regeneration"), "Missing option '--out'"),
        (("console", "sead-lab"), "did you mean 'seed-lab'?"),
    ],
)
def test_wrong_input_gives_status_2_and_the_next_step(words: tuple[str, ...], said: str) -> None:
    """Wrong input gives status 2, one message on stderr, no traceback and nothing on stdout."""
    done = twin(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_check_reports_every_mistake_of_every_file(tmp_path: Path) -> None:
    """`twin check` goes on to the next file and reports all faults together."""
    (tmp_path / "one.yaml").write_text("name: one\nnodes: []\n")
    (tmp_path / "two.yaml").write_text("name: two\nsteps: [{regenrate: {}}]\nquestion: Q\n")
    done = twin("check", "one.yaml", "two.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "one.yaml" in done.stderr
    assert "two.yaml" in done.stderr
    assert "'regenerate'" in done.stderr


def test_a_fault_of_ours_gives_status_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program gives status 3 and a plea to report it, not a traceback."""
    from twin import api, cli

    def broken(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("a wheel came off")

    monkeypatch.setattr(api, "run", broken)
    monkeypatch.setattr(sys, "argv", ["twin", "run", "callmanager-regeneration", "--json"])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    assert exit_.value.code == 3


@pytest.mark.parametrize(
    "kind", ["model", "experiment", "result", "release", "phones", "timing", "window"]
)
def test_schema_prints_json_schema(kind: str) -> None:
    """`twin schema` prints a JSON Schema of each document."""
    done = twin("schema", kind)
    assert done.returncode == 0
    schema = json.loads(done.stdout)
    if "$ref" in schema:  # a document that may contain one of its own kind
        schema = schema["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    assert schema["type"] == "object"


def test_lists_name_everything_bundled() -> None:
    """`twin models`, `twin experiments` and `twin assumptions` list what there is."""
    from twin import library
    from twin.config.load import load_timing

    models = twin("models").stdout
    experiments = twin("experiments").stdout
    assumptions = twin("assumptions").stdout
    assert all(name in models for name in library.models())
    assert all(name in experiments for name in library.experiments())
    assert all(name in assumptions for name in load_timing().parameters())


def test_words_that_fit_no_experiment_are_wrong_input() -> None:
    """The word that fits nothing is named, with the nearest one; exit status 2."""
    done = twin("experiments", "mixed_mode", "migratoin")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "no experiment has 'migratoin'; did you mean 'migration'?" in done.stderr


def test_help_loads_no_heavy_library() -> None:
    """`twin --help` answers without numpy, pandas, matplotlib, pydantic, cryptography or simpy."""
    code = (
        "import sys\n"
        "sys.argv = ['twin', '--help']\n"
        "from twin.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'matplotlib', 'pydantic', 'cryptography', 'simpy'}\n"
        "sys.stderr.write(' '.join(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Commands:" in done.stdout
    assert done.stderr == ""


def test_a_json_run_loads_no_plotting_and_no_scheduler() -> None:
    """`twin run --json` does without matplotlib, pandas, scipy and dask."""
    code = (
        "import sys\n"
        "sys.argv = ['twin', 'run', 'callmanager-regeneration', '--json']\n"
        "from twin.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'matplotlib', 'pandas', 'scipy', 'dask', 'distributed'}\n"
        "sys.stderr.write(' '.join(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["phones"] == 2
    assert done.stderr == ""
