"""syslog: what the platform tells, and the alarms of the services.

Source: the line of a clusterwide delete in the TAC deck of 2016; names and severities of alarms:
Cisco's alarm catalogue (cucm-pki-behaviour 8, 6). Assumption: the form of an alarm's line and the
names of its parameters, after the product's `%UC_<facility>-<severity>-<name>: %[...]`; services
that start and stop, and nodes that boot, are in words of the twin's own.
"""

from __future__ import annotations

from twin.logs.moments import SYSLOG
from twin.logs.shapes import Family, Shape

_HEAD = "{at:at} {node:word} "
_SAID = _HEAD + "{process:word}: {text_said}"
_ALARM = _HEAD + ": %UC_{facility}-{severity:severity}-{name:word}: %[{text}][NodeID={node:word}]"


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
    events=("alarm",),
    shapes=(
        _alarm(
            "certMonitor", "CERT",
            "[Unit={unit:word}][Certificate={file}][Expiration={not_after:word}]"
            "[DaysLeft={days_left:int}][AppID=Cisco Certificate Monitor]",
        ),
        _alarm(
            "certMonitor", "CERT",
            "[Unit={unit:word}][Certificate={file}][Serial={serial:hex}]"
            "[AppID=Cisco Certificate Monitor]",
        ),
        _alarm("certMonitor", "CERT", "[Serial={serial:hex}][AppID=Cisco Certificate Monitor]"),
        _alarm("CertMgr", "CERT", "[Unit={unit:word}][AppID=Cisco Certificate Management]"),
        _alarm("TVS", "TVS", "[Version={version:int}][AppID=Cisco Trust Verification]"),
        _alarm("TVS", "TVS", "[Mode={mode:word}][AppID=Cisco Trust Verification]"),
        _alarm("TVS", "TVS", "[AppID=Cisco Trust Verification]"),
        _alarm("ICSA", "ICSA", "[Peer={peer:word}][AppID=Cisco Intercluster Sync Agent]"),
    ),
)  # fmt: skip
