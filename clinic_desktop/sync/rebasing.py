"""A PC that was away takes what the server dropped out of the log of a snapshot.

The server is believed nothing, and neither is the maker of the snapshot: the commits are chained
from those that are here up to the values that the snapshot names, and of each PC the run that ends
there, which it sealed and signed itself, must lead to the same value. Only then are they applied,
one by one like any others, so that what was written here meanwhile merges as it would have.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import msgspec

from clinic_desktop.db.applying import apply
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.commits import CheckpointRecord, CommitRecord
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.snapshot_pages import (
    CommitsPage,
    DeviceAt,
    Head,
    LogPage,
    MarksPage,
    Page,
    Part,
    SnapshotError,
)
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ServerError
from clinic_desktop.i18n import _
from clinic_desktop.sync import kept_segments, segment, state, taking
from clinic_desktop.sync.client import RefusedError
from clinic_desktop.sync.messages import (
    Keybox,
    MessageError,
    Statements,
    SyncReply,
    SyncRequest,
    decode,
    encode,
)
from clinic_desktop.sync.refusals import refused, strange
from clinic_desktop.sync.segment import Segment, SegmentError
from clinic_desktop.sync.snapshot import Contents, Manifest, Sealer
from clinic_desktop.sync.snapshot_line import MANY, SnapshotLine, data_keys, sealer_of

log = logging.getLogger(__name__)
_ALL = 2**53
_MOST_ROUNDS = 10_000
_AT_A_TIME = 200
"""Commits that one transaction applies: others wait for it."""
_Place = tuple[bytes, int]
"""PC and commit."""
_Heading = tuple[int, int, int, bytes | None, str, int]
"""The first fields of a ``CommitRecord``."""


@dataclass(frozen=True)
class Here:
    """How far this record has come in the log of a PC."""

    dseq: int
    chain: bytes
    """At that commit."""
    at_head: bytes
    """At the commit where the snapshot ends; empty where that is not here."""
    seg_no: int
    """Its last segment here."""


@dataclass
class Lacking:
    """The commits that a snapshot has beyond this record."""

    order: list[_Place] = field(default_factory=list)
    """Each after those that its author had applied."""
    commits: dict[_Place, CommitRecord] = field(default_factory=dict)
    points: dict[bytes, list[CheckpointRecord]] = field(default_factory=dict)


class _Run:
    """The segments of a PC from where a snapshot says to go on, up to the run in which it ends."""

    def __init__(self, at: DeviceAt) -> None:
        self._at, self._last = at, (at.seg_no, at.seg_hash)
        self._parts: list[Segment] = []

    def takes(self, one: Segment, public: bytes) -> bool:
        """Whether this is the next one, signed by its PC."""
        if (one.header.seg_no - 1, one.header.prev) != self._last or not one.is_signed_by(public):
            return False
        self._last = one.header.seg_no, one.hash
        self._parts.append(one)
        return True

    def leads_there(self, deks: Mapping[int, bytes]) -> bool:
        """Whether a run is whole now that holds the commit where the snapshot ends.

        Raises:
            SnapshotError: with another value of the chain.
            SegmentError, LookupError: it cannot be read.
        """
        if self._parts[-1].header.part < self._parts[-1].header.parts:
            return False
        run, self._parts = self._parts, []
        for commit in segment.open_run(run, deks[run[0].header.epoch]).commits:
            if commit.dseq == self._at.dseq:
                if commit.chain != self._at.chain:
                    raise SnapshotError("its PC signed another chain")
                return True
        return False


class Rebasing(SnapshotLine):
    """Brings a record up to where a snapshot ends, by the snapshot's log."""

    def run(self) -> int:
        """How many commits were handed to the record; what it lacks then is at the server.

        Raises:
            ServerError: no snapshot holds what is lacking, or the line failed. What is here stays.
        """
        deks = self._introduced()
        makers = self._store.read(SYSTEM, _makers).result()
        for manifest in reversed(self.offered()):
            try:
                return self._take(manifest, makers, deks)
            except (SnapshotError, SegmentError, LookupError) as error:
                log.warning("A snapshot cannot be taken: %s", type(error).__name__)
        raise ServerError(
            _("The server no longer holds changes that this PC lacks."),
            kept=_("What is on this PC stays as it is."),
            hint=_("Exchange with another PC over a hub or a stick, or set up the server anew."),
            place="dropped",
        )

    def _introduced(self) -> dict[int, bytes]:
        """Hear of PCs and data keys that came while this one was away; the keys by epoch.

        What says that a key counts may lie in the log of the snapshot: these only open it.
        """
        try:
            told = decode(self._link.signed("GET", "/v1/statements"), Statements)
            box = decode(self._link.signed("GET", "/v1/keybox"), Keybox)
        except RefusedError as error:
            raise refused(error) from error
        except MessageError as error:
            raise strange(str(error)) from error
        self._store.write(SYSTEM, taking.introduce, told.statements).result()
        handed = self._store.write(SYSTEM, taking.opened_keys, box.keys).result()
        return {**dict(handed), **self._store.read(SYSTEM, data_keys).result()}

    def _take(
        self, manifest: Manifest, makers: Mapping[bytes, bytes], deks: Mapping[int, bytes]
    ) -> int:
        """By one snapshot.

        Raises:
            SnapshotError, SegmentError, LookupError: it cannot be believed, or is not all there.
        """
        if not manifest.is_signed_by(makers[manifest.device]):
            raise SnapshotError("a false signature")
        sealer = sealer_of(manifest, deks)
        contents = sealer.look_into(manifest)
        here = self._store.read(SYSTEM, _come_to, contents.head).result()
        behind = [
            each
            for each in contents.head.devices
            if here[each.device].dseq < each.dseq or here[each.device].seg_no < each.seg_no
        ]
        for each in contents.head.devices:
            if here[each.device].at_head not in {b"", each.chain}:
                raise SnapshotError("another log than here")
        if not behind:
            raise SnapshotError("nothing in it that is lacking")
        lacking = self._read(sealer, contents, here)
        _link(lacking, behind, here)
        self._must_be_signed(behind, makers, deks)
        for device, commits in _in_turns(lacking):
            self._store.write(SYSTEM, _apply, device, commits).result()
        self._store.write(SYSTEM, _go_on_from, contents.head, lacking.points).result()
        return len(lacking.order)

    def _read(self, sealer: Sealer, contents: Contents, here: Mapping[bytes, Here]) -> Lacking:
        """The commits beyond what is here, of the pages of the log."""
        found, headings = Lacking(), dict[_Place, _Heading]()
        for page in self._pages(sealer, contents):
            match page:
                case CommitsPage():
                    for place, heading in _headings(page):
                        if place[1] > here[place[0]].dseq:
                            headings[place] = heading
                            found.order.append(place)
                case LogPage():
                    for place, commit in _wrote(page, headings):
                        found.commits[place] = commit
                case MarksPage():
                    for point in page.points:
                        found.points.setdefault(point[0], []).append(CheckpointRecord(*point[1:]))
        if found.commits.keys() != set(found.order):
            raise SnapshotError("a gap in the log")
        return found

    def _pages(self, sealer: Sealer, contents: Contents) -> Iterator[Page]:
        """The headings and the log; no rows, which this record makes itself."""
        for each in contents.pages:
            if each.part not in {Part.GENERAL, Part.LOG}:
                continue
            pieces: dict[bytes, bytes] = {}
            while lacking := [name for name in each.names if name not in pieces]:
                found = dict(self.ask(wanted=tuple(lacking[:MANY])).found)
                if not found or not found.keys() <= set(lacking):
                    raise SnapshotError("pieces are missing")
                pieces |= found
            yield sealer.open_page(each.mark, [(name, pieces[name]) for name in each.names])

    def _must_be_signed(
        self, behind: Sequence[DeviceAt], makers: Mapping[bytes, bytes], deks: Mapping[int, bytes]
    ) -> None:
        """Of each PC the run in which the snapshot ends, as that PC sealed it.

        Raises:
            SnapshotError, SegmentError, LookupError: one does not lead there.
        """
        have = self._store.read(SYSTEM, _all_known).result()
        have |= {each.device: each.seg_no for each in behind}
        wanted = {each.device: _Run(each) for each in behind}
        for _round in range(_MOST_ROUNDS):
            found = self._segments(have)
            for one in found:
                run = wanted.get(one.header.device)
                if run is not None and run.takes(one, makers[one.header.device]):
                    have[one.header.device] = one.header.seg_no
                    if run.leads_there(deks):
                        have[one.header.device] = _ALL
                        del wanted[one.header.device]
            if not (wanted and found):
                break
        if wanted:
            raise SnapshotError("a PC did not sign it")

    def _segments(self, have: Mapping[bytes, int]) -> list[Segment]:
        request = SyncRequest(1, dict(have), self._tuner.size)
        try:
            reply = decode(self._link.signed("POST", "/v1/sync", encode(request)), SyncReply)
        except RefusedError as error:
            if error.refusal.code == "dropped":
                raise SnapshotError("what follows it was dropped too") from error
            raise refused(error) from error
        except MessageError as error:
            raise strange(str(error)) from error
        return [segment.read(raw) for raw in reply.segments]


