"""An answer that the palette found, in a drawer."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout

from clinic_desktop.ui.core.context import DrawerForm
from clinic_desktop.ui.shell.palette_topics import HelpTopic
from clinic_desktop.ui.theme.tokens import SPACE_3
from clinic_desktop.ui.widgets.label import Label


class HelpView(DrawerForm):
    """An answer."""

    def __init__(self, topic: HelpTopic) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        for number, step in enumerate(topic.steps, 1):
            column.addWidget(Label(f"{number}. {step}", wrap=True))
        column.addStretch(1)
