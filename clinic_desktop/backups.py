"""The backups of an open clinic: when one is due, and into every place that is here."""

from __future__ import annotations

import shutil
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from clinic_desktop.clinic import Clinic
from clinic_desktop.domain.backup_ages import EVERY, has_shrunk
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.errors import (
    ClinicError,
    InUseError,
    ShrunkenRecordError,
    StoppedError,
    StorageError,
)
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services import practice
from clinic_desktop.services.access import require
from clinic_desktop.services.backups import history, ledger, places
from clinic_desktop.services.backups.container import unreadable
from clinic_desktop.services.backups.ledger import Reason, Result
from clinic_desktop.services.backups.making import SUFFIX, Backup, Tell, record_size
from clinic_desktop.services.backups.places import Place
from clinic_desktop.this_pc import remember, remembered

SHRUNKEN = f"fewer-rows{SUFFIX}"
"""Name of a backup that was set aside; the rotation does not know it, the next one replaces it."""
FEW_BYTES = 2 << 30
"""With less free, or less than three times the record, the disk is called almost full."""

_HOURLY_WILL_DO = frozenset({Reason.MERGE, Reason.REKEY})
"""A joining can be undone, and a change of key is safe against power cuts."""


class Backups:
    """One per open clinic. Every method asks disks: none is for the window's thread."""

    def __init__(self, opened: Clinic) -> None:
        self._clinic = opened
        self._making = threading.Lock()

    def known(self) -> list[Place]:
        """The places; the folder chosen in an earlier version, or one beside the record."""
        data_dir = self._clinic.data_dir
        found = ledger.read(data_dir).places
        if not found:
            usual = remembered(data_dir).get("backup_folder") or data_dir.backups
            with ledger.changing(data_dir) as changed:
                changed.places = found = [places.take(Path(str(usual)))]
        return found

    def add(self, path: Path) -> Place:
        """Let backups go there too.

        Raises:
            PermissionDeniedError: not the owner.
            StorageError: it cannot be written.
        """
        require(self._clinic.actor, "record.check")
        self.known()
        taken = places.take(path)
        with ledger.changing(self._clinic.data_dir) as changed:
            if all(place.id != taken.id for place in changed.places):
                changed.places.append(taken)
        return taken

    def choose(self, path: Path) -> None:
        """Let backups go there and to no other place; for the first steps of a practice.

        Raises:
            PermissionDeniedError: not the owner.
            StorageError: it cannot be written.
        """
        require(self._clinic.actor, "record.check")
        taken = places.take(path)
        with ledger.changing(self._clinic.data_dir) as changed:
            changed.places = [taken]

    def remove(self, place_id: str) -> None:
        """Let no more backups go there; those that are there stay.

        Raises:
            PermissionDeniedError: not the owner.
        """
        require(self._clinic.actor, "record.check")
        with ledger.changing(self._clinic.data_dir) as changed:
            changed.places = [place for place in changed.places if place.id != place_id]

    def is_due(self, now: datetime) -> bool:
        """Whether a place that is here lacks what was written since an hour or more."""
        if self._is_sample() or self._clinic.store.gate.is_held:
            return False
        here = [place for place in self.known() if places.find(place) is not None]
        sheet = self._clinic.keys.vault.recovery
        if here and sheet and sheet != ledger.read(self._clinic.data_dir).sheet:
            return True  # what was made before opens with the sheet before only
        grown = self._clinic.store.read(SYSTEM, history.log_length).result()
        return any(
            place.log_length != grown
            and (place.last_at is None or not now - EVERY < place.last_at <= now)
            for place in here
        )

    def has_changed(self) -> bool:
        """Whether something was written since the newest verified backup."""
        grown = self._clinic.store.read(SYSTEM, history.log_length).result()
        if self._is_sample() or self._clinic.store.gate.is_held:
            return False
        known = ledger.read(self._clinic.data_dir).places
        return all(place.log_length != grown for place in known)

    def is_enough(self, reason: Reason) -> bool:
        """Whether the newest verified backup will do before such a step (adr/0015)."""
        if not self.has_changed():
            return True
        last, now = ledger.read(self._clinic.data_dir).last_at, self._clinic.store.clock.now()
        return reason in _HOURLY_WILL_DO and last is not None and now - EVERY < last <= now

    def before(self, reason: Reason, tell: Tell) -> Backup | None:
        """Have a verified backup before a step that changes much; none where the last will do.

        Raises:
            ClinicError: as ``make``; the step is not to be taken.
        """
        if self.is_enough(reason):
            return None
        try:
            return self.make(reason, tell)
        except InUseError:
            if reason in _HOURLY_WILL_DO:
                return None  # the one being made will do
            raise

    def _is_sample(self) -> bool:
        return self._clinic.store.read(SYSTEM, practice.details).result().is_sample

    def room_left(self) -> int | None:
        """Free bytes on the record's disk if they are few, for the person to act in time."""
        data_dir = self._clinic.data_dir
        free = shutil.disk_usage(data_dir.root).free
        return free if free < max(FEW_BYTES, 3 * record_size(data_dir)) else None

    def make(self, reason: Reason, tell: Tell, actor: Actor = SYSTEM) -> Backup:
        """Make one backup, try it out, copy it to every place that is here, and tidy up there.

        Raises:
            StorageError: no place is here, or none could be written.
            PermissionDeniedError, DatabaseDamagedError, StoppedError: as ``Clinic.back_up``.
            InUseError: one is being made already.
        """
        if not self._making.acquire(blocking=False):
            raise InUseError(_("A backup is being made already."), hint=_("Wait until it is done."))
        try:
            return self._make(reason, tell, actor)
        finally:
            self._making.release()

    def _make(self, reason: Reason, tell: Tell, actor: Actor) -> Backup:
        here = [(place, path) for place in self.known() if (path := places.find(place))]
        made, trouble = None, self._nowhere()
        for place, path in here:
            try:
                if made is None:
                    last_at = str(remembered(self._clinic.data_dir).get("backup_at", ""))
                    made = self._clinic.back_up(path, tell, actor)
                    self._set_aside_if_shrunk(made, reason, last_at)
                    file = made.path
                else:
                    tell("spread", 0, 0)
                    file = places.copy_to(made.path, path)
                self._note(place, made, file, reason)
                places.tidy(path, self._clinic.keys.vault.device)
            except (StoppedError, ShrunkenRecordError):
                raise
            except ClinicError as error:
                self._note_trouble(place, path, error, reason)
                trouble = error
        if made is None:
            raise trouble
        return made

    def _nowhere(self) -> ClinicError:
        return StorageError(
            _("None of the places for backups is here."),
            kept=_("Earlier backups are still there."),
            hint=_("Plug the stick or disk in, or add another place."),
        )

    def _note(self, place: Place, made: Backup, file: Path, reason: Reason) -> None:
        with ledger.changing(self._clinic.data_dir) as changed:
            result = Result(made.made_at, str(file), reason, made.size)
            changed.results.insert(0, result)
            changed.sheet = self._clinic.keys.vault.recovery
            changed.rows = made.rows
            for each in changed.places:
                if each.id == place.id:
                    each.path, each.trouble = str(file.parent), ""
                    each.last_at, each.log_length = made.made_at, made.log_length

    def _set_aside_if_shrunk(self, made: Backup, reason: Reason, last_at: str) -> None:
        """Keep a backup of far fewer rows apart: it neither counts nor removes an older one.

        One made by hand counts: somebody has looked.

        Raises:
            ShrunkenRecordError: it was set aside.
        """
        before = ledger.read(self._clinic.data_dir).rows
        if reason is Reason.BY_HAND or not has_shrunk(made.rows, before):
            return
        aside = made.path.with_name(SHRUNKEN)
        try:
            made.path.replace(aside)
        except OSError as error:
            raise unreadable(aside, error) from error
        now, words = self._clinic.store.clock.now(), current().number
        shrunk = ShrunkenRecordError(
            _("The record has far fewer rows than at the last backup: {now} instead of {before}.")
            .format(now=words(made.rows), before=words(before)),
            kept=_("No older backup was removed; this one lies beside them as {file}.").format(
                file=isolate(SHRUNKEN)
            ),
            hint=_("Look whether charts are missing. If all is well, make a backup by hand."),
            place=str(aside),
        )  # fmt: skip
        remember(self._clinic.data_dir, backup_at=last_at)
        with ledger.changing(self._clinic.data_dir) as changed:
            changed.results.insert(0, Result(now, str(aside), reason, trouble=shrunk.message))
        raise shrunk

    def _note_trouble(self, place: Place, path: Path, error: ClinicError, reason: Reason) -> None:
        now = self._clinic.store.clock.now()
        # On a full disk the trouble itself cannot be written down.
        with suppress(StorageError), ledger.changing(self._clinic.data_dir) as changed:
            changed.results.insert(0, Result(now, str(path), reason, trouble=error.message))
            for each in changed.places:
                if each.id == place.id:
                    each.trouble = error.message
