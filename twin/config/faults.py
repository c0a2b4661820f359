"""From what is wrong with a document to faults a reader can act on.

A `Problem` names a location inside a document; a `Fault` names file, line and field. This
module turns pydantic's errors into problems with the nearest right word. It reads no file.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, NoReturn, TypeVar, Union

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Location = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)


_SHAPES = {
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping of fields",
    "model_attributes_type": "a mapping of fields",
    "timezone_aware": "a moment with its time zone, e.g. 2016-02-07T22:00:00Z",
    "datetime_from_date_parsing": "a moment, e.g. 2016-02-07T22:00:00Z",
    "datetime_parsing": "a moment, e.g. 2016-02-07T22:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at `location` (keys and list positions from the document's top)."""

    location: Location
    found: str
    expected: str = ""
    nearest: str | None = None
    next_step: str | None = None
    line: int | None = None
    """The line in the file, where it is another than that of the location."""

    def below(self, *location: str | int) -> Problem:
        """The same problem of a part of a document, told from the document's top."""
        return replace(self, location=(*location, *self.location))


def nearest(word: object, known: Iterable[str]) -> str | None:
    """The known word closest to `word`, or None if none is close.

    A word that others begin with is taken for a shortened one.
    """
    names = sorted(str(name) for name in known)
    longer = [name for name in names if name.lower().startswith(str(word).lower())]
    if longer and len(str(word)) > 2:
        return min(longer, key=len)
    folded = {name.lower(): name for name in names}
    found = get_close_matches(str(word).lower(), list(folded), n=1, cutoff=0.5)
    return folded[found[0]] if found else None


def listed(known: Iterable[str], most: int = 12) -> str:
    """Known words for a message, cut after `most`."""
    names = list(known)
    tail = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + tail


def unknown(location: Location, noun: str, word: object, known: Iterable[str]) -> Problem:
    """The problem of a reference to something that does not exist."""
    names = list(known)
    expected = f"one of {listed(names)}" if names else f"no {noun} here"
    return Problem(location, f"unknown {noun} {word!r}", expected, nearest(word, names))


def refusal(
    found: str, expected: str = "", nearest: str | None = None, next_step: str | None = None
) -> PydanticCustomError:
    """A pydantic error that carries the parts of a fault (see `Problem`)."""
    parts = {"found": found, "expected": expected, "nearest": nearest, "next_step": next_step}
    return PydanticCustomError("refusal", "{found}, expected {expected}", parts)


def as_line_error(problem: Problem, value: Any) -> InitErrorDetails:
    """A problem in the form pydantic collects."""
    error = refusal(problem.found, problem.expected, problem.nearest, problem.next_step)
    return InitErrorDetails(type=error, loc=problem.location, input=value)


def carried_over(error: ErrorDetails) -> InitErrorDetails:
    """An error pydantic already reported, in the form it collects again."""
    if error["type"] == "refusal":
        context = error.get("ctx", {})
        again: PydanticCustomError | str = refusal(**context)
    elif error["type"] in ("value_error", "assertion_error"):
        again = refusal(error["msg"].split(", ", 1)[-1])
    else:
        again = error["type"]
    details = InitErrorDetails(type=again, loc=error["loc"], input=error["input"])
    if isinstance(again, str) and "ctx" in error:
        details["ctx"] = error["ctx"]
    return details


def refuse(model: ModelT, problems: Sequence[Problem]) -> ModelT:
    """The model itself, unless there are problems.

    Raises:
        ValidationError: All of them at once.
    """
    if problems:
        raise_problems(type(model).__name__, problems)
    return model


def raise_problems(title: str, problems: Sequence[Problem]) -> NoReturn:
    """Raise problems in the form pydantic collects; `title` names the class.

    Raises:
        ValidationError: Always.
    """
    errors = [as_line_error(problem, None) for problem in problems]
    raise ValidationError.from_exception_data(title, errors)


def problems_of(error: ValidationError, top: type[BaseModel], schema: str) -> list[Problem]:
    """Every problem in a pydantic error on a document of class `top`.

    Args:
        error: What pydantic raised.
        top: The class the document was read into.
        schema: The word for `twin schema` that lists the fields.
    """
    every = error.errors(include_url=False)
    return [_problem(details, top, schema) for details in every if not _is_echo(details)]


def _problem(details: ErrorDetails, top: type[BaseModel], schema: str) -> Problem:
    location: Location = tuple(part for part in details["loc"] if part != "[key]")
    kind, context = details["type"], details.get("ctx", {})
    if kind == "refusal":
        found, expected = str(context["found"]), str(context.get("expected") or "")
        return Problem(location, found, expected, context.get("nearest"), context.get("next_step"))
    if kind == "extra_forbidden":
        fields = field_names(top, location[:-1])
        word = str(location[-1])
        next_step = f"'twin schema {schema}' lists the fields."
        found = f"unknown field {word!r}"
        return Problem(location, found, "", nearest(word, fields), next_step)
    if kind == "missing":
        return Problem(location[:-1], f"missing field {str(location[-1])!r}")
    if kind in ("enum", "literal_error"):
        words = re.split(r", | or ", str(context.get("expected", "")).replace("'", ""))
        found = _shown(details["input"])
        return Problem(location, found, f"one of {listed(words)}", nearest(details["input"], words))
    return Problem(location, _shown(details["input"]), _expected(details))


def _expected(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "string_type" and isinstance(details["input"], int | float):
        return "text; put it in quotes"
    if kind == "string_pattern_mismatch":
        return f"text of the form {context.get('pattern')}"
    if kind in _SHAPES:
        return _SHAPES[kind]
    expected = re.sub(r"^[A-Z]\w+ should (be |have |match )?", "", details["msg"])
    return re.sub(r" after validation, not \d+$", "", expected)


def _is_echo(details: ErrorDetails) -> bool:
    """A list counts as too short once its items are wrong; that says nothing new."""
    value = details["input"]
    least = details.get("ctx", {}).get("min_length", 1)
    return details["type"] == "too_short" and hasattr(value, "__len__") and len(value) >= least


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def field_names(top: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The fields, as written in YAML, of the object at `location` below class `top`."""
    here: Any = top
    for part in location:
        here = _below(here, part)
    model = _model_in(here)
    if model is None:
        return []
    return [info.alias or name for name, info in model.model_fields.items()]


def _below(annotation: Any, part: str | int) -> Any:
    model = _model_in(annotation)
    if model is not None and isinstance(part, str):
        for name, info in model.model_fields.items():
            if part == (info.alias or name):
                return info.annotation
        return None
    for choice in _choices(annotation):
        if typing.get_origin(choice) in (tuple, list, Mapping, dict) or (
            typing.get_origin(choice) is not None and isinstance(part, int)
        ):
            arguments = [item for item in typing.get_args(choice) if item is not Ellipsis]
            return arguments[0 if isinstance(part, int) else -1]
    return None


def _choices(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) is Annotated:
        return _choices(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (Union, UnionType):
        return tuple(c for option in typing.get_args(annotation) for c in _choices(option))
    return (annotation,)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for choice in _choices(annotation):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            return choice
    return None
