"""The palette: one field that finds people, does things and answers questions."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout

from clinic_desktop.i18n import _
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.shell.palette_help import HelpView
from clinic_desktop.ui.shell.palette_lines import PaletteLines, line_height
from clinic_desktop.ui.shell.palette_model import PaletteModel
from clinic_desktop.ui.shell.palette_topics import HelpTopic
from clinic_desktop.ui.shell.palette_vm import Kind, Line, PaletteState, PaletteVM
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.search_field import SearchField

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
        self._hasty = ""
        """The text for which Enter was pressed before its answer came."""
        self.setObjectName("palette")
        self.setProperty("role", "sheet")
        self.setAccessibleName(_("Found"))
        self.vm = PaletteVM(context, self)
        self.vm.changed.connect(self._render)
        self.vm.help_wanted.connect(self._show_help)
        self.model = PaletteModel(self)
        self.view = PaletteLines(self.model)
        self.view.setAccessibleName(_("Found"))
        self.view.clicked.connect(self._on_clicked)
        self._hint = Label("", "caption", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_1, SPACE_1, SPACE_1, SPACE_2)
        column.setSpacing(SPACE_1)
        column.addWidget(self.view)
        column.addWidget(self._hint)
        self._hint.setContentsMargins(SPACE_3, 0, SPACE_3, 0)
        field.edit.installEventFilter(self)
        field.edit.textEdited.connect(self._ask)
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
            self._hasty = ""
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
            self._enter()
        elif key == Qt.Key.Key_Escape:
            self._escape()
        elif key == forward and edit.cursorPosition() == len(edit.text()):
            return self._enter_person()
        elif key == backward and self.vm.state.person is not None:
            self.vm.leave_person()
        else:
            return False
        return True

    def _ask(self, text: str) -> None:
        self._hasty = ""
        self.vm.ask(text)

    def _enter(self) -> None:
        # A fast hand or a scanner: the lines shown may answer a shorter text, and the first of
        # them may be another person.
        if self._answers(self.vm.state):
            self._run(self.current())
        else:
            self._hasty = self._field.text()

    def _answers(self, state: PaletteState) -> bool:
        return state.complete and state.text == self._field.text()

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
        self._hasty = ""
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
        if self._hasty and self._answers(state):
            self._hasty = ""
            if state.meant is not None:
                self._run(state.meant)
                return
        self._select(self.model.next_place(-1, 1))
        self._hint.setText(self._hint_for(state))
        self._place()
        if not self.isVisible():
            self.show()
            self.raise_()  # which draws all that lies below once more
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
        wanted = sum(line_height(line) for line in self.model.lines) + 2 * SPACE_1 + 4
        room = window.height() - corner.y() - SPACE_3
        foot = self._hint.sizeHint().height() + SPACE_1 + SPACE_2
        self.setGeometry(QRect(corner, QSize(width, min(wanted + foot, room))))
