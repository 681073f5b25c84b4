"""Tabs: sections of one page, and the patients that are open."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen, QShortcut
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QTabBar, QWidget

from clinic_desktop.i18n import _, isolate
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2, Tone
from clinic_desktop.ui.widgets.buttons import Button, IconButton
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.segmented import Option

BANDS = (Tone.ACCENT, Tone.VIOLET, Tone.INFO, Tone.WARN, Tone.OK)
"""Colours that tell open patients apart; danger is kept for danger."""
_OUTLINE = 2


class _Tab(Button):
    stepped = Signal(int)

    def __init__(self, text: str) -> None:
        super().__init__(text, "tab")
        self.setCheckable(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        forward = {Qt.Key.Key_Right: -1 if rtl else 1, Qt.Key.Key_Left: 1 if rtl else -1}
        step = forward.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(step)


class SectionTabs(QFrame):
    """Sections of a page in a row that wraps; ``changed(value)`` on a person's choice."""

    changed = Signal(object)

    def __init__(self, options: Sequence[Option], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "tabs")
        self.setAccessibleName(name)
        self._options = tuple(options)
        self._group = QButtonGroup(self)
        flow = FlowLayout(self, gap=SPACE_1, line_gap=SPACE_1)
        self._tabs = [_Tab(option.label) for option in self._options]
        for place, tab in enumerate(self._tabs):
            self._group.addButton(tab, place)
            tab.stepped.connect(self._on_step)
            flow.addWidget(tab)
        self._group.idClicked.connect(self._on_clicked)
        if self._tabs:
            self._tabs[0].setChecked(True)
        self._move_tab_stop()

    def value(self) -> Hashable:
        """The section shown."""
        return self._options[max(self._group.checkedId(), 0)].value

    def set_value(self, value: Hashable) -> None:
        """Show a section, without a signal."""
        for tab, option in zip(self._tabs, self._options, strict=True):
            if option.value == value:
                tab.setChecked(True)
        self._move_tab_stop()

    def _on_step(self, step: int) -> None:
        place = (max(self._group.checkedId(), 0) + step) % len(self._tabs)
        self._tabs[place].click()
        self._tabs[place].setFocus(Qt.FocusReason.TabFocusReason)

    def _on_clicked(self, place: int) -> None:
        self._move_tab_stop()
        self.changed.emit(self._options[place].value)

    def _move_tab_stop(self) -> None:
        for tab in self._tabs:
            stop = Qt.FocusPolicy.StrongFocus if tab.isChecked() else Qt.FocusPolicy.ClickFocus
            tab.setFocusPolicy(stop)


