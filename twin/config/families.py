"""How experiments belong together: families of questions, and published procedures.

Words and their titles only. Nothing of a run hangs on them.
"""

from __future__ import annotations

from enum import StrEnum


class Family(StrEnum):
    """What an experiment is about, for lists. Lists show families in this order."""

    RENEWALS = "renewals"
    ONE_CERTIFICATE = "one_certificate"
    OVERLAP = "overlap"
    SERVICES = "services"
    CAPF = "capf"
    MIXED_MODE = "mixed_mode"
    SIGNED = "signed"
    TRUST_STORES = "trust_stores"
    BACKUPS = "backups"
    MIGRATION = "migration"
    LIMITS = "limits"
    EXPIRY = "expiry"
    EDGE = "edge"
    PRESENCE = "presence"
    VPN = "vpn"
    INTEGRATIONS = "integrations"


FAMILY_TITLES: dict[Family, str] = {
    Family.RENEWALS: "Whole renewals",
    Family.ONE_CERTIFICATE: "One certificate at a time",
    Family.OVERLAP: "CallManager and TVS together",
    Family.SERVICES: "Tomcat, TVS and phone services",
    Family.CAPF: "CAPF, LSCs and 802.1X",
    Family.MIXED_MODE: "Mixed mode: CTL and secure phones",
    Family.SIGNED: "Signed by a CA, shared by nodes",
    Family.TRUST_STORES: "Trust stores, change notification, replication",
    Family.BACKUPS: "Backups, rebuilds, upgrades, new names",
    Family.MIGRATION: "Moving phones to another cluster",
    Family.LIMITS: "Limits: sizes, queues, keys, SRST",
    Family.EXPIRY: "Expiry, revocation and reminders",
    Family.EDGE: "Expressway, Mobile and Remote Access",
    Family.PRESENCE: "IM and Presence, Jabber",
    Family.VPN: "Phone VPN",
    Family.INTEGRATIONS: "Video, gateways, voice mail, web clients",
}


class Procedure(StrEnum):
    """An order of steps that a document publishes. Source: cucm-pki-behaviour 5.2."""

    MULTI_NODE_TVS_LAST = "multi_node_tvs_last"
    MULTI_NODE_CALLMANAGER_LAST = "multi_node_callmanager_last"
    SINGLE_NODE = "single_node"
    MIXED_MODE = "mixed_mode"
    ITL_RECOVERY = "itl_recovery"
    ITL_RECOVERY_MIXED = "itl_recovery_mixed"
    CA_SIGNED = "ca_signed"
    MULTI_SAN = "multi_san"
    DELETIONS = "deletions"
    TOKENS_TO_TOKENLESS = "tokens_to_tokenless"
    TOKENLESS_TO_TOKENS = "tokenless_to_tokens"


PROCEDURE_TITLES: dict[Procedure, str] = {
    Procedure.MULTI_NODE_TVS_LAST: "Several nodes, not secure, TVS last (Cisco 214231)",
    Procedure.MULTI_NODE_CALLMANAGER_LAST: (
        "Several nodes, not secure, CallManager last (Security Guide for CUCM 15)"
    ),
    Procedure.SINGLE_NODE: "A single node (TAC deck of 2016)",
    Procedure.MIXED_MODE: "Mixed mode (Cisco 214231, Security Guide for CUCM 15)",
    Procedure.ITL_RECOVERY: "ITLRecovery, not secure (Security Guide for CUCM 15)",
    Procedure.ITL_RECOVERY_MIXED: "ITLRecovery, mixed mode (Security Guide, Field Notice 70613)",
    Procedure.CA_SIGNED: "Signed by a CA (Cisco 217138, 118731)",
    Procedure.MULTI_SAN: "One certificate for all nodes (Cisco 118731)",
    Procedure.DELETIONS: "Deleting trust certificates below 11.0 (Cisco 214231)",
    Procedure.TOKENS_TO_TOKENLESS: "From eTokens to the tokenless CTL (Cisco 118893)",
    Procedure.TOKENLESS_TO_TOKENS: "From the tokenless CTL to eTokens (Cisco 118893)",
}


class Order(StrEnum):
    """Whether an experiment takes a procedure's steps as published, or in a wrong order."""

    PUBLISHED = "published"
    WRONG = "wrong"
