"""The drawer that puts somebody on the wait list."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from functools import partial

from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from clinic_desktop.domain.dates import SmartDate
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.services.scheduling import waitlist
from clinic_desktop.services.scheduling.openings import DayPart
from clinic_desktop.services.scheduling.resources import Bookable
from clinic_desktop.services.scheduling.waitlist import URGENT, AddToWaitlist
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.scheduling.patient_field import PatientField
from clinic_desktop.ui.scheduling.when_line import date_order
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.parsed import date_parser
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl
from clinic_desktop.ui.widgets.value_edits import SmartDateEdit


class WaitlistForm(DrawerForm):
    """Who waits, when would suit, and until when it makes sense."""

    def __init__(self, context: Context, offered: Bookable) -> None:
        super().__init__()
        self._context, self._offered = context, offered
        self.patient = PatientField(context)
        self.part = SegmentedControl(
            [
                Option(DayPart.ANY, _("Any time")),
                Option(DayPart.MORNING, _("Morning")),
                Option(DayPart.AFTERNOON, _("Afternoon")),
                Option(DayPart.EVENING, _("Evening")),
                Option(URGENT, _("Urgent")),
            ],
            _("When it would suit"),
            DayPart.ANY,
        )
        doctors: list[tuple[Hashable, str]] = [("", _("Any doctor"))]
        kinds: list[tuple[Hashable, str]] = [("", _("Any"))]
        doctors += [(row.id, row.name) for row in offered.practitioners]
        kinds += [(row.id, row.name) for row in offered.types]
        self.doctor, self.kind = Select(doctors, ""), Select(kinds, "")
        today = context.language.local(context.clock.now()).date()
        order = date_order(context.language.locale)
        self.until = SmartDateEdit(date_parser(today, order=order, whole_day=True), _("in 2w"))
        self.note = QLineEdit()
        self.note.returnPressed.connect(lambda: self.submit(print_too=False))
        self.draft = FieldDraft(context, "waitlist", "", self)
        form = Form()
        self.who = form.add(_("Patient"), self.patient, required=True)
        form.add(_("When it would suit"), self.part)
        form.add(_("Doctor"), self.doctor)
        form.add(_("Type"), self.kind)
        self.last = form.add(_("Until"), self.until)
        form.add(pgettext("remark", "Note"), self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.draft.notice)
        column.addWidget(form)
        column.addStretch(1)
        self.setFocusProxy(self.patient)
        self._keep()

    def _keep(self) -> None:
        self.patient.keep_in(self.draft)
        fields = {
            "part": self.part,
            "doctor": self.doctor,
            "type": self.kind,
            "until": self.until,
            "note": self.note,
        }
        for name, field in fields.items():
            self.draft.keep(name, field)
        self.draft.begin()

    def primary_text(self) -> str:
        """What it does."""
        return _("Add to the waiting list")

    def submit(self, print_too: bool) -> None:
        """Add the person."""
        patient_id = self.patient.value()
        if patient_id is None:
            self.who.set_error(_("Say who is waiting."))
            self.patient.setFocus()
            return
        if not self.until.show_error():
            self.until.setFocus()
            return
        until = self.until.value()
        wish = AddToWaitlist(
            patient_id,
            practitioner_id=_id(self.doctor.value()),
            type_id=_id(self.kind.value()),
            to_on=until.day if isinstance(until, SmartDate) else None,
            preference=str(self.part.value() or ""),
            note=self.note.text(),
        )
        self._context.tasks.write_once(
            self, waitlist.add, wish, done=self._done, failed=self._failed
        )

    def may_close(self) -> bool:
        """Esc gives it up; for ten seconds it can be brought back."""
        return self.draft.give_up(partial(_reopen, self._context, self._offered))

    def _done(self, entry_id: uuid.UUID) -> None:
        name = isolate(self.patient.text())
        context = self._context
        self.draft.forget()
        self.close_requested.emit()

        def undo() -> None:
            context.tasks.write(context.tasks, waitlist.remove, entry_id)

        context.host.toast(_("{name} is on the waiting list").format(name=name), undo)

    def _failed(self, error: ClinicError) -> None:
        self.who.set_error(str(error))


def _id(value: object) -> uuid.UUID | None:
    return value if isinstance(value, uuid.UUID) else None


def _reopen(context: Context, offered: Bookable) -> None:
    context.host.show_drawer(WaitlistForm(context, offered), _("Waiting list"))
