"""The commands about TLS legs: capture, graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.program import app

RunDir = Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that 'twin run' wrote.")]


@app.command()
def capture(
    run_dir: RunDir,
    leg: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LEG]",
            help="A number of the list, or kind, client, server, e.g. L7 expc cucm-sub.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The pcap file to write.")] = Path("leg.pcap"),
) -> None:
    """Write a TLS handshake of a run as a pcap file; without LEG, list them."""
    from twin.config.inputs import read_inputs
    from twin.files import write_whole
    from twin.report.consoles import stdout
    from twin.report.trust_table import print_handshakes
    from twin.study.captures import capture as capture_of
    from twin.study.replay import choose, handshakes

    found = handshakes(run_dir)
    if not leg:
        print_handshakes(stdout(), found, read_inputs(run_dir).config.experiment.epoch)
        return
    chosen = choose(found, " ".join(leg))
    write_whole(out, capture_of(run_dir, chosen))
    typer.echo(f"{chosen.number} {chosen.name} written to {out}", err=True)


@app.command()
def graph(
    source: Annotated[
        str, typer.Argument(metavar="MODEL|RUN_DIR", help="A model at its start, a run at its end.")
    ],
    out: Annotated[Path | None, typer.Option(help="File to write: .svg, .png or .graphml.")] = None,
    if_regenerated: Annotated[
        list[str] | None,
        typer.Option(metavar="NODE:UNIT", help="Who breaks? Repeated: all of them together."),
    ] = None,
    if_expired: Annotated[
        str | None, typer.Option(metavar="NODE:UNIT", help="Who breaks when it expires?")
    ] = None,
    if_deleted: Annotated[
        str | None,
        typer.Option(metavar="NODE:NAME", help="Who breaks without this trust entry (*: of all)?"),
    ] = None,
) -> None:
    """Who trusts whom: every leg judged, what is missing, what a change would break."""
    from twin.report.consoles import stdout
    from twin.report.trust_table import print_effects, print_explanations, print_legs
    from twin.trust_api import trust

    answer = trust(
        source, if_regenerated=if_regenerated or (), if_expired=if_expired, if_deleted=if_deleted
    )
    console = stdout()
    print_legs(console, answer.legs)
    print_explanations(console, answer.explanations)
    if answer.question:
        print_effects(console, answer.question, answer.effects)
    if out is not None:
        answer.write(out)
        typer.echo(f"written to {out}", err=True)
