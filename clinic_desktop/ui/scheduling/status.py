"""The pill of an appointment's status."""

from __future__ import annotations

from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.pill import PillSpec, visit_status


def longest_status() -> int:
    """Letters of the longest word for a status, for the width of a column."""
    return max(len(visit_status(status).text) for status in AppointmentStatus)


def status_of(row: AppointmentRow, note: str = "") -> PillSpec:
    """Word, glyph and tone; a status of a newer program is shown as it came."""
    if not row.status.is_known:
        return PillSpec(row.status.value, Tone.NEUTRAL)
    return visit_status(row.status, note)
