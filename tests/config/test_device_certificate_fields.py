"""What a model may say of LSCs, CAPF's CAs, RADIUS servers and VPN concentrators."""

from __future__ import annotations

from typing import Any

import pytest

from twin.config.load import load_model, load_phone_catalogue, load_release
from twin.config.model import ModelConfig
from twin.pki.manufacturing import AUTHORITY_OF

RADIUS = [{"name": "ise", "trusts": ["CAPF", "Cisco Root CA M2"]}]
VPN = [{"name": "asa", "common_name": "vpn.example.com"}]


def changed(**fields: Any) -> dict[str, Any]:
    """The bundled lab as a document, with the first population and top fields changed."""
    document = load_model("seed-lab").model_dump(mode="json", by_alias=True, exclude_none=True)
    phones = {**document["phones"][0], **fields.pop("phone", {})}
    return document | {"phones": [phones]} | fields


def test_guards_and_lscs_reach_the_populations() -> None:
    """What a population says of its certificates holds for each of its parts."""
    guarded = changed(phone={"radius": "ise", "lsc": "installed"}, radius_servers=RADIUS)
    (part,) = ModelConfig.model_validate(guarded).phones
    assert (part.radius, part.vpn, str(part.lsc), part.lsc_key_bits) == (
        "ise", None, "installed", 2048,
    )  # fmt: skip
    outside = changed(phone={"vpn": "asa", "mic_made": 2012}, vpn_concentrators=VPN)
    (part,) = ModelConfig.model_validate(outside).phones
    assert (part.vpn, part.mic_made) == ("asa", 2012)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"phone": {"radius": "isa"}, "radius_servers": RADIUS}, "RADIUS server"),
        ({"phone": {"vpn": "asb"}, "vpn_concentrators": VPN}, "VPN concentrator"),
        (
            {"phone": {"vpn": "asa", "radius": "ise"}, "vpn_concentrators": VPN,
             "radius_servers": RADIUS},
            "one guard",
        ),
        (
            {"capf": {"online_ca": {"common_name": "a"}, "offline_ca": {"common_name": "b"}}},
            "one of them",
        ),
    ],
)  # fmt: skip
def test_what_does_not_hang_together_is_told(fields: dict[str, Any], words: str) -> None:
    """A guard that is not there, two guards, or two CAs behind CAPF are faults of the model."""
    with pytest.raises(ValueError, match=words):
        ModelConfig.model_validate(changed(**fields))


def test_an_lsc_needs_a_capf() -> None:
    """Phones cannot have LSCs of a CAPF that runs nowhere."""
    document = changed(phone={"lsc": "installed"})
    document["nodes"][0]["services"] = ["CallManager", "TFTP"]
    with pytest.raises(ValueError, match="CAPF on the publisher"):
        ModelConfig.model_validate(document)


def test_every_authority_of_catalogue_and_releases_is_known() -> None:
    """The catalogue's and the releases' manufacturing authorities are those that can be made."""
    models = load_phone_catalogue().models.values()
    named = {str(model.mic) for model in models if model.mic is not None}
    for release in ("8.6", "9.1", "10.5", "11.5", "12.5", "14", "15"):
        named |= {str(name) for name in load_release(release).mic_authorities}
    assert named <= set(AUTHORITY_OF)
    assert "CAP-RTP-002" in named
