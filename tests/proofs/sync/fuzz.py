"""Whatever bytes come from outside: they are read as what they are, or refused with the right word.

Sound messages, segments, keys, statements, entries, letters, commits and bundles are changed at
random. A reader gives back what it read, or raises the one error that its callers know; never
another one, and never for long.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from clinic_desktop.db import applying, bodies, causes
from clinic_desktop.db.chain import chain_value
from clinic_desktop.db.commits import outgoing
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.security import membership_chain
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import (
    EPOCH_BITS,
    KINDS,
    AddPerson,
    BadEntryError,
    BeginEpoch,
    ChangeRoles,
    Device,
    Engage,
    Entry,
    Genesis,
    NewRoot,
    Person,
    PersonKeys,
    PutDevice,
    RaiseFloor,
    RevokeDevice,
    RevokePerson,
    Root,
    Rules,
    SetRules,
)
from clinic_desktop.security.primitives import (
    Identity,
    KdfCost,
    UnreadableError,
    seal,
    seal_to,
    sign,
)
from clinic_desktop.sync import bundle, messages, segment, statements
from clinic_desktop.sync.bundle import BundleError
from clinic_desktop.sync.enrolment import Invitation, KnownPc, Request, Welcome
from clinic_desktop.sync.keys import Courier, read_sealed, seal_dek
from clinic_desktop.sync.messages import MessageError
from clinic_desktop.sync.segment import NewerFormatError, SegmentError
from clinic_desktop.sync.statements import StatementError
from tests.proofs.result import Result, in_memory, progress
from tests.proofs.sync.simulated.machines import one_thread
from tests.proofs.sync.simulated.practice import Template, template
from tests.proofs.sync.simulated.world import World
from tests.support.relays import PaperPractice, Pc

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NAME = "sync-fuzz"
MOST_S: Final = 2.0
"""Of the processor, for one input."""
REPORT: Final = 500_000
_SLOW: Final = 16
"""One in so many inputs goes to the readers that cost more: signatures, seals, files."""
_SLOWEST: Final = 256
"""One in so many is a whole commit that a record is to apply."""
TOKENS: Final = (
    b"\xc0", b"\xc1", b"\xc3", b"\xff", b"\x00", b"\x80", b"\x90", b"\xa0", b"\xc4\x00",
    b"\xcf" + b"\xff" * 8, b"\xd3\x80" + bytes(7), b"\xcb\x7f\xf0" + bytes(6),
    b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff", b"\x91" * 600, b"\x81\x00" * 300, b"\xd9\x02\xff\xfe",
    b"\xd6\xff\x00\x00\x00\x00", b"\xc9\xff\xff\xff\xff\x01",
)  # fmt: skip
"""What a reader of MessagePack may stumble over: great lengths, deep nests, no text, no number."""


@dataclass(frozen=True)
class Reader:
    """One way in from outside."""

    name: str
    samples: Sequence[bytes]
    read: Callable[[bytes], Any]
    word: type[Exception] | tuple[type[Exception], ...]
    """What it says of bytes that it cannot take."""
    is_slow: bool = False


def changed(samples: Sequence[bytes], chance: random.Random) -> bytes:
    """A sound sample with some changes, or without any."""
    raw = bytearray(samples[chance.getrandbits(16) % len(samples)])
    for _change in range(1 + (chance.getrandbits(4) == 0) * 5):
        size = len(raw)
        at = chance.getrandbits(24) % (size + 1)
        match chance.getrandbits(3):
            case 0 | 1 | 2 if at < size:
                raw[at] ^= 1 << chance.getrandbits(3)
            case 3 if at < size:
                raw[at] = chance.getrandbits(8)
            case 4:
                del raw[at:]
            case 5:
                raw[at : at + chance.getrandbits(4)] = TOKENS[chance.getrandbits(8) % len(TOKENS)]
            case 6:
                other = samples[chance.getrandbits(16) % len(samples)]
                raw[at:] = other[chance.getrandbits(24) % (len(other) + 1) :]
            case 7:
                del raw[at : at + 1 + chance.getrandbits(5)]
    return bytes(raw)


# ------------------------------------------------------------------ what is read


class Readers:
    """All ways in, with sound samples of what comes there."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._chance = random.Random(seed)
        self._file = folder / "fuzz.clinicbundle"
        clinic = uuid.uuid4()
        self._pc, self._other = Pc(clinic), Pc(clinic)
        self._other.dek = self._pc.dek
        self._run = [self._pc.work(_body(number)) for number in range(1, 6)]
        self._segments = [each.raw for each in self._run]
        self._me = Courier(clinic, self._pc.device, self._pc.keys)
        box = self._other.keys.public.sealing
        self._keys = [seal_dek(self._me, epoch, self._pc.dek, self._other.device, box)
                      for epoch in (1, 70_000)]  # fmt: skip
        self._invitation = Invitation(bytes(range(17)))
        public = self._other.keys.public
        self._request = Request(1, self._other.device.bytes, public.signing, public.sealing, "PC")
        self._paper = PaperPractice(clinic)
        self._statements = _statements(self._paper, self._pc, self._other)
        self._owner = Identity.new()
        self._members, self._entries = _members(clinic, self._owner)

    def all(self) -> list[Reader]:
        """Every way in."""
        said, wanted, stated = self._messages()
        plain = msgspec.msgpack.encode(_payload(self._run, self._pc.dek))
        return [
            Reader("segment", self._segments, segment.read, SegmentError),
            Reader("request", wanted, _as(messages.SyncRequest), MessageError),
            Reader("reply", said, _as(messages.SyncReply), MessageError),
            Reader("keybox", [messages.encode(messages.Keybox(1, tuple(self._keys)))],
                   _as(messages.Keybox), MessageError),
            Reader("statements", stated, _as(messages.Statements), MessageError),
            Reader("caller", self._callers(), _caller, MessageError),
            Reader("sealed key", self._keys, read_sealed, UnreadableError),
            Reader("statement", self._statements, statements.read, StatementError),
            Reader("body", [_body(number) for number in range(8)], bodies.read_foreign,
                   bodies.RefusedError),
            Reader("deps", [causes.encode({bytes([n] * 16): (n + 1, chain) for n in range(m)})
                            for m in range(4) for chain in (None, bytes(32))],
                   bodies.read_deps, bodies.RefusedError),
            Reader("payload", [plain], self._unpacked, SegmentError, is_slow=True),
            Reader("packed", [zstd.compress(plain)], self._packed, SegmentError,
                   is_slow=True),
            Reader("run", self._segments, self._opened, SegmentError, is_slow=True),
            Reader("chain", self._statements, self._followed, StatementError, is_slow=True),
            Reader("entry", self._entries, self._admitted, BadEntryError, is_slow=True),
            Reader("first letter", [msgspec.msgpack.encode(self._request)], self._asked,
                   UnreadableError, is_slow=True),
            Reader("second letter", [msgspec.msgpack.encode(self._welcome())], self._welcomed,
                   UnreadableError, is_slow=True),
            Reader("bundle", [self._bundle()], self._carried, (BundleError, NewerFormatError),
                   is_slow=True),
        ]  # fmt: skip

    def _messages(self) -> tuple[list[bytes], list[bytes], list[bytes]]:
        raw = tuple(self._segments)
        reply = messages.SyncReply(1, 1_790_000_000_000, 3, bytes(32), raw, more=True)
        wanted = self._pc.sync_body(*self._run, have={self._other.device.bytes: 7})
        stated = messages.Statements(1, tuple(self._statements))
        return [messages.encode(reply)], [wanted], [messages.encode(stated)]

    def _callers(self) -> list[bytes]:
        return [self._pc.call("POST", "/v1/sync", b"x").header.encode() for _each in range(3)]

    def _unpacked(self, plain: bytes) -> Any:
        """Sealed by a PC of the practice, with anything inside."""
        return segment._payload(zstd.compress(plain, 1), self._run[0].header)

    def _packed(self, packed: bytes) -> Any:
        return segment._payload(packed, self._run[0].header)

    def _opened(self, raw: bytes) -> Any:
        one = segment.read(raw)
        one.is_signed_by(self._pc.keys.public.signing)
        return segment.open_run([one], self._pc.dek)

    def _followed(self, raw: bytes) -> Any:
        before = self._chance.randrange(len(self._statements))
        known = statements.replay(statements.read(each) for each in self._statements[:before])
        return statements.follow(known, statements.read(raw))

    def _admitted(self, body: bytes) -> Any:
        """An entry of the chain of members that an owner signed, with anything inside."""
        owner, state = self._owner, self._members
        kind = self._chance.choice(tuple(KINDS))
        blank = Entry(state.n + 1, state.tip, kind, 5, body, owner.public.signing, b"")
        signed = msgspec.structs.replace(blank, signature=sign(owner, blank.signed))
        return membership_chain.follow(state, signed)

    def _asked(self, plain: bytes) -> Any:
        key = self._invitation._key(b"request")
        return self._invitation.read_request(seal(key, plain, b"clinic-desktop enrolment 1"))

    def _welcome(self) -> Welcome:
        pcs = (KnownPc(self._pc.device.bytes, self._pc.keys.public.signing, "A1", has_ended=False),)
        return Welcome(1, bytes(16), "Practice", "B2", bytes(32), bytes(32), pcs, bytes(16), "ana",
                       "Dr Ana", bytes(64))  # fmt: skip

    def _welcomed(self, plain: bytes) -> Any:
        invitation, mark = self._invitation, b"clinic-desktop enrolment 1"
        box = seal_to(self._request.sealing, plain, invitation._header(self._request))
        letter = seal(invitation._key(b"welcome"), box, mark)
        return invitation.read_welcome(letter, self._request, self._other.keys)

    def _bundle(self) -> bytes:
        head = bundle.Head(
            1, self._pc.clinic.bytes, self._pc.device.bytes, self._pc.keys.public.signing, 0,
            {self._pc.device.bytes: len(self._run)}, len(self._keys), len(self._run),
        )  # fmt: skip
        with self._file.open("wb") as file:
            bundle.write(file, head, [*self._keys, *self._segments], self._pc.keys)
        return self._file.read_bytes()

    def _carried(self, raw: bytes) -> Any:
        self._file.write_bytes(raw)
        found = bundle.open_bundle(self._file)
        return found.keys(), list(found.segments())


