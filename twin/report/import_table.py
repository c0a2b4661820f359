"""What an import decided, on the terminal: a line per decision, what needs a look first.

Knows: decisions. Must not know how they were made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from twin.importer.evidence import Decision, Grade
from twin.importer.model_text import STAND_IN_NOTE

_ORDER = (Grade.NOT_READ, Grade.CONTRADICTION, Grade.DEFAULT, Grade.LEFT_OUT, Grade.READ)


def print_import(console: Console, decisions: Sequence[Decision]) -> None:
    """Every decision with its value and source, those that need a look first."""
    for grade in _ORDER:
        for one in decisions:
            if one.grade is grade:
                is_for_you = grade in (Grade.NOT_READ, Grade.CONTRADICTION)
                line = Text(f"{grade!s:<14}", style="bold" if is_for_you else "")
                value = f": {one.value}" if one.value else ""
                line.append(f"{one.what}{value} ({one.source})", style="")
                console.print(line, soft_wrap=True)
    counts = Counter(one.grade for one in decisions)
    console.print()
    console.print(
        ", ".join(f"{counts[grade]} {grade}" for grade in reversed(_ORDER)), soft_wrap=True
    )
    console.print(STAND_IN_NOTE, soft_wrap=True)
