"""Short lists of facts inside a card: two lines, a pill, and what can be done with each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QStyle,
    QWidget,
)

from clinic_desktop.ui.theme.look import look
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
        self._buttons: list[IconButton] = []
        self._sizes: dict[int, list[QSize]] = {}

    def show_fact(self, fact: Fact) -> None:
        """Show another fact."""
        before, self._fact = self._fact, fact
        if fact == before:
            return
        self._sizes = {}
        self.setText("\n".join(text for text, _role, _tone in fact.lines))
        self.setAccessibleName(fact.spoken)
        self.setAccessibleDescription(fact.trend.summary() if fact.trend else "")
        self.setToolTip(self.accessibleDescription())
        names = [action.name for action in fact.actions]
        if fact.key != before.key or names != [action.name for action in before.actions]:
            self._show_actions(fact.actions)

    def _show_actions(self, actions: Sequence[FactAction]) -> None:
        # Never the button of another fact: a key held down on it would act on the wrong one.
        for old in self._buttons:
            old.hide()
            old.deleteLater()
        self._buttons = [IconButton(action.icon, action.name, parent=self) for action in actions]
        for place, button in enumerate(self._buttons):
            button.clicked.connect(lambda _on=False, place=place: self._act(place))
            self._row().addWidget(button)

    def _row(self) -> QLayout:
        row = self.layout()
        if row is None:
            row = QHBoxLayout(self)
            row.setContentsMargins(0, SPACE_1, 0, SPACE_1)
            row.setSpacing(SPACE_2)
            row.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        return row

    def _act(self, place: int) -> None:
        self._fact.actions[place].run()

    # -- room ---------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """As narrow as it can be; its list knows how wide it should be."""
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        """As wide as the widest word."""
        width = max(size.width() for size in self._lines(0))
        return QSize(width + self._taken(), self._marks_height())

    def hasHeightForWidth(self) -> bool:
        """Words wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """What the words need at that width, or the marks beside them."""
        words = sum(size.height() for size in self._lines(width - self._taken()))
        return max(words + 2 * SPACE_1, self._marks_height())

    def _lines(self, width: int) -> list[QSize]:
        """The room of each line wrapped into ``width``; for 0, at each space."""
        if width not in self._sizes:
            self._sizes[width] = [
                _wrapped(text, role, width) for text, role, _tone in self._fact.lines
            ]
        return self._sizes[width]

    def _marks(self) -> list[QSize]:
        """The sizes of what stands behind the words: trend, pill, buttons."""
        fact, side = self._fact, look().control_height
        trend = [sparkline_size()] if fact.trend else []
        pill = [pill_size(fact.pill)] if fact.pill else []
        return [*trend, *pill, *(QSize(side, side) for _action in fact.actions)]

    def _taken(self) -> int:
        return sum(size.width() + SPACE_2 for size in self._marks())

    def _marks_height(self) -> int:
        return max((size.height() for size in self._marks()), default=0) + 2 * SPACE_1

    # -- looks --------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._sizes = {}
            self.updateGeometry()

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

    def _box(self, left: int, size: QSize, top: int | None = None) -> QRect:
        """A box at ``left``, mirrored with the window; without ``top`` in the middle."""
        if top is None:
            top = (self.height() - size.height()) // 2
        box = QRect(left, top, size.width(), size.height())
        return QStyle.visualRect(self.layoutDirection(), self.rect(), box)

    def _paint_words(self, painter: QPainter) -> int:
        """Draw the lines; returns where they end."""
        width = self.width() - self._taken()
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.TextFlag.TextWordWrap
        # Each text runs by its own letters; where it stands is the window's matter.
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        sizes = self._lines(width)
        top = (self.height() - sum(size.height() for size in sizes)) // 2
        for (text, role, tone), size in zip(self._fact.lines, sizes, strict=True):
            box = self._box(0, QSize(width, size.height()), top)
            painter.setFont(look().font(role))
            painter.setPen(look().color(_COLORS.get(tone, tone)))
            painter.drawText(box, flags, directed(text, rtl=rtl))
            top += size.height()
        return width


def _wrapped(text: str, role: str, width: int) -> QSize:
    box = QRect(0, 0, width, 0)
    return look().metrics(role).boundingRect(box, Qt.TextFlag.TextWordWrap, text).size()


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
        for spare in self._rows[len(self.facts) :]:
            spare.hide()
            spare.deleteLater()
        del self._rows[len(self.facts) :]
        for place, fact in enumerate(self.facts):
            if place == len(self._rows):
                self._rows.append(FactRow(self))
                self._rows[place].show()
            self._rows[place].show_fact(fact)
        self._arrange()
        settle_tab_order(self)

    def _shown(self) -> Sequence[QLabel]:
        return self._rows or (self._none,)

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
        """Wide enough for a few words."""
        width = look().metrics().averageCharWidth() * _LETTERS
        return QSize(width, self.heightForWidth(width))

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
        self._place()
