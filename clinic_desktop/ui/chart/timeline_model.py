"""The timeline as a list that grows while it is scrolled; years stand between the entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from clinic_desktop.i18n import current
from clinic_desktop.services.chart_timeline import TimelineEntry, TimelineMark, TimelinePage

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
LINE_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Line:
    """One line of the list: an entry, or the year that begins."""

    entry: TimelineEntry | None
    year: int
    spoken: str


class TimelineModel(QAbstractListModel):
    """``more_wanted(mark)`` when the end comes into sight; answer with ``append``."""

    more_wanted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []
        self._next: TimelineMark | None = None
        self._asked = False

    def begin(self, page: TimelinePage, spoken: Sequence[str]) -> None:
        """Show the first page."""
        self.beginResetModel()
        self.lines = self._lines(page.entries, spoken, 0)
        self._next, self._asked = page.next_before, False
        self.endResetModel()

    def append(self, page: TimelinePage, spoken: Sequence[str]) -> None:
        """Add the page that was asked for."""
        last_year = self.lines[-1].year if self.lines else 0
        lines = self._lines(page.entries, spoken, last_year)
        if lines:
            first = len(self.lines)
            self.beginInsertRows(QModelIndex(), first, first + len(lines) - 1)
            self.lines += lines
            self.endInsertRows()
        self._next, self._asked = page.next_before, False

    def _lines(
        self, entries: Sequence[TimelineEntry], spoken: Sequence[str], year: int
    ) -> list[Line]:
        lines = []
        for entry, words in zip(entries, spoken, strict=True):
            own = current().local(entry.at).year
            if own != year:
                lines.append(Line(None, own, str(own)))
                year = own
            lines.append(Line(entry, own, words))
        return lines

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        """How many lines there are so far."""
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The line, or what is spoken for it."""
        if not index.isValid():
            return None
        if role == LINE_ROLE:
            return self.lines[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.lines[index.row()].spoken
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """A year is a heading: it cannot be chosen."""
        if index.isValid() and self.lines[index.row()].entry is None:
            return Qt.ItemFlag.ItemIsEnabled
        return super().flags(index)

    def canFetchMore(self, parent: _Index = _NO_INDEX) -> bool:
        """Whether older entries are left."""
        return not parent.isValid() and self._next is not None and not self._asked

    def fetchMore(self, parent: _Index = _NO_INDEX) -> None:
        """Ask for the next page, once."""
        if self._next is not None and not self._asked:
            self._asked = True
            self.more_wanted.emit(self._next)
