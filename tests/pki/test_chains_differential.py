"""Whatever chain: the twin's judges and the openssl program come to the same verdict.

Where they differ on purpose, a test of its own says so and names the source; see also
`test_chains.py` (the last second of a certificate).
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pki.authorities import START, authority, key
from twin.pki import chains
from twin.pki.authority import AUTHORITY_USAGES, Authority
from twin.pki.certificates import Certificate
from twin.pki.handshake import UNSUITABLE_ISSUER_PURPOSE, Endpoint, shake_hands
from twin.pki.names import DistinguishedName
from twin.pki.profile import UnitProfile, build
from twin.pki.usages import PURPOSES

pytestmark = pytest.mark.openssl
OpenSSL = Callable[..., subprocess.CompletedProcess[bytes]]
NAMES = ("CA", "CA", "Other")
"""Two in three authorities have the same name."""
OWN = 77


@st.composite
def trees(draw: st.DrawFn) -> tuple[Certificate, list[Certificate]]:
    """A certificate and all the authorities there are, some of them of one name.

    One in six has a signature with a bit turned over.
    """
    made: list[Authority] = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        issuer = draw(st.sampled_from([None, *made, *made]))
        says = draw(st.integers(0, 4)) > 0
        made.append(
            authority(
                f"{draw(st.sampled_from(NAMES))} {number // 2}", number, issuer,
                age_days=draw(st.sampled_from([400, 400, 40, -20])),
                days=draw(st.sampled_from([3650, 450])),
                path_length=draw(st.sampled_from([None, None, 0, 1])),
                says_authority=says,
                key_usages=draw(st.sampled_from([AUTHORITY_USAGES] * 4 + [(), ("crl_sign",)])),
            )
        )  # fmt: skip
    signer = draw(st.sampled_from(made))
    own = leaf(signer, draw(st.sampled_from([10, 730])), ("server_auth", "client_auth"))
    if draw(st.integers(0, 5)) == 0:
        own = spoilt(own)
    return own, [one.certificate for one in made]


def leaf(
    signer: Authority, days: int, purposes: Sequence[str],
    usages: tuple[str, ...] = ("digital_signature", "key_agreement"),
) -> Certificate:  # fmt: skip
    """A certificate with key `OWN` of an authority."""
    profile = UnitProfile((), usages, tuple(PURPOSES[word] for word in purposes))
    return build(
        DistinguishedName.parse("CN=own;O=Example").to_x509(),
        signer.certificate.to_x509().subject, key(OWN).public_key, signer.key,
        b"\x61" * 16, START, days, "sha256", profile,
    )  # fmt: skip


def spoilt(certificate: Certificate) -> Certificate:
    """The same with another last byte of its signature."""
    return Certificate.from_der(certificate.der[:-1] + bytes([certificate.der[-1] ^ 1]))


def accepts(
    run_openssl: OpenSSL, own: Certificate, trusted: Sequence[Certificate],
    helpers: Sequence[Certificate], at: datetime, *more: str,
) -> bool:  # fmt: skip
    """Whether `openssl verify` accepts a certificate at a moment."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, found in (("own", [own]), ("trusted", trusted), ("helpers", helpers)):
            paths[name] = Path(folder) / name
            paths[name].write_bytes(b"".join(one.pem for one in found))
        arguments: list[str | Path] = ["verify", "-no-CApath", "-no-CAstore", *more]
        arguments += ["-CAfile", paths["trusted"]] if trusted else ["-no-CAfile"]
        arguments += ["-untrusted", paths["helpers"]] if helpers else []
        arguments += ["-attime", str(int(at.timestamp())), paths["own"]]
        return run_openssl(*arguments).returncode == 0


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), any_ends=st.booleans(), days=st.sampled_from([-5, 1, 15, 70, 400]))
def test_openssl_judges_trees_alike(
    run_openssl: OpenSSL, data: st.DataObject, any_ends: bool, days: int
) -> None:
    """Authorities of one name, spoilt signatures, wrong flags, wrong dates: the same verdict.

    With `any_ends` the program is asked for a partial chain. Each certificate of a tree is trusted,
    sent along, or unknown.
    """
    own, every = data.draw(trees())
    trusted: list[Certificate] = []
    helpers: list[Certificate] = []
    for one in every:
        place = data.draw(st.sampled_from([trusted, trusted, helpers, []]))
        place.append(one)
    at = START + timedelta(days=days, seconds=1)
    links = chains.faults(own, trusted, at, helpers, any_ends=any_ends)
    more = ["-partial_chain"] if any_ends else []
    assert (links == ()) == accepts(run_openssl, own, trusted, helpers, at, *more), links


