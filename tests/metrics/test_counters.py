"""What is counted, and by which key."""

from __future__ import annotations

import pytest

from twin.config.result import TlsFailure
from twin.kernel.journal import QueueSample
from twin.metrics import counters
from twin.phones.lifecycle import Event, FileKind, State, TVSAnswer
from twin.phones.outcomes import Outcome, Reason, pack


@pytest.mark.parametrize("event", [Event.ITL_CHECKED, Event.CONFIG_CHECKED])
def test_each_check_is_counted_by_its_outcome(script, event):
    """Attempts are the sum of all outcomes; the other file's checks are not among them."""
    told = script([State.DOWNLOADING])
    for count, outcome in enumerate(Outcome, start=1):
        for _ in range(count):
            told.phone(1_000, 0, event, pack(outcome, Reason.BAD_SIGNATURE))
    told.phone(1_000, 0, Event.CTL_CHECKED, pack(Outcome.REJECTED))
    counts = counters.updates(told.tables(), event)
    assert counts == {
        "attempted": 21, "unchanged": 1, "accepted_local": 2, "accepted_tvs": 3,
        "accepted_first_use": 4, "rejected": 5, "not_downloaded": 6,
    }  # fmt: skip


def test_resets_are_notices_that_arrived(script):
    """All notices are counted, and those of the phone that got most."""
    told = script([State.REGISTERED] * 3)
    assert counters.resets(told.tables()) == (0, 0)
    told.cycle(2, 0, 5_000)
    told.cycle(2, 10_000, 15_000)
    told.phone(20_000, 0, Event.RESET_RECEIVED)
    assert counters.resets(told.tables()) == (3, 2)


def test_requests_refusals_and_queues(script):
    """A queue's peak is the worst of one node; refusals are those with HTTP 503."""
    told = script([State.DOWNLOADING])
    for event in (Event.FILE_REQUESTED, Event.FILE_REFUSED, Event.FILE_REQUESTED):
        told.phone(1_000, 0, event, FileKind.ITL)
    told.queues += [
        QueueSample(1, "pub", "tftp", 7, 9, 1),
        QueueSample(1, "sub1", "tftp", 5, 9, 1),
        QueueSample(1, "pub", "registration", 30, 9, 1),
    ]
    tables = told.tables()
    assert counters.tftp(tables) == {"requests": 2, "rejected_503": 1, "queue_peak": 7}
    assert counters.registration(tables) == {"queue_peak": 30}


def test_three_services_asked_are_three_queries(script):
    """Each TVS that a phone tries is a query of its own, with its own answer."""
    told = script([State.DOWNLOADING])
    for answer in (TVSAnswer.UNREACHABLE, TVSAnswer.UNTRUSTED, TVSAnswer.KNOWN):
        told.phone(1_000, 0, Event.TVS_ASKED, FileKind.ITL)
        told.phone(1_000, 0, Event.TVS_ANSWERED, answer)
    assert counters.tvs(told.tables()) == {
        "queries": 3, "known": 1, "unknown": 0, "unreachable": 1, "untrusted": 1, "expired": 0,
    }  # fmt: skip


def test_alarms_keep_name_node_and_time(script):
    """Alarms are told in order of time; other node events are none."""
    told = script([])
    told.node(9_000, "TVS", "alarm", "informational", name="TVSCertificateRegenerated")
    told.node(2_000, "Tomcat", "alarm", "warning", name="TomcatCertRegen")
    told.node(3_000, "TFTP", "itl_built", changed=True)
    assert counters.alarms(told.tables()) == [
        counters.Alarm("TomcatCertRegen", "warning", "pub", 2_000),
        counters.Alarm("TVSCertificateRegenerated", "informational", "pub", 9_000),
    ]


def test_stuck_phones_by_reason_and_remedy(script):
    """Reasons are joined to one key, the most frequent first; each remedy with whom it helps."""
    both = Reason.SIGNER_NOT_IN_LISTS | Reason.NO_TVS_LISTED
    tables = script([State.REGISTERED] * 5).tables(
        stuck=[True, True, False, True, True],
        stuck_reasons=[Reason.RECORD_EXPIRED, both, Reason.RECORD_EXPIRED, both, 0],
        remedies=["", "a;b", "z", "b; c", ""],
    )
    assert counters.phones_stuck(tables) == 4
    assert list(counters.stuck_by_reason(tables).items()) == [
        ("signer_not_in_lists+no_tvs_listed", 2),
        ("record_expired", 1),
        ("unknown", 1),
    ]
    assert counters.remedies_by_reason(tables) == {
        "signer_not_in_lists+no_tvs_listed": ["a (1 of them)", "b", "c (1 of them)"],
        "record_expired": [],
        "unknown": [],
    }


def test_refused_sessions_by_kind(script):
    """Each kind of refused TLS session is told once, with what was found and how often it came."""
    told = script([State.DOWNLOADING] * 3)
    for number, phones in ((1, (0, 2)), (2, (1,))):
        told.node(
            number, "CallManager", "tls_refused", "error", number=number, leg="SIP TLS 5061",
            client=f"desk{number}", refused_by="client", alert="unknown ca", reasons=["a", "b"],
        )  # fmt: skip
        for phone in phones:
            told.phone(10 * number, phone, Event.TLS_REFUSED, number)
    tables = told.tables()
    assert counters.tls_failures(tables) == [
        TlsFailure(
            leg="SIP TLS 5061", client=f"desk{number}", server="pub", alert="unknown ca",
            reasons=("a", "b"), count=count,
        )
        for number, count in ((1, 2), (2, 1))
    ]  # fmt: skip


def test_no_session_refused(script):
    """Without a refused session there is nothing to tell."""
    assert counters.tls_failures(script([State.REGISTERED]).tables()) == []


def test_phones_with_another_ctl(script):
    """Phones whose CTL is not the one served are counted, with power or without."""
    tables = script([State.REGISTERED, State.OFF, State.OFF]).tables(
        ctl_current=[True, False, True]
    )
    assert counters.ctl_mismatch(tables) == 1


def test_who_is_not_registered_at_the_end(script):
    """Phones with power in any state but registered; a phone about to reset is registered."""
    told = script([State.REGISTERED, State.RESET_PENDING, State.OFF, State.SRST, State.BOOTING])
    tables = told.tables(itl_current=[True, False, False, True, True])
    assert counters.phones_unregistered_at_end(tables) == 2
    assert counters.itl_mismatch(tables) == 2
