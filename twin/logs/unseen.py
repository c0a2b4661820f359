"""Logs of which no source prints a line: certificate change notification, certificate monitor.

Source: the TAC deck of 2016 names the files (certCN000xy.log, CertM000xy.log). Assumption: their
lines are those of the certificate manager; every record is in words of the twin's own.
"""

from __future__ import annotations

from twin.logs.moments import COMMA
from twin.logs.shapes import Family


def _java(name: str, services: tuple[str, ...], path: str) -> Family:
    thread = services[0]
    return Family(
        name,
        services,
        path,
        COMMA,
        said="{at:at} {level:word} [" + thread + "] - {text_said}",
        plain="{at:at} INFO [" + thread + "] - {text_plain:plain}",
    )


CERTCN = _java("certcn", ("certCN", "ipsec"), "platform/log/certCN00001.log")
CERTMONITOR = _java("certmon", ("certMonitor",), "platform/log/CertM00001.log")
CTL = _java("ctl", ("CTL",), "platform/log/ctl.log")
CAPF = _java("capf", ("CAPF",), "cm/trace/capf/sdi/capf00000001.txt")
TFTP = _java("tftp", ("TFTP",), "cm/trace/ctftp/sdi/ctftp00000001.txt")
