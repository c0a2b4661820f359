"""The result document: what a run answers in numbers.

Written by `twin.metrics` from the journal; published as a schema so that other tools can read
it. Units are in the names or in the descriptions; null means "never" or "not measured".
"""

from __future__ import annotations

import typing
from typing import Any

from pydantic import BaseModel, Field

from twin.config.fields import Document


class Recovery(Document):
    """Time until a share of the phones reset first was registered again, s; null: never."""

    p50: float | None = Field(default=None, description="Half of the phones, s")
    p90: float | None = Field(default=None, description="90 % of the phones, s")
    p95: float | None = Field(default=None, description="95 % of the phones, s")
    p99: float | None = Field(default=None, description="99 % of the phones, s")
    p100: float | None = Field(default=None, description="All phones, s")


class UpdateCounts(Document):
    """What became of the files phones asked for, counted per attempt."""

    attempted: int = Field(default=0, description="Attempts")
    unchanged: int = Field(default=0, description="The phone already had these bytes")
    accepted_local: int = Field(default=0, description="Verified with the phone's own lists")
    accepted_tvs: int = Field(default=0, description="Verified with the help of TVS")
    accepted_first_use: int = Field(default=0, description="Accepted because it had no list")
    rejected: int = Field(default=0, description="Refused")
    not_downloaded: int = Field(default=0, description="Never received")


class TftpMetrics(Document):
    """Load of the file service."""

    requests: int = Field(default=0, description="Requests")
    rejected_503: int = Field(default=0, description="Requests refused with 503")
    queue_peak: int = Field(default=0, description="Longest queue of one node, requests")


class TvsMetrics(Document):
    """Load of the Trust Verification Service."""

    queries: int = Field(default=0, description="Requests sent")
    known: int = Field(default=0, description="Answered with a certificate and roles")
    unknown: int = Field(default=0, description="Answered that it is not known")
    unreachable: int = Field(default=0, description="Not answered")
    untrusted: int = Field(default=0, description="Its own certificate is not in the phone's ITL")
    expired: int = Field(default=0, description="Its own certificate is out of its dates")


class HttpsMetrics(Document):
    """HTTPS services phones opened."""

    requests: int = Field(default=0, description="Services opened")
    trusted: int = Field(default=0, description="The web server was vouched for")
    refused_unknown: int = Field(default=0, description="No TVS knew its certificate")
    refused_no_tvs: int = Field(default=0, description="No usable TVS answered")
    unreachable: int = Field(default=0, description="The web server did not answer")
    refused_expired: int = Field(default=0, description="Its certificate was out of its dates")


class RegistrationMetrics(Document):
    """Load of registration."""

    queue_peak: int = Field(default=0, description="Longest queue of one node, phones")


class ResetLoop(Document):
    """Whether phones are reset again and again without an operator."""

    detected: bool = Field(default=False, description="Whether there is a loop")
    period_s: float | None = Field(default=None, description="Time between its resets, s")
    cycles: int = Field(default=0, description="Resets of the loop")


class LscMetrics(Document):
    """Certificate operations of phones with CAPF."""

    attempted: int = Field(default=0, description="Operations set on phones")
    succeeded: int = Field(default=0, description="Operations that ended well")
    failed: int = Field(default=0, description="Operations that failed")
    pending: int = Field(default=0, description="Phones whose operation is pending at the end")
    by_status: dict[str, int] = Field(
        default_factory=dict,
        description="Phones by their last tkcertificatestatus of the run, e.g. upgrade_success",
    )
    campaign_s: float | None = Field(
        default=None, description="First operation set to the last one that ended, s"
    )
    tries: int = Field(default=0, description="Connections to CAPF that phones opened")
    tries_failed: int = Field(default=0, description="Of them, those that came to nothing")
    tries_untrusted: int = Field(
        default=0, description="Of those, for CAPF's own certificate, which the phone refused"
    )
    gave_up: int = Field(default=0, description="Times a phone used up its tries")
    queue_peak: int = Field(default=0, description="Most phones that waited for their turn at CAPF")
    ports_refused: int = Field(
        default=0, description="Times RADIUS refused a phone's certificate (802.1X)"
    )
    tunnels_refused: int = Field(
        default=0, description="Times a phone refused its VPN concentrator's certificate"
    )
    held_at_end: int = Field(default=0, description="Phones without network for it at the end")


