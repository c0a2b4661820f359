"""The phone catalogue: what a phone model can do and how long it takes.

Times are medians of the draws that `twin.phones` makes; this module draws nothing.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from twin.config.faults import Problem, refuse
from twin.config.fields import Document, Label, Text
from twin.config.words import ManufacturingCA, Protocol


class Seconds(Document):
    """A duration that varies: median and the range in which draws are kept."""

    median: float = Field(gt=0, le=86_400, description="Median, s")
    low: float = Field(gt=0, le=86_400, description="Least value, s")
    high: float = Field(gt=0, le=86_400, description="Greatest value, s")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low <= self.median <= self.high:
            return self
        found = f"low {self.low:g}, median {self.median:g}, high {self.high:g}"
        return refuse(self, [Problem((), found, "low <= median <= high")])


class PhoneModel(Document):
    """One phone model, or a family of models that behave alike."""

    title: Label = Field(description="Name on the product")
    family: Label = Field(description="Row of the timing table it belongs to")
    protocol_default: Protocol = Field(description="Protocol if a population does not say")
    sbd: bool = Field(description="Whether it has Security by Default: uses an ITL and TVS")
    http_tftp: bool = Field(description="Whether it asks HTTP 6970 before UDP 69")
    boot_s: Seconds = Field(description="Power-on to the first file request, s")
    reset_s: float = Field(gt=0, le=86_400, description="Reset to the first file request, s")
    restart_s: float = Field(gt=0, le=86_400, description="Restart to the first request, s")
    lsc_keygen_s: Seconds | None = Field(description="Making a 2048-bit LSC key, s; null: cannot")
    largest_rsa_bits: Literal[1024, 2048, 4096] | None = Field(
        default=None, description="Longest RSA key of a CallManager certificate it takes, bits"
    )
    lsc_keygen_1024_s: Seconds | None = Field(
        default=None, description="Making a 1024-bit LSC key, s, where 2048 bits cannot be made"
    )
    mic: ManufacturingCA | None = Field(
        default=None, description="Authority that signed its MIC; none: it has no MIC"
    )
    is_soft_client: bool = Field(
        default=False,
        description="Whether it runs on a computer: it trusts what that trusts, and looks for its "
        "login domain in an Expressway-E's certificate",
    )
    tkmodel: int | None = Field(
        default=None, ge=1, le=99_999, description="Model number in the database, if known"
    )
    source: Text | None = Field(default=None, description="Where its values come from")
    assumption: Text | None = Field(default=None, description="Why they were chosen unsourced")

    @model_validator(mode="after")
    def _has_an_origin(self) -> Self:
        if self.source is None and self.assumption is None:
            found = "neither source nor assumption"
            return refuse(self, [Problem((), found, "at least one of them")])
        return self


class PhoneCatalogue(Document):
    """All phone models that a population may name."""

    title: Text = Field(description="One line for lists")
    models: dict[str, PhoneModel] = Field(min_length=1, description="Phone models by key")

    def __getitem__(self, key: str) -> PhoneModel:
        return self.models[key]

    def assumed(self) -> list[tuple[str, str]]:
        """The phone models with an assumption, each with its wording."""
        entries = self.models.items()
        return [(key, model.assumption) for key, model in entries if model.assumption]
