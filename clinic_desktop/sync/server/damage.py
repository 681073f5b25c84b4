"""What is not here any more as it came, because a disk failed: noticed when it is read.

It is not handed out, the PCs hear that it is lacking, and whoever brings it again replaces it. A
segment is replaced by the very same bytes only, for its digest stays; a piece by what a PC of the
practice brings under its name. What is damaged stays until then: nothing is thrown away.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from contextlib import suppress

from clinic_desktop.sync import segment
from clinic_desktop.sync.segment import Segment, SegmentError
from clinic_desktop.sync.server.tables import Rows

log = logging.getLogger(__name__)


def digest(piece: bytes) -> bytes:
    """What is kept beside a piece, to see later whether it is still as it came."""
    return hashlib.blake2b(piece, digest_size=16).digest()


# ------------------------------------------------------------------ pieces


def is_whole(piece: bytes, kept: bytes | None) -> bool:
    """Whether a piece is as it came; of one that an older server took nothing is known."""
    return kept is None or digest(piece) == bytes(kept)


def note_pieces(rows: Rows, ids: Sequence[bytes]) -> int:
    """Remember that these are damaged; how many nobody had noticed."""
    count = sum(
        rows.one(
            "INSERT INTO lost (clinic, id) VALUES (:clinic, :id) ON CONFLICT DO NOTHING"
            " RETURNING id",
            id=each,
        ) is not None
        for each in ids
    )  # fmt: skip
    _say(count)
    return count


def some_lost(rows: Rows, size: int, most: int) -> list[bytes]:
    """Names, of ``size`` bytes, of pieces that are damaged: some others each time."""
    found = rows.all(
        "SELECT id FROM lost WHERE clinic = :clinic AND length(id) = :size"
        " ORDER BY random() LIMIT :most",
        size=size, most=most,
    )  # fmt: skip
    return [bytes(row[0]) for row in found]


def is_any_lost(rows: Rows) -> bool:
    """Whether any piece is damaged."""
    return rows.one("SELECT 1 FROM lost WHERE clinic = :clinic LIMIT 1") is not None


def forget_piece(rows: Rows, name: bytes) -> None:
    """It was replaced, or is not needed any more."""
    rows.run("DELETE FROM lost WHERE clinic = :clinic AND id = :id", id=name)


# ------------------------------------------------------------------ segments


def gaps(rows: Rows) -> dict[bytes, int]:
    """By PC its first segment that is damaged."""
    found = rows.all(
        "SELECT device_id, min(seg_no) FROM gap WHERE clinic = :clinic GROUP BY device_id"
    )
    return {bytes(device): int(seg_no) for device, seg_no in found}


def is_segment_whole(rows: Rows, device: bytes, seg_no: int, kept: bytes, raw: bytes) -> bool:
    """Whether a segment is as it came; it is remembered as damaged if it is not.

    Where only the digest ``kept`` beside it rotted, as what names it says, that is put right: else
    its PC would be asked for a segment that is refused when it comes.
    """
    found = hashlib.blake2b(raw, digest_size=32).digest()
    if found == kept:
        return True
    if found != _named(rows, device, seg_no):
        _note_segment(rows, device, seg_no)
        return False
    log.error("A digest kept here was not as it came: the disk may be failing")
    rows.run(
        "UPDATE segment SET hash = :hash"
        " WHERE clinic = :clinic AND device_id = :device AND seg_no = :seg_no",
        hash=found, device=device, seg_no=seg_no,
    )  # fmt: skip
    return True


def _named(rows: Rows, device: bytes, seg_no: int) -> bytes | None:
    """The digest of a segment, as the one after it says, or what is kept of the PC's last one."""
    row = rows.one(
        "SELECT bytes FROM segment"
        " WHERE clinic = :clinic AND device_id = :device AND seg_no = :seg_no",
        device=device, seg_no=seg_no + 1,
    )  # fmt: skip
    if row is not None:
        with suppress(SegmentError):
            return segment.read(bytes(row[0])).header.prev
        return None
    row = rows.one(
        "SELECT tip_hash FROM device"
        " WHERE clinic = :clinic AND device_id = :device AND tip = :seg_no",
        device=device, seg_no=seg_no,
    )  # fmt: skip
    return bytes(row[0]) if row else None


def _note_segment(rows: Rows, device: bytes, seg_no: int) -> None:
    rows.run(
        "INSERT INTO gap (clinic, device_id, seg_no) VALUES (:clinic, :device, :seg_no)"
        " ON CONFLICT DO NOTHING",
        device=device, seg_no=seg_no,
    )  # fmt: skip
    _say(1)


def held_segment(rows: Rows, device: bytes, seg_no: int) -> tuple[bytes, bytes] | None:
    """The digest and the bytes that are kept of a segment, whole or not."""
    row = rows.one(
        "SELECT hash, bytes FROM segment"
        " WHERE clinic = :clinic AND device_id = :device AND seg_no = :seg_no",
        device=device, seg_no=seg_no,
    )  # fmt: skip
    return (bytes(row[0]), bytes(row[1])) if row else None


def mend(rows: Rows, one: Segment) -> bool:
    """Put a segment, or its digest, in the place of what became of it; whether it is the same one.

    It is if the digest kept says so, or the bytes kept, or what names it: the others may have
    rotted.
    """
    device, seg_no = one.header.device, one.header.seg_no
    kept = held_segment(rows, device, seg_no)
    if kept is None:
        return False
    is_same = one.hash == kept[0] or one.raw == kept[1]
    if not (is_same or one.hash == _named(rows, device, seg_no)):
        return False
    if kept != (one.hash, one.raw):
        rows.run(
            "UPDATE segment SET hash = :hash, bytes = :bytes"
            " WHERE clinic = :clinic AND device_id = :device AND seg_no = :seg_no",
            hash=one.hash, bytes=one.raw, device=device, seg_no=seg_no,
        )  # fmt: skip
    forget_segments(rows, device, seg_no, seg_no)
    return True


def forget_segments(rows: Rows, device: bytes, first: int, last: int) -> None:
    """These are not here any more."""
    rows.run(
        "DELETE FROM gap WHERE clinic = :clinic AND device_id = :device"
        " AND seg_no BETWEEN :first AND :last",
        device=device, first=first, last=last,
    )  # fmt: skip


def _say(count: int) -> None:
    if count:
        log.error("%d pieces kept here are not as they came: the disk may be failing", count)
