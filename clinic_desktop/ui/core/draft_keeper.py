"""Keeps what is typed into a form, so that neither a crash nor a wrong key loses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.services import drafts
from clinic_desktop.services.drafts import DraftRow
from clinic_desktop.ui.core.tasks import Tasks

SAVE_AFTER_MS = 800
"""From the first unsaved keystroke; typing on does not put it off. Two seconds are promised."""


class DraftKeeper(QObject):
    """The draft of one form. ``body`` says what is typed now, ``None`` when there is nothing."""

    saved = Signal(object)
    """The ``datetime`` of each save."""

    def __init__(
        self,
        tasks: Tasks,
        kind: str,
        subject: str,
        body: Callable[[], dict[str, Any] | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._tasks, self._kind, self._subject, self._body = tasks, kind, subject, body
        self._is_on = allowed(tasks.actor, "draft.write")
        self.is_kept = False
        """Whether the record holds a draft of this form, as far as is known."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)
        tasks.closing.connect(self.flush)
        tasks.gate_changed.connect(self._on_gate)

    def belong_to(self, subject: str) -> None:
        """Go on with another row; what was typed for the one before is saved first."""
        self.flush()
        self._subject, self.is_kept = subject, False

    def touch(self) -> None:
        """Something was typed."""
        if self._is_on and not self._timer.isActive():
            self._timer.start()

    def flush(self) -> None:
        """Save now what waits to be saved."""
        if self._timer.isActive():
            self.save()

    def rest(self) -> None:
        """Wait no more: the words are on their way into the record."""
        self._timer.stop()

    def save(self) -> None:
        """Write the draft now, or take it away where nothing is typed any more."""
        self._timer.stop()
        if not self._is_on:
            return
        body = self._body()
        if body is None:
            if self.is_kept:
                self.discard()
            return
        self.is_kept = True
        self._tasks.write(
            self, drafts.save_draft, self._kind, self._subject, body, done=self._on_saved
        )

    def discard(self, subject: str = "") -> None:
        """The words were saved for good, or given up; with ``subject`` those of that row."""
        wanted = subject or self._subject
        if wanted == self._subject:
            self._timer.stop()
            self.is_kept = False
        if self._is_on:
            self._tasks.write(
                self, drafts.discard_draft, self._kind, wanted,
                done=lambda _none: self._tasks.drafts_changed.emit(),
            )  # fmt: skip

    def load(self, done: Callable[[DraftRow | None], None]) -> None:
        """What was kept of an earlier try; nothing once the form is about another row."""
        subject = self._subject

        def found(draft: DraftRow | None) -> None:
            if subject == self._subject:
                self.is_kept = self.is_kept or draft is not None
                done(draft)

        if self._is_on:
            self._tasks.read(self, drafts.load_draft, self._kind, subject, done=found)

    def _on_gate(self) -> None:
        """What could not be written down is still on the screen."""
        if self._tasks.refusal is None and self._body() is not None:
            self.touch()

    def _on_saved(self, at: datetime) -> None:
        self.saved.emit(at)
        self._tasks.drafts_changed.emit()
