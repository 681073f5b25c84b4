"""The palette: one field that finds people, does things and answers questions."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from clinic_desktop.i18n import _
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.paged_model import Cell
from clinic_desktop.ui.shell.palette_help import HelpView
from clinic_desktop.ui.shell.palette_model import LINE_ROLE, PaletteModel
from clinic_desktop.ui.shell.palette_topics import HelpTopic
from clinic_desktop.ui.shell.palette_vm import Kind, Line, PaletteState, PaletteVM
from clinic_desktop.ui.theme import icons
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import ICON_SIZE, SELECTION_BAR, SPACE_1, SPACE_2, SPACE_3
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.cells import paint_lines
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.search_field import SearchField

_Index = QModelIndex | QPersistentModelIndex
_LEAST_WIDTH = 520
_ENTERS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_WANTED = (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.ShortcutFocusReason)
"""Tab and a window that comes back pass through the field; they do not ask for the list."""
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class Palette(QFrame):
    """The list below a search field, which keeps the focus; the window embeds both.

    Arrow keys move, Enter opens (Ctrl+Enter too), the arrow towards the line's end lists what can
    be done for a person, Esc goes back, then closes.
    """

    def __init__(self, context: Context, field: SearchField) -> None:
        super().__init__(field.window())
        self._context, self._field = context, field
        self.setObjectName("palette")
        self.setProperty("role", "sheet")
        self.setAccessibleName(_("Found"))
        self.vm = PaletteVM(context, self)
        self.vm.changed.connect(self._render)
        self.vm.help_wanted.connect(self._show_help)
        self.model = PaletteModel(self)
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(_Delegate(self.view))
        self.view.setAccessibleName(_("Found"))
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setMouseTracking(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.clicked.connect(self._on_clicked)
        self._hint = Label("", "caption", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_1, SPACE_1, SPACE_1, SPACE_2)
        column.setSpacing(SPACE_1)
        column.addWidget(self.view)
        column.addWidget(self._hint)
        self._hint.setContentsMargins(SPACE_3, 0, SPACE_3, 0)
        field.edit.installEventFilter(self)
        field.edit.textEdited.connect(self.vm.ask)
        self.hide()

    # ------------------------------------------------------------ keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The field's keys and focus."""
        if isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride and self._is_ours(event):
                event.accept()  # otherwise Ctrl+Enter would reach the screen below
                return True
            if event.type() == QEvent.Type.KeyPress:
                return self._take_key(event)
        if event.type() == QEvent.Type.FocusIn and isinstance(event, QFocusEvent):
            if event.reason() in _WANTED:
                self.vm.ask(self._field.text())
        elif event.type() == QEvent.Type.FocusOut:
            self.hide()
        return super().eventFilter(watched, event)

    def _is_ours(self, event: QKeyEvent) -> bool:
        return self.isVisible() and event.key() in (*_ENTERS, Qt.Key.Key_Escape)

    def _take_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        rtl = self._field.layoutDirection() == Qt.LayoutDirection.RightToLeft
        forward, backward = (
            (Qt.Key.Key_Left, Qt.Key.Key_Right) if rtl else (Qt.Key.Key_Right, Qt.Key.Key_Left)
        )
        edit = self._field.edit
        if key in _STEPS:
            self._step(_STEPS[key])
        elif key in _ENTERS:
            self._run(self.current())
        elif key == Qt.Key.Key_Escape:
            self._escape()
        elif key == forward and edit.cursorPosition() == len(edit.text()):
            return self._enter_person()
        elif key == backward and self.vm.state.person is not None:
            self.vm.leave_person()
        else:
            return False
        return True

    def _step(self, step: int) -> None:
        if not self.isVisible():
            self.vm.ask(self._field.text())
            return
        self._select(self.model.next_place(self.view.currentIndex().row(), step))
        line = self.current()
        if line is not None:
            announce(self._field.edit, line.spoken)

    def _escape(self) -> None:
        if self.vm.state.person is not None and self.isVisible():
            self.vm.leave_person()
        else:
            self.dismiss()

    def _enter_person(self) -> bool:
        line = self.current()
        if line is None or line.row is None or line.kind is not Kind.PATIENT:
            return False
        self.vm.show_person(line.row)
        return True

    # ------------------------------------------------------------ lines

    def current(self) -> Line | None:
        """The line that Enter takes."""
        place = self.view.currentIndex().row()
        shown = self.isVisible() and 0 <= place < len(self.model.lines)
        return self.model.lines[place] if shown else None

    def _select(self, place: int) -> None:
        if place >= 0:
            self.view.setCurrentIndex(self.model.index(place))
            first = all(line.kind is Kind.HEADING for line in self.model.lines[:place])
            self.view.scrollToTop() if first else self.view.scrollTo(self.model.index(place))

    def _on_clicked(self, index: QModelIndex) -> None:
        self._run(self.model.lines[index.row()])

    def _run(self, line: Line | None) -> None:
        if line is None or line.run is None:
            return
        # Closed first: what runs may take the focus, or ask for it back at its end.
        self.dismiss()
        line.run()

    def dismiss(self) -> None:
        """Close, empty the field and give the focus back to the screen."""
        self.hide()
        self.vm.forget()
        self._field.edit.clear()
        if self._field.edit.hasFocus():
            self._field.edit.clearFocus()

    def _show_help(self, topic: HelpTopic) -> None:
        self._context.host.show_drawer(HelpView(topic), topic.title)

    # ------------------------------------------------------------ looks

    def _render(self, state: PaletteState) -> None:
        if not self._field.edit.hasFocus():
            return
        self.model.show(state.lines)
        if not state.lines:
            self.hide()
            return
        self._select(self.model.next_place(-1, 1))
        self._hint.setText(self._hint_for(state))
        self._place()
        self.show()
        self.raise_()
        line = self.current()
        if line is not None:
            announce(self._field.edit, line.spoken)

    def _hint_for(self, state: PaletteState) -> str:
        if state.person is not None:
            return _("↑↓ choose · Enter does it · Esc goes back")
        rtl = self._field.layoutDirection() == Qt.LayoutDirection.RightToLeft
        hint = _("↑↓ choose · Enter opens · {arrow} more for this patient")
        return hint.format(arrow="←" if rtl else "→")

    def _place(self) -> None:
        window = self._field.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        width = min(max(self._field.width(), look().px(_LEAST_WIDTH)), window.width() - SPACE_3)
        corner = self._field.mapTo(window, QPoint(0, self._field.height() + SPACE_1))
        if self._field.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            corner.setX(corner.x() + self._field.width() - width)
        corner.setX(max(min(corner.x(), window.width() - width), 0))
        wanted = sum(_height(line) for line in self.model.lines) + 2 * SPACE_1 + 4
        room = window.height() - corner.y() - SPACE_3
        foot = self._hint.sizeHint().height() + SPACE_1 + SPACE_2
        self.setGeometry(QRect(corner, QSize(width, min(wanted + foot, room))))


