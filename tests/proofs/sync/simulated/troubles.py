"""What goes wrong in a simulated practice, and what people do about it."""

from __future__ import annotations

import hashlib
import random
import shutil
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from clinic_desktop import clinic
from clinic_desktop.bundle_taking import import_bundle
from clinic_desktop.bundle_writing import export_bundle
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import ClinicError, CopiedRecordError, ServerError
from clinic_desktop.models.document import Attachment
from clinic_desktop.sync.client import Address
from clinic_desktop.sync.file_pieces import PIECE
from tests.proofs.sync.simulated.machine import Pc, WrongClock
from tests.proofs.sync.simulated.machines import PowerCut
from tests.proofs.sync.simulated.oracle import Op, Oracle
from tests.proofs.sync.simulated.practice import OWNER, Person, Template, let_in
from tests.proofs.sync.simulated.wire import URL, Network, Server
from tests.support.records import NOON, PASSWORD

CANARY: Final = "Kanarienvogel"
TEN_YEARS: Final = 3650 * 24 * 3600
SKEWS: Final = (0, 0, 0, 0, 90, -90, 7200, -86_400, TEN_YEARS, -TEN_YEARS)
DISASTERS: Final[tuple[tuple[str, ...], ...]] = (
    (), ("server",), ("older",), ("clone",), ("revoke",), ("revoke",), ("server", "older"),
    ("clone", "revoke"), ("revoke", "older"), ("older", "older"), ("join",), ("join", "revoke"),
    ("lost",),
)  # fmt: skip
"""What befalls a practice, one after the other: its server or a PC is brought back from a copy, a
PC's folder is copied and both go on, a PC is taken out or let in, the server loses everything."""
_MOST_STATEMENTS: Final = 60


class FoundError(Exception):
    """Something does not hold."""


