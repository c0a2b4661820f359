"""SDL traces of CallManager: from a change notification to the devices that are reset.

Source: the three traces of the TAC deck of 2016 ("No Device Restart", "Device Restart", "TVS
Service"). Three captures print size(2634) for certificates of different sizes, so it is taken for
a constant of the notice; cache=Y, and the numbers of the processes but for the node's, are
constants of the only lines there are. Left out, for the twin cannot know them: SdlStat lines
(buffers), the count within a signal's tag (.38), and groups of lines of other signals.
Assumption: the number of a process's node (2,100,41,1) is the node's place in the cluster.
"""

from __future__ import annotations

from twin.logs.moments import CLOCK
from twin.logs.shapes import Family, Shape

_APP = "{sequence:sequence} |{at:at} |AppInfo |"
_SIGNAL = "{sequence:sequence} |{at:at} |SdlSig |"
_TAG = "|{sdl_node:int},100,41,1{?\\.[0-9]+}^*^* |[[T:N-H:0,N:0,L:0,V:0,Z:0,D:0]"
_CNF = "{text}, size({=2634|[0-9]+}) serialnumber({serialnumber})"
_CERTIFICATE = "Certificate CNF. "
_NOTIFY = "ProcessDbChangeNotify - (certificate, action={action_number:int}) Cert pkid={pkid:pkid}."


def _app(event: str, *texts: str, **when: str) -> Shape:
    """A record of AppInfo lines."""
    return Shape(event, tuple(_APP + text for text in texts), when=when)


_SHAPES = (
    Shape(
        "CcmDbChangeNotify",
        (
            _SIGNAL + "CcmDbTableChangeNotify |wait |CcmDbChangeNotify({sdl_node:int},100,"
            "{table:int},1) |CcmDbChangeNotify({sdl_node:int},100,{table:int},1) " + _TAG,
        ),
        hidden=("action",),
        opens=0,
    ),
    _app(
        "select_certificate",
        "DB: CFastAccess(certificate)",
        "DB: SQL1[select * from certificate where pkid = '{pkid:pkid}'];]",
        "DB: SQL2[select * from certificate where pkid = '{pkid:pkid}'];]",
        "DB: ~CFastAccess(certificate)",
    ),
    _app("cnf_received", "Cnf Received: " + _CNF),
    Shape(
        "DbChangeNotify",
        (
            _SIGNAL + "DbTableChangeNotify |wait |DbChangeNotify({sdl_node:int},100,{table:int},1) "
            "|CcmDbChangeNotify({sdl_node:int},100,41,1) " + _TAG + " {text}",
        ),
        opens=0,
    ),
    Shape("process_cnf", (_APP + "ProcessCnf N: " + _CNF,), when={"answer": "N"}),
    Shape("process_cnf", (_APP + "ProcessCnf Y: " + _CNF,), when={"answer": "Y"}, opens=1),
    _app("do_group_reset", "doGroupReset: checking for group reset on table {table:word}"),
    _app("process_db_change_notify", _CERTIFICATE + _NOTIFY + " ({trace:word})"),
    _app("debounced", _CERTIFICATE + _NOTIFY + " {=DEBOUNCED|DEBOUN[CD]ED} ({trace:word})"),
    _app("finish_cnf", "finish cnf on table {table:word}"),
    _app(
        "process_it",
        _CERTIFICATE + "ProcessDbChangeNotify - Cert pkid={pkid:pkid}, serverName={server_name}, "
        "IPv4={ipv4}, IPv6={ipv6}, issuerName={issuer_name}. Process it. ({trace:word})",
    ),
    _app(
        "certificate_process_node_map",
        _CERTIFICATE + "CertificateProcessNodeMap List has: pkid={pkid:pkid},"
        "servername={server_name},fkprocessnode={fkprocessnode:pkid} ({trace:word})",
    ),
    _app(
        "cert_service_cert_map",
        _CERTIFICATE + "Processing CertServiceCertMap pkid={pkid:pkid}, "
        "tkcertificateservice={tkcertificateservice:int}/ fkCert={fkcert:pkid}. ({trace:word})",
    ),
    _app(
        "is_itl_related_role",
        _CERTIFICATE + "isITLRelatedRole={role:word} and CertProcessNodeMap "
        "pkid={processnodemap_pkid:pkid}. ({trace:word})",
    ),
    _app(
        "is_itl_related_role",
        _CERTIFICATE + "isITLRelatedRole={role:word} leads to {leads_to} ({trace:word})",
    ),
    _app(
        "leads_to_callmanager",
        _CERTIFICATE + "Leads to CallManager pkid={pkid:pkid}. Name={name}. ({trace:word})",
    ),
    _app("group_reset_sql1", "Cnf group reset: SQL1[{sql}]"),
    _app("cfastaccess", "DB: CFastAccess({name})"),
    _app("db_sql1", "DB: SQL1[{sql}]"),
    _app("db_sql2", "DB: SQL2[{sql}]"),
    _app("move_next", "DB: MoveNext(): {answer:word}"),
    _app("move_next", "-->DB: MoveNext()"),
    _app("group_reset_sql2", "Cnf group reset: SQL2[{sql}], ccmPkid[{ccm_pkid:pkid}]"),
    _app("is_eof", "DB: IsEOF(): {answer:word}"),
    _app("row_tkmodel", "<--DB: Int[tkmodel]=[{tkmodel:int}]"),
    _app("row_pkid", "<--DB: Str[pkid]=[{pkid:pkid}]"),
    _app("row_name", "<--DB: Str[name]=[{name}]"),
    _app("row_fkcallmanager1", "<--DB: Str[fkcallmanager1]=[{fk}{=]|]?}"),
    _app("row_fkcallmanager2", "<--DB: Str[fkcallmanager2]=[{fk}{=]|]?}"),
    _app(
        "sending_device_reset",
        "Sending device reset({kind:int}) for pkid={pkid:pkid}, name={name}, "
        "tkmodel={tkmodel:int} cache={=Y|[YN]} fk1=<{fk1}> fk2=<{fk2}>",
    ),
)

SDL = Family(
    "sdl",
    ("CallManager",),
    "cm/trace/ccm/sdl/SDL001_100_000001.txt",
    CLOCK,
    said="{sequence:sequence} |{at:at} |{level:word} |{text_said}",
    plain=_APP + "{text_plain:plain}",
    shapes=_SHAPES,
)
