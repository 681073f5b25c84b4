"""An empty PC becomes one of the practice's without any line: a request out, an answer back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError, ValidationError, WrongPasswordError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.stick_joining import Asking
from clinic_desktop.sync.bundle import SUFFIX
from clinic_desktop.sync.enrolment import REQUEST_SUFFIX
from clinic_desktop.ui.setup.password_fields import NewPassword
from clinic_desktop.ui.shell.entry_page import EntryPage
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.password_edit import PasswordEdit
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel
from clinic_desktop.ui.widgets.qr_code import QrCode

_WIDTH = 620


class StickJoinView(EntryPage):
    """First the request; then, today or in a week, the answer. ``asked_as`` wrote one before."""

    ask_requested = Signal(object, object)
    """An ``Asking``, and the ``Path`` for the request."""
    answer_requested = Signal(object, object)
    """The same with the ``Path`` of the answer."""

    def __init__(self, asked_as: str = "") -> None:
        super().__init__(_WIDTH)
        self.setObjectName("stick-join")
        self.setProperty("role", "page")
        self.login = QLineEdit(asked_as)
        self.login.setObjectName("stick-join.login")
        self.new_password = NewPassword()
        self.password = PasswordEdit(_("Password"))
        self.password.setObjectName("stick-join.password")
        self.notice = Notice(Tone.DANGER, "")
        self.notice.hide()
        self.progress = ProgressPanel("")
        self.progress.cancel.hide()
        self.progress.hide()
        self.code = Card(_("Code of this PC"))
        self.code.setObjectName("stick-join.code")
        self.code.hide()
        self.shown_code = ""
        self._asks, self._answers = QWidget(), QWidget()
        self._build(asked_as)
        self._turn(waits=bool(asked_as))

    def _build(self, asked_as: str) -> None:
        self.inside.addWidget(Label(_("Join a practice by a stick"), "page", wrap=True))
        self._build_asks()
        self._build_answers(asked_as)
        for part in (self._asks, self.code, self._answers, self.notice, self.progress):
            self.inside.addWidget(part)
        self.back = Button(_("Back"))
        self.back.setObjectName("stick-join.back")
        self.back.clicked.connect(self.left.emit)
        self.again = Button(_("Write a new request"))
        self.again.clicked.connect(lambda: self._turn(waits=False))
        self.go_on = Button("", "primary", shortcut="Ctrl+Return")
        self.go_on.setObjectName("stick-join.go-on")
        self.go_on.clicked.connect(self.submit)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_2)
        for button in (self.back, self.again):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.go_on)
        self.inside.addLayout(buttons)

    def _build_asks(self) -> None:
        words = _("For places without a network. This PC writes a request to a stick and shows "
                  "a code. At a PC of the practice an owner takes both in, and writes everything "
                  "this PC needs to the stick.")  # fmt: skip
        form = Form()
        self._login_row = form.add(
            _("Sign-in name"), self.login, required=True,
            hint=_("Of the owner who will let this PC in, and who signs in here first."),
        )  # fmt: skip
        self.login.textEdited.connect(lambda: self._login_row.set_error(""))
        column = _column(self._asks)
        for part in (Label(words, tone="muted", wrap=True), form, self.new_password):
            column.addWidget(part)

    def _build_answers(self, asked_as: str) -> None:
        words = _("Take the stick back here when the owner has written the answer. The code and "
                  "this page may be closed until then.")  # fmt: skip
        if asked_as:
            words = _("This PC has written a request for {login}. When the owner has taken it in, "
                      "the answer on the stick holds the record and the documents it has room "
                      "for.").format(
                          login=isolate(asked_as))  # fmt: skip
        self._password_form = Form()
        self._password_row = self._password_form.add(
            _("Password"), self.password, required=True,
            hint=_("The one that was chosen here with the request."),
        )  # fmt: skip
        self.password.textEdited.connect(lambda: self._password_row.set_error(""))
        column = _column(self._answers)
        for part in (Label(words, tone="muted", wrap=True), self._password_form):
            column.addWidget(part)

    def _turn(self, *, waits: bool) -> None:
        """Show the request, or what waits for the answer."""
        self._waits = waits
        self._asks.setVisible(not waits)
        self._answers.setVisible(waits)
        self.again.setVisible(waits)
        self.notice.hide()
        words = _("Read the answer from the stick…") if waits else _("Write the request…")
        self.go_on.set_text(words)
        if self.isVisible():
            self.first_field().setFocus(Qt.FocusReason.OtherFocusReason)

    def first_field(self) -> QWidget:
        """A name, or the password of the request."""
        if not self._waits:
            return self.login
        return self.password if self._password_form.isVisible() else self.go_on

    # ------------------------------------------------------------ what a person does

    def submit(self) -> None:
        """Ask for the file once everything is typed."""
        if self.progress.isVisible():
            return
        if self._waits:
            if not self._password():
                self._password_row.set_error(_("Type the password."))
                self.password.setFocus()
                return
            kinds = _("Files") + f" (*{SUFFIX})"
            dialog = QFileDialog(self, _("Read the answer from the stick"), "", kinds)
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.fileSelected.connect(self.read_from)
        elif not self.login.text().strip():
            self._login_row.set_error(_("Type the sign-in name of an owner."))
            self.login.setFocus()
            return
        elif not self.new_password.show_error():
            return
        else:
            dialog = QFileDialog(self, _("Write the request"))
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(REQUEST_SUFFIX.lstrip("."))
            dialog.selectFile(f"clinic{REQUEST_SUFFIX}")
            dialog.fileSelected.connect(self.write_to)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _password(self) -> str:
        """The one just chosen, or typed again later."""
        return self.new_password.password.text() or self.password.text()

    def _asking(self) -> Asking:
        return Asking(self.login.text().strip(), self._password())

    def write_to(self, name: str) -> None:
        """Write the request there."""
        self._set_busy(_("Writing and reading back…"))
        self.ask_requested.emit(self._asking(), Path(name))

    def read_from(self, name: str) -> None:
        """Take the answer."""
        self._set_busy(_("Taking the record from the stick…"))
        self.answer_requested.emit(self._asking(), Path(name))

    # ------------------------------------------------------------ what came of it

    def show_code(self, code: str) -> None:
        """The request is on the stick; this code goes another way."""
        self._set_busy("")
        self.login.setEnabled(False)
        words = _("The owner types it at a PC of the practice: Settings, Other PCs, “Let a PC join "
                  "by a stick”. Write it down, or photograph the square. It is not on the stick, "
                  "and must not travel with it: who has both could take this PC’s "
                  "place.")  # fmt: skip
        self.shown_code = code
        shown = Label(isolate(code), "title", tabular=True, wrap=True)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for part in (shown, QrCode(code, _("QR code of this PC"))):
            self.code.add(part)
        self.code.add(Label(words, tone="muted", wrap=True))
        self.code.show()
        self._password_form.hide()
        self.again.hide()
        self._turn(waits=True)
        self.again.hide()
        announce(shown, code)

    def refuse(self, error: ClinicError) -> None:
        """Say why not; everything typed is still there."""
        self._set_busy("")
        if isinstance(error, WrongPasswordError) and self._password_form.isVisible():
            self._password_row.set_error(f"{error.message} {error.hint}".strip())
            self.password.setFocus()
        elif isinstance(error, ValidationError) and not self._waits:
            self._login_row.set_error(f"{error.message} {error.hint}".strip())
        else:
            self.notice.set_words(Tone.DANGER, error.message, f"{error.kept} {error.hint}".strip())
            self.notice.show()
            self.notice.say()

    def _set_busy(self, words: str) -> None:
        if words:
            self.progress.start(words)
        self.notice.hide()
        self.progress.setVisible(bool(words))
        for widget in (self._asks, self._answers, self.back, self.again, self.go_on):
            widget.setEnabled(not words)


def _column(inside: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(SPACE_3)
    return column
