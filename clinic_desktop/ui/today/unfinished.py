"""What the signed-in person began and did not finish: one line each, a key press away."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from PySide6.QtCore import Qt

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.unfinished import Unfinished, unfinished
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.person_words import listed_name
from clinic_desktop.ui.scheduling.entry_button import EntryButton
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.overlay import settle_tab_order

_OF_CHART = ("allergy", "allergy-change", "problem", "emergency")
"""Their drawers alone would not say whose they are."""
_OF_MONEY = ("payment", "refund", "credit")
_OF_PRIVACY = frozenset(
    {"consent", "disclosure", "request", "share"}
    | {"restrict", "lift", "use-anyway", "copy", "erase"}
)


class UnfinishedCard(Card):
    """Shown only while there is something."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Not finished"))
        self.setObjectName("today.unfinished")
        self._context = context
        self._count = Label("", "strong", "accent")
        self.header.add_action(self._count)
        self._shown: list[tuple[str, str, to.Destination]] = []
        self.lines: list[EntryButton] = []
        self._wants_focus = False
        self.hide()
        context.tasks.drafts_changed.connect(self._on_changed)

    def load(self, *, focus: bool = False) -> None:
        """Read anew; ``focus`` gives the first line the keys."""
        self._wants_focus = focus
        if not allowed(self._context.actor, "draft.write"):
            return
        self._context.tasks.read(self, unfinished, done=self._show)

    def _on_changed(self) -> None:
        parent = self.parentWidget()
        if parent is not None and parent.isVisible():
            self.load(focus=self._wants_focus)

    def _show(self, rows: tuple[Unfinished, ...]) -> None:
        now = self._context.clock.now()
        today = current().local(now).date()
        wanted = []
        for row in rows:
            place = _place(row)
            if place is not None:
                is_today = current().local(row.saved_at).date() == today
                when = (
                    current().time(row.saved_at) if is_today else current().datetime(row.saved_at)
                )
                name = listed_name(row.name) if row.name else ""
                title = _title(row)
                words = f"{title} · {isolate(when)}" if name else isolate(when)
                wanted.append((name or title, words, place))
        if wanted != self._shown:
            self._draw(wanted)
        self.setVisible(bool(wanted))
        if self._wants_focus and self.lines:
            self._wants_focus = False
            self.lines[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def _draw(self, wanted: list[tuple[str, str, to.Destination]]) -> None:
        self._shown = wanted
        at = next((place for place, line in enumerate(self.lines) if line.hasFocus()), None)
        for line in self.lines:
            line.hide()
            line.deleteLater()
        self.lines = []
        self._count.setText(current().number(len(wanted)))
        for text, sub, place in wanted:
            line = EntryButton(text, sub, Tone.INFO)
            line.clicked.connect(lambda _on=False, to_=place: self._context.navigator.open(to_))
            self.body.addWidget(line)
            self.lines.append(line)
        settle_tab_order(self)
        if at is not None and self.lines:
            self.lines[min(at, len(self.lines) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)


def _title(row: Unfinished) -> str:
    titles = {
        "visit": _("Note"),
        "addendum": _("Addendum"),
        "prescription": _("Prescription"),
        "referral": _("Referral"),
        "sick-note": _("Sick note"),
        "invoice": _("Invoice"),
        "appointment": pgettext("unfinished", "Appointment"),
        "walk-in": _("Walk-in"),
        "waitlist": _("Waiting list"),
        "payment": _("Take payment"),
        "refund": _("Refund"),
        "credit": _("Take the invoice back"),
        "template": _("Template"),
        "hours": _("Working hours"),
        "consent-text": _("Consent text"),
        "cancel": _("Cancel appointment"),
        "move": _("Move appointment"),
        "allergy": _("Allergies"),
        "appointment-type": _("Appointment types"),
        "practitioner": _("Doctors and nurses"),
        "room": _("Rooms"),
        "service": _("Services and prices"),
        "tax": _("Taxes"),
        "allergy-change": _("Allergies"),
        "consent": _("Consent"),
        "disclosure": _("Note what was given"),
        "request": _("Take a request about data"),
        "outcome": _("What came of the request"),
        "share": _("May be given"),
        "restrict": _("Only store this chart"),
        "lift": _("Use this chart again"),
        "use-anyway": _("Use it all the same"),
        "copy": _("Copy of the record"),
        "erase": _("Erase the record"),
        "problem": _("Problems"),
        "emergency": _("Emergency"),
        "account": _("Add a person"),
        "review": _("Opened in an emergency"),
        "decline": _("Decline the request"),
        "closure": _("Closed days"),
        "merge": _("Join the charts"),
        "flag": _("Flags"),
        "diagnosis": _("Diagnosis"),
        "third": _("To decide"),
        "practice": _("Practice and letterhead"),
        "printer": _("Printers"),
        "server": _("Address of the server"),
        "hub": _("Look for a hub"),
        "admit": _("Let a colleague in at this PC"),
    }
    if row.kind == "patient":
        return _("Patient details") if row.subject else _("New patient")
    return titles.get(row.kind, "")


def _place(row: Unfinished) -> to.Destination | None:
    """Where its form is; nothing for a form of a newer program, or about what is gone."""
    anywhere: dict[str, Callable[[], to.Destination]] = {
        "appointment": lambda: to.BookAppointment(unfinished=row.subject),
        "walk-in": lambda: to.WalkIn(uuid.UUID(row.subject) if row.subject else None),
        "waitlist": lambda: to.Calendar(add_waiting=True),
        "template": lambda: to.Settings("templates"),
        "hours": lambda: to.Settings("working-hours", row.subject),
        "consent-text": lambda: to.Settings("consent-texts"),
        "appointment-type": lambda: to.Settings("appointment-types"),
        "practitioner": lambda: to.Settings("doctors"),
        "room": lambda: to.Settings("rooms"),
        "service": lambda: to.Settings("prices"),
        "tax": lambda: to.Settings("taxes"),
        "account": lambda: to.Settings("people"),
        "closure": lambda: to.Settings("closed-days"),
        "practice": lambda: to.Settings("practice"),
        "printer": lambda: to.Settings("printers"),
        "server": lambda: to.Settings("exchange"),
        "hub": lambda: to.Settings("exchange"),
        "admit": lambda: to.Settings("exchange"),
    }
    if row.kind in anywhere:
        return anywhere[row.kind]()
    if row.kind == "patient" and not row.subject:
        return to.RegisterPatient()
    if row.kind in {"cancel", "move"}:
        return _place_of_appointment(row)
    if row.kind == "third":
        return to.Conflicts(None, row.row_id)
    return _place_of_patient(row, row.patient_id) if row.patient_id is not None else None


def _place_of_appointment(row: Unfinished) -> to.Destination | None:
    if row.day is None:
        return None
    subject = uuid.UUID(row.subject)
    return to.MoveAppointment(subject) if row.kind == "move" else to.Calendar(row.day, subject)


def _place_of_patient(row: Unfinished, patient: uuid.UUID) -> to.Destination | None:
    known: dict[str, Callable[[], to.Destination]] = {
        "patient": lambda: to.EditPatient(patient),
        "flag": lambda: to.EditPatient(patient),
        "merge": lambda: to.MergePatients(patient),
        "review": lambda: to.Settings("audit"),
        "invoice": lambda: to.Billing(patient, row.encounter_id),
        "decline": lambda: to.Billing(patient, None, row.row_id),
        # By its drawer: the chart offers none for what was answered since.
        "outcome": lambda: to.CloseRequest(patient, uuid.UUID(row.subject)),
    }
    known |= dict.fromkeys(_OF_CHART, lambda: to.Chart(patient))
    known |= dict.fromkeys(_OF_PRIVACY, lambda: to.Chart(patient, "privacy"))
    known |= dict.fromkeys(_OF_MONEY, lambda: to.Billing(patient, None, uuid.UUID(row.subject)))
    if row.kind in known:
        return known[row.kind]()
    return _place_of_visit(row.kind, patient, row.encounter_id)


def _place_of_visit(
    kind: str, patient: uuid.UUID, visit: uuid.UUID | None
) -> to.Destination | None:
    kinds: dict[str, type[to.Visit | to.ReferralLetter | to.SickNote]] = {
        "visit": to.Visit,
        "diagnosis": to.Visit,
        "addendum": to.Visit,
        "prescription": to.Visit,
        "referral": to.ReferralLetter,
        "sick-note": to.SickNote,
    }
    return kinds[kind](patient, visit) if visit is not None and kind in kinds else None
