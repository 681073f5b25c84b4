"""Exchange by a file on a stick: what this PC holds goes out, what another held comes in.

The file holds sealed segments of all PCs, so work goes on its way by any stick that passes by, and
what came twice is nothing. It is written beside its name, read back and only then named; one that
is torn, forged or of another practice is refused before anything of it is kept.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM, allowed
from clinic_desktop.errors import (
    BadFileError,
    ClinicError,
    CopiedRecordError,
    RuleError,
    SetupError,
    StaleError,
    StorageError,
)
from clinic_desktop.files import flush_folder
from clinic_desktop.i18n import _, current, isolate, ngettext
from clinic_desktop.models.types import to_millis
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
from clinic_desktop.sync.bundle import Bundle, BundleError, Head, TornError
from clinic_desktop.sync.carried import Place
from clinic_desktop.sync.carried_files import Load
from clinic_desktop.sync.connecting import has_no_line
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.known_pcs import KnownDevice
from clinic_desktop.sync.passes import Open
from clinic_desktop.sync.refusals import newer_program
from clinic_desktop.sync.segment import NewerFormatError, Segment
from clinic_desktop.sync.taking import ForgedError

LARGEST: Final = 2 << 30
"""Of a bundle, in bytes, where nobody says another size; old sticks hold no file above 4 GiB."""
_AT_A_TIME: Final = 100
"""Segments that one transaction reads or keeps."""


@dataclass(frozen=True)
class Exported:
    """What a bundle came to hold."""

    size: int
    """Bytes."""
    segments: int
    more: bool
    """Whether more is here than there was room for."""
    files: int = 0
    """Documents that went along."""
    lacks: int = 0
    """Of how many PCs earlier work is here, but not as it was sealed, and so not in the file."""

    @property
    def warning(self) -> str:
        """What whoever writes it should know; empty where nothing is to be said."""
        if not self.lacks:
            return ""
        words = ngettext(
            "Earlier work of {n} PC is not in the file: it is here, but not as it was sealed.",
            "Earlier work of {n} PCs is not in the file: it is here, but not as it was sealed.",
            self.lacks,
        )
        then = _("A PC that has it takes what follows; one that lacks it needs a line once.")
        return f"{words.format(n=isolate(current().number(self.lacks)))} {then}"


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


def export_bundle(
    opened: Clinic, path: Path, most: int = LARGEST, after: Path | None = None, *,
    with_files: bool = False, stopped: Stopped = never,
) -> Exported:  # fmt: skip
    """Write what this PC holds of everybody to a file of at most ``most`` bytes.

    ``after`` is a bundle that the taker has or made: what it holds is left out. ``with_files``
    takes documents along: those that a taker's file asks for, or all.

    Raises:
        SetupError: this PC exchanges with nobody.
        BadFileError: ``after`` is no bundle of this practice.
        RuleError: the name belongs to another file.
        StorageError: no room, or the place fails; nothing new bears the name.
        StoppedError: ``stopped`` said so; nothing new bears the name.
    """
    require(opened.actor, "sync.run")
    me = _me(opened.store)
    _be_itself(opened)
    with _in_sentences(path):
        _refuse_other_file(path)
        wanted = _Wanted({}, with_files=with_files)
        if after is not None:
            before = bundle.open_bundle(after)
            _must_be_ours(before.head, me, {})
            wanted = _after(before, me, with_files=with_files)
        return _write(opened.store, path, most, me, wanted, stopped)


def files_here(opened: Clinic) -> tuple[int, int]:
    """How many documents could go along, and how many bytes they are, at most."""
    require(opened.actor, "sync.run")
    found = opened.store.read(SYSTEM, carried_files.here).result()
    return len(found), sum(each.size for each in found)


def export_whole(opened: Clinic, path: Path, letter: bytes) -> Exported:
    """Write everything, for a PC that joins by it; ``letter`` is what it begins with.

    Documents go along as far as there is room, the smallest first.

    Raises:
        As ``export_bundle``; and StorageError where not all has room.
    """
    require(opened.actor, "device.approve")
    refuse_part(opened.store)
    with _in_sentences(path):
        _refuse_other_file(path)
        wanted = _Wanted({}, letter, with_files=True)
        return _write(opened.store, path, LARGEST, _me(opened.store), wanted)


def refuse_part(store: Store) -> None:
    """Say that this PC cannot hand on all there is.

    Raises:
        RuleError: it joined by a snapshot, or an erasure took something from what it keeps.
    """
    if not store.read(SYSTEM, carried.holds_all).result():
        raise RuleError(
            _("This PC does not hold all that was exchanged, so no other can begin with it."),
            kept=_("No PC was let in."),
            hint=_("Do it at another PC of the practice, or let the new one join through a line."),
        )


@dataclass(frozen=True)
class _Wanted:
    """What a bundle is to hold."""

    after: dict[bytes, int]
    """Of each PC, the last segment that is left out."""
    letter: bytes = b""
    """For a PC that joins: then it is everything or nothing."""
    with_files: bool = False
    names: frozenset[bytes] | None = None
    """Documents that the taker asked for; None where nobody was asked."""
    had: frozenset[bytes] = frozenset()
    """Pieces that the part before holds."""


def _after(before: Bundle, me: Courier, *, with_files: bool) -> _Wanted:
    """What is left to bring to whoever has, or wrote, this file."""
    upto, size = before.head.upto, carried_files.NAME
    if before.head.device == me.device.bytes:
        had = frozenset(raw[:size] for raw in before.pieces())
        return _Wanted(upto, with_files=with_files, had=had)
    asked = before.wanted()
    names = frozenset(asked[at : at + size] for at in range(0, len(asked), size))
    return _Wanted(upto, with_files=with_files, names=names)


def _refuse_other_file(path: Path) -> None:
    """A bundle that has the name stays until the new one is whole; another file stays for ever."""
    if path.exists() and not bundle.is_one(path):
        raise RuleError(
            _("There is another file of this name."),
            kept=_("It was not touched."),
            hint=_("Choose another name."),
            place=str(path),
        )


def _write(
    store: Store, path: Path, most: int, me: Courier, wanted: _Wanted, stopped: Stopped = never
) -> Exported:
    while store.write(SYSTEM, taking.seal).result():
        pass
    keys = store.read(SYSTEM, carried.keys_for_others, me).result()
    said = store.read(SYSTEM, taking.said).result()
    before = [*([wanted.letter] if wanted.letter else ()), *said, *keys]
    most = min(most, shutil.disk_usage(path.parent).free)
    room = most - bundle.SPARE - sum(map(len, before))
    plan = store.read(SYSTEM, carried.plan, wanted.after, room).result()
    if plan.more and (wanted.letter or not plan.places):
        raise _no_room(path)
    lacking = store.read(SYSTEM, carried_files.wanted, me.clinic).result()
    before = [*before, lacking] if lacking else before
    room -= len(lacking) + sum(size + 4 for size in plan.sizes)
    load = Load()
    if wanted.with_files and not plan.more:
        load = store.read(
            SYSTEM, carried_files.load, me.clinic, wanted.names, wanted.had, room
        ).result()
        if load.more and not (load.files or plan.places):
            raise _no_room(path)
    head = Head(
        1, me.clinic.bytes, me.device.bytes, me.keys.public.signing,
        to_millis(store.clock.now()), plan.upto, len(keys), len(plan.places),
        int(bool(wanted.letter)), len(said), int(bool(lacking)), load.pieces,
    )  # fmt: skip
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            parts = _parts(store, before, plan.places)
            pieces = carried_files.pieces(store, me.clinic, load.files)
            told = unless(stopped, chain(parts, _all(pieces)), _("No file was left behind."))
            bundle.write(file, head, told, me.keys)
            file.flush()
            os.fsync(file.fileno())
        _read_back(part, stopped)
        size = part.stat().st_size
        part.replace(path)
        flush_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)
    more = plan.more or load.more
    return Exported(size, len(plan.places), more, len(load.files), plan.lacks)


def _parts(store: Store, before: Sequence[bytes], places: Sequence[Place]) -> Iterator[bytes]:
    yield from before
    for at in range(0, len(places), _AT_A_TIME):
        found = store.read(SYSTEM, carried.contents, places[at : at + _AT_A_TIME]).result()
        yield from _all(found)


def _all(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Each of these, none of them empty: an erasure may have taken what was planned."""
    for each in parts:
        if not each:
            raise StaleError(
                _("The record changed while the file was written."),
                kept=_("No file was left behind."),
                hint=_("Try again."),
            )
        yield each


