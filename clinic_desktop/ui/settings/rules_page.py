"""What the practice demands of everybody who signs in; signed by an owner."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.permissions import STAFF_ROLES
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _
from clinic_desktop.security.membership_entries import Rules
from clinic_desktop.services import membership
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.right_words import role_names
from clinic_desktop.ui.settings.lock_page import MINUTES, minute_words
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.widgets.choices import Select, Tick
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label


class RulesPage(SettingsPage):
    """How long a window may stay open untouched, and who needs a code from a phone."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Rules for signing in"),
            _("They hold on each PC, whatever is chosen there."),
            Scope.CLINIC,
        )
        self._kept = context.clinic.rules
        self.minutes = Select([(each, minute_words(each)) for each in MINUTES])
        self.minutes.setObjectName("rules.minutes")
        self.minutes.chosen.connect(lambda _value: self._on_changed())
        form = Form(columns=2)
        form.add(_("Lock by itself after at most"), self.minutes)
        self.add_card(_("When nobody is at the PC"), form)
        sentence = _("Whoever has none yet switches it on at the next sign-in. We advise it for "
                     "those who administer the PCs.")  # fmt: skip
        self.add_card(
            _("A code from the phone besides the password, for"),
            Label(sentence, "caption", "muted", wrap=True),
            self._make_ticks(),
        )
        self.end()
        context.tasks.committed.connect(self._on_committed)

    def _make_ticks(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        names = role_names()
        self.ticks: dict[str, Tick] = {}
        for role in sorted(STAFF_ROLES, key=lambda each: each != "administrator"):
            tick = Tick(names[role])
            tick.setObjectName(f"rules.code.{role}")
            tick.clicked.connect(self._on_changed)
            self.ticks[role] = tick
            column.addWidget(tick)
        return holder

    def load(self) -> None:
        """What is signed now."""
        self.context.tasks.read(self, membership.current_rules, done=self._show)

    def _on_committed(self, changes: Changes) -> None:
        """An owner may have signed others at another PC."""
        if self.isVisible() and changes.touches("membership_entry"):
            self.load()

    def _show(self, rules: Rules) -> None:
        self._kept = rules
        self.minutes.set_value(rules.lock_minutes)
        for role, tick in self.ticks.items():
            tick.setChecked(role in rules.code_roles)

    def _on_changed(self) -> None:
        before = self._kept
        minutes = self.minutes.value()
        chosen = tuple(role for role in STAFF_ROLES if self.ticks[role].isChecked())
        wanted = Rules(minutes if isinstance(minutes, int) else before.lock_minutes, chosen)
        if wanted != before:
            self._keep(wanted, lambda: self._keep(before, None))

    def _keep(self, rules: Rules, undo: Callable[[], None] | None) -> None:
        def kept(_nothing: None) -> None:
            self._show(rules)
            clinic = self.context.clinic
            self.context.navigator.lock_after_changed.emit(clinic.lock_minutes())
            self.said(_("Kept."), undo)

        def refused(error: ClinicError) -> None:
            self.load()
            self.refuse(error)

        before, self._kept = self._kept, rules
        self.context.tasks.call(
            self, self.context.clinic.set_rules, rules, before, done=kept, failed=refused
        )
