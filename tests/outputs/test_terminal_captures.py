from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.outputs import (
    certificate_list,
    certificate_reading,
    sql_table,
    trust_list_reading,
)
from twin.outputs.capture import MAX_CHARACTERS, Capture, Line, single, split

READERS = (certificate_list, certificate_reading, sql_table, trust_list_reading)


def test_a_session_is_parted_at_its_prompts() -> None:
    """Each command has its own output, with the file's line numbers; the empty prompt is none."""
    text = "Welcome\n\nadmin:show itl\nfirst\nsecond\nadmin: show ctl\nadmin:\n"
    found = split(text, "log.txt")
    assert [one.command for one in found] == ["", "show itl", "show ctl"]
    assert found[1].filled == (Line(4, "first"), Line(5, "second"))
    assert [one.first for one in found] == [1, 3, 6]


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nb\r\n",
        "a\r\r\nb",
        "a\nPress <enter> for 1 line, <space> for one page, or <q> to quit\nb",
        "a\nPress <enter> for 1 line, <space> for one page, or <q> to quit\r        \rb\n",
        "a\nPress <enter> for 1 line, <space> for one page, or <q> to quit\b\b \b\bb\n",
        "\ufeffa\n\x1b[1mb\x1b[0m\n",
        "```\na\nb   \n```\n",
    ],
)
def test_what_a_terminal_adds_is_taken_off(text: str) -> None:
    """Line ends, pager, erasing, colours and fences leave the product's lines alone."""
    assert [line.text for line in single(text, "log.txt").filled] == ["a", "b"]


def test_a_page_break_leaves_no_blank_line() -> None:
    """Line numbers stay those of the file behind a page break."""
    text = "a\nPress <enter> for 1 line, <space> for one page, or <q> to quit\nb\n"
    assert single(text, "log.txt").lines[:2] == (Line(1, "a"), Line(3, "b"))


def test_one_output_is_wanted_where_one_is_read() -> None:
    """A text of two commands is refused where the output of one is asked for."""
    with pytest.raises(InputError, match=r"log.txt: 2 commands' output, expected"):
        single("admin:show itl\nx\nadmin:show ctl\ny\n", "log.txt")


def test_a_text_beyond_the_bound_is_refused() -> None:
    """A text longer than the bound is not looked at."""
    with pytest.raises(InputError, match="at most"):
        split("x" * (MAX_CHARACTERS + 1), "log.txt")


_WORDS = st.sampled_from(
    [
        "admin:", "show cert list own", "show itl", "show cert own tomcat", "run sql select 1",
        "tomcat/tomcat.pem: x", "name pkid", "==== ====", "a\tb", "BYTEPOS TAG LENGTH VALUE",
        "3 SUBJECTNAME 70 CN=a", "1\tRECORDLENGTH\t2\t739", "4 FUNCTION 2 TVS", "ITL Record #:1",
        "Length of ITL file: 7", "  Issuer Name: CN=a, O=b", "  Serial Number: 0A",
        "  Validity From: Sun Jul 08 13:05:19 XYZ 2018", "  To: Fri Jul 07 13:05:18 BST 2023",
        "  Subject Name: CN=a", "  Key: RSA", "    Key value: 30", "-----BEGIN CERTIFICATE-----",
        "-----END CERTIFICATE-----", "MIID", "6 SERIALNUMBER 2 AA:BB", "12 SIGNATURE 2", "a b",
        "11 CERTHASH 20 3D", "IssuerDN: C=x", "SerialNumber: 12", "Start Date: now", "\x1b[0m",
    ]
)  # fmt: skip


@given(
    text=st.lists(st.one_of(_WORDS, st.text(max_size=30)), max_size=25).map("\n".join),
)
def test_malformed_captures_give_input_errors_only(text: str) -> None:
    """Whatever stands in a file, a reader reads it or says what is wrong, and where."""
    for capture in split(text, "log.txt"):
        for reader in READERS:
            reader.is_present(capture)
            if message := complaint(reader, capture):
                assert message.startswith("log.txt:")


def complaint(reader: ModuleType, capture: Capture) -> str:
    """What a reader says is wrong with a capture; "" if it reads it."""
    try:
        reader.read(capture)
    except InputError as error:
        return str(error)
    return ""