class Troubled:
    """A practice whose PCs, server, line and sticks fail."""

    seed: int
    chance: random.Random
    oracle: Oracle
    net: Network
    server: Server
    pcs: list[Pc]
    _made: Template
    _root: Path
    _outages: float
    _disasters: list[str]
    chosen: random.Random
    """Decides what a history has besides."""

    def __init__(self) -> None:
        self.files: dict[int, bytes] = {}
        """Contents of attachments, by the operation that saved them."""
        self._lost = False
        """Whether the server has to be set up again."""

    def _note(self, what: str) -> None:
        raise NotImplementedError

    def _wake(self, pc: Pc) -> None:
        raise NotImplementedError

    def _pc(self, name: str, place: int, of: Pc | None = None) -> Pc:
        raise NotImplementedError

    def _save(self, pc: Pc, op: Op, command: Callable[[UnitOfWork], Any]) -> None:
        raise NotImplementedError

    def _register(self, pc: Pc) -> None:
        raise NotImplementedError

    def _edit(self, pc: Pc) -> None:
        raise NotImplementedError

    def _sync(self, pc: Pc) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------ what goes wrong

    def _set_clock(self, pc: Pc) -> None:
        pc.clock.jump(timedelta(seconds=self.chance.choice(SKEWS)))

    def _restart(self, pc: Pc) -> None:
        self._wake(pc)

    def _full_disk(self, pc: Pc) -> None:
        """The disk of a PC is full while it works and exchanges, and has room again."""
        pc.fill_disk()
        for act in self.chance.sample((self._register, self._sync, self._edit, self._sync), 3):
            act(pc)
            pc.look()
        self._wake(pc)

    def _strike_server(self, _pc: Pc) -> None:
        """The server's power goes within its next statements, or now."""
        if self.chance.random() < 0.5:
            self.server.power.cut_in(self.chance.randrange(20), after=self.chance.random() < 0.5)
        else:
            self.server.stop()

    def _fill_server(self, _pc: Pc) -> None:
        """The server's disk is full until it starts again."""
        self.server.fill_disk()

    # ------------------------------------------------------------ sticks and files

    @property
    def _stick(self) -> Path:
        return self._root / "stick.clinicbundle"

    def _write_stick(self, pc: Pc) -> None:
        """Somebody takes along what this PC holds."""
        try:
            export_bundle(pc.opened, self._stick)
        except PowerCut:
            self._wake(pc)
        except ClinicError as error:
            self._must_say(error)
            return
        if self._stick.exists() and CANARY.encode() in self._stick.read_bytes():
            raise FoundError(f"seed {self.seed}: readable on the stick")

    def _read_stick(self, pc: Pc) -> None:
        """A stick comes by, at times one that was pulled out or has aged."""
        if not self._stick.exists():
            return
        path, is_torn = self._stick, self.chance.random() < 0.2
        if is_torn:
            path = self._tear(path)
        if self.chance.random() < self._outages:
            pc.power.cut_in(self.chance.randrange(_MOST_STATEMENTS), after=True)
        try:
            taken = import_bundle(pc.opened, path)
            self._note(f"stick brought {taken.received} {taken.segments} {taken.left}")
            if is_torn:
                raise FoundError(f"seed {self.seed}: {pc.line} took a torn stick")
        except PowerCut:
            self._wake(pc)
        except CopiedRecordError as error:
            if not pc.may_be_copy:
                raise FoundError(
                    f"seed {self.seed}: {pc.line} hears of a stick that it is a copy: {error.place}"
                ) from None
        except ClinicError as error:
            self._must_say(error)
        finally:
            pc.power.stay()

    def _tear(self, whole: Path) -> Path:
        torn, raw = whole.with_name("torn.clinicbundle"), bytearray(whole.read_bytes())
        at = self.chance.randrange(len(raw))
        if self.chance.random() < 0.5:
            del raw[at:]
        else:
            raw[at] ^= 1 << self.chance.randrange(8)
        torn.write_bytes(raw)
        return torn

    def _must_say(self, error: ClinicError) -> None:
        self._note(f"refused {error.code}")
        if not error.message:
            raise FoundError(f"seed {self.seed}: a failure without a sentence")

    def _attach(self, pc: Pc) -> None:
        """A scan is kept: its row goes like any other, its bytes apart from it."""
        size = self.chance.choice((40, 400, PIECE + 1))
        op = self.oracle.draft(pc.line, pc.applied, {})
        content = f"{CANARY} {op.number} ".encode() + self.chance.randbytes(size)
        digest = hashlib.sha256(content).hexdigest()

        def attach(uow: UnitOfWork) -> None:
            uow.add(Attachment(sha256=digest, size=len(content), mime="image/png", filename="a"))
            uow.cursor.execute(
                "INSERT INTO blob (sha256, encoding, data) VALUES (?, '', ?)", (digest, content)
            )

        self._save(pc, op, attach)
        if op.number in self.oracle.ops:
            self.files[op.number] = content

    def _missing_files(self, live: list[Pc]) -> list[str]:
        """Files of which a row is there, and at some PC not the bytes."""
        found = []
        for pc in live:
            here = dict(pc.rows("SELECT sha256, data FROM blob")) if self.files else {}
            for number, content in self.files.items():
                is_live = any(each.line == self.oracle.ops[number].line for each in live)
                digest = hashlib.sha256(content).hexdigest()
                if number in pc.applied and is_live and here.get(digest) != content:
                    found.append(f"{pc.line} has not the bytes of {number}")
        return found

    # ------------------------------------------------------------ few in a history

    def _save_copy(self, pc: Pc) -> None:
        """Somebody keeps the files as they are."""
        if "older" in self._disasters and not pc.may_be_copy:
            self._keep_files(pc, pc.folder)
        if "server" in self._disasters:
            self.server.stop()
            self._keep_files(pc, self.server.folder)
            self.server.start()

    def _keep_files(self, pc: Pc, folder: Path) -> None:
        saved = self._saved(folder)
        shutil.rmtree(saved, ignore_errors=True)
        if folder == pc.folder:
            pc.copy(saved)
            self._wake(pc)
        else:
            shutil.copytree(folder, saved)

    def _saved(self, folder: Path) -> Path:
        return self._root / f"{folder.name}-saved"

    def _disaster_of_the_day(self, pc: Pc) -> None:
        """Few in a history, if any."""
        if not self._disasters:
            return
        what = self._disasters[0]
        saved = self._saved((self.server if what == "server" else pc).folder)
        match what:
            case "server" if saved.exists():
                self.server.stop()
                shutil.rmtree(self.server.folder)
                shutil.copytree(saved, self.server.folder)
                self.server.start()
            case "older" if saved.exists():
                self._bring_back(pc, saved)
            case "clone" if not pc.is_out:
                self._clone(pc)
            case "join" if self._may_decide(self.pcs[0]):
                if not self._let_in(self.pcs[0]):
                    return
            case "lost":
                self._lose_server()
            case "revoke" if len(self.pcs) > 2 and self._may_decide(self.pcs[0]):
                self._revoke(self.pcs[0])
                return
            case _:
                return
        self._note(f"happened: {what}")
        self._disasters.pop(0)

    @staticmethod
    def _may_decide(owner: Pc) -> bool:
        return owner.is_up and not owner.may_be_copy

    def _bring_back(self, pc: Pc, saved: Path) -> None:
        pc.come_from(saved)
        pc.may_be_copy = True
        pc.line += "*"
        self._wake(pc)

    def _clone(self, pc: Pc) -> None:
        pc.may_be_copy = True
        other = self._pc(pc.name, 90 + len(self.pcs), of=pc)
        pc.copy(other.folder)
        other.may_be_copy = True
        self.pcs.append(other)
        self._wake(pc)
        self._wake(other)

    def _let_in(self, owner: Pc) -> bool:
        """One more PC joins, if the weather lets it; else the folder stays empty."""
        folder, clock = self._root / "e", WrongClock(NOON, seed=60 << 50)
        try:
            let_in(owner.opened, folder, clock)
        except PowerCut:
            self._wake(owner)
        except ClinicError as error:
            self._must_say(error)
        if not (folder / "vault.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            return False
        opened = clinic.open_clinic(DataDir(folder), OWNER, PASSWORD, clock)
        person = Person(opened.keys, opened.actor)
        opened.close()
        self.pcs.append(Pc("e", folder, clock, person))
        self._wake(self.pcs[-1])
        return True

    def _lose_server(self) -> None:
        """The server's files are gone; an owner sets it up anew."""
        self.server.stop()
        shutil.rmtree(self.server.folder)
        self.server.start()
        self._lost = True
        self._set_up(self.pcs[0])

    def _set_up(self, owner: Pc) -> None:
        try:
            owner.syncing.set_up(Address(URL))
            self._lost = False
        except PowerCut:
            self._wake(owner)
        except ServerError as error:
            self._must_say(error)

    def _may_turn(self, pc: Pc) -> bool:
        """Whether a copy may still go on as a PC of its own though one of its name was taken out.

        The server lets it, as an owner asks, until it is told; from then on nobody does.
        """
        clinic = pc.person.keys.vault.clinic
        return pc.is_out and self.server.is_up and not self.server.has_ended(clinic, pc.device_id)

    def _revoke(self, owner: Pc) -> None:
        gone = self.pcs[-1]
        if gone.is_out and self.chance.random() < 0.5:
            return
        members = owner.read(membership.current)
        if uuid.UUID(bytes=gone.device_id) not in members.known:
            return  # a copy that goes on under a name of which nobody has heard yet
        device = uuid.UUID(bytes=gone.device_id)
        named = [each for each in self.pcs if each.device_id == device.bytes and not each.is_out]
        for each in named:  # a copy that bears the same name goes with it
            each.is_out = True
        try:
            if self.chance.random() < self._outages:
                owner.power.cut_in(self.chance.randrange(200), after=True)
            owner.syncing.revoke(device)
            self._note("revoked")
            self._disasters.pop(0)
        except PowerCut:
            self._wake(owner)
        except ServerError as error:
            self._note(f"revoking failed {error.code}")
        owner.power.stay()
        if device in owner.read(membership.current).devices:
            for each in named:  # the power went before anything was kept of it
                each.is_out = False
