"""The segments of one practice: taken in their order only, each once, and handed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from clinic_desktop.sync import segment
from clinic_desktop.sync.segment import Segment, SegmentError
from clinic_desktop.sync.server import damage
from clinic_desktop.sync.server.tables import Rows, only

_FOR_EVER: Final = 2**53
_AT_A_TIME: Final = 64
"""Segments that are read at once."""


@dataclass(frozen=True)
class Sender:
    """The PC that made segments, and the key that signs them."""

    clinic: bytes
    device: bytes
    public: bytes

    def made(self, one: Segment) -> bool:
        """Whether a segment is one of this PC."""
        header = one.header
        mine = (self.clinic, self.device)
        return (header.clinic, header.device) == mine and one.is_signed_by(self.public)


@dataclass(frozen=True)
class Taken:
    """How far a PC's segments are here now, and why not further."""

    tip: int
    tip_hash: bytes
    fault: str
    count: int


def take(
    rows: Rows, sender: Sender, raw: tuple[bytes, ...], most: int, now: int, bridge: int = 0
) -> Taken:
    """Keep segments in their order up to the first that does not fit.

    ``most`` bounds the bytes of the whole practice; ``now`` is in milliseconds. Up to the segment
    ``bridge`` a snapshot stands for those that are not here.
    """
    device = sender.device
    tip, tip_hash = only(rows.one(
        "SELECT tip, tip_hash FROM device WHERE clinic = :clinic AND device_id = :device",
        device=device,
    ))  # fmt: skip
    tip_hash, fault = bytes(tip_hash), ""
    fresh: list[Segment] = []
    room = most - used(rows) if raw else 0
    if raw and device in damage.gaps(rows):
        _mend(rows, sender, raw)
    for each in raw:
        one = _read(each)
        if one is None or not sender.made(one):
            fault = "segment"
        elif one.header.seg_no <= tip:
            fault = "" if _has(rows, fresh, one) or damage.mend(rows, one) else "tip"
        elif not _follows(one, (tip, tip_hash), bridge):
            fault = "tip"
        elif (room := room - len(each)) < 0:
            fault = "quota"
        else:
            tip, tip_hash = one.header.seg_no, one.hash
            fresh.append(one)
        if fault:
            break
    if fresh:
        _insert(rows, fresh, now)
    return Taken(tip, tip_hash, fault, len(fresh))


def _mend(rows: Rows, sender: Sender, raw: Sequence[bytes]) -> None:
    """Put right what rotted of these, the last first: each is named by the one after it."""
    for one in map(_read, reversed(raw)):
        if one is not None and sender.made(one):
            damage.mend(rows, one)


def _follows(one: Segment, tip: tuple[int, bytes], bridge: int) -> bool:
    if tip[0] < bridge and one.header.seg_no == bridge + 1:
        return True
    return (one.header.seg_no - 1, one.header.prev) == tip


def take_carried(
    rows: Rows, keys: Mapping[bytes, Sender], raw: tuple[bytes, ...], most: int, now: int,
    bridges: Mapping[bytes, int],
) -> int:  # fmt: skip
    """Keep what one PC brings of others, each PC's as if it came itself; how many are new.

    ``keys`` are those PCs by id, ``bridges`` see ``take``. What does not fit is passed over:
    whoever brings it cannot help it.
    """
    by_device: dict[bytes, list[bytes]] = {}
    for each in raw:
        one = _read(each)
        if one is not None and one.header.device in keys:
            by_device.setdefault(one.header.device, []).append(each)
    return sum(
        take(rows, keys[device], tuple(brought), most, now, bridges.get(device, 0)).count
        for device, brought in by_device.items()
    )


