"""The result on a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO

import pytest
from rich.console import Console

from twin.config import result
from twin.report.summary import print_summary


@dataclass(frozen=True)
class Parameter:
    """What the summary needs of a timing parameter."""

    value: float
    unit: str
    low: float
    high: float


@pytest.fixture
def document():
    """A run in which something went wrong in every way there is."""
    never = result.Recovery(p50=74.6, p90=120.0, p95=3_725.0)
    return result.Result(
        experiment="both-together",
        model="seed-lab[2]",
        release="10.5",
        seed=7,
        phones=40_000,
        started_at="2016-02-07T22:00:00.000Z",
        ended_at="2016-02-08T02:00:00.000Z",
        provenance=result.Provenance(
            version="0", model_sha256="", experiment_sha256="", parameters={}
        ),
        metrics=result.Metrics(
            resets_total=80_000,
            resets_per_phone_max=2,
            peak_unregistered=39_900,
            outage_phone_minutes=123_456,
            recovery_s=never,
            phones_stuck=1_234,
            stuck_by_reason={"signer_not_in_lists+tvs_does_not_know_signer": 1_200, "no_tftp": 34},
            tftp=result.TftpMetrics(requests=240_000, rejected_503=64_000, queue_peak=3_000),
            ctl_updates=result.UpdateCounts(attempted=3_000, rejected=30),
            ctl_mismatch=31,
            tls_failures=(
                result.TlsFailure(
                    leg="SIP TLS 5061",
                    client="desk[7]",
                    server="pub",
                    alert="unknown ca",
                    reasons=("cert_has_expired",),
                    count=4_321,
                ),
            ),
            reset_loop=result.ResetLoop(detected=True, period_s=420.2, cycles=9),
        ),
        waves=(
            result.Wave(
                name="wave 1",
                cause="CallManager of a-node-with-a-long-name.cluster.example.com",
                started_at="2016-02-07T22:01:11.000Z",
                phones=40_000,
                recovery_s=never,
            ),
        ),
        steps=(
            result.StepOutcome(at="2016-02-07T22:00:05.000Z", action="regenerate", outcome="done"),
            result.StepOutcome(
                at="2016-02-07T22:03:00.000Z",
                action="regenerate TVS on pub",
                outcome="CallManager was regenerated within the last 5 minutes",
            ),
        ),
        expectations=(
            result.ExpectationOutcome(
                name="nobody is stuck", passed=False, observed=1_234, expected="equals 0"
            ),
            result.ExpectationOutcome(name="no end", passed=True, observed=None, expected="null"),
        ),
    )


def printed(document, *, width=80, terminal=False, **more):
    """What the summary prints."""
    out = StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=terminal,
        color_system="standard" if terminal else None,
    )
    print_summary(console, document, **more)
    return out.getvalue()


def lines_with(text, words):
    """The printed lines that contain some words, with single spaces."""
    return [" ".join(line.split()) for line in text.splitlines() if words in line]


def test_everything_that_matters_is_told(document):
    """Headline, waves, expectations, stuck phones with remedies and steps not done are printed."""
    text = printed(document, remedies={"no_tftp": ["start TFTP", "bring the node back"]})
    assert text.splitlines()[:2] == [
        "both-together",
        "model seed-lab[2], release 10.5, 40,000 phones, seed 7",
    ]
    assert lines_with(text, "Phones stuck") == ["Phones stuck 1,234"]
    assert lines_with(text, "Outage") == ["Outage, phone-hours 2,057.6"]
    assert lines_with(text, "95 % / all") == [
        "Back after the first reset: 95 % / all 1h 2m 5s / never"
    ]
    assert lines_with(text, "Reset loop") == ["Reset loop every 420 s, 9 times"]
    assert lines_with(text, "refused with 503") == [
        "TFTP requests (refused with 503) 240,000 (64,000)"
    ]
    assert lines_with(text, "nobody is") == ["FAILED nobody is stuck (equals 0) 1,234"]
    assert lines_with(text, "no end") == ["ok no end (null) null"]
    assert lines_with(text, "no TFTP") == ["34 no TFTP start TFTP; bring the node back"]
    assert "none known" in text
    assert "TVS does" in text
    assert lines_with(text, "22:03:00")
    assert not lines_with(text, "22:00:05")


def test_what_is_told_of_a_mixed_cluster(document):
    """CTL checks, phones with another CTL, and each kind of refused session with its alert."""
    text = printed(document, width=120)
    assert lines_with(text, "another CTL") == ["Phones with another CTL than is served 31"]
    assert lines_with(text, "CTL checks") == ["CTL checks (rejected) 3,000 (30)"]
    assert lines_with(text, "desk[7]") == [
        "4,321 SIP TLS 5061 desk[7] and pub unknown ca (cert has expired)"
    ]


def test_a_cluster_without_a_ctl_has_no_such_lines(document):
    """Where no phone got a CTL and no session was refused, nothing is said of either."""
    metrics = document.metrics.model_copy(
        update={"ctl_updates": result.UpdateCounts(), "tls_failures": ()}
    )
    text = printed(document.model_copy(update={"metrics": metrics}))
    assert not lines_with(text, "CTL")
    assert not lines_with(text, "Refused TLS")


def test_assumptions_are_listed_with_their_range(document):
    """Each assumed parameter in force is a line: name, value, unit, range."""
    assumed = [
        ("reset_pace_per_ccm_per_s", Parameter(50, "1/s", 5, 200)),
        ("p_unreg_on_bad_itl", Parameter(0.25, "1", 0, 1)),
    ]
    text = printed(document, assumed=iter(assumed))
    assert lines_with(text, "reset_pace") == ["reset_pace_per_ccm_per_s 50 1/s 5 to 200"]
    assert lines_with(text, "p_unreg") == ["p_unreg_on_bad_itl 0.25 0 to 1"]


def test_empty_tables_are_left_out(document):
    """A run without waves, expectations and trouble has only its headline."""
    quiet = result.Result(
        **{
            **dict(document),
            "metrics": result.Metrics(),
            "waves": (),
            "steps": (),
            "expectations": (),
        }
    )
    text = printed(quiet)
    assert lines_with(text, "Phones stuck") == ["Phones stuck 0"]
    for title in ("Waves", "Expectations", "Stuck phones", "Steps", "Assumed", "Reset loop"):
        assert title not in text


@pytest.mark.parametrize("width", [80, 60, 200])
def test_lines_fit_the_console(document, width):
    """No line is wider than the console, and nothing is cut off for it."""
    text = printed(document, width=width, assumed=[("p" * 50, Parameter(1, "1", 0, 1))])
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text


def test_colour_is_for_terminals(document):
    """A terminal gets colours; a file gets none."""
    assert "\x1b[" in printed(document, terminal=True)
    assert "\x1b" not in printed(document)
