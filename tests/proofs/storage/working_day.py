"""A clinic at work, as a process of its own: says of each save that it is done, once it is.

``python -m tests.proofs.storage.working_day FOLDER --saves N --seed S``; the key is taken from the
environment, because the proof is about the disk and not about passwords.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clinic_desktop import clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import engine
from clinic_desktop.db.ballast import Ballast
from clinic_desktop.db.opening import open_store
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.names import HumanName
from clinic_desktop.domain.permissions import SINGLE_DOCTOR, SYSTEM, Actor
from clinic_desktop.errors import ClinicError, PermissionDeniedError
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.services import drafts, encounters, notes
from clinic_desktop.services.billing import invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import TakePayment
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.patients import merging, registration
from clinic_desktop.services.patients.entry import PatientEntry, RegisterPatient
from tests.proofs.storage.recorder import ACKED, ARMED

KEY, ACTOR = "CLINIC_PROOF_KEY", "CLINIC_PROOF_USER"
FILLER = "filler"
"""A file of the proof that takes room away until the end of the day."""
DAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_TIP = "SELECT dseq, hex(chain) FROM sync_commit WHERE dev = 1 ORDER BY dseq DESC LIMIT 1"


def make_clinic(root: Path) -> tuple[bytes, Actor]:
    """A new clinic in a folder; its key and its owner."""
    new = clinic.NewClinic(
        practice="Proof", owner_login="amina", owner_name="Dr Amina Kamau",
        password="a long sentence for proofs",
    )  # fmt: skip
    made = clinic.create(DataDir(root), new, FixedClock(DAY), KdfCost(32 * 1024, 2, 1))
    made.close()
    return made.keys.key, made.actor


def environment_of(key: bytes, actor: Actor) -> dict[str, str]:
    """What the process needs to know."""
    return {KEY: key.hex(), ACTOR: f"{actor.user_id} {actor.practitioner_id}"}


class Day:
    """Saves of all kinds, in an order that the seed decides."""

    def __init__(self, root: Path, seed: int, *, aloud: bool = False, ballast: int = 0) -> None:
        self._root, self._aloud = root, aloud
        self._rng = random.Random(seed)
        user, practitioner = os.environ[ACTOR].split()
        doctor = uuid.UUID(practitioner)
        self._actor = Actor(uuid.UUID(user), "amina", "", SINGLE_DOCTOR, doctor)
        self._clock = FixedClock(DAY, seed=seed + 1 << 32)  # ids are counted from there
        key = bytes.fromhex(os.environ[KEY])
        kept = Ballast(DataDir(root).ballast, ballast) if ballast else None
        self._store = open_store(DataDir(root).database, key, self._clock, ballast=kept)
        self._store.gate.look()
        self._patients: list[uuid.UUID] = []
        self._acks = os.open(root / ACKED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def work(self, saves: int) -> int:
        """Make this many saves; returns how many of them were refused with a sentence."""
        refused = 0
        kinds = (self._register, self._visit, self._visit, self._invoice, self._draft, self._merge)
        self._register()
        (self._root / ARMED).write_bytes(b"")
        while saves > 0:
            kind = self._rng.choice(kinds)
            self._clock.advance(seconds=self._rng.randint(1, 90))
            try:
                kind()
            except PermissionDeniedError:
                raise  # a day on which nothing may be done would prove nothing
            except ClinicError as error:
                refused += 1
                print(type(error).__name__, file=sys.stderr)
            saves -= 1
        self._after_room_was_made()
        self._store.close()
        return refused

    def _after_room_was_made(self) -> None:
        """Somebody frees space: without being told, the program goes on by itself."""
        filler, gate = self._root / FILLER, self._store.gate
        if gate.halt is None or not filler.exists():
            return
        filler.unlink()
        gate.look()
        if gate.halt is not None:
            raise AssertionError("the record stays closed though there is room")
        self._register()

    def _save(self, command: Any, *args: Any, **kwargs: Any) -> Any:
        result = self._store.write(self._actor, command, *args, **kwargs).result()
        tip = self._store.read(SYSTEM, _tip).result()
        os.write(self._acks, f"{tip[0]} {tip[1]}\n".encode())
        if self._aloud:
            print(tip[0], flush=True)
        return result

    def _register(self) -> None:
        number = self._rng.randrange(10**6)
        name = HumanName(family=f"Otieno{number}", given="Brian")
        new = RegisterPatient(PatientEntry(name), consents=("treatment",))
        self._patients.append(self._save(registration.register, new))

    def _visit(self) -> None:
        patient = self._rng.choice(self._patients)
        started = self._save(encounters.start_visit, patient_id=patient)
        words = NoteText(plan="Rest and fluids. " * self._rng.randint(1, 200))
        self._save(notes.save_note, started.encounter_id, words)
        if self._rng.random() < 0.7:
            self._save(encounters.sign, started.encounter_id)

    def _invoice(self) -> None:
        patient = self._rng.choice(self._patients)
        issued = self._save(invoices.issue, InvoiceForm(patient, (LineForm("Visit", 150_000),)))
        self._save(payments.take, TakePayment(issued.id, 100_000))

    def _draft(self) -> None:
        words = {"plan": "x" * self._rng.randint(1, 3000)}
        self._save(drafts.save_draft, "note", str(self._rng.randrange(3)), words)

    def _merge(self) -> None:
        if len(self._patients) < 3:
            return self._register()
        one, other = self._rng.sample(self._patients, 2)
        done = self._save(merging.merge, one, other, reason="The same person")
        self._save(merging.undo_merge, done)
        return None


def _tip(reads: ReadSession) -> tuple[int, str]:
    found = reads.cursor.execute(_TIP).fetchone()
    return int(found[0]), str(found[1])


def main(words: list[str] | None = None) -> int:
    """Work for a while; an error that is no sentence ends it with a traceback."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--saves", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--aloud", action="store_true", help="print the number of each save")
    parser.add_argument("--ballast", type=int, default=0, help="bytes kept for a full disk")
    parser.add_argument("--careless", action="store_true", help="do not wait for the disk")
    wanted = parser.parse_args(words)
    if wanted.careless:  # so that the proof can show that it finds what is lost
        engine.PRAGMAS = tuple(
            (name, "OFF", 0) if name == "synchronous" else (name, value, read)
            for name, value, read in engine.PRAGMAS
        )
    day = Day(wanted.folder, wanted.seed, aloud=wanted.aloud, ballast=wanted.ballast)
    day.work(wanted.saves)
    return 0


if __name__ == "__main__":
    sys.exit(main())
