"""The card of the selected person beside the board, with the next logical step."""

from __future__ import annotations

from itertools import zip_longest

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from clinic_desktop.domain.codes import AllergyStatus
from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.scheduling.board import DeskCard
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.privacy_words import trusted_line
from clinic_desktop.ui.scheduling.steps import Step, Steps
from clinic_desktop.ui.scheduling.words import age_and_sex, from_to, name_of
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.pill import Glyph, Pill, PillSpec

_TOP, _WHOLE = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag(0)


class Inspector(Card):
    """Shows one row of the board; empty words while none is selected."""

    chart_wanted = Signal()

    def __init__(self, context: Context, steps: Steps, parent: QWidget | None = None) -> None:
        super().__init__(_("Nobody is selected"), parent=parent)
        self._context, self._steps = context, steps
        self._row: AppointmentRow | None = None
        self._card: DeskCard | None = None
        self.open_chart = Button(_("Open chart"), "link", Icon.ENTER, parent=self.header)
        self.open_chart.clicked.connect(self.chart_wanted)
        self.header.add_action(self.open_chart)
        self._who = Label("", tone="muted", wrap=True, parent=self)
        self._pills = QWidget(self)
        self._pill_flow = FlowLayout(self._pills, gap=SPACE_1, line_gap=SPACE_1)
        self._marks: list[Pill] = []
        self._facts = QWidget(self)
        self._fact_rows = QGridLayout(self._facts)
        self._fact_rows.setContentsMargins(0, 0, 0, 0)
        self._fact_rows.setHorizontalSpacing(SPACE_3)
        self._fact_rows.setVerticalSpacing(SPACE_1)
        self._fact_rows.setColumnStretch(1, 1)
        self._lines: list[tuple[Label, Label]] = []
        self.primary = Button("", "primary", parent=self)
        self.primary.clicked.connect(self._on_primary)
        self.secondary = Button(_("Move"), parent=self)
        self.secondary.clicked.connect(self._on_secondary)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_2)
        buttons.addWidget(self.primary, 1)
        buttons.addWidget(self.secondary, 1)
        for widget in (self._who, self._pills, self._facts):
            self.body.addWidget(widget)
        self.body.addSpacing(SPACE_1)
        self.body.addLayout(buttons)
        self.show_row(None)

    def show_row(self, row: AppointmentRow | None) -> None:
        """Show an appointment; its patient's card follows with ``show_card``."""
        if row is not None and row == self._row:
            return
        other = row is None or self._row is None or _patient(row) != _patient(self._row)
        self._row = row
        title = name_of(row) if row is not None else _("Nobody is selected")
        self.header.set_title(title)
        self.setAccessibleName(title)
        self.open_chart.setVisible(row is not None and row.person is not None)
        if row is None or other:
            self._card = None
            self._clear(row)
        self.show_card(self._card)
        step = self._steps.next_for(row) if row is not None else None
        self.primary.setVisible(step is not None)
        if step is not None:
            self.primary.set_text(step.title)
            self.primary.setToolTip(f"{step.title} ({step.letter})")
        second = self._second(row)
        self.secondary.setVisible(second is not None)
        if second is not None:
            moves = second.name == "appointment.move"
            self.secondary.set_text(_("Move") if moves else second.title)
            self.secondary.setToolTip(f"{second.title} ({second.letter})")

    def _clear(self, row: AppointmentRow | None) -> None:
        if row is None:
            self._who.setText(_("Choose a line to see who it is and what comes next."))
        else:
            self._who.setText(from_to(row))
        self._pills.hide()
        self._facts.hide()

    def _second(self, row: AppointmentRow | None) -> Step | None:
        """Payment while the person is here, another time before and after."""
        if row is None:
            return None
        steps = {step.name: step for step in self._steps.all()}
        first = self._steps.next_for(row)
        wanted = "appointment.bill" if row.status.is_present else "appointment.move"
        if row.person is None or (first is not None and first.name == wanted):
            wanted = "appointment.move"
        return steps.get(wanted)

    def show_card(self, card: DeskCard | None) -> None:
        """Show what the desk asks about the person."""
        row = self._row
        if card is None or row is None or row.person is None:
            return
        self._card = card
        self._who.setText(self._facts_line(card, row))
        specs = _marks(card)
        if [pill.spec for pill in self._marks if not pill.isHidden()] != specs:
            self._show_marks(specs)
        self._pills.setVisible(bool(specs))
        self._show_lines(self._wordings(card, row))

    def _show_marks(self, specs: list[PillSpec]) -> None:
        # What is there is used again: to dress a new widget costs more than all else here.
        for spec in specs[len(self._marks) :]:
            self._marks.append(Pill(spec))
            self._pill_flow.addWidget(self._marks[-1])
        for pill, spec in zip_longest(self._marks, specs):
            pill.setVisible(spec is not None)
            if spec is not None:
                pill.set_spec(spec)
        self._pills.updateGeometry()

    def _show_lines(self, lines: list[tuple[str, str, str]]) -> None:
        for place in range(len(self._lines), len(lines)):
            self._lines.append((Label("", tone="muted"), Label("", wrap=True)))
            for column, label in enumerate(self._lines[-1]):
                self._fact_rows.addWidget(label, place, column, _TOP if not column else _WHOLE)
        for labels, line in zip_longest(self._lines, lines):
            for label, text in zip(labels, line or ("", ""), strict=False):
                label.setText(text)
                label.setVisible(line is not None)
            labels[1].set_tone(line[2] if line else "")
        self._facts.show()

    def _facts_line(self, card: DeskCard, row: AppointmentRow) -> str:
        assert row.person is not None  # noqa: S101 - asked above
        today = self._context.language.local(self._context.clock.now()).date()
        born = card.patient.birth
        words = [age_and_sex(row.person, today)]
        if born is not None and born.value.is_day:
            words.append(_("born {date}").format(date=isolate(current().date(born.value.first))))
        words.append(
            isolate(card.patient.phone.replace(" ", "\u00a0"))
            if card.patient.phone
            else _("No phone")
        )
        return " · ".join(filter(None, words))

    def _wordings(self, card: DeskCard, row: AppointmentRow) -> list[tuple[str, str, str]]:
        time = current()
        insured = card.insurance
        if card.insured_to is not None:
            until = isolate(time.date(card.insured_to))
            insured = _("{payer} · valid to {date}").format(payer=insured, date=until)
        balance = card.patient.balance
        owed = time.money(balance.amount_minor, balance.currency)
        last = card.patient.last_visit_on
        lines = [
            (_("Appointment"), f"{from_to(row)} · {row.about}".rstrip(" ·"), ""),
            (_("Insurance"), insured or _("None recorded"), "" if insured else "muted"),
            (_("Balance"), isolate(owed), "warn" if balance.amount_minor > 0 else ""),
            (_("Last visit"), isolate(time.date(last)) if last else _("First visit"), ""),
        ]
        lines += [(_("May be told"), trusted_line(each), "") for each in card.trusted]
        if row.overlap_reason:
            lines.append((_("Booked over"), row.overlap_reason, ""))
        if row.comment:
            lines.append((pgettext("remark", "Note"), row.comment, ""))
        return lines

    def _on_primary(self) -> None:
        step = self._steps.next_for(self._row) if self._row is not None else None
        if step is not None and self._row is not None:
            step.run(self._row)

    def _on_secondary(self) -> None:
        step = self._second(self._row)
        if step is not None and self._row is not None:
            step.run(self._row)


