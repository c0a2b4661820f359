"""The commands that answer a question: run, sweep, window, sensitivity."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from twin.cli.program import app, overrides_of

ExperimentName = Annotated[str, typer.Argument(help="Bundled experiment or path to one.")]
ModelName = Annotated[
    str | None, typer.Option(help="Bundled model or path, instead of the experiment's own.")
]
RootSeed = Annotated[int | None, typer.Option(help="Root of the replicates' seeds.")]
SetInEveryRun = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change one value in every run."),
]
Workers = Annotated[
    int | None, typer.Option(help="Processes on this machine; one per processor by default.")
]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Run on this Dask cluster instead.")
]


class Crypto(StrEnum):
    """How many config files are really signed."""

    LAZY = "lazy"
    EVERY_PHONE = "every_phone"


@app.command()
def run(
    experiment: ExperimentName,
    model: ModelName = None,
    seed: Annotated[int | None, typer.Option(help="Root of all chance.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Change one value, e.g. model.release=12.5 or timing.p_busy=0.1. May be repeated.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; results/EXPERIMENT by default.")
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the result document and nothing else.")
    ] = False,
    crypto: Annotated[
        Crypto, typer.Option(help="every_phone signs one config per phone; numbers stay the same.")
    ] = Crypto.LAZY,
    perturb_ties: Annotated[
        int | None,
        typer.Option(metavar="N", help="Shuffle same-instant work; outcomes must not change."),
    ] = None,
) -> None:
    """Run an experiment: table on the terminal, journal and figure in the results folder."""
    from twin.api import run as run_experiment
    from twin.report.consoles import stderr, stdout
    from twin.report.progress import progress_bar

    overrides = overrides_of(set_ or [])
    if out is None and not json_:
        out = Path("results") / Path(experiment).stem
    with progress_bar(stderr()) as progress:
        result = run_experiment(
            experiment, model=model, seed=seed, set=overrides, crypto=str(crypto), out=out,
            perturb_ties=perturb_ties, progress=progress,
        )  # fmt: skip
    if json_:
        typer.echo(result.document.model_dump_json(indent=2))
    else:
        from twin.metrics.counters import remedies_by_reason
        from twin.report.summary import print_summary

        remedies = remedies_by_reason(result.tables)
        print_summary(stdout(), result.document, result.config.timing.assumed(), remedies)
    if out is not None:
        typer.echo(f"written to {out}", err=True)
    raise typer.Exit(0 if result.passed else 1)


@app.command()
def sweep(
    experiment: ExperimentName,
    out: Annotated[Path, typer.Option(help="Folder for manifest and rows.")],
    model: ModelName = None,
    seed: RootSeed = None,
    replicates: Annotated[
        int | None,
        typer.Option(help="Runs of each variant, each a seed: 10, or with --until 1000 at most."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="METRIC:SHARE",
            help="Go on until a mean is known so well, e.g. recovery_s.p99:0.05 (95 % interval).",
        ),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH=A,B,C",
            help="Values to try, e.g. model.release=10.5,12.5. Repeated: every combination.",
        ),
    ] = None,
    sample: Annotated[
        int, typer.Option(metavar="N", help="Points of a Sobol sequence over the --over ranges.")
    ] = 0,
    over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH[=LOW:HIGH]",
            help="Sample this, by default over the timing profile's range. May be repeated.",
        ),
    ] = None,
    set_: SetInEveryRun = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the sweep in the folder.")
    ] = False,
) -> None:
    """Run an experiment many times: variants, samples, replicates. Only what is missing is run."""
    from twin.api import sweep as run_sweep
    from twin.report.consoles import stderr, stdout
    from twin.report.sweep_progress import sweep_progress_bar
    from twin.report.sweep_table import print_failures, print_sweep
    from twin.study.sweep_question import parse_over, parse_vary

    console = stderr()
    try:
        with sweep_progress_bar(console) as progress:
            result = run_sweep(
                experiment, model=model, seed=seed, set=overrides_of(set_ or []),
                vary=parse_vary(vary or []), sample=sample, over=parse_over(over or []),
                replicates=replicates, until=until, workers=workers, scheduler=scheduler,
                out=out, resume=resume, progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        typer.echo(f"stopped; the same with --resume goes on with what is in {out}", err=True)
        raise typer.Exit(130) from None
    print_failures(console, result)
    if result.failed < result.ran or not result.failed:
        print_sweep(stdout(), result)
    if until is not None:
        from twin.study.stopping import look, parse_target

        typer.echo(look(result, parse_target(until)), err=True)
    typer.echo(f"{result.ran} runs, written to {out}", err=True)
    raise typer.Exit(result.status)


@app.command()
def sensitivity(
    experiment: ExperimentName,
    metric: Annotated[
        str, typer.Option(help="The answer, a number of the result document.")
    ] = "recovery_s.p95",
    model: ModelName = None,
    seed: RootSeed = None,
    points: Annotated[int, typer.Option(help="Points of the parameter space, a power of 2.")] = 256,
    replicates: Annotated[int, typer.Option(help="Runs at each point.")] = 1,
    over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH[=LOW:HIGH]",
            help="A parameter to vary; by default every one without a source. May be repeated.",
        ),
    ] = None,
    indices: Annotated[
        int, typer.Option(metavar="N", help="Sobol's indices of the N strongest too.")
    ] = 0,
    set_: SetInEveryRun = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the document, for 'twin assumptions'.")
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the sensitivity document and nothing else.")
    ] = False,
) -> None:
    """Which assumptions an answer depends on: every one varied over its range."""
    from twin.api import sensitivity as find_sensitivity
    from twin.files import write_whole
    from twin.report.consoles import stderr, stdout
    from twin.report.sensitivity_table import print_sensitivity
    from twin.report.sweep_progress import sweep_progress_bar
    from twin.study.sweep_question import parse_over

    with sweep_progress_bar(stderr()) as progress:
        answer = find_sensitivity(
            experiment, metric, model=model, seed=seed, set=overrides_of(set_ or []),
            over=parse_over(over) if over else None, points=points, replicates=replicates,
            indices=indices, workers=workers, scheduler=scheduler, progress=progress,
        )  # fmt: skip
    text = answer.model_dump_json(indent=2) + "\n"
    if json_:
        typer.echo(text, nl=False)
    else:
        print_sensitivity(stdout(), answer)
    if out is not None:
        write_whole(out, text)
        typer.echo(f"written to {out}", err=True)


@app.command()
def window(
    experiment: ExperimentName,
    model: ModelName = None,
    seed: RootSeed = None,
    confidence: Annotated[
        float, typer.Option(help="Share of runs a window is to be long enough for.")
    ] = 0.95,
    replicates: Annotated[int, typer.Option(help="Runs, each a seed.")] = 100,
    limit: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Chance of overrunning it, e.g. 4h.")
    ] = None,
    set_: SetInEveryRun = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps the runs too; the same again runs what is missing."),
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the window document and nothing else.")
    ] = False,
) -> None:
    """How long the maintenance window must be: by step and in all, with confidence."""
    from twin.api import window as find_window
    from twin.report.consoles import stderr, stdout
    from twin.report.sweep_progress import sweep_progress_bar
    from twin.report.sweep_table import print_failures
    from twin.report.window_table import print_window

    console = stderr()
    with sweep_progress_bar(console) as progress:
        answer = find_window(
            experiment, model=model, seed=seed, set=overrides_of(set_ or []), confidence=confidence,
            limit=limit, replicates=replicates, workers=workers, scheduler=scheduler, out=out,
            progress=progress,
        )  # fmt: skip
    print_failures(console, answer.sweep)
    if out is None and not json_:
        out = Path("results") / f"window-{Path(experiment).stem}"
        answer.write(out)
    if json_:
        typer.echo(answer.document.model_dump_json(indent=2))
    else:
        print_window(stdout(), answer.document)
    if out is not None:
        typer.echo(f"written to {out}", err=True)
    raise typer.Exit(answer.sweep.status)
