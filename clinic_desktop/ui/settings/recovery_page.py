"""The recovery sheet: since when there is one, and a new one."""

from __future__ import annotations

from datetime import date

from PySide6.QtWidgets import QVBoxLayout

from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import people, recovery_drill
from clinic_desktop.services.recovery_drill import DrillState
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.settings.drill_form import DrillForm
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.setup.recovery_panel import RecoveryPanel
from clinic_desktop.ui.theme.tokens import SPACE_4, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.facts import Fact, FactList
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec

_WIDTH = 560


class RecoveryPage(SettingsPage):
    """For the owner, who keeps the sheet."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Recovery sheet"),
            _("One paper in a safe opens the record when passwords are forgotten or the PC "
              "breaks. Nobody else can, not even we."),
            Scope.CLINIC,
        )  # fmt: skip
        self.known = FactList()
        self.make = Button(_("Make a new sheet"), "primary")
        self.make.setObjectName("recovery.make")
        self.make.clicked.connect(self._on_make)
        self.check = Button(_("Check my sheet"))
        self.check.setObjectName("recovery.check")
        self.check.clicked.connect(self._on_check)
        self.check.hide()
        self.add_card("", self.known, self.make, self.check)
        self._drill: DrillState | None = None
        self.reduced = Notice(
            Tone.WARN,
            _("On this PC protection is reduced."),
            _("Half of the key lies in a file of the data folder, because the system's key store "
              "did not answer. Whoever copies the folder needs only a password. Set up or unlock "
              "the key store (GNOME Keyring, KWallet), then sign in again: the program moves the "
              "half there by itself."),
        )  # fmt: skip
        this_pc = self.add_card(_("This PC"), self.reduced)
        this_pc.setVisible(context.clinic.keys.is_reduced)
        self.end()

    def load(self) -> None:
        """Whether there is a sheet on paper."""
        self.context.tasks.read(self, recovery_drill.drill_state, done=self._know_drill)
        self.context.tasks.read(self, people.recovery_sheet_day, done=self._show)

    def _know_drill(self, state: DrillState) -> None:
        self._drill = state

    def _show(self, day: date | None) -> None:
        self.check.setVisible(day is not None)
        if day is None:
            pill = PillSpec(pgettext("step", "to do"), Tone.WARN, Glyph.EMPTY)
            text = _("There is no recovery sheet on paper yet.")
            sub = _("Without one, lost passwords mean a lost record.")
        else:
            pill = PillSpec(_("done"), Tone.OK, Glyph.FULL)
            text = _("The sheet of {day} is valid.").format(day=isolate(current().date(day)))
            sub = self._seen() or _("A new sheet ends it.")
            if self._drill is not None and self._drill.is_due:
                pill = PillSpec(_("check it"), Tone.WARN, Glyph.HALF)
        self.known.show_facts([Fact("sheet", text, sub, pill)])

    def _seen(self) -> str:
        """When somebody last had it in hand."""
        if self._drill is None or self._drill.seen_on is None:
            return ""
        day = isolate(current().date(self._drill.seen_on))
        return _("Somebody had it in hand on {day}.").format(day=day)

    def _on_check(self) -> None:
        form = DrillForm(self.context, self._drill.drill if self._drill else None)
        form.passed.connect(self._passed)
        self.context.host.show_drawer(form, _("Check my sheet"), width=_WIDTH)

    def _passed(self) -> None:
        self.said(_("The sheet is the valid one. Put it back into the safe."))
        self.load()

    def _on_make(self) -> None:
        form = NewSheetForm(self.context)
        form.panel.confirmed.connect(lambda: self._made(form))
        self.context.host.show_drawer(form, _("New recovery sheet"), width=_WIDTH)

    def _made(self, form: NewSheetForm) -> None:
        form.close_requested.emit()
        self.said(
            _(
                "The new recovery sheet is valid. Keep the one before: backups of its time open "
                "only with it."
            )
        )
        self.load()


class NewSheetForm(DrawerForm):
    """The sheet before stays valid until the new one is known to be on paper."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("recovery")
        self.panel = RecoveryPanel(context.clinic, context.tasks, RecoveryKey.new())
        sentence = _("Print the sheet, then type two groups from the paper. Until then the sheet "
                     "before stays valid.")  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(Label(sentence, tone="muted", wrap=True))
        column.addWidget(self.panel)
        column.addStretch(1)

    def primary_text(self) -> str:
        """The verb."""
        return _("Use this sheet")

    def may_close(self) -> bool:
        """A paper that opens nothing must not end up in the safe unnoticed."""
        return self.panel.is_confirmed or not self.panel.is_on_its_way

    def submit(self, print_too: bool) -> None:
        """Only with both groups right."""
        self.panel.confirm()
