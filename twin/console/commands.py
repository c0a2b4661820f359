"""The table of all commands.

Knows: which modules have rows.
"""

from __future__ import annotations

from twin.console import activelog, certificates, files, lists, platform, services, sql, words
from twin.console.grammar import Grammar

GRAMMAR = Grammar(
    (
        *certificates.COMMANDS,
        *lists.COMMANDS,
        *services.COMMANDS,
        *platform.COMMANDS,
        *files.COMMANDS,
        *activelog.COMMANDS,
        *sql.COMMANDS,
        *words.COMMANDS,
    )
)
"""Everything the console understands."""
