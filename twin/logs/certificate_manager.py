"""CertMgmt logs: what the certificate manager of a node was asked for, and did.

Source: the two excerpts of the TAC deck of 2016. That of a regeneration has a moment in each line;
that of a deletion begins with a list of settings that has none, and is written so here. Its lines
IN and OUT of single Java methods are read and not written.
"""

from __future__ import annotations

from twin.logs.moments import COMMA
from twin.logs.shapes import Family, Shape

_INFO = "{at:at} INFO [main] - "
_DEBUG = "{at:at} DEBUG [main] - "

_SHAPES = (
    Shape(
        "regenerate",
        (
            _INFO + "decode",
            _INFO + "op:{op:word}",
            _INFO + "unit:{unit:word}",
            _INFO + "cert-dir:{certificate_dir:slashes}",
            _INFO + "key-dir:{key_dir:slashes}",
        ),
    ),
    Shape(
        "delete",
        (
            "decode: true",
            "op: {op:word}",
            "unit: {unit:word}",
            "keystoreUnit:{unit:word}",
            "logFile: /var/log/active/platform/log/cert-mgmt.log",
            "resultFile: /var/log/active/platform/log/certde-info.xml",
            "keyDir: {key_dir:word}",
            "certDir: {certificate_file}",
        ),
        hidden=("name",),
    ),
    Shape(
        "database_deleted",
        (_INFO + "IN -- CertDBAction.java - deleteCertificateInDB(certInfo) -",),
        hidden=("unit", "pkid"),
    ),
    Shape(
        "trust_deleted",
        (
            _DEBUG + "deleteDERandPEM: sCertDir = {certificate_dir:word} --- sAlias = {alias}",
            _DEBUG + "Removing certificate from keystore : {alias}",
        ),
        hidden=("unit", "name", "serial", "rows"),
    ),
)

CERTMGMT = Family(
    "certmgmt",
    ("CertMgr",),
    "platform/log/CertMgmt00001.log",
    COMMA,
    said="{at:at} {level:word} [{thread}] - {text_said}",
    plain=_INFO + "{text_plain:plain}",
    shapes=_SHAPES,
)
