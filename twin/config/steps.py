"""A step of an experiment's timeline: one action by its word, with an optional time and name.

This module knows which words there are and which are reserved; the arguments of each are in
`actions.py`.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from twin.config.actions import (
    Advance,
    DeletePhoneLists,
    ExportItlRecovery,
    HttpsRequest,
    ItlReset,
    NodePower,
    Power,
    Regenerate,
    ResetPhones,
    ServiceAction,
    SetEnterpriseParameter,
    Wait,
    Wan,
)
from twin.config.actions_capf import (
    CapfEnterString,
    CapfOffline,
    CapfOperation,
    OnlineCa,
    RadiusTrust,
    StaleLscReport,
    VpnCertificate,
    VpnTrust,
)
from twin.config.actions_certificates import GenerateCsr, SignCsr, UploadIdentity, UploadTrust
from twin.config.actions_edge import (
    DeleteExpresswayTrust,
    ExpresswayCsr,
    ResetExpresswayServer,
    RestartExpressway,
    SecureTraversalTest,
    UploadExpresswayServer,
    UploadExpresswayTrust,
)
from twin.config.actions_edge_pages import (
    ClientCertificateTest,
    ExpresswayAcme,
    ExpresswayLogin,
    ExpresswayRevocation,
    ExpresswaySetting,
    ExpresswayTrustPage,
    RevokeCertificate,
    UpgradeExpressway,
)
from twin.config.actions_migration import BulkCertificates, MovePhones
from twin.config.actions_mixed_mode import (
    CtlDelete,
    CtlReset,
    CtlUpdate,
    SetClusterMode,
    UploadCtlTokens,
)
from twin.config.actions_monitoring import RunMonitor
from twin.config.actions_presence import RedundancyGroupAction
from twin.config.actions_procedures import Check, RestartAfter
from twin.config.actions_recovery import Backup, Rename, ReplaceNode, Restore, Upgrade
from twin.config.actions_revocation import RevocationService, Revoke
from twin.config.actions_systems import (
    CallOver,
    DeleteSystemTrust,
    RestartSystem,
    SetKeyPermission,
    SetSystemVerification,
    SetTrunkSubjects,
    StartConference,
    UpdateSrstCertificate,
    UploadSystemCertificate,
    UploadSystemTrust,
)
from twin.config.actions_trust import DeleteTrust, ReplicationAction
from twin.config.actions_web import ExchangeMetadata, SsoLogin
from twin.config.faults import Problem, nearest, raise_problems
from twin.config.fields import Document, Duration, Label

NOT_BUILT = ("factory_reset",)
"""Words reserved for actions of later versions."""


class Step(Document):
    """One line of the timeline: exactly one action, with an optional time and name."""

    name: Label | None = Field(default=None, description="Name of the step, for reports")
    at_ms: Duration | None = Field(
        default=None, alias="at", description="Time from the start until which to wait first"
    )
    regenerate: Regenerate | None = Field(default=None, description="Regenerate a certificate")
    generate_csr: GenerateCsr | None = Field(default=None, description="Ask for a signature")
    sign_csr: SignCsr | None = Field(default=None, description="Let a CA sign the request")
    upload_identity: UploadIdentity | None = Field(
        default=None, description="Upload a unit's own certificate"
    )
    upload_trust: UploadTrust | None = Field(
        default=None, description="Upload a certificate into a trust store"
    )
    delete_trust: DeleteTrust | None = Field(default=None, description="Delete a trust certificate")
    replication: ReplicationAction | None = Field(
        default=None, description="Break or repair replication of a node"
    )
    start_service: ServiceAction | None = Field(default=None, description="Start a service")
    stop_service: ServiceAction | None = Field(default=None, description="Stop a service")
    restart_service: ServiceAction | None = Field(default=None, description="Restart a service")
    restart_after: RestartAfter | None = Field(
        default=None, description="Restart what the release asks for after a new certificate"
    )
    check: Check | None = Field(default=None, description="Look before a renewal")
    reset_phones: ResetPhones | None = Field(default=None, description="Reset phones")
    power: Power | None = Field(default=None, description="Switch phones off or on")
    node: NodePower | None = Field(default=None, description="Take a node down or up")
    wan: Wan | None = Field(default=None, description="Cut or restore a site's link")
    set_enterprise_parameter: SetEnterpriseParameter | None = Field(
        default=None, description="Change an enterprise parameter"
    )
    delete_phone_lists: DeletePhoneLists | None = Field(
        default=None, description="Delete trust lists by hand on phones"
    )
    itl_reset: ItlReset | None = Field(default=None, description="utils itl reset")
    export_itl_recovery: ExportItlRecovery | None = Field(
        default=None, description="Keep ITLRecovery.p12"
    )
    set_cluster_mode: SetClusterMode | None = Field(
        default=None, description="utils ctl set-cluster"
    )
    ctl_update: CtlUpdate | None = Field(default=None, description="utils ctl update CTLFile")
    ctl_reset: CtlReset | None = Field(default=None, description="utils ctl reset localkey")
    ctl_delete: CtlDelete | None = Field(
        default=None, description="Delete CTLFile.tlv on the file servers"
    )
    upload_ctl_tokens: UploadCtlTokens | None = Field(
        default=None, description="Upload both eTokens to Phone-SAST-trust"
    )
    https_request: HttpsRequest | None = Field(
        default=None, description="Let phones open an HTTPS page"
    )
    backup: Backup | None = Field(default=None, description="Take a DRS backup")
    restore: Restore | None = Field(default=None, description="Restore nodes from a backup")
    replace_node: ReplaceNode | None = Field(default=None, description="Install a node anew")
    rename: Rename | None = Field(default=None, description="Change a host name or the domain")
    upgrade: Upgrade | None = Field(default=None, description="Upgrade to another release")
    move_phones: MovePhones | None = Field(
        default=None, description="Send phones to another cluster by DHCP"
    )
    bulk_certificates: BulkCertificates | None = Field(
        default=None, description="Exchange certificates between two clusters"
    )
    capf_operation: CapfOperation | None = Field(
        default=None, description="Set a certificate operation on phones"
    )
    capf_enter_string: CapfEnterString | None = Field(
        default=None, description="Let users type an authentication string"
    )
    capf_offline: CapfOffline | None = Field(
        default=None, description="Export requests to an offline CA, or import its certificates"
    )
    stale_lsc_report: StaleLscReport | None = Field(default=None, description="List stale LSCs")
    online_ca: OnlineCa | None = Field(default=None, description="Change the online CA")
    radius_trust: RadiusTrust | None = Field(
        default=None, description="Change what a RADIUS server trusts"
    )
    vpn_certificate: VpnCertificate | None = Field(
        default=None, description="Renew a VPN concentrator's certificate"
    )
    vpn_trust: VpnTrust | None = Field(
        default=None, description="Change by whom a VPN concentrator authenticates phones"
    )
    expressway_csr: ExpresswayCsr | None = Field(
        default=None, description="Generate or discard a request on an Expressway"
    )
    upload_expressway_server: UploadExpresswayServer | None = Field(
        default=None, description="Upload an Expressway's server certificate"
    )
    reset_expressway_server: ResetExpresswayServer | None = Field(
        default=None, description="Reset an Expressway to its factory server certificate"
    )
    upload_expressway_trust: UploadExpresswayTrust | None = Field(
        default=None, description="Append to an Expressway's trusted CA list"
    )
    delete_expressway_trust: DeleteExpresswayTrust | None = Field(
        default=None, description="Delete from an Expressway's trusted CA list, or reset it"
    )
    restart_expressway: RestartExpressway | None = Field(
        default=None, description="Restart an Expressway peer"
    )
    secure_traversal_test: SecureTraversalTest | None = Field(
        default=None, description="Test the trust between an Expressway-C and -E"
    )
    expressway_revocation: ExpresswayRevocation | None = Field(
        default=None, description="CRLs and revocation checking of an Expressway"
    )
    expressway_trust_page: ExpresswayTrustPage | None = Field(
        default=None, description="Look at an Expressway's trusted CA page"
    )
    expressway_setting: ExpresswaySetting | None = Field(
        default=None, description="xConfiguration of an Expressway"
    )
    expressway_login: ExpresswayLogin | None = Field(
        default=None, description="Open an Expressway's web interface"
    )
    test_client_certificate: ClientCertificateTest | None = Field(
        default=None, description="Client certificate testing page of an Expressway"
    )
    upgrade_expressway: UpgradeExpressway | None = Field(
        default=None, description="Upgrade an Expressway peer"
    )
    expressway_acme: ExpresswayAcme | None = Field(
        default=None, description="ACME service of an Expressway-E"
    )
    revoke_certificate: RevokeCertificate | None = Field(
        default=None, description="Let a CA revoke a certificate"
    )
    upload_system_certificate: UploadSystemCertificate | None = Field(
        default=None, description="Give a system around the cluster a new certificate"
    )
    upload_system_trust: UploadSystemTrust | None = Field(
        default=None, description="Upload into a trust store of such a system"
    )
    delete_system_trust: DeleteSystemTrust | None = Field(
        default=None, description="Delete from a trust store of such a system"
    )
    set_system_verification: SetSystemVerification | None = Field(
        default=None, description="Say whom such a system verifies"
    )
    set_key_permission: SetKeyPermission | None = Field(
        default=None, description="Let a service account read its private key, or not"
    )
    restart_system: RestartSystem | None = Field(default=None, description="Restart such a system")
    set_trunk_subjects: SetTrunkSubjects | None = Field(
        default=None, description="Change the X.509 subjects an integration accepts"
    )
    call_over: CallOver | None = Field(
        default=None, description="One call or request over an integration"
    )
    start_conference: StartConference | None = Field(
        default=None, description="A conference of secure phones"
    )
    update_srst_certificate: UpdateSrstCertificate | None = Field(
        default=None, description="Fetch the certificate of a secure SRST gateway"
    )
    redundancy_group: RedundancyGroupAction | None = Field(
        default=None, description="High availability of IM&P: on, off, fall back"
    )
    sso_login: SsoLogin | None = Field(default=None, description="Log in by single sign-on")
    exchange_metadata: ExchangeMetadata | None = Field(
        default=None, description="Exchange SSO metadata with the identity provider"
    )
    run_monitor: RunMonitor | None = Field(
        default=None, description="Let the Certificate Expiry Monitor look now"
    )
    revoke: Revoke | None = Field(
        default=None, description="Let a CA revoke a certificate it has signed"
    )
    revocation_service: RevocationService | None = Field(
        default=None, description="Let a CA's responder and lists fail, or work again"
    )
    advance: Advance | None = Field(default=None, description="Let time pass")
    wait: Wait | None = Field(default=None, description="Let time pass until something holds")

    @model_validator(mode="before")
    @classmethod
    def _known_words(cls, data: Any) -> Any:
        """Refuse reserved words, unknown actions, and steps with none or several."""
        if not isinstance(data, dict):
            return data
        allowed = [*ACTIONS, "name", "at"]
        problems = [_unknown_action(word, allowed) for word in data if word not in allowed]
        chosen = [word for word in data if word in ACTIONS]
        if len(chosen) != 1 and not problems:
            found = f"{len(chosen)} actions ({', '.join(chosen)})" if chosen else "no action"
            problems.append(Problem((), found, "exactly one action in a step"))
        if problems:
            raise_problems(cls.__name__, problems)
        return {word: {} if word in chosen and data[word] is None else data[word] for word in data}

    @property
    def kind(self) -> str:
        """The action's word, e.g. regenerate."""
        return next(word for word in ACTIONS if getattr(self, word) is not None)

    @property
    def action(self) -> Document:
        """The action's arguments."""
        action: Document = getattr(self, self.kind)
        return action


ACTIONS = tuple(word for word in Step.model_fields if word not in ("name", "at_ms"))
"""The words of all actions that are built."""


def _unknown_action(word: str, allowed: list[str]) -> Problem:
    if word in NOT_BUILT:
        next_step = "The word is reserved for a later version."
        return Problem((word,), f"action {word!r} is not built yet", next_step=next_step)
    next_step = "'twin schema experiment' lists the actions."
    return Problem((word,), f"unknown action {word!r}", "", nearest(word, allowed), next_step)
