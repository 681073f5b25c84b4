"""What a server hands over of other PCs: kept if it follows what is here, else left and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.sync import known_pcs, proving, segment, state, taking
from clinic_desktop.sync.kept_segments import Tip
from clinic_desktop.sync.known_pcs import KnownDevice
from clinic_desktop.sync.refusals import strange
from clinic_desktop.sync.segment import Newer, NewerFormatError, Segment, SegmentError
from clinic_desktop.sync.taking import Followed, ForgedError


def read(answered: Sequence[bytes]) -> list[Segment | Newer]:
    """The segments of an answer; of what only a newer program reads, its header.

    Raises:
        ServerError: one is none.
    """
    try:
        return [_read(raw) for raw in answered]
    except SegmentError as error:
        raise strange(str(error)) from error


def keep(
    uow: UnitOfWork,
    segments: list[Segment | Newer],
    unknown: dict[bytes, int],
    aside: dict[bytes, int],
) -> tuple[dict[bytes, int], dict[bytes, int]]:
    """Keep what follows what is here of PCs that are known.

    Returns ``unknown`` and ``aside`` with what was left now: the last segment of each PC.

    Raises:
        ServerError: forged, of another practice, or something before it was left out.
    """
    cursor, unknown, aside = uow.cursor, dict(unknown), dict(aside)
    found, devices = state.peer(cursor), known_pcs.known_devices(cursor)
    for each in segments:
        header = each.header
        device = devices.get(header.device)
        if found is None or header.clinic != found.settings.clinic.bytes:
            raise strange("another practice")
        if device is None or header.device in aside:
            left = unknown if device is None else aside
            if header.seg_no > left.get(header.device, 0) + 1:
                raise strange("a segment is left out")
            left[header.device] = max(header.seg_no, left.get(header.device, 0))
            continue
        followed = _follow(uow, device, each)
        if followed is Followed.GAP:
            raise strange("a segment is left out")
        if isinstance(each, Newer) or followed is Followed.FORKED:
            aside[header.device] = max(header.seg_no, device.tip.seg_no)
            if followed is Followed.FORKED and header.seg_no > device.tip.seg_no:
                # It goes on from something else than what is here: is that what the server has?
                proving.note(cursor, [header.device])
        elif followed is Followed.KEPT:
            devices[header.device] = replace(device, tip=Tip(header.seg_no, each.hash))
    return unknown, aside


def keep_besides(
    uow: UnitOfWork,
    segments: list[Segment | Newer],
    unknown: dict[bytes, int],
    aside: dict[bytes, int],
) -> tuple[dict[bytes, int], dict[bytes, int]]:
    """The same with what a hub beside the server has: it is compared with what the server has."""
    before = {each: one.tip for each, one in known_pcs.known_devices(uow.cursor).items()}
    left = keep(uow, segments, unknown, aside)
    after = {each: one.tip for each, one in known_pcs.known_devices(uow.cursor).items()}
    proving.note(uow.cursor, [each for each, tip in after.items() if tip != before.get(each)])
    return left


def _follow(uow: UnitOfWork, device: KnownDevice, one: Segment | Newer) -> Followed | None:
    """Nothing of what a newer program made is kept: None, if it comes next.

    Raises:
        ServerError: forged.
    """
    if isinstance(one, Segment):
        try:
            return taking.follow(uow, device, one)
        except ForgedError:
            raise strange("a false signature") from None
    if not one.is_signed_by(device.signing):
        raise strange("a false signature")
    return Followed.GAP if one.header.seg_no > device.tip.seg_no + 1 else None


def _read(raw: bytes) -> Segment | Newer:
    try:
        return segment.read(raw)
    except NewerFormatError as error:
        return error.newer
