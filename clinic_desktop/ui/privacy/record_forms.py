"""Drawers about the whole record of a patient: a copy of it, and its erasure."""

from __future__ import annotations

import uuid
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget

from clinic_desktop.i18n import _, commas, current, isolate, isolate_path, ngettext
from clinic_desktop.services.patients import sharing
from clinic_desktop.services.patients.sharing import TrustedPerson
from clinic_desktop.services.privacy import erasure, portability
from clinic_desktop.services.privacy.erasure import Erased, ErasurePlan
from clinic_desktop.services.privacy.portability import Copied, ExportFor
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.chart_form import ChartForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft, access
from clinic_desktop.ui.core.privacy_words import trusted_line
from clinic_desktop.ui.privacy import words
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice


class CopyForm(ChartForm):
    """For whom, what for, and into which folder."""

    def __init__(
        self, context: Context, destination: to.CopyRecord, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("copy-record")
        self._is_running = False
        self.kind = Select(words.recipient_kinds().items(), "patient")
        self.kind.chosen.connect(self._on_kind)
        self._trusted: dict[uuid.UUID, TrustedPerson] = {}
        self.person = Select([("", _("Choose who"))], "")
        self.person.chosen.connect(self._on_person)
        self.recipient, self.purpose, self.folder = QLineEdit(), QLineEdit(), QLineEdit()
        self.folder.setObjectName("copy-record.folder")
        self.choose = Button(_("Choose a folder…"))
        self.choose.clicked.connect(self._choose)
        told = _(
            "A PDF to read, the record as HL7 FHIR for another program, every row, and the "
            "documents. The files are not encrypted: whoever has the folder can read them."
        )
        self.rows |= {
            "recipient_kind": self.form.add(_("For whom"), self.kind),
            "person": self.form.add(_("Family or trusted person"), self.person),
            "recipient": self.form.add(_("Name"), self.recipient, required=True),
            "purpose": self.form.add(_("What for"), self.purpose, required=True),
            "folder": self.form.add(
                _("New or empty folder"), self.folder, required=True,
                hint=_("Such as the patient's USB stick"),
            ),
        }  # fmt: skip
        self.form.add("", self.choose)
        self.column.addWidget(Label(told, "body", "muted", wrap=True))
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self.setFocusProxy(self.kind)
        self._on_kind("patient")
        self.keep_words("copy")
        context.tasks.read(self, sharing.trusted_of, self.patient_id, done=self._on_trusted)

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Write the copy")

    def keeping(self, draft: FieldDraft) -> None:
        """All its fields; a person who may be given nothing any more is not given back."""
        kind, put_kind, chosen = access(self.kind)
        person, put_person, named = access(self.person)

        def put_kind_back(value: object) -> None:
            put_kind(value)
            self._on_kind(self.kind.value())

        def put_person_back(value: object) -> None:
            put_person(value)
            if self.kind.value() == "relative":
                self._on_person(self.person.value())

        draft.keep_by("kind", kind, put_kind_back, chosen)
        draft.keep("recipient", self.recipient)
        draft.keep_by("person", person, put_person_back, named)
        draft.keep("purpose", self.purpose)
        draft.keep("folder", self.folder)

    def may_close(self) -> bool:
        """Not while it is being written, nor with words half typed."""
        return not (self._is_running or self.is_typed)

    def _on_kind(self, kind: object) -> None:
        self.rows["person"].setVisible(kind == "relative")
        self.rows["recipient"].setVisible(kind not in {"patient", "relative"})
        self.rows["purpose"].setVisible(kind != "patient")

    def _on_trusted(self, people: list[TrustedPerson]) -> None:
        self._trusted = {each.id: each for each in people if each.parts and not each.is_over}
        named = [(each.id, trusted_line(each)) for each in self._trusted.values()]
        self.person.offer([("", _("Choose who")), *named])
        if self.kept is not None:
            self.kept.put_again("person")

    def _on_person(self, key: object) -> None:
        person = self._trusted.get(key) if isinstance(key, uuid.UUID) else None
        self.recipient.setText(person.name if person else "")

    def _choose(self) -> None:
        chooser = QFileDialog(self, _("Choose a folder"))
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.fileSelected.connect(self.folder.setText)
        chooser.open()

    def submit(self, print_too: bool) -> None:
        """Write it on another thread."""
        for row in self.rows.values():
            row.set_error("")
        if not self.folder.text().strip():
            self.rows["folder"].set_error(_("Say where the copy goes."))
            self.folder.setFocus()
            return
        kind = str(self.kind.value())
        if kind == "relative" and not isinstance(self.person.value(), uuid.UUID):
            # Whoever that is gets no more than the parts agreed to: nobody by a name alone.
            self.rows["person"].set_error(_("This is missing."))
            self.person.setFocus()
            return
        for name, field in (("recipient", self.recipient), ("purpose", self.purpose)):
            if kind != "patient" and not field.text().strip():
                self.rows[name].set_error(_("This is missing."))
                field.setFocus()
                return
        if self._is_running:
            return
        self._is_running = True
        chosen = self.person.value() if kind == "relative" else None
        related = chosen if isinstance(chosen, uuid.UUID) else None
        wish = ExportFor(self.recipient.text(), kind, self.purpose.text(), related)
        context = self.context
        work = partial(portability.export_person, context.clinic.store, context.actor)
        context.tasks.call(
            self,
            work,
            self.patient_id,
            Path(self.folder.text().strip()),
            wish,
            done=self._done,
            failed=self._failed,
        )

    def _failed(self, error: Exception) -> None:
        self._is_running = False
        self.context.host.show_error(error)

    def _done(self, copied: Copied) -> None:
        self._is_running = False
        self.close_requested.emit()
        self.written()
        said = _("The copy is in {folder}.").format(folder=isolate_path(copied.folder))
        self.context.host.toast(said)


class EraseForm(ChartForm):
    """Says what would happen; where the law still keeps the chart, only until when."""

    def __init__(
        self, context: Context, destination: to.EraseRecord, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("erase-record")
        self._may: bool | None = None
        self.notice = Notice(Tone.INFO, _("Looking what there is…"))
        self.told = Label("", "body", wrap=True)
        self.reason = QLineEdit()
        self.reason.setObjectName("erase-record.reason")
        self.rows["reason"] = self.form.add(_("Why it is erased"), self.reason, required=True)
        self.form.hide()
        self.column.addWidget(self.notice)
        self.column.addWidget(self.told)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        context.tasks.read(
            self, erasure.plan, self.patient_id, done=self._show, failed=context.host.show_error
        )

    def primary_text(self) -> str:
        """The verb; where it may not be done, the way out."""
        return _("Only store this chart") if self._may is False else _("Erase for good")

    def keeping(self, draft: FieldDraft) -> None:
        """The reason."""
        draft.keep("reason", self.reason)

    def may_close(self) -> bool:
        """A reason is not thrown away."""
        return not self.is_typed

    def _show(self, plan: ErasurePlan) -> None:
        self._may = plan.is_allowed
        until = isolate(current().date(plan.hold.until))
        last = isolate(current().date(plan.hold.last))
        if not plan.is_allowed:
            title = _("This chart must be kept until {day}.").format(day=until)
            told = _(
                "The last entry is of {day}. Restrict its use instead: then it is only stored."
            )
            self.notice.set_words(Tone.WARN, title, told.format(day=last))
            self.primary_changed.emit()
            return
        title = _("The law keeps this chart no more (until {day}).").format(day=until)
        self.notice.set_words(Tone.DANGER, title, _("This cannot be undone."))
        self.told.setText("\n\n".join(_consequences(plan)))
        self.form.show()
        self.reason.setFocus()
        self.keep_words("erase")

    def submit(self, print_too: bool) -> None:
        """Erase it."""
        if self._may is False:
            self.close_requested.emit()
            self.context.navigator.open(to.RestrictUse(self.patient_id))
        elif self._may:
            self.context.tasks.write_once(
                self,
                erasure.erase,
                self.patient_id,
                self.reason.text(),
                done=self._done,
                failed=self._refused,
            )

    def _done(self, erased: Erased) -> None:
        self.reason.clear()
        self.close_requested.emit()
        self.written()
        self.context.navigator.open(to.Patients())
        count = sum(erased.rows.values())
        said = ngettext("{count} row erased.", "{count} rows erased.", count)
        self.context.host.toast(said.format(count=current().number(count)))


def _consequences(plan: ErasurePlan) -> list[str]:
    count = sum(plan.rows.values())
    rows = ngettext(
        "{count} row loses its words, in the record and in its log; papers, pictures and drafts "
        "go too.",
        "{count} rows lose their words, in the record and in its log; papers, pictures and drafts "
        "go too.",
        count,
    )
    told = [rows.format(count=current().number(count))]
    if plan.bills:
        numbers = commas(isolate(number) for number, _until in plan.bills)
        last = isolate(current().date(max(until for _number, until in plan.bills)))
        words_ = _(
            "These bills stay whole, as the law of bookkeeping asks, until {day}: {numbers}."
        )
        told.append(words_.format(day=last, numbers=numbers))
    if plan.is_sealed:
        told.append(
            _(
                "What this PC sealed for the other PCs stays sealed as it was sent, here and on "
                "the server. Each of the other PCs is asked to erase the chart itself."
            )
        )
    told.append(
        _(
            "The log keeps who did what when, and digests. Backups made until now keep everything "
            "until they are rotated out: delete those that must not."
        )
    )
    return told
