"""TVS traces: a certificate that a phone asks about, looked for in the two caches.

Source: the trace of the TAC deck of 2016. The number before UNKNOWN (of a session) is read over:
the twin has none. Lines of the TLS session itself are read and not written, for phones' sessions
with TVS are no rows of the journal.
Assumption: the words for a query and for an entry that is found (the deck shows neither).
"""

from __future__ import annotations

from twin.logs.moments import CLOCK
from twin.logs.shapes import Family, Shape
from twin.logs.templates import Kind

_AT = "{at:at} | debug "
_LOOK = (
    "{cache:word}::getCertificateInformation - Looking up the certificate cache using "
    "Unique MAP ID : {map_id}"
)
_MISSED = "ERROR:{cache:word}::getCertificateInformation - Cannot find the certificate in the cache"

_SHAPES = (
    Shape("tls_established", (_AT + "tvsIdleTLSEstablished",), writes=False),
    Shape("timer_started", (_AT + "Starting Timer after SSL Negotiation",), writes=False),
    Shape("verification_request", (_AT + "tvsHandleCertVerificationReq",), hidden=("map_id",)),
    Shape("query_request", (_AT + "tvsHandleQueryCertReq",), hidden=("map_id",)),
    Shape("look_up", (_AT + _LOOK, _AT + _MISSED), when={"found": False}),
    Shape(
        "look_up",
        (_AT + _LOOK, _AT + "{cache:word}::getCertificateInformation - Found entry"),
        when={"found": True},
    ),
    Shape(
        "no_roles",
        (
            _AT + "getCertificateInformation(cert) : certificate not found",
            _AT + "{?[0-9]+:}{text:unknown}",
        ),
        hidden=("map_id",),
    ),
)

TVS = Family(
    "tvs",
    ("TVS",),
    "cm/trace/tvs/sdi/tvs00000001.txt",
    CLOCK,
    said=_AT + "{text_said}",
    plain=_AT + "{text_plain:plain}",
    shapes=_SHAPES,
    kinds={"unknown": Kind("UNKNOWN:[^:]*", str, str)},
)
