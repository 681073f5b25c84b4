"""Lists over ids: a page of rows is fetched when it is first painted.

The model asks with ``page_wanted`` and is answered with ``put_rows``, at once or later,
so that no query ever runs inside ``data()``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from clinic_desktop.ui.theme.tokens import Tone

PAGE_ROWS = 100
PAGES_KEPT = 40
CELL_ROLE = Qt.ItemDataRole.UserRole + 1
ID_ROLE = Qt.ItemDataRole.UserRole + 2
_ANSWERED = frozenset(
    {
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.AccessibleTextRole,
        Qt.ItemDataRole.ToolTipRole,
        CELL_ROLE,
        ID_ROLE,
    }
)
_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


class CellKind(StrEnum):
    """How a column is drawn."""

    TEXT = "text"
    STRONG = "strong"
    NUMBER = "number"
    PILL = "pill"
    PERSON = "person"


@dataclass(frozen=True)
class Cell:
    """What one cell shows. ``sub`` is a second, smaller line; ``glyph`` stands in a pill."""

    text: str
    sub: str = ""
    tone: Tone | None = None
    glyph: str = ""
    tip: str = ""


EMPTY_CELL = Cell("")


@dataclass(frozen=True)
class Column:
    """One column: how to get its cell from a row, and how wide it is in letters."""

    key: str
    title: str
    cell: Callable[[Any], Cell]
    kind: CellKind = CellKind.TEXT
    letters: int = 12
    stretch: bool = False
    sortable: bool = False
    drop: int = 0
    """Columns with the highest number disappear first when the table is narrow; 0 stays."""


class PagedModel(QAbstractTableModel):
    """A table over ids whose rows arrive in pages.

    ``page_wanted(ids)`` carries a tuple of ids without rows; answer with ``put_rows``.
    ``sort_wanted(key, descending)`` asks for the ids in another order.
    """

    page_wanted = Signal(object)
    sort_wanted = Signal(str, bool)

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._ids: list[Hashable] = []
        self._places: dict[Hashable, int] = {}
        self._pages: OrderedDict[int, dict[Hashable, object]] = OrderedDict()
        self._cells: dict[Hashable, tuple[Cell, ...]] = {}
        """What the rows that somebody looked at show: worded once, not at every repaint."""
        self._states: dict[int, set[Cell]] = {
            place: set() for place, column in enumerate(self.columns)
            if column.kind is CellKind.PILL
        }  # fmt: skip
        self._asked: set[int] = set()
        self._asking: list[int] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask)

    def set_ids(self, ids: Iterable[Hashable]) -> None:
        """Show another list; known rows of ids that stay are kept."""
        wanted = list(ids)
        if wanted and wanted == self._ids:
            return
        known = {key: row for page in self._pages.values() for key, row in page.items()}
        kept = set(wanted)
        self._reset(wanted, {key: row for key, row in known.items() if key in kept})

    def set_rows(self, rows: Mapping[Any, Any]) -> None:
        """Show a short list whose rows are all at hand, in their order."""
        wanted = list(rows)
        if wanted and wanted == self._ids:
            self.put_rows(rows)
        else:
            self._reset(wanted, rows)

    def _reset(self, ids: list[Hashable], rows: Mapping[Any, Any]) -> None:
        self.beginResetModel()
        self._ids = ids
        self._places = {key: place for place, key in enumerate(ids)}
        self._forget()
        self._store(rows)
        self.endResetModel()

    def put_rows(self, rows: Mapping[Any, Any]) -> None:
        """Fill in rows; ids that are not in the list are ignored.

        Only rows that look different from before are drawn anew.
        """
        listed = {key: row for key, row in rows.items() if key in self._places}
        before = {key: self._seen(key) for key in listed}
        self._store(listed)
        changed = sorted(
            self._places[key]
            for key, seen in before.items()
            if seen is not None and (not seen or seen != self.cells_at(self._places[key]))
        )
        for first, last in _runs(changed):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def _seen(self, key: Hashable) -> tuple[Cell, ...] | None:
        """What somebody saw of a row: nothing when it was not here, ``None`` if nobody looked."""
        return self._cells.get(key) if self.row_at(self._places[key]) is not None else ()

    def refresh(self, ids: Iterable[Hashable]) -> None:
        """Fetch these rows again the next time they are painted."""
        for key in ids:
            place = self._places.get(key)
            if place is None:
                continue
            number = place // PAGE_ROWS
            self._pages.get(number, {}).pop(key, None)
            self._cells.pop(key, None)
            self._asked.discard(number)
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(self.columns) - 1))

    def id_at(self, place: int) -> Hashable | None:
        """The id of a table row, or nothing outside the list."""
        return self._ids[place] if 0 <= place < len(self._ids) else None

    def place_of(self, key: Hashable) -> int:
        """The table row of an id, -1 when it is not in the list."""
        return self._places.get(key, -1)

    def row_at(self, place: int) -> object | None:
        """The row, or nothing while its page is on the way."""
        page = self._pages.get(place // PAGE_ROWS)
        return page.get(self._ids[place]) if page is not None else None

    def cells_at(self, place: int) -> tuple[Cell, ...] | None:
        """What a row shows; one that is not here yet is asked for."""
        key = self._ids[place]
        cells = self._cells.get(key)
        if cells is None:
            row = self.row_at(place)
            if row is None:
                self._want(place // PAGE_ROWS)
                return None
            cells = self._cells[key] = tuple(column.cell(row) for column in self.columns)
        return cells

    def states(self, column: int) -> Iterable[Cell]:
        """What a column of pills shows in all rows that came since the list was set."""
        return self._states[column]

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        """How many rows the list has."""
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: _Index = _NO_INDEX) -> int:
        """How many columns it has."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell's content; a row that is not here yet is asked for and shows nothing."""
        if role not in _ANSWERED or not index.isValid():
            return None
        place = index.row()
        if role == ID_ROLE:
            return self._ids[place]
        cells = self.cells_at(place)
        if cells is None:
            return None
        return _answer(self.columns[index.column()], cells[index.column()], role)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """The titles; numbers stand right-aligned like their column."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            numeric = column.kind is CellKind.NUMBER
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute
            side = right if numeric else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Ask for another order; sorting itself is the database's work."""
        if 0 <= column < len(self.columns) and self.columns[column].sortable:
            self.sort_wanted.emit(self.columns[column].key, order == Qt.SortOrder.DescendingOrder)

    def _forget(self) -> None:
        self._pages.clear()
        self._cells.clear()
        for states in self._states.values():
            states.clear()
        self._asked.clear()
        self._asking.clear()

    def _store(self, rows: Mapping[Any, Any]) -> None:
        for key, row in rows.items():
            number = self._places[key] // PAGE_ROWS
            self._pages.setdefault(number, {})[key] = row
            self._pages.move_to_end(number)
            self._cells.pop(key, None)
            for place, states in self._states.items():
                states.add(self.columns[place].cell(row))
        # A short list is kept whole: its rows were given once and cannot be asked for.
        whole = len(self._ids) <= PAGES_KEPT * PAGE_ROWS
        while not whole and len(self._pages) > PAGES_KEPT:
            dropped, page = self._pages.popitem(last=False)
            self._asked.discard(dropped)
            for key in page:
                self._cells.pop(key, None)

    def _want(self, number: int) -> None:
        if number in self._asked:
            return
        self._asked.add(number)
        self._asking.append(number)
        if not self._timer.isActive():
            self._timer.start(0)

    def _ask(self) -> None:
        # The newest page first: it is the one the reader looks at after a long scroll.
        asking, self._asking = self._asking, []
        for number in reversed(asking):
            here = self._pages.get(number, {})
            ids = self._ids[number * PAGE_ROWS : (number + 1) * PAGE_ROWS]
            missing = tuple(key for key in ids if key not in here)
            if missing:
                self.page_wanted.emit(missing)


def _answer(column: Column, cell: Cell, role: int) -> object:
    if role == CELL_ROLE:
        return cell
    if role == Qt.ItemDataRole.ToolTipRole:
        return cell.tip or None
    words = f"{cell.text}, {cell.sub}" if cell.sub else cell.text
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return f"{column.title}: {words}"
    return words


def _runs(places: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Neighbouring places as (first, last) pairs."""
    first = last = None
    for place in places:
        if first is None or last is None:
            first = last = place
        elif place == last + 1:
            last = place
        else:
            yield first, last
            first = last = place
    if first is not None and last is not None:
        yield first, last
