"""Cisco DRF Master and Cisco DRF Local: the sessions a backup needs.

Knows: who presents what, who judges it by which trust store, how often a refused agent tries again.
Must not know what a backup contains.

Each node's DRF Local keeps a TLS session with the publisher's DRF Master. It judges the master's
certificate by its own trust store when the session is opened, not later; a refused one sends
certificate_unknown and tries again some seconds on.

Source: cucm-pki-behaviour 5.1, 5.3 rows A19, A20; DRF MA/LA logs of the seed. Assumption: the
master refuses an agent whose own certificate has expired; a session once open stays open until one
of the two services stops; the trust store is read when a session is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twin.nodes.database import RowChange
from twin.nodes.file_system import FileSystem
from twin.nodes.host import CallOff, Host
from twin.nodes.service import Service
from twin.nodes.sockets import SYSTEM_PORTS, source_port
from twin.pki.certificates import Certificate

MASTER = "DRFMaster"
LOCAL = "DRFLocal"
MOST_ALIKE = 2000
"""Tries that end alike before an agent waits for a change: about three hours of them."""
UNREACHABLE = "the master does not answer"
ALERT = "certificate_unknown"
"""What either side sends, whatever is wrong. Source: the seed's DRF log."""


NO_STREAM = "Unable to create input/output stream to client"
"""What the master's log says where it refuses the agent. Assumption: as of an alert, without it."""
HEARD = f"{NO_STREAM} Received fatal alert: {ALERT}"
"""What the master's log says of an alert that the agent sent. Source: the seed's DRF log."""
MASTERS = "the master's"
"""How a reason begins that the agent finds; the others the master finds."""


class IPsecTrust:
    """Brings the publisher's ipsec certificate into a node's ipsec-trust when its row changes.

    Nothing compares file system and database later: a deleted entry does not come back.
    Source: cucm-pki-behaviour 1.3 (214231). Assumption: a change of the row is taken over at once.
    """

    def __init__(self, host: Host, files: FileSystem) -> None:
        self.host = host
        self.files = files

    def on_change(self, change: RowChange) -> None:
        """A row changed in this node's replica."""
        row, unit = change.row, "ipsec-trust"
        if change.is_deleted or row.node == self.host.name or not row.maps(unit, self.host.name):
            return
        outcome = self.files.add_trust(unit, row.certificate, row.description)
        self.host.record(
            "ipsec", "import", unit=unit, name=row.certificate.common_name, outcome=str(outcome)
        )


