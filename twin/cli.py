"""The command line: parse, call, print. No logic.

Exit status: 0 all expectations hold, 1 an expectation failed, 2 wrong input, 3 our bug.
Results go to stdout, everything else to stderr. Heavy rooms are imported where they are used, so
that `twin --help` answers at once.
"""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from twin.errors import ConfigError, Fault, FormatError, InputError, TwinError

app = typer.Typer(
    help="A digital twin of a Cisco UC cluster's public-key infrastructure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Crypto(StrEnum):
    """How many config files are really signed."""

    LAZY = "lazy"
    EVERY_PHONE = "every_phone"


class SchemaKind(StrEnum):
    """Documents with a JSON Schema."""

    MODEL = "model"
    EXPERIMENT = "experiment"
    RESULT = "result"
    RELEASE = "release"
    PHONES = "phones"
    TIMING = "timing"


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    _Debug.on = debug


class _Debug:
    on = False


@app.command()
def run(
    experiment: Annotated[str, typer.Argument(help="Bundled experiment or path to one.")],
    model: Annotated[
        str | None, typer.Option(help="Bundled model or path, instead of the experiment's own.")
    ] = None,
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

    overrides = _overrides(set_ or [])
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
    experiment: Annotated[str, typer.Argument(help="Bundled experiment or path to one.")],
    out: Annotated[Path, typer.Option(help="Folder for manifest and rows.")],
    model: Annotated[
        str | None, typer.Option(help="Bundled model or path, instead of the experiment's own.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Root of the replicates' seeds.")] = None,
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
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one value in every run."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes on this machine; one per processor by default."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Run on this Dask cluster instead.")
    ] = None,
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
                experiment, model=model, seed=seed, set=_overrides(set_ or []),
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
def window(
    experiment: Annotated[str, typer.Argument(help="Bundled experiment or path to one.")],
    model: Annotated[
        str | None, typer.Option(help="Bundled model or path, instead of the experiment's own.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Root of the replicates' seeds.")] = None,
    confidence: Annotated[
        float, typer.Option(help="Share of runs a window is to be long enough for.")
    ] = 0.95,
    replicates: Annotated[int, typer.Option(help="Runs, each a seed.")] = 100,
    limit: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Chance of overrunning it, e.g. 4h.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one value in every run."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes on this machine; one per processor by default.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Run on this Dask cluster instead.")
    ] = None,
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
            experiment, model=model, seed=seed, set=_overrides(set_ or []), confidence=confidence,
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


@app.command()
def models() -> None:
    """List the bundled models."""
    from twin.report.consoles import stdout
    from twin.report.listings import list_models

    list_models(stdout())


@app.command()
def experiments() -> None:
    """List the bundled experiments."""
    from twin.report.consoles import stdout
    from twin.report.listings import list_experiments

    list_experiments(stdout())


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Documents to check.")],
) -> None:
    """Check documents and report every mistake in them."""
    from twin.config.load import load_any

    faults: list[Fault] = []
    for file in files:
        try:
            load_any(file)
        except InputError as error:
            faults += error.faults
        else:
            typer.echo(f"{file}: in order")
    if faults:
        raise ConfigError(faults)


@app.command()
def schema(
    kind: Annotated[SchemaKind, typer.Argument(help="Which document.")],
) -> None:
    """Print the JSON Schema of a document."""
    from twin.config.schema import json_schema

    typer.echo(json.dumps(json_schema(str(kind)), indent=2))


@app.command()
def assumptions(
    release: Annotated[str | None, typer.Option(help="Only this release's.")] = None,
) -> None:
    """List every parameter and fact that has no source, with its range and the reason."""
    from twin.report.consoles import stdout
    from twin.report.listings import list_assumptions

    list_assumptions(stdout(), release)


def _not_built(name: str, what: str) -> None:
    """A command of the public surface that a later version brings."""

    def command(
        _arguments: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    ) -> NoReturn:
        raise InputError(Fault(f"twin {name}", "a command that is not built yet", "", None, what))

    settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(name, hidden=True, context_settings=settings)(command)


_not_built("export", "Exports come with a later version.")
_not_built("console", "The console comes with a later version; twin.Twin can be stepped in Python.")
_not_built(
    "report", "Reports come with a later version; 'twin run' leaves storm.png and storm.svg."
)


def _overrides(pairs: list[str]) -> dict[str, object]:
    """--set PATH=VALUE pairs; values are read as YAML.

    Raises:
        InputError: a pair without `=`.
    """
    from twin.config.document import parse_value

    faults = [
        Fault("--set", repr(pair), "PATH=VALUE, e.g. model.release=12.5", None, None)
        for pair in pairs
        if "=" not in pair
    ]
    if faults:
        raise InputError(faults)
    split = (pair.split("=", 1) for pair in pairs)
    return {path.strip(): parse_value(value) for path, value in split}


def main() -> NoReturn:
    """The program `twin`."""
    try:
        app()
    except InputError as error:
        _complain(error, 2)
    except (FormatError, OSError) as error:
        _complain(error, 2)
    except TwinError as error:
        _complain(error, 3)
    except Exception as error:  # noqa: BLE001 - the last resort: a status, not a traceback
        _complain(error, 3)
    sys.exit(0)


def _complain(error: Exception, status: int) -> NoReturn:
    if _Debug.on:
        raise error
    text = str(error) or type(error).__name__
    if status == 3:
        text = f"twin: a fault of the program, please report it: {type(error).__name__}: {text}"
        text += "\n'twin --debug ...' shows where."
    typer.echo(text, err=True)
    sys.exit(status)
