"""The prescription beside the note: lines so far, the next one, and the paper."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate, ngettext
from clinic_desktop.services.drafts import DraftRow
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.prescribing.prescriptions import Prescribe, Prescribed
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.draft_keeper import DraftKeeper
from clinic_desktop.ui.core.panels import SlashWord, VisitPanel
from clinic_desktop.ui.prescribing.line_editor import LineEditor
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.pill import PillSpec


class PrescribePanel(VisitPanel):
    """Lines are drafts until the prescription is issued; then they are in the chart."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._patient_id: uuid.UUID | None = None
        self._encounter_id: uuid.UUID | None = None
        self._lines: list[LineForm] = []
        self._issued: list[Prescribed] = []
        self._is_open = True
        self.draft = DraftKeeper(context.tasks, "prescription", "", self._draft_body, self)
        self._build()

    def _build(self) -> None:
        self.card = Card(_("Prescribe"))
        self.editor = LineEditor(self.context)
        self.editor.ready.connect(self._add)
        self.editor.edited.connect(self.draft.touch)
        self._notice = Notice(Tone.DANGER, "")
        self._notice.hide()
        self._list = FactList()
        self.issue = Button(_("Prescribe and print"), "primary", Icon.PRINT)
        self.issue.setObjectName("prescribe.issue")
        self.issue.clicked.connect(self._prescribe)
        for widget in (self.editor, self._list, self._notice, self.issue):
            self.card.add(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.card)
        self._render()

    # ------------------------------------------------------------ the visit's contract

    def set_visit(self, patient_id: uuid.UUID, encounter_id: uuid.UUID, *, is_open: bool) -> None:
        """Belong to a visit; what was typed for it before is there again."""
        self._is_open = is_open
        if encounter_id == self._encounter_id:
            self._show_or_hide()
            return
        self.draft.belong_to(str(encounter_id))
        self._patient_id, self._encounter_id = patient_id, encounter_id
        self._lines, self._issued = [], []
        self.editor.clear()
        self.editor.set_patient(patient_id)
        self.issue.setEnabled(True)
        self._notice.hide()
        self._render()
        self._show_or_hide()
        self.draft.load(self._restore)

    def _show_or_hide(self) -> None:
        """After signing it stays only while something waits in it."""
        waits = self._draft_body() is not None
        may = allowed(self.context.actor, "prescription.create")
        self.setVisible(may and (self._is_open or waits))

    def slash_words(self) -> tuple[SlashWord, ...]:
        """What can be asked for from within the note."""
        return (
            SlashWord("rx", _("Prescribe a medicine"), Icon.MEDICINE),
            SlashWord("ref", _("Write a referral"), Icon.SEND),
            SlashWord("sick", _("Write a sick note"), Icon.DOCUMENT),
        )

    def begin(self, name: str, rest: str) -> None:
        """Take the focus for one of these words."""
        if self._patient_id is None or self._encounter_id is None:
            return
        if name == "ref":
            self.context.navigator.open(to.ReferralLetter(self._patient_id, self._encounter_id))
        elif name == "sick":
            self.context.navigator.open(to.SickNote(self._patient_id, self._encounter_id))
        else:
            self.editor.begin(rest)

    def can_print(self) -> bool:
        """Whether a prescription was issued here, or lines wait to be."""
        return bool(self._issued or self._lines)

    def print_papers(self) -> None:
        """Issue what waits; print what was issued."""
        if self._lines:
            self._prescribe()
            return
        for each in self._issued:
            self.context.printing.print_paper("prescription", each.id)

    # ------------------------------------------------------------ lines

    def repeat(self, request_ids: list[uuid.UUID]) -> None:
        """Put earlier lines in again; they are this person's, and nobody else's by then."""
        visit = self._encounter_id

        def add(forms: tuple[LineForm, ...]) -> None:
            if visit == self._encounter_id:
                self._add_all(forms)

        self.context.tasks.read(
            self,
            prescriptions.form_again,
            request_ids,
            done=add,
            failed=lambda error: self._failed(visit, error),
        )

    def _add_all(self, forms: tuple[LineForm, ...]) -> None:
        for form in forms:
            self._add(form)
        open_ends = [place for place, line in enumerate(self._lines) if not line.directions]
        if open_ends:
            self._change(open_ends[0])

    def _add(self, form: LineForm) -> None:
        self._lines.append(form)
        self._render()
        self.changed.emit()
        self.draft.touch()
        self.editor.begin()

    def _remove(self, place: int) -> None:
        gone = self._lines.pop(place)
        self._render()
        self._show_or_hide()
        self.changed.emit()
        self.draft.touch()
        self.context.host.toast(
            _("{medicine} taken off.").format(medicine=isolate(gone.product)),
            lambda: self._add(gone),
        )

    def _change(self, place: int) -> None:
        """Take a line back to be typed over; what was being typed takes its place."""
        line, typed = self._lines[place], self.editor.form()
        if typed.product:
            self._lines[place] = typed
        else:
            del self._lines[place]
        self.editor.clear()
        self.editor.show_form(line)
        self.editor.directions.setFocus(Qt.FocusReason.OtherFocusReason)
        self._render()
        self.changed.emit()
        self.draft.touch()

    def _render(self) -> None:
        facts = [self._fact(place, line) for place, line in enumerate(self._lines)]
        self._list.setVisible(bool(facts))
        self._list.show_facts(facts)
        self.issue.setVisible(bool(facts))
        n = len(facts)
        self.issue.set_text(
            ngettext("Prescribe and print {n} medicine", "Prescribe and print {n} medicines", n)
            .format(n=n)
        )  # fmt: skip

    def _title(self, line: LineForm) -> str:
        return " ".join(part for part in (line.product, line.strength, line.form) if part)

    def _fact(self, place: int, line: LineForm) -> Fact:
        missing = None if line.directions else PillSpec(_("directions missing"), Tone.WARN)
        change = _("Change {medicine} on the prescription").format(medicine=line.product)
        remove = _("Take {medicine} off the prescription").format(medicine=line.product)
        actions = (
            FactAction(Icon.EDIT, change, lambda: self._change(place)),
            FactAction(Icon.CLOSE, remove, lambda: self._remove(place)),
        )
        return Fact(place, self._title(line), line.directions, pill=missing, actions=actions)

    # ------------------------------------------------------------ issuing

    def _prescribe(self) -> None:
        if self._patient_id is None or not self._lines:
            return
        self._notice.hide()
        self.issue.setEnabled(False)
        visit = self._encounter_id
        wish = Prescribe(self._patient_id, tuple(self._lines), visit)
        self.context.tasks.write(
            self,
            prescriptions.prescribe,
            wish,
            done=lambda issued: self._done(wish, issued),
            failed=lambda error: self._failed(visit, error),
        )

    def _done(self, wish: Prescribe, issued: Prescribed) -> None:
        if wish.encounter_id == self._encounter_id:
            self._take_away(wish, issued)
        else:
            self.draft.discard(str(wish.encounter_id))
        words = _("Prescription {number} issued.")
        self.context.host.toast(words.format(number=isolate(issued.number)))
        self.context.printing.print_paper("prescription", issued.id)

    def _take_away(self, wish: Prescribe, issued: Prescribed) -> None:
        """What was issued goes from the list; a line added since stays."""
        self.issue.setEnabled(True)
        self._issued.append(issued)
        for line in wish.lines:
            if line in self._lines:
                self._lines.remove(line)
        self._render()
        self._show_or_hide()
        self.draft.save()
        self.changed.emit()

    def _failed(self, visit: uuid.UUID | None, error: ClinicError) -> None:
        if visit != self._encounter_id:
            self.context.host.show_error(error)
            return
        self.issue.setEnabled(True)
        self._notice.set_words(Tone.DANGER, error.message, error.hint)
        self._notice.show()
        self._notice.say()

    # ------------------------------------------------------------ drafts

    def _draft_body(self) -> dict[str, Any] | None:
        typed = self.editor.words()
        if not self._lines and typed is None:
            return None
        return {
            "lines": [_plain(line) for line in self._lines],
            "typed": _plain(typed) if typed is not None else None,
        }

    def _restore(self, draft: DraftRow | None) -> None:
        if draft is None or draft.subject != str(self._encounter_id):
            return
        if self._draft_body() is not None:  # somebody quick has begun already
            return
        self._lines = [_line(each) for each in draft.body.get("lines", [])]
        typed = draft.body.get("typed")
        if typed:
            self.editor.show_form(_line(typed))
        self._render()
        self._show_or_hide()
        self.changed.emit()


def _plain(line: LineForm) -> dict[str, Any]:
    values = asdict(line)
    values["repeats_id"] = str(line.repeats_id) if line.repeats_id else ""
    return values


def _line(values: dict[str, Any]) -> LineForm:
    known = {name: values[name] for name in LineForm.__dataclass_fields__ if name in values}
    repeats = known.get("repeats_id")
    known["repeats_id"] = uuid.UUID(repeats) if repeats else None
    return LineForm(**known)
