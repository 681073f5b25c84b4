"""Short lists of facts inside a card: two lines, a pill, and what can be done with each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2
from clinic_desktop.ui.widgets.buttons import IconButton
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.overlay import settle_tab_order
from clinic_desktop.ui.widgets.pill import Pill, PillSpec


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
    extra: QWidget | None = None
    """A drawing at the trailing edge."""

    @property
    def spoken(self) -> str:
        """The fact in one sentence."""
        words = (self.text, self.sub, self.pill.text if self.pill else "")
        return ", ".join(filter(None, words))


def _role(fact: Fact) -> str:
    return fact.role or ("strong" if fact.sub else "body")


class FactRow(QFrame):
    """One fact."""

    def __init__(self, fact: Fact, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fact = fact
        self.setAccessibleName(fact.spoken)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(fact.text, _role(fact), fact.tone, wrap=True))
        if fact.sub:
            words.addWidget(Label(fact.sub, "caption", "muted", wrap=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE_1, 0, SPACE_1)
        row.setSpacing(SPACE_2)
        row.addLayout(words, 1)
        if fact.extra is not None:
            row.addWidget(fact.extra, 0, Qt.AlignmentFlag.AlignVCenter)
        if fact.pill is not None:
            row.addWidget(Pill(fact.pill), 0, Qt.AlignmentFlag.AlignVCenter)
        for action in fact.actions:
            button = IconButton(action.icon, action.name)
            button.clicked.connect(lambda _on=False, run=action.run: run())
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)


class FactList(QWidget):
    """Facts below each other; with none, a muted sentence."""

    def __init__(self, empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty = empty
        self.facts: tuple[Fact, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.show_facts(())

    def show_facts(self, facts: Sequence[Fact], empty: str = "") -> None:
        """Show these; ``empty`` replaces the sentence for none."""
        self.facts = tuple(facts)
        while (item := self._column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for fact in self.facts:
            self._column.addWidget(FactRow(fact))
        if not self.facts:
            self._column.addWidget(Label(empty or self._empty, "body", "muted", wrap=True))
        settle_tab_order(self)
