"""The queue under Poisson arrivals against the closed forms of queueing theory.

Interval: the stationary mean is estimated by batch means - a first batch thrown away as warm-up,
30 batches kept - and the closed form has to lie within Student's 99.9 % confidence interval about
it. So that a wide interval cannot hide an error, its half-width is bounded too (`TIGHT`, relative).
Seeds are fixed: a right queue and a right generator would fail one case in a thousand, and these
do not.

Arrivals come on whole milliseconds where theory has a continuum. With services of ten seconds the
error of that is below a thousandth of any wait here, well inside every interval here.

Source: Kleinrock, "Queueing Systems", vol. 1, 1975, 3.2-3.5 and 5.6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import count, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from twin.kernel.queues import FIFOQueue
from twin.kernel.streams import Law, Streams

SERVICE_MS = 10_000.0
BATCHES = 30
CONFIDENCE = 0.999
TIGHT = 0.15
SEED = 8_086

EXPONENTIAL = Law("exponential", SERVICE_MS, 0.0, math.inf)
CONSTANT = Law("deterministic", SERVICE_MS, 0.0, math.inf)


@dataclass(frozen=True)
class Outcome:
    """What became of each arrival in order: its wait (in mean services), whether refused."""

    wait: NDArray[np.float64]
    refused: NDArray[np.bool_]


def run(
    servers: int, load: float, service: Law, limit: int | None = None, arrivals: int = 200_000
) -> Outcome:
    """Offer Poisson arrivals of `load` erlangs to a queue; streams are named for the case."""
    streams = Streams(SEED)
    case = f"{servers} servers, {load} erlangs, {service.kind}, limit {limit}"
    gap = Law("exponential", SERVICE_MS / load, 0.0, math.inf)
    at_ms = np.cumsum(streams.block(gap, case, "arrival", 0, arrivals)).astype(np.int64)
    service_us = np.rint(np.array(streams.block(service, case, "service", 0, arrivals)) * 1_000)
    service_us = service_us.astype(np.int64)
    queue = FIFOQueue(servers, limit)
    offers = zip(at_ms.tolist(), service_us.tolist(), strict=True)
    done_us = np.array([queue.offer(*offer) for offer in offers])
    wait_us = done_us - at_ms * 1_000 - service_us
    return Outcome(wait_us / (SERVICE_MS * 1_000), done_us < 0)


def assert_agrees(values: NDArray[np.float64] | NDArray[np.bool_], expected: float) -> None:
    """The closed form lies in the batch-means interval, and the interval is tight."""
    batches = np.array_split(np.asarray(values, dtype=np.float64), BATCHES + 1)[1:]
    means = np.array([batch.mean() for batch in batches])
    error = means.std(ddof=1) / math.sqrt(BATCHES)
    half_width = float(stats.t.ppf((1 + CONFIDENCE) / 2, BATCHES - 1)) * error
    assert half_width < TIGHT * expected, f"{means.mean():.4f} ± {half_width:.4f}"
    assert means.mean() == pytest.approx(expected, abs=half_width)


def erlang_b(servers: int, load: float) -> float:
    """Share of arrivals lost when nobody may wait (M/G/c/c)."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Share of arrivals that wait when everybody may (M/M/c)."""
    blocked = erlang_b(servers, load)
    return blocked / (1 - (load / servers) * (1 - blocked))


def birth_death(servers: int, load: float, limit: int) -> tuple[float, float]:
    """M/M/c/(c + limit): share refused, and the mean wait of the others (in services)."""
    weights = [1.0]
    for n in range(1, servers + limit + 1):
        weights.append(weights[-1] * load / min(n, servers))
    share = [weight / sum(weights) for weight in weights]
    waiting = sum((n - servers) * p for n, p in zip(count(), share, strict=False) if n > servers)
    return share[-1], waiting / (load * (1 - share[-1]))


