"""A node whose certCN slept through the change of a multi-server certificate."""

from __future__ import annotations

from twin.cluster.twin import Twin
from twin.pki.list_record import Role
from twin.pki.trust_list import decode


def test_a_late_taken_certificate_comes_into_the_list_without_a_restart() -> None:
    """The list a node serves after certCN woke up names the CallManager certificate it has then."""
    twin = Twin("multi-server-150", release="14", sinks=None)
    node = twin.cluster.nodes["ms-sub1"]
    assert node.tftp is not None
    before = node.files.own["CallManager"].certificate
    twin.do({"stop_service": {"node": "ms-sub1", "service": "certCN"}})
    twin.do({"regenerate": {"node": "pub", "unit": "CallManager"}})
    twin.advance("20m")
    assert node.files.own["CallManager"].certificate == before
    twin.do({"start_service": {"node": "ms-sub1", "service": "certCN"}})
    twin.advance("40m")
    now = node.files.own["CallManager"].certificate
    assert now != before
    listed = [
        record.certificate
        for record in decode(node.tftp.itl).records
        if record.role == Role.CCM_TFTP
    ]
    assert now.der in listed
    assert before.der not in listed
