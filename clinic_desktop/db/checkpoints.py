"""Signed statements of how far this PC's log had come.

The chain of ``sync_commit`` shows that nothing was slipped in between; a signature over its newest
value shows who says so. A checkpoint is written in the transaction whose commit it covers.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.security.primitives import Identity, is_signed, sign

EVERY_COMMITS = 64
EVERY_MS = 60_000


@dataclass(frozen=True)
class Signer:
    """A PC as the log knows it."""

    device_id: uuid.UUID
    public: bytes
    """Ed25519; empty where it has none."""


@dataclass(frozen=True)
class Checkpoint:
    """One signed statement; ``dev`` is the number that this record gives the PC."""

    dev: int
    number: int
    dseq: int
    hlc: int
    wall: int
    chain: bytes
    signature: bytes = b""

    def statement(self, device_id: uuid.UUID) -> bytes:
        """What is signed: text that a person can read, see docs/audit-format.md."""
        lines = (
            "clinic-desktop checkpoint 1",
            f"device {device_id.hex}",
            f"number {self.number}",
            f"commit {self.dseq}",
            f"clock {self.hlc}",
            f"wall {self.wall}",
            f"chain {self.chain.hex()}",
        )
        return ("\n".join(lines) + "\n").encode()

    def is_signed_by(self, signer: Signer) -> bool:
        """Whether this PC's key signed exactly this."""
        return is_signed(signer.public, self.statement(signer.device_id), self.signature)


def ensure_key(cursor: Any) -> None:
    """Give this PC a signing key if it has none yet."""
    if cursor.execute("SELECT 1 FROM device_key WHERE dev = ?", (THIS_PC,)).fetchone() is None:
        fresh = Identity.new()
        cursor.execute("INSERT INTO device_key (dev, seed) VALUES (?, ?)", (THIS_PC, fresh.signing))
        cursor.execute(
            "UPDATE sync_device SET sign_pk = ? WHERE dev = ?", (fresh.public.signing, THIS_PC)
        )


def signers(cursor: Any) -> dict[int, Signer]:
    """Whose signature counts for which PC's log.

    Membership plugs in here: until there is a chain of members, the record itself names the keys.
    """
    rows = cursor.execute("SELECT dev, device_id, sign_pk FROM sync_device").fetchall()
    return {
        dev: Signer(uuid.UUID(bytes=device), bytes(public or b"")) for dev, device, public in rows
    }


def newest(cursor: Any) -> Checkpoint:
    """This PC's last signed statement; there is one as soon as there is a commit."""
    row = cursor.execute(
        "SELECT dev, number, dseq, hlc, wall, chain, signature FROM sync_checkpoint"
        " WHERE dev = ? ORDER BY number DESC LIMIT 1",
        (THIS_PC,),
    ).fetchone()
    return Checkpoint(*row)


def last_up_to(cursor: Any, dseq: int) -> Checkpoint:
    """This PC's last signed statement over no later commit; over none, where there is none."""
    row = cursor.execute(
        "SELECT dev, number, dseq, hlc, wall, chain, signature FROM sync_checkpoint"
        " WHERE dev = ? AND dseq <= ? ORDER BY number DESC LIMIT 1",
        (THIS_PC, dseq),
    ).fetchone()
    return Checkpoint(*row) if row else Checkpoint(THIS_PC, 0, 0, 0, 0, bytes(32))


def seal(cursor: Any, wall_ms: int, *, at_once: bool) -> Checkpoint | None:
    """Sign the newest commit of this PC if that is due; ``None`` if it is not.

    Due are 64 commits or 60 s of work since the last signature, and with ``at_once`` any commit.
    """
    head = cursor.execute(
        "SELECT dseq, hlc, wall, chain FROM sync_commit WHERE dev = ? ORDER BY dseq DESC LIMIT 1",
        (THIS_PC,),
    ).fetchone()
    number, dseq, wall = cursor.execute(
        "SELECT number, dseq, wall FROM sync_checkpoint WHERE dev = ? ORDER BY number DESC LIMIT 1",
        (THIS_PC,),
    ).fetchone() or (0, 0, 0)
    if head is None or head[0] == dseq:
        return None
    waited = not 0 <= wall_ms - wall < EVERY_MS  # also after the clock was put back
    if not (at_once or waited or head[0] - dseq >= EVERY_COMMITS):
        return None
    return _sign(cursor, Checkpoint(THIS_PC, number + 1, head[0], head[1], wall_ms, bytes(head[3])))


def _sign(cursor: Any, unsigned: Checkpoint) -> Checkpoint:
    device, seed = cursor.execute(
        "SELECT device_id, seed FROM sync_device JOIN device_key USING (dev) WHERE dev = ?",
        (THIS_PC,),
    ).fetchone()
    signature = sign_as(bytes(seed), unsigned.statement(uuid.UUID(bytes=device)))
    signed = replace(unsigned, signature=signature)
    cursor.execute(
        "INSERT INTO sync_checkpoint (dev, number, dseq, hlc, wall, chain, signature)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        _values(signed),
    )
    return signed


def sign_as(seed: bytes, message: bytes) -> bytes:
    """Sign with the seed of a PC's key."""
    return sign(Identity(b"", seed), message)


def _values(point: Checkpoint) -> tuple[Any, ...]:
    return (point.dev, point.number, point.dseq, point.hlc, point.wall, point.chain,
            point.signature)  # fmt: skip


def checkpoints(cursor: Any, after: int = 0) -> list[Checkpoint]:
    """This PC's signed statements with a higher number than ``after``, in order."""
    rows = cursor.execute(
        "SELECT dev, number, dseq, hlc, wall, chain, signature FROM sync_checkpoint"
        " WHERE dev = ? AND number > ? ORDER BY number",
        (THIS_PC, after),
    )
    return [Checkpoint(*row) for row in rows.fetchall()]