class TlsFailure(Document):
    """A TLS session that was refused."""

    leg: str = Field(description="What the session is for")
    client: str = Field(description="Who opened it")
    server: str = Field(description="Who answered")
    alert: str = Field(description="The alert sent")
    reasons: tuple[str, ...] = Field(default=(), description="Every reason found")
    count: int = Field(default=1, description="How many sessions were refused like this")


class LegMetrics(Document):
    """Standing TLS connections between systems: zones, tunnels, trunks."""

    connections: int = Field(default=0, description="Connections that were opened or tried")
    up_at_end: int = Field(default=0, description="Of these, how many stand at the end")
    lost: int = Field(default=0, description="How often one that stood was lost")
    refused: int = Field(
        default=0, description="Refusals, each counted when it begins or changes, not per try"
    )
    down_at_end: dict[str, int] = Field(
        default_factory=dict, description="Connections that do not stand at the end, by leg"
    )
    longest_down_s: float = Field(default=0, description="Longest time without one of them, s")


class Alarm(Document):
    """An alarm a node raised."""

    name: str = Field(description="Name in the alarm catalogue")
    severity: str = Field(description="Severity in the alarm catalogue")
    node: str = Field(description="Node that raised it")
    at: str = Field(description="When, UTC")


class ReLogin(Document):
    """Time from a lost XMPP session to the next one, s; null: nobody came back."""

    p50: float | None = Field(default=None, description="Half of those who came back, s")
    p95: float | None = Field(default=None, description="95 % of them, s")
    p100: float | None = Field(default=None, description="All of them, s")


class PresenceMetrics(Document):
    """Jabber's XMPP sessions."""

    sessions: int = Field(default=0, description="Clients, each with one session when all is well")
    dropped: int = Field(default=0, description="Sessions lost")
    disconnected: int = Field(default=0, description="Clients without a session at the end")
    peak_out: int = Field(default=0, description="Most clients without a session at one time")
    relogin_s: ReLogin = Field(default_factory=ReLogin, description="Lost to logged in again")
    refused: dict[str, int] = Field(
        default_factory=dict, description="Logins turned away, by the leg in the way"
    )
    prompted: int = Field(default=0, description="Users asked about a certificate")
    failovers: int = Field(default=0, description="Nodes whose users a partner took over")


class Metrics(Document):
    """The numbers of a run."""

    resets_total: int = Field(default=0, description="Resets phones acted on")
    resets_per_phone_max: int = Field(default=0, description="Most resets of one phone")
    peak_unregistered: int = Field(default=0, description="Most phones unregistered at once")
    outage_phone_minutes: float = Field(
        default=0, description="Minutes without registration, summed over phones"
    )
    recovery_s: Recovery = Field(
        default_factory=Recovery, description="First reset to that share registered again, s"
    )
    itl_updates: UpdateCounts = Field(default_factory=UpdateCounts, description="ITL files")
    config_updates: UpdateCounts = Field(default_factory=UpdateCounts, description="Config files")
    ctl_updates: UpdateCounts = Field(default_factory=UpdateCounts, description="CTL files")
    ctl_mismatch: int = Field(
        default=0, description="Phones at the end whose CTL is not what their file server serves"
    )
    tls_refused: int = Field(default=0, description="TLS sessions that were refused")
    itl_mismatch: int = Field(
        default=0, description="Phones at the end whose ITL is not what their file server serves"
    )
    phones_stuck: int = Field(
        default=0, description="Phones at the end with no way to accept the current ITL or config"
    )
    stuck_by_reason: dict[str, int] = Field(
        default_factory=dict, description="Stuck phones by reason"
    )
    phones_unregistered_at_end: int = Field(
        default=0, description="Phones not registered at the end, powered off ones left out"
    )
    tftp: TftpMetrics = Field(default_factory=TftpMetrics, description="File service")
    tvs: TvsMetrics = Field(default_factory=TvsMetrics, description="Trust verification")
    registration: RegistrationMetrics = Field(
        default_factory=RegistrationMetrics, description="Registration"
    )
    https: HttpsMetrics = Field(default_factory=HttpsMetrics, description="HTTPS services")
    reset_loop: ResetLoop = Field(default_factory=ResetLoop, description="Endless resets")
    lsc: LscMetrics = Field(default_factory=LscMetrics, description="CAPF operations")
    legs: LegMetrics = Field(default_factory=LegMetrics, description="Connections of systems")
    presence: PresenceMetrics = Field(default_factory=PresenceMetrics, description="Jabber")
    tls_failures: tuple[TlsFailure, ...] = Field(default=(), description="Refused TLS sessions")
    alarms: tuple[Alarm, ...] = Field(default=(), description="Alarms in order of time")


