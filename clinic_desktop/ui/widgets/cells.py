"""Draws table cells: text, two lines, numbers, pills and people."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from clinic_desktop.i18n import isolate
from clinic_desktop.ui.core.paged_model import CELL_ROLE, Cell, CellKind, Column
from clinic_desktop.ui.theme.lettering import LEFT, RIGHT, Face, draw, width
from clinic_desktop.ui.theme.look import Look, look
from clinic_desktop.ui.theme.tokens import SELECTION_BAR, SPACE_1, SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.avatar import initials, paint_avatar
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec, paint_pill, pill_size

_Index = QModelIndex | QPersistentModelIndex
_FIGURES, _UNIT = Face("body", tabular=True), Face("caption")
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
    painter: QPainter, rect: QRect, *, selected: bool, hovered: bool, rtl: bool
) -> None:
    """Background of a row: selection with its bar, hover, and the line below."""
    now = look()
    role = "selected" if selected else "hover" if hovered else "surface"
    painter.fillRect(rect, now.color(role))
    if selected:
        bar = QRect(rect.left(), rect.top(), SELECTION_BAR, rect.height())
        if rtl:
            bar.moveRight(rect.right())
        painter.fillRect(bar, now.color("accent"))
    painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), now.color("border"))


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
    lean = RIGHT if direction == Qt.LayoutDirection.RightToLeft else LEFT
    top = rect
    if cell.sub:
        upper, lower = now.metrics(role).height(), now.metrics("caption").height()
        start = rect.center().y() - (upper + lower) // 2 + 1
        top = QRect(rect.left(), start, rect.width(), upper)
        below = QRect(rect.left(), start + upper, rect.width(), lower)
        painter.setPen(now.color("text2"))
        draw(painter, below, isolate(cell.sub), Face("caption"), lean)
    painter.setPen(color or now.color(_TONES[cell.tone] if cell.tone else "text"))
    draw(painter, top, isolate(cell.text), Face(role), lean)


@dataclass
class Spot:
    """Where a cell lies: its content, without the padding."""

    rect: QRect
    column: int
    direction: Qt.LayoutDirection
    selected: bool = False


class CellDelegate(QStyledItemDelegate):
    """Draws the columns of a DataTable, which has drawn the ground of the row."""

    def __init__(self, view: QAbstractItemView, kinds: list[CellKind]) -> None:
        super().__init__(view)
        self._kinds = kinds

    def paint_cell(self, painter: QPainter, spot: Spot, _row: object, cell: Cell) -> None:
        """Draw the content of a cell; ``_row`` is what its column made it from."""
        kind, rect, direction = self._kinds[spot.column], spot.rect, spot.direction
        if kind is CellKind.PILL:
            _paint_pill(painter, rect, cell, direction)
        elif kind is CellKind.NUMBER:
            paint_number(painter, rect, cell)
        elif kind is CellKind.PERSON:
            ground = "surface" if spot.selected else "accent_bg"
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


def wanted_width(column: Column) -> int:
    """The px a column wants at the present text size."""
    now = look()
    letter = now.metrics().averageCharWidth()
    title = now.metrics("label").horizontalAdvance(column.title) + letter
    extra = now.px(28) if column.kind in (CellKind.PILL, CellKind.PERSON) else 0
    return max(column.letters * letter + extra, title) + 2 * SPACE_3


def needed_width(kind: CellKind, cell: Cell) -> int:
    """The room, in px, in which nothing of a cell is cut; 0 where its column sees to that."""
    if kind is CellKind.PILL:
        return pill_size(_pill(cell)).width() if cell.text else 0
    if kind in (CellKind.NUMBER, CellKind.PERSON):
        return 0
    first = Face("strong" if kind is CellKind.STRONG else "body")
    below = width(isolate(cell.sub), Face("caption")) if cell.sub else 0
    return max(width(isolate(cell.text), first), below) + 1


def _pill(cell: Cell) -> PillSpec:
    return PillSpec(cell.text, cell.tone or Tone.NEUTRAL, Glyph(cell.glyph))


def _paint_pill(painter: QPainter, rect: QRect, cell: Cell, direction: Qt.LayoutDirection) -> None:
    if not cell.text:
        return
    spec = _pill(cell)
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
    room = QRect(rect)
    if cell.sub:
        zone, lean = QRect(rect), LEFT
        if is_rtl(cell.sub):
            zone.setRight(rect.right() - width(isolate(cell.text), _FIGURES) - SPACE_1)
            lean = RIGHT
        else:
            # A unit may be cut where there is no room for both; a number cut is another number.
            figures = width(isolate(cell.text), _FIGURES)
            unit = max(width(isolate(cell.sub), _UNIT), rect.width() * 2 // 5)
            zone.setLeft(max(rect.right() - unit, rect.left() + figures + SPACE_1))
            room.setRight(zone.left() - SPACE_1)
        painter.setPen(now.color("text2"))
        draw(painter, zone, isolate(cell.sub), _UNIT, lean)
    painter.setPen(now.color(_TONES[cell.tone] if cell.tone else "text"))
    draw(painter, room, isolate(cell.text), _FIGURES, RIGHT)


def is_rtl(text: str) -> bool:
    """Whether a text begins with letters that go from right to left."""
    kinds = map(unicodedata.bidirectional, text)
    return next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L") != "L"


def paint_skeleton(painter: QPainter, rect: QRect, now: Look) -> None:
    """A grey bar where text will be."""
    height = now.px(8)
    bar = QRect(rect.left(), rect.center().y() - height // 2, rect.width() * 6 // 10, height)
    painter.fillRect(bar, now.color("sunken"))
