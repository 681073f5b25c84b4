"""Commits of another PC, applied in one writing transaction of this one.

A commit is applied when everything that its author had applied is here, whole or not at all; one
that may not be applied is kept in ``sync_hold`` with the reason, and what builds on it waits.
Nothing is ever skipped: the next commit of a PC is only applied after the one before it.
"""

from __future__ import annotations

import uuid
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import msgspec
import sqlcipher3
from sqlalchemy.orm import Session

from clinic_desktop.db import collisions, search
from clinic_desktop.db.answers import close_answered
from clinic_desktop.db.bodies import RefusedError, read_causes, read_deps, read_foreign
from clinic_desktop.db.causes import Cause, chain_of
from clinic_desktop.db.chain import ERASED, PLAIN_SINCE, THIS_PC
from clinic_desktop.db.checkpoints import Checkpoint, Signer
from clinic_desktop.db.commits import CheckpointRecord, CommitRecord, Names
from clinic_desktop.db.conflicts import ask_about_authors, ask_about_erasures, switched_off
from clinic_desktop.db.devices import device_number, show_members
from clinic_desktop.db.incoming import Rows
from clinic_desktop.db.journal import Changes, next_cid
from clinic_desktop.db.lawful import Lawful
from clinic_desktop.db.lists import marks
from clinic_desktop.db.pasts import Reached
from clinic_desktop.domain.causality import Dot, Heading, Verdict, in_order, reach
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.models.registry import SCHEMA_VERSION

WAITS, SIGNED = "waits", "signed"
"""Words of ``sync_hold`` that are no fault: a commit, and a signature over one, that came early."""
NEWER = "newer"
"""Another such word: only a newer program may apply it; ``detail`` is its schema version."""
COPIED = "copied"
"""Its author had more of this PC than ever left it: this record is an older state of another."""
AGAIN = "again"
"""It waits too, and no person with it: what it says is here under another name."""
_RETRIED = (WAITS, AGAIN, NEWER, "device", "chain", "cutoff")
"""What may be applied later though nothing about it changes."""
_OF_ITS_SHAPE = (TypeError, AttributeError, ValueError, OverflowError)
"""What a commit of another shape than any that this program wrote may raise."""
REASON = "sync"
_LARGEST = 64 << 20
_DIGEST = 32
_encode = msgspec.msgpack.Encoder().encode
_decode_commit = msgspec.msgpack.Decoder(CommitRecord).decode
_decode_point = msgspec.msgpack.Decoder(CheckpointRecord).decode


class Writing(Protocol):
    """What is needed of a writing transaction."""

    now: datetime
    extra: list[Changes]

    @property
    def session(self) -> Session:
        """The mapper's."""

    @property
    def cursor(self) -> Any:
        """The driver's connection."""


@dataclass
class ApplyReport:
    """What became of what was handed in, and of what had waited."""

    applied: int = 0
    duplicates: int = 0
    held: int = 0
    """Commits that wait for others."""
    quarantined: list[tuple[bytes, int, str]] = field(default_factory=list)
    """Device, commit and reason of each that was kept out now."""
    changes: Changes | None = None
    conflicts: int = 0
    """Questions that are open after it."""


def apply(
    uow: Writing,
    device_id: bytes,
    commits: Sequence[CommitRecord],
    checkpoints: Sequence[CheckpointRecord],
    shown: int | None = None,
) -> ApplyReport:
    """Apply what a PC sent, and what had waited for it; whole commits or none.

    ``shown`` is the last commit of this PC that ever left it; ``None`` where that is not counted.

    Raises:
        StorageError (by the store): the disk failed; nothing of it is kept.
    """
    uow.session.flush()
    cursor = uow.cursor
    batch = _Batch(cursor, to_millis(uow.now), shown)
    dev = device_number(cursor, device_id)
    if dev == THIS_PC:
        raise ValueError("the log of this PC does not come from outside")
    with switched_off(cursor):
        batch.take(dev, commits, checkpoints)
        batch.run()
    report = batch.report
    if batch.rows.touched:
        report.changes = Changes(frozenset(batch.rows.touched), "sync", REASON)
        search.update(cursor, report.changes)
        uow.extra.append(report.changes)
    uow.session.expire_all()
    report.conflicts = cursor.execute("SELECT count(*) FROM sync_conflict").fetchone()[0]
    return report


