"""What systems around a cluster do with certificates, and how they are connected to it: as data.

The values stand in `models/products.yaml`, each with its source or assumption; this module says
which fields there are. Most products differ in four things: how an own certificate gets in, how
trust gets in, what is verified, and which name counts. It knows no certificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field

from twin.config.faults import Problem
from twin.config.fields import CheckedDocument, Document, Text
from twin.config.origins import origin_problems
from twin.config.raw import mapping

ValueT = TypeVar("ValueT")

CUCM = "cucm"
"""As an end of an integration: every node of the cluster that runs what the kind needs."""

OwnWay = Literal["csr", "certificate_and_key"]
TrustWay = Literal["append", "replace"]
VerificationWord = Literal["none", "outgoing", "both"]
NameRuleWord = Literal["none", "either", "alternative_name", "alternative_name_first"]
CucmExpects = Literal["nothing", "subjects", "bridge_name", "server_name"]


class Fact(Document, Generic[ValueT]):
    """A value and where it comes from."""

    value: ValueT = Field(description="The value")
    source: Text | None = Field(default=None, description="Where it is documented")
    assumption: Text | None = Field(default=None, description="Why it was chosen without a source")


class Product(Document):
    """What one product does with certificates."""

    title: Text = Field(description="Name of the product")
    own: Fact[OwnWay] = Field(
        description="How its certificate gets in: csr: it makes a key and a request itself; "
        "certificate_and_key: both are uploaded together"
    )
    default_certificate: Fact[Literal["own", "shared"]] = Field(
        description="What it ships with: self-signed with a key of its own, or with the same key "
        "as every other unit"
    )
    stores: Fact[tuple[str, ...]] = Field(
        description="Its trust stores; the first one counts where an integration names none"
    )
    trust: Fact[TrustWay] = Field(
        description="Whether an upload is added to a store, or replaces what was in it"
    )
    needs_root: Fact[bool] = Field(
        description="Whether every certificate up to a root has to be in the store"
    )
    verification: Fact[VerificationWord] = Field(
        description="Whom it verifies as shipped: nobody, the servers it calls, clients too"
    )
    needs_store_to_verify: Fact[bool] = Field(
        description="Whether verification cannot be switched on while the store is empty"
    )
    name_rule: Fact[NameRuleWord] = Field(
        description="Where it looks for the name it called; none: any name will do"
    )
    has_key_permission: Fact[bool] = Field(
        description="Whether its service account has to be given read access to the private key"
    )
    needs_restart: Fact[bool] = Field(
        description="Whether a new certificate counts from the next restart only"
    )


class IntegrationKind(Document):
    """A way in which a cluster and systems around it are connected."""

    title: Text = Field(description="What it is for")
    service: str = Field(description="What is spoken")
    port: int = Field(ge=1, le=65_535, description="Port of the server")
    unit: Literal["CallManager", "tomcat"] = Field(
        description="Own certificate that a CUCM node shows on it"
    )
    is_mutual: bool = Field(description="Whether the client shows a certificate too")
    stands: bool = Field(
        description="Whether a connection is kept up; otherwise every request opens a new one"
    )
    cucm_expects: CucmExpects = Field(
        default="nothing",
        description="What a CUCM node looks for in the other's certificate: one of the "
        "integration's X.509 subjects, a common name that begins with the system's name, or the "
        "server's name",
    )
    store: str | None = Field(default=None, description="Trust store the system judges it by")
    source: Text | None = Field(default=None, description="Where it is documented")
    assumption: Text | None = Field(default=None, description="Why it was chosen without a source")


class ProductCatalogue(CheckedDocument):
    """Every product and every kind of integration."""

    products: dict[str, Product] = Field(description="By the word models use")
    kinds: dict[str, IntegrationKind] = Field(description="By the word models use")

    @classmethod
    def problems_as_written(cls, data: Mapping[str, Any]) -> list[Problem]:
        """Values and kinds without an origin."""
        problems: list[Problem] = []
        for word, row in mapping(data, "products").items():
            for field, fact in row.items() if isinstance(row, Mapping) else ():
                if isinstance(fact, Mapping):
                    problems += origin_problems(("products", word, field), fact)
        for word, row in mapping(data, "kinds").items():
            if isinstance(row, Mapping):
                problems += origin_problems(("kinds", word), row)
        return problems
