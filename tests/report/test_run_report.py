"""The page of a run: what a manager reads, and that it is one whole file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.report.page_reader import Page, check_page
from twin.config.experiment import ExperimentConfig
from twin.config.load import load_experiment, load_model
from twin.config.model import ModelConfig
from twin.errors import InputError
from twin.report.reports import report_of
from twin.study.run import Run, run_experiment

EXPERIMENTS = (
    "callmanager-regeneration",
    "what-if-both-change-on-a-single-server",
    "does-a-stale-ctl-keep-secure-phones-out",
    "does-mra-survive-a-new-callmanager",
    "when-do-jabber-clients-see-a-new-cup-xmpp",
    "why-do-phones-restart-every-seven-minutes",
    "who-minds-an-expired-tomcat",
    "may-a-private-ca-sign-the-expressway-e",
)
NASTY = "<script>alert(1)</script>\"'><svg onload=alert(2)> --> ]]> $x_1$ {{ 7*7 }}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Run, Page]]:
    """Runs of bundled experiments with their pages, each made once."""
    known: dict[str, tuple[Run, Page]] = {}

    def make(name: str) -> tuple[Run, Page]:
        if name not in known:
            folder = tmp_path_factory.mktemp("run")
            run = run_experiment(name, directory=folder)
            known[name] = run, Page(report_of(folder))
        return known[name]

    return make


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_report_is_one_whole_accessible_file(
    name: str, made: Callable[[str], tuple[Run, Page]]
) -> None:
    """One h1, headings and references in order, captions and scopes, nothing from outside."""
    run, page = made(name)
    check_page(page)
    assert " ".join(run.config.experiment.question.split()) in page.text
    assert run.document.provenance.model_sha256 in page.text


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_report_has_every_expectation_and_step(
    name: str, made: Callable[[str], tuple[Run, Page]]
) -> None:
    """What was expected and what was done can be read."""
    run, page = made(name)
    assert all(one.name in page.text for one in run.document.expectations)
    assert all(step.action in page.text for step in run.document.steps)
    assert all(alarm.name in page.text for alarm in run.document.metrics.alarms)
    assert all(one.alert in page.text for one in run.document.metrics.tls_failures)


def test_stuck_phones_have_names_reasons_and_remedies(
    made: Callable[[str], tuple[Run, Page]],
) -> None:
    """The answer says how many, the tables who, why and what helps; long ones are cut."""
    run, page = made("what-if-both-change-on-a-single-server")
    assert "All 250 phones are stuck" in page.text
    assert "signer not in lists, TVS certificate not in ITL" in page.text
    assert "utils itl reset localkey; delete the ITL on the phone" in page.text
    names = [str(name) for name in run.tables.phones["name"]]
    assert sum(name in page.text for name in names) == 20
    assert "230 more rows are not shown" in page.text
    assert "answer bad" in page.values("class")


def test_a_run_without_trouble_says_so(made: Callable[[str], tuple[Run, Page]]) -> None:
    """Nobody stuck: a good answer and no section on stuck phones."""
    _, page = made("callmanager-regeneration")
    assert "No phone is stuck and none is left out of service" in page.text
    assert "stuck" not in page.values("id")
    assert "answer" in page.values("class")


@pytest.mark.parametrize(
    ("name", "has_graph"),
    [
        ("callmanager-regeneration", False),
        ("does-mra-survive-a-new-callmanager", True),
        ("does-a-stale-ctl-keep-secure-phones-out", True),
        ("may-a-private-ca-sign-the-expressway-e", True),
    ],
)
def test_the_trust_graph_is_there_where_there_are_legs(
    name: str, has_graph: bool, made: Callable[[str], tuple[Run, Page]]
) -> None:
    """A plain cluster has none; Expressways and secure phones have legs."""
    _, page = made(name)
    assert ("trust" in page.values("id")) is has_graph


def test_only_assumptions_that_took_part_are_listed(
    made: Callable[[str], tuple[Run, Page]],
) -> None:
    """A cluster without CAPF operations does not speak of key generation on phones."""
    _, page = made("callmanager-regeneration")
    assert "reset_pace_per_ccm_per_s" in page.texts
    assert "lsc_keygen_sigma" not in page.texts
    assert "regeneration_guard_min" in made("what-if-both-change-on-a-single-server")[1].texts


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    """Neither the folder nor the hour is in a report; another seed is."""
    texts = []
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        run_experiment(
            "callmanager-regeneration", model="two-node-1000", seed=seed,
            directory=tmp_path / folder,
        )  # fmt: skip
        texts.append(report_of(tmp_path / folder))
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]
    assert str(tmp_path) not in texts[0]


def malicious() -> tuple[ExperimentConfig, ModelConfig]:
    """A bundled experiment and its model with markup wherever free text may stand."""
    experiment = load_experiment("what-if-both-change-on-a-single-server")
    model = load_model("single-node-250").model_dump(mode="json", by_alias=True, exclude_unset=True)
    label = "<b>x</b><img src=x>"
    model["title"] = NASTY
    model["callmanager_groups"][0]["name"] = label
    for group in model["phones"]:
        group["callmanager_group"] = label
    wrong = experiment.model_dump(mode="json", by_alias=True, exclude_unset=True)
    wrong |= {"title": NASTY, "question": NASTY, "source": NASTY}
    for step in wrong["steps"]:
        step["name"] = "<script>a</script>"
    wrong["expect"][0]["name"] = "<script>b</script>"
    return ExperimentConfig.model_validate(wrong), ModelConfig.model_validate(model)


def test_names_with_markup_in_them_stay_names(tmp_path: Path) -> None:
    """No text of a document becomes a tag, neither in the page nor in its figures."""
    experiment, model = malicious()
    run_experiment(experiment, model=model, directory=tmp_path)
    page = Page(report_of(tmp_path))
    check_page(page)
    assert " ".join(NASTY.split()) in page.text
    assert "<script>a</script>" in page.text
    assert "<b>x</b>" in page.text
    assert "b" not in {name for name, _ in page.tags}


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    """A folder without a run or sweep, and one with a damaged result, are named."""
    with pytest.raises(InputError, match="neither a run nor a sweep"):
        report_of(tmp_path)
    (tmp_path / "result.json").write_text("{}")
    with pytest.raises(InputError, match="not readable as a result"):
        report_of(tmp_path)
