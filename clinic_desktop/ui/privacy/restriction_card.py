"""Whether the chart is only stored, why, and the ways in and out of that."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QWidget

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.privacy import restriction
from clinic_desktop.services.privacy.restriction import RestrictionRow
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.privacy import words
from clinic_desktop.ui.privacy.card import PrivacyCard
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice


class RestrictionCard(PrivacyCard):
    """One line while the chart is in use; a notice with the reason while it is not."""

    permission = "disclosure.read"
    tables = ("processing_restriction", "audit_event")

    def __init__(self, context: Context) -> None:
        super().__init__(context, _("Use of this chart"))
        self.setObjectName("privacy.restriction")
        self.notice = Notice(Tone.WARN, "")
        self.notice.hide()
        self.free = Label(_("Used for care as usual."), "body", "muted")
        self.add(self.notice)
        self.add(self.free)
        self.restrict = Button(_("Only store this chart"), icon=Icon.STOP)
        self.lift = Button(_("Use this chart again"), icon=Icon.UNLOCK)
        self.use = Button(_("Use it all the same"), icon=Icon.UNLOCK)
        self.readers = Button(_("Who reads this chart"), icon=Icon.LOCK)
        self.readers.setObjectName("privacy.readers")
        self._kinds: tuple[tuple[Button, type[to.Destination]], ...] = (
            (self.use, to.UseAnyway),
            (self.lift, to.LiftRestriction),
            (self.restrict, to.RestrictUse),
            (self.readers, to.EditCareTeam),
        )
        holder = QWidget()
        line = FlowLayout(holder)
        for button, kind in self._kinds:
            button.clicked.connect(partial(self._open, kind))
            line.addWidget(button)
        self.add(holder)
        self._show(None)

    def clear(self) -> None:
        """Nothing is known yet."""
        self._show(None)

    def refresh(self) -> None:
        """Ask whether it is only stored."""
        self.ask(restriction.restriction_of, done=self._show)

    def _show(self, row: RestrictionRow | None) -> None:
        wanted = {self.restrict: row is None, self.lift: row is not None, self.readers: True}
        wanted[self.use] = row is not None and not row.is_excepted
        for button, kind in self._kinds:
            button.setVisible(wanted[button] and to.may_open(self.context.actor, kind))
        self.free.setVisible(row is None)
        if row is not None:
            day = isolate(current().date(current().local(row.started_at).date()))
            title = _("Only stored since {day}").format(day=day)
            why = words.restriction_reasons().get(row.reason, row.reason)
            told = [f"{why}: {row.words}", isolate(row.by)]
            if row.is_excepted:
                told.append(_("You said why you use it; that holds for some hours."))
            self.notice.set_words(Tone.WARN, title, " · ".join(filter(None, told)))
        self.notice.setVisible(row is not None)

    def _open(self, kind: type[to.Destination]) -> None:
        if self.patient_id is not None:
            self.context.navigator.open(kind(self.patient_id))  # type: ignore[call-arg]
