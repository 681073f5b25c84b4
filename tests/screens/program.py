"""The whole program, open on a small clinic in a temporary folder, for its screens to be drawn."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QWidget
from shiboken6 import delete

from clinic_desktop import clinic
from clinic_desktop.app import Session
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.domain.dates import BirthDate, PartialDate
from clinic_desktop.domain.names import HumanName
from clinic_desktop.i18n import ENGLISH, _
from clinic_desktop.services import encounters, patients
from clinic_desktop.services.patients import PatientEntry, Phone, RegisterPatient
from clinic_desktop.services.scheduling import bookings, flow, resources
from clinic_desktop.ui.core.navigator import Destination, Settings
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.settings.recovery_page import RecoveryPage
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.shell.closing_view import ClosingView
from clinic_desktop.ui.shell.lock_view import LockView
from clinic_desktop.ui.widgets.drawer import Drawer
from tests.support import screen_checks
from tests.support.charts import put_chart
from tests.support.records import CHEAP, NOON, PASSWORD

T = TypeVar("T")
WAIT_MS = 10_000
_STEPS = (
    (AppointmentStatus.ARRIVED,),
    (AppointmentStatus.ARRIVED, AppointmentStatus.IN_ROOM),
    (AppointmentStatus.CONFIRMED,),
    (),
)
_PEOPLE = (
    ("Okafor", "Adaeze", "female", "1992-03-01"),
    ("Иванова", "Мария", "female", "1965-07-14"),
    ("الحسن", "أحمد", "male", "2019-05-20"),
    ("Mensah", "Kofi", "male", "1981-02-11"),
)


@dataclass
class Program:
    """The opened program and somebody in it to look at."""

    session: Session
    patient_id: uuid.UUID
    encounter_id: uuid.UUID

    @property
    def window(self) -> QWidget:
        """The one window."""
        return self.session.window

    def go(self, destination: Destination) -> QWidget:
        """Show a place and wait until it is filled."""
        assert self.session.context is not None
        assert self.session.clinic is not None
        self.session.enter(self.session.clinic)  # from behind the lock screen, if it was there
        self.session.context.host.close_drawer()
        self.session.context.navigator.open(destination)
        self.settle()
        return self.window

    def in_front(self) -> QWidget:
        """The open drawer, which makes all else unreachable, or the window."""
        drawers = (drawer for drawer in self.window.findChildren(Drawer) if drawer.isVisible())
        return next(drawers, self.window)

    def lock(self) -> QWidget:
        """Show the lock screen."""
        self.session.show_lock()
        self.settle()
        return self.window

    def lock_waiting(self) -> QWidget:
        """Show the lock screen after too many wrong passwords."""
        shown = self.lock()
        lock = self.session.window.shown
        assert isinstance(lock, LockView)
        lock.hold(_("Too many wrong passwords."), 832)
        return shown

    def recover(self) -> QWidget:
        """Show the way in with the recovery sheet."""
        self.lock()
        self.session.show_recovery("amina")
        self.settle()
        return self.window

    def restore(self) -> QWidget:
        """Show how a backup is brought back."""
        self.lock()
        self.session.show_restore("amina")
        self.settle()
        return self.window

    def closing(self) -> QWidget:
        """Show what is shown while the day's backup is made."""
        view = ClosingView()
        view.show_step("copy", 30, 100)
        self.session.window.show_only(view)
        self.settle()
        return self.window

    def new_sheet(self) -> QWidget:
        """Show the drawer with a new recovery sheet."""
        self.go(Settings("recovery"))
        settings = self.session.desk.shown if self.session.desk else None
        assert isinstance(settings, SettingsView)
        page = settings.page("recovery")
        assert isinstance(page, RecoveryPage)
        page.make.click()
        self.settle()
        return self.window

    def settle(self) -> None:
        """Wait until everything asked of the record has arrived."""
        context = self.session.context
        assert context is not None
        screen_checks.settle()
        # Rows are asked for when they are first painted.
        while not (context.tasks.is_idle and context.backups.is_idle):
            _wait(lambda: context.tasks.is_idle and context.backups.is_idle)
            screen_checks.settle()


@contextmanager
def open_program(language: str) -> Iterator[Program]:
    """A clinic that speaks a language, with a morning of appointments and one long chart."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        clock = FixedClock(NOON, seed=1000)
        new = clinic.NewClinic(
            practice="Kilimani Family Clinic",
            owner_login="amina",
            owner_name="Dr Amina Kamau",
            password=PASSWORD,
            language=language,
            country="KE",
            currency="KES",
            time_zone="Africa/Nairobi",
        )
        opened = clinic.create(DataDir(Path(folder)), new, clock, CHEAP)
        patient_id, encounter_id = _fill(opened)
        session = Session(DataDir(Path(folder)), clock=clock)
        session.window.show()
        session.enter(opened)
        program = Program(session, patient_id, encounter_id)
        program.settle()
        try:
            yield program
        finally:
            session.close()
            session.window.close()
            delete(session.window)
            delete(session)
            speak(ENGLISH)


def _wait(done: Callable[[], bool]) -> None:
    """Run the window until something is so."""
    loop, asking, enough = QEventLoop(), QTimer(), QTimer()
    asking.timeout.connect(lambda: loop.exit(0) if done() else None)
    enough.timeout.connect(lambda: loop.exit(1))
    asking.start(2)
    enough.start(WAIT_MS)
    assert loop.exec() == 0, "the screen is still waiting for the record"


def _fill(opened: clinic.Clinic) -> tuple[uuid.UUID, uuid.UUID]:
    def write(command: Callable[..., T], *args: Any, **more: Any) -> T:
        return opened.store.write(opened.actor, command, *args, **more).result(60)

    kind = write(resources.save_type, resources.SaveType("Travel advice", 20, "co"))
    write(resources.save_room, resources.SaveRoom("Room 1"))
    today = opened.language().local(NOON).date()
    for place, (family, given, sex, born) in enumerate(_PEOPLE):
        entry = PatientEntry(
            HumanName(family, given),
            sex=sex,
            birth=BirthDate.of(PartialDate.parse(born)),
            phones=(Phone(f"+2547120004{place:02d}"),),
        )
        wish = bookings.BookAppointment(
            day=today,
            at=time(12 + place, 20),
            patient_id=write(patients.register, RegisterPatient(entry)),
            practitioner_id=opened.actor.practitioner_id,
            type_id=kind,
            reason="Blood pressure review",
        )
        booked = write(bookings.book, wish)
        for step in _STEPS[place]:
            write(flow.change_status, flow.ChangeStatus(booked.appointment_id, step))
    patient_id = write(put_chart)
    return patient_id, write(encounters.start_visit, patient_id=patient_id).encounter_id
