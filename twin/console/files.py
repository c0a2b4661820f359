"""`file list|get|delete tftp`: the files of the node's TFTP service.

Knows: the commands, and that a file got goes into one folder and nowhere else. Must not know what
is in a file. No private key is given away: ITLRecovery.p12 stays with the twin, which needs it for
`utils itl reset remotekey`.

Source: cucm-pki-behaviour 9 (Cisco 118893, Security Guide 12.5). Assumption: `file get` puts files
into a folder of this machine, where the product asks for an SFTP server.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from twin.console.grammar import Argument, Command, nearest
from twin.console.shell import Declined, Given, Reply, Shell
from twin.errors import Fault, InputError
from twin.files import write_whole
from twin.nodes.node import Node
from twin.pki.phone_config import file_name

CTL, ITL, RECOVERY = "CTLFile.tlv", "ITLFile.tlv", "ITLRecovery.p12"
NAMES_MAX = 100
"""Files a listing names; the rest is counted."""


def _serving(shell: Shell) -> Node:
    node = shell.cucm()
    if node.tftp is None:
        raise Declined(f"Cisco Tftp is not activated on {node.name}")
    return node


def _lists(node: Node) -> dict[str, bytes]:
    """The trust lists of a node's TFTP service."""
    assert node.tftp is not None
    found = {} if node.files.ctl is None else {CTL: node.files.ctl}
    return {**found, ITL: node.tftp.itl}


def _names(shell: Shell) -> Iterator[str]:
    """Every file's name, trust lists first."""
    node = shell.node
    if node.tftp is None:
        return
    yield from _lists(node)
    for phone in shell.cluster.population.names:
        yield file_name(phone)


def _list(shell: Shell, given: Given) -> str:
    _serving(shell)
    names = [name for name in _names(shell) if fnmatchcase(name, given["PATTERN"])]
    lines = names[:NAMES_MAX]
    if len(names) > NAMES_MAX:
        lines.append(f"and {len(names) - NAMES_MAX} more")
    return "\n".join([*lines, f"file count = {len(names)}"])


def _get(shell: Shell, given: Given) -> Reply:
    name = given["NAME"]
    if name == RECOVERY:
        return _export(shell)
    node = _serving(shell)
    lists = _lists(node)
    if name in lists:
        data = lists[name]
    else:
        names = list(_names(shell))
        if name not in names:
            raise InputError(
                Fault("file get tftp", f"no file {name!r}", "one it lists", nearest(name, names))
            )
        phone = names.index(name) - len(lists)
        data = shell.cluster.ports.files[node.index].signed_config(phone)
    path = shell.folder / name
    write_whole(path, data)
    return Reply(f"{path}: {len(data)} bytes")


def _export(shell: Shell) -> Reply:
    node = shell.cucm()
    if node is not shell.cluster.publisher:
        raise Declined(f"{RECOVERY} is on the publisher, {shell.cluster.publisher.name}")
    kept = f"{RECOVERY} is kept for 'utils itl reset remotekey'; its key is not given away"
    return shell.act({"export_itl_recovery": {}}, kept)


def _delete(shell: Shell, given: Given) -> Reply:
    _serving(shell)
    if given["NAME"] != CTL:
        expected = f"{CTL}: the twin deletes no other"
        raise InputError(Fault("file delete tftp", repr(given["NAME"]), expected))
    shell.confirm(f"Delete the File {CTL}? (y/n):")
    # The step deletes it on every node, which is what the product's procedures ask for.
    return shell.act({"ctl_delete": {"node": shell.node_name}}, f"{CTL} deleted on every node")


def _gettable(shell: Shell) -> list[str]:
    return [*_names(shell), RECOVERY]


COMMANDS = (
    Command(
        ("file", "list", "tftp"), "files of the node's TFTP service", _list,
        (Argument("PATTERN", "*, or a name with * in it", lambda _shell: ("*",)),),
    ),
    Command(
        ("file", "get", "tftp"), "write a file into the console's folder", _get,
        (Argument("NAME", "as the listing names it", _gettable),),
    ),
    Command(
        ("file", "delete", "tftp"), "delete CTLFile.tlv on the TFTP nodes", _delete,
        (Argument("NAME", CTL, lambda _shell: (CTL,)),),
    ),
)  # fmt: skip
