"""The list of the program: a table without grid, driven by keys, that keeps its selection."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from PySide6.QtCore import QEvent, QModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableView,
    QWidget,
)

from clinic_desktop.i18n import _
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column, PagedModel
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SKELETON_AFTER_MS, SPACE_3
from clinic_desktop.ui.widgets.cells import (
    CellDelegate,
    Spot,
    needed_width,
    paint_row_ground,
    paint_skeleton,
    wanted_width,
)
from clinic_desktop.ui.widgets.empty_state import EmptyState
from clinic_desktop.ui.widgets.letter_keys import LetterKeys

_SKELETON_ROWS = 6


class _Seen(NamedTuple):
    """A column that is not hidden, in px of the viewport."""

    column: int
    left: int
    width: int


class DataTable(QTableView):
    """A QTableView over a PagedModel.

    ``opened(id)`` on Enter or double click, ``current_changed(id)`` when the selection
    moves (``None`` when it is gone), ``retry_wanted`` from the error overlay,
    ``empty_acted`` from the button of the empty state. ``letters`` binds bare letters.
    """

    opened = Signal(object)
    current_changed = Signal(object)
    retry_wanted = Signal()
    empty_acted = Signal()

    def __init__(
        self,
        columns: Sequence[Column],
        name: str,
        *,
        tall: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._left_out: frozenset[int] = frozenset()
        self._given: dict[int, int] = {}
        """Width of each column as it was set here; another is one that a person dragged."""
        self._tall = tall
        self._kept: Hashable | None = None
        self._resetting = False
        self._loading = False
        self._hovered = -1
        self._skeleton = QTimer(self)
        self._skeleton.setSingleShot(True)
        self._skeleton.setInterval(SKELETON_AFTER_MS)
        self._skeleton.timeout.connect(self._show_skeleton)
        self._skeleton_shown = False
        self._empty = (Icon.LIST.value, _("Nothing here yet"), "", "")
        self._error: str = ""
        self.setAccessibleName(name)
        self.letters = LetterKeys(self)
        self.model_ = PagedModel(self._columns, self)
        self._delegate = CellDelegate(self, [column.kind for column in self._columns])
        self._overlay = EmptyState(Icon.LIST, "", parent=self.viewport())
        self._overlay.hide()
        self._overlay.acted.connect(self._on_overlay)
        self._configure()
        self._connect_model()
        self._dress()

    def _configure(self) -> None:
        self.setModel(self.model_)
        self.setItemDelegate(self._delegate)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(look().px(40))
        sortable = any(column.sortable for column in self._columns)
        header.setSectionsClickable(sortable)
        header.setSortIndicatorShown(False)
        if sortable:
            header.sectionClicked.connect(self._on_header)
        for place, column in enumerate(self._columns):
            mode = QHeaderView.ResizeMode
            header.setSectionResizeMode(place, mode.Stretch if column.stretch else mode.Interactive)

    def _connect_model(self) -> None:
        self.model_.modelAboutToBeReset.connect(self._on_about_to_reset)
        self.model_.modelReset.connect(self._on_reset)
        self.model_.dataChanged.connect(self._on_changed)
        self.selectionModel().currentRowChanged.connect(self._on_current)
        self.doubleClicked.connect(self._on_opened)

    # -- what the screen tells it -------------------------------------------------

    def set_empty(self, icon: str, sentence: str, explanation: str = "", action: str = "") -> None:
        """What to say when the list has no rows."""
        self._empty = (icon, sentence, explanation, action)
        self._refresh_overlay()

    def set_loading(self, loading: bool) -> None:
        """The list is on its way; a skeleton appears when that takes longer than a blink."""
        self._loading = loading
        if loading:
            self._error = ""
            self._skeleton.start()
        else:
            self._skeleton.stop()
            self._hide_skeleton()
        self._refresh_overlay()

    def set_error(self, sentence: str) -> None:
        """The list could not be read; "" takes the message away."""
        self._error = sentence
        self.set_loading(False) if sentence else self._refresh_overlay()

    def select_id(self, key: Hashable | None) -> None:
        """Move to a row by its id; stays where it is when the id is not in the list."""
        place = self.model_.place_of(key) if key is not None else -1
        if place >= 0:
            self.setCurrentIndex(self.model_.index(place, 0))

    def current_id(self) -> Hashable | None:
        """The id of the selected row."""
        return self.model_.id_at(self.currentIndex().row())

    # -- keeping the selection ----------------------------------------------------

    def _on_about_to_reset(self) -> None:
        self._kept = self.current_id()
        self._kept_place = self.currentIndex().row()
        self._resetting = True

    def _on_reset(self) -> None:
        self._resetting = False
        place = self.model_.place_of(self._kept) if self._kept is not None else -1
        if place < 0 and self._kept is not None and self.model_.rowCount():
            # The row itself is gone: stay at its height rather than jump to the top.
            place = min(self._kept_place, self.model_.rowCount() - 1)
        if place >= 0:
            self.setCurrentIndex(self.model_.index(place, 0))
        elif self._kept is not None:
            self.current_changed.emit(None)
        self._refresh_overlay()
        self._fit_columns()

    def _on_changed(self) -> None:
        first, last = max(self.rowAt(0), 0), self.rowAt(self.viewport().height() - 1)
        last = last if last >= 0 else self.model_.rowCount() - 1
        # Without the rows that are read anew the columns would jump there, and back with them.
        if all(self.model_.row_at(row) is not None for row in range(first, last + 1)):
            self._fit_columns()

    def _on_current(self, current: QModelIndex, previous: QModelIndex) -> None:
        if not self._resetting and current.row() != previous.row():
            self.current_changed.emit(self.model_.id_at(current.row()))

    def _on_opened(self, index: QModelIndex) -> None:
        key = self.model_.id_at(index.row())
        if key is not None:
            self.opened.emit(key)

    def _on_header(self, section: int) -> None:
        header = self.horizontalHeader()
        if self._columns[section].sortable:
            header.setSortIndicatorShown(True)
            self.model_.sort(section, header.sortIndicatorOrder())

    # -- overlays -----------------------------------------------------------------

    def _refresh_overlay(self) -> None:
        empty = not self.model_.rowCount() and not self._loading
        if self._error:
            self._overlay.set_words(Icon.ERROR, self._error, "", _("Try again"))
        elif empty:
            self._overlay.set_words(*self._empty)
        wanted = bool(self._error) or empty
        if wanted or not self._overlay.isHidden():  # else nothing changes for the layout outside
            self._overlay.setVisible(wanted)
            self._place_overlay()
            self.updateGeometry()

    def _place_overlay(self) -> None:
        self._overlay.setGeometry(self.viewport().rect())

    def _on_overlay(self) -> None:
        (self.retry_wanted if self._error else self.empty_acted).emit()

    def _show_skeleton(self) -> None:
        self._skeleton_shown = self._loading
        self.viewport().update()

    def _hide_skeleton(self) -> None:
        if self._skeleton_shown:
            self._skeleton_shown = False
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rows, or grey bars while a first list is on its way.

        Not drawn by the base class: it asks the style sheet anew for every cell, and this table
        has none of what it would draw (grid, focus, alternating rows).
        """
        painter = QPainter(self.viewport())
        if self._skeleton_shown and not self.model_.rowCount():
            self._paint_skeleton(painter)
        columns = self._seen_columns()
        if self.model_.rowCount() and columns:
            self._paint_rows(painter, event.region(), columns)
        painter.end()

    def _seen_columns(self) -> list[_Seen]:
        return [
            _Seen(place, self.columnViewportPosition(place), self.columnWidth(place))
            for place in range(len(self._columns))
            if not self.isColumnHidden(place)
        ]

    def _paint_rows(self, painter: QPainter, region: QRegion, columns: list[_Seen]) -> None:
        left = min(column.left for column in columns)
        room = max(column.left + column.width for column in columns) - left
        around = region.boundingRect()
        first, last = self.rowAt(around.top()), self.rowAt(around.bottom())
        last = last if last >= 0 else self.model_.rowCount() - 1
        chosen = {index.row() for index in self.selectionModel().selectedRows()}
        for row in range(first, last + 1) if first >= 0 else ():
            ground = QRect(left, self.rowViewportPosition(row), room, self.rowHeight(row))
            if region.intersects(ground):
                hovered, rtl = row == self._hovered, self.isRightToLeft()
                paint_row_ground(painter, ground, selected=row in chosen, hovered=hovered, rtl=rtl)
                self._paint_cells(painter, row, ground, columns, selected=row in chosen)

    def _paint_cells(
        self, painter: QPainter, place: int, ground: QRect, columns: list[_Seen], *, selected: bool
    ) -> None:
        row, cells = self.model_.row_at(place), self.model_.cells_at(place)
        for column, left, width in columns:
            rect = QRect(left + SPACE_3, ground.top(), width - 2 * SPACE_3, ground.height() - 1)
            if cells is None:
                paint_skeleton(painter, rect, look())
                continue
            own = self.itemDelegateForColumn(column)
            delegate = own if isinstance(own, CellDelegate) else self._delegate
            spot = Spot(rect, column, self.layoutDirection(), selected)
            delegate.paint_cell(painter, spot, row, cells[column])

    def _paint_skeleton(self, painter: QPainter) -> None:
        height = self.verticalHeader().defaultSectionSize()
        for row in range(_SKELETON_ROWS):
            rect = self.viewport().rect()
            rect.setTop(row * height)
            rect.setHeight(height)
            paint_skeleton(painter, rect.adjusted(SPACE_3, 0, -SPACE_3, 0), look())

    # -- keys, mouse, looks -------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; Home and End go to the first and last row."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_opened(self.currentIndex())
        elif plain and event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            last = self.model_.rowCount() - 1
            place = 0 if event.key() == Qt.Key.Key_Home else last
            self.setCurrentIndex(self.model_.index(place, 0))
        elif event.text().isprintable() and event.text().strip() and plain:
            # The base class would jump to rows by their first letter and read every page.
            event.ignore()
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The whole row under the pointer lights up."""
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(round(event.position().y())))

    def leaveEvent(self, event: QEvent) -> None:
        """No row is under the pointer any more."""
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, row: int) -> None:
        if row == self._hovered:
            return
        for changed in (self._hovered, row):
            top = self.rowViewportPosition(changed)
            self.viewport().update(0, top, self.viewport().width(), self.rowHeight(changed) + 1)
        self._hovered = row

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the overlay over the rows, and drop columns that no longer fit."""
        super().resizeEvent(event)
        self._place_overlay()
        self._fit_columns()

    def minimumSizeHint(self) -> QSize:
        """The titles and one row, or what stands there instead of rows."""
        low = self.verticalHeader().defaultSectionSize()
        if not self._overlay.isHidden():
            low = max(low, self._overlay.minimumSizeHint().height())
        return QSize(look().px(160), self.horizontalHeader().sizeHint().height() + low)

    def changeEvent(self, event: QEvent) -> None:
        """Follow density and text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_overlay"):
            self._dress()

    def _dress(self) -> None:
        now = look()
        self.horizontalHeader().setFont(now.font("label"))
        height = now.tall_row_height if self._tall else now.row_height
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        self._widths = [wanted_width(column) for column in self._columns]
        self._given.clear()
        self._fit_columns()

    def leave_out(self, places: Iterable[int]) -> None:
        """Show none of these columns for now; they take no room from the others."""
        self._left_out = frozenset(places)
        self._fit_columns()

    def _fit_columns(self) -> None:
        room = self.viewport().width()
        shown = set(range(len(self._columns))) - self._left_out
        droppable = sorted(
            (place for place in shown if self._columns[place].drop),
            key=lambda place: -self._columns[place].drop,
        )
        for place in droppable:
            if sum(self._widths[kept] for kept in shown) <= room:
                break
            shown.discard(place)
        needed = {place: self._needed(place) for place in shown}
        widths = list(self._widths)
        for place in shown:
            if self._columns[place].kind is CellKind.PILL:  # a state is never cut
                widths[place] = max(widths[place], needed[place])
        fitted = self._with_room(widths, needed, room)
        tight = sum(fitted[kept] for kept in shown) > room
        widths = widths if tight else fitted
        wide = [place for place in shown if self._columns[place].stretch]
        rest = room - sum(widths[place] for place in shown.difference(wide))
        for place, column in enumerate(self._columns):
            self.setColumnHidden(place, place not in shown)
            # A stretched column that would fall below its width takes that, and scrolls if it must.
            takes_rest = column.stretch and not tight and widths[place] * len(wide) <= rest
            if column.stretch:
                mode = QHeaderView.ResizeMode
                self.horizontalHeader().setSectionResizeMode(
                    place, mode.Stretch if takes_rest else mode.Interactive
                )
            dragged = self._given.get(place, self.columnWidth(place)) != self.columnWidth(place)
            if not takes_rest and (column.stretch or not dragged):
                self._given[place] = widths[place]
                self.setColumnWidth(place, widths[place])

    def _with_room(self, widths: list[int], needed: dict[int, int], room: int) -> list[int]:
        """Widths of the columns shown, those whose rows need more wider as far as there is room.

        A stretched column lends what its own rows leave empty.
        """
        fitted = list(widths)
        for place, least in needed.items():
            if self._columns[place].stretch:
                title = wanted_width(replace(self._columns[place], letters=0))
                fitted[place] = min(fitted[place], max(least, title))
        spare = max(room - sum(fitted[place] for place in needed), 0)
        for place in sorted(needed, key=lambda place: needed[place] - fitted[place]):
            more = min(max(needed[place] - fitted[place], 0), spare)
            fitted[place] += more
            spare -= more
        return fitted

    def _needed(self, place: int) -> int:
        """What the rows in view need of a column, in px; of a state, all rows that came."""
        kind = self._columns[place].kind
        cells: Iterable[Cell] = (row[place] for row in self._cells_in_view())
        if kind is CellKind.PILL:  # never cut, and nothing is fitted on scrolling
            cells = self.model_.states(place)
        return max((needed_width(kind, cell) for cell in cells), default=0) + 2 * SPACE_3

    def _cells_in_view(self) -> Iterable[tuple[Cell, ...]]:
        first = max(self.rowAt(0), 0)
        # With what the lower scroll bar covers: else that bar came and went by what it hides.
        height = self.height() - self.viewport().y()
        more = height // self.verticalHeader().defaultSectionSize() + 1
        for row in range(first, min(first + more, self.model_.rowCount())):
            cells = self.model_.cells_at(row) if self.model_.row_at(row) is not None else None
            if cells is not None:
                yield cells
