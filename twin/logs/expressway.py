"""Logs of an Expressway: TLS that failed, as each end words it, and a name that does not match.

Source: two lines of an event log and one of a network log in the TAC deck of 2016; wording of each
side: edge-presence-video 2.3. Where the deck's certificate has crlDistributionPoints and calssuers
(so its spelling came through) they are read over: the twin's certificates have neither.
Assumptions: Common-name is that of the certificate the opening end shows (the deck's line names
the writer's own host); an Expressway that was called writes Inbound with the same fields.
"""

from __future__ import annotations

import re

from twin.logs.moments import GMT_PATTERN, OFFSET, read_gmt, write_gmt
from twin.logs.shapes import Family, Shape
from twin.logs.templates import Kind, Value

_LONG_NAMES = {
    "C": "countryName", "ST": "stateOrProvinceName", "L": "localityName",
    "O": "organizationName", "OU": "organizationalUnitName", "CN": "commonName",
    "DC": "domainComponent", "serialNumber": "serialNumber",
}  # fmt: skip
_SHORT_NAMES = {long: short for short, long in _LONG_NAMES.items()}
_NAME_ORDER = ("C", "ST", "L", "O", "OU", "CN")
_FORBIDDEN = re.compile(r"['\\;]|[^ -~]")
_RDN = re.compile(r"\(\('(\w+)', u?'([^']*)'\),\)")
_DNS = re.compile(r"\('DNS', u?'([^']*)'\)")


def _plain(text: str) -> str:
    if _FORBIDDEN.search(text):
        raise ValueError(text)
    return text


def _write_name(value: Value) -> str:
    """`CN=a;OU=b` as Python prints a certificate's name: a tuple of tuples of pairs."""
    parts = [part.partition("=") for part in value.split(";")]
    told = [f"(('{_LONG_NAMES[kind]}', u'{_plain(text)}'),)" for kind, _, text in parts]
    return f"({', '.join(told)})"


def _read_name(text: str) -> str:
    return ";".join(f"{_SHORT_NAMES[kind]}={value}" for kind, value in _RDN.findall(text))


def _write_dns(value: Value) -> str:
    pairs = ", ".join(f"('DNS', '{_plain(name)}')" for name in value)
    return f"({pairs},)" if len(value) == 1 else f"({pairs})"


_KINDS = {
    "name": Kind(
        r"[(]+'\w+', u?'[^']*'(?:[), ]+[(]+'\w+', u?'[^']*')*[),]*", _write_name, _read_name
    ),
    "dns": Kind(r"[(](?:[(]'DNS', u?'[^']*'[)],? ?)*[)]", _write_dns, _DNS.findall),
    "HEX": Kind("[0-9A-F]+", lambda value: str(value).upper(), str.lower),
    "gmt": Kind(GMT_PATTERN, write_gmt, read_gmt),
}
_STAMPED = "{at:at} {node:word} "
_PLACE = 'Src-ip="{client_address:quoted}" Src-port="{source_port:int}" '
_DETAILS = (
    'Dst-ip="{server_address:quoted}" Dst-port="{port:int}" Detail="{%s:quoted}" Protocol="TLS" '
    'Common-name="{common_name:quoted}" Level="1" UTCtime="{utc:utc}"'
)
_ENDS = ("leg", "client", "server", "refused_by", "alert", "reasons")
_LOGS = ("client_event_log", "server_event_log")
PRESENTED = (
    "host", "presented_subject", "presented_issuer", "presented_serial", "presented_dns_names",
    "presented_not_before", "presented_not_after",
)  # fmt: skip


def _failure(direction: str, side: str) -> tuple[Shape, ...]:
    """How one end tells of a session that came to nothing: with the other's socket, or without
    where the model gives it no address. The deck's lines lack their beginnings."""
    other = "server" if side == "client" else "client"
    event = f'tvcs: Event="{direction} TLS Negotiation Error" Service="{{service:quoted}}" '
    details = _DETAILS % f"{side}_detail"
    when = {f"{side}_event_log": True}
    hidden = (*_ENDS, *_LOGS, *PRESENTED, f"{other}_detail")
    heads = {_STAMPED: True, "{node:word} ": False, "{at:at} ": False}
    whole = tuple(
        Shape("tls_refused", (head + event + _PLACE + details,), when=when, hidden=hidden,
              node_from=side, writes=writes)
        for head, writes in heads.items()
    )  # fmt: skip
    return (
        *whole,
        Shape("tls_refused", (_STAMPED + event + details,), when=when,
              hidden=(*hidden, "source_port", "client_address"), node_from=side),
    )  # fmt: skip


EVENT_LOG = Family(
    "event-log",
    ("tls", "expressway", "certificates", "acme", "revocation"),
    "event_log.txt",
    OFFSET,
    said=_STAMPED + "{process:word}: {text_said}",
    plain=_STAMPED + "twin: {text_plain:plain}",
    shapes=(*_failure("Outbound", "client"), *_failure("Inbound", "server")),
    kinds=_KINDS,
    plain_needs={"tls": _LOGS},
)

NETWORK_LOG = Family(
    "network-log",
    ("tls",),
    "network_log.txt",
    OFFSET,
    said=_STAMPED + "{process:word}: {text_said}",
    plain="",
    shapes=(
        Shape(
            "tls_refused",
            (
                _STAMPED + 'management: UTCTime="{utc:utc}" '
                'Module="developer.management.cucmconfig" Level="WARN" '
                'CodeLocation="ucqueryrun(100)" Detail="Certificate validation failed" '
                'Host="{host:quoted}" Error="Server presented certificate that does not match '
                "host {host:quoted}: {{{?'crlDistributionPoints': [(].*?[)], }"
                "'subjectAltName': {presented_dns_names:dns}, "
                "'notBefore': u'{presented_not_before:gmt}', {?'ca?[Il]ssuers': [(].*?[)], }"
                "'serialNumber': u'{presented_serial:HEX}', "
                "'notAfter': '{presented_not_after:gmt}', 'version': 3L, "
                "'subject': {presented_subject:name}, 'issuer': {presented_issuer:name}"
                '}}{?[)]}"',
            ),
            when={"client_event_log": True},
            hidden=(
                *_ENDS,
                *_LOGS,
                "client_address",
                "server_address",
                "source_port",
                "port",
                "client_detail",
                "server_detail",
                "common_name",
                "service",
            ),
            node_from="client",
        ),
    ),
    kinds=_KINDS,
)
