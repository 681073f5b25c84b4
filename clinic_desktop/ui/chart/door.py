"""What stands before a chart that is kept in confidence: its cover, or the time that runs."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.db.confidentiality import OPEN, Emergency, Standing
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.confidentiality import emergency
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import OpenInEmergency
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.empty_state import EmptyState
from clinic_desktop.ui.widgets.notice import Notice

_A_MOMENT = timedelta(milliseconds=200)


class Door(QWidget):
    """``is_closed`` says whether anything may be shown below it; empty before an open chart."""

    ran_out = Signal()
    """The time of an emergency is over; how the person stands to the chart is to be read anew."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._patient: uuid.UUID | None = None
        self._standing = OPEN
        may = allowed(context.actor, "emergency.create")
        self.cover = EmptyState(
            Icon.LOCK,
            _("This chart is kept in confidence"),
            _("Its care team reads it. Name, contacts, appointments and bills are not part of it."),
            _("Open in an emergency…") if may else "",
        )
        self.cover.button.setObjectName("chart.emergency")
        self.cover.acted.connect(self.ask)
        self.notice = Notice(Tone.DANGER, "")
        self.notice.setObjectName("chart.emergency-runs")
        self.extend = self.notice.add_action(_("30 minutes more"), self._extend)
        self.notice.add_action(_("Close the chart"), self._end)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.notice)
        column.addWidget(self.cover, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.ran_out)
        self.set_standing(uuid.UUID(int=0), OPEN)

    @property
    def is_closed(self) -> bool:
        """Whether the person does not get past the cover."""
        return self._standing.is_closed

    def set_standing(self, patient_id: uuid.UUID, standing: Standing) -> None:
        """Show how the person stands to this chart."""
        self._patient, self._standing = patient_id, standing
        runs = None if standing.in_care_team else standing.emergency
        self._timer.stop()
        if runs is not None:
            self._show_time(runs)
        self.notice.setVisible(runs is not None)
        self.cover.setVisible(standing.is_closed)
        self.setVisible(standing.is_closed or runs is not None)

    def _show_time(self, runs: Emergency) -> None:
        until = isolate(current().time(current().local(runs.ends_at)))
        self.notice.set_words(
            Tone.DANGER,
            _("Opened in an emergency, until {time}").format(time=until),
            _("What you read and write is on record, and somebody will look at it."),
        )
        self.extend.setVisible(not runs.is_extended)
        left = runs.ends_at - self._context.clock.now() + _A_MOMENT
        self._timer.start(max(0, int(left.total_seconds() * 1000)))

    def ask(self) -> None:
        """The form that opens the chart, or the words of its visits."""
        if self._patient is not None:
            self._context.navigator.open(OpenInEmergency(self._patient))

    def _extend(self) -> None:
        self._write(emergency.extend)

    def _end(self) -> None:
        self._write(emergency.end)

    def _write(self, command: Any) -> None:
        host = self._context.host
        self._context.tasks.write_once(self, command, self._patient, failed=host.show_error)
