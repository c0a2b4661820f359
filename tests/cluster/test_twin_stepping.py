from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from twin.cluster.acts.scene import Outcome
from twin.cluster.twin import DEFAULT_START, Twin
from twin.config.model import ModelConfig
from twin.config.steps import Step
from twin.errors import ActionError, LibraryError, SimulationError
from twin.kernel.journal import MemorySink
from twin.pki.keys import KeyBank

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

DONE = Outcome("done", "")


@pytest.fixture
def twin(make_twin: Callable[..., Twin]) -> Twin:
    """The small deployment, running."""
    return make_twin()


def test_a_twin_starts_at_rest(twin: Twin) -> None:
    """At instant 0 every phone is registered and nothing is under way."""
    assert twin.now_ms == 0
    assert twin.now == DEFAULT_START
    counts = twin.counts()
    assert counts.pop("registered") == 10
    assert set(counts.values()) == {0}
    assert twin.cluster.is_quiet()
    assert twin.stuck() == {}


def test_start(model: Callable[..., ModelConfig], bank: KeyBank) -> None:
    """The moment of instant 0 can be chosen; certificates are made for it."""
    start = datetime(2031, 1, 5, 1, 30, tzinfo=UTC)
    twin = Twin(model(), start=start, bank=bank)
    twin.advance("90m")
    assert twin.now == start + timedelta(minutes=90)
    certificate = twin.cluster.nodes["pub"].files.own["TVS"].certificate
    assert certificate.not_before < start < certificate.not_after


@pytest.mark.parametrize(
    ("duration", "ms"), [("10m", 600_000), ("2h 30m", 9_000_000), (1_500, 1_500)]
)
def test_advance(twin: Twin, duration: str | int, ms: int) -> None:
    """Time passes by as much as is said, in words or in milliseconds."""
    twin.advance(duration)
    assert twin.now_ms == ms


def test_time_does_not_run_back(twin: Twin) -> None:
    """Running to an instant that has passed is an error of the caller's program."""
    twin.advance("1m")
    with pytest.raises(SimulationError):
        twin.run_until(59_999)


def test_progress_is_told_every_minute(twin: Twin) -> None:
    """A long run tells of its time every simulated minute, and ends where it should."""
    heard: list[int] = []
    twin.run_until(150_000, heard.append)
    assert heard == [60_000, 120_000]
    assert twin.now_ms == 150_000


def test_steps_take_their_time(twin: Twin) -> None:
    """A regeneration returns when the certificate is written, before its storm."""
    assert twin.regenerate("pub", "CallManager") == DONE
    assert 3_000 <= twin.now_ms <= 15_000
    assert twin.counts()["registered"] == 10
    twin.advance("20s")
    assert twin.counts()["registered"] < 10
    assert twin.wait() == DONE
    assert twin.counts()["registered"] == 10


def test_step_as_an_experiment_writes_it(twin: Twin) -> None:
    """`do` takes a step as a mapping or a checked one, with a time to wait for first."""
    assert twin.do({"advance": {"for": "5m"}}) == DONE
    assert twin.now_ms == 300_000
    assert twin.do({"at": "10m", "power": {"on": False}}) == Outcome("done", "10 phones")
    assert twin.now_ms == 600_000
    assert twin.do(Step.model_validate({"power": {"on": True}})) == Outcome("done", "10 phones")


def test_step_whose_time_has_passed(twin: Twin) -> None:
    """A step that is late is carried out at once."""
    twin.advance("1h")
    assert twin.do({"at": "10m", "advance": {"for": "1s"}}) == DONE
    assert twin.now_ms == 3_601_000


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"regenerate": {"node": "sup", "unit": "TVS"}}, "unknown node 'sup'"),
        ({"regenerate": {"node": "pub", "unit": "TVSS"}}, "TVSS"),
        ({"regenerat": {"node": "pub", "unit": "TVS"}}, "unknown action 'regenerat'"),
        ({"advance": {"for": 5}}, "no unit"),
        ({"wan": {"site": "moon", "up": True}}, "moon"),
        ({}, "no action"),
    ],
)
def test_malformed_step(twin: Twin, step: dict[str, object], words: str) -> None:
    """A step that is wrong, or names what is not there, is refused before anything happens."""
    with pytest.raises(ActionError, match=words):
        twin.do(step)
    assert twin.now_ms == 0


