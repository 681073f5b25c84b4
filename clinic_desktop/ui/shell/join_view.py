"""An empty PC becomes one of the practice's: the code of the invitation, six digits, the record."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError, NotFoundError, StoppedError, ValidationError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.joining import Joining
from clinic_desktop.sync.enrolment import Invitation
from clinic_desktop.ui.core.exchange_words import received_words
from clinic_desktop.ui.core.server_address import typed_address
from clinic_desktop.ui.setup.password_fields import NewPassword
from clinic_desktop.ui.shell.entry_page import EntryPage
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.file_field import FileField
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel

_WIDTH = 620
_AT = "@"


class JoinView(EntryPage):
    """Before the PC is let in nothing is kept here; what came after that is gone on with."""

    join_requested = Signal(object)
    """A ``Joining``."""
    stick_wanted = Signal()
    """No line goes anywhere."""

    def __init__(self, begun_by: str = "") -> None:
        """``begun_by``: who began to join here, where that was broken off."""
        super().__init__(_WIDTH)
        self._begun_by = begun_by
        self.setObjectName("join")
        self.setProperty("role", "page")
        self.code, self.server = _left_to_right("join.code"), _left_to_right("join.server")
        self.file, self.login = FileField("join.certificate", _("Certificate")), QLineEdit()
        self.login.setObjectName("join.login")
        self.password = NewPassword()
        self.form = self._make_form()
        self.notice = Notice(Tone.DANGER, "")
        self.notice.hide()
        self.digits = Label("", "page", tabular=True)
        self.digits.setObjectName("join.digits")
        self.compare = self._make_compare()
        self.progress = ProgressPanel(_("Asking the server…"))
        self.progress.hide()
        self._build()
        if begun_by:
            self._offer_to_go_on()

    def _offer_to_go_on(self) -> None:
        """What has come is here: the password is enough."""
        self.login.setText(self._begun_by)
        self.notice.set_words(
            Tone.INFO, _("Joining was begun here, and broken off."),
            _("Type the password that was chosen: it goes on where it was, without a code. Or type "
              "the code of a new invitation, and it begins anew."),
        )  # fmt: skip
        self.notice.show()

    def _make_form(self) -> Form:
        form = Form()
        self._code_row = form.add(
            _("Code of the invitation"), self.code, required=True,
            hint=_("An owner finds it at a PC of the practice: Settings, Other PCs, “Let another "
                   "PC join”. A scanner may read the square code."),
        )  # fmt: skip
        self._server_row = form.add(
            _("Address of the server"), self.server, required=True,
            hint=_("It stands below the code, and comes with it when both are pasted."),
        )  # fmt: skip
        self._file_row = form.add(
            _("Certificate"), self.file,
            hint=_("Only for a server of your own that no public authority vouches for."),
        )  # fmt: skip
        self._login_row = form.add(
            _("Sign-in name"), self.login, required=True,
            hint=_("Of the owner who made the invitation, and who signs in here first."),
        )  # fmt: skip
        self.code.textEdited.connect(self._on_code)
        for edit, row in ((self.server, self._server_row), (self.login, self._login_row)):
            edit.textEdited.connect(lambda _text, row=row: row.set_error(""))
        self.file.changed.connect(lambda: self._file_row.set_error(""))
        return form

    def _make_compare(self) -> Card:
        card = Card(_("Type these digits at the other PC"))
        words = _("The owner types them where the code is shown. If that PC says that they are "
                  "not the same, somebody else answered the invitation: stop, and make a new "
                  "one.")  # fmt: skip
        card.add(self.digits)
        card.add(Label(words, tone="muted", wrap=True))
        card.hide()
        return card

    def _build(self) -> None:
        self.back = Button(_("Back"))
        self.back.setObjectName("join.back")
        self.back.clicked.connect(self.left.emit)
        self.join = Button(_("Join"), "primary", shortcut="Ctrl+Return")
        self.join.setObjectName("join.join")
        self.join.clicked.connect(self.submit)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_2)
        buttons.addWidget(self.back)
        self.stick = Button(_("Join by a stick…"))
        self.stick.setObjectName("join.stick")
        self.stick.clicked.connect(self.stick_wanted.emit)
        buttons.addWidget(self.stick)
        buttons.addStretch(1)
        buttons.addWidget(self.join)
        sentence = _("This PC gets the whole record from the practice's server and then works "
                     "alone like every other. The password is the one for this PC.")  # fmt: skip
        self.inside.addWidget(Label(_("Join a practice"), "page", wrap=True))
        self.inside.addWidget(Label(sentence, tone="muted", wrap=True))
        self._fields = QWidget()
        fields = QVBoxLayout(self._fields)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(SPACE_3)
        fields.addWidget(self.form)
        fields.addWidget(self.password)
        for widget in (self._fields, self.notice, self.compare, self.progress):
            self.inside.addWidget(widget)
        self.inside.addLayout(buttons)

    # ------------------------------------------------------------ typing

    def _on_code(self, text: str) -> None:
        """A code brings its server along."""
        self._code_row.set_error("")
        code, at, server = text.partition(_AT)
        if at:
            self.code.setText(code.strip())
            self.server.setText(server.strip())
            self._server_row.set_error("")

    def first_field(self) -> QWidget:
        """The code."""
        return self.code

    # ------------------------------------------------------------ on the way

    def submit(self) -> None:
        """Ask once everything is typed."""
        if self.progress.isVisible():
            return
        try:
            wanted = self._wanted()
        except ValidationError as error:
            self._show_at_field(error)
            return
        if self.password.show_error():
            self._set_busy(True)
            self.progress.start(_("Asking the server…"))
            self.join_requested.emit(wanted)

    def _wanted(self) -> Joining:
        """What is typed.

        Raises:
            ValidationError: a field says what is wrong with it.
        """
        typed = self.password.password.text()
        if self._begun_by and not self.code.text().strip():
            return Joining(None, "", self._begun_by, typed)
        Invitation.read(self.code.text())
        if not self.login.text().strip():
            raise ValidationError("user", _("Type the sign-in name of an owner."))
        address = typed_address(self.server.text(), self.file.text())
        return Joining(address, self.code.text(), self.login.text().strip(), typed)

    def show_digits(self, digits: str) -> None:
        """What the owner is to type at the other PC."""
        self.digits.setText(isolate(f"{digits[:3]} {digits[3:]}"))
        self.compare.show()
        self.progress.start(_("Waiting for the other PC…"))
        announce(self.digits, " ".join(digits))

    def show_step(self, received: int, size: int) -> None:
        """How much has come."""
        self.compare.hide()
        self.progress.set_title(_("Fetching the record…"))
        self.progress.set_progress(0, 0, received_words(received, size))

    def refuse(self, error: ClinicError) -> None:
        """Say why not; everything typed is still there."""
        self._set_busy(False)
        if isinstance(error, ValidationError | NotFoundError):
            self._show_at_field(error)
        else:
            tone = Tone.WARN if isinstance(error, StoppedError) else Tone.DANGER
            self.notice.set_words(tone, error.message, f"{error.kept} {error.hint}".strip())
            self.notice.show()
            self.notice.say()

    def _show_at_field(self, error: ClinicError) -> None:
        field = error.field if isinstance(error, ValidationError) else "code"
        rows = {"server": self._server_row, "ca": self._file_row, "authority": self._file_row}
        row = {**rows, "user": self._login_row}.get(field, self._code_row)
        row.set_error(f"{error.message} {error.hint}".strip())
        row.field.setFocus()

    def _set_busy(self, busy: bool) -> None:
        self._fields.setVisible(not busy)
        for widget in (self.join, self.back, self.stick):
            widget.setEnabled(not busy)
        self.progress.setVisible(busy)
        self.compare.hide()
        self.notice.hide()


def _left_to_right(name: str) -> QLineEdit:
    """For what is not words in any language."""
    edit = QLineEdit()
    edit.setObjectName(name)
    edit.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    return edit
