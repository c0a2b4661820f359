from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.outputs.terminal import logged
from twin.config.words import TrustUnit, Unit
from twin.errors import InputError
from twin.outputs import certificate_list
from twin.outputs.capture import Capture, split
from twin.outputs.certificate_list import ListedCertificate


def test_the_published_own_listing_is_read(captured: Callable[[str], Capture]) -> None:
    """The deck's `show cert list own` gives its five units, all self-signed."""
    found = certificate_list.read(captured("cert_list_own.txt"))
    assert [one.unit for one in found] == ["tomcat", "ipsec", "CallManager", "CAPF", "TVS"]
    assert {one.description for one in found} == {certificate_list.SELF_SIGNED}
    assert not any(one.is_trust for one in found)


def test_the_published_trust_listing_is_written_back(captured: Callable[[str], Capture]) -> None:
    """The deck's twenty trust certificates are read and printed again line for line."""
    capture = captured("cert_list_trust.txt")
    found = certificate_list.read(capture)
    assert len(found) == 20
    assert found[14] == ListedCertificate("CAPF-trust", "CAPF-f21b4acd.pem", "")
    assert found[-1].name == "10.105.131.60"
    assert certificate_list.write(found).splitlines() == [line.text for line in capture.filled]


_ENTRIES = st.lists(
    st.builds(
        ListedCertificate,
        st.sampled_from([*map(str, Unit), *map(str, TrustUnit)]),
        st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,70}\.pem", fullmatch=True),
        st.sampled_from([certificate_list.SELF_SIGNED, "Trust Certificate", ""]),
    ),
    min_size=1,
)


@given(
    entries=_ENTRIES,
    width=st.sampled_from([0, 80, 60]),
    page=st.sampled_from([0, 3]),
    crlf=st.booleans(),
)
def test_what_is_written_is_read_back(
    entries: list[ListedCertificate], width: int, page: int, crlf: bool
) -> None:
    """A listing survives the prompt, wraps, page breaks and CRLF."""
    text = logged(
        certificate_list.write(entries), "show cert list own", width=width, page=page, crlf=crlf
    )
    capture = next(one for one in split(text, "log.txt") if one.command)
    assert certificate_list.is_present(capture)
    assert list(certificate_list.read(capture)) == entries


def test_a_line_of_something_else_is_named() -> None:
    """The error says file, line, what stands there and what should."""
    with pytest.raises(InputError) as caught:
        certificate_list.read_text("admin:show cert list own\ntomcat/tomcat.pem: x\nrubbish\n", "a")
    assert str(caught.value) == "a:3: 'rubbish', expected unit/FILE.pem: description."


def test_descriptions_are_those_of_the_deck(identity: Callable[..., tuple]) -> None:
    """Self-signed ones say so; CAPF-trust has no description; uploads are signed certificates."""
    certificate, _ = identity()
    assert certificate_list.own_description(certificate) == certificate_list.SELF_SIGNED
    say = certificate_list.trust_description
    assert say("tomcat-trust", is_uploaded=False) == "Trust Certificate"
    assert say("tomcat-trust", is_uploaded=True) == "Signed Certificate"
    assert say("CAPF-trust", is_uploaded=True) == ""
