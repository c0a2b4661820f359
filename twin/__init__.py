"""cucm-twin: a digital twin of a Cisco Unified Communications cluster's public-key infrastructure.

The Python surface. Everything is loaded when first used, so that `import twin` costs nothing:

    run             run an experiment, get a result
    export          write a cluster's certificates, stores and lists as files
    sweep           run it many times, get a table
    compare         two variants of a sweep, pair by pair
    window          how long the maintenance window must be
    render_logs     the log files that the nodes would have written
    parse_log       the records of such a file
    trust           who trusts whom, and who breaks if a certificate changes
    Twin            a live cluster to step through by hand
    load_model      a validated model document
    load_experiment a validated experiment document
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.api import RunResult as RunResult
    from twin.api import WindowAnswer as WindowAnswer
    from twin.api import export as export
    from twin.api import run as run
    from twin.api import sweep as sweep
    from twin.api import window as window
    from twin.cluster.twin import Twin as Twin
    from twin.config.load import load_experiment as load_experiment
    from twin.config.load import load_model as load_model
    from twin.errors import TwinError as TwinError
    from twin.logs_api import LogRecord as LogRecord
    from twin.logs_api import parse_log as parse_log
    from twin.logs_api import render_logs as render_logs
    from twin.logs_api import write_logs as write_logs
    from twin.study.comparison import Comparison as Comparison
    from twin.study.comparison import compare as compare
    from twin.study.sweep_result import SweepResult as SweepResult
    from twin.trust_api import trust as trust

_HOMES = {
    "run": "twin.api",
    "RunResult": "twin.api",
    "export": "twin.api",
    "sweep": "twin.api",
    "SweepResult": "twin.study.sweep_result",
    "compare": "twin.study.comparison",
    "Comparison": "twin.study.comparison",
    "window": "twin.api",
    "WindowAnswer": "twin.api",
    "sensitivity": "twin.api",
    "trust": "twin.trust_api",
    "render_logs": "twin.logs_api",
    "write_logs": "twin.logs_api",
    "parse_log": "twin.logs_api",
    "LogRecord": "twin.logs_api",
    "SensitivityResult": "twin.config.sensitivity_result",
    "Twin": "twin.cluster.twin",
    "load_model": "twin.config.load",
    "load_experiment": "twin.config.load",
    "TwinError": "twin.errors",
}

__all__ = [
    "Comparison", "LogRecord", "RunResult", "SensitivityResult", "SweepResult", "Twin",
    "TwinError", "WindowAnswer", "compare", "export", "load_experiment", "load_model", "parse_log",
    "render_logs", "run", "sensitivity", "sweep", "trust", "window", "write_logs",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'twin' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__doc__"]


# Inside IPython results show themselves as tables and figures; elsewhere this costs a look-up.
if "IPython" in sys.modules:
    import_module("twin.notebook.displays").register_where_it_runs()
