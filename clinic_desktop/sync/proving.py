"""Whether what came past the server, by a hub or a stick, is what the server has.

A PC that was copied may be believed by a hub or a stick, and its copy by the server: both sign
under one name. What a PC took besides is compared before anything that builds on it is sent there.
The server needs no new word for it: asked for a PC's last segment once more, it hands it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ServerError
from clinic_desktop.i18n import _
from clinic_desktop.sync import kept_segments, lines, state
from clinic_desktop.sync.client import Link
from clinic_desktop.sync.kept_segments import Tip
from clinic_desktop.sync.known_pcs import known_devices
from clinic_desktop.sync.lines import ALL, Comparing, DroppedError, Line
from clinic_desktop.sync.refusals import strange
from clinic_desktop.sync.segment import Segment


class PartedError(ServerError):
    """Of a PC something else was taken here than the server has: it was copied."""

    def __init__(self, device: bytes) -> None:
        super().__init__(
            _(
                "A PC of the practice was copied. This PC took what one of the two did, and the"
                " server what the other did."
            ),
            kept=_("Nothing was sent. All that was taken stays readable here."),
            hint=_("An owner who signs in at this PC and synchronises brings both together."),
        )
        self.device = device


@dataclass(frozen=True)
class Parting:
    """Where the log of a PC as it is here leaves the one that the server has."""

    commit: int
    """The last commit that is the same here and there."""
    seg_no: int
    """The last segment."""
    after: Segment
    """What the server has after it."""


def prove(store: Store, link: Link) -> bool:
    """Compare the last segments; whether the server lacks any of them.

    Raises:
        PartedError: the server has another one.
        ServerError: it is away.
    """
    others, tips = store.read(SYSTEM, _doubted).result()
    asked = {device: tip - 1 for device, tip in tips.items()}
    have, lacking = dict.fromkeys(others, ALL), set[bytes]()
    while asked:
        try:
            reply = lines.ask(link, have | asked)
        except DroppedError:
            break  # snapshots stand for it: who begins with one has what all have
        for raw in reply.segments:
            one = lines.read(raw)
            if asked.pop(one.header.device, None) is not None:
                store.read(SYSTEM, _must_be_here, one).result()
            have[one.header.device] = ALL
        if reply.more:
            continue
        lacking |= asked.keys()
        # What the server has of these ends before what was asked for.
        ends = {device: min(last, reply.behind.get(device, last)) for device, last in asked.items()}
        asked = {device: last - 1 for device, last in ends.items() if last}
    proved = tips.keys() - lacking
    if proved:
        store.write(SYSTEM, trust, proved).result()
    return bool(lacking)


def owns_name(store: Store, link: Link) -> bool:
    """Whether what the server has under this PC's own name was made here.

    Raises:
        ServerError: it is away.
    """
    others, _tips = store.read(SYSTEM, _doubted).result()
    try:
        reply = lines.ask(link, dict.fromkeys(others, ALL))
    except DroppedError:
        return True  # if not, the next pass finds that
    return store.read(SYSTEM, _own_hash, reply.tip).result() == reply.tip_hash


def parting(store: Store, link: Link, device: bytes) -> Parting:
    """Go along what the server has of a PC, up to where it is something else here.

    Raises:
        ServerError: it is away, or holds the whole no more.
    """
    line, hashes = store.read(SYSTEM, _line, device).result()
    comparing, after, upto = Comparing(device, line), None, 0
    have = dict.fromkeys(line.others, ALL)
    while True:
        have[device] = comparing.upto
        try:
            reply = lines.ask(link, have)
        except DroppedError:
            raise _too_late() from None
        for raw in reply.segments:
            one = lines.read(raw)
            if one.header.device != device:
                have[one.header.device] = ALL
            elif comparing.is_open:
                comparing.take(one)
                if after is None and hashes.get(one.header.seg_no) == one.hash:
                    upto = one.header.seg_no
                else:
                    after = after or one
        if not (reply.more and comparing.is_open):
            break
    if after is None:
        raise _too_late()
    return Parting(comparing.heard.common, upto, after)


def _too_late() -> ServerError:
    return ServerError(
        _(
            "A PC of the practice was copied, and the server no longer has what this PC would"
            " compare."
        ),
        kept=_("Nothing was sent. All that was taken stays readable here."),
        hint=_("Let this PC join anew, with an empty folder."),
    )


# ------------------------------------------------------------------ steps, each a transaction


def note(cursor: Any, devices: Iterable[bytes]) -> None:
    """Of these PCs something came past the server in use."""
    found = state.peer(cursor)
    if found is not None:
        doubted = tuple(sorted({*found.settings.besides, *devices}))
        if doubted != found.settings.besides:
            state.change_settings(cursor, besides=doubted)


def _doubted(reads: ReadSession) -> tuple[frozenset[bytes], dict[bytes, int]]:
    """The other PCs, and the last segment of those of which something came past the server."""
    found, devices = state.peer(reads.cursor), known_devices(reads.cursor)
    besides = found.settings.besides if found is not None else ()
    tips = {each: devices[each].tip.seg_no for each in besides if each in devices}
    return frozenset(devices), {each: tip for each, tip in tips.items() if tip}


def _must_be_here(reads: ReadSession, one: Segment) -> None:
    """Compare a segment with the one of its number here.

    Raises:
        PartedError: its PC signed another one, too.
        ServerError: its PC did not sign it.
    """
    device = known_devices(reads.cursor)[one.header.device]
    here = kept_segments.hash_of(reads.cursor, one.header.seg_no, device.dev)
    if here in {None, one.hash}:
        return
    if not one.is_signed_by(device.signing):
        raise strange("a false signature")
    raise PartedError(one.header.device)


def trust(uow: UnitOfWork, proved: AbstractSet[bytes]) -> None:
    """What is here of these PCs is what the server has."""
    found = state.peer(uow.cursor)
    if found is not None:
        left = tuple(each for each in found.settings.besides if each not in proved)
        state.change_settings(uow.cursor, besides=left)


def _own_hash(reads: ReadSession, seg_no: int) -> bytes | None:
    return kept_segments.hash_of(reads.cursor, seg_no)


def _line(reads: ReadSession, device: bytes) -> tuple[Line, dict[int, bytes]]:
    """The log of another PC as it is here, and the digests of its segments."""
    cursor, devices = reads.cursor, known_devices(reads.cursor)
    known = devices[device]
    chains = cursor.execute(
        "SELECT dseq, chain FROM sync_commit WHERE dev = ?", (known.dev,)
    ).fetchall()
    hashes = cursor.execute(
        "SELECT seg_no, hash FROM sync_segment WHERE dev = ?", (known.dev,)
    ).fetchall()
    line = Line(
        Tip(), known.signing, 0, {dseq: bytes(chain) for dseq, chain in chains},
        state.keys(cursor), frozenset(devices), frozenset(bytes(each) for _no, each in hashes),
    )  # fmt: skip
    return line, {seg_no: bytes(each) for seg_no, each in hashes}
