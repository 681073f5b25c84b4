"""Over a chart of which something is not decided: how much, and the way to decide it."""

from __future__ import annotations

import uuid

from PySide6.QtWidgets import QWidget

from clinic_desktop.i18n import _
from clinic_desktop.services.undecided import Undecided
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.patient_card import undecided_words
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.notice import Notice


class UndecidedNotice(Notice):
    """Hidden while nothing is asked; the chart works all the same."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(Tone.WARN, "", parent=parent)
        self.setObjectName("chart.undecided")
        self._context = context
        self._patient: uuid.UUID | None = None
        if to.may_open(context.actor, to.Conflicts):
            self.add_action(_("Decide"), self._open)
        self.hide()

    def show_of(self, patient_id: uuid.UUID, found: Undecided) -> None:
        """Show it for a patient."""
        self._patient = patient_id
        tone = Tone.DANGER if found.has_safety else Tone.WARN
        text = _("Two PCs wrote without knowing of each other. Every version is shown and checked.")
        self.set_words(tone, undecided_words(found), text)
        self.setVisible(bool(found.count))

    def _open(self) -> None:
        if self._patient is not None:
            self._context.navigator.open(to.Conflicts(self._patient))
