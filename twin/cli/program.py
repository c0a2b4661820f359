"""The program itself: its options, its exit status, how it complains."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from twin.errors import Fault, FormatError, InputError, TwinError

app = typer.Typer(
    help="A digital twin of a Cisco UC cluster's public-key infrastructure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    _Debug.on = debug


class _Debug:
    on = False


def overrides_of(pairs: list[str]) -> dict[str, object]:
    """Split --set PATH=VALUE pairs; values are read as YAML.

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