def _headings(page: CommitsPage) -> Iterator[tuple[_Place, _Heading]]:
    clock = 0
    for maker, dseq, step, wall, author, why, schema in zip(
        page.makers, page.numbers, page.clocks, page.walls, page.authors, page.why, page.schemas,
        strict=True,
    ):  # fmt: skip
        clock += step
        yield (page.devices[maker], dseq), (
            dseq, clock, wall + (clock >> 16), page.users[author], page.reasons[why], schema
        )  # fmt: skip


def _wrote(
    page: LogPage, headings: Mapping[_Place, _Heading]
) -> Iterator[tuple[_Place, CommitRecord]]:
    for dseq, (deps, body) in enumerate(zip(page.deps, page.bodies, strict=True), page.first):
        place = page.device, dseq
        if place in headings:
            left = page.originals.get(dseq, b"")
            yield place, CommitRecord(*headings[place], deps, body, b"", left)


def _link(lacking: Lacking, behind: Sequence[DeviceAt], here: Mapping[bytes, Here]) -> None:
    """Give each commit its value of the chain.

    Raises:
        SnapshotError: the chain does not lead to where the snapshot says.
    """
    for each in behind:
        if here[each.device].dseq >= each.dseq:
            continue
        last = here[each.device].chain
        for dseq in range(here[each.device].dseq + 1, each.dseq + 1):
            commit = lacking.commits.get((each.device, dseq))
            if commit is None:
                raise SnapshotError("a gap in the log")
            last = commit.follows(last)
            lacking.commits[each.device, dseq] = msgspec.structs.replace(commit, chain=last)
        if last != each.chain:
            raise SnapshotError("another chain")


