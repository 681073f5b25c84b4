"""What a PC does with segments, whatever way they take: seals its own, keeps and applies others'.

A server, a hub in the house and a stick hand over the same bytes. Each segment is checked against
the key of the PC that made it and the one before it; who brings it is believed nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from clinic_desktop.db import membership as chain
from clinic_desktop.db import said_again
from clinic_desktop.db.applying import COPIED, NEWER, apply
from clinic_desktop.db.bodies import read_deps
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.commits import CommitRecord, checkpoints, outgoing
from clinic_desktop.db.incarnation import RESTORED, is_restored
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.errors import CopiedRecordError, ServerError
from clinic_desktop.i18n import _
from clinic_desktop.models.registry import SCHEMA_VERSION
from clinic_desktop.security.primitives import UnreadableError
from clinic_desktop.sync import epochs, kept_segments, keys, known_pcs, segment, state, statements
from clinic_desktop.sync.known_pcs import KnownDevice
from clinic_desktop.sync.segment import Origin, Segment, SegmentError

_AT_A_TIME: Final = 500
"""Commits that one transaction seals."""
_A_MOMENT: Final = 64 << 10
"""Bytes of segments after which a transaction that applies them ends: others wait for it."""


class ForgedError(Exception):
    """A segment that its PC did not sign."""


class Followed(Enum):
    """What became of a segment of a PC that is known."""

    KEPT = auto()
    HAD = auto()
    """It is here already."""
    GAP = auto()
    """One before it is not here."""
    FORKED = auto()
    """Signed, and not what that PC signed before: it is at fault, and nobody else waits."""


@dataclass(frozen=True)
class Step:
    """What applying the next run came to."""

    applied: int = 0
    runs: int = 0
    lacks_key: bool = False
    size: int = 0
    """Bytes of the segments."""


def seal(uow: UnitOfWork, before: int | None = None) -> bool:
    """Seal what is in no segment yet; whether there may be more.

    ``before`` is the first commit that is left out.
    """
    cursor = uow.cursor
    found, covered = state.peer(cursor), kept_segments.covered(cursor)
    key = epochs.in_use(uow, covered)
    if found is None or key is None:
        return False
    epoch, upto = key
    most = _AT_A_TIME if upto is None else min(_AT_A_TIME, upto - covered)
    commits = [
        each for each in outgoing(cursor, covered, most) if before is None or each.dseq < before
    ]
    one_side = _up_to_doubts(commits, frozenset(found.settings.besides))
    is_all = len(one_side) == len(commits) < most
    commits = one_side
    points = checkpoints(cursor, THIS_PC, found.settings.told) if is_all else []
    points = [each for each in points if before is None or each.dseq < before]
    if not commits and not points:
        return False
    me, last = state.me(cursor, found.settings.clinic), kept_segments.tip(cursor)
    dek = state.keys(cursor)[epoch]
    origin = Origin(me.clinic, me.device, me.keys, epoch, dek, last.seg_no, last.hash)
    try:
        made = segment.make(origin, commits, points)
    except SegmentError as error:
        raise ServerError(
            _("A change of this PC is too large to be exchanged."),
            kept=_("It is kept on this PC."),
            hint=_("Ask for help."),
            place=str(error),
        ) from error
    kept_segments.keep(cursor, THIS_PC, made, kept_segments.MADE)
    if points:
        state.change_settings(cursor, told=points[-1].number)
    return not is_all


def _up_to_doubts(commits: list[CommitRecord], besides: frozenset[bytes]) -> list[CommitRecord]:
    """What goes into one segment: not with others what may have to be written anew (``sides``).

    That is what first names work of PCs of which something came past the server.
    """
    for at, each in enumerate(commits):
        if at and not besides.isdisjoint(read_deps(each.deps)):
            return commits[:at]
    return commits


def follow(uow: UnitOfWork, device: KnownDevice, one: Segment) -> Followed:
    """Keep a segment if it follows what is here of its PC.

    Raises:
        ForgedError: nothing was kept.
    """
    cursor, header, tip = uow.cursor, one.header, device.tip
    here = kept_segments.hash_of(cursor, header.seg_no, device.dev)
    if here == one.hash:
        return Followed.HAD
    if not one.is_signed_by(device.signing):
        raise ForgedError
    if here is None and header.seg_no <= tip.seg_no:
        return Followed.HAD  # a snapshot stands for it; were it another's, what follows would tell
    if header.seg_no > tip.seg_no + 1:
        return Followed.GAP
    if header.seg_no <= tip.seg_no or header.prev != tip.hash:
        kept_segments.put_aside(cursor, device.dev, one, to_millis(uow.now))
        return Followed.FORKED
    kept_segments.keep(cursor, device.dev, [one], kept_segments.HELD)
    kept_segments.take_back(cursor, device.dev)
    return Followed.KEPT


def introduce(uow: UnitOfWork, raw: Iterable[bytes]) -> None:
    """Believe of statements those of the owners and the recovery sheet of our own chain."""
    members = chain.current(uow)
    if members is None:
        return
    said: list[statements.Statement] = []
    for each in raw:
        with suppress(statements.StatementError):
            said.append(statements.read(each))
    trusted = {each.signing for each in members.owners} | {members.root.signing}
    known = {each.bytes for each in members.known}
    found = statements.introduced(said, trusted - {b""})
    known_pcs.state_devices(uow.cursor, [each for each in found if each.keys.id not in known])


def believe(uow: UnitOfWork, statement: bytes) -> bool:
    """Take an owner's word for a PC, and hand it on; whether it was an owner's."""
    introduce(uow, [statement])
    try:
        body = statements.read(statement).body
    except statements.StatementError:
        return False
    if not isinstance(body, statements.AddDevice):
        return False
    is_known = body.device.id in known_pcs.known_devices(uow.cursor)
    if is_known or body.device.id == state.device_id(uow.cursor):
        state.remember_said(uow.cursor, statement)
    return is_known


def said(reads: ReadSession) -> tuple[bytes, ...]:
    """What owners said of PCs, for whoever has not heard it from the chain of members."""
    found = state.peer(reads.cursor)
    return found.settings.said if found is not None else ()


def apply_run(uow: UnitOfWork) -> Step:
    """Bring the next runs that wait into the record, as many as take a moment."""
    done = Step()
    while True:
        one = _apply_next(uow)
        done = Step(
            done.applied + one.applied, done.runs + one.runs, one.lacks_key, done.size + one.size
        )
        if not one.runs or done.size >= _A_MOMENT:
            break
    if not done.runs:
        said_again.note(uow.cursor)
    if done.runs and kept_segments.has_outlived(uow.cursor):  # once: it is told with this commit
        uow.audit("access.device-outlived")
    return done


def _apply_next(uow: UnitOfWork) -> Step:
    cursor = uow.cursor
    deks = epochs.usable(uow)
    lacks_key = False
    for dev, device, run in kept_segments.held_runs(cursor):
        dek = deks.get(run[0].header.epoch)
        if dek is None:
            lacks_key = True
            continue
        size = sum(len(each.raw) for each in run)
        try:
            payload = segment.open_run(run, dek)
        except SegmentError:  # its PC signed it: that PC is at fault, and what it did is kept aside
            kept_segments.settle_run(cursor, dev, run, kept_segments.BAD)
            return Step(runs=1, size=size)
        shown = kept_segments.covered(cursor)
        report = apply(uow, device, payload.commits, payload.checkpoints, shown)
        kept_segments.settle_run(cursor, dev, run, kept_segments.APPLIED)
        return Step(report.applied, 1, size=size)
    return _after_an_update(uow) or Step(lacks_key=lacks_key)


def _after_an_update(uow: UnitOfWork) -> Step | None:
    """Apply what only a newer program could, if this one is new enough by now."""
    row = uow.cursor.execute(
        "SELECT d.device_id FROM sync_hold h JOIN sync_device d USING (dev)"
        " WHERE h.why = ? AND CAST(h.detail AS INTEGER) <= ? LIMIT 1",
        (NEWER, SCHEMA_VERSION),
    ).fetchone()
    if row is None:
        return None
    report = apply(uow, bytes(row[0]), [], [], kept_segments.covered(uow.cursor))
    return Step(report.applied, 1) if report.applied else None


def keep_keys(uow: UnitOfWork, sealed_keys: Iterable[bytes]) -> None:
    """Keep data keys that another PC of the practice sealed to this one and that count."""
    kept: dict[int, bytes] = {}
    for epoch, dek in opened_keys(uow, sealed_keys):
        if epochs.counts(uow, epoch, dek):
            kept.setdefault(epoch, dek)
    for epoch, dek in kept.items():
        state.keep_key(uow.cursor, epoch, dek, to_millis(uow.now))


def opened_keys(uow: UnitOfWork, sealed_keys: Iterable[bytes]) -> list[tuple[int, bytes]]:
    """Epochs and data keys that a PC of the practice sealed to this one; none is kept."""
    cursor = uow.cursor
    peer = state.peer(cursor)
    if peer is None:
        return []
    me, devices = state.me(cursor, peer.settings.clinic), known_pcs.known_devices(cursor)
    found = []
    for sealed in _sealed_keys(sealed_keys):
        author = devices.get(sealed.author)
        if author is not None and not author.has_ended:
            with suppress(UnreadableError):
                found.append((sealed.epoch, keys.open_dek(sealed, me, author.signing)))
    return found


def _sealed_keys(raw_keys: Iterable[bytes]) -> Iterator[keys.SealedKey]:
    for raw in raw_keys:
        with suppress(UnreadableError):
            yield keys.read_sealed(raw)


def refuse_copy(reads: ReadSession) -> None:
    """Stop for good once another PC showed that it had more of this one than is here.

    Raises:
        CopiedRecordError: commits that come from now on would bear numbers that were given before.
    """
    if is_restored(reads.cursor):
        raise copied(_("Nothing was sent, and nothing was changed."), RESTORED)
    row = reads.cursor.execute("SELECT dev FROM sync_hold WHERE why = ?", (COPIED,)).fetchone()
    if row is not None:
        raise copied(_("What is on this PC stays readable here."), f"known better by {row[0]}")


def copied(kept: str, place: str) -> CopiedRecordError:
    """The error of a record that is not the newest of its PC."""
    return CopiedRecordError(
        _("This record is a copy, or an older state, of one that went on elsewhere."),
        kept=kept,
        hint=_("An owner who signs in at this PC and synchronises lets it go on."),
        place=place,
    )
