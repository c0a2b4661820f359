from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from twin.cluster.ports import serving_count
from twin.cluster.twin import Twin
from twin.config.load import load_release
from twin.config.model import NodeConfig
from twin.pki import signed_file, trust_list
from twin.pki.phone_config import parse

if TYPE_CHECKING:
    from tests.cluster.conftest import Story


@pytest.mark.parametrize(
    ("services", "ova", "count"),
    [
        (["CallManager", "TFTP"], 10_000, 500),
        (["TFTP"], 2_500, 1_500),
        (["TFTP"], 7_500, 3_000),
        (["TFTP"], 10_000, 3_500),
    ],
)
def test_serving_count(services: list[str], ova: int, count: int) -> None:
    """A node with call processing serves few at once; a dedicated one more, by its processors."""
    node = NodeConfig.model_validate(
        {"name": "n", "role": "subscriber", "address": "10.0.0.9", "services": services, "ova": ova}
    )
    assert serving_count(load_release("11.5"), node) == count


@pytest.mark.parametrize(("release", "waiting"), [("10.5", 0), ("11.5", 500)])
def test_connection_objects(make_twin: Callable[..., Twin], release: str, waiting: int) -> None:
    """Before 11.5 all requests up to the count are in service; then five are, the rest wait."""
    queue = make_twin(release=release).cluster.ports.files[0].queue
    assert queue.limit == waiting
    served = [queue.offer(0, 1_000_000) for _ in range(506)]
    refused = served.count(-1)
    assert refused == (6 if release == "10.5" else 1)
    assert len({done for done in served if done >= 0}) == (1 if release == "10.5" else 101)


def test_registration_rates(make_twin: Callable[..., Twin]) -> None:
    """A registration takes its share of the rate that other work leaves."""
    values = {"reg_rate_sip_per_s": 40, "reg_rate_sccp_per_s": 125, "cpu_other": 0.5}
    port = make_twin(timing_values=values).cluster.ports.registrars[0]
    assert port.service_us == {"SIP": 50_000, "SCCP": 16_000}
    assert port.fallback_us == 100_000


def test_file_server_offers_what_tftp_serves(make_twin: Callable[..., Twin]) -> None:
    """The list and the configs that phones get are the bytes of the node's service."""
    twin = make_twin()
    cluster = twin.cluster
    server, node = cluster.ports.files[1], cluster.nodes["sub"]
    assert node.tftp is not None
    assert cluster.files[server.itl_file].data == node.tftp.itl
    config = cluster.files[server.config_file(0)].data
    assert signed_file.verify_signature(config, node.tftp.signing()[0]) == ()
    twin.regenerate("sub", "CallManager")
    twin.wait("quiet")
    assert cluster.files[server.itl_file].data == node.tftp.itl
    renewed = cluster.files[server.config_file(0)].data
    assert renewed != config
    assert signed_file.verify_signature(renewed, node.tftp.signing()[0]) == ()


def test_config_is_not_signed_again_for_nothing(make_twin: Callable[..., Twin]) -> None:
    """A new list that keeps the file signer keeps the configs."""
    twin = make_twin()
    server = twin.cluster.ports.files[0]
    before = server.config_file(0), server.itl_file
    twin.regenerate("pub", "TVS")
    twin.wait("quiet")
    assert server.config_file(0) == before[0]
    assert server.itl_file != before[1]


def test_config_of_a_group(make_twin: Callable[..., Twin]) -> None:
    """A config names the CallManager Group in order, as registrars and as TVS servers, and CAPF."""
    twin = make_twin()
    columns = twin.cluster.population
    (wall,) = [group.number for group in columns.groups if group.population == "wall"]
    config, is_signed = twin.cluster.phone_configs.of(wall, is_mixed=False)
    assert is_signed
    assert config.call_managers == (("sub", "10.0.0.2"), ("pub", "10.0.0.1"))
    assert config.tvs_addresses == ("10.0.0.2", "10.0.0.1")
    assert config.capf_address == "10.0.0.1"


def test_config_of_one_phone(make_twin: Callable[..., Twin]) -> None:
    """A phone's own config bears its name and says the same as its group's."""
    cluster = make_twin().cluster
    server = cluster.ports.files[0]
    phone = len(cluster.population.names) - 1
    own = signed_file.decode(server.signed_config(phone))
    assert own.header.filename == f"{cluster.population.names[phone]}.cnf.xml.sgn"
    group = cluster.population.group_of[phone]
    assert parse(own.body) == cluster.phone_configs.of(group, is_mixed=False)[0]


def test_tvs_is_asked_once_for_all_phones(
    make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """One question is put in frames once, and again when the service knows something new."""
    twin = make_twin()
    server = twin.cluster.ports.tvs[0]
    certificate = twin.cluster.nodes["sub"].files.own["CallManager"].certificate
    names = ("CP-7841-SEP000000000001", "CP-7841-SEP000000000002")
    question = (certificate.subject, certificate.issuer, certificate.serial_bytes)
    answers = [server.query(name, *question) for name in names]
    assert answers[0] == answers[1]
    assert answers[0].certificate == certificate
    assert (answers[0].roles, answers[0].ttl_ms) == (frozenset({0, 2}), 86_400_000)
    twin.regenerate("sub", "CallManager")
    twin.wait("quiet")
    assert server.query(names[0], *question).certificate is None
    asked = [
        row for row in tell(twin).told("query_request", node="pub")
        if str(row.data["map_id"]).startswith(certificate.serial_bytes.hex().upper())
    ]  # fmt: skip
    assert len(asked) == 2


def test_tvs_verifies_a_certificate(make_twin: Callable[..., Twin]) -> None:
    """A shown certificate is known or not; an unknown one has no roles."""
    cluster = make_twin("seed-lab").cluster
    server = cluster.ports.tvs[0]
    known = cluster.nodes["labserver2"].files.own["tomcat"].certificate
    assert server.verify("CP-7841-SEP000000000001", known).roles == {7}
    stranger = cluster.web_server("outside-web").certificate()
    assert stranger is not None
    answer = server.verify("CP-7841-SEP000000000001", stranger)
    assert (answer.certificate, answer.roles) == (None, frozenset())


def test_ports_follow_their_services(make_twin: Callable[..., Twin]) -> None:
    """A stopped service does not answer; after its start it presents what it loaded then."""
    twin = make_twin()
    ports = twin.cluster.ports
    for service, port in (
        ("CallManager", ports.registrars[1]), ("TFTP", ports.files[1]), ("TVS", ports.tvs[1])
    ):  # fmt: skip
        assert port.is_up
        twin.do({"stop_service": {"node": "sub", "service": service}})
        assert not port.is_up
        twin.do({"start_service": {"node": "sub", "service": service}})
        assert port.is_up
    twin.regenerate("sub", "TVS")
    twin.wait("quiet")
    assert ports.tvs[1].certificate == twin.cluster.nodes["sub"].files.own["TVS"].certificate


def test_nodes_serve_different_lists(make_twin: Callable[..., Twin]) -> None:
    """Each TFTP node signs with its own CallManager key before 12.0."""
    cluster = make_twin().cluster
    signers = [
        trust_list.decode(cluster.files[server.itl_file].data).header.signer
        for server in cluster.ports.files.values()
    ]
    assert signers == [
        f"CN={name}.example.com;OU=IT;O=Example;L=Bern;ST=BE;C=CH" for name in ("pub", "sub")
    ]
