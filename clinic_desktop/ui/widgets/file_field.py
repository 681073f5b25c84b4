"""A field for a file: its name, typed or chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.buttons import Button


class FileField(QWidget):
    """``edit`` holds the name; ``changed`` when somebody typed or chose another."""

    changed = Signal()

    def __init__(self, name: str, title: str, filters: str = "") -> None:
        """``name`` is the field's object name; ``title`` and ``filters`` those of the dialog."""
        super().__init__()
        self._title, self._filters = title, filters
        self.edit = QLineEdit()
        self.edit.setObjectName(name)
        self.edit.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.edit.textChanged.connect(self.changed)
        self.choose = Button(_("Choose the file…"))
        self.choose.clicked.connect(self._on_choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_2)
        row.addWidget(self.edit, 1)
        row.addWidget(self.choose)
        self.setFocusProxy(self.edit)

    def text(self) -> str:
        """The name, without spaces around it."""
        return self.edit.text().strip()

    def _on_choose(self) -> None:
        dialog = QFileDialog(self, self._title, "", self._filters)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.edit.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