def _read_back(path: Path, stopped: Stopped) -> None:
    """Look whether the place kept what it was given: some sticks say that they are larger."""
    try:
        for _each in bundle.open_bundle(path).segments(
            looking(stopped, _("No file was left behind."))
        ):
            pass
    except (BundleError, NewerFormatError) as error:
        raise StorageError(
            _("What was written cannot be read back."),
            kept=_("No file was left behind."),
            hint=_("Use another stick."),
            place=str(error),
        ) from error


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
    _be_itself(opened)
    try:
        return take_bundle(opened.store, path, stopped)
    except CopiedRecordError:
        if not _may_begin_anew(opened):
            raise
    with _in_sentences(path):  # read whole above: each segment is what its PC signed
        begin_anew_by_stick(opened, bundle.open_bundle(path).segments())
    return take_bundle(opened.store, path, stopped)


def _be_itself(opened: Clinic) -> None:
    """A record that knows that it is an older state goes on as another PC first.

    Raises:
        CopiedRecordError: nobody is here to say so, or a server has to hear of it.
    """
    try:
        opened.store.read(SYSTEM, taking.refuse_copy).result()
    except CopiedRecordError:
        if not _may_begin_anew(opened):
            raise
        begin_anew_by_stick(opened)


def _may_begin_anew(opened: Clinic) -> bool:
    is_by_stick = opened.store.read(SYSTEM, has_no_line).result()
    return is_by_stick and allowed(opened.actor, "device.approve")


