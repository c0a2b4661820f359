"""`run sql`: what the tables hold, whose replica they are of, and that nothing can be written."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twin.console import Shell, Status, open_shell
from twin.console.database import ROWS_MAX, Table, query
from twin.console.tables import tables_of
from twin.errors import InputError
from twin.nodes.database import SERVICE_NUMBERS
from twin.outputs import sql_table
from twin.pki.certificates import Certificate

SEED_QUERY = "select name,tkcertificatestatus,publickey from device where name like 'SEP%'"

# The screen of the Cisco community document on renewing self-signed certificates.
ROLLBACK = """\
admin:run sql select paramname,paramvalue from processconfig where paramname='RollBackToPreGrayback'
paramname             paramvalue
===================== ==========
RollBackToPreGrayback F
"""


def rows(shell, sql):
    """The rows a query prints, read back."""
    reply = shell.carry_out(f"run sql {sql}")
    assert reply.status is Status.DONE, reply.text
    return list(sql_table.read_text(f"admin:run sql {sql}\n{reply.text}", "sql").dicts())


def test_the_seeds_query_prints_the_seeds_columns(console: Callable[..., Shell]) -> None:
    """Header, row of =, values; a phone without an LSC has NULL for a key, as in the seed."""
    text = console().carry_out(f"run sql {SEED_QUERY}").text
    assert [line.split() for line in text.splitlines()] == [
        ["name", "tkcertificatestatus", "publickey"],
        ["===============", "===================", "========="],
        ["SEP885A92D977CA", "1", "NULL"],
        ["SEPB83861583B73", "1", "NULL"],
    ]


def test_a_parameter_prints_as_a_published_screen_shows_it(
    console: Callable[..., Shell], talk: Callable[..., str]
) -> None:
    """The rollback parameter of the pre-flight check, with the product's column widths."""
    said = ROLLBACK.splitlines()[0].removeprefix("admin:")
    shown = "\n".join(line.rstrip() for line in talk(console(), said).splitlines()) + "\n"
    assert shown == ROLLBACK


def test_an_installed_lsc_shows_its_real_public_key(console: Callable[..., Shell]) -> None:
    """Status 2 while it is pending, then 3 and the PKCS #1 key of the phone's own LSC."""
    shell = console()
    phone = "SEP885A92D977CA"
    shell.carry_out(
        f"do {{capf_operation: {{select: {{phones: [{phone}]}}, operation: install_upgrade}}}}"
    )
    assert rows(shell, SEED_QUERY)[0]["tkcertificatestatus"] == "2"
    shell.carry_out("reset phones")
    shell.carry_out("advance until all_phones_registered")
    first, second = rows(shell, SEED_QUERY)
    enrolment = shell.cluster.enrolment
    lsc = enrolment.certificates.lsc_of(shell.cluster.population.index[phone])
    assert first["tkcertificatestatus"] == "3"
    assert first["publickey"].startswith("-----BEGIN RSA PUBLIC KEY-----\nMIIB")
    assert lsc.to_x509().public_key().public_numbers().n > 0
    body = "".join(first["publickey"].splitlines()[1:-1])
    assert body == base64.b64encode(lsc.public_key_record_bytes).decode()
    assert second == {"name": "SEPB83861583B73", "tkcertificatestatus": "1", "publickey": None}


def test_certificates_join_to_units_and_nodes(console: Callable[..., Shell]) -> None:
    """The three certificate tables say of every unit which serial is where."""
    shell = console()
    found = rows(
        shell,
        "select c.serialnumber, t.name unit, n.servername from certificate c "
        "join certificateservicecertificatemap m on m.fkcertificate = c.pkid "
        "join typecertificateservice t on t.enum = m.tkcertificateservice "
        "join certificateprocessnodemap n on n.fkcertificate = c.pkid "
        "join processnode p on p.pkid = n.fkprocessnode and p.name = n.servername "
        "where t.name = 'TVS'",
    )
    nodes = shell.cluster.nodes
    assert {(row["serialnumber"], row["servername"]) for row in found} == {
        (f"{node.files.own['TVS'].certificate.serial:x}", name) for name, node in nodes.items()
    }


def test_the_pem_of_a_row_is_its_certificate(console: Callable[..., Shell]) -> None:
    """certificate.certificate is the real certificate, whose subject and issuer stand beside it."""
    shell = console()
    for row in rows(shell, "select subjectname, issuername, certificate from certificate"):
        one = Certificate.from_pem(row["certificate"])
        assert (row["subjectname"], row["issuername"]) == (one.subject, one.issuer)


