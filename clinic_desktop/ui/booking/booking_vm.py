"""State of the booking form: what was typed, what it means, what speaks against it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.services.scheduling import bookings, clashes, openings, resources
from clinic_desktop.services.scheduling.bookings import BookAppointment, PlaceAppointment
from clinic_desktop.services.scheduling.clashes import Slot, SlotCheck
from clinic_desktop.services.scheduling.openings import DayPart, FindOpenings, Opening
from clinic_desktop.services.scheduling.resources import Bookable
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.services.scheduling.timetable import instant
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.scheduling.when_line import WhenPlan, date_order, read_when

CHECK_AFTER_MS = 60
_IDS = ("patient_id", "type_id", "practitioner_id", "location_id", "waitlist_id")
SUGGESTED = 6
NOTHING_SAID = WhenPlan()
NOTHING_OFFERED = Bookable((), (), ())


@dataclass(frozen=True)
class BookingForm:
    """All fields of the drawer. The typed line wins over what was chosen before it."""

    text: str = ""
    plan: WhenPlan = NOTHING_SAID
    day: date | None = None
    at: time | None = None
    patient_id: uuid.UUID | None = None
    type_id: uuid.UUID | None = None
    practitioner_id: uuid.UUID | None = None
    location_id: uuid.UUID | None = None
    duration_min: int | None = None
    """``None`` takes the type's own."""
    reason: str = ""
    overlap_reason: str = ""
    waitlist_id: uuid.UUID | None = None
    part: DayPart = DayPart.ANY


@dataclass(frozen=True)
class BookingState:
    """The form and what is known about it."""

    form: BookingForm
    offered: Bookable = NOTHING_OFFERED
    check: SlotCheck | None = None
    """``None`` until the calendar has answered."""
    found: tuple[Opening, ...] = ()
    """The next free times."""

    @property
    def minutes(self) -> int:
        """How long it will last."""
        if self.form.duration_min is not None:
            return self.form.duration_min
        kinds = {kind.id: kind.duration_min for kind in self.offered.types}
        return kinds.get(self.form.type_id or uuid.UUID(int=0), bookings.USUAL_MIN)

    @property
    def is_placed(self) -> bool:
        """Whether day and time are known."""
        return self.form.day is not None and self.form.at is not None

    @property
    def wants_reason(self) -> bool:
        """Whether something speaks against the slot and nobody has said why it may be."""
        return self.check is not None and self.check.needs_reason and not self.form.overlap_reason


