"""What a server may drop: what sound snapshots cover, once every PC has it.

A snapshot is sound when another PC than its maker has fetched all of it anew and found it right,
and no PC doubts it. Segments go up to where the older of two sound snapshots ends, when each PC
that was here within 90 days has said, signed, that its own record has come as far. A server decides
by what PCs signed; what it is about it cannot read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from clinic_desktop.db.snapshot_pages import SnapshotError
from clinic_desktop.sync.server import damage
from clinic_desktop.sync.server.snapshots import drop as drop_snapshots
from clinic_desktop.sync.server.tables import Rows
from clinic_desktop.sync.snapshot import Manifest, read_manifest
from clinic_desktop.sync.statements import Known
from clinic_desktop.sync.vouching import Said, Vouch

DAY_MS: Final = 86_400_000
ACTIVE_MS: Final = 90 * DAY_MS
_KEPT: Final = 2
"""Snapshots that are kept in any case: the newest, and the newest that somebody checked."""


@dataclass(frozen=True)
class Held:
    """A snapshot, and what PCs say of it."""

    manifest: Manifest
    words: dict[bytes, set[Said]] = field(default_factory=dict)
    """By PC."""

    @property
    def was_checked(self) -> bool:
        """Whether a PC found it right, whatever became of that PC."""
        return any(Said.CHECKED in words for words in self.words.values())

    def is_sound(self, known: Known, active: set[bytes]) -> bool:
        """Whether it may stand for segments; ``active`` are the PCs that exchange."""
        words = {each: said for each, said in self.words.items() if each in known.devices}
        if any(Said.DOUBTED in said for said in words.values()):
            return False
        checked = {each for each, said in words.items() if Said.CHECKED in said}
        is_alone = active <= {self.manifest.device}
        return bool(checked if is_alone else checked - {self.manifest.device})

    def reaches(self, segments: Mapping[bytes, int]) -> bool:
        """Whether it stands for all segments up to these, by PC."""
        upto = self.manifest.upto
        return all(upto.get(each, 0) >= last for each, last in segments.items())


def keep_vouch(rows: Rows, one: Vouch) -> bool:
    """Keep what a PC says; whether the snapshot is here. The same again changes nothing."""
    if rows.one("SELECT 1 FROM snapshot WHERE clinic = :clinic AND id = :id", id=one.snapshot):
        rows.run(
            "INSERT INTO vouch (clinic, snapshot, device_id, said, body)"
            " VALUES (:clinic, :snapshot, :device, :said, :body) ON CONFLICT DO NOTHING",
            snapshot=one.snapshot, device=one.device, said=int(one.said), body=one.raw,
        )  # fmt: skip
        return True
    return False


def vouches(rows: Rows, most: int) -> tuple[bytes, ...]:
    """What PCs say of the snapshots that are here; at most so many."""
    found = rows.all(
        "SELECT body FROM vouch WHERE clinic = :clinic ORDER BY said DESC, device_id LIMIT :most",
        most=most,
    )
    return tuple(bytes(row[0]) for row in found)


def held(rows: Rows) -> list[Held]:
    """The snapshots with what is said of them, the oldest first; a damaged one does not count."""
    found: dict[bytes, Held] = {}
    for each, body in rows.all("SELECT id, body FROM snapshot WHERE clinic = :clinic ORDER BY n"):
        with suppress(SnapshotError):
            found[bytes(each)] = Held(read_manifest(bytes(body)))
    for snapshot, device, said in rows.all(
        "SELECT snapshot, device_id, said FROM vouch WHERE clinic = :clinic"
    ):
        if bytes(snapshot) in found:
            found[bytes(snapshot)].words.setdefault(bytes(device), set()).add(Said(said))
    return list(found.values())


def active(rows: Rows, known: Known, now: int) -> set[bytes]:
    """The PCs of the practice that were here within 90 days before ``now`` (milliseconds)."""
    found = rows.all(
        "SELECT device_id FROM device WHERE clinic = :clinic AND last_seen > :since",
        since=now - ACTIVE_MS,
    )
    return {bytes(row[0]) for row in found} & known.devices.keys()


def tidy(rows: Rows, known: Known, now: int, keep: int) -> int:
    """Drop what may go; how many segments went.

    ``keep``: so many milliseconds after it came a segment may go; 0 for never.
    """
    found, gone = held(rows), _gone(rows)
    # One that does not reach to what was dropped is of no use beside it.
    whole = [each for each in found if each.reaches(gone)]
    needed = [*found[-_KEPT:], *[each for each in whole if each.was_checked][-_KEPT:]]
    drop_snapshots(rows, {each.manifest.id for each in needed})
    upto = _covered(whole, known, active(rows, known, now)) if keep else {}
    return _drop(rows, upto, now - keep)


def _gone(rows: Rows) -> dict[bytes, int]:
    """By PC the last segment that was dropped."""
    first = rows.all(
        "SELECT device_id, min(seg_no) FROM segment WHERE clinic = :clinic GROUP BY device_id"
    )
    return {bytes(device): seg_no - 1 for device, seg_no in first if seg_no > 1}


def _covered(found: Iterable[Held], known: Known, here: set[bytes]) -> dict[bytes, int]:
    """By PC the last segment for which two sound snapshots stand; none before all PCs have them."""
    sound = [each for each in found if each.is_sound(known, here)][-_KEPT:]
    if len(sound) < _KEPT:
        return {}
    older, newer = (each.manifest.upto for each in sound)
    upto = {each: min(last, newer.get(each, 0)) for each, last in older.items()}
    have = {device for each in sound if each.reaches(upto) for device in each.words}
    return upto if here <= have else {}


def bridges(rows: Rows, known: Known, now: int) -> dict[bytes, int]:
    """Of PCs whose beginning is nowhere but in a sound snapshot: up to where that stands for it.

    A server that lost everything is filled again by PCs of which none may hold the first segments
    of one that is gone.
    """
    here = active(rows, known, now)
    sound = [each for each in held(rows) if each.is_sound(known, here)]
    if not sound:
        return {}
    tips = rows.all("SELECT device_id, tip FROM device WHERE clinic = :clinic")
    upto = sound[-1].manifest.upto
    return {bytes(each): last for each, tip in tips if (last := upto.get(bytes(each), 0)) > tip}


def _drop(rows: Rows, covered: Mapping[bytes, int], before: int) -> int:
    count = size = 0
    for device, upto in _floors(rows, covered, before):
        gone = rows.all(
            "DELETE FROM segment WHERE clinic = :clinic AND device_id = :device"
            " AND seg_no <= :upto RETURNING length(bytes)",
            device=device, upto=upto,
        )  # fmt: skip
        damage.forget_segments(rows, device, 0, upto)
        count, size = count + len(gone), size + sum(row[0] for row in gone)
    if count:
        rows.run("UPDATE practice SET used = used - :size WHERE clinic = :clinic", size=size)
    return count


def _floors(rows: Rows, covered: Mapping[bytes, int], before: int) -> Iterator[tuple[bytes, int]]:
    """By PC the last segment that may go: covered, not its last one, and old enough."""
    for device, upto in covered.items():
        row = rows.one(
            "SELECT min(seg_no), max(seg_no) FROM segment WHERE clinic = :clinic"
            " AND device_id = :device",
            device=device,
        )
        if row is None or row[0] is None or row[0] > upto:
            continue
        young = rows.one(
            "SELECT min(seg_no) FROM segment WHERE clinic = :clinic AND device_id = :device"
            " AND received > :before",
            device=device, before=before,
        )  # fmt: skip
        first_young = young[0] if young and young[0] is not None else row[1]
        yield device, min(upto, first_young - 1, row[1] - 1)
