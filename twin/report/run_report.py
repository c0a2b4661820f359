"""The page of a run: the question, the answer, what happened, who is stuck, what it rests on.

Knows: which part stands where and when it is left out. Must not know how a number came about, nor
any HTML (`templates/run.html`).
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from twin.config.model import ModelConfig
from twin.config.sensitivity_result import SensitivityResult
from twin.config.words import SecurityMode
from twin.graph.picture import ending, picture
from twin.metrics.breakdown import parts
from twin.metrics.counters import remedies_by_reason
from twin.metrics.relevance import took_part
from twin.metrics.storm import operator_steps
from twin.report import run_tables as tables_of
from twin.report.answers import answer
from twin.report.assumed_table import (
    assumptions_table,
    changed_table,
    influence_note,
)
from twin.report.page import count, page
from twin.report.page_figures import page_figure
from twin.report.page_table import Cell, Mark, PageTable, page_table
from twin.report.storm_figure import storm_figure
from twin.report.trust_figure import trust_figure
from twin.study.run_folder import RunFolder
from twin.study.trust import TrustAnswer


@dataclass(frozen=True, slots=True)
class Trust:
    """The section on TLS legs: a figure, the legs, what is missing."""

    figure: Markup
    legs: PageTable
    missing: PageTable


def run_report(
    folder: RunFolder,
    known: SensitivityResult | None = None,
    trust: TrustAnswer | None = None,
) -> str:
    """The page of a run as HTML, the same bytes for the same run.

    Args:
        known: what is known of the parameters' influence.
        trust: how the legs stand at the end, for a model that has some.
    """
    document, tables, config = folder.document, folder.tables, folder.inputs.config
    remedies = remedies_by_reason(tables)
    reasons = took_part(tables, config.model)
    has_phones = bool(tables.phone_count)
    is_storm = has_phones and bool(document.metrics.resets_total or folder.occupancy.at_ms.size)
    site_parts = parts(tables, folder.occupancy, "site") if has_phones else []
    model_parts = parts(tables, folder.occupancy, "model") if has_phones else []
    return page(
        "run.html",
        experiment=config.experiment,
        document=document,
        answer=answer(document, remedies),
        headline=tables_of.headline(document),
        storm=_storm(folder) if is_storm else None,
        steps=tables_of.steps_table(tables, document, folder.epoch),
        waves=tables_of.waves_table(document),
        sites=tables_of.parts_table("What the run cost, by site", "Site", site_parts),
        models=tables_of.parts_table("What the run cost, by model of phone", "Model", model_parts),
        stuck=tables_of.stuck_table(document, remedies),
        stuck_phones=tables_of.stuck_phones_table(tables),
        expectations=tables_of.expectations_table(document),
        alarms=tables_of.alarms_table(document),
        sessions=tables_of.sessions_table(document),
        trust=None if trust is None else _trust(trust),
        assumptions=assumptions_table(config.timing, reasons, known),
        assumed_in_all=len(config.timing.assumed()),
        influence_note=influence_note(known),
        changed=changed_table(config.timing),
        version=folder.inputs.version,
    )


def has_legs(model: ModelConfig) -> bool:
    """Whether a model has TLS legs worth a graph: systems around the cluster, or secure phones."""
    if model.expressways or model.systems or model.imp_nodes or model.sip_systems:
        return True
    return any(part.security_mode is not SecurityMode.NON_SECURE for part in model.phones)


def _storm(folder: RunFolder) -> Markup:
    """The storm figure, with what it shows in a sentence."""
    figure = storm_figure(folder.tables, folder.occupancy, folder.epoch, None)
    metrics, document = folder.document.metrics, folder.document
    steps = len(operator_steps(folder.tables))
    finding = (
        f"After {steps} {'step' if steps == 1 else 'steps'} of the operator at most "
        f"{count(metrics.peak_unregistered)} of {count(document.phones)} phones are out of service "
        f"at once, {count(metrics.phones_unregistered_at_end)} are at the end. At most "
        f"{count(metrics.tftp.queue_peak)} requests wait at a TFTP node and "
        f"{count(metrics.registration.queue_peak)} phones for registration at a node. The tables "
        "below have the numbers."
    )
    return page_figure(figure, "storm", "Phones by what they are doing, over time", finding)


def _trust(found: TrustAnswer) -> Trust:
    failing = [one for one in found.legs if not one.verdict.succeeded]
    drawn = trust_figure(picture(found.questions), "", "")
    finding = (
        f"Of {len(found.legs)} legs {len(failing)} come to nothing at the end of the run."
        if failing
        else f"A new connection over each of the {len(found.legs)} legs comes about."
    )
    ordered = sorted(found.legs, key=lambda one: one.verdict.succeeded)
    legs = page_table(
        "Legs at the end of the run, those that fail first",
        ("Leg", "Client", "Server", "A new connection", "Reasons"),
        [
            (
                one.leg.kind, one.leg.client.name, f"{one.leg.server.name}:{one.leg.port}",
                Cell(ending(one.verdict), Mark.GOOD)
                if one.verdict.succeeded
                else Cell(f"{one.verdict.refused_by} refuses: {ending(one.verdict)}", Mark.BAD),
                ", ".join(one.verdict.reasons).replace("_", " "),
            )
            for one in ordered
        ],
        rest="'twin graph' with the folder of this run lists them",
    )  # fmt: skip
    missing = page_table(
        "Certificates that, put into a trust store, would mend what fails",
        ("Missing certificate", "At", "Would mend"),
        [
            (
                one.certificate.subject, ", ".join(one.systems),
                "all that fail" if one.explains_all else f"{len(one.legs)} of those that fail",
            )
            for one in found.explanations
        ],
        rest="'twin graph' with the folder of this run lists them",
    )  # fmt: skip
    return Trust(page_figure(drawn, "trust", "Who trusts whom", finding), legs, missing)
