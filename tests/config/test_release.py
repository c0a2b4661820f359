"""Release profiles: what makes one complete, and what the bundled ones say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from twin import library
from twin.config.load import load_release
from twin.config.release import ReleaseProfile
from twin.config.words import Unit
from twin.errors import ConfigError

ALL = library.releases()
Loader = Callable[[str, str], list[str]]


@pytest.fixture
def faults_after(tmp_path: Path) -> Loader:
    """The faults of profile 11.5 after replacing one piece of its text."""

    def load(old: str, new: str) -> list[str]:
        text = library.path("release", "11.5").read_text()
        assert old in text
        file = tmp_path / "release.yaml"
        file.write_text(text.replace(old, new, 1))
        with pytest.raises(ConfigError) as caught:
            load_release(file)
        return [str(fault).split(": ", 1)[1] for fault in caught.value.faults]

    return load


@pytest.mark.parametrize("name", ALL)
def test_every_field_has_exactly_one_origin(name: str) -> None:
    """Each behaviour is in sources or in assumptions (the class refuses anything else)."""
    release = load_release(name)
    behaviour = set(ReleaseProfile.model_fields) - {
        "name", "title", "order", "sources", "assumptions"
    }  # fmt: skip
    assert set(release.sources) | set(release.assumptions) == behaviour
    assert release.name == name


def test_profiles_are_ranked_by_age() -> None:
    """`order` grows with the release."""
    orders = [load_release(name).order for name in ALL]
    assert orders == sorted(set(orders))


@pytest.mark.parametrize(
    ("name", "callmanager_bits", "signer", "recovery", "reset_key", "recovery_days"),
    [
        ("8.6", 1024, "CallManager", "none", "none", None),
        ("9.1", 1024, "CallManager", "none", "none", None),
        ("10.5", 2048, "CallManager", "per_node", "ITLRecovery", 1825),
        ("11.5", 2048, "CallManager", "per_node", "ITLRecovery", 1825),
        ("12.5", 2048, "ITLRecovery", "cluster", "CallManager", 7300),
        ("14", 2048, "ITLRecovery", "cluster", "CallManager", 7300),
        ("15", 2048, "ITLRecovery", "cluster", "CallManager", 7300),
    ],
)
def test_who_signs_and_with_what(
    name: str,
    callmanager_bits: int,
    signer: str,
    recovery: str,
    reset_key: str,
    recovery_days: int | None,
) -> None:
    """1024-bit keys before 10.0; ITLRecovery from 10.0, signer from 12.0, one per cluster 12.5+.

    Source: Cisco TAC deck, March 2016; Cisco 214231; CLI Reference 15.
    """
    release = load_release(name)
    assert release.key_bits[Unit.CALLMANAGER] == callmanager_bits
    assert release.key_bits[Unit.TOMCAT] == release.key_bits[Unit.TVS] == 2048
    assert release.itl_signer == signer
    assert release.itl_recovery == recovery
    assert release.itl_reset_key == reset_key
    assert release.validity_days.get(Unit.ITL_RECOVERY) == recovery_days
    assert release.validity_days[Unit.TVS] == 1825


@pytest.mark.parametrize(
    ("field", "since"),
    [
        ("cluster_wide_delete", "11.5"),
        ("has_phone_interaction_parameter", "14"),
        ("has_file_signature_parameter", "11.5"),
        ("regeneration_guard", "10.5"),
        ("tftp_connection_objects", "11.5"),
    ],
)
def test_a_behaviour_comes_and_stays(field: str, since: str) -> None:
    """Once a release has it, every later one has it."""
    has = [bool(getattr(load_release(name), field)) for name in ALL]
    assert has == [ALL.index(name) >= ALL.index(since) for name in ALL]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("  units:", "  unit:", "sources: unknown field 'unit'"),
        ("  regeneration_guard:", "  order:", "'regeneration_guard' is in both of sources and"),
        ("TVS: 2048,", "", "key_bits: nothing for unit 'TVS'"),
        ("TVS, ITLRecovery, tom", "TVS, tom", "itl_reset_key: ITLRecovery, which this release"),
        ("itl_recovery: per_node", "itl_recovery: none", "itl_recovery: 'none' with units"),
        ("order: 4", "order: x", "order: 'x', expected a valid integer"),
    ],
)
def test_an_incomplete_profile_is_refused(
    faults_after: Loader, old: str, new: str, fault: str
) -> None:
    """A unit without a key size or a field without an origin is a fault."""
    faults = faults_after(old, new)
    assert any(text.startswith(fault) or fault in text for text in faults), faults


def test_assumptions_are_listed_with_their_reasons() -> None:
    """`twin assumptions` shows each unsourced field of a release."""
    assumed = dict(load_release("9.1").assumed())
    assert "certificate_hash" in assumed
    assert all(assumed.values())