def take_bundle(store: Store, path: Path, stopped: Stopped = never) -> Imported:
    """The same for a record that nobody has signed in to: it is just being made.

    Raises:
        As ``import_bundle``.
    """
    me = _me(store)
    number = store.write(SYSTEM, passes.begin_run, state.STICK).result()
    code = "stopped"
    try:
        with _in_sentences(path):
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
    _must_be_ours(found.head, me, devices)
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


def _must_be_ours(head: Head, me: Courier, devices: dict[bytes, KnownDevice]) -> None:
    if head.clinic != me.clinic.bytes:
        raise BadFileError(
            _("This file is of another practice."), kept=_("Nothing of it was taken.")
        )
    maker = devices.get(head.device)
    if maker is not None and maker.has_ended:
        raise BadFileError(
            _("This file comes from a PC that was taken out of the practice."),
            kept=_("Nothing of it was taken."),
            hint=_("Take one that another PC writes."),
        )
    if maker is not None and maker.signing != head.signing:
        raise BundleError("another key than that of its PC")


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
    me = _me(store)
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


def _me(store: Store) -> Courier:
    found = store.write(SYSTEM, _own_keys).result()
    if found is None:
        raise SetupError(
            _("This PC exchanges with no other PC yet."),
            hint=_("Let another PC join first: through a server, a hub, or by a stick."),
        )
    return found


@contextmanager
def _in_sentences(path: Path) -> Iterator[None]:
    """Say for people what went wrong with a file."""
    try:
        yield
    except TornError as error:
        raise BadFileError(
            _("This file is not whole."),
            kept=_("Nothing of it was taken."),
            hint=_("Write it again at the other PC, and wait until the stick may be removed."),
            place=str(path),
        ) from error
    except NewerFormatError as error:
        raise newer_program(_("Nothing of it was taken.")) from error
    except BundleError as error:
        raise BadFileError(
            _("This is not a file that a PC of the practice wrote, or somebody changed it."),
            kept=_("Nothing of it was taken."),
            hint=_("Write it again at the other PC."),
            place=str(path),
        ) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EFBIG}:
            raise _no_room(path) from error
        raise StorageError(
            _("The file cannot be read or written: {reason}").format(
                reason=error.strerror or type(error).__name__
            ),
            kept=_("Nothing was lost; what was taken from it is whole."),
            hint=_("Check the stick and try again."),
            place=str(path),
        ) from error


def _no_room(path: Path) -> StorageError:
    return StorageError(
        _("There is no room for the file."),
        kept=_("No file was left behind."),
        hint=_("Make room there, or use another stick."),
        place=str(path),
    )


# ------------------------------------------------------------------ steps, each a transaction


def _own_keys(uow: UnitOfWork) -> Courier | None:
    found = state.peer(uow.cursor)
    return state.me(uow.cursor, found.settings.clinic) if found is not None else None


def _came_back(uow: UnitOfWork, seg_no: int) -> None:
    kept_segments.came_back(uow.cursor, seg_no)


def _devices(reads: ReadSession) -> dict[bytes, KnownDevice]:
    return known_pcs.known_devices(reads.cursor)
