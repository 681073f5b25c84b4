"""Charts that were opened in an emergency, for whoever looks at them afterwards."""

from __future__ import annotations

import uuid

from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current
from clinic_desktop.services.confidentiality import emergency
from clinic_desktop.services.confidentiality.emergency import EmergencyRow
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_4, Tone
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.facts import Fact, FactList
from clinic_desktop.ui.widgets.form import Form


class EmergencyTable(DataTable):
    """Those nobody looked at first; Enter opens one."""

    def __init__(self, context: Context) -> None:
        columns = (
            Column("who", _("Who"), lambda row: Cell(row.user, row.patient), CellKind.STRONG, 22,
                   stretch=True),
            Column("when", _("When"), lambda row: Cell(current().datetime(row.started_at)),
                   letters=18),
            Column("state", _("Looked at"), _state, CellKind.PILL, 14),
        )  # fmt: skip
        super().__init__(columns, _("Opened in an emergency"), tall=True)
        self._context = context
        self._rows: dict[uuid.UUID, EmergencyRow] = {}
        self.setObjectName("audit.emergencies")
        self.set_empty(
            Icon.LOCK, _("No chart was opened in an emergency"),
            _("Charts that are kept in confidence and were opened from outside stand here."),
        )  # fmt: skip
        self.opened.connect(self._open)
        self.retry_wanted.connect(self.load)
        context.tasks.committed.connect(
            lambda changes: self.load() if changes.touches("emergency_access") else None
        )

    def load(self) -> None:
        """Read them anew."""
        self.set_loading(True)
        self._context.tasks.read(
            self, emergency.emergencies, done=self._show, failed=self._not_read
        )

    def _show(self, rows: list[EmergencyRow]) -> None:
        self.set_loading(False)
        self._rows = {row.id: row for row in rows}
        self.model_.set_rows(self._rows)

    def _not_read(self, error: ClinicError) -> None:
        self.set_error(error.message)

    def _open(self, key: object) -> None:
        row = self._rows.get(key) if isinstance(key, uuid.UUID) else None
        if row is not None:
            self._context.host.show_drawer(ReviewForm(self._context, row), row.user)


class ReviewForm(DrawerForm):
    """What was given as reason, and what somebody else thinks of it."""

    def __init__(self, context: Context, row: EmergencyRow) -> None:
        super().__init__()
        self.setObjectName("emergency.review")
        self._context, self._row = context, row
        local = current().datetime
        facts = FactList("")
        reason = _(emergency.REASONS.get(row.reason, row.reason))
        listed = [
            Fact("patient", _("Patient"), row.patient),
            Fact("reason", reason, row.words),
            Fact("from", _("From"), local(row.started_at)),
            Fact("until", _("Until"), local(row.ends_at)),
        ]
        if row.reviewed_at is not None:
            said = f"{row.reviewer}: {row.review}" if row.review else row.reviewer
            listed.append(Fact("review", local(row.reviewed_at), said))
        facts.show_facts(listed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(facts)
        self.words = QLineEdit()
        self.words.setObjectName("emergency.review-words")
        self.draft = FieldDraft(context, "review", str(row.id), self)
        column.addWidget(self.draft.notice)
        if self.primary_text():
            form = Form()
            form.add(_("What you found"), self.words)
            column.addWidget(form)
            self.setFocusProxy(self.words)
            self.draft.keep("words", self.words)
            self.draft.begin()
        column.addStretch(1)

    def primary_text(self) -> str:
        """For whoever may, once."""
        may = allowed(self._context.actor, "emergency.approve")
        return _("I have looked at it") if may and self._row.reviewed_at is None else ""

    def may_close(self) -> bool:
        """Words half typed are not thrown away."""
        return not self.words.text().strip()

    def was_closed(self) -> None:
        """It is on record, or thrown away in so many words."""
        self.draft.let_go()

    def submit(self, print_too: bool) -> None:
        """Put it on record."""
        if self.primary_text():
            self._context.tasks.write_once(
                self, emergency.review, self._row.id, self.words.text(),
                done=self._finish, failed=self._context.host.show_error,
            )  # fmt: skip

    def _finish(self, _done: object) -> None:
        self.draft.forget()
        self.words.clear()
        self._context.host.toast(_("It is on record that somebody looked at it."))
        self.close_requested.emit()


def _state(row: EmergencyRow) -> Cell:
    if row.reviewed_at is not None:
        return Cell(row.reviewer, tone=Tone.OK)
    if row.is_overdue:
        return Cell(_("overdue"), tone=Tone.DANGER)
    return Cell(_("not yet"), tone=Tone.WARN)
