"""The privacy section of a chart: what was agreed to, what went to whom, what was asked for."""

from __future__ import annotations

import uuid

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.panels import ChartSection
from clinic_desktop.ui.privacy.card import PrivacyCard
from clinic_desktop.ui.privacy.consents_card import ConsentsCard
from clinic_desktop.ui.privacy.disclosures_card import DisclosuresCard
from clinic_desktop.ui.privacy.requests_card import RequestsCard
from clinic_desktop.ui.privacy.restriction_card import RestrictionCard
from clinic_desktop.ui.privacy.trusted_card import TrustedCard
from clinic_desktop.ui.widgets.page import ScrollPage

_CARDS: tuple[type[PrivacyCard], ...] = (
    *(RestrictionCard, ConsentsCard, TrustedCard),
    *(DisclosuresCard, RequestsCard),
)


class PrivacySection(ChartSection):
    """One card below the other; each reads for itself."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("chart.privacy")
        page = ScrollPage()
        page.column.setContentsMargins(0, 0, 0, 0)
        self._stale: set[PrivacyCard] = set()
        self.cards = [kind(context) for kind in _CARDS if allowed(context.actor, kind.permission)]
        for card in self.cards:
            page.column.addWidget(card)
        page.column.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(page)
        context.tasks.committed.connect(self._on_committed)

    def set_patient(self, patient_id: uuid.UUID) -> None:
        """Show what concerns a patient."""
        for card in self.cards:
            card.set_patient(patient_id)

    def _on_committed(self, changes: object) -> None:
        if isinstance(changes, Changes):
            self._stale |= {card for card in self.cards if changes.touches(*card.tables)}
            if self.isVisible():  # behind another section each look of anybody would read it anew
                self._catch_up()

    def showEvent(self, event: QShowEvent) -> None:
        """Read what changed meanwhile."""
        super().showEvent(event)
        self._catch_up()

    def _catch_up(self) -> None:
        stale, self._stale = self._stale, set()
        for card in stale:
            if card.patient_id is not None:
                card.refresh()
