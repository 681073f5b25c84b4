"""What was done under this PC's name elsewhere: where its log there leaves the one that is here."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from clinic_desktop.db.snapshot_pages import SnapshotError
from clinic_desktop.i18n import _
from clinic_desktop.sync import segment
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.kept_segments import Tip
from clinic_desktop.sync.messages import (
    MessageError,
    Snapshots,
    SyncReply,
    SyncRequest,
    decode,
    encode,
)
from clinic_desktop.sync.refusals import newer_program, refused, strange
from clinic_desktop.sync.segment import NewerFormatError, Segment, SegmentError
from clinic_desktop.sync.snapshot import read_manifest

_AT_A_TIME = 512 << 10
ALL = 2**53
"""More segments than there are of any PC."""


class DroppedError(Exception):
    """The server no longer holds what was asked for: snapshots stand for it."""


@dataclass(frozen=True)
class Line:
    """The log under this PC's name as it is here."""

    tip: Tip
    """The last segment that a server surely had."""
    signing: bytes
    known: int
    """The last commit that others surely have."""
    chains: dict[int, bytes] = field(repr=False)
    """Of each commit after ``sent``."""
    deks: dict[int, bytes] = field(repr=False)
    others: frozenset[bytes]
    """The other PCs, whose segments are not asked for."""
    sealed: frozenset[bytes] = frozenset()
    """Digests of the segments that were made here."""
    sent: int = 0
    """The last commit that a server surely had."""


@dataclass(frozen=True)
class Heard:
    """What comparing came to."""

    common: int
    """The last commit that is the same here and there."""
    differs: bool
    """Whether something was signed under this PC's name that is not here."""


def compare(link: Link, device: bytes, line: Line) -> Heard:
    """Read what the server has under this PC's name, as far as it is also here.

    Asked as another PC: to itself a server hands nothing back.

    Raises:
        ServerError: it is away, or hands out what nobody signed.
    """
    comparing = Comparing(device, line)
    have = dict.fromkeys(line.others, ALL)
    while True:
        have[device] = comparing.upto
        try:
            reply = ask(link, have)
        except DroppedError:
            return Heard(line.known, differs=_is_signed_later(link, device, line))
        for raw in reply.segments:
            one = read(raw)
            if one.header.device == device and comparing.is_open:
                comparing.take(one)
        if not (reply.more and comparing.is_open):
            return comparing.heard


def _is_signed_later(link: Link, device: bytes, line: Line) -> bool:
    """Whether the server has anything that this PC's key signed, not here, after what it dropped.

    What lies between is in snapshots, and comes from there: what was written here and is there too
    says the same twice.
    """
    try:
        raw = decode(link.signed("GET", "/v1/snapshots"), Snapshots).manifests
        found = [read_manifest(each) for each in raw]
    except RefusedError as error:
        raise refused(error) from error
    except (MessageError, SnapshotError) as error:
        raise strange(str(error)) from error
    for each in reversed(found):
        have = {**dict.fromkeys((*line.others, *each.upto), ALL), device: each.upto.get(device, 0)}
        with suppress(DroppedError):
            told = [read(one) for one in ask(link, have).segments]
            if any(_is_elsewhere(one, device, line) for one in told):
                return True
    return False


def _is_elsewhere(one: Segment, device: bytes, line: Line) -> bool:
    return (
        one.header.device == device
        and one.header.seg_no > line.tip.seg_no
        and one.hash not in line.sealed
        and one.is_signed_by(line.signing)
    )


class Comparing:
    """Goes along what was signed under this PC's name, a segment at a time."""

    def __init__(self, device: bytes, line: Line) -> None:
        self._device, self._line = device, line
        # The last one that is surely the same comes again: whether it is the same is looked at.
        self.upto = max(line.tip.seg_no - 1, 0)
        self.is_open = True
        """Whether what follows matters still."""
        self._common = line.sent
        self._has_parted = False
        """Whether it holds another commit than here, under the same number."""
        self._run: list[Segment] = []
        self._is_elsewhere = False

    @property
    def heard(self) -> Heard:
        """What it came to so far."""
        differs = not self.is_open or bool(self._run) or self._is_elsewhere
        # Others have what they built on under the old name, unless that is another commit there.
        common = self._common if self._has_parted else max(self._common, self._line.known)
        return Heard(common, differs)

    def take(self, one: Segment) -> None:
        """Compare the next one; those that are surely known may be left out or come again.

        Raises:
            ServerError: it is not signed, or one before it is left out.
        """
        line = self._line
        if one.header.seg_no <= self.upto:
            return
        if not one.is_signed_by(line.signing) or one.header.seg_no != self.upto + 1:
            raise strange("a segment that does not follow")
        self.upto += 1
        if one.header.seg_no == line.tip.seg_no:
            self.is_open = one.hash == line.tip.hash
            return
        self._run.append(one)
        if len(self._run) < one.header.parts:
            return
        # The same commits, sealed elsewhere: whoever did goes on there.
        self._is_elsewhere |= any(each.hash not in line.sealed for each in self._run)
        self.is_open = self._is_the_same(self._run)
        self._run.clear()

    def _is_the_same(self, run: list[Segment]) -> bool:
        dek = self._line.deks.get(run[0].header.epoch)
        if dek is None:  # of a time that this record knows nothing of
            return False
        try:
            payload = segment.open_run(run, dek)
        except SegmentError:
            return False
        for commit in payload.commits:
            if commit.dseq <= self._common:
                continue
            if self._line.chains.get(commit.dseq) != commit.chain:
                self._has_parted = commit.dseq in self._line.chains
                return False
            self._common = commit.dseq
        return True


def read(raw: bytes) -> Segment:
    """A segment of an answer.

    Raises:
        ServerError: it is none, or only a newer program reads it.
    """
    try:
        return segment.read(raw)
    except NewerFormatError as error:
        raise newer_program(_("Nothing was changed.")) from error
    except SegmentError as error:
        raise strange(str(error)) from error


def ask(link: Link, have: dict[bytes, int]) -> SyncReply:
    """What a server has beyond this; nothing is brought.

    Raises:
        DroppedError: snapshots stand for some of it.
        ServerError: it is away.
    """
    try:
        answer = link.signed("POST", "/v1/sync", encode(SyncRequest(1, have, _AT_A_TIME)))
        return decode(answer, SyncReply)
    except RefusedError as error:
        if error.refusal.code == "dropped":
            raise DroppedError from error
        raise refused(error) from error
    except MessageError as error:
        raise strange(str(error)) from error
