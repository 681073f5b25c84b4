"""Where the logs part of which this record has one side, and the server the other.

What comes before stays whose it was. The rest, and what builds on it, is written anew, or takes the
name that another PC gave it already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import msgspec

from clinic_desktop.db.applying import AGAIN, COPIED, WAITS
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.commits import CommitRecord
from clinic_desktop.db.given_names import NOT_GIVEN, Again
from clinic_desktop.db.incarnation import Last
from clinic_desktop.db.rewriting import builds_on, lost
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.sync import (
    kept_segments,
    known_pcs,
    lines,
    receiving,
    segment,
    state,
    taking,
)
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.kept_segments import Tip
from clinic_desktop.sync.known_pcs import KnownDevice
from clinic_desktop.sync.lines import ALL, DroppedError
from clinic_desktop.sync.messages import MessageError, Statements, decode
from clinic_desktop.sync.proving import Parting
from clinic_desktop.sync.refusals import refused, strange
from clinic_desktop.sync.segment import Newer, Segment, SegmentError

_MOST_ROUNDS = 1000
NO_KEYS: Final[Mapping[int, bytes]] = MappingProxyType({})
_decode_commit = msgspec.msgpack.Decoder(CommitRecord).decode


@dataclass(frozen=True)
class Left:
    """What this record lets go of: a PC's segments after this one, by their digests."""

    device: bytes
    tip: Tip
    segments: frozenset[bytes]


@dataclass(frozen=True)
class Sides:
    """What stays whose."""

    own: Last | None
    """Of this PC under the name that it has; ``None`` if it goes on under that."""
    others: Mapping[int, Last]
    left: list[Left]
    lost: frozenset[int]
    """The clocks of the commits that are written anew."""


def of_copy(reads: ReadSession, own: Last) -> Sides:
    """Of a record that goes on as another PC, because this much only is its old name's."""
    cursor = reads.cursor
    first = builds_on(cursor, THIS_PC, own.commit + 1)
    others = {each: _before(cursor, each, first[each]) for each in first if each != THIS_PC}
    return _sides(cursor, own, others)


def of_other(uow: UnitOfWork, device: bytes, found: Parting) -> Sides:
    """Of a record that took of another PC what is not the server's."""
    cursor = uow.cursor
    dev = known_pcs.known_devices(cursor)[device].dev
    first = builds_on(cursor, dev, found.commit + 1)
    others = {each: _before(cursor, each, first[each]) for each in first if each != THIS_PC}
    others[dev] = Last(found.commit, found.seg_no)
    if not first:
        return _sides(cursor, None, others)
    # What does not build on it stays its own, also where it is sealed only now: else it would lie
    # between what others write anew, and they would take over nothing.
    while taking.seal(uow, first.get(THIS_PC)):
        pass
    # Also what a server had: it says on which commits it builds, and waits where others are.
    own = _before(cursor, THIS_PC, first.get(THIS_PC, kept_segments.covered(cursor) + 1))
    return _sides(cursor, own, others)


def _sides(cursor: Any, own: Last | None, others: Mapping[int, Last]) -> Sides:
    stays = dict(others) if own is None else {**others, THIS_PC: own}
    left = [_left(cursor, each, last) for each, last in stays.items()]
    return Sides(own, others, left, lost(cursor, {dev: last.commit for dev, last in stays.items()}))


def _before(cursor: Any, dev: int, first: int) -> Last:
    """The last segment of a PC whose commits all come before this one."""
    row = cursor.execute(
        "SELECT to_dseq, seg_no FROM sync_segment WHERE dev = ? AND to_dseq < ? AND part = parts"
        " ORDER BY seg_no DESC LIMIT 1",
        (dev, first),
    ).fetchone()
    return Last(*row) if row else Last(0, 0)


def _left(cursor: Any, dev: int, last: Last) -> Left:
    (device,) = cursor.execute("SELECT device_id FROM sync_device WHERE dev = ?", (dev,)).fetchone()
    later = cursor.execute(
        "SELECT hash FROM sync_segment WHERE dev = ? AND seg_no > ?", (dev, last.seg_no)
    ).fetchall()
    tip = Tip(last.seg_no, kept_segments.hash_of(cursor, last.seg_no, dev) or b"")
    return Left(bytes(device), tip, frozenset(bytes(row[0]) for row in later))


