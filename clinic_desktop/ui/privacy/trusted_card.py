"""Family and trusted persons: what each may be given of the record."""

from __future__ import annotations

import uuid
from functools import partial

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.patients import sharing
from clinic_desktop.services.patients.sharing import TrustedPerson
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.privacy_words import parts_line
from clinic_desktop.ui.privacy.card import PrivacyCard
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.pill import PillSpec


class TrustedCard(PrivacyCard):
    """Who stands in the chart as next of kin or guardian; others are added in the details."""

    tables = ("related_person", "consent")

    def __init__(self, context: Context) -> None:
        super().__init__(context, _("Family and trusted persons"))
        self.setObjectName("privacy.trusted")
        self.listed = FactList(_("Nobody is named in the patient's details."))
        self.add(self.listed)

    def clear(self) -> None:
        """Nobody."""
        self.listed.show_facts([])

    def refresh(self) -> None:
        """Read who there is."""
        self.ask(sharing.trusted_of, done=self._show)

    def _show(self, people: list[TrustedPerson]) -> None:
        self.listed.show_facts([self._fact(each) for each in people])

    def _fact(self, person: TrustedPerson) -> Fact:
        who = " – ".join(filter(None, (isolate(person.name), person.relationship)))
        pill = PillSpec(_("guardian"), Tone.INFO) if person.is_guardian else None
        told = _("may be given: {parts}").format(parts=parts_line(person.parts))
        if not person.parts:
            told = _("may be given nothing")
        elif person.valid_until is not None:
            until = isolate(current().date(person.valid_until))
            told = f"{told} · {_('until {day}').format(day=until)}"
        if person.is_over:
            pill = PillSpec(_("over"), Tone.WARN)
        actions: tuple[FactAction, ...] = ()
        if to.may_open(self.context.actor, to.ShareParts):
            name = _("What may be given to {name}").format(name=isolate(person.name))
            actions = (FactAction(Icon.EDIT, name, partial(self._edit, person.id)),)
        return Fact(person.id, who, told, pill, actions)

    def _edit(self, related: uuid.UUID) -> None:
        if self.patient_id is not None:
            self.context.navigator.open(to.ShareParts(self.patient_id, related))