class _Batch:
    """One call of ``apply``."""

    def __init__(self, cursor: Any, now_ms: int, shown: int | None) -> None:
        self._cursor, self._now = cursor, now_ms
        self.report = ApplyReport()
        self.rows = Rows(cursor)
        self._names: Names = self.rows.names
        self._lawful = Lawful(cursor, self.rows)
        self._waiting: dict[Dot, tuple[int, CommitRecord]] = {}
        self._fresh: set[Dot] = set()
        self._late: list[int] = []
        self._erased: list[tuple[int, int, bytes]] = []
        self._not_yet: set[Dot] = set()
        """What was kept for a newer program until now."""
        self._chains: dict[int, bytes] = {}
        self._reached: dict[int, Reached] = {}
        self._next = next_cid(cursor)
        self._tips = self._read_tips()
        ended = cursor.execute("SELECT dev FROM sync_device WHERE status = 'revoked'").fetchall()
        self._ended = {row[0] for row in ended}
        self._me = self._names.device_id(THIS_PC)
        self._shown = self._tips[self._me] if shown is None else shown

    def _read_tips(self) -> dict[bytes, int]:
        rows = self._cursor.execute("SELECT device_id, dev, tip FROM sync_device").fetchall()
        own = self._cursor.execute(
            "SELECT coalesce(max(dseq), 0) FROM sync_commit WHERE dev = ?", (THIS_PC,)
        ).fetchone()[0]
        return {bytes(row[0]): own if row[1] == THIS_PC else row[2] for row in rows}

    # ------------------------------------------------------------ what there is to do

    def take(
        self, dev: int, commits: Sequence[CommitRecord], points: Sequence[CheckpointRecord]
    ) -> None:
        """Add what was handed in to what had waited."""
        device_id = self._names.device_id(dev)
        held = self._cursor.execute(
            f"SELECT dev, dseq, body, why FROM sync_hold WHERE why IN ({marks(_RETRIED)})",
            _RETRIED,
        ).fetchall()
        for number, dseq, body, why in held:
            dot = Dot(self._names.device_id(number), dseq)
            self._waiting[dot] = number, _decode_commit(body)
            if why == NEWER:
                self._not_yet.add(dot)
        refused = {
            row[0]
            for row in self._cursor.execute(
                "SELECT dseq FROM sync_hold WHERE dev = ? AND dseq > 0"
                f" AND why NOT IN ({marks(_RETRIED)})",
                (dev, *_RETRIED),
            ).fetchall()
        }
        tip = self._tips.get(device_id, 0)
        for each in commits:
            dot = Dot(device_id, each.dseq)
            if each.dseq <= tip or each.dseq in refused or dot in self._fresh:
                self.report.duplicates += 1
            else:
                self._waiting[dot] = dev, each
                self._fresh.add(dot)
        for point in points:
            self._hold(dev, -point.number, SIGNED, "", point)

    def run(self) -> None:
        """Apply all that can be, in causal order; keep the rest."""
        headings = []
        for dot, (dev, commit) in list(self._waiting.items()):
            try:
                causes = read_causes(commit.deps)
            except RefusedError as error:
                self._refuse(dev, commit, error)
                continue
            deps = {device_id: each.upto for device_id, each in causes.items()}
            if deps.get(self._me, 0) > self._shown:
                # Never later either: what this PC writes under these numbers means something else.
                self._refuse(dev, commit, RefusedError(COPIED))
                continue
            headings.append(Heading(dot, deps, commit.reader))
            self._vouch(dev, causes)
        order = in_order(self._tips, headings, SCHEMA_VERSION)
        devices = set()
        for dot in order.ready:
            dev, commit = self._waiting[dot]
            if self._blocked(dev, commit):
                continue
            if self._one(dev, commit):
                devices.add(dev)
        self._note_tips(devices)
        for dot, (dev, commit) in self._waiting.items():
            is_newer = order.waiting.get(dot) is Verdict.NEWER
            if dot in self._fresh or is_newer != (dot in self._not_yet):
                why = (NEWER, str(commit.reader)) if is_newer else (WAITS, "")
                self._hold(dev, commit.dseq, *why, commit)
        self.report.held = self._cursor.execute(
            "SELECT count(*) FROM sync_hold WHERE why = ?", (WAITS,)
        ).fetchone()[0]
        self._await_erasures()
        self.rows.settle()
        self._sign_points()
        ask_about_erasures(self._cursor, self.rows.touched)
        ask_about_authors(self._cursor, self._late)
        if any(table == "membership_entry" for table, _row in self.rows.touched):
            show_members(self._cursor)
        collisions.ask(self._cursor, self.rows.touched)
        close_answered(self._cursor)

    def _await_erasures(self) -> None:
        """Remember what an erasure left of commits until its own row is here, which says the same.

        The row is in a later commit of whoever erased; until then the log is whole, and waits.
        """
        self._cursor.executemany(
            "INSERT INTO sync_hold (dev, dseq, why, body, since) VALUES (?, ?, ?, ?, ?)",
            [(dev, dseq, ERASED, body, self._now) for dev, dseq, body in self._erased],
        )
        forget_told_erasures(self._cursor)

    def _vouch(self, dev: int, causes: dict[bytes, Cause]) -> None:
        """A PC that belongs to the practice built on these: they count, whoever wrote them."""
        if dev in self._ended:
            return
        vouched = self._lawful.vouched
        for device_id, cause in causes.items():
            other = device_number(self._cursor, device_id)
            if self._is_meant(device_id, cause):
                vouched[other] = max(cause.upto, vouched.get(other, 0))

    def _blocked(self, dev: int, commit: CommitRecord) -> bool:
        """Whether something before it was kept out just now, or is another commit than it meant."""
        if self._tips.get(self._names.device_id(dev), 0) != commit.dseq - 1:
            return True
        return any(
            self._tips.get(other, 0) < cause.upto or not self._is_meant(other, cause)
            for other, cause in read_causes(commit.deps).items()
        )

    def _is_meant(self, device_id: bytes, cause: Cause) -> bool:
        """Whether the commit of this number, here or waiting, is the one that was built on.

        If not, its PC was copied: what builds on the other copy's work waits for that.
        """
        if not cause.check:
            return True
        chain = chain_of(self._cursor, self._names.dev(device_id), cause.upto)
        waits = self._waiting.get(Dot(device_id, cause.upto))
        return cause.is_that(waits[1].chain if chain is None and waits else chain)

    # ------------------------------------------------------------ one commit

    def _one(self, dev: int, commit: CommitRecord) -> bool:
        """Apply one commit; whether it is in the record now."""
        cursor = self._cursor
        cursor.execute("SAVEPOINT foreign_commit")
        before = self.rows.touched, self.rows.in_dispute
        self.rows.touched, self.rows.in_dispute = set(), set()
        try:
            self._write(dev, commit)
        except (RefusedError, sqlcipher3.Error, *_OF_ITS_SHAPE) as error:
            refused = _refusal(error)
            if refused is None:
                raise
            cursor.execute("ROLLBACK TO foreign_commit")
            cursor.execute("RELEASE foreign_commit")
            self.rows.touched, self.rows.in_dispute = before
            self.rows.forget_parents()
            self._lawful.forget()
            self._reached.pop(dev, None)
            self._refuse(dev, commit, refused)
            return False
        cursor.execute("RELEASE foreign_commit")
        before[0].update(self.rows.touched)
        before[1].update(self.rows.in_dispute)
        self.rows.touched, self.rows.in_dispute = before
        dot = Dot(self._names.device_id(dev), commit.dseq)
        del self._waiting[dot]
        if dot not in self._fresh:
            cursor.execute("DELETE FROM sync_hold WHERE dev = ? AND dseq = ?", (dev, commit.dseq))
        if commit.original:
            self._erased.append((dev, commit.dseq, commit.original + commit.digest))
        self._tips[dot.device] = commit.dseq
        self._next += 1
        self.report.applied += 1
        return True

    def _write(self, dev: int, commit: CommitRecord) -> None:
        if commit.original and len(commit.original) != _DIGEST:
            raise RefusedError("unreadable", "original")
        # Where an erasure took words out of it, its own row of ``log_redaction`` follows.
        if commit.follows(self._chain_before(dev)) != commit.chain:
            raise RefusedError("chain")
        plain = commit.body if commit.schema >= PLAIN_SINCE else _inflate(commit.body)
        inserts, updates = read_foreign(plain)
        reached = self._past(dev, commit)
        is_late = self._lawful.check(dev, commit, reached, inserts, updates)
        cid = self._next
        self._cursor.execute(
            "INSERT INTO sync_commit (cid, dev, dseq, hlc, wall, user_id, reason, schema_ver,"
            " deps, body, chain) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (cid, dev, *commit.header[1:], commit.stored_body, commit.chain),
        )
        self._names.know(cid, dev, commit.dseq)
        self.rows.write(dev, cid, inserts, updates)
        if is_late:
            self._late.append(cid)
        self._chains[dev] = commit.chain

    def _chain_before(self, dev: int) -> bytes:
        if dev not in self._chains:
            row = self._cursor.execute(
                "SELECT chain FROM sync_commit WHERE dev = ? ORDER BY dseq DESC LIMIT 1", (dev,)
            ).fetchone()
            self._chains[dev] = bytes(row[0]) if row else bytes(32)
        return self._chains[dev]

    def _past(self, dev: int, commit: CommitRecord) -> Reached:
        """What the author had applied; kept from commit to commit of one PC."""
        if dev not in self._reached:
            self._reached[dev] = dict(self.rows.pasts.of(dev, commit.dseq - 1))
        reached, said = self._reached[dev], read_deps(commit.deps)
        deps = {device_number(self._cursor, each): upto for each, upto in said.items()}
        self._cursor.executemany(
            "INSERT INTO sync_dep (dev, other, dseq, upto) VALUES (?, ?, ?, ?)",
            [(dev, other, commit.dseq, upto) for other, upto in deps.items()],
        )
        reach(reached, deps, (dev, commit.dseq))
        return reached

    # ------------------------------------------------------------ what is kept aside

    def _refuse(self, dev: int, commit: CommitRecord, error: RefusedError) -> None:
        device_id = self._names.device_id(dev)
        dot = Dot(device_id, commit.dseq)
        self._waiting.pop(dot, None)
        if dot in self._fresh or error.why not in _RETRIED:
            self.report.quarantined.append((device_id, commit.dseq, error.why))
        self._hold(dev, commit.dseq, error.why, error.detail, commit)

    def _hold(
        self, dev: int, dseq: int, why: str, detail: str, what: CommitRecord | CheckpointRecord
    ) -> None:
        self._cursor.execute(
            "INSERT INTO sync_hold (dev, dseq, why, detail, body, since) VALUES (?,?,?,?,?,?)"
            " ON CONFLICT (dev, dseq) DO UPDATE SET why = excluded.why,"
            " detail = excluded.detail, body = excluded.body",
            (dev, dseq, why, detail, _encode(what), self._now),
        )

    def _note_tips(self, devices: Iterable[int]) -> None:
        self._cursor.executemany(
            "UPDATE sync_device SET tip = ? WHERE dev = ?",
            [(self._tips[self._names.device_id(dev)], dev) for dev in devices],
        )

    # ------------------------------------------------------------ signatures

    def _sign_points(self) -> None:
        """Keep the signatures over commits that are here now, each checked."""
        points: dict[int, list[CheckpointRecord]] = defaultdict(list)
        for dev, body in self._cursor.execute(
            "SELECT dev, body FROM sync_hold WHERE why = ? ORDER BY dev, dseq DESC", (SIGNED,)
        ).fetchall():
            points[dev].append(_decode_point(body))
        for dev, each in points.items():
            keys = self._keys(dev)
            for point in sorted(each, key=lambda one: one.number):
                if point.dseq > self._tips.get(keys.device_id.bytes, 0):
                    break
                self._keep_point(dev, keys, point)
                self._cursor.execute(
                    "DELETE FROM sync_hold WHERE dev = ? AND dseq = ?", (dev, -point.number)
                )

    def _keys(self, dev: int) -> Signer:
        device_id, public = self._cursor.execute(
            "SELECT device_id, sign_pk FROM sync_device WHERE dev = ?", (dev,)
        ).fetchone()
        signer = uuid.UUID(bytes=bytes(device_id))
        if public is None:
            show_members(self._cursor)
            public = self._cursor.execute(
                "SELECT sign_pk FROM sync_device WHERE dev = ?", (dev,)
            ).fetchone()[0]
        return Signer(signer, bytes(public or b""))

    def _keep_point(self, dev: int, signer: Signer, point: CheckpointRecord) -> None:
        """Drop one that is not signed, or of another log: it says nothing."""
        row = self._cursor.execute(
            "SELECT chain FROM sync_commit WHERE dev = ? AND dseq = ?", (dev, point.dseq)
        ).fetchone()
        whole = Checkpoint(dev, point.number, point.dseq, point.hlc, point.wall, point.chain,
                           point.signature)  # fmt: skip
        if row is not None and bytes(row[0]) == point.chain and whole.is_signed_by(signer):
            self._cursor.execute(
                "INSERT INTO sync_checkpoint (dev, number, dseq, hlc, wall, chain, signature)"
                " VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
                (dev, point.number, point.dseq, point.hlc, point.wall, point.chain,
                 point.signature),
            )  # fmt: skip


