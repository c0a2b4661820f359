from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.outputs.terminal import logged
from twin.errors import InputError
from twin.outputs import sql_table
from twin.outputs.capture import Capture, split

PEM = "-----BEGIN CERTIFICATE-----\nMIIDpzCCAo+gAwIB\nAgIQUjwywJaU\n-----END CERTIFICATE-----"


def test_a_table_looks_as_run_sql_prints_it() -> None:
    """Columns are as wide as their longest value and end in a blank; None is NULL."""
    text = sql_table.write(["paramname", "paramvalue"], [["ClusterSecurityMode", 0], ["X", None]])
    assert text.splitlines() == [
        "paramname           paramvalue ",
        "=================== ========== ",
        "ClusterSecurityMode 0          ",
        "X                   NULL       ",
    ]


def test_an_empty_result_has_its_two_head_rows() -> None:
    """Without a row the header and the row of = stand alone, and read back so."""
    text = sql_table.write(["name"], [])
    assert text == "name \n==== \n"
    assert sql_table.read_text(text, "a").rows == ()


def test_the_published_listing_with_tabs_is_read(captured: Callable[[str], Capture]) -> None:
    """The deck's listing of LSCs gives names, statuses, a key and NULL."""
    table = sql_table.read(captured("sql_devices.txt"))
    assert table.columns == ("name", "tkcertificatestatus", "publickey")
    first, second = table.dicts()
    assert first["name"] == "SEP885A92D977CA"
    assert str(first["publickey"]).startswith("-----BEGIN RSA PUBLIC KEY-----")
    assert second == {"name": "SEPB83861583B73", "tkcertificatestatus": "2", "publickey": None}


def test_certificates_inside_a_table_keep_their_lines() -> None:
    """A PEM value goes over several lines and ends with its END line, whatever follows."""
    rows = [["a", PEM, "1"], ["b", None, "2"], ["c", PEM, None]]
    table = sql_table.read_text(sql_table.write(["pkid", "certificate", "n"], rows), "a")
    assert [list(row) for row in table.rows] == rows


_CELL = st.one_of(
    st.none(),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.%-]{0,30}( [A-Za-z0-9]{1,20})?", fullmatch=True),
).filter(lambda cell: cell != "NULL")


@given(data=st.data(), width=st.sampled_from([0, 80]), crlf=st.booleans())
def test_what_is_printed_is_read_back(data: st.DataObject, width: int, crlf: bool) -> None:
    """A table survives the prompt, the terminal's width and CRLF."""
    count = data.draw(st.integers(1, 6))
    columns = [f"column{number}" for number in range(count)]
    rows = data.draw(st.lists(st.lists(_CELL, min_size=count, max_size=count), max_size=8))
    text = logged(sql_table.write(columns, rows), "run sql select x", width=width, crlf=crlf)
    capture = next(one for one in split(text, "log.txt") if one.command)
    assert sql_table.is_present(capture)
    table = sql_table.read(capture)
    assert list(table.columns) == columns
    assert [list(row) for row in table.rows] == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("admin:run sql x\n", "a:1: nothing, expected column names"),
        ("name\nx\n", "a:1: 'name', expected column names"),
        ("==== ====\na b\n", "a:1: a row of = first, expected the column names"),
        ("name\n==== ====\n", "a:1: 'name', expected 2 column names"),
        ("name n\n==== =\nSEP0011 2\n", "a:3: 'SEP0011 2', expected 2 values under"),
        ("a\tb\n1\n", "a:2: 1 values, expected 2"),
        ("cert\n====\n-----BEGIN X-----\nMII\n", "a:3: a PEM value that does not end"),
    ],
)
def test_a_malformed_table_is_named(text: str, message: str) -> None:
    """The error says the line, what stands there and what should."""
    with pytest.raises(InputError) as caught:
        sql_table.read_text(text, "a")
    assert str(caught.value).startswith(message)


def test_a_row_must_fit_its_columns() -> None:
    """Writing a row of another length is the caller's mistake."""
    with pytest.raises(ValueError, match="2 values for 1 columns"):
        sql_table.write(["a"], [["x", "y"]])
    with pytest.raises(ValueError, match="without a column"):
        sql_table.write([], [])
