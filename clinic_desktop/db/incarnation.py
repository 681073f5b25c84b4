"""This PC goes on as another one: its record is an older state, or a copy, of one that lives.

What it wrote under its old name as far as others may have it stays that PC's log, and grows by
what that PC wrote elsewhere. What nobody else can have is written anew under the new name: same
changes, same times and authors, other numbers. So no number ever means two commits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from clinic_desktop.db import triggers
from clinic_desktop.db.applying import COPIED, WAITS
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.given_names import NOT_GIVEN, Again
from clinic_desktop.db.incoming import Rows
from clinic_desktop.db.rewriting import rewrite
from clinic_desktop.domain.ids import free_prefix
from clinic_desktop.models.registry import BY_NUMBER
from clinic_desktop.security.primitives import Identity

RESTORED = "restored"
"""Of this PC: brought back, and it has not heard yet what was done under its name since."""
_BEFORE = "prefix-before"
"""The letters that the papers before the restore bear."""
NONE: Final[Mapping[int, Last]] = MappingProxyType({})


@dataclass(frozen=True)
class NewPc:
    """What this PC is called from now on."""

    device_id: bytes
    keys: Identity
    prefix: str

    def __repr__(self) -> str:  # never a key in a log or a crash report
        return "NewPc(…)"


def mark_restored(cursor: Any) -> None:
    """An older state was brought back: it numbers anew, and sends nothing before it has heard.

    The papers that were numbered since exist, whether or not this record ever hears of them.
    Done twice it is done once.
    """
    if cursor.execute("SELECT 1 FROM local_setting WHERE key = ?", (_BEFORE,)).fetchone():
        return
    taken = cursor.execute("SELECT prefix FROM sync_device").fetchall()
    prefix = free_prefix(frozenset(str(row[0]) for row in taken))
    cursor.execute(
        "INSERT OR REPLACE INTO local_setting (key, value)"
        " SELECT ?, json_quote(prefix) FROM sync_device WHERE dev = ?",
        (_BEFORE, THIS_PC),
    )
    cursor.execute("UPDATE sync_device SET prefix = ? WHERE dev = ?", (prefix, THIS_PC))
    cursor.execute("DELETE FROM number_series")
    if cursor.execute("SELECT 1 FROM sync_peer").fetchone() is not None:
        cursor.execute("UPDATE sync_device SET status = ? WHERE dev = ?", (RESTORED, THIS_PC))


def is_restored(cursor: Any) -> bool:
    """Whether this record was brought back and is not yet a PC of its own."""
    row = cursor.execute("SELECT status FROM sync_device WHERE dev = ?", (THIS_PC,)).fetchone()
    return bool(row[0] == RESTORED)


def surely_known(cursor: Any) -> int:
    """The last commit of this PC that others surely have: a server had it, or they built on it."""
    row = cursor.execute(
        "SELECT coalesce(max(upto), 0) FROM sync_dep WHERE other = ?", (THIS_PC,)
    ).fetchone()
    return max(int(row[0]), surely_sent(cursor))


def surely_sent(cursor: Any) -> int:
    """The last commit of this PC that a server surely had."""
    row = cursor.execute(
        "SELECT coalesce(max(to_dseq), 0) FROM sync_segment WHERE dev = ? AND state = 'sent'",
        (THIS_PC,),
    ).fetchone()
    return int(row[0])


@dataclass(frozen=True)
class Last:
    """What stays a PC's own: up to this commit, and this segment."""

    commit: int
    seg_no: int


def begin_anew(
    cursor: Any, pc: NewPc, own: Last, others: Mapping[int, Last] = NONE, again: Again = NOT_GIVEN
) -> int:
    """Be another PC from here on; returns the number that the old one has in this record.

    ``own`` is what belongs to the old name.
    ``others`` says the same of PCs, by their number, of which something else was taken here than
    all others have: it is written anew too, so that it is not lost.
    ``again`` is what other PCs wrote: what is among it already bears the name that it has there.
    Part of a writing transaction; the triggers that hold the log fast are made anew before it goes
    on, so nothing but this can pass them.
    """
    for name in triggers.present(cursor):
        cursor.execute(f'DROP TRIGGER "{name}"')
    old = _rename(cursor, pc, own.commit, own.seg_no)
    _part(cursor, old, own.commit, own.seg_no)
    stays = {old: own.commit} | {dev: last.commit for dev, last in others.items()}
    rewrite(cursor, old, stays, again)
    for dev, last in others.items():
        leave(cursor, dev, last)
    cursor.execute("UPDATE sync_hold SET why = ? WHERE why = ?", (WAITS, COPIED))
    rows = Rows(cursor)  # questions are named after the commits that raised them
    asked = cursor.execute("SELECT DISTINCT tbl, pk FROM sync_conflict").fetchall()
    rows.in_dispute |= {(tbl, bytes(pk)) for tbl, pk in asked if tbl in BY_NUMBER}
    rows.settle()
    triggers.install(cursor)
    return old