def test_the_closed_forms_themselves() -> None:
    """The formulas give textbook numbers, and agree where one is a case of another."""
    assert erlang_b(5, 3.0) == pytest.approx(0.11005, abs=1e-5)
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert birth_death(5, 3.0, 0) == pytest.approx((erlang_b(5, 3.0), 0.0))
    refused, wait = birth_death(3, 2.4, 400)
    assert refused == pytest.approx(0.0, abs=1e-12)
    assert wait == pytest.approx(erlang_c(3, 2.4) / (3 - 2.4))


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7, 0.8])
def test_one_server_with_exponential_services_is_mm1(load: float) -> None:
    """M/M/1: the mean wait is rho/(1 - rho), the share that waits rho, and its tail exponential."""
    wait = run(1, load, EXPONENTIAL).wait
    assert_agrees(wait, load / (1 - load))
    assert_agrees(wait > 0, load)
    assert_agrees(wait > 2, load * math.exp(-2 * (1 - load)))


@pytest.mark.parametrize(("servers", "load"), [(2, 1.4), (5, 3.5), (10, 7.0), (20, 15.0)])
def test_several_servers_are_erlang_c(servers: int, load: float) -> None:
    """M/M/c: the share that waits is Erlang's C, and the mean wait C/(c - a)."""
    wait = run(servers, load, EXPONENTIAL, arrivals=600_000).wait
    assert_agrees(wait > 0, erlang_c(servers, load))
    assert_agrees(wait, erlang_c(servers, load) / (servers - load))


@pytest.mark.parametrize("load", [0.3, 0.7, 0.85])
def test_constant_services_are_pollaczek_and_khinchine(load: float) -> None:
    """M/D/1: constant services halve the mean wait, to rho/2(1 - rho); as many wait as ever."""
    wait = run(1, load, CONSTANT).wait
    assert_agrees(wait, load / (2 * (1 - load)))
    assert_agrees(wait > 0, load)


@pytest.mark.parametrize("spread", [0.5, 1.0])
def test_any_services_are_pollaczek_and_khinchine(spread: float) -> None:
    """M/G/1 with lognormal services: the mean wait grows with the square of their variation."""
    load = 0.6
    mean_one = SERVICE_MS * math.exp(-(spread**2) / 2)
    wait = run(1, load, Law("lognormal", mean_one, 0.0, math.inf, spread), arrivals=600_000).wait
    assert_agrees(wait, load * math.exp(spread**2) / (2 * (1 - load)))


@pytest.mark.parametrize("service", [EXPONENTIAL, CONSTANT], ids=["exponential", "constant"])
@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (5, 4.0), (20, 18.0), (20, 30.0)])
def test_without_waiting_losses_are_erlang_b(servers: int, load: float, service: Law) -> None:
    """M/G/c/c: the share refused is Erlang's B whatever the services, also under overload."""
    outcome = run(servers, load, service, limit=0)
    assert_agrees(outcome.refused, erlang_b(servers, load))
    assert np.all(outcome.wait[~outcome.refused] == 0)


@pytest.mark.parametrize(
    ("servers", "load", "limit"), [(1, 0.9, 3), (2, 2.5, 4), (10, 11.0, 5), (3, 9.0, 10)]
)
def test_a_limit_on_waiting_is_a_birth_and_death_process(
    servers: int, load: float, limit: int
) -> None:
    """M/M/c/K: the share refused and the mean wait of the others, also under overload."""
    refused, mean_wait = birth_death(servers, load, limit)
    outcome = run(servers, load, EXPONENTIAL, limit)
    assert_agrees(outcome.refused, refused)
    assert_agrees(outcome.wait[~outcome.refused], mean_wait)


def test_poisson_arrivals_are_poisson() -> None:
    """The premise of all the above: counts per interval have a Poisson mean and variance."""
    load, window_ms = 4.0, 25_000
    gaps = Streams(SEED).block(
        Law("exponential", SERVICE_MS / load, 0.0, math.inf), "premise", "arrival", 0, 200_000
    )
    at_ms = np.cumsum(gaps)
    edges = np.arange(0, at_ms[-1], window_ms)
    counts = np.array([b - a for a, b in pairwise(np.searchsorted(at_ms, edges))])
    expected = load * window_ms / SERVICE_MS
    assert_agrees(counts, expected)
    assert_agrees((counts - expected) ** 2, expected)
