from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from twin.cluster.settings import ClusterSettings
from twin.config.load import load_model, load_release
from twin.config.model import ModelConfig
from twin.kernel.streams import Streams
from twin.nodes.file_system import FileSystem
from twin.pki.list_header import Digest

Models = Callable[..., ModelConfig]


@pytest.fixture
def make_settings(model: Models) -> Callable[..., ClusterSettings]:
    """A maker of settings; own certificates are stood in for by words naming node and unit."""

    def make(release: str = "11.5", seed: int = 1, **fields: Any) -> ClusterSettings:
        profile = load_release(release)
        settings = ClusterSettings(model(**fields), Streams(seed))
        for node in ("pub", "sub"):
            files = FileSystem()
            files.own = {str(unit): f"{unit} of {node}" for unit in profile.units}
            settings.nodes[node] = SimpleNamespace(
                files=files, host=SimpleNamespace(release=profile)
            )
        return settings

    return make


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("9.1", None),
        ("10.5", "ITLRecovery of pub"),
        ("11.5", "ITLRecovery of pub"),
        ("12.5", "ITLRecovery of pub"),
        ("15", "ITLRecovery of pub"),
    ],
)
def test_recovery(
    make_settings: Callable[..., ClusterSettings], release: str, expected: str | None
) -> None:
    """There is none before 10.0; from then on every TFTP node uses the publisher's."""
    settings = make_settings(release)
    assert settings.recovery("pub") == expected
    assert settings.recovery("sub") == expected


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("8.6", None),
        ("9.1", None),
        ("10.5", "ITLRecovery of pub"),
        ("11.5", "ITLRecovery of pub"),
        ("12.5", "CallManager of pub"),
        ("14", "CallManager of pub"),
        ("15", "CallManager of pub"),
    ],
)
def test_localkey(
    make_settings: Callable[..., ClusterSettings], release: str, expected: str | None
) -> None:
    """`utils itl reset localkey` signs with the key that normally does not."""
    assert make_settings(release).localkey() == expected


def test_services_that_are_active(make_settings: Callable[..., ClusterSettings]) -> None:
    """TFTP and CAPF are active where the model activates them."""
    settings = make_settings()
    assert settings.runs_active_tftp("pub")
    assert settings.runs_active_tftp("sub")
    assert settings.runs_active_capf("pub")
    assert not settings.runs_active_capf("sub")


def test_captured_row_identifiers() -> None:
    """Identifiers that a capture gives are used; the publisher's CallManager gets one."""
    settings = ClusterSettings(load_model("seed-lab"), Streams(1))
    assert settings.callmanager_pkid("labserver2") == "d4bfc995-72a1-46af-a607-c0988cdd1be5"
    assert settings.processnode_pkid("labserver1") == "22b42762-9ae4-4ffc-9917-a8cd6fc213be"
    assert settings.processnode_pkid("labserver2") == "1401da6f-79ea-32f3-deca-bc664c0b0c12"
    assert settings.address("labserver2") == "10.106.97.179"
    assert settings.callmanager_pkid("labserver1") not in (None, "")


def test_other_row_identifiers(make_settings: Callable[..., ClusterSettings]) -> None:
    """Identifiers that nobody captured come from the seed and the node's name."""
    one, again, other = make_settings(), make_settings(), make_settings(seed=2)
    pkids = [one.callmanager_pkid("pub"), one.callmanager_pkid("sub"), one.processnode_pkid("pub")]
    assert len(set(pkids)) == 3
    assert again.callmanager_pkid("pub") == pkids[0]
    assert other.callmanager_pkid("pub") != pkids[0]


def test_node_without_callmanager(
    make_settings: Callable[..., ClusterSettings], model: Models
) -> None:
    """A node that processes no calls has no CallManager row."""
    nodes = [node.model_dump(mode="json") for node in model().nodes]
    nodes[1]["services"] = ["TFTP"]
    groups = [{"name": name, "members": ["pub"]} for name in ("pub-sub", "sub-pub")]
    settings = make_settings(nodes=nodes, callmanager_groups=groups)
    assert settings.callmanager_pkid("sub") is None
    assert settings.callmanager_pkid("pub") is not None


def test_parameters_of_the_model(make_settings: Callable[..., ClusterSettings]) -> None:
    """Enterprise parameters are those of the model until somebody changes them."""
    default = make_settings()
    assert not default.is_rollback()
    assert not default.resets_are_manual()
    assert default.digest() is Digest.SHA1
    parameters = {
        "rollback_to_pre_8": True,
        "phone_interaction_on_certificate_update": "manual",
        "tftp_file_signature_algorithm": "sha512",
    }
    changed = make_settings("14", enterprise_parameters=parameters)
    assert changed.is_rollback()
    assert changed.resets_are_manual()
    assert changed.digest() is Digest.SHA512
    changed.set_interaction("automatic")
    assert not changed.resets_are_manual()


def test_unknown_interaction(make_settings: Callable[..., ClusterSettings]) -> None:
    """Phone Interaction on Certificate Update is automatic or manual and nothing else."""
    with pytest.raises(ValueError, match="sometimes"):
        make_settings().set_interaction("sometimes")


def test_waves(make_settings: Callable[..., ClusterSettings]) -> None:
    """Waves are numbered from 1 as changes lead to resets; one change keeps its number."""
    settings = make_settings()
    numbers = [settings.wave(SimpleNamespace(number=number)) for number in (40, 12, 40, 41)]
    assert numbers == [1, 2, 1, 3]
