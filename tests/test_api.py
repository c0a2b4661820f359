"""The Python surface."""

from __future__ import annotations

import pytest

import twin


def test_a_result_has_numbers_curves_phones_and_a_picture() -> None:
    """`twin.run` gives metrics, a timeline, a phones table and a figure."""
    result = twin.run("callmanager-regeneration", seed=3, set={"timing.reset_debounce_s": 10})
    assert result.passed
    assert result.document.seed == 3
    assert result.document.provenance.parameters["reset_debounce_s"] == 10
    assert list(result.phones.index) == ["SEP885A92D977CA", "SEPB83861583B73"]
    assert result.timeline["registered"].iloc[-1] == 2
    assert str(result.timeline.index.tz) == "UTC"
    assert result._repr_png_().startswith(b"\x89PNG")


def test_a_twin_can_be_stepped() -> None:
    """A Twin does what it is told, when it is told, and says how the phones are."""
    lab = twin.Twin("seed-lab")
    assert lab.counts()["registered"] == 2
    assert lab.regenerate("pub", "CallManager").outcome == "done"
    lab.advance("30s")
    assert lab.counts()["booting"] == 2
    assert lab.wait(at_most="1h").outcome == "done"
    assert lab.stuck() == {}
    refused = lab.do({"regenerate": {"node": "pub", "unit": "TVS"}})
    assert refused.outcome == "refused"
    assert refused.message.startswith("CallManager certificate was modified in the last 5 minutes")


def test_a_malformed_step_is_refused_with_the_right_word() -> None:
    """A wrong word, node or unit in a step is an error that names the nearest right word."""
    lab = twin.Twin("seed-lab")
    with pytest.raises(twin.TwinError, match="'regenerate'"):
        lab.do({"regenrate": {"node": "pub", "unit": "TVS"}})
    with pytest.raises(twin.TwinError, match="labserver1"):
        lab.regenerate("labserver", "TVS")
    with pytest.raises(twin.TwinError, match="CallManager"):
        lab.regenerate("pub", "Callmanager")
    assert lab.now_ms == 0


def test_a_finished_twin_does_no_more() -> None:
    """After `finish` the journal is closed; a further step is refused."""
    lab = twin.Twin("seed-lab")
    fingerprint = lab.finish().fingerprint
    assert lab.finish().fingerprint == fingerprint
    with pytest.raises(twin.TwinError, match="finished"):
        lab.regenerate("pub", "TVS")


def test_the_surface_is_complete() -> None:
    """Every name of the surface is there, and no other."""
    assert all(getattr(twin, name) is not None for name in twin.__all__)
    with pytest.raises(AttributeError, match="no attribute"):
        _ = twin.nonsense
    with pytest.raises(ValueError, match="every_phone"):
        twin.run("callmanager-regeneration", crypto="some")


def test_documents_load_by_name() -> None:
    """Models and experiments load by their bundled names."""
    assert twin.load_model("seed-lab").phone_count == 2
    assert twin.load_experiment("callmanager-regeneration").model == "seed-lab"