class DRFLocal:
    """The agent of one node.

    Args:
        master: what the publisher's DRF Master presents; None while it does not answer here.
        master_host: where the master keeps its log.
    """

    def __init__(
        self,
        host: Host,
        service: Service,
        files: FileSystem,
        master: Callable[[], Certificate | None],
        master_host: Host,
    ) -> None:
        self.host = host
        self.service = service
        self.files = files
        self._master = master
        self._master_host = master_host
        self._retry: CallOff | None = None
        self._alike = 0
        """How many tries in a row have ended in the same way."""
        self._last: list[str] = []
        presented = master()
        self.is_connected = presented is not None and not self._reasons(presented)
        if not self.is_connected:
            self._try_later()
        service.on_started.append(self.connect)
        service.on_stopped.append(self._on_stopped)

    @property
    def _unit(self) -> str:
        """The own certificate that both present."""
        return str(self.host.release.drf_unit)

    @property
    def answers(self) -> bool:
        """Whether the master can have this node's part of a backup now."""
        return self.is_connected and self._master() is not None

    def connect(self) -> None:
        """Open the session with the master, or try again later."""
        self._retry = None
        presented = self._master()
        if presented is None:
            self._go_on([UNREACHABLE])
            return
        reasons = self._reasons(presented)
        if not reasons:
            self.is_connected = True
            self._alike = 0
            self.host.record(LOCAL, "connected", serial=presented.serial_bytes.hex())
            return
        self._master_host.record(
            MASTER,
            "tls_refused",
            severity="error",
            leg="DRF",
            client=self.host.name,
            server=self._master_host.name,
            alert=ALERT,
            reasons=reasons,
            refused_by="client" if reasons[0].startswith(MASTERS) else "server",
            message=HEARD if reasons[0].startswith(MASTERS) else NO_STREAM,
            client_address=self.host.address,
            source_port=source_port(self.host, SYSTEM_PORTS, LOCAL),
            hostname=self.host.fqdn,
        )
        self._go_on(reasons)

    def _go_on(self, reasons: list[str]) -> None:
        """Try again later, unless that has ended like this for hours already.

        Assumption: the tries of the product go on for ever; those that cannot end otherwise are
        left out, for a year of them is five million.
        """
        self._alike = self._alike + 1 if reasons == self._last else 1
        self._last = reasons
        if self._alike < MOST_ALIKE or self._may_become_valid():
            self._try_later()

    def _may_become_valid(self) -> bool:
        """Whether the mere passing of time may help."""
        presented, own = self._master(), self.files.own[self._unit].certificate
        now = self.host.time()
        return any(one is not None and now < one.not_before for one in (presented, own))

    def wake(self) -> None:
        """A file, a service or a path has changed: one that gave up trying tries again."""
        if not self.is_connected and self.service.is_started and self._retry is None:
            self._alike = 0
            self._try_later()

    def lose(self) -> None:
        """The master is gone: try until it is back."""
        self.is_connected = False
        if self.service.is_started and self._retry is None:
            self._try_later()

    def _reasons(self, presented: Certificate) -> list[str]:
        """What is wrong with a session in which the master presents this; nothing: it opens.

        The publisher's own agent and the master are on one server. Source: community notes on
        renewals (edge-presence-video 6, F41): a backup of the publisher alone succeeds whatever
        its ipsec certificate is.
        """
        if self.host.name == self._master_host.name:
            return []
        now = self.host.time()
        reasons = []
        if presented not in self.files.store(f"{self._unit}-trust"):
            reasons.append(f"the master's certificate is not in {self._unit}-trust")
        if not presented.not_before <= now <= presented.not_after:
            reasons.append("the master's certificate has expired")
        own = self.files.own[self._unit].certificate
        if not own.not_before <= now <= own.not_after:
            reasons.append(f"the {self._unit} certificate of {self.host.name} has expired")
        return reasons

    def _try_later(self) -> None:
        delay_ms = self.host.drawn_ms("drf_retry_s")
        self._retry = self.host.after(delay_ms, self.connect, counts=False)

    def _on_stopped(self, _hangs: bool) -> None:
        self.is_connected = False
        if self._retry is not None:
            self._retry()
            self._retry = None


class Backup:
    """A backup of the cluster: every node's agent in turn.

    Args:
        agents: every node's agent, the publisher's first.
    """

    def __init__(self, host: Host, master: Service, agents: Sequence[DRFLocal]) -> None:
        self.host = host
        self.master = master
        self.agents = agents
        self.is_running = False

    def wake(self) -> None:
        """Something has changed that may let an agent through."""
        for agent in self.agents:
            agent.wake()

    def run(self, ended: Callable[[str | None], None]) -> None:
        """Back up; `ended` is called with what went wrong, or None."""
        problem = None
        if self.is_running:
            problem = "A backup is in progress"
        elif not self.master.is_started:
            problem = "Cisco DRF Master is not running"
        if problem is not None:
            self._fail(problem, ended)
            return
        self.is_running = True
        self.host.record(MASTER, "backup_started", nodes=[a.host.name for a in self.agents])
        self._node(0, [], ended)

    def _node(self, number: int, missing: list[str], ended: Callable[[str | None], None]) -> None:
        if number == len(self.agents):
            self._finish(missing, ended)
            return
        agent = self.agents[number]
        if not agent.answers:
            self._node(number + 1, [*missing, agent.host.name], ended)
            return
        delay_ms = self.host.drawn_ms("drf_backup_node_s")
        self.host.after(delay_ms, self._saved, number, missing, ended)

    def _saved(self, number: int, missing: list[str], ended: Callable[[str | None], None]) -> None:
        agent = self.agents[number]
        if agent.answers:
            self.host.record(MASTER, "backup_node", backed_up=agent.host.name)
        else:
            missing = [*missing, agent.host.name]
        self._node(number + 1, missing, ended)

    def _finish(self, missing: list[str], ended: Callable[[str | None], None]) -> None:
        self.is_running = False
        if not self.master.is_started:
            self._fail("Cisco DRF Master stopped", ended)
        elif missing:
            names = ", ".join(missing)
            self._fail(f"Local agent is not responding: {names}", ended)
        else:
            self.host.record(MASTER, "backup_finished", nodes=len(self.agents))
            ended(None)

    def _fail(self, message: str, ended: Callable[[str | None], None]) -> None:
        self.host.record(MASTER, "backup_failed", severity="error", message=message)
        ended(message)
