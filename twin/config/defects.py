"""Named product defects: which there are, what each does, and which releases have it.

A release profile lists the defects it has (`defects`), and code asks `release.has_defect(name)`
where the behaviour differs. An enhancement counts as a defect of the releases before it. What a
defect does is built where it happens; this module only tells of it.

Source: cucm-pki-behaviour 4.3; Cisco TAC deck on UC certificates, March 2016, common known
caveats.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Defect(StrEnum):
    """A defect or enhancement by its number in Cisco's bug tool."""

    CSCUP28852 = "CSCup28852"
    CSCUR97909 = "CSCur97909"
    CSCUS28550 = "CSCus28550"
    CSCUS47235 = "CSCus47235"
    CSCUH19734 = "CSCuh19734"
    CSCUR67631 = "CSCur67631"
    CSCUU59477 = "CSCuu59477"
    CSCUY21239 = "CSCuy21239"
    CSCVV13565 = "CSCvv13565"
    CSCVN65359 = "CSCvn65359"


@dataclass(frozen=True, slots=True)
class DefectNote:
    """What a defect does, where it is known to be, and who says so."""

    what: str
    affected: str
    source: str


NOTES: dict[Defect, DefectNote] = {
    Defect.CSCUP28852: DefectNote(
        "Phones are reset about every 7 minutes after a certificate update while a multi-server "
        "certificate is in use: nodes disagree about the shared row and keep writing it",
        "releases with multi-server certificates, 10.5(1) and early 10.5(2) (assumed); the fixed "
        "version is published nowhere",
        "title: Cisco 210541, 118731, TAC deck of March 2016; the mechanism is assumed",
    ),
    Defect.CSCUR97909: DefectNote(
        "Bringing in a multi-server certificate leaves the rows of the nodes' own self-signed "
        "certificates in the database",
        "10.5 era",
        "Cisco 118731, TAC deck of March 2016",
    ),
    Defect.CSCUS28550: DefectNote(
        "A trust certificate is deleted on one node only (enhancement: on all at once)",
        "before 11.0",
        "TAC deck of March 2016",
    ),
    Defect.CSCUS47235: DefectNote(
        "A CSR's common name is not among its subject alternative names",
        "10.5(2)",
        "Cisco 118731, TAC deck of March 2016",
    ),
    Defect.CSCUH19734: DefectNote(
        "A certificate uploaded to Phone-VPN-trust overwrites an older one of the same common name",
        "published nowhere; taken for 8.x to 10.5",
        "TAC deck of March 2016; the range is assumed",
    ),
    Defect.CSCUR67631: DefectNote(
        "CA-signed certificates with 4096-bit keys are not supported (enhancement)",
        "published nowhere; taken for releases before 11.5",
        "TAC deck of March 2016; the range is assumed",
    ),
    Defect.CSCUU59477: DefectNote(
        "The SHA-1 in a CTL file made with eTokens is wrong for a certificate of more than 2048 "
        "bytes of DER, and phones reject that record",
        "published nowhere; taken for 9.1 to 10.5",
        "TAC deck of March 2016; the range is assumed",
    ),
    Defect.CSCUY21239: DefectNote(
        "Subscribers get a CAPF certificate at installation, which nobody uses",
        "until after 11.x; publisher only from 14",
        "TAC deck of March 2016, Cisco 214231",
    ),
    Defect.CSCVV13565: DefectNote(
        "A refresh upgrade to 12.5(1) before SU3 makes a new ITLRecovery certificate",
        "upgrades from 10.0 to 12.5(1)SU2; fixed in 12.5(1)SU3",
        "Field Notice 70613",
    ),
    Defect.CSCVN65359: DefectNote(
        "Two rows of one common name in a trust store push each other's certificate out at every "
        "resync",
        "12.x",
        "collaboration release notes quoting the defect",
    ),
}