def _in_turns(lacking: Lacking) -> Iterator[tuple[bytes, list[CommitRecord]]]:
    """In their order, those of one PC that follow each other together."""
    for device, places in groupby(lacking.order, key=lambda place: place[0]):
        turn = [lacking.commits[place] for place in places]
        for at in range(0, len(turn), _AT_A_TIME):
            yield device, turn[at : at + _AT_A_TIME]


# ------------------------------------------------------------------ steps, each a transaction


def _makers(reads: ReadSession) -> dict[bytes, bytes]:
    """The PCs of the practice, those that were taken out too, with their keys."""
    rows = reads.cursor.execute(
        "SELECT device_id, sign_pk FROM sync_device WHERE sign_pk IS NOT NULL"
    ).fetchall()
    return {bytes(device): bytes(key) for device, key in rows}


def _come_to(reads: ReadSession, at: Head) -> dict[bytes, Here]:
    """By PC how far this record has come.

    Raises:
        SnapshotError: the snapshot names a PC that nobody here told of, or more of this PC's work
            than it ever did.
    """
    cursor, found = reads.cursor, dict[bytes, Here]()
    for each in at.devices:
        row = cursor.execute(
            "SELECT dev, coalesce(seg_tip, 0) FROM sync_device WHERE device_id = ?", (each.device,)
        ).fetchone()
        if row is None:
            raise SnapshotError("an unknown PC")
        tip = cursor.execute(
            "SELECT dseq, chain FROM sync_commit WHERE dev = ? ORDER BY dseq DESC LIMIT 1",
            row[:1],
        ).fetchone() or (0, bytes(32))
        there = cursor.execute(
            "SELECT chain FROM sync_commit WHERE dev = ? AND dseq = ?", (row[0], each.dseq)
        ).fetchone()
        if row[0] == THIS_PC and there is None:
            raise SnapshotError("more of this PC than it did")
        found[each.device] = Here(tip[0], bytes(tip[1]), bytes(there[0]) if there else b"", row[1])
    return found


def _all_known(reads: ReadSession) -> dict[bytes, int]:
    """Of no PC anything is asked for that is not named."""
    rows = reads.cursor.execute("SELECT device_id FROM sync_device").fetchall()
    return {bytes(row[0]): _ALL for row in rows}


def _apply(uow: UnitOfWork, device: bytes, commits: Sequence[CommitRecord]) -> None:
    apply(uow, device, commits, [], kept_segments.covered(uow.cursor))


def _go_on_from(
    uow: UnitOfWork, at: Head, points: Mapping[bytes, Sequence[CheckpointRecord]]
) -> None:
    """Segments are asked for from where the snapshot ends."""
    own = state.device_id(uow.cursor)
    for each in at.devices:
        if each.device != own:
            apply(
                uow, each.device, [], points.get(each.device, ()), kept_segments.covered(uow.cursor)
            )
            _skip_to(uow.cursor, each.device, (each.seg_no, each.seg_hash), each.seg_dseq)


def _skip_to(cursor: Any, device: bytes, tip: tuple[int, bytes], dseq: int) -> None:
    """Go on from this segment of a PC: what it and those before it carried came another way.

    ``dseq`` is the last commit up to it.
    """
    (dev, before) = cursor.execute(
        "SELECT dev, coalesce(seg_tip, 0) FROM sync_device WHERE device_id = ?", (device,)
    ).fetchone()
    if tip[0] <= before:
        return
    cursor.execute(
        "UPDATE sync_segment SET state = ? WHERE dev = ? AND state = ?",
        (kept_segments.APPLIED, dev, kept_segments.HELD),
    )
    cursor.execute(
        "INSERT INTO sync_segment (dev, seg_no, from_dseq, to_dseq, epoch, hash, content, state)"
        " VALUES (?, ?, ?, ?, 0, ?, x'', ?)",
        (dev, tip[0], dseq, dseq, tip[1], kept_segments.APPLIED),
    )
    cursor.execute("UPDATE sync_device SET seg_tip = ?, seg_hash = ? WHERE dev = ?", (*tip, dev))
