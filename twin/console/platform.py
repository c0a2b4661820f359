"""What the node says of itself and of the cluster: version, date, nodes, replication.

Knows: the commands and the shape of their tables. Prints what the twin knows and nothing else.

Source: Cisco CLI Reference 15 for the commands. Assumption: the columns, which are those of the
product as far as the twin knows their values.
"""

from __future__ import annotations

from twin.config.words import Role
from twin.console.grammar import Command
from twin.console.shell import Declined, Given, Shell
from twin.outputs import dates


def _version(shell: Shell, _given: Given) -> str:
    return f"Active Master Version: {shell.up().host.release.name}"


def _date(shell: Shell, _given: Given) -> str:
    shell.up()
    return dates.write(shell.session.twin.now)


def _zone(shell: Shell, _given: Given) -> str:
    shell.up()
    return "Current timezone: UTC"


def _status(shell: Shell, _given: Given) -> str:
    node = shell.up()
    return "\n".join(
        (
            f"Host Name    : {node.name}",
            f"Date         : {dates.write(shell.session.twin.now)}",
            "Time Zone    : UTC",
            f"Product Ver  : {node.host.release.name}",
        )
    )


def _cluster(shell: Shell, _given: Given) -> str:
    """One row a node: address, full name, name, role, product, and whether it can be reached."""
    shell.up()
    lines = []
    for config in shell.home.model.nodes:
        role = "Publisher" if config.role is Role.PUBLISHER else "Subscriber"
        kind = "DBPub" if config.role is Role.PUBLISHER else "DBSub"
        full = shell.home.model.fqdn_of(config)
        state = "authenticated" if shell.home.nodes[config.name].is_on else "offline"
        lines.append(f"{config.address} {full} {config.name} {role} callmanager {kind} {state}")
    for imp in shell.model.imp_nodes:
        role = "Publisher" if imp.role is Role.PUBLISHER else "Subscriber"
        full = imp.fqdn or f"{imp.name}.{shell.model.domain}"
        state = "authenticated" if shell.nodes[imp.name].is_on else "offline"
        lines.append(f"{imp.address} {full} {imp.name} {role} cups DBSub {state}")
    return "\n".join(lines)


def _replication(shell: Shell, _given: Given) -> str:
    """The certificate rows on their way to each node, and whether the way is open."""
    shell.up()
    rows = [("SERVER-NAME", "PING", "REPL. QUEUE", "REPLICATION SETUP")]
    rows += [
        (
            state.node,
            "Y" if state.is_reachable else "N",
            str(state.waiting),
            "(3) Out of Sync" if state.is_broken else "(2) Setup Completed",
        )
        for state in shell.replication.states()
    ]
    widths = [max(len(row[n]) for row in rows) for n in range(4)]
    shown = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([shown[0], "  ".join("-" * width for width in widths), *shown[1:]])


def _replication_status(shell: Shell, _given: Given) -> str:
    """Which nodes' certificate tables are not those of the publisher."""
    shell.up()
    behind = [name for name in shell.replication.members() if not shell.replication.is_alike(name)]
    if not behind:
        return "No Errors or Mismatches found. Replication status is good on all servers."
    raise Declined(f"Errors or Mismatches found on: {', '.join(behind)}")


COMMANDS = (
    Command(("show", "version", "active"), "the release", _version),
    Command(("show", "date"), "the simulated date of the node", _date),
    Command(("show", "timezone", "config"), "the time zone", _zone),
    Command(("show", "status"), "name, date and release of the node", _status),
    Command(("show", "network", "cluster"), "the nodes of the cluster", _cluster),
    Command(
        ("utils", "dbreplication", "runtimestate"), "rows on their way to each node", _replication
    ),
    Command(
        ("utils", "dbreplication", "status"), "nodes whose rows are not the publisher's",
        _replication_status,
    ),
)  # fmt: skip