def test_captured_identifiers_are_those_of_the_capture(console: Callable[..., Shell]) -> None:
    """The seed's pkids of nodes, CallManager and template are found by joining on them."""
    shell = console()
    assert rows(
        shell,
        "select p.pkid node, c.pkid callmanager from processnode p "
        "join callmanager c on c.fkprocessnode = p.pkid where p.name = 'labserver2'",
    ) == [
        {
            "node": "1401da6f-79ea-32f3-deca-bc664c0b0c12",
            "callmanager": "d4bfc995-72a1-46af-a607-c0988cdd1be5",
        }
    ]
    template = rows(shell, "select pkid, tkmodel from device where name not like 'SEP%'")
    assert template == [{"pkid": "21b83701-7d88-479f-b885-0cf40956b5a3", "tkmodel": "645"}]


def test_a_phones_callmanagers_are_found_through_its_pool_and_group(
    console: Callable[..., Shell],
) -> None:
    """device, devicepool, callmanagergroup and its members hang together, in order of priority."""
    found = rows(
        console(),
        "select n.name from device d join devicepool p on d.fkdevicepool = p.pkid "
        "join callmanagergroupmember m on m.fkcallmanagergroup = p.fkcallmanagergroup "
        "join callmanager c on c.pkid = m.fkcallmanager "
        "join processnode n on n.pkid = c.fkprocessnode "
        "where d.name = 'SEPB83861583B73' order by m.priority",
    )
    assert [row["name"] for row in found] == ["labserver2", "labserver1"]


def test_a_lagging_replica_shows_what_it_has_not_heard_of(console: Callable[..., Shell]) -> None:
    """Between a write and its arrival, publisher and subscriber tell of different serials."""
    shell = console()
    asked = (
        "select serialnumber from certificate c join certificateservicecertificatemap m "
        "on m.fkcertificate = c.pkid where m.tkcertificateservice = 11 "
        "and c.servername = 'labserver1'"
    )
    shell.carry_out("do {replication: {node: sub1, up: false}}")
    before = rows(shell, asked)
    shell.carry_out("set cert regen TVS")
    shell.carry_out("advance 10m")
    after = rows(shell, asked)
    shell.carry_out("login sub1")
    assert (rows(shell, asked), after != before) == (before, True)
    shell.carry_out("do {replication: {node: sub1, up: true}}")
    shell.carry_out("advance 1m")
    assert rows(shell, asked) == after


def test_every_table_can_be_read_whole_in_models_of_all_kinds(
    console: Callable[..., Shell],
) -> None:
    """No table fails to fill: mixed mode, IM&P, VPN, multi-server certificates, two clusters."""
    for model in ("seed-lab", "mixed-mode-200", "presence-lab", "multi-server-150"):
        shell = console(model)
        for name in tables_of(shell.home, shell.node):
            found = query(f"select * from {name}", tables_of(shell.home, shell.node))
            assert len(found.columns) >= 2, name


def test_services_of_the_release_only_have_numbers(console: Callable[..., Shell]) -> None:
    """9.1 ends with userlicensing-trust; units that came later are in later releases."""
    old = console("seed-lab", overrides={"model.release": "9.1"})
    found = query(
        "select max(enum), count(*) from typecertificateservice", tables_of(old.home, old.node)
    )
    assert found.rows == ((16, 16),)
    new = console("seed-lab", overrides={"model.release": "14"})
    names = query("select name from typecertificateservice", tables_of(new.home, new.node)).rows
    assert ("ITLRecovery",) in names
    assert {name for (name,) in names} <= set(SERVICE_NUMBERS)


def test_statuses_have_the_words_of_the_seed(console: Callable[..., Shell]) -> None:
    """typecertificatestatus holds all 33 rows of the seed's two slides."""
    found = rows(console(), "select enum, name, moniker from typecertificatestatus")
    assert len(found) == 33
    by_number = {row["enum"]: (row["name"], row["moniker"]) for row in found}
    assert by_number["2"] == ("Operation Pending", "CERT_STATUS_SCHEDULE")
    assert by_number["6"] == ("Upgrade Failed", "CERT_STATUS_UPGRADE_FAIL")
    assert by_number["14"] == (
        "Upgrade Failed: Key Generation Failed/Timeout", "CERT_STATUS_UPGRADE_FAIL_OP_TIMED_OUT",
    )  # fmt: skip
    assert by_number["33"] == (
        "Troubleshoot Failed: User Initiated Request Late/Timeout",
        "CERT_STATUS_TROUBLESHOOT_FAIL_LATE_REQUEST",
    )


# -- the dialect and its bounds -----------------------------------------------------------------

