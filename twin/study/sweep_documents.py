"""The documents of a sweep's variants: read before anything is run, and the same to the end.

Knows: how a variant's documents are loaded, packed and kept. Must not know how cells are run.
"""

from __future__ import annotations

import pickle

from twin.cluster.certificates import keys_needed
from twin.config.load import RunConfig, fingerprint
from twin.errors import Fault, InputError
from twin.study.sweep_plan import Plan

CHECKED_FIRST = 256
"""So many variants are loaded before anything is run, and kept (some 40 kB each). What is wrong
with a later one is found when it is its turn."""


def fingerprints(config: RunConfig) -> dict[str, str]:
    """SHA-256 of each document of a run."""
    return {
        "experiment": config.experiment_sha256,
        "model": config.model_sha256,
        "release": fingerprint(config.release),
        "phones": fingerprint(config.phones),
        "timing": fingerprint(config.timing),
    }


class Documents:
    """The documents of every variant of a plan, packed as workers get them.

    Raises:
        InputError: One of the first variants is wrong; every fault of them all is told.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._packed: dict[int, bytes] = {}
        self.keys_needed: dict[int, int] = {}
        faults: dict[Fault, None] = {}
        for variant in range(min(len(plan.variants), CHECKED_FIRST)):
            try:
                config = plan.config(variant)
            except InputError as error:
                faults.update(dict.fromkeys(error.faults))
                continue
            self._packed[variant] = pickle.dumps(config)
            for bits, count in keys_needed(config.model, config.release).items():
                self.keys_needed[bits] = max(self.keys_needed.get(bits, 0), count)
            if variant == 0:
                self.fingerprints = fingerprints(config)
        if faults:
            raise InputError(faults)

    def packed(self, variant: int) -> bytes:
        """A variant's documents.

        Raises:
            InputError: A later variant is wrong, or a file was changed since the sweep began.
        """
        if variant in self._packed:
            return self._packed[variant]
        if fingerprints(self._plan.config(0)) != self.fingerprints:
            found = "a document that was changed while the sweep ran"
            raise InputError(Fault("sweep", found, "the documents it began with"))
        return pickle.dumps(self._plan.config(variant))