USAGES = st.sampled_from(
    [("digital_signature",), ("key_agreement",), ("key_encipherment",), ("content_commitment",)]
)
WORDS = st.lists(st.sampled_from(["server_auth", "client_auth", "ipsec_end_system"]), unique=True)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    purposes=WORDS, usages=USAGES, trusted=st.sampled_from(["root", "own", "stranger"]),
    days=st.sampled_from([-1, 1, 20]), is_server=st.booleans(),
)  # fmt: skip
def test_openssl_verifies_purposes_as_a_handshake_does(
    run_openssl: OpenSSL,
    purposes: list[str],
    usages: tuple[str, ...],
    trusted: str,
    days: int,
    is_server: bool,
) -> None:
    """`verify -purpose sslserver` and `sslclient` say what the other end of a TLS leg says.

    A handshake needs a key that may sign, so a refusal for the usage alone may come as another
    error there; accepted is accepted in both.
    """
    root = authority("Root", 1)
    own = leaf(root, 10, purposes, usages)
    anchor = {"root": root.certificate, "own": own, "stranger": authority("No", 5).certificate}
    at = START + timedelta(days=days, seconds=1)
    shows = Endpoint(chain=(own,), key=key(OWN), anchors=(), authenticates=False)
    looks = Endpoint(chain=(root.certificate,), key=root.key, anchors=(anchor[trusted],))
    ends = (looks, shows) if is_server else (shows, looks)
    verdict = shake_hands(*ends, at)
    purpose = "sslserver" if is_server else "sslclient"
    said = accepts(
        run_openssl, own, [anchor[trusted]], (), at, "-partial_chain", "-purpose", purpose
    )
    may_sign = "digital_signature" in usages
    assert verdict.succeeded == said or (said and not may_sign), verdict


def test_a_capf_without_client_purpose_is_a_difference(run_openssl: OpenSSL) -> None:
    """The product lets LSCs in whose CAPF is for servers only; the program refuses such an issuer.

    Source: CAPF's extended key usages in the certificates of a real CTL of 2015, by which secure
    phones did register.
    """
    subject = DistinguishedName.parse("CN=CAPF;O=Example").to_x509()
    profile = UnitProfile(
        (), ("digital_signature", "key_cert_sign"), (PURPOSES["server_auth"],), is_authority=True
    )
    certificate = build(
        subject, subject, key(3).public_key, key(3), b"\x62" * 16, START, 100, "sha256", profile
    )
    own = leaf(Authority(certificate, key(3)), 10, ("client_auth",))
    at = START + timedelta(days=1)
    phone = Endpoint(chain=(own,), key=key(OWN), authenticates=False)
    root = authority("Root", 1)
    node = Endpoint(
        chain=(root.certificate,), key=root.key, anchors=(certificate,),
        passes_over=(UNSUITABLE_ISSUER_PURPOSE,),
    )  # fmt: skip
    assert shake_hands(phone, node, at).succeeded
    assert not shake_hands(phone, replace(node, passes_over=()), at).succeeded
    assert not accepts(run_openssl, own, [certificate], (), at, "-purpose", "sslclient")
