"""The pages about time, in the order of the settings."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from clinic_desktop.i18n import N_
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.schedule_closures import ClosuresPage
from clinic_desktop.ui.settings.schedule_hours import HoursPage
from clinic_desktop.ui.settings.schedule_lines import PeoplePage, RoomsPage, TypesPage

SCHEDULE_PAGES: tuple[tuple[str, str, Callable[[Context], QWidget]], ...] = (
    ("appointment-types", N_("Appointment types"), TypesPage),
    ("working-hours", N_("Working hours"), HoursPage),
    ("closed-days", N_("Closed days"), ClosuresPage),
    ("doctors", N_("Doctors and nurses"), PeoplePage),
    ("rooms", N_("Rooms"), RoomsPage),
)
"""Name of the page in ``Settings(page)``, title, and the widget for a context."""
