"""A short reason: typed, or one of the usual ones with a click."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.flow_layout import FlowLayout


def overlap_reasons() -> tuple[str, ...]:
    """Why two appointments may share a time, or one lie outside the hours."""
    return (
        _("Urgent"),
        _("Short question"),
        _("Family together"),
        _("Agreed with the doctor"),
    )


def cancel_reasons() -> tuple[str, ...]:
    """Why appointments are cancelled."""
    return (
        _("Patient asked"),
        _("Ill"),
        _("Doctor away"),
        _("Left without being seen"),
        _("Booked by mistake"),
    )


class ReasonField(QWidget):
    """A line with the usual reasons below it. ``entered`` on Enter or a click on a reason."""

    entered = Signal()
    changed = Signal(str)

    def __init__(self, name: str, reasons: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = QLineEdit()
        self.edit.setAccessibleName(name)
        self.edit.setObjectName("appointment.overlap-reason")
        self.setFocusProxy(self.edit)
        self.edit.textChanged.connect(self.changed)
        self.edit.returnPressed.connect(self._on_return)
        chips = QWidget()
        row = FlowLayout(chips)
        for reason in reasons:
            button = Button(reason)
            button.clicked.connect(lambda _on=False, reason=reason: self._take(reason))
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_2)
        column.addWidget(self.edit)
        column.addWidget(chips)

    def text(self) -> str:
        """The reason."""
        return self.edit.text().strip()

    def _take(self, reason: str) -> None:
        self.edit.setText(reason)
        self.entered.emit()

    def _on_return(self) -> None:
        if self.text():
            self.entered.emit()
