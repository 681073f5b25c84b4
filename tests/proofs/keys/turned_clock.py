"""T23: the clock of the PC is turned back and forth while people work, are locked out, and sign in.

Each history is a real record. Between its steps the wall clock jumps by hours, days or ten years,
the PC's running does not. An oracle keeps true time: passwords wait and grow old by it, a PIN
lasts by it, the phone shows its codes by it. What is saved stands on the board of the day that the
wall shows, ids only rise, and the log stays whole, with a word for each time that went back.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic, NewClinic
from clinic_desktop.clock import SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import (
    ClinicError,
    PasswordAgainError,
    TooManyAttemptsError,
    WrongCodeError,
    WrongPasswordError,
)
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.security.second_factor import Offer
from clinic_desktop.services import own_code, own_pin
from clinic_desktop.services.audit.verifying import verify
from clinic_desktop.services.patients import PatientEntry, RegisterPatient, registration
from clinic_desktop.services.scheduling import board, walk_ins
from tests.proofs.result import Result
from tests.support.phone import Phone

BEGINNING = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ZONE, PASSWORD, PIN = "Africa/Nairobi", "correct horse battery", "274916"
STEPS, RAN = 10, 1000.0
"""Steps of a history; seconds that the PC has run when it begins."""
JUMPS = (1, -1, 5, -5, 26, -26, 24 * 365 * 10, -24 * 365 * 10)
"""Hours."""
DUE = [0, 0, 0, 0, 1, 2, 4, 8, 16, 32]
"""Seconds after so many wrong passwords in a row, written anew here; 900 from the tenth on."""
OFFER = Offer.new()
PHONE = Phone(OFFER.seed)


class Turned(SystemClock):
    """A PC that has run for a while, and whose wall clock is off."""

    def __init__(self) -> None:
        super().__init__()
        self.ran, self.off = RAN, timedelta()

    @property
    def true(self) -> datetime:
        """What a right clock shows, the phone's for one."""
        return BEGINNING + timedelta(seconds=self.ran)

    def now(self) -> datetime:
        """What this one shows."""
        return self.true + self.off

    def uptime(self) -> float:
        """What nobody turns."""
        return self.ran


class FoundError(Exception):
    """A promise that did not hold."""


def must(holds: bool, sentence: str) -> None:
    """Stop at the first promise that did not."""
    if not holds:
        raise FoundError(sentence)


