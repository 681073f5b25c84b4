"""The lines of the palette as they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from clinic_desktop.i18n import isolate
from clinic_desktop.ui.shell.palette_model import PaletteModel
from clinic_desktop.ui.shell.palette_vm import Kind, Line
from clinic_desktop.ui.theme import icons, lettering
from clinic_desktop.ui.theme.lettering import LEFT, RIGHT, Face
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import ICON_SIZE, SELECTION_BAR, SPACE_2, SPACE_3

_Index = QModelIndex | QPersistentModelIndex
_NAME, _TITLE, _SMALL = Face("strong"), Face("body"), Face("caption")
_LEAST_FACTS = 40
"""Facts in less room than this say nothing."""


class PaletteLines(QListView):
    """A list with a ground of its own: when a line changes, it alone is drawn again."""

    def __init__(self, model: PaletteModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(_Delegate(model, self))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def dataChanged(
        self, top_left: _Index, bottom_right: _Index, roles: Sequence[int] = ()
    ) -> None:
        """Draw lines again: they keep their height, so nothing need be laid out anew."""
        QAbstractItemView.dataChanged(self, top_left, bottom_right, list(roles))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground, then the lines."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), look().color("elevated"))
        painter.end()
        super().paintEvent(event)


def line_height(line: Line) -> int:
    """The height of a line in px."""
    if line.kind is Kind.HEADING:
        return look().metrics("caption").height() + 2 * SPACE_2
    return look().row_height


class _Delegate(QStyledItemDelegate):
    """One line: icon, title, muted facts behind it, a note or key at the far end."""

    def __init__(self, model: PaletteModel, view: QListView) -> None:
        super().__init__(view)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(10, line_height(self._model.lines[index.row()]))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        line, rect = self._model.lines[index.row()], option.rect
        strip = _Strip(painter, rect, rtl=option.direction == Qt.LayoutDirection.RightToLeft)
        if line.kind is Kind.HEADING:
            strip.room.adjust(0, SPACE_2, 0, 0)
            strip.draw(isolate(line.title), _SMALL, "text2")
            return
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, look().color("selected"))
            painter.fillRect(strip.at_start(rect, SELECTION_BAR), look().color("accent"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, look().color("hover"))
        strip.draw_icon(line.icon)
        strip.draw_end(isolate(_end_text(line)))
        strip.draw(isolate(line.title), _NAME if line.kind is Kind.PATIENT else _TITLE, "text")
        if strip.room.width() > look().px(_LEAST_FACTS):
            strip.draw(line.sub, _SMALL, "text2")


class _Strip:
    """The room of one line, given away from both ends."""

    def __init__(self, painter: QPainter, rect: QRect, *, rtl: bool) -> None:
        self._painter, self._rtl = painter, rtl
        self.room = rect.adjusted(SPACE_3, 0, -SPACE_3, 0)

    def draw(self, text: str, face: Face, color: str) -> None:
        """Draw a text from the start."""
        if text:
            self._text(text, face, color, RIGHT if self._rtl else LEFT)
            self._take(lettering.width(text, face) + SPACE_3, from_left=not self._rtl)

    def draw_end(self, text: str) -> None:
        """Draw a note at the far end."""
        if text:
            self._text(text, _SMALL, "text2", LEFT if self._rtl else RIGHT)
            self._take(lettering.width(text, _SMALL) + SPACE_3, from_left=self._rtl)

    def draw_icon(self, name: str) -> None:
        """Draw an icon, or leave its room, at the start."""
        side = look().px(ICON_SIZE)
        box = self.at_start(self.room, side)
        box.moveTop(self.room.center().y() - side // 2)
        box.setHeight(side)
        if name:
            icons.paint(self._painter, box, name)
        self._take(side + SPACE_2, from_left=not self._rtl)

    def at_start(self, rect: QRect, width: int) -> QRect:
        """A piece of a rectangle where reading begins."""
        left = rect.right() - width + 1 if self._rtl else rect.left()
        return QRect(left, rect.top(), width, rect.height())

    def _text(self, text: str, face: Face, color: str, lean: float) -> None:
        self._painter.setPen(look().color(color))
        lettering.draw(self._painter, self.room, text, face, lean, rtl=self._rtl)

    def _take(self, width: int, *, from_left: bool) -> None:
        self.room.adjust(*((width, 0, 0, 0) if from_left else (0, 0, -width, 0)))


def _end_text(line: Line) -> str:
    if line.kind is not Kind.ACTION:
        return line.note
    return QKeySequence(line.note).toString(QKeySequence.SequenceFormat.NativeText)
