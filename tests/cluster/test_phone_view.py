"""One phone as it is now: lists, state, and what it would make of what is served."""

from __future__ import annotations

import pytest

import twin
from twin.cluster.phone_view import PhoneView
from twin.config.load import load_timing
from twin.errors import ActionError

UNGUARDED = load_timing().with_values({"regeneration_guard_min": 0})


def verdicts(view: PhoneView) -> dict[str, str]:
    """Verdict by file."""
    return {offer.file: offer.verdict for offer in view.offers}


def first(lab: twin.Twin, population: str | None = None) -> str:
    """The first phone of a population."""
    phones = lab.cluster.population
    numbers = range(phones.size)
    return next(
        phones.names[n] for n in numbers if population in (None, phones.group(n).population)
    )


def test_a_phone_at_rest_holds_what_is_served() -> None:
    """Nothing has happened: the same bytes, registered, not stuck."""
    lab = twin.Twin("two-node-1000")
    view = lab.phone(first(lab, "lobby-7962"))
    assert (view.model, view.population, view.site) == ("7962", "lobby-7962", "campus")
    assert (view.state, view.node, view.protocol) == ("registered", "cucm-pub", "SCCP")
    assert verdicts(view) == {"ITL": "unchanged", "configuration": "unchanged"}
    assert view.ctl is None
    assert view.itl is not None
    assert not view.is_stuck


@pytest.mark.parametrize("model", ["two-node-1000", "mixed-mode-200", "branch-tftp-60"])
@pytest.mark.parametrize("units", [["CallManager"], ["TVS"], ["CallManager", "TVS"], ["CAPF"]])
@pytest.mark.parametrize("release", ["11.5", "15"])
def test_what_a_phone_is_said_to_do_it_does(model: str, units: list[str], release: str) -> None:
    """A view of a phone that is off foretells what it does when it comes back."""
    lab = twin.Twin(model, release=release, timing=UNGUARDED)
    lab.do({"power": {"on": False}})
    for unit in units:
        for node in ("pub",) if unit == "CAPF" else ("pub", "sub1"):
            lab.regenerate(node, unit)
    lab.advance("10m")
    names = sorted({first(lab, group.population) for group in lab.cluster.population.groups})
    foretold = {name: lab.phone(name) for name in names}
    lab.do({"power": {"on": True}})
    lab.wait("quiet")
    for name, before in foretold.items():
        after = lab.phone(name)
        for offer in before.offers:
            held = after.itl if offer.file == "ITL" else after.ctl
            was = before.itl if offer.file == "ITL" else before.ctl
            if offer.file != "configuration":
                assert (held != was) == (offer.verdict == "accepted"), (name, offer)
        assert after.is_stuck == before.is_stuck, name
        assert before.is_stuck >= ("rejected" in verdicts(before).values())


def test_the_steps_tell_whom_it_asked_and_why_that_did_not_help() -> None:
    """Signer unknown, TVS asked one after the other, each with its own fault."""
    lab = twin.Twin("two-node-1000", timing=UNGUARDED)
    lab.do({"power": {"on": False}})
    lab.regenerate("pub", "CallManager")
    lab.regenerate("pub", "TVS")
    lab.do({"stop_service": {"node": "sub1", "service": "TVS"}})
    lab.advance("10m")
    itl = lab.phone(first(lab, "desk-7841")).offers[0]
    assert itl.steps == (
        "its own lists do not settle it: signer not in lists",
        "TVS of cucm-pub does not help: tvs certificate not in itl",
        "TVS of cucm-sub does not help: tvs unreachable",
    )
    assert itl.verdict == "rejected"
    assert set(itl.reasons) == {
        "signer_not_in_lists", "tvs_certificate_not_in_itl", "tvs_unreachable",
    }  # fmt: skip
    lab.do({"start_service": {"node": "sub1", "service": "TVS"}})
    lab.advance("2m")
    itl = lab.phone(first(lab, "desk-7841")).offers[0]
    assert itl.verdict == "accepted"
    assert itl.steps[-1] == "TVS of cucm-sub vouches for the signer"


def test_a_phone_without_a_list_takes_the_first() -> None:
    """Erased lists: accepted without a check, and it is said so."""
    lab = twin.Twin("seed-lab")
    name = first(lab)
    lab.do({"power": {"on": False}})
    lab.do({"delete_phone_lists": {}})
    view = lab.phone(name)
    assert view.itl is None
    assert view.offers[0].verdict == "accepted"
    assert "unchecked" in view.offers[0].steps[0]


def test_a_phone_without_security_by_default_is_offered_no_itl() -> None:
    """It knows the CTL alone, and has no TVS to ask."""
    lab = twin.Twin("mixed-mode-200", release="11.5")
    lab.do({"power": {"on": False}})
    lab.regenerate("pub", "CallManager")
    lab.do({"ctl_update": {}})
    lab.advance("5m")
    view = lab.phone(first(lab, "secure-7960"))
    assert verdicts(view) == {"CTL": "rejected", "configuration": "rejected"}
    assert "names no TVS" in view.offers[0].steps[-1]


def test_a_file_server_that_is_off_offers_nothing() -> None:
    """Without a TFTP node that serves there is nothing to judge."""
    lab = twin.Twin("seed-lab")
    lab.do({"stop_service": {"node": "pub", "service": "TFTP"}})
    assert lab.phone(first(lab)).offers == ()


def test_looking_changes_nothing() -> None:
    """A run in which somebody looked at phones and files is the run in which nobody did."""

    def run(looks: bool) -> str:
        lab = twin.Twin("two-node-1000")
        for unit in ("CallManager", "TVS"):
            lab.regenerate("pub", unit)
            for _ in range(4):
                lab.advance("3m")
                if looks:
                    lab.phone(first(lab))
                    lab.file("pub", "ITLFile.tlv")
                    lab.certificate("sub1", "TVS")
        return lab.finish().fingerprint

    assert run(looks=True) == run(looks=False)


def test_an_unknown_phone_is_refused() -> None:
    """With the nearest name."""
    lab = twin.Twin("seed-lab")
    with pytest.raises(ActionError, match="SEP885A92D977CA"):
        lab.phone("SEP885A92D977CB")
