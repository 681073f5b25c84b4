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

SCREENS: dict[str, Make] = {
    "today": lambda program: program.go(to.Today()),
    "calendar": lambda program: program.go(to.Calendar()),
    "patients": lambda program: program.go(to.Patients()),
    "visit": lambda program: program.go(to.Visit(program.patient_id, program.encounter_id)),
    "billing": lambda program: program.go(to.Billing()),
    "register": lambda program: program.go(to.RegisterPatient()),
    "book": lambda program: program.go(to.BookAppointment()),
    "walk-in": lambda program: program.go(to.WalkIn()),
    "lock": lambda program: program.lock(),
}
"""A new screen adds a line here; the checks and the pictures follow."""


def gallery(page: str) -> Gallery:
    """The gallery, open at a page; the caller closes it."""
    window = Gallery()
    window.open(page)
    return window


GALLERY = tuple(PAGES)
