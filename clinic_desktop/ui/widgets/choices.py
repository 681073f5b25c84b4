"""Drop-downs, spin boxes and ticks that do not change when the wheel merely passes over."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QRadioButton, QWidget

from clinic_desktop.ui.theme import icons
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import RADIUS_CONTROL, SPACE_2


class WheelGuard(QObject):
    """Lets the wheel through to a field only while it has the focus.

    Otherwise scrolling a prescription would silently change a dose.
    """

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand the wheel on to the page."""
        wheel = isinstance(event, QWheelEvent) and event.type() == QEvent.Type.Wheel
        if wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class Select(QComboBox):
    """A drop-down of up to eight options; more belong into a ComboSearch.

    ``chosen(value)`` when a person chooses.
    """

    chosen = Signal(object)

    def __init__(
        self,
        options: Iterable[tuple[Hashable, str]] = (),
        value: Hashable | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        WheelGuard(self)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for key, text in options:
            self.addItem(text, key)
        self.set_value(value)
        self.activated.connect(lambda: self.chosen.emit(self.value()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame by the style sheet, the arrow by us: Fusion's is lost in it."""
        super().paintEvent(event)
        painter = QPainter(self)
        side = look().px(14)
        box = QRect(self.width() - side - SPACE_2, (self.height() - side) // 2, side, side)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            box.moveLeft(SPACE_2)
        icons.paint(painter, box, Icon.CHEVRON_DOWN, "text2" if self.isEnabled() else "disabled")
        painter.end()

    def value(self) -> Hashable | None:
        """The chosen value."""
        chosen: Hashable | None = self.currentData()
        return chosen

    def offer(self, options: Iterable[tuple[Hashable, str]]) -> None:
        """Offer these from now on. What is chosen stays so, even if it is offered no more."""
        wanted = dict(options)
        chosen = self.value()
        if chosen is not None:
            wanted.setdefault(chosen, self.currentText())
        places = range(self.count())
        if [(self.itemData(at), self.itemText(at)) for at in places] != list(wanted.items()):
            self.clear()
            for key, text in wanted.items():
                self.addItem(text, key)
            self.set_value(chosen)

    def set_value(self, value: Hashable | None) -> None:
        """Choose without a signal; an unknown value clears the choice."""
        # Not findData: it tells equal Python values of two objects apart.
        places = (place for place in range(self.count()) if self.itemData(place) == value)
        self.setCurrentIndex(next(places, -1) if value is not None else -1)


def _box_side() -> int:
    return look().px(18)


def words_indent() -> int:
    """How far from the leading edge the words of a tick begin, in px."""
    return _box_side() + SPACE_2


def _paint_words(painter: QPainter, button: QCheckBox | QRadioButton) -> None:
    taken = words_indent()
    rtl = button.layoutDirection() == Qt.LayoutDirection.RightToLeft
    room = button.rect().adjusted(0 if rtl else taken, 0, -taken if rtl else 0, 0)
    side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
    flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
    painter.setPen(look().color("text" if button.isEnabled() else "disabled"))
    painter.drawText(room, int(flags) | int(Qt.TextFlag.TextShowMnemonic), button.text())


def _box(button: QWidget) -> QRectF:
    side = _box_side()
    box = QRect(0, (button.height() - side) // 2, side, side)
    if button.layoutDirection() == Qt.LayoutDirection.RightToLeft:
        box.moveRight(button.width() - 1)
    return QRectF(box).adjusted(1, 1, -1, -1)


def _size(button: QCheckBox | QRadioButton) -> QSize:
    text = button.text().replace("&", "")
    width = look().metrics().horizontalAdvance(text) + _box_side() + SPACE_2 + 4
    return QSize(width, max(look().control_height, _box_side() + 4))


class Tick(QCheckBox):
    """A check box in our colours."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Box and words."""
        return _size(self)

    def minimumSizeHint(self) -> QSize:
        """The words are never cut."""
        return _size(self)

    def hitButton(self, pos: object) -> bool:
        """The words count as the box."""
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A rounded box with a hook or a dash."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, on = _box(self), self.checkState() != Qt.CheckState.Unchecked
        strong = "accent" if self.isEnabled() else "disabled"
        painter.setPen(QPen(look().color(strong if on else "border_control"), 1.5))
        painter.setBrush(look().color(strong if on else "surface"))
        painter.drawRoundedRect(box, RADIUS_CONTROL - 2, RADIUS_CONTROL - 2)
        if on:
            painter.setPen(QPen(look().color("on_accent"), max(box.width() / 8, 1.5)))
            middle, step = box.center(), box.width() / 4
            if self.checkState() == Qt.CheckState.PartiallyChecked:
                painter.drawLine(middle - QPointF(step, 0), middle + QPointF(step, 0))
            else:
                foot = middle + QPointF(-step * 0.25, step * 0.85)
                painter.drawLine(middle + QPointF(-step * 1.05, 0), foot)
                painter.drawLine(foot, middle + QPointF(step * 1.15, -step * 0.85))
        _paint_words(painter, self)
        painter.end()


class Radio(QRadioButton):
    """A radio button in our colours."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Disc and words."""
        return _size(self)

    def minimumSizeHint(self) -> QSize:
        """The words are never cut."""
        return _size(self)

    def hitButton(self, pos: object) -> bool:
        """The words count as the disc."""
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A ring with a dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = _box(self)
        strong = "accent" if self.isEnabled() else "disabled"
        ring = look().color(strong if self.isChecked() else "border_control")
        painter.setPen(QPen(ring, 1.5))
        painter.setBrush(look().color("surface"))
        painter.drawEllipse(box)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ring)
            painter.drawEllipse(box.center(), box.width() / 4, box.width() / 4)
        _paint_words(painter, self)
        painter.end()
