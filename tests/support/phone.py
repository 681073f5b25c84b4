"""A phone with an app for one-time codes, written from RFC 6238 anew."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Phone:
    """What was scanned; its clock is the one it is asked with."""

    seed: bytes

    @classmethod
    def scan(cls, address: str) -> Phone:
        """Read the QR code's text."""
        parts = urlsplit(address)
        assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
        return cls(base64.b32decode(parse_qs(parts.query)["secret"][0]))

    def shows(self, now: datetime | float) -> str:
        """Six digits."""
        unix = now.timestamp() if isinstance(now, datetime) else now
        made = hmac.new(self.seed, struct.pack(">Q", int(unix) // 30), hashlib.sha1).digest()
        (number,) = struct.unpack_from(">I", made, made[19] & 0xF)
        return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"
