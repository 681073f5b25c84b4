"""Whether the open record may be written, and in one sentence why not.

Four things close the gate: a newer program wrote the file, the disk failed and the file is damaged
since, the disk is full, or the record is still coming from the other PCs. The last two pass by
themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from clinic_desktop.db.ballast import Ballast
from clinic_desktop.errors import ClinicError, ReadOnlyError
from clinic_desktop.i18n import _


class WritingGate:
    """One per open record; asked by its writer, shown by the window."""

    def __init__(self, ballast: Ballast | None, closed: ClinicError | None) -> None:
        self._ballast = ballast
        self._closed = closed
        """Why nothing may be written any more, until the record is opened again."""
        self._full: ClinicError | None = None
        self._held: ClinicError | None = None
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        if ballast is not None and ballast.was_given_up and not ballast.make():
            self._full = _full()

    @property
    def halt(self) -> ClinicError | None:
        """Why nothing new may be begun; what is open may still be finished."""
        return self._closed or self._held or self._full

    @property
    def refusal(self) -> ClinicError | None:
        """Why nothing at all may be written."""
        if self._closed or self._held:
            return self._closed or self._held
        return self._full if isinstance(self._full, ReadOnlyError) else None

    @property
    def passes(self) -> bool:
        """Whether what closes the gate ends by itself."""
        return self._closed is None

    @property
    def is_held(self) -> bool:
        """Whether the record is still coming: what fills it may write, and nobody else."""
        return self._held is not None

    def refuse_a_part(self) -> None:
        """Keep a record that is still coming from being copied.

        Raises:
            ReadOnlyError: it is.
        """
        if self._held is not None:
            raise self._held

    def hold(self, error: ClinicError) -> None:
        """Let nobody write but what fills the record (``Store.filling``)."""
        self._held = error
        self._announce()

    def release(self) -> None:
        """The record is whole."""
        self._held = None
        self._announce()

    def check_filling(self) -> None:
        """The same as ``check`` for what fills the record.

        Raises:
            ReadOnlyError, DatabaseDamagedError: not even that.
        """
        if self._closed is not None:
            raise self._closed
        if isinstance(self._full, ReadOnlyError):
            self.look()
        if isinstance(self._full, ReadOnlyError):
            raise self._full

    def check(self) -> None:
        """Let a transaction begin; on a disk that was full, look whether it still is.

        Raises:
            ReadOnlyError, DatabaseDamagedError: not now.
        """
        if self.refusal is not None:
            self.look()
        if self.refusal is not None:
            raise self.refusal

    def close(self, error: ClinicError) -> None:
        """Let nothing be written until the record is opened again."""
        self._closed = error
        self._announce()

    def on_full(self) -> bool:
        """The disk is full: give the ballast up. Whether that made room to finish what is open."""
        if self._ballast is None:
            return False
        with self._lock:
            made_room = self._ballast.give_up()
            self._full = _almost_full() if made_room else _full()
        self._announce()
        return made_room

    def look(self) -> None:
        """Keep the ballast where there is room for it, and open again. Asks the disk."""
        if self._ballast is None or self._closed is not None:
            return
        with self._lock:
            was, there = self._full, self._ballast.make()
            if there:
                self._full = None
        if was is not None and there:
            self._announce()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Hear, on any thread, that the gate was opened or closed; returns the way to stop."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def _announce(self) -> None:
        for listener in list(self._listeners):
            listener()


def _almost_full() -> ClinicError:
    return ClinicError(
        _("The disk is full: finish and save what is open, begin nothing new."),
        kept=_("What was saved is safe. There is a little room left for what is open."),
        hint=_("Free some space; the program notices by itself."),
    )


def _full() -> ReadOnlyError:
    return ReadOnlyError(
        _("The disk is full: the record can be looked at, not changed."),
        kept=_("What was saved is safe; what is typed stays on the screen."),
        hint=_("Free some space; the program notices by itself."),
    )


def full_from_the_start() -> ReadOnlyError:
    """Of a record that was opened without the room to write anything."""
    return ReadOnlyError(
        _("The disk is full: the record can be looked at, not changed."),
        kept=_("What was saved is safe."),
        hint=_("Free some space, then start the program again."),
    )
