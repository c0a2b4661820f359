"""The shell: a line in, text and a status out, on the node one is logged in to.

Knows: the session, the node, how a question is answered, and that nothing may crash it. Must not
know a terminal (`terminal`) nor what a command does (the modules with rows).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

from twin.cluster.cluster import Cluster
from twin.config.model import ModelConfig
from twin.console.grammar import Grammar
from twin.console.session import Session
from twin.errors import FormatError, InputError
from twin.nodes.node import Node
from twin.nodes.replication import Replication

YES, NO = "y", "n"


class Status(IntEnum):
    """How a line ended, in the order of gravity; a script's exit status is the gravest."""

    DONE = 0
    REFUSED = 1
    """The product refused, a wait timed out, or a question was answered no."""
    WRONG = 2
    """The line was wrong."""
    BROKEN = 3
    """A fault of ours."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a line prints, and how it ended."""

    text: str = ""
    status: Status = Status.DONE
    is_end: bool = False
    """The shell was told to end."""


class Declined(Exception):  # noqa: N818 - an answer, not an error
    """The product would not do it, or a question was answered no; the message says why."""


class Shell:
    """A session at one node's command line.

    Args:
        folder: where `file get` puts files; nothing is written elsewhere but by `save`.
        ask: answers a question yes or no; None: nobody is there, and `says_yes` counts.
        says_yes: the answer to every question where nobody is there to ask.
    """

    def __init__(
        self,
        session: Session,
        grammar: Grammar,
        *,
        folder: Path,
        ask: Callable[[str], bool] | None = None,
        says_yes: bool = False,
    ) -> None:
        self.session = session
        self.grammar = grammar
        self.folder = folder
        self.ask = ask
        self.says_yes = says_yes
        self.node_name = self.model.publisher.name
        self._asked: list[str] = []

    # -- a line -----------------------------------------------------------------------------

    def carry_out(self, line: str) -> Reply:
        """Carry out one line; whatever is wrong with it is told in the reply."""
        self._asked = []
        try:
            reply = self._carried_out(line)
        except Declined as why:
            reply = Reply(str(why), Status.REFUSED)
        except (InputError, FormatError, OSError) as error:
            reply = Reply(str(error) or type(error).__name__, Status.WRONG)
        except KeyboardInterrupt:
            reply = Reply("interrupted: it has not happened", Status.REFUSED)
        except Exception as error:  # noqa: BLE001 - a shell goes on after a fault of ours
            text = " ".join(str(error).split())
            what = f"a fault of the program, please report it: {type(error).__name__}: {text}"
            reply = Reply(what, Status.BROKEN)
        text = "\n".join(part for part in (*self._asked, reply.text.rstrip("\n")) if part)
        return replace(reply, text=text)

    def _carried_out(self, line: str) -> Reply:
        line = line.strip()
        if not line or line.startswith("#"):
            return Reply()
        if line.endswith("?"):
            return Reply(self.grammar.help(line[:-1]))
        parsed = self.grammar.parse(line, self)
        if parsed is None:
            return Reply(self.grammar.help(line), Status.WRONG)
        said = parsed.command.deed(self, parsed.given)
        return said if isinstance(said, Reply) else Reply(str(said or ""))

    def confirm(self, question: str) -> None:
        """Put one of the product's questions.

        Raises:
            Declined: the answer is no.
        """
        if self.ask is not None:
            if not self.ask(question):
                raise Declined
            return
        self._asked.append(f"{question} {YES if self.says_yes else NO}")
        if not self.says_yes:
            raise Declined("answered no, as nobody was there to ask: --yes answers yes")

    def act(self, step: Mapping[str, Any], done: str = "") -> Reply:
        """Carry out a step of the operator's; `done` is printed when it is.

        Raises:
            ActionError: the step names what is not there.
        """
        outcome = self.session.do(step)
        if outcome.outcome == "done":
            return Reply(outcome.message or done)
        return Reply(outcome.message, Status.REFUSED)

    # -- where one is -----------------------------------------------------------------------

    @property
    def cluster(self) -> Cluster:
        """The live cluster."""
        return self.session.twin.cluster

    @property
    def model(self) -> ModelConfig:
        """The model as it is now."""
        return self.cluster.model

    @property
    def node(self) -> Node:
        """The node one is logged in to, up or down."""
        return self.nodes[self.node_name]

    @property
    def nodes(self) -> dict[str, Node]:
        """Every node with a command line, of both clusters and IM&P, by name."""
        cluster = self.cluster
        found = dict(cluster.nodes)
        if cluster.other is not None:
            found |= cluster.other.nodes
        if cluster.presence is not None:
            found |= cluster.presence.nodes
        return found

    @property
    def home(self) -> Cluster:
        """The CUCM cluster of the node: the model's own, or the second one."""
        return self.cluster.home(self.node)

    @property
    def replication(self) -> Replication:
        """The replication that brings rows to the node."""
        presence = self.cluster.presence
        if presence is not None and self.node_name in presence.nodes:
            return presence.cluster_of(self.node_name).replication
        return self.home.replication

    @property
    def is_presence(self) -> bool:
        """Whether the node is one of IM and Presence."""
        presence = self.cluster.presence
        return presence is not None and self.node_name in presence.nodes

    def up(self) -> Node:
        """The node, which answers.

        Raises:
            Declined: it has no power.
        """
        node = self.node
        if not node.is_on:
            raise Declined(f"{self.node_name} is down")
        return node

    def cucm(self) -> Node:
        """The node, which answers and is one of CUCM, not of IM and Presence.

        Raises:
            Declined: it is not.
        """
        if self.is_presence:
            raise Declined(f"{self.node_name} is an IM and Presence node, which has no such thing")
        return self.up()


Given = Mapping[str, str]
