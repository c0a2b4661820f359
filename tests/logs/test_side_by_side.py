"""The twin's own output beside the deck's, line kind by line kind: the same fields in one order.

A line is compared by what is left of it when every value is replaced by a sign for its kind, so
that one word, one field or one separator more or less is seen. What the twin cannot know is taken
out of the deck's lines first; `LEFT_OUT` is the whole list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from tests.experiments.edge_bench import Bench
from tests.experiments.edge_steps import ENTERPRISE, forget, new_tomcat, restart
from twin.api import RunResult
from twin.cluster.twin import Twin
from twin.logs_api import render_logs

Excerpt = Callable[[str], list[str]]
Played = Callable[[str], RunResult]

LEFT_OUT = (
    (r"\.38\^", "^"),  # the count within a signal's tag
    (r"\d+:UNKNOWN:", "UNKNOWN:"),  # a session's number
    (r" SIGNATUREINFO .*", ""),  # what is read of the old list's signature
    (r"got privKeySIG_BEGIN: \d+", ""),
    (r"'crlDistributionPoints': \(.*?\), ", ""),  # extensions that the twin's certificates lack
    (r"'ca?[Il]ssuers': \(.*?\), ", ""),
)
LAYOUT = (
    (r"DEBOUNDED", "DEBOUNCED"),  # the deck's pages were read by a machine
    (r"(Str\[fkcallmanager2\]=\[)$", r"\1]"),
    (r" ;", ";"),
    (r"'(subject|issuer)': \(\(\(\(", r"'\1': ((("),
    (r"\)\}\)\"$", ')}"'),
)
SIGNS = (
    (r"^\d{8}\.\d{3} ", "NUMBER "),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[,.]\d+)?(?:[+-]\d\d:\d\d)?", "TIME"),
    (r"(?:\w{3} )?\w{3} [ \d]\d \d\d:\d\d:\d\d(?: \d{4})?(?: GMT)?", "TIME"),
    (r"\d\d:\d\d:\d\d\.\d{3}", "TIME"),
    (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "PKID"),
    (r"\b[0-9a-f]{30,40}\b", "SERIAL"),
    (r"\b\d+\.\d+\.\d+\.\d+\b", "ADDRESS"),
    (r"(?:\(\('\w+', u'[^']*'\),\)(?:, )?)+", "NAME"),
    (r"(?:\b(?:CN|OU|O|L|ST|C)=[^,;)(]*[,;]){2,}(?:CN|OU|O|L|ST|C)=[A-Z]{2}\b", "NAME"),
    (r"(?<=host )[\w.-]+|(?<=host)name", "HOST"),
    (r'(Host|Common-name|Detail)="[^"]*"', r'\1="WORDS"'),
    (r"\bu'[0-9A-F]{20,}'", "SERIAL"),
    (r"(?<='DNS', ')[^']*", "HOST"),
    (r"\d+", "9"),
)


def signs(lines: Sequence[str], hosts: Sequence[str] = ()) -> list[str]:
    """What is left of lines without their values."""
    found = []
    for line in lines:
        for host in sorted(hosts, key=len, reverse=True):
            line = line.replace(host, "HOST")
        for pattern, sign in SIGNS:
            line = re.sub(pattern, sign, line)
        found.append(line)
    return found


def of_the_deck(lines: Sequence[str]) -> list[str]:
    """The deck's lines without what the twin cannot know and what the page's layout did."""
    found = []
    for line in lines:
        for pattern, instead in (*LEFT_OUT, *LAYOUT):
            line = re.sub(pattern, instead, line)
        found.append(line)
    return found


def part(lines: Sequence[str], first: str, count: int) -> list[str]:
    """So many lines from the last one on that has some text in it."""
    start = max(number for number, line in enumerate(lines) if first in line)
    return list(lines[start : start + count])


@pytest.fixture
def lab() -> Twin:
    """The lab of the deck, running."""
    return Twin("seed-lab")


SDL = "cm/trace/ccm/sdl/SDL001_100_000001.txt"


@dataclass(frozen=True)
class SDLCase:
    """An SDL excerpt: what was done in the lab, and where the twin's lines begin and end."""

    excerpt: str
    node: str
    unit: str
    first: str
    count: int
    skips: tuple[str, ...] = ()


