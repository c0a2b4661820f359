"""Log lines of the journal: what nodes, Expressways and phones would have written, and its reading.

files(rows, epoch)   every file of some journal rows
Writer(epoch)        the same, row by row
"""

from __future__ import annotations

from twin.logs.catalogue import FAMILIES, Writer, files
from twin.logs.shapes import LogRecord

__all__ = ["FAMILIES", "LogRecord", "Writer", "files"]
