"""IPT Platform CertMgr: signing requests, and uploads of what others signed.

Knows: one outstanding request a unit, the rules an upload has to pass, where an accepted
certificate goes. Must not know who signs.

Source: cucm-pki-behaviour 1.2, 5.2 (SG15, 217138, 118731); the Cisco TAC deck of March 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twin.config.defects import Defect
from twin.errors import FormatError
from twin.nodes.certificate_manager import SERVICE, CertificateManager
from twin.nodes.database import CertificateRow
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.host import Host
from twin.nodes.revocation_check import RevocationCheck
from twin.pki import bundles
from twin.pki.bundles import CertificateFile
from twin.pki.certificates import Certificate
from twin.pki.csr import SigningRequest, UsageTable, make_request
from twin.pki.keys import CURVE_HASHES, PrivateKey
from twin.pki.names import DistinguishedName
from twin.pki.stores import AddOutcome
from twin.pki.upload_rules import (
    Refusal,
    UploadFault,
    UploadRules,
    identity_refusals,
    trust_refusals,
    trust_store_of,
)


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A request that waits for its certificate, and the key behind it."""

    request: SigningRequest
    key: PrivateKey
    is_shared: bool


@dataclass(frozen=True, slots=True)
class RequestForm:
    """What the admin fills in. None: the release's or the present certificate's."""

    key_bits: int | None = None
    hash_name: str | None = None
    dns_names: tuple[str, ...] = ()
    is_shared: bool = False


