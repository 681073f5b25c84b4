"""Commits as PCs hand them to each other, and the names of commits that hold on every PC.

A commit's name is its *dot*: the PC's id and the commit's number there. Inside a record a commit
also has a number of its own (``cid``), by which versions are kept; bodies never contain it. A body
names a version of its own PC by that PC's number alone, one of another PC by the whole dot.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from clinic_desktop.db import causes
from clinic_desktop.db.chain import (
    PLAIN_SINCE,
    READER_SHIFT,
    THIS_PC,
    body_digest,
    linked,
    redactions,
)
from clinic_desktop.db.lists import batches, marks
from clinic_desktop.errors import DatabaseDamagedError
from clinic_desktop.i18n import _

NamedVersion = int | list[Any]
"""A version as a body names it: ``dseq``, or ``[device id, dseq]``."""


class CommitRecord(Struct, frozen=True, array_like=True):
    """One commit of a PC, whole and byte for byte as its chain covers it."""

    dseq: int
    hlc: int
    wall: int
    user: bytes | None
    reason: str
    schema: int
    """Of its author's program, and above ``READER_SHIFT`` the oldest one that may apply it."""
    deps: bytes
    """What was applied there since its previous commit, see ``db.causes``."""
    body: bytes
    """MessagePack of inserts and updates; of schemas before 11 deflated."""
    chain: bytes
    original: bytes = b""
    """Where an erasure took words out of the body since: the digest that the chain covers."""

    @property
    def reader(self) -> int:
        """The oldest schema version that may apply it."""
        return self.schema >> READER_SHIFT

    @property
    def header(self) -> tuple[Any, ...]:
        """What the chain covers beside the body."""
        return (THIS_PC, self.dseq, self.hlc, self.wall, self.user, self.reason, self.schema,
                self.deps)  # fmt: skip

    @property
    def digest(self) -> bytes:
        """Of the body as it is."""
        return hashlib.blake2b(self.body, digest_size=32).digest()

    @property
    def covered(self) -> bytes:
        """The digest that the chain covers: of the body as it was written."""
        return self.original or self.digest

    def follows(self, chain: bytes) -> bytes:
        """The chain value of this commit after that of the one before it."""
        return linked(chain, self.header, self.covered)

    @property
    def stored_body(self) -> bytes:
        """As ``sync_commit`` keeps it: deflated."""
        return zlib.compress(self.body, 1) if self.schema >= PLAIN_SINCE else self.body


class CheckpointRecord(Struct, frozen=True, array_like=True):
    """One signed statement of a PC about its log, see ``db.checkpoints``."""

    number: int
    dseq: int
    hlc: int
    wall: int
    chain: bytes
    signature: bytes


def outgoing(cursor: Any, after_dseq: int, limit: int) -> list[CommitRecord]:
    """This PC's commits after a number, in order, at most ``limit``.

    Raises:
        DatabaseDamagedError: the log names versions in a way that other PCs could misread.
    """
    redacted = redactions(cursor)
    rows = cursor.execute(
        "SELECT cid, dseq, hlc, wall, user_id, reason, schema_ver, deps, body, chain"
        " FROM sync_commit WHERE dev = ? AND dseq > ? ORDER BY dseq LIMIT ?",
        (THIS_PC, after_dseq, limit),
    ).fetchall()
    found = []
    for cid, dseq, hlc, wall, user, reason, schema, deps, body, chain in rows:
        if schema < PLAIN_SINCE and cid != dseq:
            raise DatabaseDamagedError(
                _("The log of this PC cannot be handed to others: its numbers have a gap."),
                kept=_("Nothing was changed."),
                hint=_("Ask for help."),
                place=f"commit {dseq}",
            )
        was = redacted.get((THIS_PC, dseq))
        digest = body_digest(body, schema, was)
        changed = digest != body_digest(body, schema)
        plain = zlib.decompress(body) if schema >= PLAIN_SINCE else body
        found.append(
            CommitRecord(dseq, hlc, wall, user, reason, schema, deps, plain, chain,
                         digest if changed else b"")
        )  # fmt: skip
    return found


