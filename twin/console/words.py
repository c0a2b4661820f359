"""The twin's own words: time, phones, why, undo, branches, any step of an experiment.

Knows: the commands and what they print. Must not know how a session is played again (`session`)
nor why a phone is stuck (`explaining`).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from twin.cluster.selectors import select
from twin.config.actions import Selector
from twin.config.document import parse_value
from twin.config.single_step import check_selector
from twin.config.steps import ACTIONS
from twin.console.explaining import explain
from twin.console.grammar import Argument, Command, nearest
from twin.console.saving import save
from twin.console.shell import Given, Reply, Shell, Status
from twin.errors import Fault, InputError
from twin.phones.lifecycle import State
from twin.simtime import format_ms

AT_MOST = "4h"
"""How long `advance until` waits unless told otherwise."""
CONDITIONS = ("all_phones_registered", "quiet")
NAMES_MAX = 20
"""Phones that `phones stuck` names; the rest is counted."""
_FIELDS = ("site", "model", "population", "callmanager_group", "node", "registered")


# -- where and when -----------------------------------------------------------------------------


def _login(shell: Shell, given: Given) -> str:
    name = given["NODE"]
    aliases = shell.model.node_aliases
    shell.node_name = aliases.get(name, name)
    state = "" if shell.node.is_on else ", which is down"
    return f"{shell.node_name}{state}"


def _node_names(shell: Shell) -> list[str]:
    return list(dict.fromkeys((*shell.nodes, *shell.model.node_aliases)))


def _time(shell: Shell, _given: Given) -> str:
    twin = shell.session.twin
    return f"{twin.now:%Y-%m-%d %H:%M:%S} UTC, {format_ms(twin.now_ms)} after the start"


def _advance(shell: Shell, given: Given) -> Reply:
    words = given["TIME"].split(None, 2)
    if words[0].lower() != "until":
        step: dict[str, Any] = {"advance": {"for": given["TIME"]}}
    else:
        condition = words[1] if len(words) > 1 else ""
        if condition not in CONDITIONS:
            found = f"{condition!r} is nothing to wait for"
            expected = f"one of {', '.join(CONDITIONS)}"
            raise InputError(
                Fault("advance until", found, expected, nearest(condition, CONDITIONS))
            )
        at_most = words[2] if len(words) > 2 else AT_MOST
        step = {"wait": {"until": condition, "at_most": at_most}}
    reply = shell.act(step)
    if reply.status is not Status.DONE:
        return reply
    return Reply(_time(shell, given))


def _times(_shell: Shell) -> list[str]:
    return ["10m", "1h", *(f"until {one}" for one in CONDITIONS)]


# -- phones -------------------------------------------------------------------------------------


def selector_of(text: str, command: str) -> Selector:
    """Read `site=branch-001 model=8841`, or a selector as experiments write it in braces.

    Raises:
        InputError: not a selector.
    """
    if text.lstrip().startswith("{"):
        data = parse_value(text)
    else:
        pairs = [one.partition("=") for one in text.split()]
        wrong = next((field for field, equals, _ in pairs if not equals), None)
        if wrong is not None:
            expected = "FIELD=VALUE, e.g. site=branch-001"
            raise InputError(Fault(command, repr(wrong), expected, nearest(wrong, _FIELDS)))
        data = {field: parse_value(value) for field, _, value in pairs}
        for field in ("site", "model", "population", "callmanager_group", "node"):
            if field in data:
                data[field] = dict(item.partition("=")[::2] for item in text.split())[field]
    return check_selector(data, command)


def _phones(shell: Shell, given: Given) -> str:
    text = given.get("SELECTOR", "")
    if text.lower() == "stuck":
        return _stuck(shell)
    cluster = shell.cluster
    selector = selector_of(text, "phones")
    if selector.node is not None and selector.node not in shell.model.node_aliases:
        names = list(shell.model.node_aliases)
        found = f"no node {selector.node!r}"
        raise InputError(Fault("phones", found, "", nearest(selector.node, names)))
    chosen = select(cluster, selector, 0)
    columns = cluster.population
    states = Counter(columns.state[phone] for phone in chosen)
    lines = [f"{len(chosen)} phones"]
    lines += [f"  {_word(state)}: {states[state]}" for state in State if states[state]]
    sites = Counter(columns.group(phone).site for phone in chosen)
    if len(sites) > 1:
        lines.append("by site:")
    for site in sorted(sites) if len(sites) > 1 else ():
        here = Counter(
            columns.state[phone] for phone in chosen if columns.group(phone).site == site
        )
        told = ", ".join(f"{_word(state)} {here[state]}" for state in State if here[state])
        lines.append(f"  {cluster.network.sites[site].name}: {told}")
    return "\n".join(lines)


def _stuck(shell: Shell) -> str:
    found = shell.session.twin.stuck()
    lines = [f"{len(found)} phones are stuck"]
    for name in list(found)[:NAMES_MAX]:
        reasons = ", ".join(word.replace("_", " ") for word in found[name].reasons.words())
        lines.append(f"  {name}: {reasons}")
    if len(found) > NAMES_MAX:
        lines.append(f"  and {len(found) - NAMES_MAX} more")
    return "\n".join(lines)


def _word(state: State) -> str:
    return state.name.lower().replace("_", " ")


def _selectors(shell: Shell) -> list[str]:
    cluster = shell.cluster
    groups = cluster.population.groups
    sites = [f"site={site.name}" for site in cluster.network.sites]
    models = sorted({f"model={group.model}" for group in groups})
    populations = sorted({f"population={group.population}" for group in groups})
    return ["stuck", *sites, *models, *populations, "registered=true", "registered=false"]


def _reset(shell: Shell, given: Given) -> Reply:
    selector = selector_of(given.get("SELECTOR", ""), "reset phones")
    chosen = selector.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return shell.act({"reset_phones": {"select": chosen} if chosen else {}})


def _why(shell: Shell, given: Given) -> str:
    return explain(shell.session.twin, given["PHONE"])


def _phone_names(shell: Shell) -> list[str]:
    return shell.cluster.population.names


# -- any step -----------------------------------------------------------------------------------


def _do(shell: Shell, given: Given) -> Reply:
    step = parse_value(given["STEP"])
    if isinstance(step, str) and step in ACTIONS:
        step = {step: {}}
    if not isinstance(step, dict):
        expected = "a step as an experiment has it, e.g. {regenerate: {node: pub, unit: TVS}}"
        raise InputError(Fault("do", repr(given["STEP"]), expected, nearest(str(step), ACTIONS)))
    return shell.act(step)


def _steps(_shell: Shell) -> list[str]:
    return [f"{{{word}:" for word in ACTIONS]


# -- the session --------------------------------------------------------------------------------


def _history(shell: Shell, _given: Given) -> str:
    session = shell.session
    session.twin  # noqa: B018 - so that a run's steps are there to tell of
    lines = []
    if session.origin.is_run:
        lines.append(f"after {session.origin.config.experiment.name}:")
    for number, entry in enumerate(session.record, 1):
        ended = "" if entry.outcome.outcome == "done" else f" ({entry.outcome.message})"
        lines.append(f"{number:>3}  {format_ms(entry.ended_at_ms):>12}  {entry.words}{ended}")
    return "\n".join(lines) or "nothing was done yet"


def _undo(shell: Shell, given: Given) -> str:
    text = given.get("N", "1")
    if not text.isdecimal():
        raise InputError(Fault("undo", repr(text), "a number of steps"))
    taken = shell.session.undo(int(text))
    lines = [f"taken back: {entry.words}" for entry in reversed(taken)]
    return "\n".join([*lines, _time(shell, given)])


def _branch(shell: Shell, given: Given) -> str:
    left = shell.session.branch
    shell.session.start_branch(given["NAME"])
    return f"on {given['NAME']} now; {left} stays as it is"


def _branches(shell: Shell, _given: Given) -> str:
    session = shell.session
    return "\n".join(
        f"{'*' if name == session.branch else ' '} {name}: {count} steps"
        for name, count in session.branches.items()
    )


def _switch(shell: Shell, given: Given) -> str:
    shell.session.switch(given["NAME"])
    return f"on {given['NAME']} now, {_time(shell, given)}"


def _save(shell: Shell, given: Given) -> str:
    path = Path(given["FILE"])
    written = save(shell.session, path)
    names = " and ".join(map(str, written))
    return f"written to {names}; 'twin run {path}' gives the same journal"


def _help(shell: Shell, given: Given) -> str:
    return shell.grammar.help(given.get("COMMAND", ""))


def _exit(_shell: Shell, _given: Given) -> Reply:
    return Reply(is_end=True)


def _command_words(shell: Shell) -> list[str]:
    return [one.name for one in shell.grammar.commands]


_SELECTOR = Argument(
    "SELECTOR", "FIELD=VALUE ..., or stuck; every phone", _selectors, takes_rest=True,
    is_optional=True,
)  # fmt: skip
_CHOSEN = Argument(
    "SELECTOR", "FIELD=VALUE ...; every phone", lambda shell: _selectors(shell)[1:],
    takes_rest=True, is_optional=True,
)  # fmt: skip


def _of_twin(words: str, help_: str, deed: Any, *arguments: Argument) -> Command:
    return Command(tuple(words.split()), help_, deed, arguments, is_of_twin=True)


COMMANDS = (
    _of_twin(
        "login", "go to another node's command line", _login,
        Argument("NODE", "node or alias", _node_names, is_closed=True),
    ),
    _of_twin("time", "the simulated time", _time),
    _of_twin(
        "advance", "let time pass", _advance,
        Argument("TIME", "10m, or until CONDITION [AT MOST]", _times, takes_rest=True),
    ),
    _of_twin("phones", "phones by state and site", _phones, _SELECTOR),
    _of_twin("reset phones", "reset phones from administration", _reset, _CHOSEN),
    _of_twin(
        "why", "why a phone is stuck, step by step, and what would free it", _why,
        Argument("PHONE", "device name", _phone_names),
    ),
    _of_twin(
        "do", "any step of an experiment", _do,
        Argument("STEP", "{WORD: {ARGUMENT: VALUE}}", _steps, takes_rest=True),
    ),
    _of_twin("history", "the steps of this branch", _history),
    _of_twin(
        "undo", "take steps back, as if never done", _undo,
        Argument("N", "how many; 1", is_optional=True),
    ),
    _of_twin(
        "branch", "go on under another name", _branch, Argument("NAME", "name of the new branch")
    ),
    _of_twin("branches", "the branches of the session", _branches),
    _of_twin(
        "switch", "go to another branch", _switch,
        Argument("NAME", "branch", lambda shell: shell.session.branches, is_closed=True),
    ),
    _of_twin(
        "save", "write the session as an experiment", _save,
        Argument("FILE", "NAME.yaml", takes_rest=True),
    ),
    _of_twin(
        "help", "the commands", _help,
        Argument("COMMAND", "its first words", _command_words, takes_rest=True, is_optional=True),
    ),
    _of_twin("exit", "leave", _exit),
    _of_twin("quit", "leave", _exit),
)  # fmt: skip