def _rename(cursor: Any, pc: NewPc, common: int, seg_no: int) -> int:
    """The old name gets a line of its own, this PC the new one."""
    old, device_id, prefix, name, sign_pk, box_pk, seg_tip, seg_hash = cursor.execute(
        "SELECT (SELECT max(dev) + 1 FROM sync_device), device_id, coalesce((SELECT value ->> '$'"
        " FROM local_setting WHERE key = ?), prefix), name, sign_pk, box_pk, seg_tip, seg_hash"
        " FROM sync_device WHERE dev = ?",
        (_BEFORE, THIS_PC),
    ).fetchone()
    cursor.execute("DELETE FROM local_setting WHERE key = ?", (_BEFORE,))
    # Under other letters every series begins at 1: nobody is to look for the numbers before.
    cursor.execute(
        "DELETE FROM number_series WHERE (SELECT prefix FROM sync_device WHERE dev = ?) <> ?",
        (THIS_PC, pc.prefix),
    )
    public = pc.keys.public
    cursor.execute(
        "UPDATE sync_device SET device_id = ?, prefix = ?, status = 'active', sign_pk = ?,"
        " box_pk = ?, seg_tip = 0, seg_hash = NULL, incarnation = incarnation + 1 WHERE dev = ?",
        (pc.device_id, pc.prefix, public.signing, public.sealing, THIS_PC),
    )
    if seg_no != seg_tip:
        seg_hash = cursor.execute(
            "SELECT hash FROM sync_segment WHERE dev = ? AND seg_no = ?", (THIS_PC, seg_no)
        ).fetchone()
        seg_hash = seg_hash[0] if seg_hash else None
    cursor.execute(
        "INSERT INTO sync_device (dev, device_id, prefix, name, status, sign_pk, box_pk, tip,"
        " seg_tip, seg_hash) VALUES (?, ?, ?, ?, 'active', ?, ?, ?, ?, ?)",
        (old, device_id, prefix, name, sign_pk, box_pk, common, seg_no, seg_hash),
    )
    cursor.execute("UPDATE device_key SET dev = ? WHERE dev = ?", (old, THIS_PC))
    cursor.execute(
        "INSERT INTO device_key (dev, seed, box) VALUES (?, ?, ?)",
        (THIS_PC, pc.keys.signing, pc.keys.sealing),
    )
    return int(old)


def _part(cursor: Any, old: int, common: int, seg_no: int) -> None:
    """What belongs to the old name, and what nobody else can have, no longer lie together."""
    for table in ("sync_commit", "sync_checkpoint", "sync_dep"):
        cursor.execute(
            f"UPDATE {table} SET dev = ? WHERE dev = ? AND dseq <= ?", (old, THIS_PC, common)
        )
    cursor.execute("UPDATE sync_dep SET other = ? WHERE other = ?", (old, THIS_PC))
    cursor.execute("DELETE FROM sync_checkpoint WHERE dev = ?", (THIS_PC,))
    cursor.execute(
        "UPDATE sync_segment SET dev = ?, state = 'applied' WHERE dev = ? AND seg_no <= ?",
        (old, THIS_PC, seg_no),
    )
    cursor.execute("DELETE FROM sync_segment WHERE dev = ?", (THIS_PC,))


def leave(cursor: Any, dev: int, last: Last) -> None:
    """What was taken of a PC beyond this is not its log any more; its commits are gone already."""
    cursor.execute("DELETE FROM sync_checkpoint WHERE dev = ? AND dseq > ?", (dev, last.commit))
    cursor.execute(
        "DELETE FROM sync_hold WHERE dev = ? AND (dseq > ? OR dseq <= 0)", (dev, last.commit)
    )
    cursor.execute("DELETE FROM sync_segment WHERE dev = ? AND seg_no > ?", (dev, last.seg_no))
    cursor.execute(
        "UPDATE sync_device SET tip = ?, seg_tip = ?, seg_hash = (SELECT hash FROM sync_segment s"
        " WHERE s.dev = sync_device.dev AND s.seg_no = ?) WHERE dev = ?",
        (last.commit, last.seg_no, last.seg_no, dev),
    )
