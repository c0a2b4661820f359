"""Client certificate-based security of an Expressway's web interface.

Knows: the mode that is set and the one in force since the last restart, and how a user name is made
of a subject. Must not know who logs in.

Source: edge-presence-video 1.6 (Expressway Administrator Guide, certificate-based authentication):
three modes, a restart between setting and effect; named groups of an expression put into a
template. Assumption: the expression is sought in the subject as it is printed, CN=..;OU=..
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from twin.pki.certificates import Certificate

_GROUP = re.compile(r"\(\?<(?![=!])")


class Mode(StrEnum):
    """What the web interface asks of a browser."""

    NOT_REQUIRED = "not_required"
    VALIDATION = "certificate_validation"
    AUTHENTICATION = "certificate_based_authentication"


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of the page.

    Args:
        expression: with groups written (?<name>...).
        template: of the user name, #name# for a group.
    """

    mode: Mode = Mode.NOT_REQUIRED
    expression: str = "CN=(?<name>[^;]*)"
    template: str = "#name#"

    def user_of(self, certificate: Certificate) -> str:
        """The user name in a certificate; empty if the expression finds nothing."""
        found = re.search(_GROUP.sub("(?P<", self.expression), certificate.subject)
        if found is None:
            return ""
        name = self.template
        for group, value in found.groupdict().items():
            name = name.replace(f"#{group}#", value or "")
        return name


class AdminAccess:
    """Settings on disk, and those in force."""

    def __init__(self) -> None:
        self.stored = Rules()
        self.active = self.stored

    def set(self, mode: str | None, expression: str | None, template: str | None) -> None:
        """Change what is not None; it counts from the next restart."""
        now = self.stored
        self.stored = replace(
            now,
            mode=now.mode if mode is None else Mode(mode),
            expression=now.expression if expression is None else expression,
            template=now.template if template is None else template,
        )

    def activate(self) -> None:
        """The services start, and read what is stored."""
        self.active = self.stored
