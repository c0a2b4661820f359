"""Cisco CallManager: from a certificate change to device resets.

Knows: the notification, the debounce, the role test, which CallManager's devices are reset. Must
not know phones beyond `Devices`, nor trust.

Every record here is a line of the seed's SDL traces, in its order; `trace` in the data is where
the product prints it from. Two readings of the traces are ours:
Assumption: a notification is first delivered undebounced (ProcessCnf N) and finished; if its unit
can lead to resets it is processed again when the debounce has passed (ProcessCnf Y, DEBOUNCED).
Assumption: every running CallManager handles every change and resets those related devices that
are registered with itself, so the union is each phone once.

Source: the seed's three traces; cucm-pki-behaviour 4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from twin.kernel.journal import Cell
from twin.nodes.database import SERVICE_NUMBERS, CertificateRow, RowChange
from twin.nodes.host import CallOff, Host
from twin.nodes.service import Service

SERVICE = "CallManager"

TABLE_CERTIFICATE = 41
"""Table number of `certificate` in change notifications (the seed's traces)."""
TABLE_GENERIC = 207
ACTIONS = {"I": 1, "U": 2, "D": 3}
"""Numbers of actions. Source: the seed's traces (2 is U). Assumption: those of the other two."""

ITL_UNITS = ("CallManager", "TVS", "CAPF", "CallManager-ECDSA")
"""Units whose change can reset devices. Source: cucm-pki-behaviour 4.2 (k = 3, 11, 9).
Assumption: CallManager-ECDSA like CallManager, since the ITL lists it too."""


class Devices(Protocol):
    """The devices of the database, and a way to reset those registered here."""

    def templates(self, callmanager: str) -> list[dict[str, str | int]]:
        """Rows that are no phones whose group contains a CallManager: pkid, name, tkmodel."""

    def related(self, callmanager: str) -> int:
        """How many phones' CallManager Groups contain a node."""

    def reset(self, sender: str, callmanager: str, wave: int) -> int:
        """Reset the related phones registered with `sender`, at its pace; how many."""


class Topology(Protocol):
    """What CallManager looks up about the cluster."""

    def runs_active_tftp(self, node: str) -> bool:
        """Whether Cisco TFTP is activated on a node."""

    def runs_active_capf(self, node: str) -> bool:
        """Whether Cisco CAPF is activated on a node."""

    def callmanager_pkid(self, node: str) -> str | None:
        """pkid of a node's CallManager, None if it runs none."""

    def processnode_pkid(self, node: str) -> str:
        """pkid of a node."""

    def address(self, node: str) -> str:
        """IPv4 address of a node."""

    def sdl_node(self, node: str) -> int:
        """Number of a node's CallManager in the identifiers of SDL processes."""

    def resets_are_manual(self) -> bool:
        """Phone Interaction on Certificate Update = manual."""

    def wave(self, change: RowChange) -> int:
        """The number of the reset wave this change makes: one per change, cluster-wide."""


class CallManager:
    """Change notification in the CallManager of one node."""

    def __init__(
        self,
        host: Host,
        service: Service,
        devices: Devices,
        topology: Topology,
        pkid: Callable[..., str],
    ) -> None:
        self.host = host
        self.service = service
        self._devices = devices
        self._topology = topology
        self._pkid = pkid
        self._debouncing: dict[str, CallOff] = {}
        service.on_stopped.append(self._forget)

    def on_change(self, change: RowChange) -> None:
        """Table 41 changed in this node's replica."""
        if not self.service.is_started:
            return
        row = change.row
        where = f"certificate {change.action} {row.pkid}"
        sdl_node = self._topology.sdl_node(self.host.name)
        self._line(
            "CcmDbChangeNotify",
            sdl_node=sdl_node,
            table=TABLE_CERTIFICATE,
            action=change.action,
        )
        self._line("select_certificate", pkid=row.pkid)
        self._line("cnf_received", text=where, serialnumber=change.serials)
        self._line("DbChangeNotify", sdl_node=sdl_node, table=TABLE_GENERIC, text=where)
        self._line("process_cnf", answer="N", text=where, serialnumber=change.serials)
        self._line("do_group_reset", table="certificate")
        number = ACTIONS[change.action]
        self._line("process_db_change_notify", action_number=number, pkid=row.pkid, trace=":2320")
        self._line("finish_cnf", table="certificate")
        if not change.brings_certificate or self._topology.resets_are_manual():
            return
        if row.is_own and row.units[0] in ITL_UNITS:
            self._debounce(change)

    def _debounce(self, change: RowChange) -> None:
        """Notices of one row within the debounce count as one, the latest."""
        pkid = change.row.pkid
        if pkid in self._debouncing:
            self._debouncing[pkid]()
        delay_ms = self.host.timing.reset_debounce_s.ms
        self._debouncing[pkid] = self.host.after(delay_ms, self._process, change)

    def _forget(self, _hangs: bool) -> None:
        for call_off in self._debouncing.values():
            call_off()
        self._debouncing.clear()

    def _process(self, change: RowChange) -> None:
        row = change.row
        del self._debouncing[row.pkid]
        where = f"certificate {change.action} {row.pkid}"
        self._line("process_cnf", answer="Y", text=where, serialnumber=change.serials)
        number = ACTIONS[change.action]
        self._line("debounced", action_number=number, pkid=row.pkid, trace=":2320")
        self._line(
            "process_it",
            pkid=row.pkid,
            server_name=row.node,
            ipv4=self._topology.address(row.node),
            ipv6="",
            issuer_name=row.certificate.issuer_name.log_string(),
            trace=":1318",
        )
        for position, node in enumerate(row.nodes):
            self._line(
                "certificate_process_node_map",
                pkid=self._map_pkid(row.pkid, position, node),
                server_name=node,
                fkprocessnode=self._topology.processnode_pkid(node),
                trace=":1373",
            )
        unit = row.units[0]
        self._line(
            "cert_service_cert_map",
            pkid=self._pkid(row.pkid, "servicemap"),
            tkcertificateservice=SERVICE_NUMBERS[unit],
            fkcert=row.pkid,
            trace=":1413",
        )
        for target in self._role_test(unit, row):
            self._group_reset(target, change, f"{unit} of {', '.join(row.nodes)}")

    def _map_pkid(self, pkid: str, position: int, node: str) -> str:
        """Identifier of a row's mapping to a node; the first is that of a row of one node."""
        return self._pkid(pkid, "processnodemap", *((node,) if position else ()))

    def _role_test(self, unit: str, row: CertificateRow) -> list[str]:
        """Whose devices this change resets: CallManagers by their nodes."""
        me = self.host.name
        if unit == "TVS":
            return self._tvs_targets(row)
        if unit == "CAPF":
            role, noun = "CERTIFICATE_SERVICE_CAPF", "active CAPF"
            leads = any(self._topology.runs_active_capf(node) for node in row.nodes)
        else:
            role, noun = "SERVICE_CALLMANAGER", "active TFTP node"
            leads = any(self._topology.runs_active_tftp(node) for node in row.nodes)
        text = f"an {noun}" if leads else f"no {noun}"
        self._line("is_itl_related_role", role=role, leads_to=text, trace=":1260")
        return [me] if leads else []

    def _tvs_targets(self, row: CertificateRow) -> list[str]:
        """Assumption: a TVS certificate of several nodes resets like one of CallManager: every
        CallManager its own devices, so that none is reset once for each node."""
        targets = []
        for position, node in enumerate(row.nodes):
            self._line(
                "is_itl_related_role",
                role="CERTIFICATE_SERVICE_TVS",
                processnodemap_pkid=self._map_pkid(row.pkid, position, node),
                trace=":1179",
            )
            pkid = self._topology.callmanager_pkid(node)
            if pkid is not None:
                self._line("leads_to_callmanager", pkid=pkid, name=f"CM_{node}", trace=":1197")
                targets.append(node)
        return targets if len(row.nodes) == 1 else [self.host.name] * bool(targets)

    def _group_reset(self, target: str, change: RowChange, cause: str) -> None:
        pkid = self._topology.callmanager_pkid(target)
        sql = f"execute procedure dbSelectAllRelatedDevices('CALLMANAGER', '{pkid}')"
        self._line("group_reset_sql1", sql=sql)
        self._line("cfastaccess", name="Group Reset")
        self._line("db_sql1", sql=sql)
        self._line("db_sql2", sql=sql)
        self._line("move_next")
        self._line("move_next", answer="FALSE")
        wave = self._topology.wave(change)
        self._line("group_reset_sql2", sql=sql, ccm_pkid=pkid)
        templates = self._devices.templates(target)
        related = self._devices.related(target)
        self._line("is_eof", answer="FALSE" if templates or related else "TRUE")
        for row in templates:
            self._line("row_tkmodel", tkmodel=row["tkmodel"])
            self._line("row_pkid", pkid=row["pkid"])
            self._line("row_name", name=row["name"])
            self._line("row_fkcallmanager1", fk=pkid)
            self._line("row_fkcallmanager2", fk="")
            self._line("sending_device_reset", kind=2, fk1=pkid, fk2="", **row)
        registered = self._devices.reset(self.host.name, target, wave)
        self.host.record(
            SERVICE,
            "group_reset",
            wave=wave,
            cause=cause,
            pkid=change.row.pkid,
            callmanager=target,
            related=related,
            registered=registered,
        )

    def _line(self, event: str, **data: Cell) -> None:
        self.host.record(SERVICE, event, severity="info", **data)
