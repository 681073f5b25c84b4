"""The chain of commits: each value is made of the one before.

Loads no tables, so that a fresh process that only checks a record is quick to start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

THIS_PC = 1
_encode = msgspec.msgpack.Encoder().encode


def chain_value(previous: bytes, header: Iterable[Any], body: bytes) -> bytes:
    """BLAKE2b-256 over the previous value, the commit's header and its body."""
    digest = hashlib.blake2b(previous, digest_size=32)
    digest.update(_encode(list(header)))
    digest.update(hashlib.blake2b(body, digest_size=32).digest())
    return digest.digest()


def verify_chain(cursor: Any) -> str | None:
    """The place of the first broken link of this PC's log, or ``None`` when it is whole."""
    previous, expected = bytes(32), 1
    for row in cursor.execute(
        "SELECT dev, dseq, hlc, wall, user_id, reason, schema_ver, deps, body, chain"
        " FROM sync_commit WHERE dev = ? ORDER BY dseq",
        (THIS_PC,),
    ):
        *header, body, chain = row
        if header[1] != expected or chain != chain_value(previous, header, body):
            return f"{header[0]}/{header[1]}"
        previous, expected = chain, expected + 1
    return None
