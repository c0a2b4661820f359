"""Mixed mode on a small cluster: commands and refusals, what services take up when, TLS."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from twin import library
from twin.cluster.twin import Twin
from twin.config.load import load_model, load_timing
from twin.errors import ActionError, ConfigError
from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import ErasedLists, Event
from twin.pki import trust_list

Make = Callable[..., Twin]
Tell = Callable[[Twin], Any]

SECURE = [
    {"name": "desk", "model": "7841", "count": 6, "callmanager_group": "pub-sub",
     "security_mode": "encrypted", "lsc": "installed"},
    {"name": "wall", "model": "8841", "count": 4, "callmanager_group": "sub-pub"},
]  # fmt: skip
MIXED: dict[str, Any] = {"cluster_mode": "mixed", "phones": SECURE}


def ctl_of(twin: Twin, node: str) -> bytes | None:
    """The CTLFile.tlv on a node."""
    return twin.cluster.nodes[node].files.ctl


def wait(twin: Twin, until: str = "quiet") -> None:
    """Let everything come to rest."""
    twin.wait(until, at_most="1h")


def test_a_mixed_cluster_starts_with_one_file_on_every_node(make_twin: Make) -> None:
    """All nodes have the same CTL, phones hold it, and file servers hand it out."""
    twin = make_twin(**MIXED)
    assert ctl_of(twin, "pub") == ctl_of(twin, "sub") is not None
    core = twin.cluster.engine.core
    numbers = {core.judgements.lists(number)[0] for number in twin.cluster.population.holdings}
    served = {port.ctl_file for port in twin.cluster.ports.files.values()}
    assert numbers == served
    assert NOTHING not in numbers


def test_a_non_secure_cluster_has_none(make_twin: Make) -> None:
    """Without mixed mode there is no CTL, and profiles that ask for security wait."""
    twin = make_twin(phones=SECURE)
    assert ctl_of(twin, "pub") is None
    places = [twin.cluster.files[number].places for number in set(twin.cluster.population.config)]
    assert [place.security_mode for place in places if place] == [1] * len(places)


@pytest.mark.parametrize("kind", ["reset", "restart"])
def test_secure_phones_register_over_tls(make_twin: Make, tell: Tell, kind: str) -> None:
    """After a reset all are back, and alike phones of a node took one real handshake together."""
    twin = make_twin(**MIXED)
    twin.do({"reset_phones": {"kind": kind}})
    twin.wait()
    assert twin.counts()["registered"] == 10
    assert len(twin.cluster.engine.securing.handshakes) == 1
    assert tell(twin).happened(Event.TLS_REFUSED) == []


def test_tls_takes_its_time(make_twin: Make, tell: Tell) -> None:
    """A secure phone's request is at the node later than another's by handshake and round trips."""
    moments = []
    for fields in ({}, MIXED):
        twin = make_twin(timing_values={"tls_handshake_s": 2}, **fields)
        twin.do({"reset_phones": {}})
        twin.wait()
        story = tell(twin)
        desk = twin.cluster.population.names[twin.cluster.population.group_of.index(0)]
        at_ms = {what: at for at, what, _, _ in story.phone(desk)}
        moments.append(at_ms[Event.REGISTER_REQUESTED] - at_ms[Event.FILE_RECEIVED])
    assert moments[1] - moments[0] >= 2_000


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"ctl_update": {}}, "the cluster is not in mixed mode"),
        ({"ctl_reset": {}}, "the cluster is not in mixed mode"),
        ({"set_cluster_mode": {"mode": "non_secure"}}, "the cluster is in non-secure mode already"),
        (
            {"set_cluster_mode": {"mode": "mixed", "node": "sub"}},
            "this command runs on the publisher only",
        ),
        ({"ctl_update": {"node": "sub"}}, "this command runs on the publisher only"),
        ({"ctl_reset": {"node": "sub"}}, "this command runs on the publisher only"),
    ],
)
def test_commands_out_of_place_are_refused(
    make_twin: Make, tell: Tell, step: dict[str, Any], message: str
) -> None:
    """A command on the wrong node or in the wrong mode says so and changes nothing."""
    twin = make_twin()
    outcome = twin.do(step)
    assert (outcome.outcome, outcome.message) == ("refused", message)
    assert ctl_of(twin, "pub") is None
    (row,) = tell(twin).told("refused")
    assert (row.service, row.node) == ("CTL", "pub")


def test_a_publisher_that_is_down_runs_no_command(make_twin: Make) -> None:
    """Every word of this family is refused while the publisher has no power."""
    twin = make_twin(**MIXED)
    twin.do({"node": {"node": "pub", "up": False}})
    before = ctl_of(twin, "sub")
    steps: list[dict[str, Any]] = [
        {"set_cluster_mode": {"mode": "non_secure"}}, {"ctl_update": {}}, {"ctl_reset": {}},
        {"ctl_update": {"signed_by": "tokens"}}, {"ctl_delete": {}}, {"upload_ctl_tokens": {}},
    ]  # fmt: skip
    assert {(twin.do(step).message) for step in steps} == {"pub is down"}
    assert ctl_of(twin, "sub") == before


@pytest.mark.parametrize(
    ("release", "step"),
    [
        ("9.1", {"set_cluster_mode": {"mode": "mixed"}}),
        ("9.1", {"ctl_update": {}}),
        ("9.1", {"ctl_reset": {}}),
        ("15", {"ctl_update": {"signed_by": "tokens"}}),
    ],
)
def test_words_a_release_does_not_have(make_twin: Make, release: str, step: dict[str, Any]) -> None:
    """Before 10.0 there is no utils ctl, and tokens ended with 14SU3: input errors."""
    with pytest.raises(ActionError, match=f"release {release}"):
        make_twin(release=release).do(step)


@pytest.mark.parametrize(
    ("release", "change", "fault"),
    [
        ("11.5", {"phones[2].lsc": "none"}, "without a certificate"),
        ("11.5", {"phones[0].lsc": "none"}, ""),
        ("10.5", {"phones[0].lsc": "none"}, "MIC by Cisco Manufacturing CA SHA2"),
        ("11.5", {"phones[2].lsc": "none", "phones[2].initial": "new"}, ""),
    ],
)
def test_registered_secure_phones_need_a_certificate_that_is_trusted(
    release: str, change: dict[str, str], fault: str
) -> None:
    """An LSC, or a MIC by an authority that the release ships; else it is an input error."""
    changes = {"release": release, **change}
    values = {f"model.{path}": value for path, value in changes.items()}
    if fault:
        with pytest.raises(ConfigError, match=fault):
            load_model("mixed-mode-200", values)
    else:
        assert load_model("mixed-mode-200", values).phone_count == 200


def test_the_model_must_fit_the_release(tmp_path: Path) -> None:
    """A tokenless CTL on 9.1, and tokens on 15, are input errors of the model."""
    for release, signing in (("9.1", "tokenless"), ("15", "tokens")):
        text = (library.root() / "models" / "mixed-mode-200.yaml").read_text()
        changed = re.sub(r"release: .*", f"release: '{release}'\nctl_signing: {signing}", text)
        path = tmp_path / "mine.yaml"
        path.write_text(changed)
        with pytest.raises(ConfigError, match=f"release {release}"):
            load_model(str(path))


def test_a_node_that_is_down_misses_the_file(make_twin: Make, tell: Tell) -> None:
    """A node without power keeps the file it had; it is told that the copy failed."""
    twin = make_twin(**MIXED)
    twin.do({"node": {"node": "sub", "up": False}})
    before = ctl_of(twin, "sub")
    twin.regenerate("pub", "CallManager")
    twin.do({"ctl_update": {}})
    assert ctl_of(twin, "sub") == before
    assert ctl_of(twin, "pub") != before
    story = tell(twin)
    assert [row.data["on"] for row in story.told("copy_failed")] == ["sub"]
    assert [row.data["on"] for row in story.told("copied")] == ["pub"]


def test_a_command_ends_with_its_node(make_twin: Make, tell: Tell) -> None:
    """A publisher that loses power while it builds the file changes neither file nor mode."""
    twin = make_twin(phones=SECURE, timing_values={"ctl_build_s": 60})
    twin.cluster.ctl_tool.set_cluster("pub", True, lambda: None)
    twin.advance("30s")
    twin.do({"node": {"node": "pub", "up": False}})
    twin.advance("5m")
    assert ctl_of(twin, "pub") is None
    assert not twin.cluster.settings.is_mixed()
    assert not twin.cluster.ctl_tool.is_running
    assert len(tell(twin).told("failed")) == 1


def test_one_command_at_a_time(make_twin: Make) -> None:
    """While a command runs, another is refused."""
    twin = make_twin(**MIXED)
    tool = twin.cluster.ctl_tool
    assert tool.update("pub", lambda: None) is None
    assert tool.reset_localkey("pub", lambda: None) == "another utils ctl command is running"
    assert tool.client(lambda: None) == "another utils ctl command is running"
    twin.advance("1m")
    assert tool.update("pub", lambda: None) is None


def test_a_phone_keeps_the_session_it_has(make_twin: Make, tell: Tell) -> None:
    """A better node that is back but would be refused is no reason to leave the one at hand."""
    twin = make_twin(**MIXED)
    twin.regenerate("pub", "CallManager")
    twin.wait()
    twin.do({"restart_service": {"node": "pub", "service": "CallManager"}})
    wait(twin)
    twin.advance("10m")
    story = tell(twin)
    desk = [n for n, g in enumerate(twin.cluster.population.group_of) if g == 0]
    assert {twin.cluster.population.node[phone] for phone in desk} == {1}
    assert story.happened(Event.FELL_BACK) == []


def test_no_certificate_change_touches_the_file(make_twin: Make) -> None:
    """Whatever is regenerated, the CTL stays as it is until somebody updates it."""
    twin = make_twin(release="12.5", **MIXED)
    before = ctl_of(twin, "pub")
    for unit in ("CallManager", "CAPF", "ITLRecovery", "tomcat"):
        twin.regenerate("pub", unit)
    twin.do({"restart_service": {"node": "pub", "service": "TFTP"}})
    wait(twin)
    assert ctl_of(twin, "pub") == before
    twin.do({"ctl_update": {}})
    assert ctl_of(twin, "pub") != before


def test_the_file_takes_its_time(make_twin: Make) -> None:
    """The file is built, then copied to one node after the other."""
    twin = make_twin(timing_values={"ctl_build_s": 20, "ctl_copy_s": 7}, **MIXED)
    twin.do({"ctl_update": {}})
    assert twin.now_ms == 27_000


def test_security_comes_with_the_restart_of_tftp(make_twin: Make) -> None:
    """A new mode is in the configurations once TFTP was started again, and in no ITL byte."""
    twin = make_twin(phones=SECURE)
    port = twin.cluster.ports.files[0]
    before, itl = port.config_file(0), port.itl_file
    twin.do({"set_cluster_mode": {"mode": "mixed"}})
    wait(twin)
    assert port.config_file(0) == before
    twin.do({"restart_service": {"node": "pub", "service": "TFTP"}})
    places = twin.cluster.files[port.config_file(0)].places
    assert places is not None
    assert places.security_mode == 3
    assert port.itl_file == itl


def test_a_phone_refused_by_one_node_goes_to_the_next(make_twin: Make, tell: Tell) -> None:
    """With another CallManager certificate on its first node, the phone registers at its second."""
    twin = make_twin(**MIXED)
    twin.regenerate("pub", "CallManager")
    twin.wait()
    twin.do({"restart_service": {"node": "pub", "service": "CallManager"}})
    wait(twin)
    twin.do({"reset_phones": {}})
    twin.wait()
    desk = [n for n, g in enumerate(twin.cluster.population.group_of) if g == 0]
    assert {twin.cluster.population.node[phone] for phone in desk} == {1}
    story = tell(twin)
    (kind,) = story.told("tls_refused")
    assert kind.node == "pub"
    assert kind.data["client"] == "desk"
    assert kind.data["alert"] == "unknown ca"
    refused = story.happened(Event.TLS_REFUSED)
    assert {detail for _, _, detail in refused} == {kind.data["number"]}
    assert len({name for _, name, _ in refused}) == 6


def test_an_expired_callmanager_takes_no_secure_phone(make_twin: Make, tell: Tell) -> None:
    """Dates count in TLS, though not in lists: the others register as ever."""
    model = make_twin(**MIXED).cluster.model
    twin = Twin(model, start=datetime(2016, 1, 1, tzinfo=UTC), timing=load_timing())
    twin.advance(1500 * 86_400_000)
    twin.do({"reset_phones": {}})
    wait(twin)
    assert twin.counts()["registered"] == 4
    alerts = {row.data["alert"] for row in tell(twin).told("tls_refused")}
    assert alerts == {"certificate expired"}


@pytest.mark.parametrize("which", list(ErasedLists))
def test_one_list_can_be_deleted_alone(make_twin: Make, tell: Tell, which: ErasedLists) -> None:
    """The phone loses what was deleted, and gets it again in the boot that follows."""
    twin = make_twin(**MIXED)
    name = twin.cluster.population.names[0]
    core = twin.cluster.engine.core
    before = core.judgements.lists(twin.cluster.population.holdings[0])
    twin.do({"delete_phone_lists": {"select": {"phones": [name]}, "lists": which.name.lower()}})
    now = core.judgements.lists(twin.cluster.population.holdings[0])
    kept = {ErasedLists.BOTH: (-1, -1), ErasedLists.CTL: (-1, before[1])}
    assert now == kept.get(which, (before[0], -1))
    wait(twin)
    assert core.judgements.lists(twin.cluster.population.holdings[0]) == before
    assert [detail for _, _, detail in tell(twin).happened(Event.LISTS_DELETED)] == [which]


def test_tokens_replace_tokens_without_deleting(make_twin: Make) -> None:
    """A CTL signed by a token may be signed again by the same tokens; phones know them."""
    twin = make_twin(ctl_signing="tokens", release="9.1", **MIXED)
    header = trust_list.decode(ctl_of(twin, "pub") or b"").header
    assert header.signer.startswith("CN=SAST-ADN")
    twin.regenerate("sub", "CallManager")
    wait(twin)
    assert twin.do({"ctl_update": {"signed_by": "tokens"}}).outcome == "done"
    twin.do({"reset_phones": {}})
    wait(twin)
    assert not twin.stuck()
    assert {row[0] for row in map(twin.cluster.engine.core.judgements.lists, set(
        twin.cluster.population.holdings))} == {twin.cluster.ports.files[0].ctl_file}  # fmt: skip
