"""Certificates and served files of a live cluster."""

from __future__ import annotations

import pytest

import twin
from twin.errors import ActionError
from twin.pki import trust_list
from twin.pki.phone_config import parse
from twin.pki.signed_file import decode


@pytest.fixture(scope="module")
def lab() -> twin.Twin:
    """A mixed cluster at its start."""
    return twin.Twin("mixed-mode-200")


def test_a_certificate_by_node_and_unit(lab: twin.Twin) -> None:
    """By name or alias; a regenerated one is another."""
    assert lab.certificate("pub", "CallManager") == lab.certificate("cucm-pub", "CallManager")
    assert lab.certificate("sub1", "CallManager").common_name == "cucm-sub.example.com"
    other = twin.Twin("seed-lab")
    before = other.certificate("pub", "TVS")
    other.regenerate("pub", "TVS")
    assert other.certificate("pub", "TVS") != before


def test_the_lists_a_node_serves(lab: twin.Twin) -> None:
    """Whole bytes, under the file's name or the one phones ask for."""
    itl = lab.file("pub", "ITLFile.tlv")
    assert trust_list.decode(itl).header.filename == "ITLFile.tlv"
    assert lab.file("pub", "ITLSEP001122334455.tlv") == itl
    assert lab.file("sub1", "ITLFile.tlv") != itl
    ctl = lab.file("pub", "CTLFile.tlv")
    assert trust_list.decode(ctl).header.filename == "CTLFile.tlv"
    assert lab.file("sub1", "CTLSEP001122334455.tlv") == ctl


def test_a_phones_own_configuration(lab: twin.Twin) -> None:
    """Signed, and made for this very phone."""
    name = lab.cluster.population.names[0]
    signed = decode(lab.file("pub", f"{name}.cnf.xml.sgn"))
    assert signed.header.filename == f"{name}.cnf.xml.sgn"
    assert parse(signed.body).call_managers


@pytest.mark.parametrize(
    ("node", "name", "expected"),
    [
        ("pub", "ITL.tlv", "did you mean 'ITLFile.tlv'"),
        ("pub", "SEP001122334455.cnf.xml.sgn", "no phone"),
        ("pub", "../../etc/passwd", "no file"),
        ("pubb", "ITLFile.tlv", "did you mean 'pub'"),
    ],
)
def test_a_file_that_is_not_served_is_refused(
    lab: twin.Twin, node: str, name: str, expected: str
) -> None:
    """With what there is, and the nearest."""
    with pytest.raises(ActionError, match=expected):
        lab.file(node, name)


def test_what_a_cluster_has_not_is_refused() -> None:
    """No CTL without mixed mode, no file from a node that does not serve or is off."""
    plain = twin.Twin("seed-lab")
    with pytest.raises(ActionError, match=r"no CTLFile\.tlv"):
        plain.file("pub", "CTLFile.tlv")
    with pytest.raises(ActionError, match="TFTP does not run on labserver2"):
        plain.file("sub1", "ITLFile.tlv")
    with pytest.raises(ActionError, match="did you mean 'CallManager'"):
        plain.certificate("pub", "Callmanager")
    plain.do({"node": {"node": "pub", "up": False}})
    with pytest.raises(ActionError, match="TFTP does not run"):
        plain.file("pub", "ITLFile.tlv")
