"""One medicine being typed: product, directions, and at once what they mean and touch."""

from __future__ import annotations

import uuid
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.prescribing.prescriptions import FavouriteLine, LinePreview
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.prescribing.safety_notices import SafetyNotices
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.combo_search import ComboSearch
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.suggestions import Suggestion

_PREVIEW_AFTER_MS = 150


class LineEditor(QWidget):
    """``ready(LineForm)`` when a line is complete and was looked at."""

    ready = Signal(object)
    edited = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._patient_id: uuid.UUID | None = None
        self._base = LineForm("", "")
        self._seen: LinePreview | None = None
        self._add_when_seen = False
        self._asked = 0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PREVIEW_AFTER_MS)
        self._pause.timeout.connect(self._preview)
        self._build()

    def _build(self) -> None:
        self.product = ComboSearch(_("Medicine…"), free=True)
        self.product.edit.setObjectName("prescribe.product")
        self.product.wanted.connect(self._find)
        self.product.taken.connect(lambda item: self._take(item.value))
        self.strength = self._field("prescribe.strength", _("Strength"), "500 mg")
        self.kind = self._field("prescribe.form", _("Form"), _("capsule"))
        self.directions = self._field("prescribe.directions", _("Directions"), _("1 cap 3x/day 7d"))
        self.amount = self._field("prescribe.quantity", _("Quantity"), "")
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_2)
        places = (
            (self.strength, _("Strength"), 0, 1), (self.kind, _("Form"), 1, 1),
            (self.directions, _("How much, how often, how long"), 2, 3),
            (self.amount, _("Quantity"), 5, 1),
        )  # fmt: skip
        for field, title, place, span in places:
            grid.addWidget(Label(title, "caption", "muted"), 0, place, 1, span)
            grid.addWidget(field, 1, place, 1, span)
            grid.setColumnStretch(place, span)
        self.sig = Label("", wrap=True, parent=self)
        self.sig.setObjectName("prescribe.sig")
        self.message = Label("", "caption", "danger", wrap=True, parent=self)
        self.notices = SafetyNotices()
        self.notices.reason_changed.connect(self._changed)
        self.add_button = Button(_("Add to prescription"), "secondary", Icon.ADD)
        self.add_button.setObjectName("prescribe.add")
        self.add_button.clicked.connect(self.submit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_2)
        column.addWidget(self.product)
        column.addLayout(grid)
        for widget in (self.sig, self.message, self.notices, self.add_button):
            column.addWidget(widget)
        self.product.edit.textEdited.connect(self._changed)
        _say(self.sig, "")
        _say(self.message, "")

    def _field(self, name: str, title: str, example: str) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName(name)
        field.setAccessibleName(title)
        field.setPlaceholderText(example)
        field.textEdited.connect(self._changed)
        return field

    # ------------------------------------------------------------ what is typed

    def set_patient(self, patient_id: uuid.UUID) -> None:
        """Whose allergies stand against the line."""
        self._patient_id = patient_id

    def form(self) -> LineForm:
        """The line as it stands."""
        return replace(
            self._base,
            product=self.product.text().strip(),
            strength=self.strength.text().strip(),
            form=self.kind.text().strip(),
            directions=self.directions.text().strip(),
            quantity=self.amount.text().strip(),
            override_reason=self.notices.reason(),
        )

    def words(self) -> LineForm | None:
        """What was typed, for a draft, also a reason that nobody asks for at the moment."""
        typed = replace(self.form(), override_reason=self.notices.typed_reason())
        parts = (typed.product, typed.strength, typed.form, typed.directions, typed.quantity)
        return typed if any((*parts, typed.override_reason)) else None

    def show_form(self, form: LineForm) -> None:
        """Put a line in: a favourite, a repeat, a draft."""
        self._base = form
        self.product.set_value(form.product, form.product)
        self.strength.setText(form.strength)
        self.kind.setText(form.form)
        self.directions.setText(form.directions)
        self.amount.setText(form.quantity)
        self.notices.give_reason(form.override_reason)
        self._changed()

    def clear(self) -> None:
        """Ready for the next line."""
        self._base, self._seen = LineForm("", ""), None
        self._add_when_seen = False
        self._pause.stop()
        self._asked += 1
        self.product.set_value(None, "")
        for field in (self.strength, self.kind, self.directions, self.amount):
            field.clear()
        self.amount.setPlaceholderText("")
        _say(self.sig, "")
        _say(self.message, "")
        self.notices.clear()

    def begin(self, text: str = "") -> None:
        """Take the focus."""
        if text:
            self.product.edit.setText(text)
            self._find(text)
        self.product.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _find(self, text: str) -> None:
        def show(found: tuple[FavouriteLine, ...]) -> None:
            items = [
                Suggestion(each, each.label, each.form.directions, icon=Icon.MEDICINE)
                for each in found
            ]
            self.product.show_suggestions(text, items)

        self._context.tasks.read(self, prescriptions.favourites, text, done=show)

    def _take(self, favourite: FavouriteLine) -> None:
        self.show_form(favourite.form)
        self.directions.setFocus(Qt.FocusReason.OtherFocusReason)
        self.directions.selectAll()

    # ------------------------------------------------------------ what it means

    def _changed(self, _text: str = "") -> None:
        self._seen = None
        self._asked += 1  # an answer still to come is about other words
        self.edited.emit()
        self._pause.start()

    def _preview(self) -> None:
        form = self.form()
        if self._patient_id is None or not form.product:
            return
        self._asked += 1
        number = self._asked
        self._context.tasks.read(
            self,
            prescriptions.preview,
            self._patient_id,
            form,
            done=lambda seen: self._show(seen, number),
            failed=lambda error: self._refuse(error, number),
        )

    def _show(self, seen: LinePreview, number: int) -> None:
        if number != self._asked:
            return  # the answer to an older question
        self._seen = seen
        _say(self.sig, _("For the patient: {sig}").format(sig=isolate(seen.line.sig)))
        words = (*seen.line.stops, *seen.line.asks)
        self.message.set_tone("danger" if seen.line.stops else "warn")
        _say(self.message, " ".join(words))
        self.amount.setPlaceholderText(seen.line.quantity_value)
        self.notices.show_report(seen.safety)
        if self._add_when_seen:
            self._add_when_seen = False
            self._finish(seen)

    def _refuse(self, error: ClinicError, number: int) -> None:
        if number != self._asked:
            return
        submitting, self._add_when_seen = self._add_when_seen, False
        self._seen = None
        _say(self.sig, "")
        at_directions = getattr(error, "field", "") == "directions"
        # Directions that nobody has begun to type are not wrong yet.
        said = submitting or not at_directions or bool(self.directions.text().strip())
        self.message.set_tone("danger")
        _say(self.message, error.message if said else "")
        if submitting and at_directions:
            self.directions.setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """Add the line once it has been checked as it stands now."""
        if not self.form().product:
            self.begin()
            return
        if self._seen is not None:
            self._finish(self._seen)
        else:
            self._add_when_seen = True
            self._pause.stop()
            self._preview()

    def _finish(self, seen: LinePreview) -> None:
        if seen.line.stops:
            self.directions.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        if seen.safety.needs_reason and not self.notices.reason():
            self.notices.ask_reason()
            return
        form = self.form()
        self.clear()
        self.ready.emit(form)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in any field adds the line."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
            return
        super().keyPressEvent(event)


def _say(label: Label, words: str) -> None:
    """Show words, or take no room."""
    label.setText(words)
    label.setVisible(bool(words))
