"""Who got what of the patient's record."""

from __future__ import annotations

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.privacy import disclosures
from clinic_desktop.services.privacy.disclosures import DisclosureRow
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.privacy import words
from clinic_desktop.ui.privacy.card import PrivacyCard
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.facts import Fact, FactList

_FIRST = 8
"""Shown at once; the others when asked for."""


class DisclosuresCard(PrivacyCard):
    """The latest first."""

    permission = "disclosure.read"
    tables = ("disclosure", "printed_document", "audit_event", "referral")

    def __init__(self, context: Context) -> None:
        super().__init__(context, _("Who got what"))
        self.setObjectName("privacy.disclosures")
        self._found: list[DisclosureRow] = []
        self.listed = FactList(_("Nothing was given to anybody yet."))
        self.all = Tick(_("All of them"))
        self.all.toggled.connect(lambda _on: self._show(self._found))
        self.note = Button(_("Note what was given"), icon=Icon.SEND)
        self.note.setObjectName("privacy.note-disclosure")
        self.note.clicked.connect(self._note)
        self.note.setVisible(to.may_open(context.actor, to.NoteDisclosure))
        self.header.add_action(self.all)
        self.header.add_action(self.note)
        self.add(self.listed)

    def clear(self) -> None:
        """Nothing."""
        self._show([])

    def refresh(self) -> None:
        """Read papers, notes and exports."""
        self.ask(disclosures.disclosures_of, done=self._show)

    def _show(self, rows: list[DisclosureRow]) -> None:
        self._found = rows
        shown = rows if self.all.isChecked() else rows[:_FIRST]
        self.listed.show_facts([_fact(row) for row in shown])
        self.all.setVisible(len(rows) > _FIRST)

    def _note(self) -> None:
        if self.patient_id is not None:
            self.context.navigator.open(to.NoteDisclosure(self.patient_id))


def _fact(row: DisclosureRow) -> Fact:
    day = current().date(current().local(row.at).date())
    who = words.recipient_words(row)
    parts = [isolate(day), who, row.purpose, row.content]
    if row.by:
        parts.append(_("by {name}").format(name=isolate(row.by)))
    return Fact(row.id, words.given_words(row), " · ".join(filter(None, parts)))
