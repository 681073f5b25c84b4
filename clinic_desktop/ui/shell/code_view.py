"""What somebody sees whose practice wants a code besides the password, and who has none yet."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout

from clinic_desktop.clinic import Clinic
from clinic_desktop.i18n import _
from clinic_desktop.ui.core.tasks import Tasks
from clinic_desktop.ui.setup.code_panel import CodePanel
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.page import NarrowPage

_WIDTH = 620


class CodeView(NarrowPage):
    """``switched_on`` leads to the desk, ``left`` back to the lock screen."""

    switched_on = Signal()
    left = Signal()

    def __init__(self, opened: Clinic) -> None:
        super().__init__(_WIDTH)
        self.column.setStretch(0, 0)  # it is long: from the top, the field is in sight
        self.setObjectName("code-wanted")
        self.setProperty("role", "page")
        self._tasks = Tasks(opened.store, opened.actor, self)
        self.panel = CodePanel(opened, self._tasks)
        self.panel.switched_on.connect(self.switched_on)
        self.go_on = Button(_("Ask for a code from now on"), "primary")
        self.go_on.setObjectName("code-wanted.go-on")
        self.go_on.clicked.connect(self.panel.submit)
        self.panel.code.returnPressed.connect(self.panel.submit)
        leave = Button(_("Lock"), "ghost")
        leave.setObjectName("code-wanted.leave")
        leave.clicked.connect(self.left)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_2)
        buttons.addWidget(self.go_on)
        buttons.addWidget(leave)
        buttons.addStretch(1)
        sentence = _("Everybody with your role is asked for one, from now on when the record is "
                     "opened.")  # fmt: skip
        title = Label(_("Your practice asks for a code from your phone"), "page", wrap=True)
        self.inside.addWidget(title)
        self.inside.addWidget(Label(sentence, tone="muted", wrap=True))
        self.inside.addWidget(self.panel)
        self.inside.addLayout(buttons)

    def showEvent(self, event: QShowEvent) -> None:
        """The keys begin at the code."""
        super().showEvent(event)
        self.panel.code.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is delivered any more to a page that nobody sees."""
        super().hideEvent(event)
        self._tasks.close()
