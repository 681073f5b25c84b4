"""What the drawer says about a slot: the date in words, and whether it is free."""

from __future__ import annotations

from clinic_desktop.i18n import _, commas, current, isolate, pgettext
from clinic_desktop.services.scheduling.clashes import SlotCheck
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.ui.booking.booking_vm import BookingState
from clinic_desktop.ui.scheduling.words import day_in, from_to, minutes, name_of


def echo(state: BookingState, doctor: str) -> tuple[str, str]:
    """The sentence below the typed line and its tone."""
    form = state.form
    if form.plan.error:
        return form.plan.error, "danger"
    if form.day is None and form.at is None:
        return _("Such as: tue 10:30 fu, tomorrow 14:00, 3.12. 9:15"), "muted"
    if form.at is None:
        return _("{day} – at what time?").format(day=in_words(state)), "warn"
    words = [in_words(state), isolate(current().time(form.at)), minutes(state.minutes)]
    verdict, tone = _verdict(state.check)
    return " · ".join(filter(None, (*words, isolate(doctor), verdict))), tone


def in_words(state: BookingState) -> str:
    """The day with its weekday: nobody books on a wrong date unseen."""
    assert state.form.day is not None  # noqa: S101 - asked above
    return day_in(state.form.day, "EEEE d MMMM y")


def _verdict(check: SlotCheck | None) -> tuple[str, str]:
    if check is None:
        return "…", "muted"
    if check.has_died:
        return pgettext("list of patients", "died"), "danger"
    if check.overlaps:
        return _("taken"), "danger"
    if check.closure is not None or check.outside_hours:
        return _("not a working time"), "warn"
    if check.is_past:
        return _("in the past"), "warn"
    return _("free"), "ok"


def why(check: SlotCheck) -> str:
    """What speaks against the slot, in full."""
    if check.has_died:
        return _("The patient has died.")
    if check.overlaps:
        taken = commas(_other(row) for row in check.overlaps[:3])
        return _("Already booked: {people}").format(people=taken)
    if check.closure is not None:
        return _("Closed: {reason}").format(reason=isolate(check.closure.reason))
    return _("This is outside the working hours.")


def _other(row: AppointmentRow) -> str:
    return f"{isolate(name_of(row))} {from_to(row)}"
