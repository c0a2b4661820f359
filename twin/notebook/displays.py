"""Which of the twin's types is shown by which view.

Knows: names of types and of views; both are loaded when an object is shown for the first time.
Must not know what a view shows.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell

VIEWS = {
    "twin.api.RunResult": "twin.notebook.result_views.run",
    "twin.api.WindowAnswer": "twin.notebook.result_views.window",
    "twin.study.sweep_result.SweepResult": "twin.notebook.result_views.sweep",
    "twin.study.comparison.Comparison": "twin.notebook.result_views.comparison",
    "twin.trust_api.TrustAnswer": "twin.notebook.trust_view.trust",
    "twin.pki.certificates.Certificate": "twin.notebook.pki_views.certificate",
    "twin.pki.trust_list.TrustList": "twin.notebook.pki_views.trust_list",
    "twin.cluster.phone_view.PhoneView": "twin.notebook.live_views.phone",
    "twin.cluster.twin.Twin": "twin.notebook.live_views.live_twin",
    "twin.cluster.acts.scene.Outcome": "twin.notebook.live_views.outcome",
    "twin.notebook.planner.Plan": "twin.notebook.result_views.plan",
    "twin.notebook.checks.board.Verdict": "twin.notebook.result_views.verdict",
}
"""A type, and the function that makes a `View` of an object of it."""

FIGURE = ("matplotlib.figure", "Figure")


def register_where_it_runs() -> None:
    """Register with the IPython this is imported in, if there is one."""
    shell = get_ipython()
    if shell is not None:
        register(shell)


def register(shell: InteractiveShell) -> None:
    """Tell a shell how to show the twin's objects. Twice is as good as once."""
    formatter = shell.display_formatter
    if formatter is None:
        return
    for shown, view in VIEWS.items():
        module, _, name = shown.rpartition(".")
        formatter.mimebundle_formatter.for_type_by_name(module, name, _bundle_of(view))
    # A figure that is in no pyplot window has no picture in IPython unless somebody says so. What
    # `%matplotlib inline` says of figures comes before this.
    formatter.formatters["image/png"].for_type_by_name(*FIGURE, _picture)


def _bundle_of(view: str) -> Callable[..., dict[str, Any]]:
    module, _, name = view.rpartition(".")

    def bundle(shown: Any, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        made: dict[str, Any] = getattr(import_module(module), name)(shown).bundle()
        return made

    return bundle


def _picture(figure: Any) -> bytes:
    from twin.report.figure_files import figure_bytes

    return figure_bytes(figure, "png")
