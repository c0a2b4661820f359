"""Reading YAML: what is accepted, what is refused, and where it says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.config.document import MAX_BYTES, MAX_DEPTH, parse_document, parse_value, read_document
from twin.config.faults import Problem
from twin.errors import ConfigError, LibraryError

TEXT = """\
name: lab
nodes:
  - name: a
    role: publisher
  - {name: b,
     role: subscriber}
"""


def test_data_is_plain_and_keeps_its_lines() -> None:
    """Mappings, lists and scalars are read; each remembers the line it stands in."""
    document = parse_document(TEXT, "lab.yaml")
    assert document.data == {
        "name": "lab",
        "nodes": [{"name": "a", "role": "publisher"}, {"name": "b", "role": "subscriber"}],
    }
    assert document.line(("nodes", 0, "role")) == 4
    assert document.line(("nodes", 1, "role")) == 6
    assert document.line(("nodes", 1, "missing")) == 5


def test_a_fault_names_file_line_and_the_item() -> None:
    """List items are shown with their position and their name."""
    document = parse_document(TEXT, "lab.yaml")
    fault = document.fault(Problem(("nodes", 1, "role"), "'subscriber'"))
    assert fault.place == "lab.yaml:6: nodes[1] (b).role"


def test_an_unknown_field_is_placed_at_what_holds_it() -> None:
    """The path ends before the unknown word; the line is that of the word."""
    document = parse_document(TEXT, "lab.yaml")
    fault = document.fault(Problem(("nodes", 1, "role"), "unknown field 'role'"))
    assert fault.place == "lab.yaml:6: nodes[1] (b)"


def test_scalars_are_read_as_in_yaml_1_2() -> None:
    """`yes` is a text, 027 is the number 27, and a moment stays a text."""
    text = "[yes, true, null, 027, 0x1f, 0o17, 1_000, -4, 8.6, 1e3, 2016-02-07T22:00:00Z]"
    expected = ["yes", True, None, 27, 31, 15, 1000, -4, 8.6, 1000.0, "2016-02-07T22:00:00Z"]
    assert parse_value(text) == expected


def test_keys_are_always_text() -> None:
    """A phone model that looks like a number is still found under its text."""
    assert parse_document("7841: {8.6: x}", "a").data == {"7841": {"8.6": "x"}}


def test_every_duplicate_key_is_a_problem_with_both_lines() -> None:
    """The first value is kept, and each repetition is reported at its own line."""
    document = parse_document("a: 1\nb:\n  c: 1\n  c: 2\na: 2\n", "x.yaml")
    assert document.data == {"a": 1, "b": {"c": 1}}
    assert [str(fault) for fault in document.faults([])] == [
        "x.yaml:4: b: field 'c' is written a second time (first at line 3).",
        "x.yaml:5: field 'a' is written a second time (first at line 1).",
    ]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: [1\n", "x.yaml:2", "not valid YAML"),
        ("a: b: c", "x.yaml:1", "not valid YAML"),
        ("a: 1\n---\nb: 2", "x.yaml:2", "not valid YAML"),
        ("a: *nowhere", "x.yaml:1", "not valid YAML"),
        ('a: "\x01"', "x.yaml", "not valid YAML"),
        ("", "x.yaml:1", "an empty document"),
        ("- 1", "x.yaml:1", "a list or a single value"),
        ("word", "x.yaml:1", "a list or a single value"),
    ],
)
def test_a_text_that_is_no_document_is_refused(text: str, place: str, words: str) -> None:
    """Broken syntax, several documents and a top that is no mapping name their line."""
    with pytest.raises(ConfigError) as caught:
        parse_document(text, "x.yaml")
    (fault,) = caught.value.faults
    assert fault.place == place
    assert words in fault.found


@pytest.mark.parametrize("value", ["!!python/object:os.system x", "!mine 3", "!mine {b: 1}"])
def test_a_tag_is_refused(value: str) -> None:
    """A document cannot name a type of the reader's programming language."""
    document = parse_document(f"a: {value}", "x.yaml")
    (fault,) = document.faults([])
    assert "the YAML tag" in fault.found


def test_a_key_that_is_a_list_is_refused() -> None:
    """Only plain keys name fields."""
    document = parse_document("? [a, b]\n: 1", "x.yaml")
    assert "a key that is a list" in document.faults([])[0].found


def test_aliases_cannot_blow_a_document_up() -> None:
    """A few lines of nested aliases would stand for billions of values; they are refused."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(ConfigError, match="too large"):
        parse_document("\n".join(lines), "x.yaml")


def test_an_alias_to_itself_is_refused() -> None:
    """A value that contains itself has no end."""
    with pytest.raises(ConfigError):
        parse_document("a: &a [*a]", "x.yaml")


def test_depth_is_bounded() -> None:
    """Nesting beyond the limit is an input error, not a crash."""
    for depth in (MAX_DEPTH + 1, 1000):
        with pytest.raises(ConfigError):
            parse_document(f"a: {'[' * depth}{']' * depth}", "x.yaml")


def test_a_large_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    """The size limit is checked on the bytes."""
    file = tmp_path / "large.yaml"
    file.write_bytes(b"# " + b"x" * MAX_BYTES + b"\na: 1\n")
    with pytest.raises(ConfigError, match="longer than"):
        read_document(file)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """The message names the byte."""
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"a: \xe9\n")
    with pytest.raises(ConfigError, match="byte 3 is not UTF-8"):
        read_document(file)


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    """Files from editors that write one are read."""
    file = tmp_path / "marked.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_document(file).data == {"a": 1}


def test_a_missing_file_is_a_library_error(tmp_path: Path) -> None:
    """The reason of the operating system is part of the message."""
    with pytest.raises(LibraryError, match="No such file"):
        read_document(tmp_path / "absent.yaml")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail otherwise than by a ConfigError."""
    try:
        document = parse_document(text, "x.yaml")
    except ConfigError:
        return
    assert isinstance(document.data, dict)
