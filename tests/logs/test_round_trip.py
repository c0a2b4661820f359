"""What is written is read back as it was: of made-up rows, and of every row of bundled runs."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.api import RunResult
from twin.kernel.journal import NodeEvent
from twin.logs import FAMILIES, Writer, files, parse, phone_records
from twin.logs.catalogue import SERVICE_EVENT
from twin.logs.family import Family
from twin.logs.plain import MARK, read, write
from twin.logs.shapes import ROW_FIELDS, SEVERITIES, Compiled, Counter
from twin.simtime import Epoch

EPOCH = Epoch(datetime(2016, 2, 7, 22, tzinfo=UTC))
SHAPES = [
    pytest.param(family, one, id=f"{family.name}-{one.shape.event}-{number}")
    for family in FAMILIES
    for number, one in enumerate(family.compiled)
    if one.shape.writes
]
RUNS = [
    "callmanager-regeneration",
    "is-one-delete-enough-from-11",
    "what-does-tvs-say-of-a-certificate-nobody-has",
    "does-localkey-rescue-a-single-server",
    "what-if-ipsec-of-a-node-does-not-match",
    "what-if-a-revocation-list-runs-out",
    "does-mra-survive-a-new-callmanager",
    "may-a-private-ca-sign-the-expressway-e",
    "when-do-jabber-clients-see-a-new-cup-xmpp",
    "does-a-peer-cluster-learn-of-a-new-ca",
    "how-is-a-mixed-cluster-renewed",
]
WITHOUT_A_LOG = {
    "CA", "SSO", "network", "operator", "twin", "im", "integration", "s2s", "system", "upgrade",
    "SRST", "ITLRecovery", "recovery", "DB", "bulk",
}  # fmt: skip
"""Services that are nobody's log: the operator, what is told of a run, clients and CAs."""


PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)


def row_of(family: Family, one: Compiled, data: st.DataObject) -> NodeEvent:
    """Some row of a shape, with values of the kinds its templates name."""
    kinds = {name: kind for template in one.templates for name, kind in template.kinds.items()}
    values: dict[str, Any] = dict(one.shape.when)
    for name, kind in kinds.items():
        if name in ROW_FIELDS:
            continue
        text = data.draw(st.from_regex(kind.pattern, fullmatch=True, alphabet=PRINTABLE), name)
        values[name] = kind.read(text)
    if one.shape.node_from:
        values[one.shape.node_from] = "expc"
    severity = data.draw(st.sampled_from(SEVERITIES))
    at_ms = data.draw(st.integers(0, 10**11))
    return NodeEvent(at_ms, "expc", one.service, one.shape.event, severity, values)


@pytest.mark.parametrize(("family", "one"), SHAPES)
@settings(max_examples=20)
@given(data=st.data())
def test_a_row_of_a_shape_comes_back(family: Family, one: Compiled, data: st.DataObject) -> None:
    """Its log reads what it wrote: the part that it shows, or all of it where it wrote in plain."""
    row = row_of(family, one, data)
    for _, lines in family.write(row, EPOCH, Counter()):
        (record,) = parse(lines, family.name)
        assert (record.service, record.event) == (row.service, row.event)
        assert dict(record.data).items() <= dict(row.data).items()
        if any(f"{MARK}{row.service}.{row.event}" in line for line in lines):
            assert record.data == row.data


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)


@given(
    st.from_regex("[A-Za-z-]{1,12}", fullmatch=True),
    st.from_regex("[a-z_]{1,12}", fullmatch=True),
    st.dictionaries(st.from_regex("[a-z_]{1,8}", fullmatch=True), JSON, max_size=5),
)
def test_plain_text_holds_any_row(service: str, event: str, data: dict[str, Any]) -> None:
    """Any service, event and data are one line of text and come back as they were."""
    text = write(service, event, data)
    assert "\n" not in text
    assert read(text) == (service, event, data)


@pytest.mark.parametrize("name", RUNS)
def test_every_row_of_a_run_comes_back(played: Callable[[str], RunResult], name: str) -> None:
    """Each file of a run is recognised and read to its end; no row of a log is lost or added."""
    rows = played(name).tables.node_events
    written = Counts[tuple[str, str]]()
    writer = Writer(played(name).epoch)
    for row in rows:
        told = list(writer.lines(row))
        expected = row.service not in WITHOUT_A_LOG and bool(row.node)
        if row.service == "tls":
            expected = "client_event_log" in row.data or "server_event_log" in row.data
        if row.service == "CallManager" or row.event == SERVICE_EVENT:
            expected = True
        assert bool(told) is expected, row
        written.update((path, row.event) for path, _ in told)
    found = Counts[tuple[str, str]]()
    for path, lines in files(rows, played(name).epoch).items():
        found.update((path, record.event) for record in parse(lines))
    assert found == written


@pytest.mark.parametrize("name", RUNS)
def test_every_line_says_what_its_row_says(played: Callable[[str], RunResult], name: str) -> None:
    """Read on its own, each row's lines give a record with the row's moment and data."""
    families = {family.path: family for family in FAMILIES}
    writer = Writer(played(name).epoch)
    for row in played(name).tables.node_events:
        for path, lines in writer.lines(row):
            family = families[path.partition("/")[2]]
            (record,) = parse(lines, family.name)
            assert (record.service, record.event) == (row.service, row.event)
            moment = family.stamp.write(played(name).epoch.at(row.at_ms))
            assert record.at == ("" if row.event == "delete" else moment)
            assert record.severity in ("", row.severity)
            for key, value in record.data.items():
                assert row.data[key] == value, (row, key)


def test_nothing_with_a_shape_is_told_in_plain(played: Callable[[str], RunResult]) -> None:
    """Rows that have a shape in their log take it: plain words are for those that have none."""
    shaped = {
        (one.service, one.shape.event)
        for family in FAMILIES
        for one in family.compiled
        if one.shape.writes
    }
    may_be_plain = {("tls", "tls_refused")}  # tunnels are told in plain
    for name in RUNS:
        writer = Writer(played(name).epoch)
        for row in played(name).tables.node_events:
            if (row.service, row.event) not in shaped - may_be_plain:
                continue
            for _, lines in writer.lines(row):
                assert not any(MARK in line for line in lines), row


def test_phones_tell_and_are_read(played: Callable[[str], RunResult]) -> None:
    """The consoles of the phones of a run: every row a line, and every line a record again."""
    run = played("does-localkey-rescue-a-single-server")
    names = [str(name) for name in run.tables.phones["name"]][:3]
    (population,) = run.tables.happened("population")
    nodes = cast("list[str]", population.data["nodes"])
    every = [str(name) for name in run.tables.phones["name"]]
    rows = list(phone_records(run.tables.phone_events, every, nodes, set(names)))
    consoles = files(rows, run.epoch)
    assert sorted(consoles) == sorted(f"{name}/console.log" for name in names)
    for name in names:
        records = parse(consoles[f"{name}/console.log"])
        own = [row for row in rows if row.node == name]
        assert [record.event for record in records] == [row.event for row in own]
        for record, row in zip(records, own, strict=True):
            assert record.data.items() <= dict(row.data).items()
    text = "\n".join(line for lines in consoles.values() for line in lines)
    assert "Trust List Update Failed (ITL: " in text
    assert "Trust List Updated (ITL: " in text
