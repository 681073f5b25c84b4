"""A choice of a few, all in sight: one key each instead of a drop-down and two clicks."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QSizePolicy, QWidget

from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.letter_keys import letter_of


@dataclass(frozen=True)
class Option:
    """One choice. ``key`` is the letter that takes it while the control has the focus."""

    value: Hashable
    label: str
    key: str = ""


class _Segment(Button):
    def __init__(self, owner: SegmentedControl, option: Option) -> None:
        super().__init__(option.label, "segment")
        self._owner = owner
        self.setCheckable(True)
        if option.key:
            self.setToolTip(f"{option.label} ({option.key.upper()})")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._owner.take_key(event):
            super().keyPressEvent(event)


class SegmentedControl(QFrame):
    """Exclusive buttons in a row. ``changed(value)`` fires on a person's choice only."""

    changed = Signal(object)

    def __init__(
        self,
        options: Sequence[Option],
        name: str,
        value: Hashable | None = None,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "segments")
        self.setAccessibleName(name)
        # Never lower than its words: the style's least height knows nothing of tall scripts.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._options = tuple(options)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        for place, option in enumerate(self._options):
            button = _Segment(self, option)
            self._group.addButton(button, place)
            row.addWidget(button)
        self._group.idClicked.connect(self._on_clicked)
        self.set_value(value)

    def buttons(self) -> list[Button]:
        """The buttons in the order of the options."""
        return [self._button(place) for place in range(len(self._options))]

    def _button(self, place: int) -> Button:
        button = self._group.button(place)
        if not isinstance(button, Button):
            raise IndexError(place)
        return button

    def value(self) -> Hashable | None:
        """The chosen value, ``None`` while nothing is chosen."""
        place = self._group.checkedId()
        return self._options[place].value if place >= 0 else None

    def set_label(self, value: Hashable, label: str) -> None:
        """Word a choice anew."""
        for place, option in enumerate(self._options):
            if option.value == value:
                self._button(place).set_text(label)

    def set_value(self, value: Hashable | None) -> None:
        """Choose without a signal; a value that is no option clears the choice."""
        self._group.setExclusive(False)
        for place, option in enumerate(self._options):
            self._button(place).setChecked(option.value == value and value is not None)
        self._group.setExclusive(True)
        self._move_tab_stop()

    def _move_tab_stop(self) -> None:
        # One tab stop for the whole control: the chosen button, or the first.
        chosen = max(self._group.checkedId(), 0)
        for place, button in enumerate(self.buttons()):
            stop = Qt.FocusPolicy.StrongFocus if place == chosen else Qt.FocusPolicy.ClickFocus
            button.setFocusPolicy(stop)
        if self._options:
            self.setFocusProxy(self._button(chosen))

    def _on_clicked(self, place: int) -> None:
        self._move_tab_stop()
        self.changed.emit(self._options[place].value)

    def take_key(self, event: QKeyEvent) -> bool:
        """Choose by letter, digit or arrow; whether the key was one of them."""
        place = self._place_for(event)
        if place is None:
            return False
        button = self._button(place)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setFocus(Qt.FocusReason.TabFocusReason)
        if not button.isChecked():
            button.click()
        return True

    def _place_for(self, event: QKeyEvent) -> int | None:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return None
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        steps = {
            Qt.Key.Key_Left: 1 if rtl else -1,
            Qt.Key.Key_Right: -1 if rtl else 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is not None:
            here = self._group.checkedId()
            return (here + step) % len(self._options) if here >= 0 else 0
        pressed = {letter_of(event), event.text().upper()} - {""}
        for place, option in enumerate(self._options):
            if option.key and option.key.upper() in pressed:
                return place
        return None
