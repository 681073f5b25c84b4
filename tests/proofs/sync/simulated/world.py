"""One history: people write, PCs exchange, and what can go wrong goes wrong, as a seed decides."""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
import uuid
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from clinic_desktop.db import conflicts
from clinic_desktop.db.conflicts import OpenConflict
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import (
    CopiedRecordError,
    RevokedError,
    RuleError,
    ServerError,
    StaleError,
    StorageError,
)
from clinic_desktop.models.patient import Patient
from tests.proofs.result import in_memory
from tests.proofs.sync.simulated import judge
from tests.proofs.sync.simulated.besides import Besides
from tests.proofs.sync.simulated.machine import Form, Pc, WrongClock
from tests.proofs.sync.simulated.machines import PowerCut, forget, one_thread, overheard, watch
from tests.proofs.sync.simulated.oracle import ASKED, COLUMNS, Cell, Op, Oracle, Value
from tests.proofs.sync.simulated.practice import Template
from tests.proofs.sync.simulated.troubles import CANARY, DISASTERS, SKEWS, FoundError
from tests.proofs.sync.simulated.wire import Network, Server
from tests.support.records import NOON

LOSSES: Final = (0.0, 0.0, 0.1, 0.3, 0.6)
STEPS: Final = (20, 30, 40)
_LATELY: Final = 3
"""How many charts people work on."""
_MOST_STATEMENTS: Final = 60
_PASSES: Final = 8
_SHORT: Final = 0.75
"""How often a history ends when all agree; else when passes bring nothing more."""


