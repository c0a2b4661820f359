from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pki.authorities import START, authority, request
from twin.pki import chains
from twin.pki.authority import AUTHORITY_USAGES, Authority
from twin.pki.certificates import Certificate
from twin.pki.chains import ChainFault

OpenSSL = Callable[..., subprocess.CompletedProcess[bytes]]
LATER = START + timedelta(days=1)
SERIAL = b"\x51" * 16


@cache
def tree() -> tuple[Authority, Authority, Certificate]:
    """A root, an intermediate and a certificate under it."""
    root = authority("Root", 1)
    issuing = authority("Issuing", 2, root)
    return root, issuing, issuing.sign(request(), SERIAL, START)


def found(certificate: Certificate, *trusted: Certificate, at: datetime = LATER) -> list[str]:
    """The faults of a chain, by their words."""
    return [str(link.fault) for link in chains.faults(certificate, trusted, at)]


def test_a_whole_chain_has_no_fault() -> None:
    """Root and intermediate in the store: nothing is wrong, in whatever order they are."""
    root, issuing, own = tree()
    assert found(own, root.certificate, issuing.certificate) == []
    assert found(own, issuing.certificate, root.certificate) == []


@pytest.mark.parametrize("missing", [0, 1])
def test_a_missing_link_is_named(missing: int) -> None:
    """Without root or intermediate the chain stops, and it is told at whom."""
    root, issuing, own = tree()
    present = [root.certificate, issuing.certificate]
    del present[missing]
    (link,) = chains.faults(own, present, LATER)
    assert link.fault is ChainFault.ISSUER_MISSING
    assert link.certificate == (issuing.certificate if missing == 0 else own)


def test_an_untrusted_root_does_not_help() -> None:
    """A file may bring intermediates along, but a root counts only if it is trusted."""
    root, issuing, own = tree()
    helpers = [issuing.certificate, root.certificate]
    assert [link.fault for link in chains.faults(own, [], LATER, helpers)] == [
        ChainFault.ISSUER_MISSING
    ]
    assert chains.faults(own, [root.certificate], LATER, helpers) == ()


def test_a_namesake_did_not_sign() -> None:
    """A CA of the same name with another key is told apart by the signature."""
    _, _, own = tree()
    assert found(own, authority("Issuing", 5).certificate) == ["signature_mismatch"]


def test_every_fault_is_told_at_once() -> None:
    """An expired certificate under an expired, unfit root has three faults."""
    root = authority("Root", 1, days=401, says_authority=False, key_usages=("crl_sign",))
    own = root.sign(request(), SERIAL, START, days=1)
    at = START + timedelta(days=30)
    assert found(own, root.certificate, at=at) == ["expired", "expired", "issuer_is_no_authority"]


def test_a_chain_without_end_is_given_up() -> None:
    """A chain longer than any real one is not followed further."""
    above = authority("CA 0", 1)
    known = [above.certificate]
    for number in range(1, chains.MAX_LENGTH + 1):
        above = authority(f"CA {number}", number + 1, above)
        known.append(above.certificate)
    own = above.sign(request(), SERIAL, START)
    assert "path_too_long" in found(own, *known)


STRANGE = (
    (),
    ("digital_signature",),
    ("key_cert_sign",),
    ("digital_signature", "key_cert_sign"),
    AUTHORITY_USAGES,
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Certificate, list[Certificate], list[Certificate], datetime]:
    """A certificate, what is trusted, what only helps, and a moment that is no boundary."""
    above: Authority | None = None
    authorities = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        says = draw(st.booleans()) or draw(st.booleans())
        above = authority(
            f"CA {number}",
            number,
            above,
            age_days=draw(st.sampled_from([400, 40, -20])),
            days=draw(st.sampled_from([3650, 450])),
            path_length=draw(st.sampled_from([None, None, 0, 1])),
            says_authority=says,
            key_usages=draw(st.sampled_from(STRANGE + (AUTHORITY_USAGES,) * 6)),
        )
        authorities.append(above)
    namesake = authority(f"CA {len(authorities)}", 9)
    assert above is not None
    own = above.sign(request(), SERIAL, START, days=draw(st.sampled_from([10, 730])))
    trusted, helpers = [], []
    for one in authorities:
        where = draw(st.sampled_from("ttttthn"))
        (trusted if where == "t" else helpers if where == "h" else []).append(one.certificate)
    if draw(st.integers(0, 5)) == 0:
        trusted.append(namesake.certificate)
    days = draw(st.sampled_from([-5, 1, 15, 70, 400, 900]))
    return own, trusted, helpers, START + timedelta(days=days, seconds=1)


@pytest.mark.openssl
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=cases())
def test_openssl_judges_every_chain_alike(
    run_openssl: OpenSSL,
    case: tuple[Certificate, list[Certificate], list[Certificate], datetime],
) -> None:
    """What holds here holds for `openssl verify -attime`, and what does not does not there."""
    own, trusted, helpers, at = case
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, certificates in (("own", [own]), ("trusted", trusted), ("helpers", helpers)):
            paths[name] = Path(folder) / name
            paths[name].write_bytes(b"".join(one.pem for one in certificates))
        arguments: list[str | Path] = ["verify", "-no-CApath", "-no-CAstore"]
        arguments += ["-CAfile", paths["trusted"]] if trusted else ["-no-CAfile"]
        arguments += ["-untrusted", paths["helpers"]] if helpers else []
        arguments += ["-attime", str(int(at.timestamp())), paths["own"]]
        verified = run_openssl(*arguments)
    ours = [str(link.fault) for link in chains.faults(own, trusted, at, helpers)]
    assert (ours == []) == (verified.returncode == 0), (ours, verified.stderr.decode())


@pytest.mark.openssl
def test_the_last_second_is_a_difference(run_openssl: OpenSSL, tmp_path: Path) -> None:
    """RFC 5280 4.1.2.5: a certificate is valid through its last second; the program ends before."""
    root, issuing, own = tree()
    (tmp_path / "trusted").write_bytes(root.certificate.pem + issuing.certificate.pem)
    (tmp_path / "own").write_bytes(own.pem)
    end = own.not_after
    assert found(own, root.certificate, issuing.certificate, at=end) == []
    assert found(own, root.certificate, issuing.certificate, at=end + timedelta(seconds=1))
    codes = [
        run_openssl(
            "verify", "-CAfile", tmp_path / "trusted", "-attime", str(int(at.timestamp())),
            tmp_path / "own",
        ).returncode
        for at in (end - timedelta(seconds=1), end)
    ]  # fmt: skip
    assert codes == [0, 2]


def test_the_phase_of_a_date_turns_with_its_very_second() -> None:
    """A certificate is valid from its first second to its last, and in no other phase then."""
    certificate = tree()[2]
    second = timedelta(seconds=1)
    moments = (
        certificate.not_before - second, certificate.not_before, certificate.not_after,
        certificate.not_after + second,
    )  # fmt: skip
    assert [chains.date_phases([certificate], at) for at in moments] == [(-1,), (0,), (0,), (1,)]