def forget_told_erasures(cursor: Any) -> None:
    """What erasures left of commits need not be kept beside their own rows, which say the same."""
    cursor.execute(
        "DELETE FROM sync_hold WHERE why = ? AND EXISTS (SELECT 1 FROM log_redaction r"
        " LEFT JOIN sync_device d USING (device_id) LEFT JOIN sync_commit c ON c.cid = r.sv"
        " WHERE r.dseq = sync_hold.dseq AND coalesce(d.dev, c.dev) = sync_hold.dev)",
        (ERASED,),
    )


def _refusal(error: Exception) -> RefusedError | None:
    """How a commit that raised this is kept out; ``None`` where the disk or the file failed."""
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, sqlcipher3.OperationalError):
        is_statement = error.sqlite_errorcode == sqlcipher3.SQLITE_ERROR
        return RefusedError("unreadable") if is_statement else None
    if isinstance(error, sqlcipher3.IntegrityError | sqlcipher3.InterfaceError
                  | sqlcipher3.DataError | OverflowError | UnicodeError):  # fmt: skip
        return RefusedError("file")
    if isinstance(error, sqlcipher3.ProgrammingError | TypeError | AttributeError | ValueError):
        return RefusedError("unreadable")
    return None


def _inflate(body: bytes) -> bytes:
    inflate = zlib.decompressobj()
    try:
        plain = inflate.decompress(body, _LARGEST)
    except zlib.error as error:
        raise RefusedError("unreadable") from error
    if inflate.unconsumed_tail:
        raise RefusedError("unreadable")
    return plain
