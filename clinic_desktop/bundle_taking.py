"""Exchange by a file on a stick: what another PC held comes in.

What came twice is nothing. A file that is torn, forged or of another practice is refused before
anything of it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from clinic_desktop.bundle_faults import in_sentences, must_be_ours
from clinic_desktop.bundle_pc import be_itself, may_begin_anew, this_pc
from clinic_desktop.clinic import Clinic
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError, CopiedRecordError, StorageError
from clinic_desktop.i18n import _
from clinic_desktop.renewing import begin_anew_by_stick
from clinic_desktop.services.access import require
from clinic_desktop.stick_stop import Stopped, looking, never, stop, unless, whole
from clinic_desktop.sync import (
    bundle,
    carried,
    carried_files,
    kept_segments,
    known_pcs,
    passes,
    state,
    taking,
)
from clinic_desktop.sync.bundle import Bundle, BundleError
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.known_pcs import KnownDevice
from clinic_desktop.sync.passes import Open
from clinic_desktop.sync.segment import Segment
from clinic_desktop.sync.taking import ForgedError

_AT_A_TIME: Final = 100
"""Segments that one transaction keeps."""


@dataclass(frozen=True)
class Imported:
    """What came of a bundle."""

    received: int
    """Others' commits that are in the record since."""
    segments: int
    """Sealed segments that were not here before."""
    left: int
    """Segments that follow others which are not here, or of PCs that nobody here has told of."""
    open: Open
    files: int = 0
    """Documents that are here since."""


def import_bundle(opened: Clinic, path: Path, stopped: Stopped = never) -> Imported:
    """Take what a bundle brings, whole commits only; the same bundle again is nothing.

    Raises:
        SetupError: this PC exchanges with nobody.
        BadFileError: torn, forged, of another practice or of a PC that was taken out.
        CopiedRecordError: it holds more of this PC than this record. Nothing of all this is kept.
        StorageError: the stick or the disk fails; what was taken until then is whole.
        StoppedError: ``stopped`` said so; the same.
    """
    require(opened.actor, "sync.run")
    be_itself(opened)
    try:
        return take_bundle(opened.store, path, stopped)
    except CopiedRecordError:
        if not may_begin_anew(opened):
            raise
    with in_sentences(path):  # read whole above: each segment is what its PC signed
        begin_anew_by_stick(opened, bundle.open_bundle(path).segments())
    return take_bundle(opened.store, path, stopped)


def take_bundle(store: Store, path: Path, stopped: Stopped = never) -> Imported:
    """The same for a record that nobody has signed in to: it is just being made.

    Raises:
        As ``import_bundle``.
    """
    me = this_pc(store)
    number = store.write(SYSTEM, passes.begin_run, state.STICK).result()
    code = "stopped"
    try:
        with in_sentences(path):
            found = bundle.open_bundle(path)
            _check(store, found, me, stopped)
            taken = _take_checked(store, found, stopped)
        code = ""
    except ClinicError as error:
        code = error.code
        raise
    finally:
        store.write(SYSTEM, passes.end_run, number, (0, 0), code).result()
    return taken


def _check(store: Store, found: Bundle, me: Courier, stopped: Stopped) -> None:
    """Read all of it once; nothing is kept before this is through.

    Raises:
        BundleError: it is not whole, or somebody changed it.
        BadFileError: it is of another practice, or of a PC that was taken out.
        CopiedRecordError: it knows more of this PC than this PC.
    """
    devices = store.read(SYSTEM, _devices).result()
    must_be_ours(found.head, me, devices)
    own: Segment | None = None
    for each in found.segments(looking(stopped, _("Nothing of it was taken."))):
        key = b""
        if each.device == me.device:
            own, key = each, me.keys.public.signing
        elif each.header.device in devices:
            key = devices[each.header.device].signing
        if key and not each.is_signed_by(key):
            raise BundleError("a false signature")
    if own is not None:  # each names the one before: the newest stands for all
        store.read(SYSTEM, carried.refuse_newer, own).result()
        if found.head.device in devices:  # else it says so itself only, or it is what this PC wrote
            store.write(SYSTEM, _came_back, own.header.seg_no).result()


def _take_checked(store: Store, found: Bundle, stopped: Stopped) -> Imported:
    try:
        return _take(store, found, stopped)
    except (BundleError, ForgedError) as error:
        raise StorageError(
            _("The file changed while it was read."),
            kept=_("Nothing was lost; what was taken from it is whole."),
            hint=_("Check the stick and try again."),
            place=str(error),
        ) from error


def _take(store: Store, found: Bundle, stopped: Stopped) -> Imported:
    """Keep and apply; again while that tells of PCs whose segments were left."""
    for each in found.statements():
        store.write(SYSTEM, taking.believe, each).result()
    store.write(SYSTEM, taking.keep_keys, found.keys()).result()
    received = new = 0
    known: dict[bytes, KnownDevice] = {}
    while (devices := store.read(SYSTEM, _devices).result()).keys() != known.keys():
        known, left = devices, 0
        segments = unless(stopped, found.segments(), whole())
        while some := list(islice(segments, _AT_A_TIME)):
            kept, passed_over = store.write(SYSTEM, carried.keep, some).result()
            new, left = new + kept, left + passed_over
        received += _apply(store, found, stopped)
    me = this_pc(store)
    pieces = unless(stopped, found.pieces(), whole())
    files = carried_files.take(store, me.clinic, pieces) if found.head.pieces else 0
    return Imported(received, new, left, store.read(SYSTEM, passes.still_open).result(), files)


def _apply(store: Store, found: Bundle, stopped: Stopped) -> int:
    """Apply what can be; what comes in may name one of the keys, so they are looked at again."""
    applied, is_new = 0, True
    while True:
        if stopped():
            raise stop(whole())
        step = store.write(SYSTEM, taking.apply_run).result()
        if step.runs:
            applied, is_new = applied + step.applied, True
        elif step.lacks_key and is_new:
            store.write(SYSTEM, taking.keep_keys, found.keys()).result()
            is_new = False
        else:
            break
    store.read(SYSTEM, taking.refuse_copy).result()
    return applied


# ------------------------------------------------------------------ steps, each a transaction


def _came_back(uow: UnitOfWork, seg_no: int) -> None:
    kept_segments.came_back(uow.cursor, seg_no)


def _devices(reads: ReadSession) -> dict[bytes, KnownDevice]:
    return known_pcs.known_devices(reads.cursor)
