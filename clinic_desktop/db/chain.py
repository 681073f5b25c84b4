"""The chain of commits: each value is made of the one before.

Loads no tables, so that a fresh process that only checks a record is quick to start.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

THIS_PC = 1
"""The number of this PC in its own record, and of any PC in the headers of its commits."""
PLAIN_SINCE = 11
"""Commits of this schema version and later are hashed over the body as it was before deflating."""
READER_SHIFT = 16
"""A commit's schema version is in the lower bits; above them the oldest one that may apply it."""
ERASED = "erased"
"""A word of ``sync_hold``: an applied commit whose own row of ``log_redaction`` is not here yet."""
_REDACTED_SINCE, _NAMED_SINCE = 8, 12
"""The versions of the record that know of erasures, and of erasures in the logs of other PCs."""
_SCHEMA = 6
"""The place of the schema version in a header."""
_encode = msgspec.msgpack.Encoder().encode
Redaction = tuple[bytes, frozenset[bytes]]
"""Digest of a body as it was written, and of what erasures left of it, on this or on another PC."""


def chain_value(
    previous: bytes, header: Sequence[Any], body: bytes, redaction: Redaction | None = None
) -> bytes:
    """BLAKE2b-256 over the previous value, the commit's header and its body as it was written.

    Whatever number a record gives to a PC: in the headers of its own log it is number 1.
    """
    return linked(previous, header, body_digest(body, header[_SCHEMA], redaction))


def linked(previous: bytes, header: Sequence[Any], covered: bytes) -> bytes:
    """The same from the digest of the body."""
    digest = hashlib.blake2b(previous, digest_size=32)
    digest.update(_encode([THIS_PC, *header[1:]]))
    digest.update(covered)
    return digest.digest()


def body_digest(body: bytes, schema: int, redaction: Redaction | None = None) -> bytes:
    """Of what a commit wrote, even where an erasure took words out of it since."""
    covered = inflated(body) if schema >= PLAIN_SINCE else body
    found = hashlib.blake2b(covered, digest_size=32).digest()
    return redaction[0] if redaction is not None and found in redaction[1] else found


def inflated(body: bytes) -> bytes:
    """The MessagePack of a body; one that was tampered with comes back as it is, to be found."""
    try:
        return zlib.decompress(body)
    except zlib.error:
        return body


def redactions(cursor: Any) -> dict[tuple[int, int], Redaction]:
    """Commits that an erasure touched, by PC and number; see ``db.redaction``."""
    version = cursor.execute("PRAGMA user_version").fetchone()[0]
    if version < _REDACTED_SINCE:
        return {}
    sql = "SELECT dev, dseq, original, redacted FROM log_redaction ORDER BY rowid"
    if version >= _NAMED_SINCE:
        # Without a name it is of the PC that wrote the row: there was no other.
        sql = (
            "SELECT coalesce(d.dev, c.dev, 1), r.dseq, r.original, r.redacted FROM log_redaction r"
            " LEFT JOIN sync_device d ON d.device_id = r.device_id"
            " LEFT JOIN sync_commit c ON c.cid = r.sv ORDER BY r.rowid"
        )
    found: dict[tuple[int, int], Redaction] = {}
    for dev, dseq, was, now in cursor.execute(sql).fetchall():
        _first, left = found.get((dev, dseq), (b"", frozenset()))
        found[dev, dseq] = bytes(was), left | {bytes(now)}
    if version >= _NAMED_SINCE:
        for dev, dseq, body in cursor.execute(
            "SELECT dev, dseq, body FROM sync_hold WHERE why = ?", (ERASED,)
        ).fetchall():
            found.setdefault((dev, dseq), (bytes(body[:32]), frozenset({bytes(body[32:])})))
    return found


def verify_chain(cursor: Any) -> str | None:
    """The place of the first broken link of any PC's log, or ``None`` when all are whole."""
    redacted = redactions(cursor)
    dev, previous, expected = 0, bytes(32), 1
    for row in cursor.execute(
        "SELECT dev, dseq, hlc, wall, user_id, reason, schema_ver, deps, body, chain"
        " FROM sync_commit ORDER BY dev, dseq"
    ):
        *header, body, chain = row
        if header[0] != dev:
            dev, previous, expected = header[0], bytes(32), 1
        if header[1] != expected or chain != chain_value(
            previous, header, body, redacted.get((dev, header[1]))
        ):
            return f"{dev}/{header[1]}"
        previous, expected = chain, expected + 1
    return None
