"""The words of Expressways in experiments: what is checked before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from twin.cluster.twin import Twin
from twin.config.steps import Step
from twin.errors import ActionError


@pytest.fixture(scope="module")
def lab() -> Twin:
    """The bundled laboratory with an Expressway pair."""
    return Twin("mra-lab")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"restart_expressway": {"peer": "expd"}}, "unknown Expressway 'expd'"),
        ({"secure_traversal_test": {"peer": "expc", "server": "expf"}}, "unknown Expressway"),
        ({"upload_expressway_server": {"peer": "expc", "authority": "ca"}}, "enterprise-ca"),
        ({"upload_expressway_server": {"peer": "expc", "authority": "public-ca",
                                       "more_subject": {"CN": "x"}}}, "more_subject"),
        ({"upload_expressway_trust": {"peer": "expc", "authorities": ["x"]}}, "unknown"),
        ({"upload_expressway_trust": {"peer": "expc"}}, "authorities, units or crls"),
        ({"delete_expressway_trust": {"peer": "expc"}}, "exactly one of them"),
        ({"delete_expressway_trust": {"peer": "expc", "reset": True, "expired": True}},
         "exactly one of them"),
        ({"expressway_revocation": {"peer": "expc"}}, "nothing to change"),
        ({"expressway_revocation": {"peer": "expc", "upload": ["x"]}}, "unknown certificate"),
        ({"expressway_revocation": {"peer": "expc", "sources": ["x"]}}, "unknown certificate"),
        ({"expressway_setting": {"peer": "expc"}}, "nothing to change"),
        ({"expressway_setting": {"peer": "expc", "username_regex": "(?<x"}}, "regular expression"),
        ({"revoke_certificate": {"authority": "public-ca", "owner": "x"}}, "SIP system"),
        ({"revoke_certificate": {"authority": "x", "owner": "expe"}}, "unknown certificate"),
        ({"expressway_login": {"peer": "expc",
                               "certificate": {"authority": "x", "common_name": "a"}}},
         "unknown certificate"),
        ({"upgrade_expressway": {"peer": "expc", "release": "14"}}, "X8.7 or X14.0.2"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_before_the_run(
    lab: Twin, step: dict[str, Any], words: str
) -> None:
    """A wrong name or an empty order is an input error."""
    with pytest.raises(ActionError, match=words.replace("(", r"\(")):
        lab.do(step)


@pytest.mark.parametrize("group", ["(?<name>x)", "(?<=x)y", "(?<!x)y", "plain"])
def test_expressions_are_written_as_the_product_writes_them(lab: Twin, group: str) -> None:
    """Named groups have no P; looking behind is what it always was."""
    step = {"expressway_setting": {"peer": "expc", "username_regex": group}}
    assert lab.do(step).outcome == "done"


def test_a_model_without_an_expressway_has_no_use_for_them() -> None:
    """Words about CAs that only Expressways ask need one."""
    twin = Twin("two-node-1000")
    with pytest.raises(ActionError, match="Expressway"):
        twin.do({"revoke_certificate": {"authority": "x", "owner": "y"}})


@pytest.mark.parametrize("word", ["upgrade_expressway", "expressway_acme"])
def test_the_words_are_actions(word: str) -> None:
    """Each is a field of a step."""
    assert word in Step.model_fields
