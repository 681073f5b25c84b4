"""The drawer that corrects a patient's details."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from clinic_desktop.errors import ClinicError, StaleError, ValidationError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.drafts import DraftRow
from clinic_desktop.services.patients import PatientRecord
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.draft_keeper import DraftKeeper
from clinic_desktop.ui.core.person_words import listed_name
from clinic_desktop.ui.core.restored_notice import RestoredNotice
from clinic_desktop.ui.patients.demographics_form import DemographicsForm
from clinic_desktop.ui.patients.edit_vm import EditVM
from clinic_desktop.ui.patients.flags_field import FlagsField
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice


class EditView(DrawerForm):
    """Shows everything known; only what was changed is written."""

    def __init__(self, context: Context, destination: to.EditPatient) -> None:
        super().__init__()
        self.setObjectName("patient.edit-form")
        self._context = context
        self._opened_with: dict[str, Any] | None = None
        self.vm = EditVM(context, destination.patient_id, self)
        self.drafts = DraftKeeper(
            context.tasks, "patient", str(destination.patient_id), self._body, self
        )
        self.form = DemographicsForm(context)
        self.form.show_more(True)
        self.form.setEnabled(False)
        self._number = Label("", "body", "muted")
        self.overtaken = Notice(
            Tone.WARN,
            _("Somebody changed this patient meanwhile"),
            _("What you typed is still here."),
        )
        self.overtaken.add_action(_("Show the newer version"), self._take_newer)
        self.overtaken.add_action(_("Go on with mine"), self._keep_mine)
        self.overtaken.hide()
        self.restored = RestoredNotice(self._start_afresh)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        self.flags = FlagsField(context, destination.patient_id)
        for widget in (self._number, self.overtaken, self.restored, self.form, self.flags):
            column.addWidget(widget)
        column.addStretch(1)
        self._connect()
        self.vm.open()

    def _connect(self) -> None:
        self.form.changed.connect(self._on_changed)
        self.vm.opened.connect(self._on_opened)
        self.vm.overtaken.connect(self._on_overtaken)
        self.vm.saved.connect(self._on_saved)
        self.vm.refused.connect(self._on_refused)

    # ------------------------------------------------------------ the drawer's contract

    def primary_text(self) -> str:
        """The one main action."""
        return _("Save details")

    def submit(self, print_too: bool) -> None:
        """Ctrl+Enter saves."""
        if self._opened_with is None or self.form.is_wrong():
            return
        given = frozenset(kind for kind, tick in self.form.consents.items() if tick.isChecked())
        photo = self.form.photo
        self.vm.save(self.form.entry(), given, photo.photo, drops_photo=photo.is_dropped)

    def may_close(self) -> bool:
        """What is typed is kept as a draft."""
        self.drafts.flush()
        return self.flags.draft.flush()

    # ------------------------------------------------------------ content

    def _body(self) -> dict[str, Any] | None:
        if not self._is_touched():
            return None
        return {"texts": self.form.texts(), "base": self._opened_with}

    def _on_opened(self, record: PatientRecord) -> None:
        self._opened_with = None
        self._number.setText(_("Number {number}").format(number=isolate(record.mrn)))
        self.form.set_entry(record.entry)
        self.form.photo.show_photo(record.photo)
        for kind, tick in self.form.consents.items():
            tick.setChecked(kind in self.vm.consents)
        self.form.setEnabled(True)
        self.form.first_field().setFocus()
        self._opened_with = self.form.texts()
        self.overtaken.hide()
        self.drafts.load(self._restore)

    def _is_touched(self) -> bool:
        return self._opened_with is not None and self.form.texts() != self._opened_with

    def _on_changed(self) -> None:
        if self._opened_with is not None:
            self.drafts.touch()

    def _restore(self, draft: DraftRow | None) -> None:
        if draft is None or self._opened_with is None or self._is_touched():
            return
        mine = _typed_over(self._opened_with, draft.body.get("base", {}), draft.body["texts"])
        if mine == self._opened_with:
            return
        self.form.set_texts(mine)
        self.restored.tell(draft.saved_at, self._context.clock.now())

    def _start_afresh(self) -> None:
        self.drafts.discard()
        self.restored.hide()
        if self._opened_with is not None:
            self.form.set_texts(self._opened_with)

    def _on_overtaken(self, _record: PatientRecord) -> None:
        if self._is_touched():
            self.overtaken.show()
            self.overtaken.say()
        else:
            self.vm.take_newer()

    def _take_newer(self) -> None:
        self.drafts.discard()
        self.vm.take_newer()

    def _keep_mine(self) -> None:
        """Only the fields typed into win over the newer version; the others are taken from it."""
        typed, base = self.form.texts(), self._opened_with
        self.vm.keep_mine()
        if self.vm.record is not None and base is not None:
            self._opened_with = None
            self.form.set_entry(self.vm.record.entry)
            # A photo chosen is mine whatever the record shows by now.
            self._opened_with = self.form.texts() | {"photo": ""}
            self.form.set_texts(_typed_over(self._opened_with, base, typed))
        self.overtaken.hide()

    # ------------------------------------------------------------ saving

    def _on_saved(self) -> None:
        self.drafts.discard()
        name = isolate(listed_name(self.form.entry().name))
        self.close_requested.emit()
        self._context.host.toast(_("The details of {name} are saved.").format(name=name))

    def _on_refused(self, error: ClinicError) -> None:
        if isinstance(error, ValidationError):
            self.form.show_error(error)
        elif not isinstance(error, StaleError):  # a notice follows with the newer version
            self._context.host.show_error(error)


def _typed_over(now: dict[str, Any], base: dict[str, Any], typed: dict[str, Any]) -> dict[str, Any]:
    """The record as it is now, with what was typed; fields left alone stay as others made them."""
    found = {}
    for key, value in now.items():
        if isinstance(value, dict):
            found[key] = _typed_over(value, base.get(key, {}), typed.get(key, {}))
        else:
            is_mine = key in typed and typed[key] != base.get(key)
            found[key] = typed[key] if is_mine else value
    return found
