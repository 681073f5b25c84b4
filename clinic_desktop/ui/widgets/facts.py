"""Short lists of facts inside a card: two lines, a pill, and what can be done with each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStyle,
    QWidget,
)

from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.paragraph import Paragraph, paragraph
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2
from clinic_desktop.ui.widgets.buttons import IconButton
from clinic_desktop.ui.widgets.label import Label, directed
from clinic_desktop.ui.widgets.overlay import settle_tab_order
from clinic_desktop.ui.widgets.pill import PillSpec, paint_pill, pill_size
from clinic_desktop.ui.widgets.trend_plot import Trend, paint_sparkline, sparkline_size

_LETTERS = 30
"""Width that a line of words would like to have."""
_COLORS = {"": "text", "muted": "text2"}
"""Colour roles that are not called like their tone."""


@dataclass(frozen=True)
class FactAction:
    """A small button at the end of a fact; ``name`` says what it does to which thing."""

    icon: str
    name: str
    run: Callable[[], object]


@dataclass(frozen=True)
class Fact:
    """One line of a list, with a smaller one below it."""

    key: Hashable
    text: str
    sub: str = ""
    pill: PillSpec | None = None
    actions: tuple[FactAction, ...] = ()
    tone: str = ""
    role: str = ""
    """The step of the type scale; a line with another below it is strong."""
    trend: Trend | None = None
    """Drawn small at the trailing edge."""

    @property
    def spoken(self) -> str:
        """The fact in one sentence."""
        words = (self.text, self.sub, self.pill.text if self.pill else "")
        return ", ".join(filter(None, words))

    @property
    def lines(self) -> tuple[tuple[str, str, str], ...]:
        """Text, step of the type scale and tone of each line."""
        first = (self.text, self.role or ("strong" if self.sub else "body"), self.tone)
        return (first, (self.sub, "caption", "muted")) if self.sub else (first,)


class FactRow(QLabel):
    """One fact. It paints itself: a page of rows made of labels takes many times as long to open.

    The words are its text too, for those who read it and for the checks of a screen.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self._fact = Fact("", "")
        self._pressed_on: Hashable = None
        self._buttons: list[IconButton] = []
        self._words: list[Paragraph] = []
        self._heights: dict[int, int] = {}
        self._taken = self._marks_height = 0

    def show_fact(self, fact: Fact) -> None:
        """Show another fact."""
        before, self._fact = self._fact, fact
        if fact == before:
            return
        self._measure()
        self.setText("\n".join(text for text, _role, _tone in fact.lines))
        self.setAccessibleName(fact.spoken)
        self.setAccessibleDescription(fact.trend.summary() if fact.trend else "")
        self.setToolTip(self.accessibleDescription())
        self._show_actions(fact.actions)

    def _show_actions(self, actions: Sequence[FactAction]) -> None:
        while len(self._buttons) < len(actions):
            self._add_button(len(self._buttons))
        for button in self._buttons[len(actions) :]:
            button.hide()
        for button, action in zip(self._buttons, actions, strict=False):
            button.set_action(action.icon, action.name)
            button.show()

    def _add_button(self, place: int) -> None:
        row = self.layout()
        if row is None:
            row = QHBoxLayout(self)
            row.setContentsMargins(0, SPACE_1, 0, SPACE_1)
            row.setSpacing(SPACE_2)
            row.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        button = IconButton("", "", parent=self)
        button.pressed.connect(self._press)
        button.clicked.connect(lambda: self._act(place))
        self._buttons.append(button)
        row.addWidget(button)

    def _press(self) -> None:
        self._pressed_on = self._fact.key

    def _act(self, place: int) -> None:
        # Not on a fact that came into the row while the button was held down.
        if self._pressed_on == self._fact.key:
            self._fact.actions[place].run()

    # -- room ---------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """As narrow as it can be; its list knows how wide it should be."""
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        """As wide as the widest word."""
        width = max((each.least for each in self._words), default=0)
        return QSize(width + self._taken, self._marks_height)

    def hasHeightForWidth(self) -> bool:
        """Words wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """What the words need at that width, or the marks beside them."""
        if width not in self._heights:
            words = sum(each.height(width - self._taken) for each in self._words)
            self._heights[width] = max(words + 2 * SPACE_1, self._marks_height)
        return self._heights[width]

    def _measure(self) -> None:
        """The fact, the size of the text or the direction of the window is another."""
        rtl = self._is_rtl()
        self._words = [
            paragraph(directed(text, rtl=rtl), role, rtl=rtl)
            for text, role, _tone in self._fact.lines
        ]
        self._heights = {}
        marks = self._marks()
        self._taken = sum(size.width() + SPACE_2 for size in marks)
        self._marks_height = max((size.height() for size in marks), default=0) + 2 * SPACE_1
        self.updateGeometry()

    def _marks(self) -> list[QSize]:
        """The sizes of what stands behind the words: trend, pill, buttons."""
        fact, side = self._fact, look().control_height
        trend = [sparkline_size()] if fact.trend else []
        pill = [pill_size(fact.pill)] if fact.pill else []
        return [*trend, *pill, *(QSize(side, side) for _action in fact.actions)]

    # -- looks --------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size and the side of the window where words begin."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.LayoutDirectionChange):
            self._measure()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the words, then the marks at the trailing edge."""
        painter = QPainter(self)
        left = self._paint_words(painter) + SPACE_2
        trend, pill = self._fact.trend, self._fact.pill
        if trend is not None:
            box = self._box(left, sparkline_size())
            paint_sparkline(painter, QRectF(box), trend)
            left += box.width() + SPACE_2
        if pill is not None:
            paint_pill(painter, self._box(left, pill_size(pill)), pill, self.layoutDirection())
        painter.end()

    def _box(self, left: int, size: QSize) -> QRect:
        """A box at ``left`` in the middle of the height, mirrored with the window."""
        box = QRect(left, (self.height() - size.height()) // 2, size.width(), size.height())
        return QStyle.visualRect(self.layoutDirection(), self.rect(), box)

    def _paint_words(self, painter: QPainter) -> int:
        """Draw the lines; returns where they end."""
        width = self.width() - self._taken
        heights = [each.height(width) for each in self._words]
        box = self._box(0, QSize(width, sum(heights)))
        top = box.top()
        for words, height, (_text, _role, tone) in zip(
            self._words, heights, self._fact.lines, strict=True
        ):
            painter.setPen(look().color(_COLORS.get(tone, tone)))
            words.draw(painter, box.left(), top, width)
            top += height
        return width

    def _is_rtl(self) -> bool:
        return self.layoutDirection() == Qt.LayoutDirection.RightToLeft


class FactList(QWidget):
    """Facts below each other; with none, a muted sentence.

    It places its rows itself: each always has the height it needs, also while the layouts around
    are still making room.
    """

    def __init__(self, empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty = empty
        self.facts: tuple[Fact, ...] = ()
        self._rows: list[FactRow] = []
        self._none = Label(empty, "body", "muted", wrap=True, parent=self)
        self._heights: dict[int, int] = {}
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_facts(self, facts: Sequence[Fact], empty: str = "") -> None:
        """Show these; ``empty`` replaces the sentence for none."""
        self.facts = tuple(facts)
        self._none.setText(empty or self._empty)
        self._none.setVisible(not self.facts)
        while len(self._rows) < len(self.facts):
            self._rows.append(FactRow(self))
        for row, fact in zip(self._rows, self.facts, strict=False):
            row.show_fact(fact)
        for place, row in enumerate(self._rows):
            row.setVisible(place < len(self.facts))
        self._arrange()
        QCoreApplication.removePostedEvents(self, QEvent.Type.LayoutRequest)  # of the rows
        settle_tab_order(self)

    def _shown(self) -> Sequence[QLabel]:
        return self._rows[: len(self.facts)] or (self._none,)

    def _arrange(self) -> None:
        """Measure again and put each row in its place."""
        self._heights = {}
        self.updateGeometry()
        self._place()

    def _place(self) -> None:
        top = 0
        for each in self._shown():
            height = each.heightForWidth(self.width())
            each.setGeometry(0, top, self.width(), height)
            top += height

    def sizeHint(self) -> QSize:
        """Wide enough for a few words, and as high as it is: the height follows the width."""
        width = look().metrics().averageCharWidth() * _LETTERS
        return QSize(width, self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        """As wide as its widest word."""
        width = max(each.minimumSizeHint().width() for each in self._shown())
        return QSize(width, 0)

    def heightForWidth(self, width: int) -> int:
        """The height of all rows at that width."""
        if width not in self._heights:
            self._heights[width] = sum(each.heightForWidth(width) for each in self._shown())
        return self._heights[width]

    def event(self, event: QEvent) -> bool:
        """A row, or the size of the text, has changed."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.StyleChange):
            self._arrange()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap the words anew."""
        super().resizeEvent(event)
        before, now = event.oldSize().width(), event.size().width()
        if before != now:
            self._place()
            if self.heightForWidth(before) != self.heightForWidth(now):
                self.updateGeometry()  # the wish was that of the other width
