"""Which parameters of the timing profile took part in a run, by what its journal and model show.

Knows: for each mechanism its parameters, and the trace it leaves. Must not know what a parameter's
value is, or how strong its influence. A parameter counts as soon as its mechanism took part, also
where its value did not matter (a timeout that never ran out): a smaller value might have. What is
left out could have had any value in its range, and the journal would have been the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twin.config.model import ModelConfig
from twin.config.words import SecurityMode, Service
from twin.metrics.evidence import Evidence, evidence
from twin.metrics.tables import JournalTables
from twin.phones.lifecycle import Event
from twin.simtime import UNIT_MS

_OWN_RESTART = (
    Service.CALLMANAGER, Service.TFTP, Service.TVS, Service.TOMCAT, Service.DRF_MASTER,
    Service.DRF_LOCAL, Service.XCP_ROUTER,
)  # fmt: skip
"""Services whose restart takes a time of its own; the others take as long as Cisco CAPF."""

MONITOR_LEAST_MS = UNIT_MS["h"]
"""The shortest time after which a Certificate Monitor may look by itself."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """Parameters that take part together: what for, and whether a run shows it."""

    title: str
    took_part: Callable[[Evidence], bool]
    parameters: tuple[str, ...]


def _has_outside(run: Evidence) -> bool:
    return bool(run.model.expressways)


def _has_systems(run: Evidence) -> bool:
    model = run.model
    return bool(model.expressways or model.systems or model.imp_nodes or model.sip_systems)


def _has_secure_phones(run: Evidence) -> bool:
    modes = (part.security_mode for part in run.model.phones)
    return any(mode is not SecurityMode.NON_SECURE for mode in modes)


def _is_secure(run: Evidence) -> bool:
    return _has_secure_phones(run) and run.phones(Event.REGISTER_REQUESTED, Event.TLS_REFUSED)


def _asks_tvs(run: Evidence) -> bool:
    return run.phones(Event.TVS_ASKED, Event.HTTPS_CHECKED) or run.nodes("TVS look_up")


def _loses(run: Evidence) -> bool:
    return run.phones(
        Event.CONNECTION_LOST, Event.LOSS_NOTICED, Event.REGISTER_UNREACHABLE,
        Event.REGISTER_REFUSED, Event.REGISTER_GAVE_UP, Event.FELL_BACK, Event.SRST_REGISTERED,
    )  # fmt: skip


MECHANISMS: tuple[Mechanism, ...] = (
    Mechanism(
        "phones were reset",
        lambda run: run.phones(Event.RESET_RECEIVED),
        ("reset_phone_jitter_s", "p_busy", "call_hold_s"),
    ),
    Mechanism(
        "a certificate change or an order reset phones",
        lambda run: (
            run.nodes("CallManager process_it", "CallManager debounced")
            or run.phones(Event.RESET_RECEIVED)
        ),
        ("reset_debounce_s", "reset_pace_per_ccm_per_s"),
    ),
    Mechanism(
        "the operator reset phones by hand",
        lambda run: run.did("reset_phones", "capf_operation"),
        ("bat_reset_rate_per_s",),
    ),
    Mechanism(
        "phones started",
        lambda run: run.phones(
            Event.BOOTED,
            Event.RESTARTED,
            Event.UNREGISTERED,
            Event.POWERED_ON,
            Event.LISTS_DELETED,
            Event.UPGRADE_STARTED,
            Event.FILE_REQUESTED,
        ),
        ("boot_sigma", "dhcp_s", "voice_vlan_s", "p_load_change"),
    ),
    Mechanism(
        "phones loaded firmware", lambda run: run.phones(Event.UPGRADE_STARTED), ("load_time_s",)
    ),
    Mechanism(
        "phones fetched files",
        lambda run: run.phones(Event.FILE_REQUESTED, Event.FILE_FAILED),
        (
            "tftp_service_ms",
            "tftp_hold_rtt",
            "size_cfg_kb",
            "size_other_kb",
            "http_timeout_s",
            "udp_timeout_s",
            "udp_tries",
        ),
    ),
    Mechanism("SIP phones fetched files", lambda run: run.speaks("SIP"), ("files_per_boot_sip",)),
    Mechanism(
        "SCCP phones fetched files", lambda run: run.speaks("SCCP"), ("files_per_boot_sccp",)
    ),
    Mechanism(
        "a TFTP node refused or missed a request",
        lambda run: run.phones(
            Event.FILE_REFUSED, Event.FILE_FAILED, Event.FILE_GIVEN_UP, Event.DOWNLOAD_RETRIED
        ),
        ("tftp_tries", "tftp_retry_wait_s"),
    ),
    Mechanism(
        "phones checked signatures",
        lambda run: run.phones(Event.CTL_CHECKED, Event.ITL_CHECKED, Event.CONFIG_CHECKED),
        ("trust_verify_s",),
    ),
    Mechanism("phones turned files down", Evidence.refused_lists, ("p_unreg_on_bad_itl",)),
    Mechanism(
        "phones asked TVS",
        _asks_tvs,
        (
            "tvs_rate_per_s",
            "tvs_session_s",
            "tvs_query_ms",
            "tvs_timeout_s",
            "tvs_ttl_s",
        ),
    ),
    Mechanism(
        "phones registered",
        lambda run: run.phones(Event.REGISTER_REQUESTED, Event.REGISTER_UNREACHABLE),
        ("reg_roundtrips", "cpu_other", "max_phones_per_node"),
    ),
    Mechanism(
        "SIP phones registered",
        lambda run: run.speaks("SIP"),
        ("reg_rate_sip_per_s", "register_sip_s"),
    ),
    Mechanism(
        "SCCP phones registered",
        lambda run: run.speaks("SCCP"),
        ("reg_rate_sccp_per_s", "register_sccp_s"),
    ),
    Mechanism(
        "phones lost their node, or none took them",
        _loses,
        (
            "keepalive_sip_s",
            "keepalive_sccp_s",
            "keepalives_missed",
            "tcp_fail_detect_s",
            "loss_notice_s",
            "failover_wait_s",
            "connection_monitor_s",
            "fallback_rate_per_s",
            "registration_retry_s",
        ),
    ),
    Mechanism(
        "phones held TLS sessions with CallManager",
        _is_secure,
        ("tls_handshake_s",),
    ),
    Mechanism(
        "phones were asked at the end whether they still trust the cluster",
        lambda run: bool(run.model.phone_count),
        ("check_record_expiry", "check_tls_expiry"),
    ),
    Mechanism(
        "secure phones were asked at the end whether they still trust the cluster",
        _has_secure_phones,
        ("ccm_trust_sources",),
    ),
    Mechanism(
        "certificates were regenerated",
        lambda run: (
            run.nodes("CertMgr regenerate", "CertMgr regenerate_refused")
            or run.did("regenerate", "upgrade", "rename")
        ),
        ("certificate_regen_s", "regeneration_guard_min"),
    ),
    Mechanism(
        "signing requests were made", lambda run: run.did("generate_csr"), ("csr_generation_s",)
    ),
    Mechanism(
        "certificates were uploaded",
        lambda run: (
            run.did("upload_identity", "upload_trust", "upload_ctl_tokens", "vpn_certificate")
            or run.nodes("CertMgr upload", "CertMgr trust_uploaded")
        ),
        ("certificate_upload_s",),
    ),
    Mechanism(
        "trust certificates were deleted",
        lambda run: (
            run.nodes("CertMgr delete", "CertMgr trust_deleted", "syslog platform_event")
            or run.did("delete_trust")
        ),
        ("certificate_delete_s", "platform_event_delay_s"),
    ),
    Mechanism(
        "nodes told each other of changes",
        lambda run: len(run.model.nodes) + len(run.model.imp_nodes) > 1,
        ("db_replication_delay_s", "certcn_resync_s"),
    ),
    Mechanism(
        "nodes contested a shared certificate",
        lambda run: run.nodes("certCN row_contested") or _shares(run),
        ("multi_server_look_s",),
    ),
    Mechanism(
        "the Certificate Monitor looked",
        lambda run: run.tables.ended_at_ms >= MONITOR_LEAST_MS or run.did("run_monitor"),
        ("certmon_interval_s", "certmon_urgent_interval_s"),
    ),
    Mechanism(
        "lists were built",
        lambda run: run.nodes("TFTP itl_built") or _changes_certificates(run),
        ("itl_rebuild_delay_s",),
    ),
    Mechanism(
        "TVS learnt of certificates",
        lambda run: run.nodes("TVS cache_refreshed") or _changes_certificates(run),
        ("tvs_refresh_delay_s",),
    ),
    Mechanism(
        "a CTL was built",
        lambda run: run.nodes("CTL start", "CTL built", "CTL copied"),
        ("ctl_build_s", "ctl_copy_s"),
    ),
    Mechanism(
        "phones spoke with CAPF",
        lambda run: (
            run.phones(
                Event.CAPF_OPENED, Event.CAPF_FAILED, Event.CAPF_GAVE_UP, Event.CERTIFICATE_STATUS
            )
            or run.did("capf_operation", "capf_enter_string")
        ),
        (
            "capf_sessions",
            "capf_service_ms",
            "capf_handshake_s",
            "capf_tries",
            "capf_retry_wait_s",
            "capf_keepalive_min",
            "capf_keygen_limit_min",
            "capf_keygen_attempts",
            "capf_patience_min",
            "capf_phone_work_s",
            "capf_trust_sources",
            "lsc_keygen_sigma",
            "lsc_keygen_share_512",
            "lsc_keygen_share_1024",
            "lsc_keygen_share_3072",
            "lsc_keygen_share_4096",
            "tvs_timeout_s",
        ),
    ),
    Mechanism(
        "an online CA signed LSCs",
        lambda run: run.model.capf.online_ca is not None,
        ("online_ca_s", "online_ca_timeout_s"),
    ),
    Mechanism(
        "phones stood behind 802.1X",
        lambda run: bool(run.model.radius_servers),
        ("port_access_s", "port_retry_s"),
    ),
    Mechanism(
        "phones came by VPN",
        lambda run: bool(run.model.vpn_concentrators),
        ("vpn_connect_s", "port_retry_s"),
    ),
    Mechanism(
        "Cisco CallManager was started anew",
        lambda run: run.served(Service.CALLMANAGER),
        ("ccm_restart_s", "ccm_restart_per_1000_phones_s"),
    ),
    Mechanism(
        "Cisco TFTP was started anew",
        lambda run: run.served(Service.TFTP),
        ("tftp_restart_s", "tftp_build_rate_per_s"),
    ),
    Mechanism("TVS was started anew", lambda run: run.served(Service.TVS), ("tvs_restart_s",)),
    Mechanism(
        "Cisco Tomcat was started anew",
        lambda run: run.served(Service.TOMCAT),
        ("tomcat_restart_s",),
    ),
    Mechanism(
        "a DRF service was started anew",
        lambda run: run.served(Service.DRF_MASTER, Service.DRF_LOCAL),
        ("drf_restart_s",),
    ),
    Mechanism(
        "Cisco XCP Router was started anew",
        lambda run: bool(run.model.imp_nodes) and run.served(Service.XCP_ROUTER),
        ("xcp_router_restart_s",),
    ),
    Mechanism(
        "another service was started anew",
        lambda run: run.served(*(one for one in Service if one not in _OWN_RESTART)),
        ("capf_restart_s",),
    ),
    Mechanism(
        "a DRF Local looked for its Master",
        lambda run: (
            run.nodes("DRFMaster tls_refused", "DRFLocal tls_refused")
            or run.served(Service.DRF_MASTER, Service.DRF_LOCAL)
        ),
        ("drf_retry_s",),
    ),
    Mechanism("systems kept connections", _has_systems, ("tls_retry_s",)),
    Mechanism(
        "Expressways were restarted",
        lambda run: _has_outside(run) and run.nodes("expressway restarting"),
        ("expressway_restart_s",),
    ),
    Mechanism(
        "systems were restarted",
        lambda run: run.nodes("system restarting"),
        ("system_restart_s",),
    ),
    Mechanism(
        "phones or users signed in through Expressways",
        _has_outside,
        ("mra_login_s", "mra_logins_per_s", "mra_retry_s"),
    ),
    Mechanism(
        "Jabber clients chatted",
        lambda run: bool(run.model.imp_nodes),
        (
            "im_service_down_s",
            "im_heartbeat_loss_s",
            "im_relogin_s",
            "im_retry_s",
            "im_logins_per_s",
            "im_intercluster_sync_s",
        ),
    ),
    Mechanism("backups were taken", lambda run: run.did("backup"), ("drf_backup_node_s",)),
    Mechanism("nodes booted", lambda run: run.nodes("node booting"), ("node_reboot_s",)),
    Mechanism(
        "a backup was restored",
        lambda run: run.did("restore", "replace_node"),
        ("drs_restore_s",),
    ),
    Mechanism("a node was installed", lambda run: run.did("replace_node"), ("node_install_s",)),
    Mechanism(
        "clusters exchanged certificates",
        lambda run: run.did("bulk_certificates"),
        ("bulk_provisioning_s",),
    ),
    Mechanism("nodes were upgraded", lambda run: run.did("upgrade"), ("upgrade_install_s",)),
)


def _shares(run: Evidence) -> bool:
    """Whether one certificate may have served all nodes."""
    return bool(run.model.multi_server) or any(
        "multi-server" in str(step.data.get("text", "")) for step in run.tables.happened("step")
    )


def _changes_certificates(run: Evidence) -> bool:
    """Whether a step may have changed what lists and caches hold, even after the run's end."""
    return run.did(
        "regenerate", "upload_identity", "upload_trust", "upgrade", "restore", "replace_node",
        "rename", "itl_reset", "set_enterprise_parameter", "restart_service", "restart_after",
    )  # fmt: skip


def took_part(tables: JournalTables, model: ModelConfig) -> dict[str, str]:
    """The parameters that took part in a run: name to why, e.g. "phones asked TVS".

    In the order of `MECHANISMS`; where a parameter belongs to several, the first that took part.
    """
    run = evidence(tables, model)
    found: dict[str, str] = {}
    for mechanism in MECHANISMS:
        if mechanism.took_part(run):
            for name in mechanism.parameters:
                found.setdefault(name, mechanism.title)
    return found
