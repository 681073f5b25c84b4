"""People already on record who may be the one being registered."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from clinic_desktop.i18n import _, commas, isolate, ngettext
from clinic_desktop.services.patients import SimilarPatient
from clinic_desktop.ui.core.person_words import listed_name, phone_tail, sex_and_age
from clinic_desktop.ui.patients.patient_words import reason_words
from clinic_desktop.ui.theme.style import toggle
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.buttons import Button, shortcut_text
from clinic_desktop.ui.widgets.label import Label

MOST = 4


class SimilarList(QFrame):
    """``opened(patient_id)`` when one of them is chosen, by click or Alt and its number."""

    opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self._shown: tuple[SimilarPatient, ...] = ()
        self._title = Label("", "strong", wrap=True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACE_3, SPACE_2, SPACE_3, SPACE_2)
        self._column.setSpacing(SPACE_1)
        self._column.addWidget(self._title)
        self.rows: list[_Match] = []
        self.hide()

    def show_people(self, people: Sequence[SimilarPatient]) -> None:
        """List them; nobody hides the list."""
        if tuple(people) == self._shown:
            return
        self._shown = tuple(people)
        for old in self.rows:
            old.hide()
            old.deleteLater()
        self.rows = [_Match(each, place) for place, each in enumerate(people[:MOST], 1)]
        for row in self.rows:
            row.opened.connect(self.opened)
            self._column.addWidget(row)
        likely = any(each.is_likely for each in people)
        toggle(self, "tone", (Tone.WARN if likely else Tone.INFO).value)
        self._title.set_tone((Tone.WARN if likely else Tone.INFO).value)
        self._title.setText(
            _("Probably registered already")
            if likely
            else ngettext("Similar person on record", "Similar people on record", len(people))
        )
        self.setAccessibleName(self._title.text())
        self.setVisible(bool(people))
        if people:
            announce(self, f"{self._title.text()}: {self.rows[0].spoken}", urgent=likely)


class _Match(QWidget):
    opened = Signal(object)

    def __init__(self, match: SimilarPatient, place: int) -> None:
        super().__init__()
        row = match.row
        facts = (listed_name(row.name), sex_and_age(row), phone_tail(row.phone), row.mrn)
        text = " · ".join(isolate(fact) for fact in facts if fact)
        reasons = commas(reason_words(reason) for reason in match.reasons)
        self.spoken = f"{text}, {reasons}"
        self.button = Button(text.replace("&", "&&"), "link", shortcut=f"Alt+{place}")
        self.button.setObjectName(f"patient.similar-{place}")
        self.button.setAccessibleName(_("Open the chart of {name}").format(name=text))
        self.button.setAccessibleDescription(reasons)
        self.button.clicked.connect(self._opener(row.id))
        keys = shortcut_text(f"Alt+{place}")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeading)
        column.addWidget(Label(f"{keys} · {reasons}", "caption", "muted", wrap=True))

    def _opener(self, patient_id: uuid.UUID) -> Callable[[], None]:
        return lambda: self.opened.emit(patient_id)