NUMBERS = {"number": Table(("n", "word"), lambda: ((n, f"Word {n}") for n in range(100)))}


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select first 2 n from number order by n", [(0,), (1,)]),
        ("select skip 98 first 5 n from number order by n", [(98,), (99,)]),
        ("select count(*) from number where word matches 'Word 1*'", [(11,)]),
        ("select count(*) from number where word like 'word%'", [(0,)]),
        ("select n from number where word = 'it matches' or n = 7;", [(7,)]),
        ("select a.n from (select n from number) a where a.n < 1", [(0,)]),
    ],
)
def test_what_of_informixs_dialect_is_understood(sql: str, found) -> None:
    """FIRST, SKIP, MATCHES, comparison with capitals, and words inside quotes left alone."""
    assert list(query(sql, NUMBERS).rows) == found


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select n from numbers", "The specified table (numbers) is not in the database; did you "
         "mean 'number'?"),
        ("select m from number", "Column (m) not found in any table in the query"),
        ("select n frm number", "A syntax error has occurred"),
        ("select name from sqlite_master", "The specified table (sqlite_master) is not"),
        ("select 'open from number", "A syntax error has occurred"),
        ("select n from number; select n from number", "one statement at a time"),
        ("update number set n = 1", "'update', which is not carried out here"),
        ("", "'nothing', which is not carried out here"),
        ("select a.n from number a, number b, number c, number d", "more than 100000 rows"),
        ("select count(*) from number a, number b, number c, number d", "stopped after 10000000"),
        ("select zeroblob(2000000)", "too big"),
        ("select load_extension('x')", "run sql:"),
        ("select * from pragma_table_info('number')", "something else than reading"),
        ("select n from number where n in (with recursive r(x) as (select 1 union all select x "
         "from r) select x from r)", "run sql:"),
    ],
)  # fmt: skip
def test_what_is_wrong_or_too_much_is_told_in_one_line(sql: str, told: str) -> None:
    """In Informix's words where it has some; what asks too much is stopped, not waited for."""
    with pytest.raises(InputError) as caught:
        query(sql, NUMBERS)
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_only_tables_that_a_query_names_are_filled() -> None:
    """A count of nodes does not make forty thousand rows of devices first."""
    filled = []
    tables = {
        name: Table(("pkid", "fk"), lambda name=name: filled.append(name) or [(name, None)])
        for name in ("node", "device", "pool")
    }
    query("select count(*) from node n join pool p on n.fk = p.pkid", tables)
    assert filled == ["node", "pool"]


def test_forty_thousand_phones_are_counted_and_joined(console: Callable[..., Shell]) -> None:
    """The greatest models answer in time and within the bounds."""
    tables = tables_of(*(lambda shell: (shell.home, shell.node))(console("enterprise-40k")))
    found = query(
        "select g.name, count(*) from device d join devicepool p on d.fkdevicepool = p.pkid "
        "join callmanagergroup g on g.pkid = p.fkcallmanagergroup group by g.name", tables,
    )  # fmt: skip
    assert sum(count for _, count in found.rows) == 40_000
    assert len(query("select name, publickey from device", tables).rows) == 40_000 < ROWS_MAX


# -- nothing is written -------------------------------------------------------------------------

WRITES = (
    "insert into number values (1, 'x')", "update number set n = 1", "delete from number",
    "drop table number", "create table other (a)", "alter table number rename to other",
    "attach ':memory:' as other", "vacuum", "pragma query_only = off", "begin", "reindex",
    "create trigger t after insert on number begin delete from number; end",
    "with gone as (delete from number returning n) select n from gone",
    "replace into number values (1, 'x')", "explain delete from number", "analyze",
)  # fmt: skip


@pytest.mark.parametrize("sql", WRITES)
@pytest.mark.parametrize("lead", ["", "select 1; ", "select * from (", "select first 1 1; "])
def test_no_statement_that_changes_anything_is_carried_out(sql: str, lead: str) -> None:
    """Neither alone nor behind a SELECT."""
    with pytest.raises(InputError):
        query(lead + sql, NUMBERS)


VOCABULARY = """
select insert update delete from into number n word where values set drop table create union all
with as ( ) * , ; 'x' = 1 pragma attach returning begin replace
"""
STATEMENTS = st.lists(st.sampled_from(VOCABULARY.split()), max_size=12).map(" ".join)


@given(STATEMENTS | st.text(max_size=60) | st.text(max_size=30).map(lambda tail: f"select {tail}"))
@example("select\x00")
@example("select \ud800")
def test_whatever_is_asked_the_tables_stay_what_they_were(sql: str) -> None:
    """Any text either gives rows or is refused as wrong input, and the next query finds all."""
    table = Table(("n", "word"), lambda: [(1, "one"), (2, "two")])
    with contextlib.suppress(InputError):  # anything else, SQLite's own errors too, fails the test
        query(sql, {"number": table})
    assert query("select count(*), min(n) from number", {"number": table}).rows == ((2, 1),)


def test_the_live_twin_is_the_same_after_any_query(tmp_path: Path) -> None:
    """Reading draws nothing and journals nothing: the run's fingerprint does not know of it."""

    def fingerprint(*lines):
        shell = open_shell("seed-lab", folder=tmp_path)
        for line in lines:
            assert shell.carry_out(line).status is Status.DONE, line
        return shell.session.twin.finish().fingerprint

    names = tables_of(*(lambda s: (s.home, s.node))(open_shell("seed-lab", folder=tmp_path)))
    asked = [f"run sql select * from {name}" for name in names]
    done = ("set cert regen TVS", "advance 10m")
    assert fingerprint(done[0], *asked, done[1], *asked) == fingerprint(*done)
