"""The list of experiments on a terminal."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from twin import library
from twin.config.families import FAMILY_TITLES
from twin.config.load import load_experiment
from twin.config.raw_experiments import experiment_heads
from twin.errors import InputError
from twin.report.listings import list_experiments


def listed(*words: str, width: int = 80) -> str:
    """What is printed for some words."""
    text = StringIO()
    list_experiments(Console(file=text, width=width), words)
    return text.getvalue()


def test_experiments_are_listed_by_family() -> None:
    """Every family has its title, in order, and below it each of its experiments, whole."""
    lines = [line.strip() for line in listed().splitlines()]
    places = [lines.index(title) for title in FAMILY_TITLES.values()]
    assert places == sorted(places)
    for name in library.experiments():
        place = max(n for n, line in enumerate(lines) if line.split()[-1:] == [name])
        family = load_experiment(name).family
        assert family is not None
        assert max(p for p in places if p < place) == lines.index(FAMILY_TITLES[family])


@pytest.mark.parametrize(
    ("words", "there", "not_there"),
    [
        (("a21",), "does-a-stale-ctl-keep-secure-phones-out", "does-the-ctl-first"),
        (("A2",), "can-a-phone-that-was-off-follow-later", "does-a-stale-ctl"),
        (("mixed_mode", "WRONG"), "what-if-the-ctl-comes-after-the-restarts", "how-is-a-mixed"),
        (("branch-tftp-60",), "can-a-phone-in-srst-trust-a-new-signer", "two-node-1000"),
        (("SRST",), "can-a-phone-in-srst-trust-a-new-signer", "Whole renewals"),
    ],
)
def test_words_narrow_the_list(words: tuple[str, ...], there: str, not_there: str) -> None:
    """A row is meant whole; any other word may be part of name, title, model or procedure."""
    text = listed(*words)
    assert there in text
    assert not_there not in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("migratoin",), "no experiment has 'migratoin'; did you mean 'migration'?"),
        (("a1", "published"), "no experiment has 'a1 published'"),
    ],
)
def test_words_that_fit_nothing_are_named(words: tuple[str, ...], message: str) -> None:
    """The word that fits none is named, or all of them if only their combination fits none."""
    with pytest.raises(InputError) as caught:
        listed(*words)
    assert message in str(caught.value)


def test_a_head_is_what_the_document_says() -> None:
    """What is read above the steps is what a full reading finds."""
    for head in experiment_heads():
        config = load_experiment(head["name"])
        fields = (config.row, config.family, config.procedure, config.order, config.model)
        read = (head["row"], head["family"], head["procedure"], head["order"], head["model"])
        assert read == tuple("" if value is None else str(value) for value in fields)
        assert head["title"] == config.title
