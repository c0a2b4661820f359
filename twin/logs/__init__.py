"""Log lines of the journal: what nodes, Expressways and phones would have written, and its reading.

files(rows, epoch)             every file of some journal rows: path and lines
Writer(epoch)                  the same, row by row
phone_records(rows, ...)       phone events as rows for both
write_files(rows, epoch, dir)  into a folder
parse(path or lines)           the records of a log file
"""

from __future__ import annotations

from twin.logs.catalogue import FAMILIES, Writer, files
from twin.logs.phones import phone_records
from twin.logs.reading import kinds, parse
from twin.logs.shapes import LogRecord
from twin.logs.writing import write_files

__all__ = [
    "FAMILIES", "LogRecord", "Writer", "files", "kinds", "parse", "phone_records", "write_files",
]  # fmt: skip
