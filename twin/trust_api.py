"""The Python surface's `trust`: questions about trust, whose answers draw themselves.

Knows: `twin.study`, `twin.graph` and `twin.report`. Holds no logic of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from twin.errors import Fault, InputError
from twin.study.trust import TrustAnswer as Trust
from twin.study.trust import ask


@dataclass(frozen=True)
class TrustAnswer(Trust):
    """How every leg stands, what is missing, what a change would do: `plot()`, `graph()`."""

    def plot(self) -> Any:
        """The trust graph as a matplotlib Figure."""
        from twin.graph.picture import picture
        from twin.report.trust_figure import trust_figure

        model = self.twin.cluster.model
        moment = f"{self.twin.now:%Y-%m-%d %H:%M} UTC"
        subtitle = f"release {self.twin.cluster.release.name}, {moment}; red: no new connection"
        if self.question:
            subtitle += f"; dashed: {self.question[0].lower()}{self.question[1:]}"
        return trust_figure(picture(self.questions, self.effects), model.name, subtitle)

    def graph(self) -> Any:
        """Systems, certificates, stores and legs: a networkx MultiDiGraph."""
        from twin.graph.network import trust_graph

        return trust_graph(self.questions)

    def write(self, path: Path) -> None:
        """Write .svg or .png (the figure) or .graphml (the graph), by the file's name.

        Raises:
            InputError: another kind of file.
        """
        form = path.suffix.removeprefix(".")
        if form == "graphml":
            from twin.graph.network import write_graphml

            write_graphml(self.graph(), path)
        elif form in ("svg", "png"):
            from twin.report.figure_files import write_figure

            path.parent.mkdir(parents=True, exist_ok=True)
            write_figure(self.plot(), path.with_suffix(""), (form,))
        else:
            raise InputError(Fault("--out", repr(path.name), "a name in .svg, .png or .graphml"))

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        from twin.report.figure_files import figure_bytes

        return figure_bytes(self.plot(), "png")


def trust(
    source: str | Path,
    *,
    if_regenerated: Sequence[str] = (),
    if_expired: str | None = None,
    if_deleted: str | None = None,
) -> TrustAnswer:
    """Who trusts whom in a model at its start or a run at its end, and who breaks if.

    Args:
        source: bundled model or path to one, or the folder of a run.
        if_regenerated: NODE:UNIT of certificates regenerated together, services restarted.
        if_expired: NODE:UNIT, or NODE:NAME of a trusted certificate.
        if_deleted: NODE:NAME of a trust entry, *:NAME for every store.

    Raises:
        InputError: no such model, run or certificate; more than one question.
    """
    found = ask(
        str(source), if_regenerated=if_regenerated, if_expired=if_expired, if_deleted=if_deleted
    )
    return TrustAnswer(**{field.name: getattr(found, field.name) for field in fields(found)})
