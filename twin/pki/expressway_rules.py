"""What an Expressway says to an uploaded server certificate.

Knows: the certificate file, the key it is to go with, what the release refuses. Must not know where
the file comes from, nor what works with the certificate afterwards.

Source: edge-presence-video 1.3, rows 1 to 9; the refusals are worded after the screenshots of the
TAC deck of March 2016. The order of the checks does not matter: all reasons are told at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from twin.errors import FormatError
from twin.pki.bundles import FileFormat, read
from twin.pki.certificates import Certificate
from twin.pki.keys import FileKey, RawPublicKey
from twin.pki.usages import extensions_of

WEAK_BITS = 2048


class ServerUploadFault(StrEnum):
    """Why a server certificate is refused."""

    NOT_PEM = "not_pem"
    KEY_WHILE_CSR = "key_while_csr_in_progress"
    NO_KEY = "no_private_key"
    KEY_UNREADABLE = "private_key_unreadable"
    KEY_MISMATCH = "key_mismatch"
    NO_SERVER_USAGE = "no_server_usage"
    NO_CLIENT_USAGE = "no_client_usage"
    KEY_ON_CURVE = "key_on_curve"


class ServerUploadWarning(StrEnum):
    """What a page remarks on a certificate it takes all the same."""

    EXPIRED = "expired"
    WEAK_KEY = "weak_key"
    NO_COMMON_NAME = "no_common_name"
    ISSUER_UNKNOWN = "issuer_unknown"


MESSAGES: dict[ServerUploadFault, str] = {
    ServerUploadFault.NOT_PEM: "the file is not a certificate in PEM format",
    ServerUploadFault.KEY_WHILE_CSR: "a private key cannot be uploaded while a CSR is in progress",
    ServerUploadFault.NO_KEY: "no CSR is in progress: a private key has to come with it",
    ServerUploadFault.KEY_UNREADABLE: "the private key is not an unencrypted PEM file",
    ServerUploadFault.KEY_MISMATCH: "the certificate does not match the private key",
    ServerUploadFault.NO_SERVER_USAGE: "Invalid certificate: no server usage attribute",
    ServerUploadFault.NO_CLIENT_USAGE: (
        "Invalid certificate: no client usage attribute; Unified Communications needs a "
        "certificate for both servers and clients"
    ),
    ServerUploadFault.KEY_ON_CURVE: "the certificate has no RSA key",
}


@dataclass(frozen=True, slots=True)
class ServerUpload:
    """The upload as the page sees it.

    Args:
        certificate_file: as sent.
        key_file: as sent, None without one.
        pending_key: of the CSR in progress, None without one.
        is_client: whether it goes into the store of the client certificate.
    """

    certificate_file: bytes
    key_file: bytes | None
    pending_key: RawPublicKey | None
    is_client: bool = False

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """What is in the file, the server's own first; nothing unless it is PEM."""
        try:
            file = read(self.certificate_file)
        except FormatError:
            return ()
        return tuple(file.certificates) if file.format is FileFormat.PEM else ()


def refusals(
    upload: ServerUpload,
    *,
    for_unified_communications: bool,
    needs_client_usage: bool,
    takes_curves: bool = True,
) -> tuple[ServerUploadFault, ...]:
    """Every reason to refuse an upload; none: it is taken.

    Args:
        for_unified_communications: whether MRA or Jabber Guest is on.
        needs_client_usage: whether the release then insists on clientAuth.
        takes_curves: whether the release takes a key on a curve.
    """
    insists = upload.is_client or (for_unified_communications and needs_client_usage)
    return tuple(_refusals(upload, insists, takes_curves))


def _refusals(
    upload: ServerUpload, insists: bool, takes_curves: bool
) -> Iterator[ServerUploadFault]:
    found = upload.certificates
    if not found:
        yield ServerUploadFault.NOT_PEM
    key: RawPublicKey | None = upload.pending_key
    if upload.pending_key is not None and upload.key_file is not None:
        yield ServerUploadFault.KEY_WHILE_CSR
    elif upload.pending_key is None and upload.key_file is None:
        yield ServerUploadFault.NO_KEY
    elif upload.key_file is not None:
        key = _public_half(upload.key_file)
        if key is None:
            yield ServerUploadFault.KEY_UNREADABLE
    if not found:
        return
    if key is not None and found[0].public_key != key:
        yield ServerUploadFault.KEY_MISMATCH
    if not takes_curves and not found[0].has_rsa_key:
        yield ServerUploadFault.KEY_ON_CURVE
    purposes = extensions_of(found[0]).purposes
    if not upload.is_client and purposes is not None and "server_auth" not in purposes:
        yield ServerUploadFault.NO_SERVER_USAGE
    if insists and purposes is not None and "client_auth" not in purposes:
        yield ServerUploadFault.NO_CLIENT_USAGE


def warnings(
    certificate: Certificate, anchors: tuple[Certificate, ...], at: datetime, *, judges: bool
) -> tuple[ServerUploadWarning, ...]:
    """What the page remarks on a certificate that it takes.

    Args:
        judges: whether the release remarks on strength, names and issuers (X8.10).

    Assumption: an expired certificate is taken with a remark.
    """
    found = []
    if at > certificate.not_after:
        found.append(ServerUploadWarning.EXPIRED)
    if judges:
        if certificate.has_rsa_key and certificate.key_bits < WEAK_BITS:
            found.append(ServerUploadWarning.WEAK_KEY)
        if not certificate.common_name:
            found.append(ServerUploadWarning.NO_COMMON_NAME)
        if not any(one.subject_name == certificate.issuer_name for one in anchors):
            found.append(ServerUploadWarning.ISSUER_UNKNOWN)
    return tuple(found)


def _public_half(key_file: bytes) -> RawPublicKey | None:
    """The public key of an unencrypted PEM private key; None if it is not one."""
    try:
        return FileKey(key_file).public_key
    except ValueError:
        return None
