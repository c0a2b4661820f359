"""The yardstick: the same storm as a SimPy textbook would write it, and as a bare heap.

`textbook` has one generator process per phone, a Resource per TFTP node and per CallManager, float
seconds; reset pacing, boot, the same number of file fetches, registration. No certificate, no trust
decision, no journal. `bare_heap` is the same storm with tuples in a `heapq` and deques for queues:
about the least Python can do for it.

Both take the storm's shape as numbers, so that they and the twin run the same one.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from random import Random
from typing import Any

import simpy


@dataclass(frozen=True, slots=True)
class StormShape:
    """A storm in numbers: seconds, and counts."""

    phones: int
    callmanagers: int
    tftp_nodes: int
    pace_per_s: float
    jitter_s: float
    boot_median_s: float
    boot_sigma: float
    files: int
    tftp_objects: int
    tftp_service_s: float
    register_service_s: float
    verify_s: float


def textbook(shape: StormShape, seed: int = 1) -> tuple[float, int]:
    """One generator process per phone: (instant the last phone is back, events)."""
    env = simpy.Environment()
    random = Random(seed)
    tftp = [simpy.Resource(env, shape.tftp_objects) for _ in range(shape.tftp_nodes)]
    registrar = [simpy.Resource(env, 1) for _ in range(shape.callmanagers)]
    back = 0.0
    events = 0

    def phone(number: int) -> Generator[simpy.Event, Any, None]:
        nonlocal back, events
        yield env.timeout(number // shape.callmanagers / shape.pace_per_s)
        yield env.timeout(random.uniform(0, shape.jitter_s))
        yield env.timeout(shape.boot_median_s * math.exp(random.gauss(0, shape.boot_sigma)))
        server = tftp[number % shape.tftp_nodes]
        for _ in range(shape.files):
            with server.request() as request:
                yield request
                yield env.timeout(random.expovariate(1 / shape.tftp_service_s))
            yield env.timeout(shape.verify_s)
        with registrar[number % shape.callmanagers].request() as request:
            yield request
            yield env.timeout(shape.register_service_s)
        back = env.now
        events += 1

    for number in range(shape.phones):
        env.process(phone(number))
    env.run()
    return back, events * (4 + 3 * shape.files + 2)


def bare_heap(shape: StormShape, seed: int = 1) -> tuple[float, int]:
    """The same storm with a heap of tuples and deques: (instant of the last phone, events)."""
    random = Random(seed)
    heap: list[tuple[float, int, int, int]] = []
    order = 0
    push, pop = heapq.heappush, heapq.heappop
    free = [shape.tftp_objects] * shape.tftp_nodes + [1] * shape.callmanagers
    waiting: list[deque[int]] = [deque() for _ in free]
    left = [shape.files] * shape.phones
    booted, served, ask = 0, 1, 2
    now = 0.0
    events = 0
    for number in range(shape.phones):
        at = number // shape.callmanagers / shape.pace_per_s + random.uniform(0, shape.jitter_s)
        at += shape.boot_median_s * math.exp(random.gauss(0, shape.boot_sigma))
        order += 1
        push(heap, (at, order, booted, number))

    def service(queue: int) -> float:
        if queue >= shape.tftp_nodes:
            return shape.register_service_s
        return random.expovariate(1 / shape.tftp_service_s)

    def place(number: int) -> int:
        if left[number]:
            return number % shape.tftp_nodes
        return shape.tftp_nodes + number % shape.callmanagers

    while heap:
        now, _, action, number = pop(heap)
        events += 1
        if action == served:
            queue = place(number)
            if waiting[queue]:
                order += 1
                push(heap, (now + service(queue), order, served, waiting[queue].popleft()))
            else:
                free[queue] += 1
            if not left[number]:
                continue
            left[number] -= 1
            order += 1
            push(heap, (now + shape.verify_s, order, ask, number))
            continue
        queue = place(number)
        if free[queue]:
            free[queue] -= 1
            order += 1
            push(heap, (now + service(queue), order, served, number))
        else:
            waiting[queue].append(number)
    return now, events
