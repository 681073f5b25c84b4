"""The drawer that records what somebody decided, or prints the form to be signed first."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.consent import DECISIONS, GIVEN, KINDS, PATIENT, ROLES
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.services import documents
from clinic_desktop.services.documents import DocumentRow
from clinic_desktop.services.patients import consents
from clinic_desktop.services.patients.consent_texts import ConsentTextRow
from clinic_desktop.services.patients.consents import Decision
from clinic_desktop.ui.core import privacy_words as words
from clinic_desktop.ui.core.chart_form import ChartForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft, access
from clinic_desktop.ui.core.navigator import DecideConsent
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl

_PAPERS = 8


class DecisionForm(ChartForm):
    """The text in force, in the patient's language, stands in the drawer to be read."""

    def __init__(
        self, context: Context, destination: DecideConsent, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("consent")
        self._texts: dict[str, ConsentTextRow] = {}
        self._is_read = False
        self.kind = Select(((kind, words.consent_title(kind)) for kind in KINDS), KINDS[0])
        self.kind.setObjectName("consent.kind")
        self.kind.chosen.connect(lambda _kind: self._show_text())
        self.text = Label("", "body", "muted", wrap=True)
        letters = {GIVEN: "g", "refused": "r", "withdrawn": "w"}
        self.status = SegmentedControl(
            [Option(each, _begun(words.status_words(each)), letters[each]) for each in DECISIONS],
            _("Decision"),
            GIVEN,
        )
        self.role = SegmentedControl(
            [Option(each, words.role_words(each)) for each in ROLES], _("Decided by"), PATIENT
        )
        self.role.changed.connect(self._on_role)
        self.given_by = QLineEdit()
        self.given_by.setObjectName("consent.given-by")
        self.paper = Select([("", _("None yet"))], "")
        self.note = QLineEdit()
        form = self.form
        self.rows |= {
            "kind": form.add(_("What about"), self.kind),
            "text": form.add(_("Text in force"), self.text),
            "status": form.add(_("Decision"), self.status),
            "by_role": form.add(_("Decided by"), self.role),
            "given_by": form.add(_("Name"), self.given_by, required=True),
            "document_id": form.add(_("Signed paper in the chart"), self.paper),
            "note": form.add(pgettext("remark", "Note"), self.note),
        }
        self.rows["given_by"].hide()
        self.column.addWidget(form)
        self.column.addStretch(1)
        self.setFocusProxy(self.kind)
        self.keep_words("consent")
        self._read_texts()
        context.tasks.committed.connect(self._on_committed)
        if allowed(context.actor, "document.read"):
            context.tasks.read(self, documents.documents_of, self.patient_id, done=self._on_papers)
        else:
            self.rows["document_id"].hide()

    # ------------------------------------------------------------ the drawer's contract

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Record the decision")

    def secondary(self) -> tuple[tuple[str, Callable[[], object]], ...]:
        """The paper comes before the decision."""
        return ((_("Print the form to sign"), self._print),)

    def keeping(self, draft: FieldDraft) -> None:
        """All that is chosen and typed; the text and the name's row follow what is given back."""
        follows: dict[str, tuple[Select | SegmentedControl, Callable[[], None]]] = {
            "kind": (self.kind, self._show_text),
            "by_role": (self.role, lambda: self._on_role(self.role.value())),
        }
        for name, (field, follow) in follows.items():
            read, write, changed = access(field)
            draft.keep_by(name, read, partial(_put, write, follow), changed)
        draft.keep("status", self.status)
        draft.keep("given_by", self.given_by)
        draft.keep("document_id", self.paper)
        draft.keep("note", self.note)

    def may_close(self) -> bool:
        """What is half typed is not thrown away."""
        return not self.is_typed

    def submit(self, print_too: bool) -> None:
        """Record it."""
        paper = self.paper.value()
        wish = Decision(
            self.patient_id,
            str(self.kind.value() or ""),
            str(self.status.value()),
            str(self.role.value()),
            self.given_by.text(),
            self.note.text(),
            paper if isinstance(paper, uuid.UUID) else None,
            shown=tuple(row.id for row in filter(None, [self._shown()])),
        )
        self.write(consents.decide, wish, done=self._done)

    # ------------------------------------------------------------ content

    def _read_texts(self) -> None:
        self.context.tasks.read(self, consents.texts_for, self.patient_id, done=self._on_texts)

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("consent_text"):
            self._read_texts()

    def _shown(self) -> ConsentTextRow | None:
        return self._texts.get(str(self.kind.value() or ""))

    def _on_texts(self, rows: list[ConsentTextRow]) -> None:
        before, was_read = self._shown(), self._is_read
        self._texts, self._is_read = {row.kind: row for row in rows}, True
        kinds = dict.fromkeys((*KINDS, *self._texts))
        self.kind.offer([(kind, words.consent_title(kind)) for kind in kinds])
        if not was_read and self.kept is not None:
            self.kept.put_again("kind")  # a practice's own kind was not offered before
        self._show_text()
        if was_read and self._shown() != before:
            told = _("The text was changed meanwhile.")
            hint = _("Let the person read the text as it is now, then record the decision.")
            self.rows["text"].set_warning(f"{told} {hint}")

    def _show_text(self) -> None:
        text = self._shown()
        self.rows["text"].set_warning("")
        if text is None:
            self.text.setText(_("The practice has not written this text yet."))
        else:
            version = _("text version {number}").format(number=isolate(text.version))
            self.text.setText(f"{text.title} ({version})\n{text.body}")

    def _on_role(self, role: object) -> None:
        self.rows["given_by"].setVisible(role != PATIENT)

    def _on_papers(self, rows: list[DocumentRow]) -> None:
        latest = [(row.id, row.title or _("Untitled")) for row in rows[:_PAPERS]]
        self.paper.offer([("", _("None yet")), *latest])
        if self.kept is not None:
            self.kept.put_again("document_id")

    def _print(self) -> None:
        self.context.tasks.write_once(
            self,
            consents.ask,
            self.patient_id,
            str(self.kind.value() or ""),
            done=lambda asked: self.context.printing.print_paper("consent", asked),
            failed=self._refused,
        )

    def _done(self) -> None:
        self.given_by.clear()
        self.note.clear()
        self.close_requested.emit()
        self.context.host.toast(_("The decision is recorded."))


def _put(write: Callable[[Any], object], follow: Callable[[], None], value: object) -> None:
    write(value)
    follow()


def _begun(words: str) -> str:
    """With a capital, as on every button; elsewhere these words stand inside a line."""
    return words[:1].upper() + words[1:]
