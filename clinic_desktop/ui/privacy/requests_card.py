"""What the patient asked for about the own data; and what the owner can do about it."""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtWidgets import QWidget

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.privacy import requests
from clinic_desktop.services.privacy.requests import RequestRow
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.privacy_words import request_kinds, request_pill
from clinic_desktop.ui.privacy.card import PrivacyCard
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.flow_layout import FlowLayout


class RequestsCard(PrivacyCard):
    """Open ones first, with the day by which the law wants an answer."""

    permission = "subject.read"
    tables = ("subject_request",)

    def __init__(self, context: Context) -> None:
        super().__init__(context, _("Requests about the data"))
        self.setObjectName("privacy.requests")
        self.listed = FactList(_("Nothing was asked for."))
        self.add(self.listed)
        holder = QWidget()
        line = FlowLayout(holder)
        for name, text, icon, kind in (
            ("receive", _("Take a request"), Icon.INBOX, to.ReceiveRequest),
            ("copy", _("Hand out a copy"), Icon.DOWNLOAD, to.CopyRecord),
            ("erase", _("Erase the record"), Icon.DELETE, to.EraseRecord),
        ):
            if to.may_open(context.actor, kind):
                button = Button(text, icon=icon)
                button.setObjectName(f"privacy.{name}")
                button.clicked.connect(partial(self._open, kind))
                line.addWidget(button)
        self.add(holder)

    def clear(self) -> None:
        """No requests."""
        self.listed.show_facts([])

    def refresh(self) -> None:
        """Read the register."""
        self.ask(requests.requests_of, done=self._show)

    def _show(self, rows: list[RequestRow]) -> None:
        today = self.context.language.local(self.context.clock.now()).date()
        self.listed.show_facts([self._fact(row, today) for row in rows])

    def _fact(self, row: RequestRow, today: date) -> Fact:
        asked = _("asked on {day}").format(day=isolate(current().date(row.received_on)))
        parts = [asked, isolate(row.asked_by), row.note, row.outcome]
        actions: tuple[FactAction, ...] = ()
        title = request_kinds().get(row.kind, row.kind)
        if row.is_open and to.may_open(self.context.actor, to.CloseRequest):
            name = _("Say what came of it: {request}").format(request=title)
            actions = (FactAction(Icon.CHECK, name, partial(self._close, row)),)
        sub = " · ".join(filter(None, parts))
        return Fact(row.id, title, sub, request_pill(row.status, row.due_on, today), actions)

    def _open(self, kind: type[to.Destination]) -> None:
        if self.patient_id is not None:
            self.context.navigator.open(kind(self.patient_id))  # type: ignore[call-arg]

    def _close(self, row: RequestRow) -> None:
        self.context.navigator.open(to.CloseRequest(row.patient_id, row.id))