def test_wait_that_is_in_vain(twin: Twin) -> None:
    """A wait whose condition does not come true ends at its limit and says so."""
    twin.do({"stop_service": {"node": "pub", "service": "CallManager"}})
    twin.do({"stop_service": {"node": "sub", "service": "CallManager"}})
    outcome = twin.wait(at_most="20m")
    assert outcome == Outcome("timed_out", "not all_phones_registered within 20m")
    assert twin.now_ms == 1_200_000


def test_wait_for_quiet_is_content_with_unregistered_phones(twin: Twin) -> None:
    """`quiet` holds as soon as nothing moves, whether or not every phone is registered."""
    for node in ("pub", "sub"):
        twin.do({"stop_service": {"node": node, "service": "CallManager"}})
    assert twin.wait("quiet") == DONE
    assert twin.counts()["unregistered"] == 10


def test_everything_off_is_everybody_registered(twin: Twin) -> None:
    """Phones without power are not waited for."""
    twin.do({"power": {"on": False}})
    assert twin.wait() == DONE
    assert twin.now_ms <= 1_000


def test_finish(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """The end closes the journal once; afterwards nothing more can be done."""
    twin.regenerate("pub", "CallManager")
    twin.wait()
    finished = twin.finish()
    assert finished.ended_at_ms == twin.now_ms
    assert len(finished.findings) == 10
    assert len(finished.fingerprint) == 64
    assert twin.finish() is finished
    with pytest.raises(ActionError, match="finished"):
        twin.regenerate("sub", "TVS")


def test_fingerprint_follows_seed_and_deed(make_twin: Callable[..., Twin]) -> None:
    """The same deeds under the same seed give the same journal; another seed, another deed not."""

    def run(seed: int, unit: str) -> str:
        twin = make_twin(seed=seed)
        twin.regenerate("pub", unit)
        twin.wait()
        return twin.finish().fingerprint

    first = run(1, "CallManager")
    assert run(1, "CallManager") == first
    assert len({first, run(2, "CallManager"), run(1, "TVS")}) == 3


def test_release_can_be_overridden(make_twin: Callable[..., Twin]) -> None:
    """The model's release gives way to the caller's."""
    assert make_twin(release="8.6").cluster.release.name == "8.6"
    assert make_twin().cluster.release.name == "11.5"


def test_model_by_name_or_not_at_all(bank: KeyBank) -> None:
    """A bundled model goes by its name; a name nobody knows is an error that names it."""
    assert Twin("seed-lab", bank=bank).cluster.model.name == "seed-lab"
    with pytest.raises(LibraryError, match="seed-labb"):
        Twin("seed-labb", bank=bank)


def test_sinks_take_the_place_of_memory(model: Callable[..., ModelConfig], bank: KeyBank) -> None:
    """A twin with sinks of its own keeps nothing in memory."""
    sink = MemorySink()
    twin = Twin(model(), sinks=[sink], bank=bank)
    twin.regenerate("pub", "tomcat")
    twin.finish()
    assert twin.memory is None
    assert "regenerated" in [row.event for row in sink.nodes]


def test_journal_begins_with_who_is_there(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """The first row tells how many phones there are and what node and site numbers mean."""
    first = tell(twin).nodes[0]
    assert (first.at_ms, first.service, first.event) == (0, "twin", "population")
    assert first.data == {"phones": 10, "nodes": ["pub", "sub"], "sites": ["core"]}
