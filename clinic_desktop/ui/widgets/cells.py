"""Draws table cells: text, two lines, numbers, pills and people."""

from __future__ import annotations

import unicodedata

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from clinic_desktop.i18n import isolate
from clinic_desktop.ui.core.paged_model import CELL_ROLE, Cell, CellKind
from clinic_desktop.ui.theme.look import Look, look
from clinic_desktop.ui.theme.tokens import SELECTION_BAR, SPACE_1, SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.avatar import initials, paint_avatar
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec, paint_pill, pill_size

_Index = QModelIndex | QPersistentModelIndex
_ELIDE = Qt.TextElideMode.ElideRight
_TONES = {
    Tone.NEUTRAL: "text2",
    Tone.ACCENT: "accent",
    Tone.INFO: "info",
    Tone.OK: "ok",
    Tone.WARN: "warn",
    Tone.DANGER: "danger",
    Tone.VIOLET: "violet",
}


def paint_row_ground(
    painter: QPainter, option: QStyleOptionViewItem, *, first: bool, hovered: bool
) -> None:
    """Background of one cell: selection with its bar, hover, and the line below."""
    rect: QRect = option.rect
    state: QStyle.StateFlag = option.state
    selected = bool(state & QStyle.StateFlag.State_Selected)
    role = "selected" if selected else "hover" if hovered else "surface"
    painter.fillRect(rect, look().color(role))
    if selected and first:
        bar = QRect(rect.left(), rect.top(), SELECTION_BAR, rect.height())
        if option.direction == Qt.LayoutDirection.RightToLeft:
            bar.moveRight(rect.right())
        painter.fillRect(bar, look().color("accent"))
    line = QRect(rect.left(), rect.bottom(), rect.width(), 1)
    painter.fillRect(line, look().color("border"))


def paint_lines(
    painter: QPainter,
    rect: QRect,
    cell: Cell,
    direction: Qt.LayoutDirection,
    *,
    role: str = "body",
    color: QColor | None = None,
) -> None:
    """One or two lines of text, shortened to the room there is.

    Each keeps its own direction: "7 min" must not become "min 7" in an Arabic table.
    """
    now = look()
    rtl = direction == Qt.LayoutDirection.RightToLeft
    side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
    # Without AlignAbsolute Qt would turn the side round a second time.
    flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
    top = rect
    if cell.sub:
        upper, lower = now.metrics(role).height(), now.metrics("caption").height()
        start = rect.center().y() - (upper + lower) // 2 + 1
        top = QRect(rect.left(), start, rect.width(), upper)
        below = QRect(rect.left(), start + upper, rect.width(), lower)
        painter.setFont(now.font("caption"))
        painter.setPen(now.color("text2"))
        text = now.metrics("caption").elidedText(isolate(cell.sub), _ELIDE, rect.width())
        painter.drawText(below, int(flags), text)
    painter.setFont(now.font(role))
    painter.setPen(color or now.color(_TONES[cell.tone] if cell.tone else "text"))
    text = now.metrics(role).elidedText(isolate(cell.text), _ELIDE, rect.width())
    painter.drawText(top, int(flags), text)


