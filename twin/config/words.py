"""The closed word lists that documents use: units, services, roles, protocols.

Spelling is the product's own. Which release has which unit is a matter of its profile
(`release.py`), not of this module.
"""

from __future__ import annotations

from enum import StrEnum


class Unit(StrEnum):
    """An own (identity) certificate of a node, by the name the admin pages use."""

    TOMCAT = "tomcat"
    IPSEC = "ipsec"
    CALLMANAGER = "CallManager"
    CAPF = "CAPF"
    TVS = "TVS"
    ITL_RECOVERY = "ITLRecovery"
    TOMCAT_ECDSA = "tomcat-ECDSA"
    CALLMANAGER_ECDSA = "CallManager-ECDSA"
    AUTHZ = "authz"
    CUP = "cup"
    CUP_XMPP = "cup-xmpp"
    CUP_XMPP_S2S = "cup-xmpp-s2s"
    CUP_ECDSA = "cup-ECDSA"
    CUP_XMPP_ECDSA = "cup-xmpp-ECDSA"
    CUP_XMPP_S2S_ECDSA = "cup-xmpp-s2s-ECDSA"


ECDSA_UNITS = (
    Unit.TOMCAT_ECDSA,
    Unit.CALLMANAGER_ECDSA,
    Unit.CUP_ECDSA,
    Unit.CUP_XMPP_ECDSA,
    Unit.CUP_XMPP_S2S_ECDSA,
)
"""Units whose key is on a curve."""

IMP_UNITS = (
    Unit.TOMCAT,
    Unit.IPSEC,
    Unit.CUP,
    Unit.CUP_XMPP,
    Unit.CUP_XMPP_S2S,
    Unit.TOMCAT_ECDSA,
    Unit.CUP_ECDSA,
    Unit.CUP_XMPP_ECDSA,
    Unit.CUP_XMPP_S2S_ECDSA,
)
"""Units IM and Presence nodes can have; which of them a release has is told elsewhere."""

RSA_SIZES = (1024, 2048, 3072, 4096)
CURVE_SIZES = (256, 384, 521)

NEVER_SIGNED = (Unit.ITL_RECOVERY, Unit.AUTHZ)
"""Units no CA signs. Source: the key-usage table of CSRs in the Security Guide for CUCM 15."""

LIST_SIGNERS = (Unit.CALLMANAGER, Unit.ITL_RECOVERY)
"""Units whose key signs lists and config files. A list has no code for 3072 bits (wire format)."""


class ExpresswayRole(StrEnum):
    """Which side of the firewall an Expressway stands on."""

    CORE = "core"
    EDGE = "edge"


class TrustUnit(StrEnum):
    """A trust store of a node, by the name `show cert list trust` prints."""

    TOMCAT = "tomcat-trust"
    IPSEC = "ipsec-trust"
    CALLMANAGER = "CallManager-trust"
    CAPF = "CAPF-trust"
    TVS = "TVS-trust"
    PHONE = "Phone-trust"
    PHONE_VPN = "Phone-VPN-trust"
    PHONE_SAST = "Phone-SAST-trust"
    PHONE_CTL = "Phone-CTL-trust"
    DIRECTORY = "directory-trust"
    USER_LICENSING = "userlicensing-trust"
    CUP = "cup-trust"
    CUP_XMPP = "cup-xmpp-trust"


class Service(StrEnum):
    """A service of a node. The first three are feature services that a model activates;
    then come network services, which every node runs, and those of IM and Presence nodes."""

    CALLMANAGER = "CallManager"
    TFTP = "TFTP"
    CAPF = "CAPF"
    TVS = "TVS"
    TOMCAT = "Tomcat"
    CERT_CN = "certCN"
    CERT_MONITOR = "certMonitor"
    DRF_MASTER = "DRFMaster"
    DRF_LOCAL = "DRFLocal"
    SIP_PROXY = "SIPProxy"
    PRESENCE_ENGINE = "PresenceEngine"
    SYNC_AGENT = "SyncAgent"
    INTERCLUSTER_SYNC_AGENT = "InterclusterSyncAgent"
    XCP_ROUTER = "XCPRouter"
    XCP_CONNECTION_MANAGER = "XCPConnectionManager"
    XCP_FEDERATION = "XCPFederation"


FEATURE_SERVICES = (Service.CALLMANAGER, Service.TFTP, Service.CAPF)
NETWORK_SERVICES = (
    Service.TVS,
    Service.TOMCAT,
    Service.CERT_CN,
    Service.CERT_MONITOR,
    Service.DRF_MASTER,
    Service.DRF_LOCAL,
)

