"""The way in with the recovery sheet: its key, an owner's name, a new password."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from clinic_desktop.errors import ClinicError, ValidationError, WrongPasswordError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.security.recovery_key import RecoveryKey, check_so_far, parse
from clinic_desktop.ui.setup.password_fields import NewPassword
from clinic_desktop.ui.shell.entry_page import EntryPage
from clinic_desktop.ui.theme.tokens import SPACE_2, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel

_WIDTH = 620


class RecoverView(EntryPage):
    """Nothing is changed before the sheet was found to open this record."""

    recover_requested = Signal(object, str, str)
    """The ``RecoveryKey``, login and new password."""

    def __init__(self, login: str = "") -> None:
        super().__init__(_WIDTH)
        self.setObjectName("recover")
        self.setProperty("role", "page")
        self.key, self.login = QLineEdit(), QLineEdit(login)
        self.key.setObjectName("recover.key")
        self.key.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.key.textEdited.connect(self._on_typed)
        self.login.setObjectName("recover.login")
        self.form = Form()
        self._add_first_rows()
        self._key_row = self.form.add(
            _("Recovery key"), self.key, required=True,
            hint=_("The eight groups in their order; capitals, spaces and dashes do not matter. A "
                   "scanner may read the square code."),
        )  # fmt: skip
        self._login_row = self.form.add(
            _("Sign-in name"), self.login, required=True, hint=_("Of an owner of the practice.")
        )
        self.login.textEdited.connect(lambda: self._login_row.set_error(""))
        self.password = NewPassword()
        self.notice = Notice(Tone.DANGER, "")
        self.notice.hide()
        self.progress = ProgressPanel(_("Opening the record…"))
        self.progress.cancel.hide()
        self.progress.hide()
        self._build()

    def _build(self) -> None:
        self.back = Button(_("Back"))
        self.back.setObjectName("recover.back")
        self.back.clicked.connect(self.left.emit)
        title, sentence, verb = self._words()
        self.open = Button(verb, "primary", shortcut="Ctrl+Return")
        self.open.setObjectName("recover.open")
        self.open.clicked.connect(self.submit)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_2)
        buttons.addWidget(self.back)
        buttons.addStretch(1)
        buttons.addWidget(self.open)
        self.inside.addWidget(Label(title, "page", wrap=True))
        self.inside.addWidget(Label(sentence, tone="muted", wrap=True))
        for widget in (self.form, self.password, self.notice, self.progress):
            self.inside.addWidget(widget)
        self.inside.addLayout(buttons)

    def _words(self) -> tuple[str, str, str]:
        """Title, sentence, and what the button does."""
        sentence = _("Take the newest recovery sheet of the practice. It lets an owner in, who "
                     "gets a new password.")  # fmt: skip
        return _("Use the recovery sheet"), sentence, _("Open the record")

    def _add_first_rows(self) -> None:
        """What is asked for before the key."""

    def _ask(self, recovery: RecoveryKey, login: str, password: str) -> None:
        """Everything is typed."""
        self.recover_requested.emit(recovery, login, password)

    # ------------------------------------------------------------ typing

    def _on_typed(self, text: str) -> None:
        try:
            check_so_far(text)
        except ValidationError as error:
            self._key_row.set_error(str(error))
        else:
            self._key_row.set_error("")

    def first_field(self) -> QWidget:
        """The key."""
        return self.key

    # ------------------------------------------------------------ the way in

    def submit(self) -> None:
        """Ask for the record once everything is typed."""
        if self.progress.isVisible():
            return
        try:
            recovery = parse(self.key.text())
        except ValidationError as error:
            self._show_at_key(error)
            return
        if not self.login.text().strip():
            self._login_row.set_error(_("Type the sign-in name of an owner."))
            self.login.setFocus()
        elif self.password.show_error():
            self._set_busy(True)
            self._ask(recovery, self.login.text().strip(), self.password.value())

    def refuse(self, error: ClinicError) -> None:
        """Say why not, beside the field that it is about; everything typed is still there."""
        self._set_busy(False)
        if isinstance(error, WrongPasswordError):
            self._show_at_key(error)
        elif isinstance(error, ValidationError) and error.field == "login":
            self._login_row.set_error(str(error))
            self.login.setFocus()
        else:
            place = isolate(error.place) if error.place else ""
            words = " ".join(filter(None, (error.kept, error.hint, place)))
            self.notice.set_words(Tone.DANGER, error.message, words)
            self.notice.show()
            self.notice.say()
            self.open.setFocus()  # whoever was busy has lost it: keys would go nowhere
            self.bring_into_view(self.notice)

    def bring_into_view(self, part: QWidget) -> None:
        """Scroll there once it has its place: with large text it is below the window's end."""
        QTimer.singleShot(0, self, partial(self.ensureWidgetVisible, part))

    def _show_at_key(self, error: ClinicError) -> None:
        self._key_row.set_error(str(error))
        self.key.setFocus()

    def _set_busy(self, busy: bool) -> None:
        for widget in (self.form, self.password, self.open, self.back):
            widget.setEnabled(not busy)
        self.progress.setVisible(busy)
        self.notice.hide()