@dataclass
class History:
    """One record, one person, one clock."""

    data_dir: DataDir
    rng: random.Random
    clock: Turned = field(default_factory=Turned)
    fresh: float = 0.0
    """When the password was right last, by the PC's running; long ago after a lock."""
    fails: int = 0
    last_fail: float = -1e9
    session: float = 0.0
    """When the password opened the record, by the PC's running."""
    step: int = int(BEGINNING.timestamp() + RAN) // 30
    """The newest step of a code that was taken."""
    code_fails: int = 0
    papers: list[str] = field(default_factory=lambda: list(OFFER.codes))
    saved: list[uuid.UUID] = field(default_factory=list)
    last_id: uuid.UUID | None = None

    def play(self) -> None:
        """A number of steps between jumps, then a look at the log."""
        self.opened = self.open()
        steps = (self.save, self.save, self.ask_again, self.guess, self.pin, self.reopen)
        try:
            for _step in range(STEPS):
                if self.rng.random() < 0.6:
                    self.clock.off += timedelta(hours=self.rng.choice(JUMPS))
                    if abs(self.clock.off) > timedelta(days=365 * 25):
                        self.clock.off = timedelta()
                self.clock.ran += self.rng.choice((0, 1, 20, 40, 400, 5000, 44_000))
                self.rng.choice(steps)()
                self.look_at_ids()
            self.look_at_log()
        finally:
            self.opened.close()

    # ------------------------------------------------------------ at the desk

    def save(self) -> None:
        """Somebody comes without an appointment and is on today's board."""
        store, actor = self.opened.store, self.opened.actor
        name = HumanName(family=f"Otieno{len(self.saved)}", given="Brian")
        new = RegisterPatient(PatientEntry(name), consents=("treatment",))
        patient = store.write(actor, registration.register, new).result()
        came = store.write(actor, walk_ins.take_walk_in, walk_ins.WalkIn(patient)).result()
        self.saved.append(patient)
        shown = store.read(actor, board.today_board).result()
        must(shown.day == self.clock.now().astimezone(ZoneInfo(ZONE)).date(), "another day's board")
        must(came.appointment_id in {row.id for row in shown.rows}, "not on the board of its day")

    def ask_again(self) -> None:
        """What wants a fresh password gets one of the last five minutes, by true time."""
        is_fresh = self.clock.ran - self.fresh <= 300
        try:
            self.opened.store.write(self.opened.actor, own_code.renew_codes).result()
        except PasswordAgainError:
            must(not is_fresh, "a fresh password was refused")
            return
        must(is_fresh, "an old password was taken for a fresh one")
        offered = self.opened.store.write(self.opened.actor, own_code.renew_codes).result()
        self.papers = list(offered)

    def guess(self) -> None:
        """A wrong or a right password; it waits by true time."""
        due = DUE[self.fails] if self.fails < len(DUE) else 900
        too_early = self.clock.ran - self.last_fail < due
        is_right = self.rng.random() < 0.3
        try:
            self.opened.prove_password(PASSWORD if is_right else "wrong")
        except TooManyAttemptsError:
            must(too_early, "kept out though the wait was over")
            return
        except WrongPasswordError:
            must(not too_early and not is_right, "a guess was looked at too early")
            self.fails, self.last_fail = self.fails + 1, self.clock.ran
            return
        must(not too_early and is_right, "a password was looked at too early")
        self._gave()

    def pin(self) -> None:
        """Lock, and come back with the PIN within twelve hours of the password by true time."""
        self.opened.leave()
        self.fresh = -1e9
        in_time = self.clock.ran - self.session < 12 * 3600
        try:
            self.opened.come_back("amina", PIN)
        except WrongPasswordError:
            must(not in_time, "the PIN ended before its time")
            self.reopen()
            return
        must(in_time, "the PIN lasted beyond its time")

    # ------------------------------------------------------------ at the door

    def reopen(self) -> None:
        """Close the record, and sign in with password and code."""
        self.opened.close()
        self.opened = self.open()

    def open(self) -> Clinic:
        """The phone's clock is right; where the PC's is not, a recovery code helps."""
        self._wait()
        shown, theirs = self.clock.true.timestamp() // 30, self.clock.now().timestamp() // 30
        counts = abs(shown - theirs) <= 1 and shown > self.step
        try:
            opened = self._sign_in(PHONE.shows(self.clock.true))
        except WrongCodeError:
            must(not counts, "a right code was refused")
            self.code_fails += 1
        else:
            must(counts, "a code of another time, or one used before, was taken")
            self.step = int(shown)
            return self._replay(opened)
        self._wait()
        self.code_fails = 0
        return self._sign_in(self.papers.pop())

    def _replay(self, opened: Clinic) -> Clinic:
        """The same code must not count again, whatever the clock is turned to."""
        code, off = PHONE.shows(self.clock.true), self.clock.off
        opened.close()
        for minutes in (0, -1, 1):
            self.clock.off = off + timedelta(minutes=minutes / 2)
            self._wait()
            try:
                self._sign_in(code).close()
            except WrongCodeError:
                self.code_fails += 1
                continue
            must(False, "a code was taken twice")
        self.clock.off = off
        self._wait()
        self.code_fails = 0
        return self._sign_in(self.papers.pop())

    def _renew_papers(self, opened: Clinic) -> None:
        if len(self.papers) < 4:
            write: Callable[..., Any] = opened.store.write
            self.papers = list(write(opened.actor, own_code.renew_codes).result())

    def _wait(self) -> None:
        """Until neither a password nor a code is held up any more."""
        if self.fails:
            self.clock.ran += 901
        if self.code_fails >= 5:
            self.clock.ran += 301

    def _sign_in(self, code: str) -> Clinic:
        found = clinic.open_clinic(self.data_dir, "amina", PASSWORD, self.clock, code)
        self._gave()
        self.session = self.clock.ran
        self._renew_papers(found)
        return found

    def _gave(self) -> None:
        self.fresh = self.clock.ran
        self.fails = 0

    # ------------------------------------------------------------ afterwards

    def look_at_ids(self) -> None:
        """They rise, whatever the clock does."""
        for _each in range(3):
            fresh = self.clock.new_id()
            rises = self.last_id is None or fresh > self.last_id
            must(rises, "an id that is lower than one before")
            self.last_id = fresh

    def look_at_log(self) -> None:
        """Whole, and with a word for each commit that is older than the one before it."""
        store = self.opened.store
        store.sign_off().result()
        report = store.read(self.opened.actor, verify, store.mirror).result()
        must(not report.findings, f"the log gives an alarm: {report.findings[:1]}")
        walls, told = store.read(self.opened.actor, _walls).result()
        back = sum(1 for one, two in pairwise(walls) if one - two > 60_000)
        must(back == told, f"the clock went back {back} times, and {told} are on record")
        kept = store.read(self.opened.actor, _patients).result()
        must(set(self.saved) <= kept, "a saved person is gone")


def _walls(reads: ReadSession) -> tuple[list[int], int]:
    rows = reads.cursor.execute("SELECT wall FROM sync_commit ORDER BY cid").fetchall()
    told = reads.cursor.execute("SELECT count(*) FROM audit_event WHERE kind = 'clock.back'")
    return [wall for (wall,) in rows], int(told.fetchone()[0])


def _patients(reads: ReadSession) -> set[uuid.UUID]:
    found = reads.cursor.execute("SELECT id FROM patient")
    return {uuid.UUID(bytes=bytes(row)) for (row,) in found}


def _template(folder: Path) -> None:
    """A clinic whose owner has a PIN and is asked for a code."""
    clock = Turned()
    new = NewClinic("Kilimani Clinic", "amina", "Dr Amina Kamau", PASSWORD, time_zone=ZONE)
    opened = clinic.create(DataDir(folder), new, clock, KdfCost(32 * 1024, 2, 1))
    write: Callable[..., object] = opened.store.write
    write(opened.actor, own_pin.set_pin, PIN)
    write(opened.actor, own_code.switch_on, OFFER, PHONE.shows(clock.true))
    opened.close()


def prove(size: int, seed: int, jobs: int = 1, made: type[Turned] = Turned) -> Result:
    """``size`` histories of ``STEPS`` steps."""
    failures = []
    with tempfile.TemporaryDirectory() as scratch:
        template = Path(scratch) / "template"
        _template(template)
        for number in range(size):
            folder = Path(shutil.copytree(template, Path(scratch) / str(number)))
            history = History(DataDir(folder), random.Random(seed + number), made())
            history.clock.ran += 60
            try:
                history.play()
            except (FoundError, ClinicError) as error:
                failures.append(f"history {seed + number}: {error}")
            shutil.rmtree(folder)
    return Result("T23", size - len(failures), failures, seed)
