"""`run sql`: a query on tables that are made while it is asked, and on nothing else.

Knows: SQLite, what a query may do, how much it may cost, Informix's words for what is wrong with
it. Must not know what is in a table (`tables`) nor how a result is printed (`twin.outputs`).

A query reads and never writes: SQLite asks before each thing it is about to do, and every answer
but that for reading one of the tables is no. Only the tables that a query names are filled.

Source: IBM Informix error messages -201, -206 and -217 for the wording. Assumption: of Informix's
dialect FIRST, SKIP and MATCHES are understood; the rest is what SQLite understands.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from twin.console.grammar import nearest
from twin.errors import Fault, InputError

ROWS_MAX = 100_000
"""Rows of a result. The greatest model has 80,000 phones."""
STEPS_MAX = 10_000_000
"""Steps of SQLite's machine that a query may take, about a second's worth."""
VALUE_BYTES_MAX = 1_000_000
QUERY_BYTES_MAX = 10_000
_STEPS_BETWEEN_LOOKS = 10_000

Row = Sequence[str | int | None]

_QUOTED = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")")
_FIRST = re.compile(r"select\s+(?:skip\s+(\d{1,9})\s+)?first\s+(\d{1,9})\s+(.*)", re.I | re.S)
_MATCHES = re.compile(r"\bmatches\b", re.I)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, the first of which is its key, and what fills it."""

    columns: tuple[str, ...]
    rows: Callable[[], Iterable[Row]]


@dataclass(frozen=True, slots=True)
class Result:
    """What a query found."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]


def query(sql: str, tables: Mapping[str, Table]) -> Result:
    """Carry out one SELECT.

    Raises:
        InputError: not a SELECT, a table or column that is not there, or one that asks too much.
    """
    if not re.match(r"\s*select\b", sql, re.I):
        word = sql.split(None, 1)[0] if sql.strip() else "nothing"
        raise _fault(f"{word!r}, which is not carried out here", "a SELECT: the tables are read")
    guard = _Guard(tables)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        return _Query(connection, guard, _in_sqlite(sql)).result(tables)
    except sqlite3.Error as error:
        raise _worded(error, guard, tables) from None
    except (ValueError, OverflowError, MemoryError) as error:
        raise _fault(f"not a query that can be read ({type(error).__name__})") from None
    finally:
        connection.close()


class _Guard:
    """Answers what SQLite asks before it does anything, and counts its steps."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.named: dict[str, None] = {}
        self.refused = ""
        """The table that was refused, if one was."""
        self.was_stopped = False
        self._tables = tables
        self._looks_left = STEPS_MAX // _STEPS_BETWEEN_LOOKS

    def answer(self, action: int, first: str | None, *_rest: object) -> int:
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and first is not None and first in self._tables:
            self.named[first] = None
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and not first:
            return sqlite3.SQLITE_OK  # a column of a query inside the query
        if action == sqlite3.SQLITE_READ:
            self.refused = str(first)
        return sqlite3.SQLITE_DENY

    def look(self) -> int:
        self._looks_left -= 1
        self.was_stopped = self._looks_left < 0
        return int(self.was_stopped)


class _Query:
    """One query on a connection of its own."""

    def __init__(self, connection: sqlite3.Connection, guard: _Guard, sql: str) -> None:
        self._connection = connection
        self._guard = guard
        self._sql = sql

    def result(self, tables: Mapping[str, Table]) -> Result:
        connection, guard = self._connection, self._guard
        connection.execute("pragma case_sensitive_like = on")  # as Informix compares
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)
        connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, QUERY_BYTES_MAX)
        for name, table in tables.items():
            connection.execute(f"create table {name} ({', '.join(table.columns)})")
        connection.set_authorizer(guard.answer)
        connection.execute(f"explain {self._sql}").close()  # which tables it reads
        connection.set_authorizer(None)
        for name in guard.named:
            self._fill(name, tables[name])
        connection.set_authorizer(guard.answer)
        connection.set_progress_handler(guard.look, _STEPS_BETWEEN_LOOKS)
        cursor = connection.execute(self._sql)
        rows = cursor.fetchmany(ROWS_MAX + 1)
        if len(rows) > ROWS_MAX:
            raise _fault(f"more than {ROWS_MAX} rows", "a narrower query")
        return Result(tuple(str(one[0]).lower() for one in cursor.description), tuple(rows))

    def _fill(self, name: str, table: Table) -> None:
        marks = ", ".join("?" for _ in table.columns)
        self._connection.execute("begin")
        self._connection.executemany(f"insert into {name} values ({marks})", table.rows())
        self._connection.execute(f"create index {name}_key on {name} ({table.columns[0]})")
        self._connection.execute("commit")


def _in_sqlite(sql: str) -> str:
    """Informix's FIRST, SKIP and MATCHES in SQLite's words."""
    pieces = _QUOTED.split(sql)
    pieces[::2] = [_MATCHES.sub("glob", piece) for piece in pieces[::2]]
    sql = "".join(pieces).strip().rstrip(";")
    limited = _FIRST.fullmatch(sql)
    if limited is None:
        return sql
    skipped, first, rest = limited.groups()
    return f"select {rest} limit {first} offset {skipped or 0}"


def _fault(found: str, expected: str = "", near: str | None = None) -> InputError:
    return InputError(Fault("run sql", found, expected, near))


def _worded(error: sqlite3.Error, guard: _Guard, tables: Mapping[str, Table]) -> InputError:
    """What SQLite says, in Informix's words where it has some."""
    text = str(error).rstrip(".")
    if guard.was_stopped:
        return _fault(f"stopped after {STEPS_MAX} steps", "a query that asks less")
    missing = re.fullmatch(r"no such table: (.+)", text)
    if missing or guard.refused:
        name = (missing[1] if missing else guard.refused).removeprefix("main.")
        return _fault(
            f"The specified table ({name}) is not in the database", "", nearest(name, tables)
        )
    column = re.fullmatch(r"no such column: (.+)", text)
    if column:
        columns = [one for table in tables.values() for one in table.columns]
        found = f"Column ({column[1]}) not found in any table in the query"
        return _fault(found, "", nearest(column[1].split(".")[-1], dict.fromkeys(columns)))
    if "syntax error" in text or "incomplete input" in text or "unrecognized token" in text:
        return _fault(f"A syntax error has occurred ({text})")
    if "not authorized" in text:
        return _fault("something else than reading", "a SELECT: the tables are read")
    return _fault(text)
