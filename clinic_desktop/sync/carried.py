"""What a PC holds of all PCs, its own and others', to hand it on by whatever way there is.

Others' segments are kept as they came, so work that reached one other PC survives the PC that made
it, and goes on from there to whoever lacks it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clinic_desktop.db import confirmed
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.sync import kept_segments, known_pcs, proving, state, taking
from clinic_desktop.sync.keys import Courier, seal_dek
from clinic_desktop.sync.segment import Segment
from clinic_desktop.sync.taking import Followed

Place = tuple[int, int]
"""The number of a PC in this record, and of one of its segments."""


@dataclass(frozen=True)
class Plan:
    """Which segments are handed on."""

    places: list[Place]
    upto: dict[bytes, int]
    """Of each PC, the last segment that whoever takes these has afterwards."""
    more: bool
    """Whether there was no room for all."""
    sizes: list[int] = field(default_factory=list)
    """Of these segments, in bytes."""
    lacks: int = 0
    """Of how many PCs earlier segments are not here as they were sealed."""


def holds_all(reads: ReadSession) -> bool:
    """Whether every segment up to the last one of each PC is here, so that one more can begin."""
    row = reads.cursor.execute(
        "SELECT 1 FROM sync_device d WHERE coalesce(seg_tip, 0) <> (SELECT count(*)"
        " FROM sync_segment s WHERE s.dev = d.dev AND s.seg_no <= d.seg_tip AND content <> x'')"
    ).fetchone()
    return row is None


def plan(reads: ReadSession, after: Mapping[bytes, int], room: int) -> Plan:
    """The segments after those named, the PCs one after the other, in at most ``room`` bytes.

    Of a PC of which an erasure emptied a segment, only what follows that one can be handed on.
    """
    cursor = reads.cursor
    places: list[Place] = []
    sizes: list[int] = []
    upto, more, lacks = dict(after), False, 0
    for dev, device, tip in cursor.execute(
        "SELECT dev, device_id, coalesce(seg_tip, 0) FROM sync_device ORDER BY dev"
    ).fetchall():
        begin = after.get(bytes(device), 0)
        found = _sizes(cursor, dev, begin)
        lacks += tip > begin and (not found or found[0][0] > begin + 1)
        for seg_no, size in found:
            room -= size
            if room < 0:
                more = True
                break
            places.append((dev, seg_no))
            sizes.append(size - 4)
            upto[bytes(device)] = seg_no
    return Plan(places, upto, more, sizes, lacks)


@dataclass
class Cargo:
    """What a server lacks of other PCs and this one may hold, during one pass."""

    lacks: dict[bytes, int] = field(default_factory=dict)
    """By PC, the last segment that the server holds."""
    _given_up: set[bytes] = field(default_factory=set)
    _offered: frozenset[bytes] = frozenset()

    def load(self, reads: ReadSession, room: int) -> list[bytes]:
        """The next segments to bring, in about ``room`` bytes; one at least where ``room`` is."""
        found: list[bytes] = []
        offered = set()
        for device, held in sorted(self.lacks.items()):
            if room <= 0:
                break
            segments = _following(reads.cursor, device, held, room)
            room -= sum(map(len, segments))
            found += segments
            if segments:
                offered.add(device)
            else:
                self._give_up({device})  # an erasure took it, or it is not taken here
        self._offered = frozenset(offered)
        return found

    @property
    def given_up(self) -> int:
        """Of how many PCs the server lacks what is not here as it was sealed."""
        return len(self._given_up)

    def told(self, behind: Mapping[bytes, int]) -> None:
        """What the server says now; what it did not take is not brought again in this pass."""
        stuck = {device for device in self._offered if behind.get(device) == self.lacks[device]}
        self.lacks, self._offered = dict(behind), frozenset()
        self._give_up(stuck)

    def _give_up(self, devices: set[bytes]) -> None:
        self._given_up |= devices
        self.lacks = {each: n for each, n in self.lacks.items() if each not in self._given_up}


def can_give(reads: ReadSession, device: bytes, held: int) -> bool:
    """Whether the segment after this one is here as its PC sealed it."""
    return bool(_following(reads.cursor, device, held, 1))


def _following(cursor: Any, device: bytes, held: int, room: int) -> list[bytes]:
    found: list[bytes] = []
    for number, (seg_no, content) in enumerate(
        cursor.execute(
            "SELECT s.seg_no, s.content FROM sync_segment s JOIN sync_device d USING (dev)"
            " WHERE d.device_id = ? AND s.seg_no > ? ORDER BY s.seg_no",
            (device, held),
        )
    ):
        room -= len(content)
        if seg_no != held + 1 + number or not content or (found and room < 0):
            break
        found.append(bytes(content))
    return found


def _sizes(cursor: Any, dev: int, after: int) -> list[tuple[int, int]]:
    """Numbers and sizes of a PC's segments after ``after`` and after the last that is empty."""
    found = cursor.execute(
        "SELECT seg_no, length(content) + 4 FROM sync_segment WHERE dev = ? AND seg_no > max(?,"
        " (SELECT coalesce(max(seg_no), 0) FROM sync_segment WHERE dev = ? AND content = x''))"
        " ORDER BY seg_no",
        (dev, after, dev),
    ).fetchall()
    return [(row[0], row[1]) for row in found]


def contents(reads: ReadSession, places: Sequence[Place]) -> list[bytes]:
    """Segments byte for byte; empty where one is not here any more."""
    found = []
    for place in places:
        row = reads.cursor.execute(
            "SELECT content FROM sync_segment WHERE dev = ? AND seg_no = ?", place
        ).fetchone()
        found.append(bytes(row[0]) if row else b"")
    return found


def keys_for_others(reads: ReadSession, me: Courier) -> list[bytes]:
    """All data keys, sealed to each other PC that counts: it may have been away while one began."""
    cursor, epochs = reads.cursor, state.keys(reads.cursor)
    may = confirmed.to_hand(reads)
    boxes = cursor.execute(
        "SELECT device_id, box_pk FROM sync_device"
        " WHERE dev <> ? AND status = 'active' AND box_pk IS NOT NULL ORDER BY dev",
        (THIS_PC,),
    ).fetchall()
    return [
        seal_dek(me, epoch, dek, uuid.UUID(bytes=bytes(device)), bytes(box))
        for device, box in boxes
        if may(bytes(device), bytes(box))
        for epoch, dek in epochs.items()
    ]


def refuse_newer(reads: ReadSession, own: Segment) -> None:
    """Compare a segment of this PC that came from outside with what is here.

    Raises:
        CopiedRecordError: this PC did not make it, as far as this record knows.
    """
    number = own.header.seg_no
    here = kept_segments.hash_of(reads.cursor, number)
    if number > kept_segments.tip(reads.cursor).seg_no or here not in {None, own.hash}:
        raise taking.copied("", f"segment {number}")


def keep(uow: UnitOfWork, segments: Sequence[Segment]) -> tuple[int, int]:
    """Keep what follows what is here of PCs that are known.

    Returns how many are new, and how many were left: they follow others that are not here.

    Raises:
        ForgedError: nothing of these was kept.
    """
    own = state.device_id(uow.cursor)
    kept = left = 0
    for each in segments:
        device = known_pcs.known_devices(uow.cursor).get(each.header.device)
        if device is None:
            left += each.header.device != own
            continue
        followed = taking.follow(uow, device, each)
        if followed is Followed.KEPT:
            kept += 1
            proving.note(uow.cursor, [each.header.device])
        left += followed in {Followed.GAP, Followed.FORKED}
    return kept, left
