from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.pki.names import CALLMANAGER_ORDER, CAPF_ORDER, RECORD_ORDER, DistinguishedName

LAB = DistinguishedName.of(
    "ITLRECOVERY_labserver1.vasank.com",
    organizational_unit="TAC",
    organization="Cisco",
    locality="BGL",
    state="KA",
    country="IN",
    order=CAPF_ORDER,
)


def test_record_string_has_the_fixed_order_whatever_the_der_order() -> None:
    """A trust list shows CN;OU;O;L;ST;C even for a name whose DER starts with C."""
    assert LAB.attributes[0] == ("C", "IN")
    assert (
        LAB.record_string()
        == "CN=ITLRECOVERY_labserver1.vasank.com;OU=TAC;O=Cisco;L=BGL;ST=KA;C=IN"
    )


def test_log_string_is_the_reversed_der_order_with_commas() -> None:
    """The reset log's spelling of an ITLRecovery name is reproduced to the letter."""
    assert (
        LAB.log_string() == "L=BGL,ST=KA,CN=ITLRECOVERY_labserver1.vasank.com,OU=TAC,O=Cisco,C=IN"
    )


def test_empty_parts_are_left_out() -> None:
    """A name with only a common name is just that."""
    assert DistinguishedName.of("a").record_string() == "CN=a"


def test_other_types_follow_the_six() -> None:
    """A type outside the fixed order, such as serialNumber, stands behind them."""
    name = DistinguishedName((("serialNumber", "PID:CP-8861 SN:FCH1"), ("C", "US"), ("CN", "x")))
    assert name.record_string() == "CN=x;C=US;serialNumber=PID:CP-8861 SN:FCH1"


@pytest.mark.parametrize("text", ["CN=a;O=b c;C=US", "CN=a, O=b c ,C=US"])
def test_parse_takes_semicolons_or_commas(text: str) -> None:
    """Both spellings of a name are read alike, blanks around parts dropped."""
    assert DistinguishedName.parse(text).attributes == (("CN", "a"), ("O", "b c"), ("C", "US"))


@pytest.mark.parametrize("text", ["", "CN", "CN=", "X=1", "CN=a;;O=b"])
def test_parse_refuses_parts_it_does_not_know(text: str) -> None:
    """A part that is not TYPE=value with a known type is an error that shows it."""
    with pytest.raises(ValueError, match="expected TYPE=value"):
        DistinguishedName.parse(text)


values = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=20)


@given(
    st.tuples(values, values, values, values, values),
    st.sampled_from((CALLMANAGER_ORDER, CAPF_ORDER)),
)
def test_name_survives_x509(parts: tuple[str, str, str, str, str], order: tuple[str, ...]) -> None:
    """A name put into X.509 and read back is the same, order included."""
    common_name, unit, organization, locality, state = parts
    name = DistinguishedName.of(
        common_name,
        organizational_unit=unit,
        organization=organization,
        locality=locality,
        state=state,
        country="IN",
        order=order,
    )
    back = DistinguishedName.from_x509(name.to_x509())
    assert back == name
    assert back.common_name == common_name
    assert back.reordered(RECORD_ORDER).reordered(order) == name