class TabStrip(QFrame):
    """The open patients: a colour band, the name, a cross; Ctrl+Tab goes round.

    ``activated(key)`` when another one is chosen, ``close_wanted(key)`` on its cross.
    """

    activated = Signal(object)
    close_wanted = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: list[Hashable] = []
        self._bar = _BandBar()
        self._bar.setAccessibleName(name)
        self._bar.currentChanged.connect(self._on_current)
        self._bar.tabBarClicked.connect(self._on_clicked)
        self._bar.cross_pressed.connect(lambda place: self.close_wanted.emit(self._keys[place]))
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE_2, SPACE_1, SPACE_2, 0)
        row.addWidget(self._bar, 1)
        for keys, step in (("Ctrl+Tab", 1), ("Ctrl+Shift+Tab", -1)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            shortcut.activated.connect(lambda step=step: self.step(step))
        self.hide()

    def add(self, key: Hashable, text: str) -> None:
        """Open a tab and go to it; one that is open is only gone to."""
        if key not in self._keys:
            used = {self._bar.tone_of(place) for place in range(len(self._keys))}
            free = next((tone for tone in BANDS if tone not in used), BANDS[0])
            self._keys.append(key)
            self._bar.blockSignals(True)
            place = self._bar.addTab(text)
            self._bar.set_tone(place, free)
            self._bar.blockSignals(False)
        self.show()
        self.set_current(key)

    def remove(self, key: Hashable) -> None:
        """Close a tab; ``activated`` tells which one is shown then."""
        if key in self._keys:
            place = self._keys.index(key)
            self._keys.pop(place)
            self._bar.removeTab(place)
            self.setVisible(bool(self._keys))

    def set_text(self, key: Hashable, text: str) -> None:
        """The name has changed."""
        if key in self._keys:
            self._bar.setTabText(self._keys.index(key), text)

    def set_current(self, key: Hashable) -> None:
        """Go to a tab."""
        if key in self._keys:
            self._bar.setCurrentIndex(self._keys.index(key))

    def current(self) -> Hashable | None:
        """The tab shown."""
        place = self._bar.currentIndex()
        return self._keys[place] if 0 <= place < len(self._keys) else None

    def keys(self) -> tuple[Hashable, ...]:
        """All open tabs in their order."""
        return tuple(self._keys)

    def tone_of(self, key: Hashable) -> Tone:
        """The colour of an open patient, for other places that show it."""
        return self._bar.tone_of(self._keys.index(key))

    def step(self, by: int) -> None:
        """Go to the next or previous tab, round at the ends."""
        if self._keys:
            self._bar.setCurrentIndex((self._bar.currentIndex() + by) % len(self._keys))

    def _on_current(self, place: int) -> None:
        if 0 <= place < len(self._keys):
            self.activated.emit(self._keys[place])

    def _on_clicked(self, place: int) -> None:
        # The current tab is no change to Qt, but somebody may come back to it from elsewhere.
        if place == self._bar.currentIndex():
            self._on_current(place)


class _BandBar(QTabBar):
    """Paints its own tabs: the style sheet cannot give each its own colour."""

    cross_pressed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setExpanding(False)
        self.setDrawBase(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideRight)

    def set_tone(self, place: int, tone: Tone) -> None:
        self.setTabData(place, tone.value)

    def tone_of(self, place: int) -> Tone:
        return Tone(self.tabData(place) or Tone.NEUTRAL.value)

    def tabSizeHint(self, index: int) -> QSize:
        words = look().metrics("strong").horizontalAdvance(self.tabText(index))
        width = min(words + look().px(60), look().px(240))
        return QSize(width, look().control_height)

    def tabInserted(self, index: int) -> None:
        super().tabInserted(index)
        text = self.tabText(index)
        self.setTabToolTip(index, text)
        cross = IconButton(Icon.CLOSE, _("Close {name}").format(name=isolate(text)))
        cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        cross.clicked.connect(lambda: self._on_cross(cross))
        self.setTabButton(index, QTabBar.ButtonPosition.RightSide, cross)

    def _on_cross(self, cross: IconButton) -> None:
        side = QTabBar.ButtonPosition.RightSide
        for place in range(self.count()):
            if self.tabButton(place, side) is cross:
                self.cross_pressed.emit(place)
                return

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.setFont(look().font("strong"))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place in range(self.count()):
            self._paint_tab(painter, place, self.tabRect(place))
        painter.end()

    def _paint_tab(self, painter: QPainter, place: int, rect: QRect) -> None:
        now, current = look(), place == self.currentIndex()
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        ground = rect.adjusted(1, 0, -1, 0)
        color = now.tone(self.tone_of(place))[0]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color("surface" if current else "bg"))
        if current and now.high_contrast:  # the grounds are of one colour there
            painter.setPen(QPen(now.color("border"), _OUTLINE))
            ground = ground.adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(ground, 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        band = QRect(ground.left() + 6, ground.top(), ground.width() - 12, 3)
        painter.fillRect(band, QColor(color))
        cross = now.px(26)
        room = ground.adjusted(cross if rtl else 12, 0, -12 if rtl else -cross, 0)
        painter.setFont(now.font("strong" if current else "body"))
        painter.setPen(now.color("text" if current else "text2"))
        text = now.metrics("strong").elidedText(
            self.tabText(place), Qt.TextElideMode.ElideRight, room.width()
        )
        side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, int(flags), text)
