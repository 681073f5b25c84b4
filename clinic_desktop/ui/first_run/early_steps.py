"""The steps before there is a record: language and region, practice, first person."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.domain.folding import latin
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.ui.core.background import Run
from clinic_desktop.ui.first_run.state import Answers
from clinic_desktop.ui.first_run.step import Step
from clinic_desktop.ui.setup import region
from clinic_desktop.ui.setup.logo_field import LogoField
from clinic_desktop.ui.setup.password_fields import NewPassword
from clinic_desktop.ui.setup.practice_fields import PracticeFields
from clinic_desktop.ui.setup.region import Region
from clinic_desktop.ui.setup.region_fields import RegionFields
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.card import rule
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl


class RegionStep(Step):
    """The first words of the program; the language changes them at once."""

    can_skip = False
    language_chosen = Signal(str)
    sample_wanted = Signal()
    restore_wanted = Signal()
    server_restore_wanted = Signal()
    join_wanted = Signal()

    def __init__(self, answers: Answers) -> None:
        super().__init__(
            _("Welcome to Clinic Desktop"),
            _("Seven short steps to your own practice. Everything stays on this PC, encrypted, and "
              "works without the internet."),
        )  # fmt: skip
        self._answers = answers
        options = [Option(code, name) for code, name in region.languages()]
        self.language = SegmentedControl(options, _("Language"), answers.language)
        self.language.changed.connect(lambda code: self.language_chosen.emit(str(code)))
        for button, option in zip(self.language.buttons(), options, strict=True):
            button.setObjectName(f"first-run.language.{option.value}")
        self.fields = RegionFields(answers.region)
        self.fields.changed.connect(self._on_region)
        self.sample = Notice(
            Tone.INFO,
            _("Only want to look around?"),
            _("The sample clinic has made-up patients and a full day. It lives in a folder of its "
              "own and never mixes with yours."),
        )  # fmt: skip
        start = self.sample.add_action(_("Start with the sample clinic"), self.sample_wanted.emit)
        start.setObjectName("first-run.sample")
        self.progress = ProgressPanel(_("Making the sample clinic …"))
        self.progress.cancel.hide()
        self.progress.hide()
        moving = Label(
            _("Moving from another program? Finish these steps, then choose “Import records” with "
              "Ctrl+K: FHIR files of any size, tried out first if you like."),
            "caption", "muted", wrap=True,
        )  # fmt: skip
        lost = Notice(
            Tone.INFO,
            _("Is there a practice on another PC?"),
            _("Where PCs of it are at work, this one joins them. Where none is left, its backup or "
              "its server and the recovery sheet bring it here as it was."),
        )  # fmt: skip
        join = lost.add_action(_("Join a practice"), self.join_wanted.emit)
        join.setObjectName("first-run.join")
        bring = lost.add_action(_("Bring a backup back"), self.restore_wanted.emit)
        bring.setObjectName("first-run.restore")
        server = lost.add_action(_("Bring it back from a server"), self.server_restore_wanted.emit)
        server.setObjectName("first-run.server-restore")
        notices = (self.sample, self.progress, lost, moving)
        for widget in (self.language, self.fields, rule(), *notices):
            self.column.addWidget(widget)
        self.column.addStretch(1)

    def begin(self) -> None:
        """The chosen language."""
        self.focus(self.language)

    def _on_region(self, value: Region) -> None:
        self._answers.region = value

    def note(self) -> None:
        """Country, currency, zone."""
        self._answers.region = self.fields.value()


class PracticeStep(Step):
    """What stands on paper."""

    def __init__(self, answers: Answers, run: Run) -> None:
        super().__init__(
            _("Your practice"),
            _("This stands on invoices and prescriptions. Only the name is needed now."),
        )
        self._answers = answers
        self.fields = PracticeFields()
        self.fields.set_values(answers.practice)
        self.logo = LogoField(run)
        self.logo.picked.connect(self._on_logo)
        if answers.logo_path:
            self.logo.take_file(answers.logo_path)
        for widget in (self.fields, self.logo):
            self.column.addWidget(widget)
        self.column.addStretch(1)

    def begin(self) -> None:
        """The name."""
        self.fields.focus("name")

    def _on_logo(self, _png: bytes, path: str) -> None:
        self._answers.logo_path = path

    def note(self) -> None:
        """What is typed."""
        self._answers.practice = self.fields.values()

    def leave(self, go_on: Callable[[], None]) -> None:
        """A practice has a name."""
        self.note()
        if self._answers.practice["name"]:
            go_on()
        else:
            self.fields.show_error("name", _("The practice needs a name."))
            self.fields.focus("name")


class OwnerStep(Step):
    """The person who begins; the password seals the record, so this step cannot be skipped."""

    can_skip = False
    create_wanted = Signal(str)
    """The password."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(
            _("You"),
            _("You begin as doctor and owner; more people are added in the settings. The record is "
              "encrypted with your password: nobody can open it without one, not even we."),
        )  # fmt: skip
        self._answers = answers
        self._login_typed = bool(answers.login)
        self.form = Form(columns=2)
        self.name, self.login = QLineEdit(answers.name), QLineEdit(answers.login)
        self.name.setObjectName("first-run.name")
        self.login.setObjectName("first-run.login")
        self._name_row = self.form.add(
            _("Your name"), self.name, required=True, hint=_("As patients read it: Dr A. Kamau")
        )
        self._login_row = self.form.add(
            _("Sign-in name"), self.login, required=True, hint=_("Short; you choose it every day.")
        )
        self.password = NewPassword()
        self.notice = Notice(Tone.DANGER, "")
        self.notice.hide()
        self.progress = ProgressPanel(_("Making the encrypted record…"))
        self.progress.cancel.hide()
        self.progress.hide()
        widgets: tuple[QWidget, ...] = (self.form, self.password, self.notice, self.progress)
        for widget in widgets:
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.name.textEdited.connect(self._on_name)
        self.login.textEdited.connect(self._on_login)
        self._set_own_words()

    def begin(self) -> None:
        """The name."""
        self.focus(self.name if not self.name.text() else self.password.password)

    def _on_name(self, text: str) -> None:
        self._name_row.set_error("")
        if not self._login_typed:
            words = [word for word in latin(text).casefold().split() if word.isalpha()]
            longer = [word for word in words if len(word) > 2]
            self.login.setText(longer[0] if longer else "")
        self._set_own_words()

    def _on_login(self, text: str) -> None:
        self._login_typed = bool(text)
        self._login_row.set_error("")
        self._set_own_words()

    def _set_own_words(self) -> None:
        practice = self._answers.practice.get("name", "")
        self.password.set_own_words(self.name.text(), self.login.text(), practice)

    def note(self) -> None:
        """Names, never the password."""
        self._answers.name = self.name.text().strip()
        self._answers.login = self.login.text().strip()

    def leave(self, go_on: Callable[[], None]) -> None:
        """With a name, a sign-in name and a password the record is made."""
        self.note()
        if not self._answers.name:
            self._name_row.set_error(_("Write your name."))
            self.focus(self.name)
        elif not self._answers.login:
            self._login_row.set_error(_("Choose a sign-in name."))
            self.focus(self.login)
        elif self.password.show_error():
            self.set_busy(True)
            self.create_wanted.emit(self.password.value())

    def set_busy(self, busy: bool) -> None:
        """While the record is made nothing can be changed."""
        self.form.setEnabled(not busy)
        self.password.setEnabled(not busy)
        self.progress.setVisible(busy)
        self.notice.hide()

    def refuse(self, error: ClinicError) -> None:
        """It could not be made; everything typed is still there."""
        self.set_busy(False)
        place = isolate(error.place) if error.place else ""
        text = " ".join(filter(None, (error.kept, error.hint, place)))
        self.notice.set_words(Tone.DANGER, error.message, text)
        self.notice.show()
        self.notice.say()