def behind(rows: Rows, have: Mapping[bytes, int], gaps: Mapping[bytes, int]) -> dict[bytes, int]:
    """The tips here of PCs of which somebody says to hold more.

    Where a segment is damaged (``gaps``), it counts as if the one before were the last: whoever has
    it brings it, and whoever lacks it hears that it is not to be had.
    """
    found = rows.all("SELECT device_id, tip FROM device WHERE clinic = :clinic")
    tips = {bytes(device): int(tip) for device, tip in found}
    damaged = {each: n - 1 for each, n in gaps.items() if have.get(each, -1) >= n - 1}
    return {each: tip for each, tip in tips.items() if have.get(each, 0) > tip} | damaged


def up_to(rows: Rows, device: bytes, taken: Taken, first: int) -> Taken:
    """What a PC is told of its own segments where this one is damaged: it sends it again."""
    for seg_no in range(first - 1, 0, -1):
        kept = damage.held_segment(rows, device, seg_no)
        if kept is None:
            return taken  # it was dropped, and nobody could say that it is the same PC
        if damage.is_segment_whole(rows, device, seg_no, *kept):
            return replace(taken, tip=seg_no, tip_hash=segment.read(kept[1]).hash)
    return replace(taken, tip=0, tip_hash=segment.BEGINNING)


def used(rows: Rows) -> int:
    """Bytes that a practice takes."""
    return int(only(rows.one("SELECT used FROM practice WHERE clinic = :clinic"))[0])


def _read(raw: bytes) -> Segment | None:
    try:
        return segment.read(raw)
    except SegmentError:
        return None


def _has(rows: Rows, fresh: list[Segment], one: Segment) -> bool:
    row = rows.one(
        "SELECT hash FROM segment"
        " WHERE clinic = :clinic AND device_id = :device AND seg_no = :seg_no",
        device=one.header.device, seg_no=one.header.seg_no,
    )  # fmt: skip
    kept = {each.header.seg_no: each.hash for each in fresh}.get(one.header.seg_no)
    return one.hash == (kept if row is None else bytes(row[0]))


def _insert(rows: Rows, fresh: list[Segment], now: int) -> None:
    head = only(rows.one(
        "UPDATE practice SET head = head + :count, used = used + :size WHERE clinic = :clinic"
        " RETURNING head",
        count=len(fresh), size=sum(len(one.raw) for one in fresh),
    ))[0]  # fmt: skip
    for sseq, one in enumerate(fresh, head - len(fresh) + 1):
        rows.run(
            "INSERT INTO segment (clinic, sseq, device_id, seg_no, hash, received, bytes)"
            " VALUES (:clinic, :sseq, :device, :seg_no, :hash, :now, :bytes)",
            sseq=sseq, device=one.header.device, seg_no=one.header.seg_no, hash=one.hash,
            now=now, bytes=one.raw,
        )  # fmt: skip
    last = fresh[-1]
    rows.run(
        "UPDATE device SET tip = :tip, tip_hash = :hash"
        " WHERE clinic = :clinic AND device_id = :device",
        tip=last.header.seg_no, hash=last.hash, device=last.header.device,
    )  # fmt: skip


def dropped(rows: Rows, have: Mapping[bytes, int]) -> bool:
    """Whether a next segment that somebody lacks was dropped, or never was here."""
    return any(
        tip > have.get(bytes(device), 0)
        and rows.one(
            "SELECT 1 FROM segment"
            " WHERE clinic = :clinic AND device_id = :device AND seg_no = :seg_no",
            device=bytes(device), seg_no=have.get(bytes(device), 0) + 1,
        ) is None
        for device, tip in rows.all("SELECT device_id, tip FROM device WHERE clinic = :clinic")
    )  # fmt: skip