SDL_CASES = [
    SDLCase("sdl-no-device-restart.txt", "labserver1", "tomcat", "CcmDbTableChangeNotify", 11,
            ("SdlStat",)),
    SDLCase("sdl-device-restart.txt", "labserver1", "CallManager", "ProcessCnf Y", 12),
    SDLCase("sdl-tvs-service.txt", "labserver2", "TVS", "ProcessCnf Y", 21),
]  # fmt: skip


@pytest.mark.parametrize("case", SDL_CASES, ids=[case.excerpt for case in SDL_CASES])
def test_sdl(lab: Twin, excerpt: Excerpt, case: SDLCase) -> None:
    """labserver2's trace of a regeneration has the deck's lines, each with its fields in order."""
    lab.regenerate(case.node, case.unit)
    lab.wait("quiet")
    ours = part(render_logs(lab)[f"labserver2/{SDL}"], case.first, case.count)
    deck = [line for line in excerpt(case.excerpt) if not any(word in line for word in case.skips)]
    hosts = ("labserver1", "labserver2", "labsrver1")
    assert signs(ours, hosts) == signs(of_the_deck(deck), hosts)


def test_sdl_has_the_decks_own_values(lab: Twin, excerpt: Excerpt) -> None:
    """What the model takes from the deck stands in the lines letter by letter."""
    lab.regenerate("labserver2", "TVS")
    lab.wait("quiet")
    ours = part(render_logs(lab)[f"labserver2/{SDL}"], "ProcessCnf Y", 21)
    deck = of_the_deck(excerpt("sdl-tvs-service.txt"))
    texts = [line.split("|AppInfo |")[1] for line in ours]
    assert texts[6:] == [line.split("|AppInfo |")[1] for line in deck][6:]


def test_certmgmt_regenerate(lab: Twin, excerpt: Excerpt) -> None:
    """The five lines of a regeneration of CallManager, letter by letter but for the time."""
    lab.regenerate("labserver1", "CallManager")
    lab.wait("quiet")
    ours = render_logs(lab)["labserver1/platform/log/CertMgmt00001.log"]
    assert signs(ours[:5]) == signs(excerpt("certmgmt-regenerate.log"))


def test_certmgmt_delete(played: Played, excerpt: Excerpt) -> None:
    """The settings, file, keystore and row of a deletion; no lines of single methods."""
    run = played("is-one-delete-enough-from-11")
    ours = render_logs(run, node="labserver1", service="certmgmt")
    (lines,) = ours.values()
    deck = excerpt("certmgmt-delete.log")
    methods = ("TomcatCertMgr", "RSACryptoEngine", "pingPrimary")
    rest = [line for line in deck if not any(word in line for word in methods)]
    by_time = [*rest[:8], rest[10], rest[8], rest[9]]
    names = ("MyCertificate2", "VeriSign_Class_3_Secure_Server_CA_-_G3")
    assert signs(lines[:11], names) == signs(by_time, names)


def test_tvs_unknown_certificate(played: Played, excerpt: Excerpt) -> None:
    """A look-up that finds nothing: the deck's lines, its MAP ID included."""
    run = played("what-does-tvs-say-of-a-certificate-nobody-has")
    lines = render_logs(run, node="labserver2", service="tvs")["labserver2/" + TVS]
    deck = of_the_deck(excerpt("tvs.txt"))[2:]
    assert [line[12:] for line in lines[:7]] == [line[12:] for line in deck]


TVS = "cm/trace/tvs/sdi/tvs00000001.txt"


def test_drf_refusal(played: Played, excerpt: Excerpt) -> None:
    """Each try of a refused agent: five lines, with its address, port and name."""
    run = played("what-if-ipsec-of-a-node-does-not-match")
    lines = render_logs(run, service="drf-master")["cucm-pub/platform/drf/trace/drfMA0.log"]
    start = next(number for number, line in enumerate(lines) if "Received Client" in line)
    ours = lines[start : start + 15]
    hosts = ("cucm-sub.example.com", "UCMC2S2.vasank.com")
    deck = excerpt("drf-master.log")
    assert signs(ours, hosts) == signs(deck, hosts)
    address = run.config.model.node("cucm-sub").address
    assert f"from /{address}:" in ours[0]


