"""The timing profile: every delay, capacity and probability of the simulation.

A parameter has a unit, a default, an allowed range, a distribution and an origin. The values
stand in `models/timing.yaml` alone; this module says which parameters there are and what makes
one well formed. It draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from twin.config.faults import Problem, nearest, refuse
from twin.config.fields import CheckedDocument, Document, Text
from twin.errors import ConfigError, Fault

Distribution = Literal[
    "fixed", "deterministic", "uniform", "exponential", "lognormal", "triangular", "bernoulli"
]
ParameterValue = float | tuple[float, float]

_UNIT_OF_SUFFIX = {
    "_per_s": "1/s",
    "_ms": "ms",
    "_s": "s",
    "_min": "min",
    "_kb": "kB",
    "_bytes": "bytes",
    "_rtt": "RTT",
}


class Parameter(Document):
    """One number of the profile, with what is known about it.

    The default is the fixed value, the mean (exponential, uniform), the median (lognormal), the
    mode (triangular), the rate (deterministic) or the probability (bernoulli). Low and high
    bound what an experiment may set, and lognormal and triangular draws are kept within them.
    """

    description: Text = Field(description="What it is, in one sentence")
    unit: str = Field(description="Unit; 1 for a share or a count")
    default: float = Field(description="Value unless an experiment sets another, in the unit")
    low: float = Field(description="Least allowed value, in the unit")
    high: float = Field(description="Greatest allowed value, in the unit")
    distribution: Distribution = Field(description="How single values are drawn")
    sigma: float | None = Field(
        default=None, gt=0, le=3, description="Lognormal: standard deviation of the logarithm"
    )
    spread: tuple[float, float] | None = Field(
        default=None, description="Uniform, triangular: the interval drawn from, in the unit"
    )
    source: Text | None = Field(default=None, description="Where the default comes from")
    assumption: Text | None = Field(
        default=None, description="Why the default was chosen, where no source gives it"
    )
    _value: float | None = PrivateAttr(default=None)
    _interval: tuple[float, float] | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        return refuse(self, list(self._problems()))

    def _problems(self) -> Iterator[Problem]:
        if (self.source is None) == (self.assumption is None):
            yield Problem((), "both source and assumption, or neither", "exactly one of them")
        if not self.low <= self.default <= self.high:
            found = f"{self.default:g} outside {self.low:g} to {self.high:g}"
            yield Problem(("default",), found, "a default within low and high")
        if (self.distribution == "lognormal") != (self.sigma is not None):
            found = f"distribution {self.distribution} with sigma {self.sigma}"
            yield Problem(("sigma",), found, "sigma exactly for lognormal")
        if self.distribution == "uniform" and self.spread is None:
            yield Problem((), "distribution uniform without spread", "spread: [least, greatest]")
        if self.spread is not None:
            least, greatest = self.spread
            if self.distribution not in ("uniform", "triangular"):
                found = f"spread with distribution {self.distribution}"
                yield Problem(("spread",), found, "spread for uniform and triangular only")
            if not self.low <= least <= self.default <= greatest <= self.high:
                found = f"[{least:g}, {greatest:g}] with default {self.default:g}"
                yield Problem(("spread",), found, "an interval around the default, in range")
        if self.distribution == "bernoulli" and not 0 <= self.low <= self.high <= 1:
            yield Problem(("high",), f"range {self.low:g} to {self.high:g}", "a range within 0..1")

    @property
    def value(self) -> float:
        """The value in force: what an experiment set, else the default."""
        return self.default if self._value is None else self._value

    @property
    def interval(self) -> tuple[float, float]:
        """The interval draws come from, least and greatest.

        Where an experiment sets a uniform parameter to one number, the interval keeps its
        shape and is scaled so that the number is its mean.
        """
        if self._interval is not None:
            return self._interval
        if self.spread is None:
            return (self.low, self.high)
        if self._value is None or self.distribution != "uniform":
            return self.spread
        mean = sum(self.spread) / 2
        if mean == 0:
            return (self._value, self._value)
        least, greatest = (bound * self._value / mean for bound in self.spread)
        return (max(least, self.low), min(greatest, self.high))

    @property
    def ms(self) -> int:
        """The value in force in whole milliseconds.

        Raises:
            ValueError: The unit is no time.
        """
        factors = {"ms": 1, "s": 1000, "min": 60_000}
        if self.unit not in factors:
            raise ValueError(f"a parameter in {self.unit} is no time")
        return round(self.value * factors[self.unit])

    def with_value(self, value: ParameterValue) -> Parameter:
        """A copy with another value in force, already known to be in range."""
        copy = self.model_copy()
        if isinstance(value, tuple):
            copy._value, copy._interval = sum(value) / 2, value
        else:
            copy._value, copy._interval = value, None
        return copy

    def refusal_of(self, value: Any) -> tuple[str, str] | None:
        """What is wrong with setting `value`, and what would be right; None if nothing is."""
        allowed = f"{self.low:g} to {self.high:g} {self.unit}".removesuffix(" 1")
        numbers = list(value) if isinstance(value, list | tuple) else [value]
        if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
            return (f"{value!r}", f"a number from {allowed}")
        if isinstance(value, list | tuple):
            if self.distribution != "uniform":
                return (f"{value!r}", f"one number from {allowed}")
            if len(numbers) != 2 or numbers[0] > numbers[1]:
                return (f"{value!r}", "two numbers, the least first")
        if not all(self.low <= number <= self.high for number in numbers):
            return (f"{value!r} is out of range", allowed)
        return None


def _parameter(description: str) -> Any:
    return Field(description=description)


class TimingProfile(CheckedDocument):
    """All parameters. The ending of a name is the unit its parameter must have."""

    title: Text = Field(description="One line for lists")

    # Registration
    reg_rate_sip_per_s: Parameter = _parameter("SIP registrations a node completes, 1/s")
    reg_rate_sccp_per_s: Parameter = _parameter("SCCP registrations a node completes, 1/s")
    register_sip_s: Parameter = _parameter("One SIP registration in an empty queue, s")
    register_sccp_s: Parameter = _parameter("One SCCP registration in an empty queue, s")
    reg_roundtrips: Parameter = _parameter("Round trips of a registration, RTT")
    registration_retry_s: Parameter = _parameter("Wait before trying the group again, s")
    max_phones_per_node: Parameter = _parameter(
        "Registered phones a node takes at most, beside its OVA"
    )
    cpu_other: Parameter = _parameter("Share of a node's processor taken by other work")
    keepalive_sip_s: Parameter = _parameter("Time between SIP keepalives, s")
    keepalive_sccp_s: Parameter = _parameter("Time between SCCP keepalives, s")
    keepalives_missed: Parameter = _parameter("Keepalives missed before a node counts as lost")
    tcp_fail_detect_s: Parameter = _parameter("TCP retries before a cut path is noticed, s")
    loss_notice_s: Parameter = _parameter("A closed connection to the phone acting on it, s")
    failover_wait_s: Parameter = _parameter("Wait before the next node is tried, s")
    connection_monitor_s: Parameter = _parameter(
        "Stable time before a phone returns to a better node, s"
    )
    fallback_rate_per_s: Parameter = _parameter("Phones a returned node takes back, 1/s")

    # Resets
    reset_debounce_s: Parameter = _parameter("Time CallManager collects certificate notices, s")
    reset_pace_per_ccm_per_s: Parameter = _parameter("Reset messages one CallManager sends, 1/s")
    bat_reset_rate_per_s: Parameter = _parameter("Resets a bulk administration job sends, 1/s")
    reset_phone_jitter_s: Parameter = _parameter(
        "Time an idle phone waits before it acts on a reset, s"
    )
    p_busy: Parameter = _parameter("Share of phones on a call")
    call_hold_s: Parameter = _parameter("Time until a call ends, s")

    # Certificates and lists
    certificate_regen_s: Parameter = _parameter("Regenerating one certificate on its node, s")
    csr_generation_s: Parameter = _parameter("Making a signing request on its node, s")
    certificate_upload_s: Parameter = _parameter("Taking in an uploaded certificate, s")
    db_replication_delay_s: Parameter = _parameter("Row change on one node to notice on another, s")
    certcn_resync_s: Parameter = _parameter(
        "Time between full resyncs of Certificate Change Notification, s"
    )
    multi_server_look_s: Parameter = _parameter(
        "Last notice of a multi-server certificate to a node's next look at its row, s"
    )
    certificate_delete_s: Parameter = _parameter("Deleting one trust certificate on its node, s")
    platform_event_delay_s: Parameter = _parameter(
        "Deletion on one node to its platform event on another, s"
    )
    certmon_interval_s: Parameter = _parameter("Time between two looks of the Certificate Monitor")
    certmon_urgent_interval_s: Parameter = _parameter(
        "The same once a certificate has expired or expires within a day"
    )
    itl_rebuild_delay_s: Parameter = _parameter("Notice on a TFTP node to its new ITL, s")
    tvs_refresh_delay_s: Parameter = _parameter(
        "Notice on a node to TVS knowing the certificate, s"
    )
    regeneration_guard_min: Parameter = _parameter(
        "Time TVS stays locked after a CallManager regeneration, min"
    )

    ctl_build_s: Parameter = _parameter("Building and signing the CTL on the publisher, s")
    ctl_copy_s: Parameter = _parameter("Copying the CTL to one more node, s")

    # File service
    tftp_service_ms: Parameter = _parameter("Serving one small file, ms")
    tftp_hold_rtt: Parameter = _parameter("Round trips a file keeps its connection object, RTT")
    tftp_build_rate_per_s: Parameter = _parameter(
        "Devices built into the cache at service start, 1/s"
    )
    files_per_boot_sip: Parameter = _parameter("Files a SIP phone asks for in one boot")
    files_per_boot_sccp: Parameter = _parameter("Files an SCCP phone asks for in one boot")
    size_cfg_kb: Parameter = _parameter("Size of a config file on the wire, kB")
    size_other_kb: Parameter = _parameter("Size of each other file of a boot, kB")
    http_timeout_s: Parameter = _parameter("Time a phone waits for an HTTP answer, s")
    udp_timeout_s: Parameter = _parameter("First timeout of UDP TFTP, then doubled, s")
    udp_tries: Parameter = _parameter("Requests over UDP TFTP before giving up")
    tftp_tries: Parameter = _parameter("Tries per file server before the next")
    tftp_retry_wait_s: Parameter = _parameter("Wait of a phone after a refusal, s")

    # Phones
    boot_sigma: Parameter = _parameter(
        "Spread of boot, reset and restart times, sigma of the logarithm"
    )
    dhcp_s: Parameter = _parameter("Obtaining an address by DHCP, s")
    voice_vlan_s: Parameter = _parameter("Learning the voice VLAN, s")
    trust_verify_s: Parameter = _parameter("Verifying one signed file on the phone, s")
    p_load_change: Parameter = _parameter("Share of phones that load new firmware in a boot")
    load_time_s: Parameter = _parameter("Downloading and writing new firmware, s")
    p_unreg_on_bad_itl: Parameter = _parameter(
        "Share of phones that stay unregistered with a refused ITL"
    )
    check_record_expiry: Parameter = _parameter("Whether phones refuse expired ITL records, 0 or 1")
    check_tls_expiry: Parameter = _parameter(
        "Whether phones refuse a TLS certificate out of its dates, 0 or 1"
    )

    ccm_trust_sources: Parameter = _parameter(
        "What a secure phone authenticates CallManager by: 1 CTL, 2 and ITL, 3 and TVS"
    )
    capf_trust_sources: Parameter = _parameter(
        "What a phone authenticates CAPF by: 1 its lists, 2 and then TVS"
    )
    tls_handshake_s: Parameter = _parameter("TLS session with CallManager until REGISTER, s")

    # TVS
    tvs_rate_per_s: Parameter = _parameter("TLS sessions one TVS answers, 1/s")
    tvs_session_s: Parameter = _parameter("TLS session until the request can be sent, s")
    tvs_query_ms: Parameter = _parameter("Answer to one request, ms")
    tvs_timeout_s: Parameter = _parameter("Time before the next TVS server is tried, s")
    tvs_ttl_s: Parameter = _parameter("Time a phone keeps a TVS answer, s")

    # CAPF and device certificates
    capf_sessions: Parameter = _parameter("Phones CAPF talks with at once")
    capf_service_ms: Parameter = _parameter("CAPF's own work for one LSC, ms")
    capf_handshake_s: Parameter = _parameter("TLS session with CAPF until it speaks, s")
    capf_tries: Parameter = _parameter("Tries of a phone to reach CAPF")
    capf_retry_wait_s: Parameter = _parameter("Wait of a phone before the next try, s")
    capf_keepalive_min: Parameter = _parameter("Silence after which a session is looked at, min")
    capf_keygen_limit_min: Parameter = _parameter("Time CAPF leaves a phone for an answer, min")
    capf_keygen_attempts: Parameter = _parameter("How often CAPF asks a phone for a key")
    capf_patience_min: Parameter = _parameter("Time a phone waits for its turn at CAPF, min")
    capf_phone_work_s: Parameter = _parameter("Storing, fetching or erasing an LSC, s")
    lsc_keygen_sigma: Parameter = _parameter("Spread of key generation, sigma of the logarithm")
    lsc_keygen_share_512: Parameter = _parameter("Time for a 512-bit key, share of 2048 bits")
    lsc_keygen_share_1024: Parameter = _parameter("Time for a 1024-bit key, share of 2048 bits")
    lsc_keygen_share_3072: Parameter = _parameter("Time for a 3072-bit key, share of 2048 bits")
    lsc_keygen_share_4096: Parameter = _parameter("Time for a 4096-bit key, share of 2048 bits")
    online_ca_s: Parameter = _parameter("Answer of an online CA, s")
    online_ca_timeout_s: Parameter = _parameter("Wait for an online CA that is down, s")
    port_access_s: Parameter = _parameter("802.1X authentication when a port comes up, s")
    vpn_connect_s: Parameter = _parameter("A phone's VPN tunnel, from its start, s")
    port_retry_s: Parameter = _parameter("Time until a held phone tries its network again, s")

    # Services and nodes
    ccm_restart_s: Parameter = _parameter("Restart of Cisco CallManager, s")
    ccm_restart_per_1000_phones_s: Parameter = _parameter(
        "Added for each 1,000 phones of the node, s"
    )
    tftp_restart_s: Parameter = _parameter("Restart of Cisco TFTP before the cache is built, s")
    tvs_restart_s: Parameter = _parameter("Restart of Cisco TVS, s")
    capf_restart_s: Parameter = _parameter("Restart of Cisco CAPF, s")
    tomcat_restart_s: Parameter = _parameter("Restart of Cisco Tomcat, s")
    drf_restart_s: Parameter = _parameter("Restart of Cisco DRF Master or Local, s")
    drf_retry_s: Parameter = _parameter("A refused DRF Local to its next try, s")
    tls_retry_s: Parameter = _parameter("A refused or lost server connection to its next try, s")
    expressway_restart_s: Parameter = _parameter("Restart of an Expressway peer, s")
    system_restart_s: Parameter = _parameter("Restart of a system around the cluster, s")
    mra_login_s: Parameter = _parameter("Signing in through an Expressway, s")
    mra_logins_per_s: Parameter = _parameter("Sign-ins an Expressway-C carries, 1/s")
    mra_retry_s: Parameter = _parameter("A client that could not sign in to its next try, s")
    xcp_router_restart_s: Parameter = _parameter("Restart of Cisco XCP Router, s")
    im_service_down_s: Parameter = _parameter("Critical Service Down Delay of IM&P, s")
    im_heartbeat_loss_s: Parameter = _parameter("A silent IM&P node to its partner's failover, s")
    im_relogin_s: Parameter = _parameter("Client Re-Login Lower to Upper Limit, s")
    im_retry_s: Parameter = _parameter("A Jabber client without failover to its next try, s")
    im_logins_per_s: Parameter = _parameter("XMPP logins an IM&P node carries, 1/s")
    im_intercluster_sync_s: Parameter = _parameter("Intercluster Sync Agent's period, s")
    drf_backup_node_s: Parameter = _parameter("Backing up one node, s")
    node_reboot_s: Parameter = _parameter("Reboot of a node, s")

    # Backups, rebuilds, upgrades
    drs_restore_s: Parameter = _parameter("DRS restore of one node, without its reboot, s")
    node_install_s: Parameter = _parameter("Installing a node from nothing, s")
    bulk_provisioning_s: Parameter = _parameter(
        "Export, consolidation and import of bulk certificates, s"
    )
    upgrade_install_s: Parameter = _parameter("Installing a release on one node, s")

    @classmethod
    def problems_as_written(cls, data: Mapping[str, Any]) -> Iterator[Problem]:
        """Parameters whose unit is not the one their name ends with."""
        for name in cls.parameter_names():
            parameter, unit = data.get(name), _unit_of(name)
            written = parameter.get("unit") if isinstance(parameter, Mapping) else None
            if None not in (written, unit) and written != unit:
                yield Problem((name, "unit"), f"{written!r}", f"{unit!r}")

    @classmethod
    def parameter_names(cls) -> list[str]:
        """The names of all parameters, in the order of the class."""
        return [name for name in cls.model_fields if name != "title"]

    def parameters(self) -> dict[str, Parameter]:
        """All parameters by name, in the order of the class."""
        return {name: getattr(self, name) for name in self.parameter_names()}

    def assumed(self) -> list[tuple[str, Parameter]]:
        """The parameters whose default has no source."""
        return [(name, p) for name, p in self.parameters().items() if p.assumption is not None]

    def values(self) -> dict[str, float]:
        """The value in force of every parameter, for provenance."""
        return {name: parameter.value for name, parameter in self.parameters().items()}

    def value_problems(self, values: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with setting `values`; locations are the names."""
        problems = []
        for name, value in values.items():
            if name not in self.parameter_names():
                problems.append(
                    Problem(
                        (name,),
                        f"unknown timing parameter {name!r}",
                        nearest=nearest(name, self.parameter_names()),
                        next_step="'twin schema timing' lists the parameters.",
                    )
                )
            elif (refused := self.parameters()[name].refusal_of(value)) is not None:
                problems.append(Problem((name,), *refused))
        return problems

    def with_values(self, values: Mapping[str, Any]) -> TimingProfile:
        """A copy in which some parameters have other values in force.

        Args:
            values: Parameter name to a number in the parameter's unit; for a uniform parameter
                also an interval [least, greatest].

        Raises:
            ConfigError: An unknown name, or a value that is no number or out of range.
        """
        problems = self.value_problems(values)
        if problems:
            raise ConfigError(
                Fault(f"timing.{p.location[0]}", p.found, p.expected, p.nearest, p.next_step)
                for p in problems
            )
        changed = {
            name: self.parameters()[name].with_value(
                (float(value[0]), float(value[1])) if isinstance(value, list | tuple) else value
            )
            for name, value in values.items()
        }
        return self.model_copy(update=changed)


def _unit_of(name: str) -> str | None:
    for suffix, unit in _UNIT_OF_SUFFIX.items():
        if name.endswith(suffix):
            return unit
    return None
