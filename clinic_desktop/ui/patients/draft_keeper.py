"""Keeps what is typed into a form, so that neither a crash nor a wrong key loses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.services import drafts
from clinic_desktop.services.drafts import DraftRow
from clinic_desktop.ui.core.context import Context

KIND = "patient"
SAVE_AFTER_MS = 800
"""Words are safe within two seconds of typing them."""


class DraftKeeper(QObject):
    """One form's draft. ``saved(instant)`` after each save."""

    saved = Signal(object)

    def __init__(
        self, context: Context, subject: str, body: Callable[[], dict[str, Any]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._context, self._subject, self._body = context, subject, body
        self._is_on = allowed(context.actor, "draft.write")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self._save)

    def touch(self) -> None:
        """Something was typed."""
        if self._is_on and not self._timer.isActive():
            self._timer.start()

    def flush(self) -> None:
        """Save now what waits to be saved."""
        if self._timer.isActive():
            self._timer.stop()
            self._save()

    def discard(self) -> None:
        """The words were saved for good, or given up."""
        self._timer.stop()
        if self._is_on:
            self._context.tasks.write(self, drafts.discard_draft, KIND, self._subject)

    def load(self, done: Callable[[DraftRow | None], None]) -> None:
        """What was kept of an earlier try."""
        if self._is_on:
            self._context.tasks.read(self, drafts.load_draft, KIND, self._subject, done=done)

    def _save(self) -> None:
        self._context.tasks.write(
            self,
            drafts.save_draft,
            KIND,
            self._subject,
            self._body(),
            done=self.saved.emit,
            failed=self._on_failed,
        )

    def _on_failed(self, error: ClinicError) -> None:
        self._context.host.show_error(error)
