"""The language of the templates: one description, two directions that undo each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import SimulationError
from twin.logs.templates import KINDS, MAX_LINE, Kind, Template

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)


def test_a_line_is_written_and_read_by_one_template() -> None:
    """Fields of two kinds stand where the template has them, and come back."""
    template = Template("pid {number:int} says {text}.")
    line = template.write({"number": 7, "text": "a. b"})
    assert line == "pid 7 says a. b."
    assert template.read(line) == {"number": 7, "text": "a. b"}
    assert template.read("pid x says a.") is None


def test_a_field_that_stands_twice_has_one_value() -> None:
    """Both places are written with it; a line with two values is another line."""
    template = Template("{node:word} is {node:word}")
    assert template.fields == ("node",)
    assert template.write({"node": "a"}) == "a is a"
    assert template.read("a is b") is None


def test_constants_and_what_is_read_over() -> None:
    """A constant is written as it stands; other texts of its pattern, and more, are read over."""
    template = Template("size({=2634|[0-9]+}){? bytes} {{x}}")
    assert template.write({}) == "size(2634) {x}"
    assert template.read("size(17) bytes {x}") == {}
    assert template.read("size() {x}") is None


@pytest.mark.parametrize(
    "values",
    [{}, {"text": None}, {"text": 3}, {"text": "two\nlines"}, {"text": "\x1b[2J"}],
)
def test_what_cannot_stand_in_a_line_is_not_written(values: dict[str, Any]) -> None:
    """A missing value, one of another type, and one with control characters give no line."""
    assert Template("x {text}").write(values) is None


def test_a_line_beyond_the_limit_is_another_line() -> None:
    """Length is bounded before a pattern is tried."""
    template = Template("{text}")
    assert template.read("a" * MAX_LINE) == {"text": "a" * MAX_LINE}
    assert template.read("a" * (MAX_LINE + 1)) is None


def test_an_unknown_kind_is_our_own_bug() -> None:
    """A template that names a kind nobody knows is refused when it is made."""
    with pytest.raises(SimulationError, match="wurd"):
        Template("{text:wurd}")


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
@given(data=st.data())
def test_every_kind_undoes_itself(name: str, kind: Kind, data: st.DataObject) -> None:
    """What a kind reads of a text it can write, and reads again as it was."""
    text = data.draw(st.from_regex(kind.pattern, fullmatch=True, alphabet=PRINTABLE))
    value = kind.read(text)
    try:
        written = kind.write(value)
    except (TypeError, ValueError):
        return
    assert kind.read(written) == value


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=60),
    st.integers(-(10**17), 10**17),
)
def test_quoted_text_survives_quotes_and_backslashes(text: str, number: int) -> None:
    """Whatever is printable stands between quotes and comes back, next to another field."""
    template = Template('Detail="{detail:quoted}" Port="{port:int}"')
    line = template.write({"detail": text, "port": number})
    assert line is not None
    assert template.read(line) == {"detail": text, "port": number}
