"""What follows a booking: say it, offer to take it back, print the slip."""

from __future__ import annotations

from clinic_desktop.i18n import _
from clinic_desktop.services.scheduling import changes
from clinic_desktop.services.scheduling.changes import AppointmentChange
from clinic_desktop.ui.core.context import Context


def booked(
    context: Context, change: AppointmentChange, said: str, *, print_slip: bool = False
) -> None:
    """Tell what was booked; undo hides the booking again."""
    tasks = context.tasks
    if print_slip:
        context.printing.print_paper("appointment-slip", change.appointment_id)

    def undo() -> None:
        taken_back = _("Taken back")
        tasks.write(tasks, changes.undo, change, done=lambda _none: context.host.toast(taken_back))

    context.host.toast(said, undo)