def _height(line: Line) -> int:
    if line.kind is Kind.HEADING:
        return look().metrics("caption").height() + 2 * SPACE_2
    return look().row_height


class _Delegate(QStyledItemDelegate):
    """One line: icon, title, muted facts behind it, a note or key at the far end."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(10, _height(index.data(LINE_ROLE)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        line: Line = index.data(LINE_ROLE)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        direction: Qt.LayoutDirection = option.direction
        rtl = direction == Qt.LayoutDirection.RightToLeft
        room = rect.adjusted(SPACE_3, 0, -SPACE_3, 0)
        if line.kind is Kind.HEADING:
            cell = Cell(line.title)
            room.adjust(0, SPACE_2, 0, 0)
            paint_lines(painter, room, cell, direction, role="caption", color=look().color("text2"))
            return
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        ground = "selected" if chosen else "hover" if over else "elevated"
        painter.fillRect(rect, look().color(ground))
        if chosen:
            bar = QRect(rect.topLeft(), QSize(SELECTION_BAR, rect.height()))
            if rtl:
                bar.moveRight(rect.right())
            painter.fillRect(bar, look().color("accent"))
        room = _paint_icon(painter, room, line, rtl=rtl)
        room = _paint_end(painter, room, _end_text(line), rtl=rtl)
        _paint_title(painter, room, line, direction)


def _end_text(line: Line) -> str:
    if line.kind is not Kind.ACTION:
        return line.note
    return QKeySequence(line.note).toString(QKeySequence.SequenceFormat.NativeText)


def _paint_icon(painter: QPainter, room: QRect, line: Line, *, rtl: bool) -> QRect:
    side = look().px(ICON_SIZE)
    box = QRect(room.left(), room.center().y() - side // 2, side, side)
    if rtl:
        box.moveRight(room.right())
    if line.icon:
        icons.paint(painter, box, line.icon)
    taken = side + SPACE_2
    return room.adjusted(0, 0, -taken, 0) if rtl else room.adjusted(taken, 0, 0, 0)


def _paint_end(painter: QPainter, room: QRect, text: str, *, rtl: bool) -> QRect:
    if not text:
        return room
    side = Qt.AlignmentFlag.AlignLeft if rtl else Qt.AlignmentFlag.AlignRight
    flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
    painter.setFont(look().font("caption"))
    painter.setPen(look().color("text2"))
    painter.drawText(room, int(flags), text)
    taken = look().metrics("caption").horizontalAdvance(text) + SPACE_3
    return room.adjusted(taken, 0, 0, 0) if rtl else room.adjusted(0, 0, -taken, 0)


def _paint_title(painter: QPainter, room: QRect, line: Line, direction: Qt.LayoutDirection) -> None:
    strong = line.kind is Kind.PATIENT
    role = "strong" if strong else "body"
    paint_lines(painter, room, Cell(line.title), direction, role=role)
    taken = look().metrics(role).horizontalAdvance(line.title) + SPACE_3
    rest = QRect(room)
    if direction == Qt.LayoutDirection.RightToLeft:
        rest.setRight(room.right() - taken)
    else:
        rest.setLeft(room.left() + taken)
    if line.sub and rest.width() > look().px(40):
        cell = Cell(line.sub)
        paint_lines(painter, rest, cell, direction, role="caption", color=look().color("text2"))
