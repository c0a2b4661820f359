"""Single sign-on: what the provider was told, and what Tomcat runs with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from twin.nodes.file_system import Identity
from twin.nodes.sso import BAD_REQUEST, CANNOT_DECRYPT, NOT_RUNNING, SingleSignOn


@dataclass
class Login:
    """One node and its provider."""

    sso: SingleSignOn
    node: Any
    identity: Callable[..., Identity]

    def regenerate(self) -> None:
        """A new tomcat certificate on disk."""
        self.node.files.own["tomcat"] = self.identity(generation=1)

    def restart(self) -> None:
        """Tomcat loads what is on disk."""
        self.node.tomcat.identity = self.node.files.own["tomcat"]


@pytest.fixture(params=[False, True])
def login(
    request: pytest.FixtureRequest, make_host: Callable[..., Any], identity: Callable[..., Identity]
) -> Login:
    """A node whose provider checks signatures, or not."""
    own = identity()
    node: Any = SimpleNamespace(
        host=make_host(), is_on=True, tomcat=SimpleNamespace(identity=own),
        files=SimpleNamespace(own={"tomcat": own}),
    )  # fmt: skip
    return Login(SingleSignOn("idp", {"pub": node}, request.param), node, identity)


def problem_of(login: Login) -> str:
    """Which error a provider of this kind brings about."""
    return BAD_REQUEST if login.sso._checks_signatures else CANNOT_DECRYPT


def test_users_log_in_as_long_as_nothing_changed(login: Login) -> None:
    """The certificate in the metadata is the one Tomcat runs with."""
    assert login.sso.login("pub") == ""
    assert login.node.host.told() == [("login", {"provider": "idp", "message": ""})]


def test_a_new_certificate_counts_from_the_restart(login: Login) -> None:
    """Regenerated: nothing; restarted: nobody logs in; exchanged: everybody again."""
    login.regenerate()
    assert login.sso.login("pub") == ""
    login.restart()
    assert login.sso.login("pub") == problem_of(login)
    login.sso.exchange("pub")
    assert login.sso.login("pub") == ""


def test_metadata_exchanged_too_early_fail_until_the_restart(login: Login) -> None:
    """The metadata follow what is on disk, not what runs."""
    login.regenerate()
    login.sso.exchange("pub")
    assert login.sso.login("pub") == problem_of(login)
    login.restart()
    assert login.sso.login("pub") == ""


@pytest.mark.parametrize("what", ["power", "tomcat"])
def test_without_tomcat_nobody_logs_in(login: Login, what: str) -> None:
    """A node that is off, or whose Tomcat does not run, shows no page at all."""
    if what == "power":
        login.node.is_on = False
    else:
        login.node.tomcat.identity = None
    assert login.sso.login("pub") == NOT_RUNNING
    assert login.node.host.rows("login_failed")[0].severity == "error"
