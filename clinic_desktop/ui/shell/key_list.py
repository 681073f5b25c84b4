"""F1: what the keys do on this screen and everywhere."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QVBoxLayout

from clinic_desktop.i18n import _
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import DrawerForm
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_4
from clinic_desktop.ui.widgets.label import Label


class KeyList(DrawerForm):
    """Actions that have a key, by section."""

    def __init__(self, actions: tuple[Action, ...]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_2)
        sections: dict[str, list[Action]] = {}
        for action in actions:
            if action.shortcut:
                sections.setdefault(action.section or _("This screen"), []).append(action)
        for section, members in sections.items():
            column.addWidget(Label(section, "title"))
            grid = QGridLayout()
            grid.setHorizontalSpacing(SPACE_4)
            grid.setColumnStretch(0, 1)
            for row, action in enumerate(members):
                grid.addWidget(Label(action.title, wrap=True), row, 0)
                keys = QKeySequence(action.shortcut).toString(
                    QKeySequence.SequenceFormat.NativeText
                )
                grid.addWidget(Label(keys, "strong"), row, 1, Qt.AlignmentFlag.AlignTrailing)
            column.addLayout(grid)
        column.addStretch(1)
