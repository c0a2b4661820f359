"""Systems around a cluster in models and experiments: what is wrong is told where it stands."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from tests.config.conftest import MODEL, Faults
from twin.config.load import load_products
from twin.config.model import ModelConfig
from twin.config.products import ProductCatalogue

CUBE: dict[str, Any] = {"name": "cube", "product": "cube"}
TRUNK: dict[str, Any] = {
    "name": "trunk", "kind": "sip_trunk", "clients": ["cucm"], "servers": ["cube"],
    "subjects": ["cube.example.com"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("systems", "integrations", "fault"),
    [
        ([CUBE, CUBE], [], "systems[1].name: system 'cube' is taken by systems[0]"),
        ([{**CUBE, "name": "one"}], [], "systems[0].name: 'one' is taken"),
        ([{**CUBE, "site": "moon"}], [], "systems[0].site: unknown site 'moon'"),
        ([{**CUBE, "trusts": ["nobody"]}], [], "systems[0].trusts[0]: unknown authority"),
        (
            [{**CUBE, "certificate": {"signed_by": "nobody"}}], [],
            "systems[0].certificate.signed_by: unknown certificate authority 'nobody'",
        ),
        ([{**CUBE, "product": "cub"}], [], "systems[0].product: unknown product 'cub'"),
        (
            [{**CUBE, "trusts": {"https": []}}], [],
            "systems[0].trusts.https: unknown trust store 'https'",
        ),
        ([{**CUBE, "secure_srst": True}], [], "systems[0].secure_srst: secure_srst at site 'hq'"),
        ([CUBE], [{**TRUNK, "kind": "trunk"}], "integrations[0].kind: unknown kind 'trunk'"),
        ([CUBE], [{**TRUNK, "servers": ["cub"]}], "integrations[0].servers[0]: unknown system"),
        ([CUBE], [{**TRUNK, "servers": ["cucm"]}], "integrations[0]: cucm on both ends"),
        (
            [CUBE], [TRUNK, {**TRUNK, "name": "other", "port": 5061}],
            "integrations[1].subjects[0]: subject 'cube.example.com', which 'trunk' has",
        ),
    ],
)  # fmt: skip
def test_what_a_model_has_not_is_told(
    model_faults: Faults, systems: list[Any], integrations: list[Any], fault: str
) -> None:
    """Names used twice and references to what is not there."""
    faults = model_faults(lambda m: m.update(systems=systems, integrations=integrations))
    bare = [re.sub(r" \((cube|one|trunk|other)\)", "", found) for found in faults]
    assert any(found.startswith(fault) for found in bare), faults


def test_the_same_subject_on_another_port_is_another_trunk() -> None:
    """Subject and port together tell trunks apart."""
    document = copy.deepcopy(MODEL)
    other = {**TRUNK, "name": "other", "port": 5062}
    made = ModelConfig.model_validate(
        {**document, "systems": [CUBE], "integrations": [TRUNK, other]}
    )
    assert [one.port for one in made.integrations] == [None, 5062]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ({"restart_system": {"system": "cub"}}, "restart_system.system: unknown system 'cub'"),
        ({"call_over": {"integration": "trunk"}}, "call_over.integration: unknown integration"),
        ({"start_conference": {}}, "start_conference: model two-node-1000 has no systems"),
        (
            {"upload_system_trust": {"system": "cube", "systems": ["mcu"]}},
            "upload_system_trust.systems[0]: unknown system 'mcu'",
        ),
        (
            {"upload_system_certificate": {"system": "cube", "authority": "nobody"}},
            "upload_system_certificate.authority: unknown certificate authority",
        ),
        ({"upload_system_trust": {"system": "cube"}}, "upload_system_trust: nothing to upload"),
    ],
)
def test_what_an_experiment_cannot_name_is_told(
    experiment_faults: Faults, step: dict[str, Any], fault: str
) -> None:
    """Systems, integrations and authorities that the model has not."""
    faults = experiment_faults(lambda e: e.update(steps=[step]))
    assert any(found.startswith(f"steps[0].{fault}") for found in faults), faults


def test_every_value_of_the_catalogue_has_one_origin() -> None:
    """A fact with neither source nor assumption, or with both, is no fact."""
    document = load_products().model_dump(mode="json", exclude_none=True)
    document["products"]["mcu"]["own"].pop("source")
    document["kinds"]["ils"]["assumption"] = "as well"
    with pytest.raises(ValueError, match="one of source and assumption") as found:
        ProductCatalogue.model_validate(document)
    assert str(found.value).count("one of source and assumption") == 2
