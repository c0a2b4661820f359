"""The phone's configuration file `SEP<MAC>.cnf.xml`, as far as its security depends on it.

Knows the XML text. Does not know which group, servers or load a phone has, nor signing.
The device's name is not in the text: it is in the file's name and, signed, in the header.

Source: element names and values from the documentation of an independent implementation used
with real phones and from Cisco's open-sourced soft phone; the TVS block from the seed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.parsers import expat

from twin.errors import FormatError

MAX_BYTES = 256 * 1024
"""Longer texts are not parsed; real files have some 10 KB."""

_MAX_DEPTH = 32
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

CCM_PHONE_PORT = 2000
SIP_PORT = 5060
SECURED_SIP_PORT = 5061
TVS_PORT = 2445
CAPF_PORT = 3804


@dataclass(frozen=True, slots=True)
class PhoneConfig:
    """What a full configuration file says.

    `call_managers` are (name, address) in the order of the CallManager group, `tvs_addresses`
    the TVS servers in the same order, `capf_address` the CAPF node (the publisher).
    `device_security_mode`: 1 non-secure, 2 authenticated, 3 encrypted. `transport`: 1 TCP,
    2 UDP, 3 TLS, 4 either. `capf_auth_mode`: 0 when no CAPF operation waits.
    `version_stamp` changes with each rebuild. `vpn_hashes`: SHA-1 of the certificates that the
    phone accepts of its VPN concentrator, base 64 (element names by product knowledge).
    `srst_certificate`: the one it accepts of its secure SRST gateway, DER in base 64.
    """

    protocol: str
    call_managers: tuple[tuple[str, str], ...]
    tvs_addresses: tuple[str, ...]
    version_stamp: str
    device_security_mode: int = 1
    transport: int = 4
    load_information: str = ""
    capf_auth_mode: int = 0
    capf_address: str | None = None
    certificate_hash: str = ""
    is_encrypted: bool = False
    vpn_url: str | None = None
    vpn_hashes: tuple[str, ...] = ()
    srst_certificate: str = ""


def file_name(device: str, *, signed: bool = True) -> str:
    """Return the name a phone asks for, e.g. `SEP001122334455.cnf.xml.sgn`."""
    return f"{device}.cnf.xml.sgn" if signed else f"{device}.cnf.xml"


def build(config: PhoneConfig) -> bytes:
    """Return the XML text, UTF-8.

    Raises:
        ValueError: a value with a character XML cannot carry.
    """
    root = ElementTree.Element("device")
    _text(root, "fullConfig", "true")
    _text(root, "deviceProtocol", config.protocol)
    group = ElementTree.SubElement(ElementTree.SubElement(root, "devicePool"), "callManagerGroup")
    members = ElementTree.SubElement(group, "members")
    for priority, (name, address) in enumerate(config.call_managers):
        member = ElementTree.SubElement(members, "member", priority=str(priority))
        call_manager = ElementTree.SubElement(member, "callManager")
        _text(call_manager, "name", name)
        ports = ElementTree.SubElement(call_manager, "ports")
        _text(ports, "ethernetPhonePort", str(CCM_PHONE_PORT))
        _text(ports, "sipPort", str(SIP_PORT))
        _text(ports, "securedSipPort", str(SECURED_SIP_PORT))
        _text(call_manager, "processNodeName", address)
    tvs_members = ElementTree.SubElement(ElementTree.SubElement(root, "TVS"), "members")
    for priority, address in enumerate(config.tvs_addresses):
        member = ElementTree.SubElement(tvs_members, "member", priority=str(priority))
        _text(member, "port", str(TVS_PORT))
        _text(member, "address", address)
    _text(root, "deviceSecurityMode", str(config.device_security_mode))
    _text(root, "transportLayerProtocol", str(config.transport))
    _text(root, "loadInformation", config.load_information)
    _text(root, "capfAuthMode", str(config.capf_auth_mode))
    capf_list = ElementTree.SubElement(root, "capfList")
    if config.capf_address is not None:
        capf = ElementTree.SubElement(capf_list, "capf")
        _text(capf, "phonePort", str(CAPF_PORT))
        _text(capf, "processNodeName", config.capf_address)
    _text(root, "certHash", config.certificate_hash)
    _text(root, "encrConfig", "true" if config.is_encrypted else "false")
    if config.vpn_url is not None:
        vpn = ElementTree.SubElement(root, "vpnGroup")
        _text(ElementTree.SubElement(vpn, "addresses"), "url1", config.vpn_url)
        credentials = ElementTree.SubElement(vpn, "credentials")
        _text(credentials, "hashAlg", "0")
        for number, value in enumerate(config.vpn_hashes, start=1):
            _text(credentials, f"certHash{number}", value)
    if config.srst_certificate:
        srst = ElementTree.SubElement(root, "srstInfo")
        _text(srst, "isSecure", "true")
        _text(srst, "certificate", config.srst_certificate)
    _text(root, "versionStamp", config.version_stamp)
    ElementTree.indent(root, " ")
    text: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text + b"\n"


def parse(text: bytes) -> PhoneConfig:
    """Read a full configuration file; elements not named in PhoneConfig are passed over.

    Raises:
        FormatError: no well-formed XML, a document type declaration, too long or too deep, or
            an element missing, twice or with an impossible value.
    """
    root = _tree(text)
    if root.tag != "device":
        raise FormatError(f"root element {root.tag!r}, expected 'device'")
    capf = root.findall("capfList/capf")
    vpn = root.findall("vpnGroup")
    srst = root.findall("srstInfo")
    encrypted = _value(root, "encrConfig")
    if encrypted not in ("true", "false"):
        raise FormatError(f"encrConfig {encrypted!r}, expected true or false")
    return PhoneConfig(
        protocol=_value(root, "deviceProtocol"),
        call_managers=tuple(
            (_value(member, "callManager/name"), _value(member, "callManager/processNodeName"))
            for member in _members(root, "devicePool/callManagerGroup/members")
        ),
        tvs_addresses=tuple(_value(member, "address") for member in _members(root, "TVS/members")),
        version_stamp=_value(root, "versionStamp"),
        device_security_mode=_integer(root, "deviceSecurityMode"),
        transport=_integer(root, "transportLayerProtocol"),
        load_information=_value(root, "loadInformation"),
        capf_auth_mode=_integer(root, "capfAuthMode"),
        capf_address=_value(capf[0], "processNodeName") if capf else None,
        certificate_hash=_value(root, "certHash"),
        is_encrypted=encrypted == "true",
        vpn_url=_value(vpn[0], "addresses/url1") if vpn else None,
        vpn_hashes=_hashes(vpn[0]) if vpn else (),
        srst_certificate=_value(srst[0], "certificate") if srst else "",
    )


def _hashes(vpn: ElementTree.Element) -> tuple[str, ...]:
    found = vpn.findall("credentials/*")
    return tuple((one.text or "").strip() for one in found if one.tag.startswith("certHash"))


def _text(parent: ElementTree.Element, tag: str, value: str) -> None:
    if _FORBIDDEN.search(value):
        raise ValueError(f"{tag}: {value!r} holds a character XML cannot carry")
    ElementTree.SubElement(parent, tag).text = value


def _tree(text: bytes) -> ElementTree.Element:
    """Parse XML with expat itself, because only so a document type can be refused in time."""
    if len(text) > MAX_BYTES:
        raise FormatError(f"a configuration of {len(text)} bytes; at most {MAX_BYTES} are read")
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise FormatError(f"elements nested deeper than {_MAX_DEPTH}")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: object) -> None:
        raise FormatError("a document type declaration is not accepted")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise FormatError(f"not well-formed XML: {error}") from None
    return builder.close()


def _value(parent: ElementTree.Element, path: str) -> str:
    found = parent.findall(path)
    if len(found) != 1:
        raise FormatError(f"{path}: found {len(found)} times, expected once")
    return (found[0].text or "").strip()


def _integer(parent: ElementTree.Element, path: str) -> int:
    value = _value(parent, path)
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise FormatError(f"{path}: {value!r} is no number")
    return int(value)


def _members(root: ElementTree.Element, path: str) -> list[ElementTree.Element]:
    """Return the `member` elements of a list in the order of their priorities."""
    found = root.findall(f"{path}/member")
    priorities = [member.get("priority", "") for member in found]
    if sorted(priorities) != sorted(str(position) for position in range(len(found))):
        raise FormatError(f"{path}: priorities {priorities}, expected 0 and up, each once")
    return sorted(found, key=lambda member: int(member.get("priority", "")))