def _as(kind: type[Any]) -> Callable[[bytes], Any]:
    return lambda raw: messages.decode(raw, kind)


def _caller(raw: bytes) -> Any:
    return messages.read_caller(raw.decode("latin-1"))


def _body(number: int) -> bytes:
    """A commit's body: a patient that is new, and groups of one that is there."""
    row, other = bytes([number]) * 16, bytes([99]) * 16
    inserts = [[8, [1, 2, 21], [[row, "Family", "Given", f"A{number}"]]]]
    updates = [[8, other, 1, ["Name", None, None, None, None, None, None], [number + 1]],
               [8, other, 6, ["Street", "City", None, None, None, None], [[other, 5]]]]  # fmt: skip
    return msgspec.msgpack.encode([inserts, updates if number % 2 else []])


def _payload(run: list[segment.Segment], dek: bytes) -> Any:
    found = segment.open_run(run[:1], dek)
    point = [1, 1, 5, 5, bytes(32), bytes(64)]
    return [[list(msgspec.structs.astuple(each)) for each in found.commits], [point]]


def _statements(paper: PaperPractice, pc: Pc, other: Pc) -> list[bytes]:
    key = Identity.new().public.signing
    return [
        paper.found(pc),
        paper.state(statements.AddDevice(other.public)),
        paper.state(statements.AddOwner(key)),
        paper.state(statements.RemoveOwner(key)),
        paper.state(statements.RevokeDevice(other.device.bytes)),
    ]


