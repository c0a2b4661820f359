"""`file list|view|tail|search|get activelog`: the log files of the node.

Knows: the commands. Must not know a log's lines (`twin.logs`), which are those of the journal of
the session so far.

Source: Cisco CLI Reference 15; the TAC deck of March 2016 (`file get activelog
cm/log/itlreset.log`). Assumption: `file get` puts files into a folder of this machine, where the
product asks for an SFTP server.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from twin import logs
from twin.console.grammar import Argument, Command, nearest
from twin.console.shell import Given, Shell
from twin.errors import Fault, InputError
from twin.files import write_whole

TAIL_LINES = 10
"""Lines `file tail` prints unless told otherwise."""
_WILD = frozenset("*?[")


def _logs(shell: Shell) -> dict[str, list[str]]:
    """The node's log files: path on the node, lines."""
    twin = shell.session.twin
    name = shell.up().name
    found = logs.files(twin.node_events(), twin.cluster.epoch, node=name)
    return {path.removeprefix(f"{name}/"): lines for path, lines in found.items()}


def _paths(shell: Shell) -> list[str]:
    return list(_logs(shell)) if shell.node.is_on else []


def _chosen(shell: Shell, command: str, pattern: str) -> dict[str, list[str]]:
    """The files a path or pattern means.

    Raises:
        InputError: there is none.
    """
    found = _logs(shell)
    if pattern in found:
        return {pattern: found[pattern]}
    chosen = {path: found[path] for path in found if fnmatchcase(path, pattern)}
    if not chosen:
        close = None if _WILD & set(pattern) else nearest(pattern, found)
        found_there = f"no file {pattern!r} on the node"
        listed = "'file list activelog *' lists what there is."
        raise InputError(Fault(command, found_there, "", close, listed))
    return chosen


def _list(shell: Shell, given: Given) -> str:
    chosen = [path for path in _logs(shell) if fnmatchcase(path, given["PATTERN"])]
    return "\n".join([*chosen, f"dir count = 0, file count = {len(chosen)}"])


def _view(shell: Shell, given: Given) -> str:
    chosen = _chosen(shell, "file view activelog", given["PATH"])
    return "\n".join(line for lines in chosen.values() for line in lines)


def _tail(shell: Shell, given: Given) -> str:
    count = given.get("LINES", str(TAIL_LINES))
    if not count.isdecimal() or int(count) < 1:
        raise InputError(Fault("file tail activelog", repr(count), "a number of lines"))
    chosen = _chosen(shell, "file tail activelog", given["PATH"])
    return "\n".join(line for lines in chosen.values() for line in lines[-int(count) :])


def _search(shell: Shell, given: Given) -> str:
    chosen = _chosen(shell, "file search activelog", given["PATH"])
    try:
        wanted = re.compile(given["REGEXP"].strip("\"'"))
    except (re.error, OverflowError, RecursionError) as error:
        found = f"{given['REGEXP']!r}: {error}"
        raise InputError(Fault("file search activelog", found, "a regular expression")) from None
    lines: list[str] = []
    for path, text in chosen.items():
        hits = [line for line in text if wanted.search(line)]
        if hits:
            lines += [f"Searching path: {path}", *hits]
    return "\n".join(lines)


def _get(shell: Shell, given: Given) -> str:
    chosen = _chosen(shell, "file get activelog", given["PATH"])
    told = []
    for path, lines in chosen.items():
        place = shell.folder / shell.node_name / path
        write_whole(place, "".join(f"{line}\n" for line in lines))
        told.append(f"{place}: {len(lines)} lines")
    return "\n".join(told)


_PATH = Argument("PATH", "path of a log, * stands for any part of it", _paths)
_PATTERN = Argument("PATTERN", "*, or a path with * in it", lambda _shell: ("*",))

COMMANDS = (
    Command(("file", "list", "activelog"), "log files of the node", _list, (_PATTERN,)),
    Command(("file", "view", "activelog"), "a log file", _view, (_PATH,)),
    Command(
        ("file", "tail", "activelog"), "the last lines of a log file", _tail,
        (_PATH, Argument("LINES", f"how many; {TAIL_LINES}", is_optional=True)),
    ),
    Command(
        ("file", "search", "activelog"), "lines of log files", _search,
        (_PATH, Argument("REGEXP", "what to look for", takes_rest=True)),
    ),
    Command(
        ("file", "get", "activelog"), "write log files into the console's folder", _get, (_PATH,)
    ),
)  # fmt: skip
