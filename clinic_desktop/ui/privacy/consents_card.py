"""What the patient agreed to, refused and took back."""

from __future__ import annotations

import uuid
from functools import partial

from clinic_desktop.domain.consent import ASKED
from clinic_desktop.i18n import _
from clinic_desktop.services.patients import consents
from clinic_desktop.services.patients.consents import ConsentRow
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core import privacy_words as words
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.privacy.card import PrivacyCard
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList


class ConsentsCard(PrivacyCard):
    """The latest word on each kind; earlier ones when asked for."""

    tables = ("consent", "consent_text")

    def __init__(self, context: Context) -> None:
        super().__init__(context, _("Consents"))
        self.setObjectName("privacy.consents")
        self._found: list[ConsentRow] = []
        self.listed = FactList(_("Nothing was asked yet."))
        self.earlier = Tick(_("Earlier ones too"))
        self.earlier.toggled.connect(lambda _on: self._show(self._found))
        self.decide = Button(_("Record or print a consent"), icon=Icon.SIGN)
        self.decide.setObjectName("privacy.decide")
        self.decide.clicked.connect(self._decide)
        self.decide.setVisible(to.may_open(context.actor, to.DecideConsent))
        self.header.add_action(self.earlier)
        self.header.add_action(self.decide)
        self.add(self.listed)

    def clear(self) -> None:
        """No consents."""
        self._show([])

    def refresh(self) -> None:
        """Read all decisions."""
        self.ask(consents.decisions_of, done=self._show)

    def _show(self, rows: list[ConsentRow]) -> None:
        self._found = rows
        own = [row for row in rows if row.related_person_id is None]
        shown = own if self.earlier.isChecked() else _latest(own)
        self.listed.show_facts([self._fact(row) for row in shown])
        self.earlier.setVisible(len(own) > len(_latest(own)) or self.earlier.isChecked())

    def _fact(self, row: ConsentRow) -> Fact:
        title = row.title or words.consent_title(row.kind)
        actions: tuple[FactAction, ...] = ()
        if row.text_id is not None and row.id is not None:
            name = _("Print: {title}").format(title=title)
            actions = (FactAction(Icon.PRINT, name, partial(self._print, row.id)),)
        return Fact(row.id, title, words.consent_line(row), words.status_pill(row.status), actions)

    def _print(self, consent_id: uuid.UUID) -> None:
        self.context.printing.print_paper("consent", consent_id)

    def _decide(self) -> None:
        if self.patient_id is not None:
            self.context.navigator.open(to.DecideConsent(self.patient_id))


def _latest(rows: list[ConsentRow]) -> list[ConsentRow]:
    """Of each kind the last decision, and a form printed since."""
    decided: dict[str, ConsentRow] = {}
    asked: dict[str, ConsentRow] = {}
    for row in rows:  # the latest first
        if row.status != ASKED:
            decided.setdefault(row.kind, row)
        elif row.kind not in decided:
            asked.setdefault(row.kind, row)
    return [*asked.values(), *decided.values()]
