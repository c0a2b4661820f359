"""Assumptions of a run: which parameters without a source took part in it, and what hangs on them.

Knows: parameters, what is known of their influence. Must not know how a run is measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twin.config.sensitivity_result import Influence, SensitivityResult
from twin.config.timing import Parameter, TimingProfile
from twin.report.page import plain
from twin.report.page_table import Cell, Mark, PageTable, code, page_table


def relevant_assumptions(
    timing: TimingProfile, reasons: Mapping[str, str]
) -> list[tuple[str, Parameter]]:
    """The parameters without a source that took part in a run.

    Args:
        reasons: what took part and why (`twin.metrics.relevance.took_part`).
    """
    return [(name, parameter) for name, parameter in timing.assumed() if name in reasons]


def assumptions_table(
    timing: TimingProfile, reasons: Mapping[str, str], known: SensitivityResult | None
) -> PageTable:
    """Each with its value, range, why it took part and its influence; the strongest first."""
    found = relevant_assumptions(timing, reasons)
    order = {name: place for place, (name, _) in enumerate(found)}
    found.sort(key=lambda one: (-_strength(known, one[0]), order[one[0]]))
    rows = [
        (
            code(name), _value(parameter), f"{parameter.low:g} to {parameter.high:g}",
            parameter.description, reasons[name], _influence(known, name),
        )
        for name, parameter in found
    ]  # fmt: skip
    columns = ("Parameter", "Value", "May be", "What it is", "In this run because", "Influence")
    return page_table(
        "Assumptions that took part in this run, the strongest influence first", columns, rows,
        numbers=("Value",), most=len(rows),
    )  # fmt: skip


def changed_table(timing: TimingProfile) -> PageTable:
    """Parameters that the run was made with another value of than the profile's."""
    changed = [(name, one) for name, one in timing.parameters().items() if one.value != one.default]
    rows: Sequence[tuple[str | Cell, ...]] = [
        (code(name), _value(one), f"{one.default:g}", one.description) for name, one in changed
    ]
    return page_table(
        "Parameters set by the experiment or by the caller",
        ("Parameter", "In this run", "Otherwise", "What it is"), rows,
        numbers=("In this run", "Otherwise"), most=60, rest="inputs.json has them",
    )  # fmt: skip


def influence_note(known: SensitivityResult | None) -> str:
    """Where the influences come from."""
    if known is None:
        return "Nothing is known of their influence: 'twin sensitivity' finds it."
    return (
        f"Influence: partial rank correlation with {known.metric} of {known.experiment} on "
        f"{known.model}, release {known.release}, from {known.points} points; -1 and 1 are the "
        "strongest. It was found there, and is a hint elsewhere: 'twin sensitivity' finds it for "
        "any experiment."
    )


def _value(parameter: Parameter) -> str:
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    return f"{plain(parameter.value)}{unit}"


def _strength(known: SensitivityResult | None, name: str) -> float:
    found = _found(known, name)
    return abs(found.prcc) if found is not None and found.matters else 0.0


def _influence(known: SensitivityResult | None, name: str) -> Cell:
    found = _found(known, name)
    if found is None:
        return Cell("not tried", Mark.QUIET)
    if not found.matters:
        return Cell("none found", Mark.QUIET)
    return Cell(f"{found.prcc:+.2f}")


def _found(known: SensitivityResult | None, name: str) -> Influence | None:
    return None if known is None else known.influence(f"timing.{name}")
