"""Finding the patient in a drawer: type, Enter takes the first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.i18n import _, isolate
from clinic_desktop.services import patients
from clinic_desktop.services.patients import FoundPatient
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.person_words import how_found, listed_name, sex_and_age
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.combo_search import ComboSearch
from clinic_desktop.ui.widgets.suggestions import Suggestion

_FOUND = 7


class PatientField(QWidget):
    """A search for one patient.

    ``chosen(patient_id)``, with ``None`` when the text was edited afterwards; ``skipped`` on
    Enter in the empty field.
    """

    chosen = Signal(object)
    skipped = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._asked = False
        """Whether somebody is being registered for this field."""
        context.navigator.registered.connect(self._on_registered)
        self._hasty = ""
        """A text on which Enter was pressed before the list was there."""
        self.combo = ComboSearch(_("Name, phone, number or birth date"))
        self.setFocusProxy(self.combo)
        self.combo.wanted.connect(self._search)
        self.combo.taken.connect(self._on_taken)
        self.combo.changed.connect(self._on_changed)
        self.combo.edit.returnPressed.connect(self._on_enter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.combo)

    def text(self) -> str:
        """The name shown."""
        return self.combo.text()

    def value(self) -> uuid.UUID | None:
        """Who was chosen."""
        found: uuid.UUID | None = self.combo.value()
        return found

    def show_patient(self, row: FoundPatient) -> None:
        """Show a patient that was chosen elsewhere."""
        self.combo.set_value(row.id, _name(row))

    def keep_in(self, draft: FieldDraft) -> None:
        """Keep who was found, or what was typed to find somebody."""
        draft.keep_by("patient", self._texts, self._take_texts, self.combo.edit.textChanged)

    def _texts(self) -> dict[str, str]:
        return {"id": str(self.value() or ""), "name": self.text()}

    def _take_texts(self, texts: object) -> None:
        told = texts if isinstance(texts, dict) else {}
        found = str(told.get("id", ""))
        self.combo.set_value(uuid.UUID(found) if found else None, str(told.get("name", "")))

    def begin(self, text: str) -> None:
        """Go on with what was typed before the drawer opened."""
        self.combo.edit.setText(text)
        # After the drawer has given the focus, which selects what is there.
        QTimer.singleShot(0, self, self._go_on)

    def _go_on(self) -> None:
        self.combo.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self.combo.edit.end(False)
        self._search(self.combo.text().strip())

    def _search(self, text: str) -> None:
        def answer(found: list[FoundPatient]) -> None:
            hasty = self._hasty == text and self.combo.text().strip() in {text, ""}
            if self._hasty == text:  # the answer to an older text leaves Enter to the newer one
                self._hasty = ""
            if hasty and len(found) == 1 and not found[0].only_sounds_alike:
                self.combo.set_value(found[0].id, _name(found[0]))
                self.chosen.emit(found[0].id)
                return
            items = [_suggestion(row) for row in found]
            if text:
                words = _("Register “{name}”").format(name=text)
                items.append(Suggestion(("register", text), words, icon=Icon.PATIENT_ADD))
            self.combo.show_suggestions(text, items)

        self._context.tasks.read(self, patients.search, text, _FOUND, done=answer)

    def _on_taken(self, item: Suggestion) -> None:
        if isinstance(item.value, tuple):
            self.combo.set_value(None, "")
            self._asked = True
            self._context.navigator.open(to.RegisterPatient(item.value[1], for_form=True))

    def _on_registered(self, patient_id: uuid.UUID) -> None:
        if self._asked:
            self._asked = False
            self._context.tasks.read(self, patients.rows, [patient_id], done=self._take)

    def _take(self, found: Sequence[FoundPatient]) -> None:
        if found:
            self.show_patient(found[0])
            self.chosen.emit(found[0].id)

    def _on_changed(self, value: object) -> None:
        if value is None or isinstance(value, uuid.UUID):
            self.chosen.emit(value)

    def _on_enter(self) -> None:
        text = self.combo.text().strip()
        if self.value() is not None or not text:
            self.skipped.emit()
        else:
            self._hasty = text
            self._search(text)


def _name(row: FoundPatient) -> str:
    return listed_name(row.name)


def _suggestion(row: FoundPatient) -> Suggestion:
    facts = " · ".join(filter(None, (sex_and_age(row), isolate(row.mrn), how_found(row))))
    phone = isolate(row.phone.replace(" ", "\u00a0"))
    return Suggestion(row.id, _name(row), facts, phone)