def checkpoints(cursor: Any, dev: int, after_number: int) -> list[CheckpointRecord]:
    """The signed statements that this record has of a PC, after a number."""
    rows = cursor.execute(
        "SELECT number, dseq, hlc, wall, chain, signature FROM sync_checkpoint"
        " WHERE dev = ? AND number > ? ORDER BY number",
        (dev, after_number),
    ).fetchall()
    return [CheckpointRecord(*row) for row in rows]


class Names:
    """Translates between the numbers of this record and the names that hold everywhere."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._dots: dict[int, tuple[int, int]] = {}
        self._cids: dict[tuple[int, int], int] = {}
        self._ids: dict[int, bytes] = {}
        self._devs: dict[bytes, int] = {}

    def learn(self, cids: Iterable[int]) -> None:
        """Look up many at once."""
        missing = [cid for cid in cids if cid not in self._dots]
        for part in batches(missing):
            for cid, dev, dseq in self._cursor.execute(
                f"SELECT cid, dev, dseq FROM sync_commit WHERE cid IN ({marks(part)})", part
            ).fetchall():
                self.know(cid, dev, dseq)

    def know(self, cid: int, dev: int, dseq: int) -> None:
        """Take down a commit that is at hand."""
        self._dots[cid], self._cids[dev, dseq] = (dev, dseq), cid

    def dot(self, cid: int) -> tuple[int, int]:
        """PC and number there; a commit that the log has lost stays what it was called here."""
        if cid not in self._dots:
            self.learn([cid])
        return self._dots.get(cid, (THIS_PC, cid))

    def cid(self, dev: int, dseq: int) -> int | None:
        """The number here of a PC's commit; ``None`` if it is not here."""
        if (dev, dseq) not in self._cids:
            row = self._cursor.execute(
                "SELECT cid FROM sync_commit WHERE dev = ? AND dseq = ?", (dev, dseq)
            ).fetchone()
            if row is None:
                return None
            self.know(row[0], dev, dseq)
        return self._cids[dev, dseq]

    def device_id(self, dev: int) -> bytes:
        """The id of a PC by its number here."""
        if dev not in self._ids:
            self._read_devices()
        return self._ids[dev]

    def dev(self, device_id: bytes) -> int | None:
        """The number here of a PC; ``None`` for one that nobody told of."""
        if device_id not in self._devs:
            self._read_devices()
        return self._devs.get(device_id)

    def _read_devices(self) -> None:
        for dev, device_id in self._cursor.execute("SELECT dev, device_id FROM sync_device"):
            self._ids[dev], self._devs[bytes(device_id)] = bytes(device_id), dev

    def written(self, cids: Iterable[int], author: int = THIS_PC) -> list[NamedVersion]:
        """Versions as a body of a PC names them."""
        dots = map(self.dot, cids)
        return [dseq if dev == author else [self.device_id(dev), dseq] for dev, dseq in dots]

    def read(self, author: int, named: Iterable[NamedVersion]) -> list[int]:
        """The numbers here of what a PC's body names; what is not here is left out."""
        found = []
        for each in named:
            dev, dseq = self.place(author, each)
            cid = None if dev is None else self.cid(dev, dseq)
            if cid is not None:
                found.append(cid)
        return found

    def place(self, author: int, named: NamedVersion) -> tuple[int | None, int]:
        """A PC's number here, if anybody told of it, and the number of its commit."""
        if isinstance(named, int):
            return author, named
        device_id, dseq = named
        return self.dev(bytes(device_id)), int(dseq)


def news(cursor: Any, dseq: int) -> bytes:
    """What was applied of other PCs since this PC's last commit, as the commit ``dseq`` says it."""
    found = cursor.execute(
        "SELECT d.dev, device_id, tip, chain FROM sync_device d LEFT JOIN sync_commit c"
        " ON c.dev = d.dev AND c.dseq = tip WHERE tip > told ORDER BY device_id"
    ).fetchall()
    for dev, _device_id, tip, _chain in found:
        cursor.execute(
            "INSERT INTO sync_dep (dev, other, dseq, upto) VALUES (?, ?, ?, ?)",
            (THIS_PC, dev, dseq, tip),
        )
        cursor.execute("UPDATE sync_device SET told = ? WHERE dev = ?", (tip, dev))
    return causes.encode({bytes(device_id): (tip, chain) for _dev, device_id, tip, chain in found})