class Wave(Document):
    """Resets that belong together, from one cause."""

    name: str = Field(description="Name, for reports")
    cause: str = Field(description="What set it off")
    started_at: str = Field(description="First reset, UTC")
    phones: int = Field(description="Phones reset")
    recovery_s: Recovery = Field(description="First reset of the wave to registered again, s")


class StepOutcome(Document):
    """What became of one step of the timeline."""

    at: str = Field(description="When it was done, UTC")
    action: str = Field(description="The action in words")
    outcome: str = Field(description="done, or the product's refusal")
    name: str | None = Field(default=None, description="Name given in the experiment")


class ExpectationOutcome(Document):
    """Whether one expectation held."""

    name: str = Field(description="Name of the expectation")
    passed: bool = Field(description="Whether it held")
    observed: Any = Field(description="The value found")
    expected: str = Field(description="The value expected, in words")


class Provenance(Document):
    """What the run was made from."""

    version: str = Field(description="Version of the twin")
    model_sha256: str = Field(description="SHA-256 of the model as run")
    experiment_sha256: str = Field(description="SHA-256 of the experiment as run")
    release_sha256: str = Field(default="", description="SHA-256 of the release profile as run")
    parameters: dict[str, float] = Field(description="Timing parameters in force")


class Result(Document):
    """The answer of a run."""

    experiment: str = Field(description="Name of the experiment")
    model: str = Field(description="Name of the model")
    release: str = Field(description="Release profile")
    seed: int = Field(description="Root of all random draws")
    phones: int = Field(description="Phones in the model")
    started_at: str = Field(description="Start of the scenario, UTC")
    ended_at: str = Field(description="End of the run, UTC")
    provenance: Provenance = Field(description="What the run was made from")
    metrics: Metrics = Field(description="The numbers")
    waves: tuple[Wave, ...] = Field(default=(), description="Reset waves in order of time")
    steps: tuple[StepOutcome, ...] = Field(default=(), description="Steps in order of time")
    expectations: tuple[ExpectationOutcome, ...] = Field(
        default=(), description="What was expected and found"
    )

    @property
    def passed(self) -> bool:
        """Whether every expectation held."""
        return all(expectation.passed for expectation in self.expectations)


COUNTED_BY_WORD = ("stuck_by_reason.", "lsc.by_status.", "legs.down_at_end.", "presence.refused.")
"""Metrics that are counts by a word: what is not there counts 0."""


def metric_paths() -> list[str]:
    """Every dotted path an expectation may name; those of `COUNTED_BY_WORD` take any word more."""
    return _paths(Metrics, "")


def _paths(model: type[BaseModel], prefix: str) -> list[str]:
    found = []
    for name, info in model.model_fields.items():
        annotation = info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found += _paths(annotation, f"{prefix}{name}.")
        elif typing.get_origin(annotation) is not tuple:
            found.append(f"{prefix}{name}")
    return found


def is_metric(path: str) -> bool:
    """Whether an expectation may name `path`."""
    return path in metric_paths() or path.startswith(COUNTED_BY_WORD)
