"""The two uses SAML makes of a service provider's certificate, on real keys.

Knows: a signed request, an assertion whose key is encrypted to the certificate in the metadata.
Must not know who logs in, nor XML.

Source: OASIS SAML 2.0 metadata (KeyDescriptor use "signing" and "encryption"); W3C XML Encryption,
RSA-OAEP key transport.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from twin.pki.certificates import Certificate
from twin.pki.keys import HASHES, PrivateKey

SECRET = bytes(range(32))
"""Stands for the key an assertion is encrypted with."""
_HASH = "sha256"
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def is_request_of(certificate: Certificate, key: PrivateKey) -> bool:
    """Whether a request signed with the key passes for one of the certificate's owner."""
    request = b"AuthnRequest"
    signature = key.sign(request, _HASH)
    public = certificate.public_key
    if not isinstance(public, rsa.RSAPublicKey):
        return False
    try:
        public.verify(signature, request, padding.PKCS1v15(), HASHES[_HASH])
    except InvalidSignature:
        return False
    return True


def can_read_assertion(certificate: Certificate, key: PrivateKey) -> bool:
    """Whether the key opens what was encrypted to the certificate.

    RSA only, as tomcat's certificate is.
    """
    public, private = certificate.public_key, key.raw
    if not isinstance(public, rsa.RSAPublicKey) or not isinstance(private, rsa.RSAPrivateKey):
        return False
    try:
        return private.decrypt(public.encrypt(SECRET, _OAEP), _OAEP) == SECRET
    except ValueError:
        return False