# ------------------------------------------------------------------ what others wrote anew


def written_anew(
    store: Store, link: Link, sides: Sides, handed: Mapping[int, bytes] = NO_KEYS
) -> Again:
    """What PCs wrote beyond what is here, as far as it may be what would be written anew here.

    ``handed`` are data keys of which the record has not heard yet.

    Raises:
        ServerError: it is away.
    """
    if not sides.lost:
        return NOT_GIVEN
    try:
        told = decode(link.signed("GET", "/v1/statements"), Statements)
    except RefusedError as error:
        raise refused(error) from error
    except MessageError as error:
        raise strange(str(error)) from error
    store.write(SYSTEM, taking.introduce, told.statements).result()
    devices, kept, known_keys = store.read(SYSTEM, _beyond).result()
    deks = {**handed, **known_keys}
    logs = {
        device: _Log(known, kept[device], deks, sides.lost)
        for device, known in devices.items()
        if device not in {each.device for each in sides.left}
    }
    have = dict.fromkeys(devices, ALL) | {each: log.upto for each, log in logs.items()}
    for _round in range(_MOST_ROUNDS):
        try:
            reply = lines.ask(link, have)
        except DroppedError:
            break  # what snapshots stand for is fetched by the next pass
        for one in receiving.read(reply.segments):
            log = logs.get(one.header.device)
            have[one.header.device] = ALL if log is None else log.take(one)
        if not reply.more:
            break
    return {device: log.commits for device, log in logs.items() if log.commits}


def _beyond(
    reads: ReadSession,
) -> tuple[dict[bytes, KnownDevice], dict[bytes, list[CommitRecord]], dict[int, bytes]]:
    """The other PCs, what is kept of each and was not applied, and the data keys."""
    cursor, devices = reads.cursor, known_pcs.known_devices(reads.cursor)
    kept: dict[bytes, list[CommitRecord]] = defaultdict(list)
    for device, known in devices.items():
        kept[device] = [
            _decode_commit(row[0])
            for row in cursor.execute(
                "SELECT body FROM sync_hold WHERE dev = ? AND dseq > 0 AND why IN (?, ?, ?)"
                " ORDER BY dseq",
                (known.dev, WAITS, AGAIN, COPIED),
            ).fetchall()
        ]
    return devices, kept, state.keys(cursor)


class _Log:
    """A PC's log beyond what is here, as long as it may be what is wanted."""

    def __init__(
        self, known: KnownDevice, kept: list[CommitRecord], deks: Mapping[int, bytes],
        wanted: frozenset[int],
    ) -> None:  # fmt: skip
        self._signing, self._last = known.signing, known.tip
        self._deks, self._wanted = deks, wanted
        self._run: list[Segment] = []
        self.commits: list[CommitRecord] = []
        self._is_open = self._go_on(kept)

    @property
    def upto(self) -> int:
        """What need not be handed out."""
        return self._last.seg_no if self._is_open else ALL

    def take(self, one: Segment | Newer) -> int:
        """One more segment; up to where nothing more is wanted."""
        if self._is_open and one.header.seg_no > self._last.seg_no:
            self._is_open = isinstance(one, Segment) and self._takes(one)
        return self.upto

    def _takes(self, one: Segment) -> bool:
        last = self._last
        if (one.header.seg_no, one.header.prev) != (last.seg_no + 1, last.hash):
            return False
        dek = self._deks.get(one.header.epoch)
        if dek is None or not one.is_signed_by(self._signing):
            return False
        self._last = Tip(one.header.seg_no, one.hash)
        self._run.append(one)
        if len(self._run) < one.header.parts:
            return True
        run, self._run = self._run, []
        try:
            return self._go_on(segment.open_run(run, dek).commits)
        except SegmentError:
            return False

    def _go_on(self, commits: Iterable[CommitRecord]) -> bool:
        for each in commits:
            if each.hlc not in self._wanted:
                return False
            self.commits.append(each)
        return True
