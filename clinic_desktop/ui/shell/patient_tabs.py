"""Tabs of the charts that are open, each with its own colour band."""

from __future__ import annotations

import uuid

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QToolButton, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_1
from clinic_desktop.ui.widgets.buttons import IconButton

LIMIT = 8
"""More open charts than this invite mistakes; the one longest unused is closed."""


class PatientTabs(QFrame):
    """``chosen`` when a tab is clicked, ``closed`` when its cross is."""

    chosen = Signal(object)
    closed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "tabs")
        self.setAccessibleName(_("Open charts"))
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._tabs: dict[uuid.UUID, tuple[QPushButton, QToolButton]] = {}
        self._used: list[uuid.UUID] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE_1)
        self.current: uuid.UUID | None = None
        self.hide()

    @property
    def open_ids(self) -> tuple[uuid.UUID, ...]:
        """The charts that have a tab, in their order."""
        return tuple(self._tabs)

    def show_patient(self, patient_id: uuid.UUID) -> None:
        """Mark a chart's tab, making one if there is none; its name follows with ``set_name``."""
        if patient_id not in self._tabs:
            self._add(patient_id)
        self.current = patient_id
        self._used = [each for each in self._used if each != patient_id] + [patient_id]
        for key, (button, _close) in self._tabs.items():
            button.setChecked(key == patient_id)
        self.show()

    def show_none(self) -> None:
        """No chart is in front."""
        self.current = None
        for button, _close in self._tabs.values():
            button.setChecked(False)

    def set_name(self, patient_id: uuid.UUID, name: str) -> None:
        """Put the person's name on the tab."""
        if patient_id in self._tabs:
            button, close = self._tabs[patient_id]
            button.setText(name.replace("&", "&&"))
            button.setAccessibleName(name)
            close.setAccessibleName(_("Close the chart of {name}").format(name=name))

    def step(self, by: int) -> None:
        """Choose the next or previous tab."""
        keys = list(self._tabs)
        if keys:
            at = keys.index(self.current) if self.current in keys else -by
            self.chosen.emit(keys[(at + by) % len(keys)])

    def close_tab(self, patient_id: uuid.UUID) -> None:
        """Take a tab away."""
        if patient_id not in self._tabs:
            return
        for widget in self._tabs.pop(patient_id):
            widget.deleteLater()
        self._used.remove(patient_id)
        self.setVisible(bool(self._tabs))
        if self.current == patient_id:
            self.current = None
            self.closed.emit(patient_id)

    def _add(self, patient_id: uuid.UUID) -> None:
        if len(self._tabs) >= LIMIT:
            self.close_tab(self._used[0])
        button = QPushButton("…")
        button.setCheckable(True)
        button.setProperty("kind", "tab")
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda _on=False: self.chosen.emit(patient_id))
        close = IconButton(Icon.CLOSE, _("Close the chart"))
        close.clicked.connect(lambda _on=False: self.close_tab(patient_id))
        self._tabs[patient_id] = (button, close)
        self._used.append(patient_id)
        self._row.addWidget(button)
        self._row.addWidget(close)
