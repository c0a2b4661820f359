"""What an upgrade leaves of the CTL: the file, its anchors, and the keys behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twin.cluster.twin import Twin
from twin.pki import trust_list
from twin.pki.list_record import Role

Make = Callable[..., Twin]


def anchors(twin: Twin) -> set[bytes | None]:
    """The certificates by which phones know the next signer of the CTL."""
    data = twin.cluster.nodes["pub"].files.ctl
    assert data is not None
    records = trust_list.decode(data).records
    return {record.certificate for record in records if record.role == Role.SAST}


def living(twin: Twin) -> set[str]:
    """The units of the publisher whose certificate of today is among them."""
    own = twin.cluster.nodes["pub"].files.own
    return {unit for unit, identity in own.items() if identity.certificate.der in anchors(twin)}


@pytest.mark.parametrize(
    ("defects", "left"),
    [(["CSCvv13565"], {"CallManager"}), ([], {"CallManager", "ITLRecovery"})],
)
def test_a_silent_itlrecovery_leaves_one_anchor(
    make_twin: Make, defects: list[str], left: set[str]
) -> None:
    """The file is the one of before, byte for byte; whose keys it names depends on the build."""
    twin = make_twin(cluster_mode="mixed")
    before = twin.cluster.nodes["pub"].files.ctl
    assert living(twin) == {"CallManager", "ITLRecovery"}
    twin.do({"upgrade": {"to": "12.5", "defects": defects}})
    twin.wait("quiet")
    assert {node.files.ctl for node in twin.cluster.nodes.values()} == {before}
    assert living(twin) == left


def test_reset_localkey_brings_the_other_anchor_back(make_twin: Make) -> None:
    """Signed by the anchor that is left, the new list has both."""
    twin = make_twin(cluster_mode="mixed")
    twin.do({"upgrade": {"to": "12.5", "defects": ["CSCvv13565"]}})
    twin.wait("quiet")
    twin.do({"ctl_reset": {}})
    assert living(twin) == {"CallManager", "ITLRecovery"}
    data = twin.cluster.nodes["pub"].files.ctl
    assert data is not None
    signer = trust_list.decode(data).signing_header
    key = twin.cluster.nodes["pub"].files.own["CallManager"].certificate
    assert (signer.issuer, signer.serial) == (key.issuer, key.serial_bytes)
