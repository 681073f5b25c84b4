"""TLS between PCs of one practice: no authority vouches for a hub, only the practice's own keys.

A hub shows a certificate for the very key that its PC signs with. Whoever connects looks at that
key alone: names, addresses and dates in the certificate say nothing. Who asks proves it with the
signature of each request.
"""

from __future__ import annotations

import http.client
import secrets
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from clinic_desktop.security.primitives import Identity

NEAR: Final = "lan"
"""What the address of a hub begins with."""
NEAR_PORT: Final = 47646
_NAME: Final = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clinic-desktop")])
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


class StrangerError(OSError):
    """What answers is no PC of the practice."""


class PinnedConnection(http.client.HTTPSConnection):
    """A connection to a hub that must be one of these PCs; to any, where none is known yet."""

    def __init__(self, host: str, port: int, keys: frozenset[bytes], timeout: float) -> None:
        super().__init__(host, port, timeout=timeout, context=_asking())
        self._keys = keys

    def connect(self) -> None:
        """Connect, and hang up on everybody else before anything is said.

        Raises:
            StrangerError: it is another PC.
        """
        super().connect()
        shown = key_of(self.sock.getpeercert(binary_form=True) or b"")
        if not shown or (self._keys and shown not in self._keys):
            self.close()
            raise StrangerError


def answering(own: Identity) -> ssl.SSLContext:
    """What a hub answers TLS with: a certificate for this PC's signing key.

    OpenSSL reads keys from files only: for that moment it lies in one, under a random password.
    """
    key = Ed25519PrivateKey.from_private_bytes(own.signing)
    made = (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(_FIRST)
        .not_valid_after(_LAST)
        .sign(key, None)
    )
    password = secrets.token_hex(32)
    hidden = BestAvailableEncryption(password.encode())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.minimum_version = ssl.TLSVersion.TLSv1_3
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hub.pem"
        path.write_bytes(made.public_bytes(Encoding.PEM) + pem)
        found.load_cert_chain(path, password=password)
    return found


def _asking() -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found.minimum_version = ssl.TLSVersion.TLSv1_3
    found.check_hostname = False
    found.verify_mode = ssl.CERT_NONE  # the key is looked at instead
    return found


def key_of(certificate: bytes) -> bytes:
    """The Ed25519 key of a certificate; empty for any other."""
    try:
        found = x509.load_der_x509_certificate(certificate).public_key()
    except ValueError:
        return b""
    return found.public_bytes_raw() if isinstance(found, Ed25519PublicKey) else b""
