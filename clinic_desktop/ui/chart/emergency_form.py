"""The drawer that opens a chart kept in confidence, in an emergency."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.services.confidentiality import emergency
from clinic_desktop.services.confidentiality.emergency import OpenChart
from clinic_desktop.ui.core.chart_form import ChartForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.navigator import OpenInEmergency
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.notice import Notice


class EmergencyForm(ChartForm):
    """Why, and in words; the chart then opens for half an hour."""

    def __init__(
        self, context: Context, destination: OpenInEmergency, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("emergency")
        said = Notice(
            Tone.WARN,
            _("You do not belong to the care team"),
            _("The chart opens for 30 minutes, to read and to add. That it was opened is on record"
              " and cannot be undone; somebody else looks at it within three days."),
        )  # fmt: skip
        self.reason = Select([(key, _(words)) for key, words in emergency.REASONS.items()])
        self.words = QLineEdit()
        self.words.setObjectName("emergency.words")
        self.rows["reason"] = self.form.add(_("Reason"), self.reason, required=True)
        self.rows["words"] = self.form.add(
            _("What has happened"), self.words, required=True, hint=_("A short sentence.")
        )
        self.column.addWidget(said)
        self.draft = FieldDraft(context, "emergency", str(self.patient_id), self)
        self.column.addWidget(self.draft.notice)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self.setFocusProxy(self.reason)
        self.draft.keep("reason", self.reason)
        self.draft.keep("words", self.words)
        self.draft.begin()

    def was_closed(self) -> None:
        """The chart was opened, or the reason thrown away in so many words."""
        self.draft.let_go()

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Open the chart")

    def may_close(self) -> bool:
        """A reason half typed is not thrown away."""
        return not self.words.text().strip()

    def submit(self, print_too: bool) -> None:
        """Open it."""
        wish = OpenChart(self.patient_id, str(self.reason.value() or ""), self.words.text())
        self.write(emergency.open_chart, wish, done=self._finish)

    def _finish(self) -> None:
        self.words.clear()
        self.draft.forget()
        self.close_requested.emit()
