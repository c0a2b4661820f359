"""Revocation: what a CA offers to be asked by, and what the cluster asks.

Knows words. Does not know certificates.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.config.fields import Document

RevocationWay = Literal["none", "ocsp", "crl"]


class RevocationConfig(Document):
    """OS Administration > Security > Certificate Revocation, and Common Criteria mode.

    Source: cucm-pki-behaviour 8 (Security Guide for CUCM 15): with Common Criteria, revoked and
    unknown fail; without, unknown passes.
    """

    check: bool = Field(default=False, description="Whether revocation is looked at")
    common_criteria: bool = Field(
        default=False, description="Whether an unknown status counts as revoked"
    )
