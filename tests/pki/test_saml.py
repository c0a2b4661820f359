"""The two uses SAML makes of a certificate, on real keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.pki.authorities import authority, key
from twin.pki.saml import can_read_assertion, is_request_of


def test_only_the_owner_signs_and_reads(identity: Callable[..., Any]) -> None:
    """A key fits its own certificate in both uses, and no other."""
    (mine, my_key), (other, other_key) = identity(index=0), identity(index=1)
    assert is_request_of(mine, my_key)
    assert can_read_assertion(mine, my_key)
    for certificate, wrong in ((mine, other_key), (other, my_key)):
        assert not is_request_of(certificate, wrong)
        assert not can_read_assertion(certificate, wrong)


def test_a_key_on_a_curve_has_no_such_use(identity: Callable[..., Any]) -> None:
    """Key transport is RSA; a certificate on a curve is no partner for it."""
    curved = authority("Curve", 5).certificate
    rsa, rsa_key = identity()
    assert not can_read_assertion(curved, key(5))
    assert not can_read_assertion(rsa, key(5))
    assert not is_request_of(curved, rsa_key)
    assert not is_request_of(rsa, key(5))