def test_itlreset(lab: Twin, excerpt: Excerpt) -> None:
    """The steps of the tool with the deck's lengths in their places; none of its helpers' talk."""
    lab.do({"itl_reset": {"key": "local"}})
    lab.wait("quiet")
    ours = render_logs(lab, service="itlreset")["labserver1/cm/log/itlreset.log"]
    talk = (
        "App User", "rc is", "hostname is", "(Service", "(Control", "self node", "sftp",
        "pkcs8", "Copied", "SIGNATUREALGOINFO",
    )  # fmt: skip
    deck = [line for line in excerpt("itlreset.log") if not any(word in line for word in talk)]
    hosts = ("labserver1.vasank.com", "labserver1")
    assert signs(ours, hosts) == signs(of_the_deck(deck), hosts)


def test_syslog_of_a_clusterwide_delete(played: Played, excerpt: Excerpt) -> None:
    """The platform event on the node that was told."""
    run = played("is-one-delete-enough-from-11")
    (line,) = render_logs(run, node="labserver2", service="messages")["labserver2/syslog/messages"]
    names = ("labserver1", "labserver2", "CuCM1-228", "CuCM1-223", "test1")
    files = ("VeriSign_Class_3_Secure_Server_CA_-_G3.pem",)
    deck = excerpt("syslog-messages.log")
    assert signs([line], (*names, *files)) == signs(deck, names)


def test_expressway_event_log() -> None:
    """A traversal client whose CA the server lacks: each end's line, with both ends' sockets."""
    bench = Bench()
    bench.do(forget("expe", ENTERPRISE), restart("expe"))
    bench.settle()
    logs = render_logs(bench.twin, service="event")
    outbound = next(line for line in logs["expc/event_log.txt"] if "Outbound" in line)
    inbound = next(line for line in logs["expe/event_log.txt"] if "Inbound" in line)
    assert 'Detail="tlsv1 alert unknown ca"' in outbound
    assert 'Detail="unable to get local issuer certificate"' in inbound
    model = bench.twin.cluster.model
    addresses = {peer.name: peer.address for peer in model.expressways}
    for line in (outbound, inbound):
        assert f'Src-ip="{addresses["expc"]}"' in line
        assert f'Dst-ip="{addresses["expe"]}" Dst-port="7001"' in line
        port = int(re.findall(r'Src-port="(\d+)"', line)[0])
        assert 25_000 <= port < 30_000


@pytest.mark.parametrize("number", [0, 1])
def test_expressway_event_log_beside_the_decks(excerpt: Excerpt, number: int) -> None:
    """The line of the end that opened the session has the deck's fields in the deck's order."""
    bench = Bench()
    bench.do(forget("expe", ENTERPRISE), restart("expe"))
    bench.settle()
    lines = render_logs(bench.twin, service="event")["expc/event_log.txt"]
    ours = next(line for line in lines if "Outbound" in line and 'Service="SIP"' in line)
    deck = excerpt("event-log.txt")[number]
    begin = 'Event="'
    ours, deck = ours[ours.index(begin) :], deck[deck.index(begin) :]
    assert signs([ours]) == signs([deck])


def test_a_name_that_does_not_match_over_sip() -> None:
    """A zone that expects an address: the event log has the words, the network log nothing."""
    bench = Bench({"traversal_zones[0].peer_address": "ip"})
    bench.settle()
    logs = render_logs(bench.twin)
    (line, *_) = [line for line in logs["expc/event_log.txt"] if "Outbound" in line]
    assert 'Detail="Peer\'s TLS certificate identity was unacceptable"' in line
    assert not any("Outbound" in other for other in logs["expe/event_log.txt"])
    assert not any(path.endswith("network_log.txt") for path in logs)


def test_name_mismatch(excerpt: Excerpt) -> None:
    """A name missing in tomcat: the network log has host and certificate, as the deck's has."""
    bench = Bench({"release": "10.5"})
    bench.do(*new_tomcat())
    bench.settle()
    (line,) = render_logs(bench.twin, service="network")["expc/network_log.txt"]
    assert 'Host="cucm-sub.example.com"' in line
    (deck,) = of_the_deck(excerpt("network-log.txt"))
    assert signs([line], ("expc", "CollabEdgeVCSC")) == signs([deck], ("expc", "CollabEdgeVCSC"))
