"""The `admin:` shell over a live twin: product commands, SQL, time, why, undo."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twin.config.inputs import INPUTS_NAME
from twin.console.commands import GRAMMAR
from twin.console.session import Origin, Session
from twin.console.shell import Shell, Status
from twin.errors import Fault, InputError
from twin.pki.keys import KeyBank

__all__ = ["Shell", "Status", "open_shell"]


def open_shell(
    model_or_run: str,
    *,
    folder: Path,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    says_yes: bool = False,
    bank: KeyBank | None = None,
) -> Shell:
    """A shell at the publisher of a model, or of a run as it was at its end.

    Args:
        folder: where `file get` puts files.
        seed, overrides: for a model; a run has its own.

    Raises:
        InputError: neither a model nor a run, or an override of a run.
    """
    directory = Path(model_or_run)
    if (directory / INPUTS_NAME).is_file():
        if seed is not None or overrides:
            found = "a seed or --set of a run that is over"
            raise InputError(Fault(model_or_run, found, "the run as it was, or a model"))
        origin = Origin.of_run(directory)
    elif directory.is_dir():
        raise InputError(Fault(model_or_run, f"no {INPUTS_NAME} in it", "a folder of 'twin run'"))
    else:
        origin = Origin.of_model(
            model_or_run, seed=1 if seed is None else seed, overrides=overrides
        )
    session = Session(origin, bank)
    return Shell(session, GRAMMAR, folder=folder, says_yes=says_yes)