PLATFORM_SERVICES = (
    Service.TOMCAT,
    Service.CERT_CN,
    Service.CERT_MONITOR,
    Service.DRF_MASTER,
    Service.DRF_LOCAL,
)
"""Network services of any product on the same platform."""
XCP_SERVICES = (Service.XCP_CONNECTION_MANAGER, Service.XCP_FEDERATION)
"""Services under Cisco XCP Router: a restart of it restarts them. Source: Cisco IM&P 9.1(1)."""
PRESENCE_SERVICES = (
    Service.SIP_PROXY,
    Service.PRESENCE_ENGINE,
    Service.SYNC_AGENT,
    Service.INTERCLUSTER_SYNC_AGENT,
    Service.XCP_ROUTER,
    *XCP_SERVICES,
)
"""Services of an IM and Presence node."""

SERVICE_TITLES: dict[str, Service] = {
    "Cisco CallManager": Service.CALLMANAGER,
    "Cisco Tftp": Service.TFTP,
    "Cisco Certificate Authority Proxy Function": Service.CAPF,
    "Cisco Trust Verification Service": Service.TVS,
    "Cisco Tomcat": Service.TOMCAT,
    "Cisco Certificate Change Notification": Service.CERT_CN,
    "Cisco Certificate Expiry Monitor": Service.CERT_MONITOR,
    "Cisco DRF Master": Service.DRF_MASTER,
    "Cisco DRF Local": Service.DRF_LOCAL,
    "Cisco SIP Proxy": Service.SIP_PROXY,
    "Cisco Presence Engine": Service.PRESENCE_ENGINE,
    "Cisco Sync Agent": Service.SYNC_AGENT,
    "Cisco Intercluster Sync Agent": Service.INTERCLUSTER_SYNC_AGENT,
    "Cisco XCP Router": Service.XCP_ROUTER,
    "Cisco XCP Connection Manager": Service.XCP_CONNECTION_MANAGER,
    "Cisco XCP XMPP Federation Connection Manager": Service.XCP_FEDERATION,
}
"""The names the serviceability pages print, accepted wherever a service is named."""


class Role(StrEnum):
    """A node's place in the cluster database."""

    PUBLISHER = "publisher"
    SUBSCRIBER = "subscriber"


class Protocol(StrEnum):
    """A phone's registration protocol."""

    SIP = "SIP"
    SCCP = "SCCP"


class InitialState(StrEnum):
    """What a phone is doing when the scenario starts."""

    REGISTERED = "registered"
    POWERED_OFF = "powered_off"
    NEW = "new"


class ClusterMode(StrEnum):
    """Cluster Security Mode: 0 and 1 of the enterprise parameter."""

    NON_SECURE = "non_secure"
    MIXED = "mixed"


class SecurityMode(StrEnum):
    """Device Security Mode of a phone security profile."""

    NON_SECURE = "non_secure"
    AUTHENTICATED = "authenticated"
    ENCRYPTED = "encrypted"


class CTLSigning(StrEnum):
    """How the CTL is signed: by the cluster itself, or by two hardware tokens."""

    TOKENLESS = "tokenless"
    TOKENS = "tokens"


class PhoneInteraction(StrEnum):
    """Enterprise parameter "Phone Interaction on Certificate Update"."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class SignatureAlgorithm(StrEnum):
    """Enterprise parameter "TFTP File Signature Algorithm"."""

    SHA1 = "sha1"
    SHA512 = "sha512"


class Signer(StrEnum):
    """A key that can sign an ITL file."""

    CALLMANAGER = "CallManager"
    ITL_RECOVERY = "ITLRecovery"


class ManufacturingCA(StrEnum):
    """An authority of Cisco Manufacturing, by its common name. Source: the TAC deck of 2016."""

    CAP_RTP_001 = "CAP-RTP-001"
    CAP_RTP_002 = "CAP-RTP-002"
    ROOT_2048 = "Cisco Root CA 2048"
    MANUFACTURING = "Cisco Manufacturing CA"
    ACT2_SUDI = "ACT2 SUDI CA"
    ROOT_M2 = "Cisco Root CA M2"
    MANUFACTURING_SHA2 = "Cisco Manufacturing CA SHA2"


class LscState(StrEnum):
    """Whether the phones of a population have an LSC when the scenario starts."""

    NONE = "none"
    INSTALLED = "installed"


class CertificateOperation(StrEnum):
    """Certificate Operation of a phone's page."""

    INSTALL_UPGRADE = "install_upgrade"
    DELETE = "delete"
    TROUBLESHOOT = "troubleshoot"


class AuthenticationMode(StrEnum):
    """Authentication Mode of a certificate operation."""

    STRING = "authentication_string"
    NULL = "null_string"
    LSC = "existing_certificate_lsc"
    MIC = "existing_certificate_mic"
