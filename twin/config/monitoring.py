"""OS Administration > Security > Certificate Monitor: what is notified, when and to whom."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from twin.config.fields import Document

Address = Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[A-Za-z0-9.-]{1,255}$")]


class CertificateMonitorConfig(Document):
    """The page's fields. Assumption: the defaults 30 days and 7 days (cucm-pki-behaviour 8)."""

    notification_start_days: int = Field(
        default=30, ge=1, le=3650, description="Days before expiry from which one is told"
    )
    notification_frequency_hours: int = Field(
        default=168, ge=1, le=8760, description="Hours between two notices of one certificate"
    )
    email_ids: tuple[Address, ...] = Field(
        default=(), max_length=20, description="Who gets the e-mail; empty: no e-mail is sent"
    )
