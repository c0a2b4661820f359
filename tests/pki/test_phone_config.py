from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import FormatError
from twin.pki import phone_config
from twin.pki.phone_config import PhoneConfig, build, file_name, parse

PLAIN = PhoneConfig(
    protocol="SIP",
    call_managers=(("sub1", "10.1.1.2"), ("pub", "10.1.1.1")),
    tvs_addresses=("10.1.1.2", "10.1.1.1"),
    version_stamp="1457655409-0123",
    load_information="sip88xx.11-0-1",
    capf_address="pub.example.com",
)

words = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=("Cs", "Zs", "Cc")),
    max_size=20,
)
configs = st.builds(
    PhoneConfig,
    protocol=st.sampled_from(("SIP", "SCCP")),
    call_managers=st.lists(st.tuples(words, words), max_size=3).map(tuple),
    tvs_addresses=st.lists(words, max_size=3).map(tuple),
    version_stamp=words,
    device_security_mode=st.integers(1, 3),
    transport=st.integers(1, 4),
    load_information=words,
    capf_auth_mode=st.integers(0, 4),
    capf_address=st.none() | words,
    certificate_hash=words,
    is_encrypted=st.booleans(),
)


@given(configs)
def test_a_configuration_survives_its_text(config: PhoneConfig) -> None:
    """Every value, markup characters included, comes back from the XML."""
    assert parse(build(config)) == config


def test_text_has_the_elements_phones_look_for() -> None:
    """The TVS block, the group and the four elements a soft phone insists on are there."""
    text = build(PLAIN).decode()
    squeezed = "".join(line.strip() for line in text.splitlines())
    assert squeezed.startswith(
        "<?xml version='1.0' encoding='UTF-8'?><device><fullConfig>true</fullConfig>"
        "<deviceProtocol>SIP</deviceProtocol><devicePool><callManagerGroup><members>"
        '<member priority="0"><callManager><name>sub1</name><ports>'
        "<ethernetPhonePort>2000</ethernetPhonePort><sipPort>5060</sipPort>"
        "<securedSipPort>5061</securedSipPort></ports>"
        "<processNodeName>10.1.1.2</processNodeName></callManager></member>"
    )
    assert (
        '<TVS><members><member priority="0"><port>2445</port><address>10.1.1.2</address></member>'
        in squeezed
    )
    assert "<capf><phonePort>3804</phonePort><processNodeName>pub.example.com" in squeezed
    for element in ("fullConfig", "capfAuthMode", "certHash", "encrConfig"):
        assert f"<{element}" in text


def test_a_rebuild_changes_the_bytes() -> None:
    """Another version stamp makes another file, the same stamp the same."""
    assert build(PLAIN) == build(PLAIN)
    assert build(PLAIN) != build(replace(PLAIN, version_stamp="1457655410-0123"))


def test_file_names_are_those_phones_ask_for() -> None:
    """The signed file's name ends in .sgn, the plain one's does not."""
    assert file_name("SEP001122334455") == "SEP001122334455.cnf.xml.sgn"
    assert file_name("SEP001122334455", signed=False) == "SEP001122334455.cnf.xml"


def test_members_go_by_priority_and_blanks_do_not_count() -> None:
    """Order is the priority attribute's, and addresses may be padded as in the product's file."""
    text = build(PLAIN).decode().replace("<address>10.1.1.2<", "<address> 10.1.1.2 <")
    swapped = text.replace('priority="0"', "X").replace('priority="1"', 'priority="0"')
    swapped = swapped.replace("X", 'priority="1"')
    config = parse(swapped.encode())
    assert config.call_managers == (("pub", "10.1.1.1"), ("sub1", "10.1.1.2"))
    assert config.tvs_addresses == ("10.1.1.1", "10.1.1.2")


def test_elements_it_does_not_know_are_passed_over() -> None:
    """Vendor blocks of real files do not disturb."""
    text = build(PLAIN).replace(
        b"<certHash", b"<vendorConfig><sshAccess>1</sshAccess></vendorConfig><certHash"
    )
    assert parse(text) == PLAIN


def test_a_character_xml_cannot_carry_is_refused() -> None:
    """A control character in a value is a ValueError, not a broken file."""
    with pytest.raises(ValueError, match="loadInformation"):
        build(replace(PLAIN, load_information="a\0b"))


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbb">]><device>&b;</device>'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "not well-formed"),
        (b"<device>", "not well-formed"),
        (b"<device>\xff</device>", "not well-formed"),
        (b'<?xml version="1.0" encoding="nonsense"?><device/>', "not well-formed"),
        (BOMB, "document type"),
        (BOMB.decode().encode("utf-16"), "document type"),
        (b'<!DOCTYPE device SYSTEM "file:///etc/passwd"><device/>', "document type"),
        (b"<a>" * 100, "nested deeper"),
        (b"<phone/>", "root element 'phone'"),
        (b"<device/>", "encrConfig: found 0 times"),
        (b" " * (phone_config.MAX_BYTES + 1), "bytes; at most"),
        (build(PLAIN).replace(b"false<", b"maybe<"), "encrConfig 'maybe'"),
        (build(PLAIN).replace(b">4</transport", b">x</transport"), "no number"),
        (build(PLAIN).replace(b'priority="1"', b'priority="0"'), "priorities"),
        (build(PLAIN).replace(b"<certHash />", b"<certHash/><certHash/>"), "found 2 times"),
    ],
)
def test_a_malformed_file_is_refused(text: bytes, message: str) -> None:
    """Bad XML, declarations, and missing, doubled or wrong elements are FormatErrors."""
    with pytest.raises(FormatError, match=message):
        parse(text)


@given(st.data())
def test_damaged_text_raises_format_errors_only(data: st.DataObject) -> None:
    """Whatever byte is changed, the parser reads the text or raises FormatError."""
    text = bytearray(build(PLAIN))
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        config = parse(bytes(text))
    except FormatError:
        return
    assert isinstance(config, PhoneConfig)
