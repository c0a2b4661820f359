"""Checks of exercises: they judge, help, and hold no answers."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin.errors import InputError
from twin.notebook import checks
from twin.notebook.checks import board, check, exercises
from twin.notebook.checks.board import Exercise

FOLDER = Path(checks.__file__).parent
NONSENSE: list[Any] = [
    None,
    -1,
    1e9,
    "nonsense",
    "",
    [],
    {},
    set(),
    object(),
    lambda *a: None,
    True,
]


@pytest.mark.parametrize("number", exercises())
def test_an_exercise_without_an_answer_is_open(number: str) -> None:
    """Three dots are no answer: neither right nor wrong, and it is said what is asked for."""
    verdict = check(number, ...)
    assert verdict.word == board.OPEN
    assert not verdict
    assert verdict.hint


@pytest.mark.parametrize("number", exercises())
def test_nonsense_is_refused_with_a_hint(number: str) -> None:
    """Whatever the answer, a check neither fails nor takes it for right."""
    for answer in NONSENSE:
        verdict = check(number, answer)
        assert verdict.word == board.WRONG, answer
        assert len(verdict.hint) > 10


def test_an_unknown_exercise_is_refused_with_the_nearest() -> None:
    """The number is checked, too."""
    with pytest.raises(InputError, match=r"'1\.3'"):
        check("1.33", 1)
    with pytest.raises(InputError, match="no exercise"):
        check("99.1", 1)


def test_numbers_of_numpy_are_numbers() -> None:
    """An answer straight out of an array or a data frame counts as what it is."""
    right = next(n for n in range(200, 300) if check("1.2", n))
    assert check("1.2", np.int64(right))
    assert check("1.2", np.array(right))
    assert not check("1.2", right + 1)
    assert check("1.2", right + 1).hint != check("1.2", right - 1).hint


def test_a_hint_does_not_give_the_answer_away() -> None:
    """What is said of a wrong number or word does not contain the right one."""
    right = next(n for n in range(200, 300) if check("1.2", n))
    assert str(right) not in check("1.2", 1).hint
    assert "ITLRecovery" not in check("1.4", "TVS").hint


def test_a_function_is_told_what_it_raised() -> None:
    """A learner's function may fail in any way; the check says in which."""
    verdict = check("1.3", lambda data: data.nothing)
    assert "AttributeError" in verdict.hint
    assert "case 1 of 4" in verdict.hint


def test_a_wrong_step_is_told_in_the_words_of_the_twin() -> None:
    """Steps that the twin refuses come back with its message, and the nearest right word."""
    assert "'regenerate'" in check("2.3", [{"regenrate": {}}] * 3).hint


def test_verdicts_are_what_they_say() -> None:
    """A verdict is true when right, and prints its number and hint."""
    verdict = check("1.2", 0)
    assert str(verdict).startswith("1.2: not yet\n")
    assert verdict.hint in str(verdict)


def test_checks_compute_their_answers() -> None:
    """An exercise gets functions that find the right answer out, never the answer."""
    for path in sorted(FOLDER.glob("lesson_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "whole", "near", "one_of", "members", "function", "tried",
            ):  # fmt: skip
                first = node.args[0]
                assert isinstance(first, ast.Name), ast.unparse(node)
                assert re.fullmatch(r"_[a-z0-9_]+", first.id)


def test_an_exercise_takes_a_flag_only_where_it_asks_for_one() -> None:
    """True is no number, though Python says so."""
    assert "bool" in check("1.2", True).hint
    flag = Exercise("a flag", (bool,), lambda given: "" if given else "No.", "Yes.")
    assert flag.judge(board.as_plain(np.True_)) == ""