def lacking(
    rows: Rows, have: dict[bytes, int], most: int, gaps: dict[bytes, int]
) -> tuple[list[bytes], bool]:
    """Segments beyond those held, in the order in which they came here, and whether there are more.

    At least one comes, then as many as ``most`` bytes hold. What follows a damaged one of its PC
    would be of no use; those that are found here are noted in ``gaps``.
    """
    found: list[bytes] = []
    size, after = 0, _first(rows, have, gaps) - 1
    while read := rows.all(
        "SELECT sseq, device_id, seg_no, hash, bytes FROM segment"
        " WHERE clinic = :clinic AND sseq > :after ORDER BY sseq LIMIT :count",
        after=after, count=_AT_A_TIME,
    ):  # fmt: skip
        for sseq, device, seg_no, digest, raw in read:
            after, maker = sseq, bytes(device)
            if not have.get(maker, 0) < seg_no < gaps.get(maker, seg_no + 1):
                continue
            if not damage.is_segment_whole(rows, maker, seg_no, bytes(digest), bytes(raw)):
                gaps[maker] = seg_no
                continue
            if found and size + len(raw) > most:
                return found, True
            found.append(bytes(raw))
            size += len(raw)
    return found, False


def _first(rows: Rows, have: Mapping[bytes, int], gaps: Mapping[bytes, int]) -> int:
    """Where the first segment lies that somebody lacks and that can be handed out."""
    starts = [
        row[0]
        for device, tip in rows.all("SELECT device_id, tip FROM device WHERE clinic = :clinic")
        if min(tip, gaps.get(bytes(device), tip + 1) - 1) > have.get(bytes(device), 0)
        and (row := rows.one(
            "SELECT sseq FROM segment"
            " WHERE clinic = :clinic AND device_id = :device AND seg_no = :seg_no",
            device=bytes(device), seg_no=have.get(bytes(device), 0) + 1,
        )) is not None
    ]  # fmt: skip
    return min(starts, default=2**62)


def let_go(rows: Rows, device: bytes, tip: tuple[int, bytes], made: frozenset[bytes]) -> None:
    """Hold a PC's segments up to this tip only, if what follows are some of those ``made``."""
    found = rows.all(
        "SELECT sseq, hash, length(bytes) FROM segment"
        " WHERE clinic = :clinic AND device_id = :device AND seg_no > :tip ORDER BY seg_no",
        device=device, tip=tip[0],
    )  # fmt: skip
    if not found or bytes(found[0][1]) not in made:
        return
    _drop(rows, device, tip, [(sseq, size) for sseq, _hash, size in found])


def tips(rows: Rows) -> dict[bytes, tuple[int, bytes]]:
    """The last segment of each PC, and its digest."""
    found = rows.all("SELECT device_id, tip, tip_hash FROM device WHERE clinic = :clinic")
    return {bytes(device): (int(tip), bytes(last)) for device, tip, last in found}


def agree(rows: Rows, device: bytes, known: Mapping[int, bytes]) -> None:
    """Hold a PC's segments up to the first that is another one than is ``known`` of its number."""
    tip, dropped = (0, segment.BEGINNING), list[tuple[int, int]]()
    for sseq, seg_no, found, size in rows.all(
        "SELECT sseq, seg_no, hash, length(bytes) FROM segment"
        " WHERE clinic = :clinic AND device_id = :device ORDER BY seg_no",
        device=device,
    ):
        if dropped or known.get(seg_no, bytes(found)) != bytes(found):
            dropped.append((sseq, size))
        else:
            tip = (seg_no, bytes(found))
    _drop(rows, device, tip, dropped)


def _drop(
    rows: Rows, device: bytes, tip: tuple[int, bytes], dropped: Sequence[tuple[int, int]]
) -> None:
    for sseq, _size in dropped:
        rows.run("DELETE FROM segment WHERE clinic = :clinic AND sseq = :sseq", sseq=sseq)
    damage.forget_segments(rows, device, tip[0] + 1, _FOR_EVER)
    rows.run(
        "UPDATE practice SET used = used - :size WHERE clinic = :clinic",
        size=sum(size for _sseq, size in dropped),
    )
    rows.run(
        "UPDATE device SET tip = :tip, tip_hash = :hash"
        " WHERE clinic = :clinic AND device_id = :device",
        tip=tip[0], hash=tip[1], device=device,
    )  # fmt: skip
