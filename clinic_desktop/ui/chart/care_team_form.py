"""The drawer of who reads a chart."""

from __future__ import annotations

import uuid

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, commas, isolate
from clinic_desktop.services.confidentiality import team
from clinic_desktop.services.confidentiality.team import CareTeam
from clinic_desktop.ui.core.chart_form import ChartForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import EditCareTeam
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.label import Label


class CareTeamForm(ChartForm):
    """A tick for everybody who treats people here."""

    def __init__(
        self, context: Context, destination: EditCareTeam, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("care-team")
        self.state = Label("", "strong", wrap=True)
        self.said = Label(
            _("Only the care team then reads notes, diagnoses, medicines, results and documents."
              " Others see name, contacts, appointments and bills, and open the chart in an"
              " emergency only, with a reason that is kept."),
            "body", "muted", wrap=True,
        )  # fmt: skip
        self.ticks: dict[uuid.UUID, Tick] = {}
        self._list = QWidget()
        self._lines = QVBoxLayout(self._list)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(SPACE_2)
        self.rows["team"] = self.form.add(_("Care team"), self._list)
        self.column.addWidget(self.state)
        self.column.addWidget(self.said)
        self.end = Button(_("Open to everybody again"), icon=Icon.UNLOCK)
        self.end.clicked.connect(self._end)
        self.end.hide()
        self.column.addWidget(self.form)
        self.column.addWidget(self.end)
        self.column.addStretch(1)
        self._shown: CareTeam | None = None
        context.tasks.committed.connect(self._on_committed)
        self._load()

    def _load(self) -> None:
        self.context.tasks.read(
            self, team.care_team, self.patient_id, done=self._show, failed=self._failed
        )

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("care_team_member", "chart_confidentiality"):
            self._load()

    def _show(self, shown: CareTeam) -> None:
        if self._shown is not None:
            self._follow(self._shown, shown)
            return
        self._shown = shown
        self._say_state(shown)
        self._make_ticks(shown)
        self.end.setVisible(shown.may_change and shown.is_restricted)
        self.primary_changed.emit()

    def _follow(self, before: CareTeam, now: CareTeam) -> None:
        """Somebody changed it meanwhile: who was not ticked here follows, and it is said."""
        self._shown = now
        changed = before.members ^ now.members
        for user in changed & self.ticks.keys():
            tick = self.ticks[user]
            if tick.isChecked() == (user in before.members):
                tick.setChecked(user in now.members)
        if changed:
            names = commas(each.name for each in now.colleagues if each.is_member)
            words = _("Changed by somebody else meanwhile to: {value}")
            self.rows["team"].set_warning(words.format(value=isolate(names) or "–"))
        self._say_state(now)
        self.end.setVisible(now.may_change and now.is_restricted)
        self.primary_changed.emit()

    def _say_state(self, shown: CareTeam) -> None:
        self.state.setText(
            _("This chart is kept in confidence.")
            if shown.is_restricted
            else _("Everybody whose role reads charts reads this one.")
        )

    def _make_ticks(self, shown: CareTeam) -> None:
        for each in shown.colleagues:
            tick = Tick(each.name)
            is_new = not shown.is_restricted and each.user_id == self.context.actor.user_id
            tick.setChecked(each.is_member or is_new)
            tick.setEnabled(shown.may_change)
            self._lines.addWidget(tick)
            self.ticks[each.user_id] = tick
        if shown.may_change and self.ticks:
            first = next(iter(self.ticks.values()))
            self.setFocusProxy(first)
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _failed(self, error: ClinicError) -> None:
        self.state.setText(error.message)

    def primary_text(self) -> str:
        """For whoever may say so."""
        if self._shown is None or not self._shown.may_change:
            return ""
        return _("Keep the care team") if self._shown.is_restricted else _("Keep in confidence")

    def submit(self, print_too: bool) -> None:
        """Keep what is ticked."""
        if self.primary_text():
            chosen = [user for user, tick in self.ticks.items() if tick.isChecked()]
            said = _("Only the care team reads this chart.")
            seen = self._shown.members if self._shown else None
            self.write(
                team.keep_in_confidence, self.patient_id, chosen, seen,
                done=lambda: self._finish(said),
            )  # fmt: skip

    def _end(self) -> None:
        said = _("Everybody whose role reads charts reads this one again.")
        self.write(team.end_confidence, self.patient_id, done=lambda: self._finish(said))

    def _finish(self, said: str) -> None:
        self.context.host.toast(said)
        self.close_requested.emit()
