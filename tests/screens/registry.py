"""Every screen of the program, by name, for the checks and the pictures.

A maker gets the opened program and returns its window, showing the screen; screens of the
gallery need no program.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.widgets.gallery.window import PAGES, Gallery
from tests.screens.program import Program

Make = Callable[[Program], QWidget]

CHART = (
    *("summary", "timeline", "visits", "medicines", "results", "vaccines", "documents"),
    "billing",
)
SETTINGS = (
    *("appearance", "language", "lock", "recovery", "practice", "people", "prices", "printers"),
    *("backups", "data", "audit"),
)


def _chart(section: str) -> Make:
    return lambda program: program.go(to.Chart(program.patient_id, section))


def _settings(page: str) -> Make:
    return lambda program: program.go(to.Settings(page))


SCREENS: dict[str, Make] = {
    "today": lambda program: program.go(to.Today()),
    "calendar": lambda program: program.go(to.Calendar()),
    "patients": lambda program: program.go(to.Patients()),
    **{f"chart-{name}": _chart(name) for name in CHART},
    "visit": lambda program: program.go(to.Visit(program.patient_id, program.encounter_id)),
    "billing": lambda program: program.go(to.Billing()),
    "import": lambda program: program.go(to.ImportRecords()),
    "register": lambda program: program.go(to.RegisterPatient()),
    "edit": lambda program: program.go(to.EditPatient(program.patient_id)),
    "merge": lambda program: program.go(to.MergePatients(program.patient_id)),
    "allergies": lambda program: program.go(to.EditAllergies(program.patient_id)),
    "problems": lambda program: program.go(to.EditProblems(program.patient_id)),
    "chart-changes": lambda program: program.go(to.ChartChanges(program.patient_id)),
    "chart-looks": lambda program: program.go(to.ChartLooks(program.patient_id)),
    "book": lambda program: program.go(to.BookAppointment()),
    "walk-in": lambda program: program.go(to.WalkIn()),
    **{f"settings-{name}": _settings(name) for name in SETTINGS},
    "recovery-sheet": lambda program: program.new_sheet(),
    "lock": lambda program: program.lock(),
    "lock-waiting": lambda program: program.lock_waiting(),
    "recover": lambda program: program.recover(),
    "restore": lambda program: program.restore(),
    "closing": lambda program: program.closing(),
}
"""A new screen adds a line here; the checks and the pictures follow."""


def gallery(page: str) -> Gallery:
    """The gallery, open at a page; the caller closes it."""
    window = Gallery()
    window.open(page)
    return window


GALLERY = tuple(PAGES)
