"""Which log a row stands in, and how lines are numbered."""

from __future__ import annotations

from datetime import UTC, datetime

from twin.kernel.journal import NodeEvent
from twin.logs import FAMILIES, files
from twin.logs.shapes import Counter
from twin.simtime import Epoch

EPOCH = Epoch(datetime(2016, 2, 7, 22, tzinfo=UTC))


def test_names_and_files_are_unique() -> None:
    """Every log has a name of its own, and a file of its own on a node."""
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert len({family.path for family in FAMILIES}) == len(FAMILIES)


def test_services_that_start_stand_in_syslog_and_alarms_in_theirs() -> None:
    """A service's state is the platform's business; an alarm is not in the service's trace."""
    rows = [
        NodeEvent(0, "pub", "TVS", "service", "info", {"state": "STOPPED"}),
        NodeEvent(1, "pub", "TVS", "alarm", "informational", {"name": "TVSCertificateRegenerated"}),
        NodeEvent(2, "pub", "node", "up", "info", {}),
    ]
    assert files(rows, EPOCH) == {
        "pub/syslog/CiscoSyslog": [
            "Feb  7 22:00:00 pub : %UC_TVS-6-TVSCertificateRegenerated: "
            "%[AppID=Cisco Trust Verification][NodeID=pub]"
        ],
        "pub/syslog/messages": [
            'Feb  7 22:00:00 pub twin: twin.TVS.service state="STOPPED"',
            "Feb  7 22:00:00 pub twin: twin.node.up",
        ],
    }


def test_rows_of_nobodys_log_are_in_none() -> None:
    """The operator's steps, and rows without a node, leave no line."""
    rows = [
        NodeEvent(0, "", "twin", "population", "info", {}),
        NodeEvent(0, "pub", "operator", "step", "info", {}),
        NodeEvent(0, "axl", "tls", "tls_connected", "info", {"leg": "axl"}),
    ]
    assert files(rows, EPOCH) == {}


def test_a_row_that_lacks_a_field_is_told_in_plain() -> None:
    """A journal of an earlier version has no folders in it: the row is told all the same."""
    row = NodeEvent(0, "pub", "CertMgr", "regenerate", "info", {"op": "regenerate", "unit": "TVS"})
    assert files([row], EPOCH)["pub/platform/log/CertMgmt00001.log"] == [
        '2016-02-07 22:00:00,000 INFO [main] - twin.CertMgr.regenerate op="regenerate" unit="TVS"'
    ]


def test_lines_are_numbered_within_their_group() -> None:
    """A signal opens a group at 0, a process that a timer woke at 1; others go on."""
    counter = Counter()
    numbers = []
    for opens in (0, None, 0, 1, None):
        found = counter.after("pub", opens, 1)
        counter.keep("pub", found)
        numbers += found
    assert numbers == [
        "00000001.000", "00000001.001", "00000002.000", "00000003.001", "00000003.002",
    ]  # fmt: skip
    assert counter.after("sub", None, 2) == ["00000001.000", "00000001.001"]
