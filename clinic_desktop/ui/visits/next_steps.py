"""After signing: what comes next, the likeliest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.focus_chain import preceding
from clinic_desktop.ui.widgets.icon_mark import IconMark
from clinic_desktop.ui.widgets.label import Label


@dataclass(frozen=True)
class Step:
    """One thing to do next."""

    name: str
    title: str
    icon: str
    run: Callable[[], None]


class NextSteps(QWidget):
    """A row of buttons, or two rows where they are long; the first is the primary one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.steps: tuple[Step, ...] = ()
        self._buttons: list[Button] = []
        self._row = FlowLayout(self, gap=SPACE_2, line_gap=SPACE_2)
        said = QWidget()
        words = QHBoxLayout(said)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(SPACE_2)
        words.addWidget(IconMark(Icon.OK, "ok"))
        words.addWidget(Label(_("Signed."), "strong", "ok"))
        self._row.addWidget(said)

    def set_steps(self, steps: Sequence[Step]) -> None:
        """Offer these."""
        self.steps = tuple(steps)
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons.clear()
        for place, step in enumerate(self.steps):
            button = Button(step.title, "primary" if place == 0 else "secondary", step.icon)
            button.setObjectName(step.name)
            button.clicked.connect(lambda _on=False, run=step.run: run())
            self._row.addWidget(button)
            self.setTabOrder(self._buttons[-1] if self._buttons else self._before(), button)
            self._buttons.append(button)

    def _before(self) -> QWidget:
        """What Tab comes from: the buttons are made after the rest of the page, and read before."""
        widget = preceding(self)
        while widget is not self and widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            widget = preceding(widget)
        return widget

    def run_first(self) -> None:
        """Ctrl+Enter."""
        if self.steps:
            self.steps[0].run()
