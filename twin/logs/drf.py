"""Logs of Cisco DRF: the master, which every agent calls, and the agents.

Source: the master's log in the TAC deck of 2016, for the case that the agent sends the alert.
Assumption: a master that refuses an agent prints the same lines without the alert; the agents' log
and all that is told of backups is in words of the twin's own.
"""

from __future__ import annotations

from twin.logs.moments import COMMA
from twin.logs.shapes import Family, Shape
from twin.logs.templates import Kind

_THREAD = "[NetServerWorker] - "
_DEBUG = "{at:at} DEBUG " + _THREAD
_ERROR = "{at:at} ERROR " + _THREAD
_WORKER = "drfNetServerWorker.drfNetServerWorker: "
_SAID = "{at:at} {level:word} [{thread}] - {text_said}"

_REFUSAL = Shape(
    "tls_refused",
    (
        _DEBUG + "drfNetServer.run: Received Client Socket request from "
        "/{client_address:word}:{source_port:int}",
        _DEBUG + "Validating if client request is from a Node within the Cluster",
        _DEBUG + "Validated Client. IP = {client_address:word} Hostname = {hostname:word}. "
        "Request is from a Node within the Cluster",
        _DEBUG + _WORKER + "Socket Object OutputStream to be created",
        _ERROR + _WORKER + "{message:stream}",
    ),
    hidden=("leg", "client", "server", "alert", "reasons", "refused_by"),
)

DRF_MASTER = Family(
    "drf-master",
    ("DRFMaster", "DRF"),
    "platform/drf/trace/drfMA0.log",
    COMMA,
    said=_SAID,
    plain="{at:at} INFO " + _THREAD + "{text_plain:plain}",
    shapes=(_REFUSAL,),
    kinds={"stream": Kind("Unable to create input/output stream to client.*", str, str)},
)

DRF_LOCAL = Family(
    "drf-local",
    ("DRFLocal",),
    "platform/drf/trace/drfLA0.log",
    COMMA,
    said=_SAID,
    plain="{at:at} INFO [LocalAgent] - {text_plain:plain}",
)
