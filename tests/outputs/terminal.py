"""What terminals and logging programs do to text, for the tests that must read it all the same."""

from __future__ import annotations

PAGER = "Press <enter> for 1 line, <space> for one page, or <q> to quit"


def logged(text: str, command: str, *, width: int = 0, page: int = 0, crlf: bool = False) -> str:
    """Return `text` as a session's log: prompt and echo around it, wrapped, paged, CRLF."""
    rows: list[str] = []
    for line in text.splitlines():
        if width:
            rows += [line[at : at + width] for at in range(0, max(1, len(line)), width)]
        else:
            rows.append(line)
    if page:
        rows = [
            part
            for number, row in enumerate(rows, start=1)
            for part in ([row] if number % page else [row, PAGER])
        ]
    end = "\r\n" if crlf else "\n"
    return end.join(["Command Line Interface is starting up", f"admin:{command}", *rows, "admin:"])
