"""What comes from outside is fed to the parsers by a coverage-guided fuzzer, for a bounded time.

For longer: python -m tests.fuzz.target "trust list" CORPUS -max_total_time=600
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import twin
from tests.fuzz.target import TARGETS
from twin import library
from twin.pki import capf_messages, signed_file, tvs_messages

RUNS, SECONDS = 4_000, 10
EXCERPTS = Path(__file__).parents[1] / "logs" / "seed"
pytestmark = pytest.mark.atheris


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """Real bytes of every kind: what a cluster in mixed mode has, and what is said to it."""
    directory = tmp_path_factory.mktemp("seeds") / "files"
    lab = twin.Twin("mixed-mode-200")
    phone = lab.cluster.population.names[0]
    twin.export("mixed-mode-200", directory, phones=(phone,))
    certificate = lab.cluster.nodes["cucm-pub"].files.own["TVS"].certificate
    signed = (directory / "cucm-pub").rglob("*.sgn")
    models = library.root() / "models"
    return {
        "trust list": [file.read_bytes() for file in sorted(directory.rglob("*.tlv"))],
        "signed file": (configs := [file.read_bytes() for file in sorted(signed)]),
        "phone config": [signed_file.decode(data).body for data in configs],
        "TVS message": [
            tvs_messages.encode(tvs_messages.VerifyRequest(phone, certificate.der), 1),
            tvs_messages.encode(tvs_messages.VerifyResponse(tvs_messages.Status.FOUND, (4,), 9), 1),
        ],
        "CAPF message": [
            capf_messages.encode(message, 1)
            for message in (capf_messages.AuthRequest(1), capf_messages.AuthResponse(phone, "x"))
        ],
        "certificate file": [certificate.pem, certificate.der],
        "certificate": [certificate.pem, certificate.der],
        "signing request": [],
        "YAML": [file.read_bytes() for file in sorted(models.glob("*-lab.yaml"))],
        "log": [file.read_bytes() for file in sorted(EXCERPTS.iterdir())],
        "document": [file.read_bytes() for file in sorted(models.glob("single*.yaml"))],
    }


@pytest.mark.parametrize("name", list(TARGETS))
def test_a_parser_answers_any_bytes_with_a_value_or_its_own_error(
    name: str, seeds: dict[str, list[bytes]], tmp_path: Path
) -> None:
    """No other exception, no endless loop, no hunger for memory."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds[name]):
        (corpus / f"{number}").write_bytes(seed)
    command = [
        sys.executable, "-m", "tests.fuzz.target", name, str(corpus), f"-runs={RUNS}", "-seed=1",
        f"-max_total_time={SECONDS}", "-timeout=5", "-rss_limit_mb=2048", "-max_len=20000",
    ]  # fmt: skip
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(root), "PATH": ""}, check=False,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done " in done.stderr


def test_the_fuzzer_finds_a_fault_that_is_there(tmp_path: Path) -> None:
    """A parser whose own error is not allowed for does not pass."""
    code = (
        "import sys; from dataclasses import replace; from tests.fuzz import target as t\n"
        "t.TARGETS['trust list'] = replace(t.TARGETS['trust list'], allowed=())\n"
        "t.main(['x', 'trust list', '-runs=1000', '-seed=1'])\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(root), "PATH": ""},
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode != 0
    assert "FormatError" in done.stdout
