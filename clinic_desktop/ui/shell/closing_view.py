"""What is shown while the day's backup is made before the window closes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate, ngettext
from clinic_desktop.services.backups.words import stage_words
from clinic_desktop.ui.theme.tokens import SPACE_2, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.page import NarrowPage
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel

_WIDTH = 560


class ClosingView(NarrowPage):
    """A backup takes seconds; nobody is made to wait for it."""

    leave_wanted = Signal()
    """Close without this backup."""
    back_wanted = Signal()
    """Do not close after all."""
    again_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(_WIDTH)
        self.setObjectName("closing")
        self.setProperty("role", "page")
        self.progress = ProgressPanel(_("Making a backup…"))
        self.progress.cancel.hide()
        self.notice = Notice(Tone.DANGER, "")
        self.notice.hide()
        self.leave = Button(_("Close without a backup"))
        self.leave.setObjectName("closing.leave")
        self.leave.clicked.connect(self.leave_wanted.emit)
        self.back = Button(_("Do not close"))
        self.back.clicked.connect(self.back_wanted.emit)
        self.again = Button(_("Try again"), "primary")
        self.again.clicked.connect(self.again_wanted.emit)
        self.again.hide()
        self._build()

    def _build(self) -> None:
        self._title = Label(_("The program closes after this backup"), "page", wrap=True)
        self.inside.addWidget(self._title)
        words = _("Everything is saved already. The backup holds what was written since the last.")
        self._words = Label(words, tone="muted", wrap=True)
        self.inside.addWidget(self._words)
        self.inside.addWidget(self.progress)
        self.sending = Label("", wrap=True)
        self.sending.hide()
        self.inside.addWidget(self.sending)
        self.inside.addWidget(self.notice)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_2)
        buttons.addWidget(self.back)
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        buttons.addWidget(self.again)
        self.inside.addLayout(buttons)

    def begin(self, *, backs_up: bool, to_send: int) -> None:
        """Say what is waited for."""
        self.progress.setVisible(backs_up)
        if not backs_up:
            self.saved()
        if to_send:
            words = ngettext(
                "Sending {n} change to the other PCs…", "Sending {n} changes to the other PCs…",
                to_send,
            )  # fmt: skip
            self.sending.setText(words.format(n=isolate(current().number(to_send))))
            self.sending.show()

    def saved(self) -> None:
        """The backup is made, or none is to be."""
        self.progress.hide()
        self._title.setText(_("The program closes in a moment"))
        self._words.setText(_("Everything is saved already on this PC."))
        self.leave.set_text(_("Close now"))

    def sent(self, left: int) -> None:
        """The last exchange is over."""
        if not left:
            self.sending.hide()

    def say_left(self, left: int, error: ClinicError | None) -> None:
        """What the other PCs do not have yet, and why."""
        self.sending.hide()
        words = ngettext(
            "{n} change is on this PC only.",
            "{n} changes are on this PC only.",
            left,
        )
        why = error.message if error is not None else ""
        after = _("Nothing is lost: it goes out when the program is opened here again.")
        title = words.format(n=isolate(current().number(left)))
        self.notice.set_words(Tone.WARN, title, f"{why} {after}".strip())
        self.notice.show()
        self.notice.say()

    def show_step(self, stage: str, done: int, total: int) -> None:
        """How far it is."""
        self.notice.hide()
        self.again.hide()
        self.progress.show()
        self.progress.set_progress(done, total, stage_words(stage))

    def refuse(self, error: ClinicError) -> None:
        """Why there is no backup of today; the person decides."""
        self.progress.hide()
        self.again.show()
        self.notice.set_words(Tone.DANGER, error.message, f"{error.kept} {error.hint}".strip())
        self.notice.show()
        self.notice.say()
        self.again.setFocus(Qt.FocusReason.OtherFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        """Enter must not close anything by itself."""
        super().showEvent(event)
        self.back.setFocus(Qt.FocusReason.OtherFocusReason)
