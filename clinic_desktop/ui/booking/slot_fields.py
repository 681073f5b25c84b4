"""The part of the drawer about the slot: the typed line, its echo, free times, the reason."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.scheduling.openings import DayPart, Opening
from clinic_desktop.ui.booking.booking_vm import BookingState, BookingVM
from clinic_desktop.ui.booking.echo import echo, why
from clinic_desktop.ui.scheduling.reason_field import ReasonField, overlap_reasons
from clinic_desktop.ui.scheduling.words import relative_day
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl


class SlotFields(QWidget):
    """Edits the slot of a ``BookingVM``. ``entered`` on Enter, when nothing more is to ask."""

    entered = Signal()

    def __init__(self, vm: BookingVM, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._vm = vm
        self._shown: tuple[Opening, ...] = ()
        self.line = QLineEdit(vm.state.form.text)
        self.line.setPlaceholderText(_("tue 10:30 fu"))
        self.line.textEdited.connect(vm.type_line)
        self.line.returnPressed.connect(self._on_enter)
        self._echo = Label("", "strong", "muted", wrap=True)
        when = Form()
        self.when = when.add(_("When"), self.line, required=True)
        self.reason = ReasonField(_("Why it is booked all the same"), overlap_reasons())
        self.reason.changed.connect(lambda text: vm.choose(overlap_reason=text.strip()))
        self.reason.entered.connect(self.entered)
        self._over = Form()
        self.over = self._over.add(_("Why it is booked all the same"), self.reason, required=True)
        self._over.hide()
        self._part = SegmentedControl(
            [
                Option(DayPart.ANY, _("Any time")),
                Option(DayPart.MORNING, _("Morning")),
                Option(DayPart.AFTERNOON, _("Afternoon")),
                Option(DayPart.EVENING, _("Evening")),
            ],
            _("Part of the day"),
            vm.state.form.part,
        )
        self._part.changed.connect(lambda part: vm.choose(part=part))
        self._free = QWidget()
        self._chips = FlowLayout(self._free, gap=SPACE_1, line_gap=SPACE_1)
        self._build(when)
        vm.changed.connect(self._render)
        self._render(vm.state)

    def _build(self, when: Form) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_2)
        column.addWidget(when)
        column.addWidget(self._echo)
        column.addWidget(self._over)
        column.addSpacing(SPACE_1)
        column.addWidget(Label(_("Next free times"), "label", "muted"))
        column.addWidget(self._part)
        column.addWidget(self._free)
        column.addSpacing(SPACE_3 - SPACE_2)
        self.setFocusProxy(self.line)

    def _render(self, state: BookingState) -> None:
        text, tone = echo(state, self._vm.doctor_name())
        if text != self._echo.text():
            self._echo.setText(text)
            self.line.setAccessibleDescription(text)
            if state.check is not None:
                announce(self, text)
        self._echo.set_tone(tone)
        asks = state.check is not None and state.check.needs_reason
        self._over.setVisible(asks)
        if state.check is not None and asks:
            self.over.set_warning(why(state.check))
        if state.found != self._shown:
            self._show_openings(state.found)

    def _show_openings(self, found: tuple[Opening, ...]) -> None:
        self._shown = found
        while (item := self._chips.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for opening in found:
            local = current().local(opening.start_at)
            when = f"{relative_day(local.date(), self._vm.today)} {current().time(local.time())}"
            any_doctor = self._vm.state.form.practitioner_id is None
            chip = Button(
                f"{isolate(when)} {opening.practitioner}" if any_doctor else isolate(when)
            )
            words = _("{when} with {doctor}").format(when=when, doctor=opening.practitioner)
            chip.setAccessibleName(words)
            chip.setToolTip(words)
            chip.clicked.connect(lambda _on=False, each=opening: self._take(each))
            self._chips.addWidget(chip)
        self._free.updateGeometry()

    def _take(self, opening: Opening) -> None:
        self.line.setText(self._vm.take_opening(opening))
        self._vm.type_line(self.line.text())
        self.line.setFocus()

    def _on_enter(self) -> None:
        state = self._vm.state
        if state.wants_reason:
            self.reason.setFocus()
        elif state.form.plan.error or not state.is_placed:
            self.say_what_is_missing()
        else:
            self.entered.emit()

    def say_what_is_missing(self) -> None:
        """Ask for day and time."""
        error = self._vm.state.form.plan.error
        self.when.set_error(error or _("Say on which day and at what time."))
        self.line.setFocus()

    def clear_errors(self) -> None:
        """Nothing is wrong any more; the echo stays what is spoken of the field."""
        if self.line.property("error") == "true":
            self.when.set_error("")
            self.line.setAccessibleDescription(self._echo.text())
