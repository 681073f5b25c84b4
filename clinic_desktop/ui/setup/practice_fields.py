"""What stands on the practice's paper, as fields."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.ui.widgets.form import Form, FormRow
from clinic_desktop.ui.widgets.value_edits import PhoneEdit

FIELDS = (
    "name",
    "legal_name",
    "address",
    "city",
    "postal_code",
    "phone",
    "email",
    "website",
    "tax_number",
    "licence_number",
)


class PracticeFields(QWidget):
    """``edited(field)`` when a person has left a field with another text in it."""

    edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = Form(columns=2)
        self._fields: dict[str, QLineEdit] = {}
        self._rows: dict[str, FormRow] = {}
        self._kept: dict[str, str] = {}
        labels = {
            "name": _("Name of the practice"),
            "legal_name": _("Legal name"),
            "address": _("Address"),
            "city": _("City"),
            "postal_code": _("Postal code"),
            "phone": _("Phone"),
            "email": _("E-mail"),
            "website": _("Website"),
            "tax_number": _("Tax number"),
            "licence_number": _("Licence number"),
        }
        hints = {"legal_name": _("If it differs; it stands on invoices.")}
        for name in FIELDS:
            field = PhoneEdit() if name == "phone" else QLineEdit()
            field.setObjectName(f"practice.{name}")
            self._fields[name] = field
            self._rows[name] = self.form.add(
                labels[name], field, required=name == "name", hint=hints.get(name, "")
            )
            field.editingFinished.connect(lambda name=name: self._left(name))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.form)

    def _left(self, name: str) -> None:
        text = self._fields[name].text().strip()
        if text != self._kept.get(name, ""):
            self._kept[name] = text
            self.show_error(name, "")
            self.edited.emit(name)

    def values(self) -> dict[str, str]:
        """All texts by field."""
        return {name: field.text().strip() for name, field in self._fields.items()}

    def edits(self) -> Mapping[str, QLineEdit]:
        """The fields themselves."""
        return self._fields

    def set_values(self, values: Mapping[str, str]) -> None:
        """Show these texts; a field being typed in, or given back, keeps its own."""
        for name, field in self._fields.items():
            is_kept = field.text().strip() == self._kept.get(name, "")
            if not (field.isModified() and (field.hasFocus() or not is_kept)):
                field.setText(values.get(name, ""))
                self._kept[name] = values.get(name, "")

    def show_error(self, name: str, sentence: str) -> None:
        """Say below a field what is wrong."""
        if name in self._rows:
            self._rows[name].set_error(sentence)

    def tell_of_change(self, name: str, kept: str, sentence: str) -> None:
        """Another text is kept by now than the one typed over; what is typed stays."""
        self._kept[name] = kept
        self._rows[name].set_warning(sentence)

    def focus(self, name: str) -> None:
        """Put the caret into a field."""
        self._fields[name].setFocus()