class CellDelegate(QStyledItemDelegate):
    """Draws every column of a DataTable; one ``data()`` call per cell."""

    def __init__(self, view: QAbstractItemView, kinds: list[CellKind]) -> None:
        super().__init__(view)
        self._kinds = kinds
        self.hovered_row = -1

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw the ground, then the content."""
        paint_row_ground(
            painter, option, first=index.column() == 0, hovered=index.row() == self.hovered_row
        )
        rect = option.rect.adjusted(SPACE_3, 0, -SPACE_3, -1)
        direction = option.direction
        cell = index.data(CELL_ROLE)
        if not isinstance(cell, Cell):
            paint_skeleton(painter, rect, look())
            return
        kind = self._kinds[index.column()]
        if kind is CellKind.PILL:
            _paint_pill(painter, rect, cell, direction)
        elif kind is CellKind.NUMBER:
            paint_number(painter, rect, cell)
        elif kind is CellKind.PERSON:
            selected = bool(option.state & QStyle.StateFlag.State_Selected)
            ground = "surface" if selected else "accent_bg"
            _paint_person(painter, rect, cell, direction, ground)
        else:
            role = "strong" if kind is CellKind.STRONG else "body"
            paint_lines(painter, rect, cell, direction, role=role)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """As wide as the text; rows have one height."""
        cell = index.data(CELL_ROLE)
        text = cell.text if isinstance(cell, Cell) else ""
        width = look().metrics("strong").horizontalAdvance(text) + 2 * SPACE_3
        return QSize(width, look().row_height)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: _Index,
    ) -> bool:
        """The full text as a tool tip where it was cut."""
        cell = index.data(CELL_ROLE)
        if event.type() == QEvent.Type.ToolTip and isinstance(cell, Cell) and not cell.tip:
            room = option.rect.width() - 2 * SPACE_3
            text = cell.text if look().metrics().horizontalAdvance(cell.text) > room else ""
            view.setToolTip(text)
        return super().helpEvent(event, view, option, index)


def _paint_pill(painter: QPainter, rect: QRect, cell: Cell, direction: Qt.LayoutDirection) -> None:
    if not cell.text:
        return
    spec = PillSpec(cell.text, cell.tone or Tone.NEUTRAL, Glyph(cell.glyph))
    size = pill_size(spec).boundedTo(rect.size())
    box = QRect(rect.left(), rect.center().y() - size.height() // 2, 0, 0)
    box.setSize(size)
    if direction == Qt.LayoutDirection.RightToLeft:
        box.moveRight(rect.right())
    paint_pill(painter, box, spec, direction)


def _paint_person(
    painter: QPainter, rect: QRect, cell: Cell, direction: Qt.LayoutDirection, ground: str
) -> None:
    side = min(rect.height() - SPACE_2, look().px(32))
    disc = QRect(rect.left(), rect.center().y() - side // 2, side, side)
    room = rect.adjusted(side + SPACE_2, 0, 0, 0)
    if direction == Qt.LayoutDirection.RightToLeft:
        disc.moveRight(rect.right())
        room = rect.adjusted(0, 0, -side - SPACE_2, 0)
    family, _, given = cell.text.partition(" ")
    paint_avatar(painter, disc, initials(family, given), ground=ground)
    paint_lines(painter, room, cell, direction, role="strong")


def paint_number(painter: QPainter, rect: QRect, cell: Cell) -> None:
    """A number in figures of one width, its unit muted (``sub``) behind it.

    The numbers of a column end at one edge, whatever their units are. Behind a number means on
    its left for a unit in Arabic letters.
    """
    now = look()
    middle = Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
    room = QRect(rect)
    if cell.sub:
        width = now.metrics("caption").horizontalAdvance(cell.sub)
        zone = QRect(rect)
        if _is_rtl(cell.sub):
            number = QFontMetrics(now.font("body", tabular=True)).horizontalAdvance(cell.text)
            zone.setRight(rect.right() - number - SPACE_1)
            side = Qt.AlignmentFlag.AlignRight
        else:
            zone.setLeft(rect.right() - max(width, rect.width() * 2 // 5))
            room.setRight(zone.left() - SPACE_1)
            side = Qt.AlignmentFlag.AlignLeft
        painter.setFont(now.font("caption"))
        painter.setPen(now.color("text2"))
        painter.drawText(zone, int(side | middle), isolate(cell.sub))
    painter.setFont(now.font("body", tabular=True))
    painter.setPen(now.color(_TONES[cell.tone] if cell.tone else "text"))
    painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | middle), isolate(cell.text))


def _is_rtl(text: str) -> bool:
    kinds = map(unicodedata.bidirectional, text)
    return next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L") != "L"


def paint_skeleton(painter: QPainter, rect: QRect, now: Look) -> None:
    """A grey bar where text will be."""
    height = now.px(8)
    bar = QRect(rect.left(), rect.center().y() - height // 2, rect.width() * 6 // 10, height)
    painter.fillRect(bar, now.color("sunken"))
