"""The drawers of the exchange: the server it goes through, and one more PC."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.hub import for_others
from clinic_desktop.i18n import _, isolate
from clinic_desktop.security.membership_entries import Device
from clinic_desktop.sync.client import Address
from clinic_desktop.sync.enrolment import Invitation
from clinic_desktop.sync.passes import Passed
from clinic_desktop.syncing import Syncing
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.server_address import typed_address
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.file_field import FileField
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel
from clinic_desktop.ui.widgets.qr_code import QrCode

AT = "@"
"""Between an invitation and the server where it is taken."""


class ExchangeForm(DrawerForm):
    """Words, fields, what is under way, and what went wrong."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._syncing = context.exchange.syncing
        self.notice = Notice(Tone.DANGER, "")
        self.notice.hide()
        self.progress = ProgressPanel("")
        self.progress.cancel.hide()
        self.progress.hide()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(SPACE_3)

    def _begin(self, words: str) -> None:
        self.notice.hide()
        self.progress.start(words)
        self.progress.show()

    def _refuse(self, error: ClinicError) -> None:
        self.progress.hide()
        self.notice.set_words(Tone.DANGER, error.message, f"{error.kept} {error.hint}".strip())
        self.notice.show()
        self.notice.say()


class ServerForm(ExchangeForm):
    """``used`` once everything of this PC is there; until then it works on as before."""

    used = Signal()

    def __init__(self, context: Context, used: Address | None = None) -> None:
        """``used`` is the server in use, to be looked at."""
        super().__init__(context)
        self.setObjectName("server-form")
        self._used = used
        self.url = QLineEdit(used.url if used else "")
        self.url.setObjectName("server.url")
        self.url.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.file = FileField("server.certificate", _("Certificate"))
        form = Form()
        self.row = form.add(
            _("Address of the server"), self.url, required=True,
            hint=_("As whoever runs it tells you. It begins with https://."),
        )  # fmt: skip
        self.file_row = form.add(
            _("Certificate"), self.file,
            hint=_("Only for a server of your own that no public authority vouches for."),
        )  # fmt: skip
        self.url.textEdited.connect(lambda: self.row.set_error(""))
        self.file.changed.connect(lambda: self.file_row.set_error(""))
        words = _("The server keeps what the PCs write for each other. It holds no key: whoever "
                  "runs it reads nothing, and sees only how many PCs there are, when they exchange "
                  "and how much.")  # fmt: skip
        self.draft = FieldDraft(context, "server", "", self, used.url if used else None)
        told = Label(words, tone="muted", wrap=True)
        for part in (told, self.draft.notice, form, self.progress, self.notice):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.setFocusProxy(self.url)
        self.draft.keep("url", self.url)
        self.draft.keep("certificate", self.file.edit)
        self.draft.begin()

    def may_close(self) -> bool:
        """What is typed is kept as a draft."""
        return self.draft.flush()

    def primary_text(self) -> str:
        """The verb."""
        return _("Use this server")

    def submit(self, print_too: bool) -> None:
        """Off the window's thread: the server is asked, and everything is sent."""
        if self.progress.isVisible():
            return
        self._begin(_("Sending what is here to the server…"))
        url, certificate = self.url.text().strip(), self.file.text()
        self._context.tasks.call(
            self, partial(_set_up, self._syncing, self._used), url, certificate,
            done=self._done, failed=self._failed,
        )  # fmt: skip

    def _done(self, _passed: Passed) -> None:
        self.draft.forget()
        self.used.emit()
        self.close_requested.emit()

    def _failed(self, error: ClinicError) -> None:
        if isinstance(error, ValidationError):
            self.progress.hide()
            row = self.row if error.field == "server" else self.file_row
            row.set_error(f"{error.message} {error.hint}".strip())
            row.field.setFocus()
        else:
            self._refuse(error)


def _set_up(syncing: Syncing, used: Address | None, url: str, certificate: str) -> Passed:
    """On a helper's thread; the server in use keeps its certificate unless another is given."""
    if used is not None and url == used.url and not certificate:
        return syncing.set_up(used)
    return syncing.set_up(typed_address(url, certificate))


class InviteForm(ExchangeForm):
    """``joined(name)`` once the PC that shows the digits typed here belongs to the practice.

    Closed before, it ends the invitation: nobody comes in by a code that was left lying about.
    """

    joined = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setObjectName("invite-form")
        self._is_open = False
        self.code = ""
        """What is typed at the new PC."""
        self._first = QVBoxLayout()
        self._first.setSpacing(SPACE_3)
        self.digits = QLineEdit()
        self.digits.setObjectName("invite.digits")
        self.digits.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        form = Form()
        self.row = form.add(
            _("Six digits that the new PC shows"), self.digits, required=True,
            hint=_("Read them from its screen yourself, or have them told by somebody you know by "
                   "voice: only so it is surely that PC."),
        )  # fmt: skip
        self.digits.textEdited.connect(lambda: self.row.set_error(""))
        form.setEnabled(False)
        self._form = form
        self.column.addLayout(self._first)
        for part in (form, self.progress, self.notice):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self._begin(_("Opening an invitation at the server…"))
        context.tasks.call(self, self._syncing.invite, done=self._show, failed=self._refuse)

    def _show(self, made: Invitation) -> None:
        self.progress.hide()
        self._is_open = True
        found = self._context.exchange.standing
        address = for_others(found.server) if found else ""
        self.code = f"{made.code}{AT}{address}"
        words = _("At the new PC, start the program, choose “Join a practice” and type this code, "
                  "or have it scanned. It lets one PC in and holds for an hour, as long as this "
                  "stays open.")  # fmt: skip
        copy = Button(_("Copy the code"))
        copy.setObjectName("invite.copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.code))
        code = Label(isolate(made.code), "title", tabular=True, wrap=True)
        code.setObjectName("invite.code")
        server = Label(isolate(address), tabular=True, wrap=True)
        for each in (code, server):
            each.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        qr = QrCode(self.code, _("QR code of the invitation"))
        self._first.addWidget(Label(words, tone="muted", wrap=True))
        self._first.addWidget(code)
        self._first.addWidget(server)
        self._first.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeading)
        self._first.addWidget(qr)
        self._form.setEnabled(True)
        self.digits.setFocus(Qt.FocusReason.OtherFocusReason)

    def primary_text(self) -> str:
        """The verb."""
        return _("They are the same: let it in")

    def submit(self, print_too: bool) -> None:
        """Compare the digits with those of the PC that answered."""
        if not self._is_open or self.progress.isVisible():
            return
        if not self.digits.text().strip():
            self.row.set_error(_("Type the six digits that the new PC shows."))
            self.digits.setFocus()
            return
        self._begin(_("Letting the new PC in…"))
        self._context.tasks.call_once(
            self, self._syncing.approve, self.digits.text(), done=self._done, failed=self._failed
        )

    def _done(self, device: Device) -> None:
        self._is_open = False
        self.joined.emit(device.name)
        self.close_requested.emit()

    def _failed(self, error: ClinicError) -> None:
        if error.code in {"invalid", "not-found"}:
            self.progress.hide()
            self.row.set_error(f"{error.message} {error.hint}".strip())
            self.digits.setFocus()
        else:
            self._refuse(error)

    def was_closed(self) -> None:
        """Nobody was let in: the code is worth nothing from now on."""
        if self._is_open:
            self._context.tasks.call(self._context.tasks, self._syncing.withdraw)
