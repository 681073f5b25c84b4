"""The lines of the palette as a list, spoken in whole sentences."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from clinic_desktop.ui.shell.palette_vm import Kind, Line

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


class PaletteModel(QAbstractListModel):
    """Headings can be read, not chosen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Line, ...] = ()

    def show(self, lines: tuple[Line, ...]) -> None:
        """Replace all lines; another letter often changes few of them, and only those are drawn."""
        before = self.lines
        if [line.kind for line in before] != [line.kind for line in lines]:
            self.beginResetModel()
            self.lines = lines
            self.endResetModel()
            return
        self.lines = lines
        for place, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                self.dataChanged.emit(self.index(place), self.index(place))

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        """How many lines there are."""
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A line's title, or its sentence for a screen reader."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self.lines[index.row()].title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.lines[index.row()].spoken
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Whether a line can be chosen."""
        if self.lines[index.row()].kind is Kind.HEADING:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def next_place(self, place: int, step: int) -> int:
        """The next line that can be chosen, round at the ends; -1 when there is none."""
        count = len(self.lines)
        for _turn in range(count):
            place = (place + step) % count
            if self.lines[place].kind is not Kind.HEADING:
                return place
        return -1
