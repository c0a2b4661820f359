"""`run sql`: a query on the replica of the node, printed as the product prints it.

Knows: the command. Must not know SQL (`database`) nor what is in a table (`tables`).
"""

from __future__ import annotations

from twin.console.database import query
from twin.console.grammar import Argument, Command
from twin.console.shell import Given, Shell
from twin.console.tables import tables_of
from twin.outputs import sql_table


def _run(shell: Shell, given: Given) -> str:
    found = query(given["SELECT"], tables_of(shell.home, shell.up()))
    return sql_table.write(found.columns, found.rows)


def _beginnings(shell: Shell) -> list[str]:
    return [f"select * from {name}" for name in tables_of(shell.home, shell.node)]


COMMANDS = (
    Command(
        ("run", "sql"), "query the node's replica of the database", _run,
        (Argument("SELECT", "select ... from ... where ...", _beginnings, takes_rest=True),),
    ),
)  # fmt: skip
