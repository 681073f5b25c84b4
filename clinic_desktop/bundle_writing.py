"""Exchange by a file on a stick: what this PC holds goes out.

The file holds sealed segments of all PCs, so work goes on its way by any stick that passes by. It
is written beside its name, read back and only then named.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from clinic_desktop.bundle_faults import in_sentences, must_be_ours, no_room
from clinic_desktop.bundle_pc import be_itself, this_pc
from clinic_desktop.clinic import Clinic
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import RuleError, StaleError, StorageError
from clinic_desktop.files import flush_folder
from clinic_desktop.i18n import _, current, isolate, ngettext
from clinic_desktop.services.access import require
from clinic_desktop.stick_stop import Stopped, looking, never, unless
from clinic_desktop.sync import bundle, carried, carried_files, file_states, taking, unheard
from clinic_desktop.sync.bundle import Bundle, BundleError, Head
from clinic_desktop.sync.carried import Place, Plan
from clinic_desktop.sync.carried_files import Load
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.segment import NewerFormatError

LARGEST: Final = 2 << 30
"""Of a bundle, in bytes, where nobody says another size; old sticks hold no file above 4 GiB."""
_AT_A_TIME: Final = 100
"""Segments that one transaction reads."""


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
    me = this_pc(opened.store)
    be_itself(opened)
    with in_sentences(path):
        _refuse_other_file(path)
        wanted = _Wanted({}, with_files=with_files)
        if after is not None:
            before = bundle.open_bundle(after)
            must_be_ours(before.head, me, {})
            wanted = _after(before, me, with_files=with_files)
        return _write(opened.store, path, most, me, wanted, stopped)


def files_here(opened: Clinic) -> tuple[int, int]:
    """How many documents could go along, and how many bytes they are, at most."""
    require(opened.actor, "sync.run")
    found = opened.store.read(SYSTEM, file_states.here).result()
    return len(found), sum(each.size for each in found)


def export_whole(opened: Clinic, path: Path, letter: bytes) -> Exported:
    """Write everything, for a PC that joins by it; ``letter`` is what it begins with.

    Documents go along as far as there is room, the smallest first.

    Raises:
        As ``export_bundle``; and StorageError where not all has room.
    """
    require(opened.actor, "device.approve")
    refuse_part(opened.store)
    with in_sentences(path):
        _refuse_other_file(path)
        wanted = _Wanted({}, letter, with_files=True)
        return _write(opened.store, path, LARGEST, this_pc(opened.store), wanted)


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


@dataclass(frozen=True)
class _Contents:
    """What goes into a bundle, in this order."""

    head: Head
    before: Sequence[bytes]
    """The letter, statements, keys and what this PC lacks."""
    plan: Plan
    """Segments."""
    load: Load
    """Documents."""


def _write(
    store: Store, path: Path, most: int, me: Courier, wanted: _Wanted, stopped: Stopped = never
) -> Exported:
    store.write(SYSTEM, unheard.hand_out).result()
    while store.write(SYSTEM, taking.seal).result():
        pass
    found = _contents(store, path, min(most, shutil.disk_usage(path.parent).free), me, wanted)
    size = _put_down(store, path, me, found, stopped)
    plan, load = found.plan, found.load
    more = plan.more or load.more
    return Exported(size, len(plan.places), more, len(load.files), plan.lacks)


def _contents(store: Store, path: Path, most: int, me: Courier, wanted: _Wanted) -> _Contents:
    """What has room in ``most`` bytes.

    Raises:
        StorageError: nothing has, or not all of what must be whole.
    """
    keys = store.read(SYSTEM, carried.keys_for_others, me).result()
    said = store.read(SYSTEM, taking.said).result()
    before = [*([wanted.letter] if wanted.letter else ()), *said, *keys]
    room = most - bundle.SPARE - sum(map(len, before))
    plan = store.read(SYSTEM, carried.plan, wanted.after, room).result()
    if plan.more and (wanted.letter or not plan.places):
        raise no_room(path)
    lacking = store.read(SYSTEM, carried_files.wanted, me.clinic).result()
    before = [*before, lacking] if lacking else before
    room -= len(lacking) + sum(size + 4 for size in plan.sizes)
    load = Load()
    if wanted.with_files and not plan.more:
        load = store.read(
            SYSTEM, carried_files.load, me.clinic, wanted.names, wanted.had, room
        ).result()
        if load.more and not (load.files or plan.places):
            raise no_room(path)
    head = Head(
        1, me.clinic.bytes, me.device.bytes, me.keys.public.signing,
        to_millis(store.clock.now()), plan.upto, len(keys), len(plan.places),
        int(bool(wanted.letter)), len(said), int(bool(lacking)), load.pieces,
    )  # fmt: skip
    return _Contents(head, before, plan, load)


def _put_down(store: Store, path: Path, me: Courier, found: _Contents, stopped: Stopped) -> int:
    """Write it beside its name, look at it, and name it; returns its bytes."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            parts = _parts(store, found.before, found.plan.places)
            pieces = carried_files.pieces(store, me.clinic, found.load.files)
            told = unless(stopped, chain(parts, _all(pieces)), _("No file was left behind."))
            bundle.write(file, found.head, told, me.keys)
            file.flush()
            os.fsync(file.fileno())
        _read_back(part, stopped)
        size = part.stat().st_size
        part.replace(path)
        flush_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)
    return size


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
