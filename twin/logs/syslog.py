"""syslog: what the platform tells, and the alarms of the services.

Source: the line of a clusterwide delete in the TAC deck of 2016; names and severities of alarms:
Cisco's alarm catalogue (cucm-pki-behaviour 8, 6). Assumption: the form of an alarm's line and the
names of its parameters, after the product's `%UC_<facility>-<severity>-<name>: %[...]`; services
that start and stop, and nodes that boot, are in words of the twin's own.
"""

from __future__ import annotations

from twin.logs.family import Family
from twin.logs.moments import SYSLOG
from twin.logs.shapes import Shape

_HEAD = "{at:at} {node:word} "
_SAID = _HEAD + "{process:word}: {text_said}"
_ALARM = _HEAD + ": %UC_{facility}-{severity:severity}-{name:word}: %[{text}][NodeID={node:part}]"


def _alarm(service: str, facility: str, parameters: str) -> Shape:
    line = _ALARM.replace("{facility}", facility).replace("[{text}]", parameters)
    return Shape("alarm", (line,), service=service)


MESSAGES = Family(
    "syslog",
    ("syslog", "node"),
    "syslog/messages",
    SYSLOG,
    said=_SAID,
    plain=_HEAD + "twin: {text_plain:plain}",
    example="Jan 20 02:20:09 CuCM1-228 ilog_impl: Received request",
    shapes=(
        Shape(
            "platform_event",
            (
                _HEAD + "ilog_impl: Received request for platform-event (--no-wait "
                "{event_name:word} HOSTNAME={hostname:word} UNIT={unit:word} TYPE={type:word} "
                "NAME={name})",
            ),
        ),
    ),
)

ALARMS = Family(
    "alarms",
    ("certMonitor", "TVS", "CertMgr", "ICSA"),
    "syslog/CiscoSyslog",
    SYSLOG,
    said=_HEAD + ": {text_said}",
    plain=_HEAD + ": {text_plain:plain}",
    example="Feb  7 22:00:16 labserver1 : %UC_TVS-6-TVSCertificateRegenerated: %[...]",
    events=("alarm",),
    shapes=(
        _alarm(
            "certMonitor", "CERT",
            "[Unit={unit:part}][Certificate={file:part}][Expiration={not_after:part}]"
            "[DaysLeft={days_left:int}][AppID=Cisco Certificate Monitor]",
        ),
        _alarm(
            "certMonitor", "CERT",
            "[Unit={unit:part}][Certificate={file:part}][Serial={serial:hex}]"
            "[AppID=Cisco Certificate Monitor]",
        ),
        _alarm("certMonitor", "CERT", "[Serial={serial:hex}][AppID=Cisco Certificate Monitor]"),
        _alarm("CertMgr", "CERT", "[Unit={unit:part}][AppID=Cisco Certificate Management]"),
        _alarm("TVS", "TVS", "[Version={version:int}][AppID=Cisco Trust Verification]"),
        _alarm("TVS", "TVS", "[Mode={mode:part}][AppID=Cisco Trust Verification]"),
        _alarm("TVS", "TVS", "[AppID=Cisco Trust Verification]"),
        _alarm("ICSA", "ICSA", "[Peer={peer:part}][AppID=Cisco Intercluster Sync Agent]"),
    ),
)  # fmt: skip
