"""`utils service`: the services of the node.

Knows: the commands and the rows they print. Must not know what a start takes.

Source: cucm-pki-behaviour 9: one `Service Name[STARTED]` row a service. Assumption: the form of the
other states, and that a service that is not activated is listed with that as its reason.
"""

from __future__ import annotations

from collections.abc import Mapping

from twin.config.words import FEATURE_SERVICES, SERVICE_TITLES, Service
from twin.console.grammar import Argument, Command
from twin.console.shell import Declined, Given, Reply, Shell, Status
from twin.nodes.service import ServiceState

TITLES: Mapping[str, str] = {str(service): title for title, service in SERVICE_TITLES.items()}
BY_HAND = "Commanded Out of Service"
NOT_ACTIVATED = "Service Not Activated"


def titles(shell: Shell) -> list[str]:
    """Names of the services of the node, activated or not, in order."""
    names = set(shell.node.services)
    if not shell.is_presence:
        names |= {str(service) for service in FEATURE_SERVICES}
    return sorted(TITLES[name] for name in names)


def row(shell: Shell, title: str) -> str:
    """The row of a service."""
    service = shell.node.services.get(str(SERVICE_TITLES[title]))
    if service is None:
        return f"{title}[{ServiceState.STOPPED}]  {NOT_ACTIVATED}"
    reason = f"  {BY_HAND}" if service.state is ServiceState.STOPPED else ""
    return f"{title}[{service.state}]{reason}"


def _list(shell: Shell, _given: Given) -> str:
    shell.up()
    return "\n".join(row(shell, title) for title in titles(shell))


def _verb(verb: str, progress: tuple[str, ...]) -> Command:
    def deed(shell: Shell, given: Given) -> Reply:
        title = given["NAME"]
        name: Service = SERVICE_TITLES[title]
        if str(name) not in shell.up().services:
            raise Declined(row(shell, title))
        step = {f"{verb}_service": {"node": shell.node_name, "service": str(name)}}
        reply = shell.act(step)
        if reply.status is not Status.DONE:
            return reply
        lines = [f"{title}[{state}]" for state in progress]
        return Reply("\n".join([*lines, row(shell, title)]))

    names = Argument("NAME", "service, as the list names it", titles, True, takes_rest=True)
    return Command(("utils", "service", verb), f"{verb} a service", deed, (names,))


COMMANDS = (
    Command(("utils", "service", "list"), "the services and their states", _list),
    _verb("start", ("STARTING",)),
    _verb("stop", ("STOPPING",)),
    _verb("restart", ("STOPPING", "STARTING")),
)
