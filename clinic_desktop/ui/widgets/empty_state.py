"""What a list or screen shows when it has nothing to show."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.icon_mark import IconMark
from clinic_desktop.ui.widgets.label import Label


class EmptyState(QWidget):
    """Icon, one sentence, a smaller explanation, and the next action."""

    acted = Signal()

    def __init__(
        self,
        icon: str,
        sentence: str,
        explanation: str = "",
        action: str = "",
        *,
        kind: str = "secondary",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._picture = IconMark(icon, "disabled", 40)
        self._sentence = Label(sentence, "title", wrap=True)
        self._explanation = Label(explanation, "body", "muted", wrap=True)
        self.button = Button(action, kind)
        self.button.clicked.connect(self.acted)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_3, SPACE_3, SPACE_3, SPACE_3)
        column.setSpacing(SPACE_2)
        column.addStretch(1)
        column.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (self._sentence, self._explanation):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        column.addSpacing(SPACE_3)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.set_words(icon, sentence, explanation, action)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the picture gives way to the words."""
        super().resizeEvent(event)
        words = (self._sentence, self._explanation, self.button)
        wanted = sum(each.sizeHint().height() for each in words if not each.isHidden())
        self._picture.setVisible(self.height() > wanted + 2 * self._picture.sizeHint().height())

    def set_words(self, icon: str, sentence: str, explanation: str = "", action: str = "") -> None:
        """Say something else."""
        self._picture.set_icon(icon, "disabled")
        self._sentence.setText(sentence)
        self._explanation.setText(explanation)
        self._explanation.setVisible(bool(explanation))
        self.button.set_text(action)
        self.button.setVisible(bool(action))
        self.setAccessibleName(sentence)
