"""A run's journal as data frames."""

from __future__ import annotations

import pandas as pd
import pytest

import twin
from twin.errors import InputError


@pytest.fixture(scope="module")
def storm() -> twin.RunResult:
    """A storm of a thousand phones."""
    return twin.run("callmanager-regeneration", model="two-node-1000")


def test_what_nodes_did_is_a_table(storm: twin.RunResult) -> None:
    """One row per record of the journal, in order of time, in UTC."""
    events = storm.events
    assert len(events) == len(storm.tables.node_events)
    assert events.index.is_monotonic_increasing
    assert str(events.index.tz) == "UTC"
    (renewed,) = events[events["event"] == "regenerated"].itertuples()
    assert renewed.node == "cucm-pub"
    assert renewed.data["unit"] == "CallManager"


def test_the_life_of_a_phone_is_told_in_words(storm: twin.RunResult) -> None:
    """From the reset to the registration, with what it checked and whom it asked."""
    phones = storm.phones
    asked = phones[phones["population"] == "desk-7841"].index[0]
    life = storm.life(asked)
    told = list(zip(life["event"], life["detail"], strict=True))
    assert told[0] == ("reset_received", "wave 1")
    assert told[-1] == ("registered", "")
    assert ("tvs_asked", "ITL") in told
    assert ("tvs_answered", "known") in told
    assert ("itl_checked", "accepted_tvs") in told
    assert ("config_checked", "accepted_local") in told
    assert life["node"].iloc[-1] == phones.loc[asked, "node"]
    seconds = (life.index[-1] - life.index[0]).total_seconds()
    assert life["after_s"].iloc[0] == 0
    assert life["after_s"].sum() == pytest.approx(seconds, abs=0.001)


def test_a_rejection_is_told_with_its_reasons() -> None:
    """What a phone refused, and why, joined as in `stuck_by_reason`."""
    stuck = twin.run("what-if-both-change-on-a-single-server")
    life = stuck.life(stuck.phones.index[0])
    checked = life[life["event"] == "itl_checked"]["detail"].tolist()
    (why,) = stuck.metrics.stuck_by_reason
    assert checked[-1] == f"rejected: {why}"
    assert set(stuck.phones["stuck_reasons"]) == {why}


def test_every_life_can_be_told(storm: twin.RunResult) -> None:
    """All phones' rows are somebody's, for every kind of event there is in these runs."""
    for experiment in ("how-is-an-lsc-installed", "does-mra-survive-a-new-callmanager"):
        run = twin.run(experiment)
        rows = sum(len(run.life(name)) for name in run.phones.index)
        assert rows == len(run.tables.phone_events)


def test_an_unknown_phone_has_no_life(storm: twin.RunResult) -> None:
    """It is refused."""
    with pytest.raises(InputError, match="no phone 'SEP0'"):
        storm.life("SEP0")


def test_outages_of_phones_add_up(storm: twin.RunResult) -> None:
    """Seconds out of service of each phone make the outage of the run."""
    phones = storm.phones
    assert phones["out_s"].sum() / 60 == pytest.approx(storm.metrics.outage_phone_minutes)
    assert phones["out_s"].min() > 0
    assert set(phones["state"]) == {"registered"}
    slowest = phones["back_at"].idxmax()
    life = storm.life(slowest)
    assert life.index[life["event"] == "registered"][-1] == phones.loc[slowest, "back_at"]


def test_a_phone_that_never_registers_has_no_time_of_return() -> None:
    """Out from the first moment to the last, and NaT."""
    out = twin.run("can-a-secure-phone-register-without-an-lsc").phones
    left = out[out["state"] != "registered"]
    assert len(left)
    assert left["out_s"].min() > 0
    quiet = twin.run("callmanager-regeneration", set={"experiment.steps": []}).phones
    assert quiet["back_at"].isna().all()
    assert quiet["out_s"].tolist() == [0, 0]
    assert isinstance(quiet["back_at"].dtype, pd.DatetimeTZDtype)
