"""The drawer that registers a patient: five fields, Ctrl+Enter, and who is alike."""

from __future__ import annotations

import uuid
from datetime import datetime

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.domain.codes import AllergyStatus
from clinic_desktop.domain.names import HumanName, baby_of, tidy, unknown_person
from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.drafts import DraftRow
from clinic_desktop.services.patients import (
    Identifier,
    NumberTakenError,
    RegisterPatient,
    Relative,
)
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.draft_keeper import DraftKeeper
from clinic_desktop.ui.core.person_words import listed_name
from clinic_desktop.ui.core.restored_notice import RestoredNotice
from clinic_desktop.ui.patients.demographics_form import DemographicsForm
from clinic_desktop.ui.patients.register_vm import RegisterVM, prefilled
from clinic_desktop.ui.patients.similar_list import SimilarList
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.form import FormRow
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl

_LOOK_AFTER_MS = 60
NOTHING, BOOK, WALK_IN = "", "book", "walk-in"


class RegisterView(DrawerForm):
    """Registers one patient, then offers what usually comes next."""

    def __init__(self, context: Context, destination: to.RegisterPatient) -> None:
        super().__init__()
        self.setObjectName("patient.register-form")
        self._context = context
        self.vm = RegisterVM(context, parent=self)
        self.drafts = DraftKeeper(context.tasks, "patient", "", self._body, self)
        self.similar = SimilarList()
        self.no_allergies = Tick(_("Asked: no known allergies"))
        self.no_allergies.setObjectName("patient.no-allergies")
        self.next_step = SegmentedControl(
            [
                Option(NOTHING, pgettext("next step", "Nothing")),
                Option(BOOK, pgettext("next step", "Book"), pgettext("letter of book", "B")),
                Option(
                    WALK_IN, pgettext("next step", "Walk-in"), pgettext("letter of walk-in", "W")
                ),
            ],
            _("Next step"),
            NOTHING,
        )
        self.next_step.setObjectName("patient.next-step")
        self._for_form = destination.for_form
        self._shared: tuple[Identifier, ...] = ()
        """Numbers that were refused once because another chart has them."""
        next_row = FormRow(_("Next step"), self.next_step)
        if self._for_form:
            next_row.hide()
        self.form = DemographicsForm(
            context, (self.similar, self.no_allergies, next_row, self._nameless())
        )
        self._restored = RestoredNotice(self._start_afresh)
        self._saved_at = Label("", "caption", "muted")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_LOOK_AFTER_MS)
        self._build()
        self._blank = self._texts()
        self._connect()
        self._begin(destination)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(self._restored)
        column.addWidget(self.form)
        column.addWidget(self._saved_at)
        column.addStretch(1)

    def _nameless(self) -> QWidget:
        holder = QWidget()
        flow = FlowLayout(holder, gap=SPACE_2)
        for name, text, run in (
            ("patient.newborn", _("Newborn without a name"), self._newborn),
            ("patient.unknown", _("Name not known"), self._unknown),
        ):
            button = Button(text, "link")
            button.setObjectName(name)
            button.clicked.connect(run)
            flow.addWidget(button)
        return holder

    def _connect(self) -> None:
        self.form.changed.connect(self._on_changed)
        self.no_allergies.toggled.connect(self._on_changed)
        self._pause.timeout.connect(lambda: self.vm.look_for(self.form.entry()))
        self.similar.opened.connect(self._open_match)
        self.vm.similar_found.connect(self.similar.show_people)
        self.vm.registered.connect(self._on_registered)
        self.vm.refused.connect(self._on_refused)
        self.drafts.saved.connect(self._show_saved)

    def _begin(self, destination: to.RegisterPatient) -> None:
        texts = prefilled(destination.text)
        if not texts:
            self.drafts.load(self._restore)
            return
        names = {part: tidy(texts.get(part, "")) for part in ("family", "given")}
        told = {"birth": texts.get("birth", ""), "phone": texts.get("phone", "")}
        self.form.set_texts({"fields": names, **told})

    # ------------------------------------------------------------ the drawer's contract

    def primary_text(self) -> str:
        """The one main action."""
        return _("Register patient")

    def submit(self, print_too: bool) -> None:
        """Ctrl+Enter registers; with Shift the booking follows."""
        if print_too:
            self.next_step.set_value(BOOK)
        if not self.form.is_wrong():
            self.vm.register(self._new())

    def may_close(self) -> bool:
        """What is typed is kept as a draft."""
        self.drafts.flush()
        return True

    # ------------------------------------------------------------ typing

    def _on_changed(self) -> None:
        self._pause.start()
        self.drafts.touch()

    def _texts(self) -> dict[str, object]:
        return self.form.texts() | {"no_allergies": self.no_allergies.isChecked()}

    def _body(self) -> dict[str, object] | None:
        texts = self._texts()
        return None if texts == self._blank else texts

    def _restore(self, draft: DraftRow | None) -> None:
        if draft is None or self.form.entry().name:
            return
        self.form.set_texts(draft.body)
        self.no_allergies.setChecked(bool(draft.body.get("no_allergies")))
        self._restored.tell(draft.saved_at, self._context.clock.now())

    def _start_afresh(self) -> None:
        self.form.clear()
        self.no_allergies.setChecked(False)
        self.drafts.discard()
        self._restored.hide()
        self.form.first_field().setFocus()

    def _show_saved(self, at: object) -> None:
        if isinstance(at, datetime):
            self._saved_at.setText(_("Draft saved {time}").format(time=isolate(current().time(at))))

    def _newborn(self) -> None:
        """Take the name typed as the mother's."""
        entry = self.form.entry()
        if not entry.name:
            error = ValidationError("family", _("Type the mother’s name first."))
            self.form.show_error(error)
            return
        mother = entry.name
        baby = baby_of(mother, _("Baby of {mother}"))
        self.form.set_texts(
            self.form.texts()
            | {"fields": self.form.texts()["fields"] | {"family": baby.family,
                                                        "given": baby.given, "middle": ""}}
        )  # fmt: skip
        mothers = Relative(mother.full(), _("mother"), is_guardian=True)
        self.form.lines["relatives"].set_lines((*entry.relatives, mothers))
        self.form.birth.edit.setFocus()

    def _unknown(self) -> None:
        """Register somebody who cannot say the name: the day and the minute stand for it."""
        now = current().local(self._context.clock.now())
        somebody = unknown_person(_("Unknown"), now.date(), now.hour * 100 + now.minute)
        names = {"family": somebody.family, "given": somebody.given}
        self.form.set_texts(self.form.texts() | {"fields": self.form.texts()["fields"] | names})
        self.form.sex.setFocus()

    # ------------------------------------------------------------ saving

    def _new(self) -> RegisterPatient:
        entry = self.form.entry()
        return RegisterPatient(
            entry,
            tuple(kind for kind, tick in self.form.consents.items() if tick.isChecked()),
            AllergyStatus.NONE_KNOWN if self.no_allergies.isChecked() else AllergyStatus.NOT_ASKED,
            self.form.photo.photo,
            shares_number=bool(entry.identifiers) and entry.identifiers == self._shared,
        )

    def _on_refused(self, error: ClinicError) -> None:
        if isinstance(error, NumberTakenError):  # pressed again, it is meant
            self._shared = self.form.entry().identifiers
        if isinstance(error, ValidationError):
            self.form.show_error(error)
        else:
            self._context.host.show_error(error)

    def _on_registered(self, patient_id: uuid.UUID) -> None:
        typed = self.form.entry().name
        name = listed_name(HumanName(tidy(typed.family), tidy(typed.given)))
        self.drafts.discard()
        self.close_requested.emit()
        if self._for_form:
            self._context.navigator.registered.emit(patient_id)
            return
        then = {BOOK: to.BookAppointment, WALK_IN: to.WalkIn}.get(str(self.next_step.value()))
        if then is not None:
            self._context.navigator.open(then(patient_id))
            return
        self._context.host.toast(
            _("{name} is registered.").format(name=isolate(name)),
            lambda: self._context.navigator.open(to.BookAppointment(patient_id)),
            _("Book appointment"),
        )

    def _open_match(self, patient_id: uuid.UUID) -> None:
        """The person is on record: what was typed is not needed."""
        self.drafts.discard()
        self.close_requested.emit()
        if self._for_form:
            self._context.navigator.registered.emit(patient_id)
        else:
            self._context.navigator.open(to.Chart(patient_id))
