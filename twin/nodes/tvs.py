"""Cisco Trust Verification Service: two questions, two caches, an answer with roles.

Knows: frames in, frames out; the database cache and the CTL cache. Must not know phones nor time
of handshakes (`twin.phones.ports.TVSServer`).

Source: cucm-pki-behaviour 6; wire-formats 3; the seed's TVS trace.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.errors import FormatError
from twin.nodes.database import CertificateRow, Replica, RowChange
from twin.nodes.file_system import FileSystem
from twin.nodes.host import CallOff, Host
from twin.nodes.service import Service
from twin.pki import trust_list, tvs_messages
from twin.pki.certificates import Certificate
from twin.pki.list_record import Role
from twin.pki.tvs_messages import (
    QueryRequest,
    QueryResponse,
    Status,
    VerifyRequest,
    VerifyResponse,
)

SERVICE = "TVS"

OWN_ROLES = {
    "CallManager": (Role.SAST, Role.CCM_TFTP),
    "CAPF": (Role.CAPF,),
    "TVS": (Role.TVS,),
    "ITLRecovery": (Role.SAST,),
    "tomcat": (Role.APP_SERVER,),
    "CallManager-ECDSA": (Role.CCM_TFTP,),
    "tomcat-ECDSA": (Role.APP_SERVER,),
    "ipsec": (),
}
"""Roles of an own certificate. Source: wire-formats 3.3 for CallManager {0, 2}.
Assumption: the others by what the unit is for."""

TRUST_ROLES = {
    "Phone-SAST-trust": (Role.SAST,),
    "CallManager-trust": (Role.TFTP,),
    "CAPF-trust": (Role.CAPF,),
    "tomcat-trust": (Role.APP_SERVER,),
}
"""Roles a trust store gives. Source: wire-formats 3.3: Phone-SAST-trust {0}, with
CallManager-trust {0, 3}. Assumption: CAPF-trust and tomcat-trust. Phones ask about CAPF only under
`capf_trust_sources` 2, so that by default the role of CAPF-trust decides nothing."""

Known = tuple[Certificate, tuple[int, ...]]


class TVS:
    """The trust verification of one node."""

    def __init__(self, host: Host, service: Service, files: FileSystem, replica: Replica) -> None:
        self.host = host
        self.service = service
        self.files = files
        self.replica = replica
        self.version = 0
        """Counts changes of what it knows or presents."""
        self.on_new_knowledge: list[Callable[[], None]] = []
        self._refresh: CallOff | None = None
        self._ctl: dict[str, Known] = {}
        self._database: dict[str, Known] = {}
        self.certificate = files.own["TVS"].certificate
        """What it presents: loaded when it started."""
        self._read_database()
        self._read_ctl()
        files.on_ctl.append(self._on_ctl)
        service.on_started.append(self._load)
        service.on_stopped.append(self._on_stopped)

    # -- requests ---------------------------------------------------------------------------

    def handle(self, frame: bytes) -> bytes:
        """Answer one request frame.

        Raises:
            FormatError: the frame is no request.
        """
        session, message = tvs_messages.decode(frame)
        if isinstance(message, QueryRequest):
            return tvs_messages.encode(self._query(message), session)
        if isinstance(message, VerifyRequest):
            return tvs_messages.encode(self._verify(message), session)
        raise FormatError(f"a TVS server gets requests, not {type(message).__name__}")

    def _query(self, request: QueryRequest) -> QueryResponse:
        known = self._look_up("query_request", request.issuer, request.serial)
        if known is None:
            return QueryResponse(Status.NOT_FOUND)
        certificate, roles = known
        ttl_s = round(self.host.timing.tvs_ttl_s.value)
        return QueryResponse(Status.FOUND, certificate.der, roles, ttl_s)

    def _verify(self, request: VerifyRequest) -> VerifyResponse:
        certificate = Certificate.from_der(request.certificate_der)
        known = self._look_up("verification_request", certificate.issuer, certificate.serial_bytes)
        if known is None or known[0] != certificate:
            return VerifyResponse(Status.NOT_FOUND)
        return VerifyResponse(Status.FOUND, known[1], round(self.host.timing.tvs_ttl_s.value))

    def _look_up(self, request: str, issuer: str, serial: bytes) -> Known | None:
        """By unique MAP ID: serial in upper-case hex directly followed by the issuer."""
        map_id = serial.hex().upper() + issuer
        self.host.record(SERVICE, request, map_id=map_id)
        for cache, name in (
            (self._database, "CertificateDBCACHE"),
            (self._ctl, "CertificateCTLCACHE"),
        ):
            known = cache.get(map_id)
            self.host.record(SERVICE, "look_up", cache=name, map_id=map_id, found=known is not None)
            if known is not None:
                return known
        self.host.record(
            SERVICE, "no_roles", severity="error", map_id=map_id,
            text="UNKNOWN:No associated roles found for the certificate in cache",
        )  # fmt: skip
        return None

    # -- what it knows ----------------------------------------------------------------------

    def on_change(self, change: RowChange) -> None:
        """A row changed in this node's replica."""
        row = change.row
        if not self.service.is_started:
            self._load()
            return
        if row.is_own and row.units[0] == SERVICE and self.host.name in row.nodes:
            self.host.alarm(SERVICE, "TVSCertificateRegenerated", "informational")
            if self.host.release.tvs_restarts_itself:
                self.service.restart()
                return
        if self._refresh is None:
            delay_ms = self.host.drawn_ms("tvs_refresh_delay_s")
            self._refresh = self.host.after(delay_ms, self._on_refresh)

    def _on_ctl(self) -> None:
        """CTLFile.tlv changed: read it again. Source: cucm-pki-behaviour 6 (118893)."""
        self._read_ctl()
        self.host.record(SERVICE, "ctl_cache_loaded", certificates=len(self._ctl))
        self._tell()

    def _on_refresh(self) -> None:
        self._refresh = None
        self._read_database()
        self.host.record(SERVICE, "cache_refreshed", certificates=len(self._database))
        self._tell()

    def _load(self) -> None:
        """What a start reads. While stopped it is kept true: it is what a start would bring."""
        self.certificate = self.files.own["TVS"].certificate
        self._read_database()
        self._tell()

    def _on_stopped(self, _hangs: bool) -> None:
        if self._refresh is not None:
            self._refresh()
            self._refresh = None
        self._load()

    def _read_ctl(self) -> None:
        """Fill the CTL cache from this node's CTLFile.tlv."""
        self._ctl = {} if self.files.ctl is None else _ctl_cache(self.files.ctl)

    def _tell(self) -> None:
        self.version += 1
        for listener in self.on_new_knowledge:
            listener()

    def _read_database(self) -> None:
        """Fill the database cache from this node's replica.

        A certificate that is some node's own has its unit's roles, whatever stores copies of it
        are in; any other has the roles of its stores together.
        """
        own: dict[str, Known] = {}
        trusted: dict[str, tuple[Certificate, set[int]]] = {}
        for row in self.replica:
            certificate = row.certificate
            map_id = certificate.serial_bytes.hex().upper() + certificate.issuer
            if row.is_own:
                own[map_id] = (certificate, tuple(sorted(roles_of(row))))
            else:
                trusted.setdefault(map_id, (certificate, set()))[1].update(roles_of(row))
        stores = {
            map_id: (certificate, tuple(sorted(roles)))
            for map_id, (certificate, roles) in trusted.items()
        }
        self._database = stores | own


def _ctl_cache(data: bytes) -> dict[str, Known]:
    """Every certificate of a CTL with all roles it has there."""
    found: dict[str, tuple[Certificate, set[int]]] = {}
    for record in trust_list.decode(data).records:
        if record.certificate is not None:
            certificate = Certificate.from_der(record.certificate)
            map_id = certificate.serial_bytes.hex().upper() + certificate.issuer
            found.setdefault(map_id, (certificate, set()))[1].add(int(record.role))
    return {name: (one, tuple(sorted(roles))) for name, (one, roles) in found.items()}


def roles_of(row: CertificateRow) -> list[int]:
    """Roles a row of the database gives its certificate."""
    table = OWN_ROLES if row.is_own else TRUST_ROLES
    return [int(role) for unit in row.units for role in table.get(unit, ())]