class BookingVM(QObject):
    """Books a new appointment, or moves one that was opened with ``open_row``.

    ``changed(state)`` after every edit, ``checked`` when the calendar has answered about the
    slot, ``saved(change)``, ``refused(error)``.
    """

    changed = Signal(object)
    edited = Signal()
    """The person typed or chose something."""
    checked = Signal()
    saved = Signal(object)
    refused = Signal(object)
    row_changed = Signal(object, object)
    """Somebody changed the appointment meanwhile: as it was, and as it is."""
    row_opened = Signal(object)

    def __init__(self, context: Context, form: BookingForm, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.state = BookingState(form)
        self.row: AppointmentRow | None = None
        self._base = form
        """What holds where the typed line says nothing."""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(CHECK_AFTER_MS)
        self._pause.timeout.connect(self.check_now)
        context.tasks.read(self, resources.bookable, done=self._show_offered)

    # ------------------------------------------------------------ drafts

    def texts(self) -> dict[str, Any]:
        """What was typed and chosen, for a draft."""
        form, base = self.state.form, self._base
        kept: dict[str, Any] = {name: str(getattr(base, name) or "") for name in _IDS}
        return kept | {
            "text": form.text,
            "day": str(base.day or ""),
            "at": str(base.at or ""),
            "minutes": base.duration_min,
            "reason": base.reason,
            "overlap_reason": form.overlap_reason,
        }

    def take_texts(self, texts: dict[str, Any]) -> None:
        """Go on with a draft."""
        ids: dict[str, Any] = {
            name: uuid.UUID(texts[name]) if texts.get(name) else None for name in _IDS
        }
        self._base = replace(
            self._base,
            **ids,
            day=date.fromisoformat(texts["day"]) if texts.get("day") else None,
            at=time.fromisoformat(texts["at"]) if texts.get("at") else None,
            duration_min=texts.get("minutes"),
            reason=str(texts.get("reason", "")),
            overlap_reason=str(texts.get("overlap_reason", "")),
        )
        self.state = replace(self.state, form=self._base)
        self.type_line(str(texts.get("text", "")))
        self.find_openings()

    def chosen(self) -> dict[str, str]:
        """What was chosen for the appointment that moves, and is not as it has it."""
        row, base = self.row, self._base
        if row is None:
            return {}
        pairs = {
            "practitioner_id": (base.practitioner_id, row.practitioner_id),
            "location_id": (base.location_id, row.location_id),
            "duration_min": (base.duration_min, row.minutes),
        }
        return {name: str(now or "") for name, (now, before) in pairs.items() if now != before}

    def choose_again(self, chosen: dict[str, str]) -> None:
        """Go on with what was chosen before."""
        values: dict[str, Any] = {
            name: uuid.UUID(text) if text else None for name, text in chosen.items() if name in _IDS
        }
        if chosen.get("duration_min"):
            values["duration_min"] = int(chosen["duration_min"])
        if values:
            self.choose(**values)

    # ------------------------------------------------------------ opening

    def open_row(self, appointment_id: uuid.UUID) -> None:
        """Move this appointment instead of booking another."""
        self._context.tasks.read(
            self, bookings.appointment, appointment_id, done=self._show_row,
            failed=self.refused.emit,
        )  # fmt: skip

    def look_again(self) -> None:
        """Whether somebody changed the appointment since it was shown; ``row_changed`` follows."""
        if self.row is not None:
            self._context.tasks.read(
                self, bookings.appointment, self.row.id, done=self._on_again,
                failed=self.refused.emit,
            )  # fmt: skip

    def _on_again(self, row: AppointmentRow) -> None:
        before = self.row
        if before is None or before.version == row.version:
            return
        # What was typed stays, and goes on from what is shown now.
        text = self.state.form.text
        self._show_row(row)
        self.type_line(text)
        self.row_changed.emit(before, row)

    def _show_row(self, row: AppointmentRow) -> None:
        self.row = row
        local = self._context.language.local(row.start_at)
        self._base = replace(
            self._base,
            day=local.date(),
            at=local.time().replace(tzinfo=None),
            patient_id=row.person.patient_id if row.person else None,
            type_id=row.type_id,
            practitioner_id=row.practitioner_id,
            location_id=row.location_id,
            duration_min=row.minutes,
            reason=row.reason,
        )
        self.row_opened.emit(row)
        self.type_line(self.state.form.text)
        self.find_openings()

    def _show_offered(self, offered: Bookable) -> None:
        self.state = replace(self.state, offered=offered)
        usual = self._base.practitioner_id or self._usual_doctor(offered)
        if self.row is None:
            self._base = replace(self._base, practitioner_id=usual)
        self.type_line(self.state.form.text)
        self.find_openings()

    def doctor_name(self) -> str:
        """The chosen doctor's name."""
        names = {row.id: row.name for row in self.state.offered.practitioners}
        chosen = self.state.form.practitioner_id
        return names.get(chosen, "") if chosen is not None else ""

    def _usual_doctor(self, offered: Bookable) -> uuid.UUID | None:
        """Oneself, for a doctor; else the only or first one."""
        own = self._context.actor.practitioner_id
        ids = [row.id for row in offered.practitioners]
        return own if own in ids else next(iter(ids), None)

    # ------------------------------------------------------------ editing

    @property
    def today(self) -> date:
        """The clinic's day."""
        return self._context.language.local(self._context.clock.now()).date()

    def type_line(self, text: str) -> None:
        """Read the typed line; where it says nothing, what was chosen stays."""
        plan = read_when(
            text,
            self.state.offered,
            today=self.today,
            order=date_order(self._context.language.locale),
        )
        base = self._base
        day = plan.day or base.day or (self.today if plan.at is not None else None)
        form = replace(
            self.state.form,
            text=text,
            plan=plan,
            day=day,
            at=plan.at or base.at,
            type_id=plan.type_id or base.type_id,
            practitioner_id=plan.practitioner_id or base.practitioner_id,
            location_id=plan.location_id or base.location_id,
            duration_min=plan.duration_min or base.duration_min,
            reason=plan.reason or base.reason,
            part=base.part,
        )
        before = self.state.form
        self._set(form)
        if text != before.text:
            self.edited.emit()
        if (before.practitioner_id, before.type_id) != (form.practitioner_id, form.type_id):
            self.find_openings()

    def choose(self, **values: Any) -> None:
        """Change fields by hand; the typed line keeps what it says about others."""
        self._base = replace(self._base, **values)
        self._set(replace(self.state.form, **values))
        self.edited.emit()
        if values.keys() & {"type_id", "practitioner_id", "duration_min", "part"}:
            self.find_openings()

    def take_opening(self, opening: Opening) -> str:
        """Take a free time; returns the line that says it, which any reader understands."""
        local = self._context.language.local(opening.start_at)
        self._base = replace(self._base, practitioner_id=opening.practitioner_id)
        return f"{local:%Y-%m-%d %H:%M}"

    def _set(self, form: BookingForm) -> None:
        before = self.state.form
        same_slot = _slot_key(before) == _slot_key(form)
        self.state = replace(self.state, form=form, check=self.state.check if same_slot else None)
        self.changed.emit(self.state)
        if not same_slot or self.state.check is None:
            self._pause.start()

    # ------------------------------------------------------------ asking the calendar

    def slot(self) -> Slot | None:
        """The slot meant, ``None`` while day and time are not known or do not exist."""
        form = self.state.form
        if form.day is None or form.at is None:
            return None
        start = instant(form.day, form.at, ZoneInfo(self._context.language.time_zone))
        if start is None:
            return None
        end = start + timedelta(minutes=self.state.minutes)
        return Slot(start, end, form.practitioner_id, form.location_id, form.patient_id)

    def check_now(self) -> None:
        """Ask who else is there at that time."""
        self._pause.stop()
        slot, form = self.slot(), self.state.form
        if slot is None:
            return

        def show(check: SlotCheck) -> None:
            if _slot_key(self.state.form) == _slot_key(form):
                self.state = replace(self.state, check=check)
                self.changed.emit(self.state)
                self.checked.emit()

        ignoring = self.row.id if self.row is not None else None
        self._context.tasks.read(self, clashes.check_slot, slot, ignoring=ignoring, done=show)

    def find_openings(self) -> None:
        """Look for the next free times of the kind wanted."""
        form = self.state.form
        wish = FindOpenings(
            practitioner_id=form.practitioner_id,
            type_id=form.type_id,
            duration_min=form.duration_min,
            part=form.part,
            from_day=None if self.row is not None else self._base.day,
            limit=SUGGESTED,
        )
        self._context.tasks.read(self, openings.first_free, wish, done=self._show_openings)

    def _show_openings(self, found: tuple[Opening, ...]) -> None:
        self.state = replace(self.state, found=found)
        self.changed.emit(self.state)

    # ------------------------------------------------------------ saving

    def save(self) -> None:
        """Book or move; the answer comes as ``saved`` or ``refused``."""
        form = self.state.form
        if form.plan.error or form.day is None or form.at is None:
            return
        write, answers = self._context.tasks.write_once, {"done": self.saved.emit,
                                                          "failed": self._failed}  # fmt: skip
        if self.row is None:
            write(self, bookings.book, self._booking(form.day, form.at), **answers)
        else:
            write(self, bookings.place, self._placing(self.row, form.day, form.at), **answers)

    def _booking(self, day: date, at: time) -> BookAppointment:
        form = self.state.form
        return BookAppointment(
            day=day,
            at=at,
            duration_min=self.state.minutes,
            patient_id=form.patient_id,
            type_id=form.type_id,
            practitioner_id=form.practitioner_id,
            location_id=form.location_id,
            reason=form.reason,
            overlap_reason=form.overlap_reason,
            waitlist_id=form.waitlist_id,
        )

    def _placing(self, row: AppointmentRow, day: date, at: time) -> PlaceAppointment:
        form = self.state.form
        return PlaceAppointment(
            row.id, day, at, self.state.minutes, form.practitioner_id, form.location_id,
            form.overlap_reason, row.version,
        )  # fmt: skip

    def _failed(self, error: ClinicError) -> None:
        if isinstance(error, ValidationError) and error.field == "overlap_reason":
            self.check_now()
        self.refused.emit(error)


def _slot_key(form: BookingForm) -> tuple[object, ...]:
    return (
        form.day, form.at, form.duration_min, form.type_id, form.practitioner_id,
        form.location_id, form.patient_id,
    )  # fmt: skip
