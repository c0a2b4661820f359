"""Hidden checks of the exercises in notebooks/: `check("1.2", answer)`.

The right answer is computed from the twin when it is asked for and is written down nowhere.
"""

from __future__ import annotations

from twin.notebook.checks.board import Verdict, check, exercises

__all__ = ["Verdict", "check", "exercises"]