def _members(clinic: uuid.UUID, owner: Identity) -> tuple[Membership, list[bytes]]:
    """A practice with one owner, and what the next entries of its chain may say."""
    public, fresh, spare = owner.public, Identity.new().public, Identity.new().public
    ana = Person(uuid.uuid4(), "ana", "Dr Ana", ("owner", "doctor"), public.sealing, public.signing)
    bea = Person(uuid.uuid4(), "bea", "Bea", ("nurse",), fresh.sealing, fresh.signing)
    first = Device(uuid.uuid4(), "PC 1", public.signing, public.sealing)
    second = Device(uuid.uuid4(), "PC 2", fresh.signing, fresh.sealing)
    sheet = Identity.new()
    root = Root(sheet.public.sealing, sheet.public.signing)
    begun = Genesis(clinic, root, (ana,), (first,))
    _entry, state = membership_chain.write(None, sheet, begun, 1)
    cy = Person(uuid.uuid4(), "cy", "Cy", ("nurse",), spare.sealing, spare.signing)
    _entry, state = membership_chain.write(state, owner, AddPerson(bea), 2)
    said: list[msgspec.Struct] = [
        AddPerson(cy), Engage(bea.id, 5, "locum"),
        RevokePerson(bea.id), ChangeRoles(bea.id, ("doctor",)),
        PersonKeys(bea.id, spare.sealing, spare.signing),
        PutDevice(second), RevokeDevice(first.id),
        NewRoot(Root(spare.sealing, spare.signing)),
        RaiseFloor(KdfCost()), SetRules(Rules(5)),
        BeginEpoch(1 << EPOCH_BITS, bytes(32), 0),
    ]  # fmt: skip
    return state, [msgspec.msgpack.encode(each) for each in said]


