"""The documents of the twin: models, experiments, release, phone and timing profiles, results.

The room knows pydantic and YAML. It knows no certificate, no clock and no event loop: a node
is configured by a document here and behaves in `twin.nodes`.
"""

from __future__ import annotations

from twin.config.experiment import Expectation, ExperimentConfig
from twin.config.load import (
    RunConfig,
    fingerprint,
    load_any,
    load_experiment,
    load_model,
    load_phone_catalogue,
    load_release,
    load_run,
    load_timing,
)
from twin.config.model import ModelConfig
from twin.config.overrides import apply_overrides, parse_assignment
from twin.config.phones import PhoneCatalogue
from twin.config.release import ReleaseProfile
from twin.config.result import Result
from twin.config.timing import Parameter, TimingProfile

__all__ = [
    "Expectation",
    "ExperimentConfig",
    "ModelConfig",
    "Parameter",
    "PhoneCatalogue",
    "ReleaseProfile",
    "Result",
    "RunConfig",
    "TimingProfile",
    "apply_overrides",
    "fingerprint",
    "load_any",
    "load_experiment",
    "load_model",
    "load_phone_catalogue",
    "load_release",
    "load_run",
    "load_timing",
    "parse_assignment",
]
