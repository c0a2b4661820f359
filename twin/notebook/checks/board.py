"""What a check is, and how an answer is compared with the right one.

Knows: answers. Must not know any exercise: those of notebook N are in `lesson_N`, loaded when one
of them is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from twin.config.faults import nearest
from twin.errors import Fault, InputError, TwinError

LESSONS = 9
OPEN = "no answer yet"
RIGHT = "right"
WRONG = "not yet"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says: True in a condition if the answer is right.

    `hint` says what is wrong without giving the answer away, or why the right answer is right.
    """

    number: str
    word: str
    hint: str

    def __bool__(self) -> bool:
        return self.word == RIGHT

    def __str__(self) -> str:
        return f"{self.number}: {self.word}\n{self.hint}"


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise.

    `judge` gets the answer as a plain value and returns what is wrong with it, "" if nothing is;
    `kinds` are the types an answer may have, `asked` says the same in words, `why` is what the
    right answer teaches.
    """

    asked: str
    kinds: tuple[type, ...]
    judge: Callable[[Any], str]
    why: str


def check(number: str, answer: Any) -> Verdict:
    """Check the answer to an exercise.

    Args:
        number: e.g. "1.2": the second exercise of notebook 1.
        answer: the learner's; `...` means that there is none yet.

    Raises:
        InputError: there is no such exercise.
    """
    exercise = _exercise(number)
    if answer is ...:
        return Verdict(number, OPEN, f"Put {exercise.asked} in place of the three dots.")
    plain = as_plain(answer)
    is_flag = isinstance(plain, bool) and bool not in exercise.kinds
    if is_flag or not isinstance(plain, exercise.kinds):
        kind = type(answer).__name__
        return Verdict(number, WRONG, f"The answer is {exercise.asked}; this is of type {kind}.")
    wrong = exercise.judge(plain)
    return Verdict(number, WRONG, wrong) if wrong else Verdict(number, RIGHT, exercise.why)


def exercises() -> list[str]:
    """The numbers of all exercises."""
    return [number for lesson in range(1, LESSONS + 1) for number in _lesson(lesson)]


def as_plain(answer: Any) -> Any:
    """An answer as Python's own number, text, list or set: numpy and pandas have their own."""
    if hasattr(answer, "tolist"):
        return answer.tolist()
    return {as_plain(one) for one in answer} if isinstance(answer, set | frozenset) else answer


def _exercise(number: str) -> Exercise:
    lesson, _, _ = number.partition(".")
    known = _lesson(int(lesson)) if lesson in map(str, range(1, LESSONS + 1)) else {}
    if number not in known:
        every = exercises()
        close = nearest(number, every)
        raise InputError(Fault("check", f"no exercise {number!r}", "such as '1.1'", close))
    return known[number]


def _lesson(number: int) -> Mapping[str, Exercise]:
    found: Mapping[str, Exercise] = import_module(f"twin.notebook.checks.lesson_{number}").EXERCISES
    return found


# -- ways to judge ---------------------------------------------------------------------------


def whole(right: Callable[[], int], low: str, high: str) -> Callable[[float], str]:
    """A number that is to be hit; what to think of when the answer is too low, or too high."""

    def judge(given: float) -> str:
        wanted = right()
        return "" if given == wanted else low if given < wanted else high

    return judge


def near(right: Callable[[], float], share: float, low: str, high: str) -> Callable[[float], str]:
    """A measured number, right within a share of itself."""

    def judge(given: float) -> str:
        wanted = right()
        if abs(given - wanted) <= share * abs(wanted):
            return ""
        return low if given < wanted else high

    return judge


def one_of(
    right: Callable[[], str], hint: str, known: Callable[[], list[str]]
) -> Callable[[str], str]:
    """A word out of several; a word that is none of them is told so."""

    def judge(given: str) -> str:
        if given == right():
            return ""
        words = known()
        return hint if given in words else f"One of: {', '.join(words)}."

    return judge


def members(right: Callable[[], set[Any]], missing: str, surplus: str) -> Callable[[set[Any]], str]:
    """A set: whether something is missing, or something is in it that does not belong."""

    def judge(given: set[Any]) -> str:
        wanted = right()
        if given == wanted:
            return ""
        return surplus if given - wanted else missing

    return judge


def function(
    cases: Callable[[], list[tuple[tuple[Any, ...], Any]]], hint: str
) -> Callable[[Callable[..., Any]], str]:
    """A function that is tried on cases its author has not seen: (arguments, right result)."""

    def judge(given: Callable[..., Any]) -> str:
        tried = cases()
        for place, (arguments, wanted) in enumerate(tried, start=1):
            where = f"case {place} of {len(tried)}"
            try:
                result = as_plain(given(*arguments))
            except Exception as error:  # noqa: BLE001 - whatever a learner's function raises
                return f"In {where} it raises {type(error).__name__}: {error}"
            if result != wanted:
                return f"In {where} it returns something else than the twin. {hint}"
        return ""

    return judge


def tried(attempt: Callable[[Any], str]) -> Callable[[Any], str]:
    """Something the twin carries out: what the twin refuses is the hint."""

    def judge(given: Any) -> str:
        try:
            return attempt(given)
        except TwinError as error:
            return f"The twin refuses it: {error}"

    return judge
