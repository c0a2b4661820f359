"""What is no log: it is said so, line by line, and nothing else is raised."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import Fault, InputError
from twin.logs import FAMILIES, LogRecord, kinds, parse, reading
from twin.logs.shapes import SAID
from twin.logs.templates import MAX_LINE, MAX_LOOSE_LINE, Field, Template

SEED = Path(__file__).parent / "seed"
EXCERPTS = {path.name: path.read_text(encoding="utf-8").splitlines() for path in SEED.iterdir()}
EVERY_LINE = sorted({line for lines in EXCERPTS.values() for line in lines})


def records_or_faults(lines: list[str], kind: str | None = None) -> list[LogRecord]:
    """The records; none where it is refused as it should be."""
    faults: tuple[Fault, ...] = ()
    found: list[LogRecord] = []
    try:
        found = parse(lines, kind)
    except InputError as error:
        faults = error.faults
    for fault in faults:
        place, _, number = fault.place.rpartition(":")
        assert fault.found
        assert not place or 1 <= int(number) <= len(lines)
    return found


@given(st.lists(st.text(max_size=80), max_size=12))
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    """Text of any sort gives records or faults with the numbers of their lines."""
    records_or_faults(lines)


@given(
    st.lists(
        st.sampled_from(EVERY_LINE)
        | st.builds(
            lambda line, at, text, cut: line[:at] + text + line[at + cut :],
            st.sampled_from(EVERY_LINE),
            st.integers(0, 200),
            st.text(max_size=4),
            st.integers(0, 30),
        ),
        min_size=1,
        max_size=10,
    ),
    st.none() | st.sampled_from(kinds()),
)
def test_a_spoilt_excerpt_is_read_or_refused(lines: list[str], kind: str | None) -> None:
    """Lines of all logs in any order, cut and written over, are records or faults of any log."""
    found = records_or_faults(lines, kind)
    assert all(1 <= record.line <= len(lines) for record in found)


@pytest.mark.parametrize("name", sorted(EXCERPTS))
def test_a_fault_names_line_found_and_expected(name: str) -> None:
    """A line that is none of the log's is told of with its number, itself, and an example."""
    lines = [*EXCERPTS[name], "", "neither fish nor fowl"]
    with pytest.raises(InputError) as caught:
        parse(lines)
    (fault,) = caught.value.faults
    assert fault.place == f"line:{len(lines)}"
    assert "neither fish nor fowl" in fault.found
    example = reading.recognise(EXCERPTS[name]).example
    assert example in fault.expected


def test_what_is_no_log_at_all_is_told_what_logs_look_like() -> None:
    """The first line that is written is shown, and an example of every log."""
    with pytest.raises(InputError) as caught:
        parse(["", "dear diary", "today"])
    (fault,) = caught.value.faults
    assert fault.place == "line:2"
    assert "dear diary" in fault.found
    assert all(family.example in fault.expected for family in FAMILIES)


@pytest.mark.parametrize("family", FAMILIES, ids=kinds())
def test_the_example_of_a_log_is_a_line_of_it(family: reading.Family) -> None:
    """What a fault holds out as an example would have been read."""
    (record,) = parse([family.example], family.name)
    assert record.line == 1


def test_faults_are_told_of_up_to_a_number() -> None:
    """Twenty wrong lines are shown, the rest is counted."""
    lines = [EXCERPTS["tvs.txt"][0], *["wrong"] * 50]
    with pytest.raises(InputError) as caught:
        parse(lines)
    assert len(caught.value.faults) == reading.MOST_FAULTS + 1
    assert "30 more" in caught.value.faults[-1].found


def test_an_unknown_kind_is_refused_with_the_nearest() -> None:
    """Whoever mistypes a log's name is given the right one."""
    with pytest.raises(InputError, match="did you mean 'certmgmt'"):
        parse(EXCERPTS["tvs.txt"], "certmgnt")


def test_a_log_of_the_right_form_is_read_whatever_it_says() -> None:
    """A real log has many lines the twin does not write: they are kept as they stand."""
    (record,) = parse(["16:02:10.271 | debug something else altogether"], "tvs")
    assert (record.event, record.data) == (SAID, {"text": "something else altogether"})


def test_depth_and_length_are_bounded() -> None:
    """Brackets without end in a plain text, and a line without end, do no harm."""
    deep = "16:02:10.271 | debug twin.TVS.x y=" + "[" * 20_000
    assert parse([deep], "tvs")[0].event == SAID
    with pytest.raises(InputError, match=f"a line of {MAX_LOOSE_LINE + 1} characters"):
        parse([EXCERPTS["tvs.txt"][0], "x" * (MAX_LOOSE_LINE + 1)])


TEMPLATES = [
    pytest.param(template, id=f"{family.name}-{one.shape.event}-{number}")
    for family in FAMILIES
    for one in family.compiled
    for number, template in enumerate(one.templates)
]


def tiresome(template: Template) -> str:
    """A line that begins as the template's, and goes on and on almost as it should."""
    parts = [part if isinstance(part, str) else "1" for part in template.parts]
    whole = "".join(parts)
    heads = "".join(part if isinstance(part, str) else _first(part) for part in template.parts)
    rest = whole[len(whole) // 3 :] * MAX_LINE
    return (heads[: len(heads) * 2 // 3] + rest)[: MAX_LINE - 1] + "\x00"


def _first(field: Field) -> str:
    samples = {
        "at": ("16:02:10.765", "2016-02-07 14:51:46,338", "Fri Mar 11 00:16:30 2016",
               "Jan 20 02:20:09", "2014-03-24T17:36:30+00:00"),
        "sequence": ("00000001.000",),
    }  # fmt: skip
    known = (*samples.get(field.name, ()), "05aa6785-b756-c9ac-804f-17e92c44b016", "1", "a/b")
    fits = (text for text in known if Template("{x:k}", {"k": field.kind}).read(text) is not None)
    return next(fits, "a")


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_line_takes_long(template: Template) -> None:
    """The longest line that is almost right is refused in well under a second of work."""
    line = tiresome(template)
    begun = time.process_time()
    template.read(line)
    assert time.process_time() - begun < 0.5


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, a folder, bytes that are no text, nothing, too much: each is said in its words."""
    binary, empty, large = tmp_path / "binary", tmp_path / "empty", tmp_path / "large"
    binary.write_bytes(b"16:02:10.271 | debug \xff\xfe")
    empty.write_text("\n \n")
    large.write_text("x\n" * 100)
    for path, words in (
        (tmp_path / "none", "No such file"),
        (tmp_path, "Is a directory"),
        (binary, "byte 21 is not UTF-8"),
        (empty, "no lines"),
    ):
        with pytest.raises(InputError, match=words):
            parse(path)
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="too large"):
        parse(large)
    monkeypatch.setattr(reading, "MAX_LINES", 3)
    with pytest.raises(InputError, match="more than 3 lines"):
        parse(["16:02:10.271 | debug x"] * 9)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(
    tmp_path: Path, excerpt: Callable[[str], list[str]], end: str
) -> None:
    """A file that went through another system is read as the one it was."""
    lines = excerpt("drf-master.log")
    path = tmp_path / "drf.log"
    path.write_bytes(b"\xef\xbb\xbf" + end.join([*lines, ""]).encode())
    assert parse(path) == parse(lines)
