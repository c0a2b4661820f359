"""How the twin's objects show themselves in a notebook, and what lessons need beside.

`import twin` inside IPython registers the displays (`twin.notebook.displays`); `%load_ext
twin.notebook` does the same by hand. No room below knows HTML, IPython or a widget.

    displays    which type is shown by which view
    planner     a maintenance window to play with, and `sliders` for it
    checks      `check("1.2", answer)`: the exercises' hidden checks
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What `%load_ext twin.notebook` calls."""
    from twin.notebook.displays import register

    register(shell)