# ------------------------------------------------------------------ a record


class _NeverWas(Exception):  # noqa: N818 - takes back what was only tried
    pass


class Applied:
    """A real record that is handed commits with anything inside, and forgets each again."""

    def __init__(self, made: Template) -> None:
        self._world = World(made, 1)
        self._world._outages = 0.0
        writer, self._pc = self._world.pcs[:2]
        for pc in (writer, self._pc):
            pc.start()
            pc.look()
        for act in (self._world._register, self._world._edit, self._world._delete):
            act(writer)
            writer.look()
        self._device = writer.device_id
        after = self._pc.rows("SELECT tip FROM sync_device WHERE device_id = ?", self._device)[0][0]
        self._commits = writer.read(lambda reads: outgoing(reads.cursor, after, 100))
        self._chain = writer.rows(
            "SELECT chain FROM sync_commit WHERE dev = 1 AND dseq = ?", after
        )[0][0]

    def reader(self) -> Reader:
        """This way in."""
        samples = [each.body for each in self._commits]
        return Reader("commit", samples, self._try, _NeverWas, is_slow=True)

    def _try(self, body: bytes) -> None:
        first = self._commits[0]
        blank = msgspec.structs.replace(first, body=body)
        chain = chain_value(bytes(self._chain), blank.header, blank.stored_body)
        one = msgspec.structs.replace(blank, chain=chain)

        def command(uow: UnitOfWork) -> None:
            report = applying.apply(uow, self._device, [one], [])
            if report.applied + len(report.quarantined) != 1:
                raise ValueError("neither applied nor kept out")
            if uow.cursor.execute("PRAGMA foreign_key_check").fetchall():
                raise ValueError("a row refers to one that is not there")
            raise _NeverWas

        self._pc.write(command, "fuzz")

    def close(self) -> None:
        """Done."""
        self._world._clear()


# ------------------------------------------------------------------ trying


def fault_of(reader: Reader, raw: bytes) -> str:
    """What was wrong with the way in which bytes were read; empty where nothing."""
    began = time.process_time()
    try:
        reader.read(raw)
    except reader.word:
        pass
    except Exception as error:  # noqa: BLE001 - that is what we look for
        return f"{reader.name}: {type(error).__name__}: {error} of {raw[:200].hex()}"
    taken = time.process_time() - began
    return f"{reader.name} took {taken:.1f} s" if taken > MOST_S else ""


def prove(size: int, seed: int, jobs: int) -> Result:
    """Read ``size`` inputs."""
    share = [(size // jobs + (at < size % jobs), seed + at) for at in range(jobs)]
    if jobs == 1:
        found = [_part(*share[0])]
    else:
        with ProcessPoolExecutor(jobs) as pool:
            found = list(pool.map(_part, *zip(*share, strict=True)))
    failures = [each for part in found for each in part]
    return Result(NAME, size - len(failures), failures, seed)


def _part(size: int, seed: int) -> list[str]:
    with template(("a", "b")) as made, one_thread(seed):
        record = Applied(made)
        try:
            return faults_among(size, seed, record.reader())
        finally:
            record.close()


def faults_among(size: int, seed: int, record: Reader) -> list[str]:
    """What was wrong with so many inputs; one in so many goes to a record."""
    failures: list[str] = []
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        readers = Readers(seed, Path(folder)).all()
        quick = [each for each in readers if not each.is_slow]
        slow = [each for each in readers if each.is_slow]
        for number in range(size):
            among = slow if number % _SLOW == 0 else quick
            reader = among[chance.getrandbits(16) % len(among)]
            if number % _SLOWEST == 0:
                reader = record
            fault = fault_of(reader, changed(reader.samples, chance))
            if fault:
                failures.append(fault)
            if number % REPORT == REPORT - 1:
                progress(NAME, number + 1, size, failures)
    return failures