class CertificateRequests:
    """Requests and uploads of one node.

    Args:
        all_nodes: where a trust certificate is copied to.
        write: puts a row into the cluster's database.
    """

    def __init__(
        self,
        host: Host,
        files: FileSystem,
        manager: CertificateManager,
        all_nodes: tuple[str, ...],
        pkid: Callable[..., str],
        write: Callable[[CertificateRow], None],
    ) -> None:
        self.host = host
        self.files = files
        self.outstanding: dict[str, Outstanding] = {}
        self.revocation: RevocationCheck | None = None
        """Who looks whether an uploaded certificate is revoked; None: nobody."""
        self._manager = manager
        self._all_nodes = all_nodes
        self._pkid = pkid
        self._write = write
        self.read_release()

    def read_release(self) -> None:
        """Take the rules for uploads from the node's release."""
        release = self.host.release
        self.rules = UploadRules(
            UsageTable(release.csr_usages),
            release.upload_checks_usages,
            release.strict_authorities,
            release.ipsec_constraints_forbidden,
        )

    # -- requests ---------------------------------------------------------------------------

    def generate(self, unit: str, form: RequestForm, done: Callable[[], None]) -> str | None:
        """Make a request with a new key; one that is outstanding is overwritten.

        Source: Security Guide for CUCM 15: one request a unit.
        """
        if unit not in self.files.own:
            return f"{unit} certificate does not exist on {self.host.name}"
        delay_ms = self.host.drawn_ms("csr_generation_s")
        self.host.after(delay_ms, self._generated, unit, form, done)
        return None

    def _generated(self, unit: str, form: RequestForm, done: Callable[[], None]) -> None:
        manager, names = self._manager, self._manager.names
        generation = manager.generation(unit)
        bits = form.key_bits or manager.key_bits(unit)
        key = manager.new_key(unit, bits, generation)
        if form.is_shared:
            common_name, filled_in = names.shared_name(unit), names.all_names()
        else:
            common_name, filled_in = manager.common_name(unit, generation), names.own_names()
        if not self.host.release.csr_alternative_names:
            filled_in = ()
        if self.host.release.has_defect(Defect.CSCUS47235):
            filled_in = tuple(name for name in filled_in if name != common_name)
        request = make_request(
            DistinguishedName.of(common_name, **names.subject),
            key,
            form.hash_name or CURVE_HASHES.get(bits, self.host.release.certificate_hash),
            unit,
            self.rules.usage_table,
            tuple(dict.fromkeys((*filled_in, *form.dns_names))),
        )
        overwritten = unit in self.outstanding
        self.outstanding[unit] = Outstanding(request, key, form.is_shared)
        self.host.record(
            SERVICE,
            "csr_generated",
            unit=unit,
            subject=request.subject_name.record_string(),
            key_bits=bits,
            digest=request.signature_hash,
            dns_names=list(request.dns_names),
            overwritten=overwritten,
        )
        done()

    # -- uploads ----------------------------------------------------------------------------

    def upload_identity(self, unit: str, data: bytes, done: Callable[[], None]) -> str | None:
        """Take a unit's own certificate from a file's bytes, or say every reason why not.

        Assumption: the 5-minute guard is on regenerating alone; no source shows it on an upload.
        """
        file = self._read(unit, data)
        if isinstance(file, str):
            return file
        if unit not in self.files.own:
            return f"{unit} certificate does not exist on {self.host.name}"
        if self._manager.is_working(unit):
            return f"{unit} certificate is being generated on {self.host.name}"
        waiting = self.outstanding.get(unit)
        refusals = identity_refusals(
            file,
            None if waiting is None else waiting.request,
            unit,
            [entry.certificate for entry in self.files.store(trust_store_of(unit))],
            self.host.time(),
            self.rules,
        )
        if waiting is None or refusals:
            return self._refuse(unit, file.leaf(), refusals)
        revoked = self._revocation_refusal(unit, file.leaf())
        if revoked is not None:
            return revoked
        self._manager.begin(unit)
        self.host.record(SERVICE, "upload", op="upload", unit=unit, format=str(file.format))
        delay_ms = self.host.drawn_ms("certificate_upload_s")
        self.host.after(delay_ms, self._uploaded, unit, file, waiting, done)
        return None

    def _uploaded(
        self, unit: str, file: CertificateFile, waiting: Outstanding, done: Callable[[], None]
    ) -> None:
        """Install it; the request is spent, and the chain a PKCS #7 brought is trusted.

        Source: collabjonathan.com, February 2016 (community): after the upload a new request is
        required. Assumption: the chain stays in the trust store, and the words of the description.
        """
        certificate = file.leaf()
        if self.outstanding.get(unit) is waiting:
            del self.outstanding[unit]
        for above in file.certificates:
            if above != certificate:
                self.trust(trust_store_of(unit), above)
        issuer = certificate.issuer_name.common_name or certificate.issuer
        identity = Identity(certificate, waiting.key, waiting.is_shared)
        self._manager.install(unit, identity, "uploaded", f"Certificate Signed by {issuer}")
        done()

    def _revocation_refusal(self, unit: str, certificate: Certificate) -> str | None:
        if self.revocation is None:
            return None
        message = self.revocation.refusal(unit, certificate)
        if message is None:
            return None
        return self._refuse(unit, certificate, [Refusal(UploadFault.REVOKED, message)])

    def upload_trust(self, store: str, data: bytes, done: Callable[[], None]) -> str | None:
        """Take a file's certificates into a trust store, or say every reason why not."""
        file = self._read(store, data)
        if isinstance(file, str):
            return file
        refusals = trust_refusals(file, self.host.time(), self.rules)
        if refusals:
            return self._refuse(store, file.certificates[0], refusals)
        self.host.record(SERVICE, "upload", op="upload", unit=store, format=str(file.format))
        delay_ms = self.host.drawn_ms("certificate_upload_s")
        self.host.after(delay_ms, self._trusted, store, file.certificates, done)
        return None

    def _trusted(
        self, store: str, certificates: Sequence[Certificate], done: Callable[[], None]
    ) -> None:
        for certificate in certificates:
            self.trust(store, certificate)
        done()

    def trust(self, store: str, certificate: Certificate) -> bool:
        """One certificate into a store and, if it stays, into the database for the other nodes.

        Returns:
            Whether it stayed.

        Source: Security Guide for CUCM 15: of two certificates of one name the later one stays.
        """
        outcome = self.files.add_trust(store, certificate)
        is_new = outcome in (AddOutcome.ADDED, AddOutcome.REPLACED)
        self.host.record(
            SERVICE,
            "trust_uploaded",
            severity="info" if is_new else "warning",
            unit=store,
            name=certificate.common_name,
            serial=certificate.serial_bytes.hex(),
            outcome=str(outcome),
        )
        if is_new:
            name = certificate.common_name or certificate.subject
            self._write(
                CertificateRow(
                    self._pkid("trust", store, name),
                    (store,),
                    self.host.name,
                    self._all_nodes,
                    certificate,
                )
            )
        return is_new

    def _read(self, unit: str, data: bytes) -> CertificateFile | str:
        """The certificates in a file's bytes, or the refusal of bytes that hold none."""
        try:
            return bundles.read(data)
        except FormatError as error:
            refusal = Refusal(UploadFault.UNREADABLE, str(error))
            return self._refuse(unit, None, [refusal])

    def _refuse(
        self, unit: str, certificate: Certificate | None, refusals: Sequence[Refusal]
    ) -> str:
        message = "; ".join(refusal.message for refusal in refusals)
        self.host.record(
            SERVICE,
            "upload_refused",
            severity="warning",
            unit=unit,
            subject="" if certificate is None else certificate.subject,
            serial="" if certificate is None else certificate.serial_bytes.hex(),
            reasons=[str(refusal.fault) for refusal in refusals],
            message=message,
        )
        return message
