"""A list that opens below a field or at the caret; the keys stay with the field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from clinic_desktop.ui.core.paged_model import Cell
from clinic_desktop.ui.theme import icons
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import ICON_SIZE, SELECTION_BAR, SPACE_1, SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.cells import paint_lines
from clinic_desktop.ui.widgets.label import Label

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_MOST_ROWS = 8
_LEAST_WIDTH = 260


@dataclass(frozen=True)
class Suggestion:
    """One line: ``value`` is what is taken, ``note`` stands muted at the trailing edge."""

    value: Any
    text: str
    sub: str = ""
    note: str = ""
    icon: str = ""
    tone: Tone | None = None

    @property
    def spoken(self) -> str:
        """The line in one sentence."""
        return ", ".join(part for part in (self.text, self.sub, self.note) if part)


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.items: tuple[Suggestion, ...] = ()

    def show(self, items: Sequence[Suggestion]) -> None:
        self.beginResetModel()
        self.items = tuple(items)
        self.endResetModel()

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            item = self.items[index.row()]
            return item.text if role == Qt.ItemDataRole.DisplayRole else item.spoken
        return None


def _row_height(items: Sequence[Suggestion]) -> int:
    return look().tall_row_height if any(item.sub for item in items) else look().row_height


class _Delegate(QStyledItemDelegate):
    def __init__(self, parent: QWidget, model: _Model) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(10, _row_height(self._model.items))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        item = self._model.items[index.row()]
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        ground = "selected" if chosen else "hover" if over else "elevated"
        painter.fillRect(option.rect, look().color(ground))
        if chosen:
            bar = QRect(option.rect.topLeft(), QSize(SELECTION_BAR, option.rect.height()))
            if rtl:
                bar.moveRight(option.rect.right())
            painter.fillRect(bar, look().color("accent"))
        room = option.rect.adjusted(SPACE_3, 0, -SPACE_3, 0)
        if item.icon:
            room = _paint_icon(painter, room, item.icon, rtl=rtl)
        if item.note:
            room = _paint_note(painter, room, item.note, rtl=rtl)
        cell = Cell(item.text, item.sub, item.tone)
        paint_lines(painter, room, cell, option.direction)


def _paint_icon(painter: QPainter, room: QRect, icon: str, *, rtl: bool) -> QRect:
    side = look().px(ICON_SIZE)
    box = QRect(room.left(), room.center().y() - side // 2, side, side)
    if rtl:
        box.moveRight(room.right())
    icons.paint(painter, box, icon)
    taken = side + SPACE_2
    return room.adjusted(0, 0, -taken, 0) if rtl else room.adjusted(taken, 0, 0, 0)


def _paint_note(painter: QPainter, room: QRect, note: str, *, rtl: bool) -> QRect:
    width = look().metrics("caption").horizontalAdvance(note)
    side = Qt.AlignmentFlag.AlignLeft if rtl else Qt.AlignmentFlag.AlignRight
    flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
    painter.setFont(look().font("caption"))
    painter.setPen(look().color("text2"))
    painter.drawText(room, int(flags), note)
    taken = width + SPACE_3
    return room.adjusted(taken, 0, 0, 0) if rtl else room.adjusted(0, 0, -taken, 0)


class Suggestions(QFrame):
    """The open list. ``taken(suggestion)`` by click, or by ``take()`` from the field's keys.

    It lies inside the window of its field, so that the field keeps the focus and the caret.
    """

    taken = Signal(object)

    def __init__(self, field: QWidget, name: str) -> None:
        super().__init__(field.window())
        self._field = field
        self._is_old = False
        self.setProperty("role", "sheet")
        self.setAccessibleName(name)
        self._model = _Model(self)
        self._view = QListView()
        self._view.setModel(self._model)
        self._view.setItemDelegate(_Delegate(self._view, self._model))
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view.setMouseTracking(True)
        self._view.setUniformItemSizes(True)
        self._view.setAccessibleName(name)
        self._view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._view.clicked.connect(lambda index: self._take(index.row()))
        self._status = Label("", "caption", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_1, SPACE_1, SPACE_1, SPACE_1)
        column.setSpacing(0)
        column.addWidget(self._view)
        column.addWidget(self._status)
        self.hide()

    def show_items(self, items: Sequence[Suggestion], empty: str = "") -> None:
        """Open below the field; with no items it says ``empty``, or closes."""
        self._is_old = False
        self._model.show(items)
        self._view.setVisible(bool(items))
        self._status.setText(empty)
        self._status.setVisible(not items and bool(empty))
        if not items and not empty:
            self.hide()
            return
        if items:
            self._view.setCurrentIndex(self._model.index(0))
        self.place_below(QRect(QPoint(0, 0), self._field.size()))

    def expire(self) -> None:
        """The text was edited: until the next items come the keys take nothing."""
        self._is_old = True

    def place_below(self, anchor: QRect) -> None:
        """Lie below a part of the field, or above it when there is no room below."""
        window = self._field.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        items = self._model.items
        shown = min(len(items), _MOST_ROWS)
        height = shown * _row_height(items) + 2 * SPACE_1 + 2
        if not items:
            height = self._status.sizeHint().height() + 3 * SPACE_2
        width = min(max(anchor.width(), look().px(_LEAST_WIDTH)), window.width())
        corner = self._field.mapTo(window, anchor.bottomLeft()) + QPoint(0, SPACE_1)
        if self._field.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            corner.setX(self._field.mapTo(window, anchor.bottomRight()).x() - width + 1)
        if corner.y() + height > window.height():
            above = self._field.mapTo(window, anchor.topLeft()).y() - height - SPACE_1
            corner.setY(max(above, 0))
        corner.setX(min(max(corner.x(), 0), window.width() - width))
        self.setGeometry(QRect(corner, QSize(width, height)))
        self.show()
        self.raise_()

    def current(self) -> Suggestion | None:
        """The line that Enter would take."""
        place = self._view.currentIndex().row()
        open_ = self.isVisible() and not self._is_old and 0 <= place < len(self._model.items)
        return self._model.items[place] if open_ else None

    def move_by(self, step: int) -> None:
        """Go up or down, round at the ends; a screen reader says the line."""
        count = len(self._model.items)
        if not count:
            return
        place = (self._view.currentIndex().row() + step) % count
        self._view.setCurrentIndex(self._model.index(place))
        announce(self._field, self._model.items[place].spoken)

    def take(self) -> bool:
        """Take the current line; whether there was one."""
        place = self._view.currentIndex().row()
        return self.isVisible() and not self._is_old and self._take(place)

    def _take(self, place: int) -> bool:
        if not 0 <= place < len(self._model.items):
            return False
        item = self._model.items[place]
        self.hide()
        self.taken.emit(item)
        return True
