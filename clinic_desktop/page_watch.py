"""Looks at every page once a day, and after the program or the PC went down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.page_seals import has_broken_seals
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError, DatabaseDamagedError, StorageError
from clinic_desktop.i18n import _
from clinic_desktop.services import integrity
from clinic_desktop.this_pc import remember, remembered

EVERY = timedelta(days=1)
_CHECKED = "pages_checked_at"


class PageWatch:
    """One per open clinic; reads the whole file, so never on the window's thread."""

    def __init__(self, opened: Clinic) -> None:
        self._clinic = opened
        self._after_crash = opened.store.was_left_open

    def is_due(self, now: datetime) -> bool:
        """Whether the last look was a day ago, or something went down since."""
        try:
            last = datetime.fromisoformat(str(remembered(self._clinic.data_dir).get(_CHECKED)))
            return self._after_crash or not now - EVERY < last <= now
        except ValueError:
            return True

    def look(self, go_on: Callable[[], object] = lambda: None) -> None:
        """Read every page and remember when; ``go_on`` is asked now and then, and may raise.

        Raises:
            DatabaseDamagedError: pages are broken; it is on record.
            StorageError: the disk does not let us read.
        """
        store, path = self._clinic.store, self._clinic.data_dir.database
        try:
            is_strange = has_broken_seals(path, self._clinic.keys.key, go_on)
        except OSError as error:
            raise StorageError(
                _("The record cannot be read: {reason}").format(reason=error.strerror),
                kept=_("Nothing was changed."),
                place=str(path),
            ) from error
        # One that was just being written is not broken, nor are those that get another key.
        if is_strange:
            go_on()  # what follows cannot be ended, and nobody writes meanwhile
        broken = self._clinic.broken_seals() if is_strange else []
        self._after_crash = False
        with suppress(StorageError):
            remember(self._clinic.data_dir, **{_CHECKED: store.clock.now().isoformat()})
        if broken:
            with suppress(ClinicError):  # a damaged record may not take it any more
                store.write(SYSTEM, integrity.note_broken_pages, len(broken)).result()
            raise DatabaseDamagedError(
                _("Pages of the record are damaged."),
                kept=_("What was saved before is in the backups."),
                hint=_("Close the program, start it again, and save what can be read or bring a "
                       "backup back."),
                place="; ".join(broken[:3]),
            )  # fmt: skip