class World(Besides):
    """Two to four PCs and a server; the same seed gives the same history."""

    def __init__(self, made: Template, seed: int) -> None:
        super().__init__()
        self.seed = seed
        self.chance = random.Random(seed)
        self.oracle = Oracle(made.chart)
        self.steps = 0
        self._trace = hashlib.blake2b(digest_size=16)
        self.log: list[str] = []
        self._made = made
        self._root = Path(tempfile.mkdtemp(prefix="clinic-history-", dir=in_memory()))
        self._loss, self._outages = self.chance.choice(LOSSES), self.chance.choice((0.0, 0.05, 0.2))
        self._disasters = list(self.chance.choice(DISASTERS))
        self._server_clock = WrongClock(NOON)
        shutil.copytree(made.root / "server", self._root / "server")
        self.server = Server(self._root / "server", self._server_clock)
        self.net = Network(
            self.server, self.chance, pass_time=self._pass_time, note=self._note,
            secrets=(CANARY.encode(),),
        )  # fmt: skip
        names = list(made.people)[: self.chance.choice((2, 2, 3, 3, 4))]
        self._is_sound = False
        self._at_desks: list[str] = []
        self.pcs = [self._pc(name, at) for at, name in enumerate(names, 1)]
        self.net.house.pcs = self.pcs
        self.chosen = random.Random(f"what else there is {seed}")
        self._choose()

    def _pc(self, name: str, place: int, of: Pc | None = None) -> Pc:
        clock = WrongClock(NOON, seed=place << 50)
        person = of.person if of is not None else self._made.people[name]
        if of is not None:
            return Pc(
                name, self._root / f"{name}-copy", clock, person, f"{name}'", program=of.program
            )
        desk = self._made.desk(name)
        if desk is None:
            shutil.copytree(self._made.root / name, self._root / name)
            return Pc(name, self._root / name, clock, person)
        self._at_desks.append(name)
        watch(desk.folder).desk = desk
        return Pc(name, desk.folder, clock, person)

    # ------------------------------------------------------------ one history

    def play(self) -> list[str]:
        """What did not hold; nothing in a sound program."""
        with one_thread(self.seed), self.net.in_use(), ExitStack() as stack:
            stack.callback(self._clear)
            logged = stack.enter_context(overheard(CANARY))
            try:
                self._begin()
                for _step in range(self.chance.choice(STEPS)):
                    self._step()
                self._end()
                self._must_hold(f"readable in the log: {each}" for each in logged)
            except FoundError as error:
                return [str(error)]
            self._is_sound = True
        return []

    @property
    def trace(self) -> str:
        """A digest of all that happened."""
        return self._trace.hexdigest()

    def _note(self, what: str) -> None:
        self.log.append(what)
        self._trace.update(f"{what}\n".encode())

    def _clear(self) -> None:
        for pc in self.pcs:
            pc.stop()
            forget(pc.folder)
        for name in self._at_desks:
            self._made.leave(name, is_sound=self._is_sound)
        self.server.close()
        forget(self.server.folder)
        shutil.rmtree(self._root, ignore_errors=True)

    def _pass_time(self, seconds: float) -> None:
        for clock in (self._server_clock, *(pc.clock for pc in self.pcs)):
            clock.advance(seconds=seconds)

    def _begin(self) -> None:
        self.server.start()
        for pc in self.pcs:
            pc.clock.jump(timedelta(seconds=self.chance.choice(SKEWS)))
            pc.start()
            pc.look()
        self._begin_besides()
        self.net.loss = self._loss
        names = "".join(pc.name for pc in self.pcs)
        self._note(f"{names} {self._loss} {self._outages} {self._disasters}")

    def _step(self) -> None:
        self.steps += 1
        self._pass_time(self.chance.choice((1, 5, 600)))
        pc = self.chance.choice(self.pcs)
        act, weight = zip(*self._acts().items(), strict=True)
        what = self.chance.choices(act, weight)[0]
        self._note(f"{self.steps} {pc.line} {what.__name__}")
        self.net.house.asks = pc
        if not pc.is_up or pc.power.is_off:
            self._wake(pc)
        if not self.server.is_up and self.chance.random() < 0.5:
            self.server.start()
        pc.look()  # the others' doings may have brought something here
        what(pc)
        self._after(pc)

    def _acts(self) -> dict[Callable[[Pc], None], float]:
        return {
            self._register: 1.5, self._edit: 4, self._open_form: 2, self._save_form: 2,
            self._delete: 1.5, self._decide: 2.5, self._two_at_once: 1, self._give_up: 0.5,
            self._sync: 7, self._set_clock: 0.5, self._restart: 0.3, self._full_disk: 0.6,
            self._strike_server: 0.4, self._save_copy: 0.5, self._disaster_of_the_day: 1.2,
            self._fill_server: 0.2, self._write_stick: 0.4, self._read_stick: 0.6,
            self._attach: 0.5,
        } | self._more_acts()  # fmt: skip

    def _after(self, pc: Pc) -> None:
        if pc.power.is_off:
            self._note("off")
            self._wake(pc)
        if pc.is_up:
            pc.look()
            if self.chance.random() < 0.15:
                self._must_hold(judge.faults_of(pc, self.oracle))

    def _wake(self, pc: Pc) -> None:
        pc.stop()
        pc.start()
        pc.look()

    def _must_hold(self, found: Any) -> None:
        for each in found:
            raise FoundError(f"seed {self.seed}, step {self.steps}: {each}")

    # ------------------------------------------------------------ people write

    def _row(self, pc: Pc) -> uuid.UUID | None:
        rows = self.oracle.rows(pc.applied)
        return self.chance.choice(rows[-_LATELY:]) if rows else None

    def _value(self, group: int) -> str:
        """A value that nobody else writes."""
        return f"{CANARY} {self.oracle.next}" if group == 1 else f"{self.oracle.next} {group}"

    def _save(self, pc: Pc, op: Op, command: Callable[[UnitOfWork], Any]) -> None:
        """Try to save: told, refused in a sentence, or the power goes."""
        if self.chance.random() < self._outages:
            pc.power.cut_in(self.chance.randrange(20), after=self.chance.random() < 0.5)
        try:
            pc.write(command, f"op {op.number}")
        except PowerCut:
            self._wake(pc)
            if pc.rows("SELECT 1 FROM sync_commit WHERE reason = ?", f"op {op.number}"):
                self.oracle.keep(op)
                self._note("kept, not told")
            return
        except StaleError:
            self._note("stale")
        except StorageError as error:
            self._note(f"refused {error.code}")
        else:
            self.oracle.keep(op)
            self.oracle.told.add(op.number)
            self._note("told")
        pc.power.stay()
        is_there = bool(pc.rows("SELECT 1 FROM sync_commit WHERE reason = ?", f"op {op.number}"))
        if is_there != (op.number in self.oracle.told):
            raise FoundError(f"seed {self.seed}: {pc.line}: told {not is_there}, and it is not so")

    def _register(self, pc: Pc) -> None:
        row = pc.clock.new_id()
        values: dict[Cell, Value] = {Cell(row, group): self._value(group) for group in COLUMNS}
        values[Cell(row, 0)] = 0
        op = self.oracle.draft(pc.line, pc.applied, values, is_new=True)
        texts = {COLUMNS[cell.group]: value for cell, value in values.items() if cell.group}

        def add(uow: UnitOfWork) -> None:
            uow.add(Patient(id=row, mrn=f"{pc.line}{op.number}", given="A", **texts))

        self._save(pc, op, add)

    def _edit(self, pc: Pc) -> None:
        for _time in range(self.chance.randrange(1, 4)):
            row = self._row(pc)
            if row is not None:
                self._update(pc, [row], self.chance.choice((1, 1, 9, 6)))
                pc.look()

    def _two_at_once(self, pc: Pc) -> None:
        """One save that touches two charts; nobody ever sees half of it."""
        rows = self.oracle.rows(pc.applied)
        if len(rows) > 1:
            self._update(pc, self.chance.sample(rows, 2), 1)

    def _update(self, pc: Pc, rows: list[uuid.UUID], group: int, base: int | None = None) -> None:
        values: dict[Cell, Value] = {}
        for row in rows:
            values[Cell(row, group)] = f"{self._value(group)} {len(values)}"
            if pc.rows("SELECT is_deleted FROM patient WHERE id = ?", row.bytes) == [(1,)]:
                values[Cell(row, 0)] = 1  # who writes into a deleted row says so again
        column, shown = COLUMNS[group], dict[Cell, Value]()
        for row in rows if group in ASKED else ():
            [(now,)] = pc.rows(f"SELECT {column} FROM patient WHERE id = ?", row.bytes)  # noqa: S608
            shown[Cell(row, group)] = now
        op = self.oracle.draft(pc.line, pc.applied, values, shown=shown)

        def update(uow: UnitOfWork) -> None:
            if base is not None:
                uow.expect("patient", rows[0], base)
            for cell, value in values.items():
                if cell.group:
                    uow.cursor.execute(
                        f"UPDATE patient SET {COLUMNS[cell.group]} = ? WHERE id = ?",  # noqa: S608
                        (value, cell.row.bytes),
                    )

        self._save(pc, op, update)

    def _open_form(self, pc: Pc) -> None:
        row = self._row(pc)
        if row is not None:
            shown = pc.read(lambda reads: reads.version("patient", row))
            pc.forms.append(Form(row, shown))

    def _save_form(self, pc: Pc) -> None:
        if pc.forms:
            form = pc.forms.pop(self.chance.randrange(len(pc.forms)))
            is_stale = pc.read(lambda reads: reads.version("patient", form.row)) > form.version
            number = self.oracle.next
            self._update(pc, [form.row], 1, form.version)
            if is_stale and number in self.oracle.ops:
                raise FoundError(
                    f"seed {self.seed}: {pc.line}: a form wrote over what it did not show"
                )

    def _delete(self, pc: Pc) -> None:
        """Delete a chart, or bring it back."""
        row = self._row(pc)
        if row is None:
            return
        [(now,)] = pc.rows("SELECT is_deleted FROM patient WHERE id = ?", row.bytes)
        op = self.oracle.draft(pc.line, pc.applied, {Cell(row, 0): 1 - now})

        def turn(uow: UnitOfWork) -> None:
            uow.cursor.execute(
                "UPDATE patient SET is_deleted = ? WHERE id = ?", (1 - now, row.bytes)
            )

        self._save(pc, op, turn)

    def _decide(self, pc: Pc) -> None:
        """Answer a question."""
        asked: list[OpenConflict] = [
            each
            for each in pc.read(lambda reads: conflicts.open_conflicts(reads.cursor))
            if each.table == "patient" and each.group in COLUMNS
        ]
        if not asked:
            return
        one = self.chance.choice(sorted(asked, key=lambda each: each.id))
        value = self._value(one.group) if one.group else self.chance.randrange(2)
        op = self.oracle.draft(pc.line, pc.applied, {Cell(one.row_id, one.group): value})

        def decide(uow: UnitOfWork) -> None:
            column = {COLUMNS[one.group]: value}
            conflicts.decide(uow.cursor, one.table, one.row_id, one.group, column)

        self._save(pc, op, decide)

    def _give_up(self, pc: Pc) -> None:
        """A save that a rule refuses half-way leaves nothing."""
        row = self._row(pc)

        def refuse(uow: UnitOfWork) -> None:
            if row is not None:
                uow.cursor.execute("UPDATE patient SET note = 'x' WHERE id = ?", (row.bytes,))
            raise ServerError("refused")

        try:
            pc.write(refuse, "refused")
        except ServerError:
            return

    # ------------------------------------------------------------ PCs exchange

    def _sync(self, pc: Pc) -> None:
        if self.chance.random() < self._outages:
            most = self.chance.choice((_MOST_STATEMENTS, 10 * _MOST_STATEMENTS))
            pc.power.cut_in(self.chance.randrange(most), after=self.chance.random() < 0.5)
        self._note(self._pass(pc))
        pc.power.stay()

    def _pass(self, pc: Pc) -> str:
        """One pass; how it ended."""
        self.net.house.asks = pc
        may_turn, name = self._may_turn(pc), pc.device_id
        try:
            passed = pc.syncing.run()
        except PowerCut:
            self._wake(pc)
            return "cut"
        except RevokedError:
            if not pc.is_out:
                raise FoundError(
                    f"seed {self.seed}: {pc.line} hears that it was taken out"
                ) from None
            return "revoked"
        except CopiedRecordError as error:
            if not pc.may_be_copy:
                raise FoundError(
                    f"seed {self.seed}: {pc.line} hears it is a copy: {error.place}"
                ) from None
            pc.is_aside = True
            return "copied"
        except (ServerError, StorageError) as error:
            if not (error.message and error.kept):
                raise FoundError(f"seed {self.seed}: a failure without a sentence") from None
            return f"failed {error.code}"
        finally:
            self._no_word_got_out()
            if may_turn and pc.device_id != name:
                pc.is_out, pc.came_back = False, True
        return f"sent {passed.sent} received {passed.received}"

    def _no_word_got_out(self) -> None:
        if self.net.heard:
            raise FoundError(f"seed {self.seed}: readable on the line: {self.net.heard[0]}")

    # ------------------------------------------------------------ the end

    def _end(self) -> None:
        """The weather clears, everybody exchanges, and all must hold."""
        self._note("end")
        self.net.loss = 0.0
        self.server.stop()
        self.server.power.stay()
        self.server.start()
        for pc in self.pcs:
            pc.power.stay()
            if pc.power.is_off or not pc.is_up:
                self._wake(pc)
        if self._lost:
            self._set_up(self.pcs[0])
        self._end_besides()
        live = self._settle()
        self._settle_files(live)
        for pc in self.pcs:
            if pc.is_up:
                pc.look()
                self._must_hold(judge.soundness(pc))
                self._must_hold(judge.faults_of(pc, self.oracle))
        self._must_hold(self._fault_of_the_end(live))
        for pc in live:
            self._note(repr(sorted(pc.applied)))

    def _settle(self) -> list[Pc]:
        """Pass after pass until nobody has anything new; those that belong to the practice."""
        is_short = self.chance.random() < _SHORT
        turn = list(self.pcs)
        for _round in range(_PASSES):
            said = {}
            for pc in turn:
                before = len(pc.applied)
                said[pc.line] = self._pass(pc)
                pc.look()
                self._note(f"{pc.line} {said[pc.line]} {len(pc.applied) - before}")
            if self._confirm():
                turn = list(self.pcs)
                continue
            live = [pc for pc in self.pcs if not (pc.is_out or pc.is_aside or pc.is_held)]
            quiet = all(said.get(pc.line) == "sent 0 received 0" for pc in live)
            if quiet or (is_short and self._is_settled(live)):
                return live
            behind = [pc for pc in live if self._is_behind(pc, live)] if is_short else []
            turn = behind if behind and len(turn) == len(self.pcs) else list(self.pcs)
        raise FoundError(f"seed {self.seed}: no end: {said}")

    def _confirm(self) -> bool:
        """An owner stands for those that came by themselves and are ours; whether there were any.

        Not for one that was taken out and came back under another name.
        """
        sound = [pc for pc in self.pcs if not (pc.is_out or pc.is_aside)]
        for pc in sound:
            waiting = judge.waiting(pc)
            if pc.device_id in waiting:
                continue
            for each in sound:
                if each.device_id in waiting:
                    self._must_hold(self._fault_of_waiting(pc, each))
                    each.is_held = each.came_back
            ours = [each for each in sound if each.device_id in waiting and not each.is_held]
            for each in ours:
                self.net.house.asks = pc
                with suppress(RuleError):  # another has to be confirmed before
                    pc.syncing.confirm(uuid.UUID(bytes=each.device_id))
                    self._note(f"{pc.line} confirms {each.line}")
            if ours:
                return True
        return False

    def _fault_of_waiting(self, pc: Pc, held: Pc) -> Any:
        """Whether one for whom nobody stands was handed what began after a PC was taken out."""
        later = judge.Chain(pc).begun_unaware(held.device_id)
        clinic = pc.person.keys.vault.clinic
        had = self.server.keys_for(clinic, held.device_id)
        if later & (had | judge.epochs(held) if held.came_back else had):
            yield f"{held.line} came by itself, nobody confirmed it, and it was handed keys"

    def _is_behind(self, pc: Pc, live: list[Pc]) -> bool:
        """Whether it has not all that others have, or has not handed on all of its own."""
        return any(each.applied - pc.applied for each in live) or bool(judge.is_quiet(pc))

    def _settle_files(self, live: list[Pc]) -> None:
        """The bytes of files come with later passes."""
        for _round in range(_PASSES):
            missing = self._missing_files(live)
            if not missing:
                return
            self._note(f"{len(missing)} missing")
            self._pass_time(25 * 3600)  # what a server lost of files shows the next day
            for pc in live:
                self._pass(pc)
                pc.look()
        raise FoundError(f"seed {self.seed}: {missing[0]}")

    def _is_settled(self, live: list[Pc]) -> bool:
        """Whether they agree, so that one more round of passes would only say so."""
        waits = any(judge.is_quiet(pc) for pc in live)
        return not waits and not [*judge.agreement(live)]

    def _fault_of_the_end(self, live: list[Pc]) -> Any:
        waits = [each for pc in live if (each := judge.is_quiet(pc))]
        yield from waits
        yield from judge.agreement(live)
        wanted = {
            number
            for number in self.oracle.told
            if any(pc.line == self.oracle.ops[number].line for pc in live)
        }
        for pc in live:
            lost = wanted - pc.applied
            if lost:
                yield f"{pc.name} lacks what was told as saved: {sorted(lost)}"
            if judge.kept_out(pc) and not any(each.is_out or each.may_be_copy for each in self.pcs):
                yield f"{pc.name} keeps something out"
        yield from self._fault_of_keys(live)
        for path in self.server.folder.rglob("*"):
            if path.is_file() and CANARY.encode() in path.read_bytes():
                yield f"readable at the server: {path.name}"
        self._note(f"{len(live)} agree")

    def _fault_of_keys(self, live: list[Pc]) -> Any:
        """A PC that was taken out gets no key that somebody began who knew that.

        One that began before, or apart from it, it may have: it belonged to the practice then.
        """
        chain = judge.Chain(live[0])
        for pc in self.pcs:
            clinic = pc.person.keys.vault.clinic
            had = judge.epochs(pc) | self.server.keys_for(clinic, pc.device_id)
            new = chain.begun_without(pc.device_id)
            if pc.came_back:
                new |= chain.begun_unaware(pc.device_id)
            if pc.is_out and new & had:
                yield f"{pc.name} was taken out and is handed keys"
        for held in self.pcs:
            if held.is_held:
                yield from self._fault_of_waiting(live[0], held)