def _patient(row: AppointmentRow) -> object:
    return row.person.patient_id if row.person else row.id


def _marks(card: DeskCard) -> list[PillSpec]:
    marks = [PillSpec(text, Tone.WARN, Glyph.UP) for text in card.alerts]
    if card.patient.deceased:
        marks.insert(0, PillSpec(_("Deceased"), Tone.NEUTRAL))
    known = card.allergies
    if card.is_closed:
        return [PillSpec(_("Allergies kept in confidence"), Tone.WARN, Glyph.UP), *marks]
    if known is None:
        return [*_flag(card), *marks]
    if known.rows:
        words = [_("Allergy: {what}").format(what=row.display) for row in known.rows]
        return [*(PillSpec(text, Tone.DANGER, Glyph.UP) for text in words), *marks]
    if known.status == AllergyStatus.NONE_KNOWN:
        return [PillSpec(_("No known allergies"), Tone.OK), *marks]
    return [PillSpec(_("Allergies not asked"), Tone.WARN, Glyph.UP), *marks]


def _flag(card: DeskCard) -> list[PillSpec]:
    """What somebody learns who may only know whether there are allergies."""
    if card.has_allergies:
        return [PillSpec(_("Has allergies"), Tone.DANGER, Glyph.UP)]
    return [] if card.is_asked else [PillSpec(_("Allergies not asked"), Tone.WARN, Glyph.UP)]
