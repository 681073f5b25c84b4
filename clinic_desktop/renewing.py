"""A record that is an older state, or a copy, of another goes on as a PC of its own.

An owner says so, with a statement that lets the new PC in; then it hears what was done under the
old name, and only then is the record changed, in one transaction: killed before, it is as it was,
and the next try is made with the same new name.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from clinic_desktop import hub
from clinic_desktop.clinic import Clinic
from clinic_desktop.db import membership as chain
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.given_names import NOT_GIVEN, Again
from clinic_desktop.db.incarnation import NONE, Last, NewPc, is_restored, surely_known, surely_sent
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.ids import free_prefix
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import BadFileError, CopiedRecordError, ServerError
from clinic_desktop.i18n import _
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import devices
from clinic_desktop.sync import kept_segments, known_pcs, lines, state, statements, taking
from clinic_desktop.sync.client import Address, Link, RefusedError
from clinic_desktop.sync.connecting import has_no_line, next_count, server_in_use
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.lines import Comparing, Heard, Line
from clinic_desktop.sync.messages import Keybox, MessageError, decode
from clinic_desktop.sync.refusals import refused, strange
from clinic_desktop.sync.registering import let_in
from clinic_desktop.sync.segment import Segment
from clinic_desktop.sync.sides import of_copy, written_anew
from clinic_desktop.sync.statements import AddDevice, DeviceKeys, person_id


@dataclass(frozen=True)
class Plan:
    """What the new PC is called, and where the old one stands."""

    address: Address | None
    """None where no line goes."""
    pc: NewPc
    old: bytes
    line: Line
    is_told: bool
    """Whether the record itself knows that it is an older state."""
    is_restored: bool
    """Whether somebody brought it back from a backup, and so wants it to go on."""
    clinic: uuid.UUID
    old_keys: Identity = field(repr=False)

    def own(self, heard: Heard) -> Last:
        """What stays the old name's."""
        return Last(heard.common, self.line.tip.seg_no)


def begin_anew(
    opened: Clinic, sheet: Identity | None = None, server: Address | None = None
) -> None:
    """Go on as another PC; what is new here goes out, and what was lost comes back, in a pass.

    ``sheet`` are the keys of the recovery sheet, for where no owner's keys are known to the server.
    ``server`` is one that is being set up: it may know nothing of the practice yet.

    Raises:
        SetupError: there is no server yet.
        ServerError: the server is away, or shows nothing that was done under this PC's name.
        CopiedRecordError: the server knows no such owner.
        RevokedError: the PC was taken out of the practice, and so its copies with it.
        PermissionDeniedError, RuleError: not an owner.
    """
    store, owner, clinic = opened.store, opened.keys.identity, opened.keys.vault.clinic
    if store.read(SYSTEM, _has_earlier_keys, owner).result():
        raise _unknown_keys()
    if server is None and store.read(SYSTEM, has_no_line).result():
        begin_anew_by_stick(opened)
        return
    plan = store.write(opened.actor, make_plan, clinic, server).result()
    address = plan.address
    people = [each for each in (owner, sheet) if each is not None]
    assert address is not None  # noqa: S101 - where there is none, it went another way
    if server is None and not plan.is_restored:
        plan = _with_keys(opened, plan, _keys_of_old_name(opened, plan, address))
    again = NOT_GIVEN
    if introduce(opened, plan, address, people):
        me = Courier(clinic, uuid.UUID(bytes=plan.pc.device_id), plan.pc.keys)
        with closing(link_as(opened, address, me)) as link:
            heard = lines.compare(link, plan.old, plan.line)
            sides = store.read(SYSTEM, of_copy, plan.own(heard)).result()
            again = written_anew(store, link, sides, plan.line.deks)
    elif server is not None:
        heard = Heard(plan.line.known, differs=False)
    else:
        raise _unknown_keys()
    if not (plan.is_told or heard.differs):
        raise ServerError(
            _("The server says that this record is a copy, and does not show it."),
            kept=_("Nothing was sent, and nothing was changed."),
            hint=_("Ask whoever runs the server."),
        )
    turn(opened, plan, heard, again)
    if address.is_near:  # a stick may be quicker than the hub
        say(opened, plan)


def _keys_of_old_name(opened: Clinic, plan: Plan, address: Address) -> tuple[bytes, ...]:
    """The data keys that wait for the old name at the server, or at the hub in its place.

    It also tells whether that name has ended: a hub at this PC may say that it is a copy before it
    has heard that it was taken out.

    Raises:
        RevokedError: it was.
        ServerError: the server is away.
    """
    me = Courier(plan.clinic, uuid.UUID(bytes=plan.old), plan.old_keys)
    with closing(link_as(opened, address, me)) as link:
        try:
            return decode(link.signed("GET", "/v1/keybox"), Keybox).keys
        except MessageError as error:
            raise strange(str(error)) from error
        except RefusedError as error:
            if error.refusal.code != "unknown":  # a server that was set up anew knows no old name
                raise refused(error) from error
            return ()


def _with_keys(opened: Clinic, plan: Plan, sealed: tuple[bytes, ...]) -> Plan:
    """The same plan, which reads what was sealed with a key that this record has not heard of.

    What says that the key counts may lie behind what is compared: here it only opens.
    """
    handed = opened.store.write(SYSTEM, taking.opened_keys, sealed).result()
    return replace(plan, line=replace(plan.line, deks={**dict(handed), **plan.line.deks}))


def _unknown_keys() -> CopiedRecordError:
    """The error of an owner whom the server does not know."""
    return CopiedRecordError(
        _("This record is a copy, or an older state, of one that went on elsewhere."),
        kept=_("Nothing was sent, and nothing was changed."),
        hint=_("The server does not know your keys: use the recovery sheet once more."),
    )


def begin_anew_by_stick(opened: Clinic, brought: Iterable[Segment] = ()) -> None:
    """The same where no line goes; ``brought`` is what a stick holds, of all PCs.

    The others take an owner's word for the new PC from the next stick.

    Raises:
        CopiedRecordError: nothing says that this record is an older state.
        BadFileError: ``brought`` is a part, and one before it was not read.
        PermissionDeniedError, RuleError: not an owner.
    """
    plan = opened.store.write(opened.actor, make_plan, opened.keys.vault.clinic, None).result()
    # No server says which of two is which: what others built on stays the old name's.
    comparing = Comparing(plan.old, replace(plan.line, sent=plan.line.known))
    for each in brought:
        if each.header.device == plan.old and comparing.is_open:
            if each.header.seg_no > comparing.upto + 1:
                raise _lacks_before()
            comparing.take(each)
    heard = comparing.heard
    if not (plan.is_told or heard.differs):
        raise taking.copied(_("Nothing was changed."), "by a stick")
    turn(opened, plan, heard)
    say(opened, plan)


def _lacks_before() -> BadFileError:
    return BadFileError(
        _("A file that was written before this one is missing."),
        kept=_("Nothing of it was taken."),
        hint=_("Read that one first, or have the whole written at the other PC."),
    )


def say(opened: Clinic, plan: Plan) -> None:
    """Have the owner's word for this PC handed on with each stick."""
    owner, clinic = opened.keys.identity, opened.keys.vault.clinic
    said = statements.alone(clinic, owner, AddDevice(_keys_of(plan.pc))).raw
    opened.store.write(SYSTEM, _remember_said, said).result()


def turn(opened: Clinic, plan: Plan, heard: Heard, again: Again = NOT_GIVEN) -> None:
    """Change the record: what the old name did, as far as was heard, stays that name's.

    Raises:
        StorageError: the folder of this PC's hub cannot be used; nothing was changed.
        RuleError: not an owner.
    """
    store, own = opened.store, plan.own(heard)
    sides = store.read(SYSTEM, of_copy, own).result()
    # First: this PC would hear of its own hub what it is about to give up, and believe it.
    hub.let_go(opened, plan.old, plan.line.tip, plan.line.sealed)
    for each in sides.left:
        if each.device != plan.old:
            hub.let_go(opened, each.device, each.tip, each.segments)
    owner = opened.keys.identity
    store.write(opened.actor, change, plan.pc, own, owner, sides.others, again).result()


def _keys_of(pc: NewPc) -> DeviceKeys:
    public = pc.keys.public
    return DeviceKeys(pc.device_id, public.signing, public.sealing)


def introduce(opened: Clinic, plan: Plan, address: Address, people: list[Identity]) -> bool:
    """Tell the server of the new PC, as an owner or by the recovery sheet, if it knows one."""
    clinic, device = opened.keys.vault.clinic, _keys_of(plan.pc)
    owner = opened.keys.identity.public.signing
    for person in people:
        asks = uuid.UUID(bytes=person_id(person.public.signing))
        with closing(link_as(opened, address, Courier(clinic, asks, person))) as link:
            if let_in(link, person, device, owner):
                return True
    return False


def link_as(opened: Clinic, address: Address, me: Courier) -> Link:
    """A connection under any name of this PC, or as a person."""

    def count(least: int) -> int:
        return opened.store.write(SYSTEM, next_count, least).result()

    return Link(address, opened.store.clock, me, count)


# ------------------------------------------------------------------ steps, each a transaction


def _has_earlier_keys(reads: ReadSession, owner: Identity) -> bool:
    members = chain.current(reads)
    return members is not None and members.is_earlier(owner.public.sealing)


def _remember_said(uow: UnitOfWork, statement: bytes) -> None:
    state.remember_said(uow.cursor, statement)


def make_plan(uow: UnitOfWork, clinic: uuid.UUID, server: Address | None) -> Plan:
    """Choose the new name once; it is kept until it is in use."""
    cursor, found = uow.cursor, server_in_use(uow)
    device_id, keys = found.settings.next_pc
    if not device_id:
        device_id, keys = uow.new_id().bytes, bytes(Identity.new())
        state.change_settings(cursor, next_pc=(device_id, keys))
    me = state.me(cursor, clinic)
    pc = NewPc(device_id, Identity.from_bytes(keys), _fresh_prefix(uow))
    row = cursor.execute("SELECT 1 FROM sync_hold WHERE why = 'copied'").fetchone()
    sent = surely_sent(cursor)
    later = cursor.execute(
        "SELECT dseq, chain FROM sync_commit WHERE dev = ? AND dseq > ?", (THIS_PC, sent)
    ).fetchall()
    line = Line(
        kept_segments.last_sent(cursor), me.keys.public.signing, surely_known(cursor),
        {dseq: bytes(chain) for dseq, chain in later}, state.keys(cursor),
        frozenset(known_pcs.known_devices(cursor)), kept_segments.sealed_here(cursor), sent,
    )  # fmt: skip
    is_told = is_restored(cursor) or row is not None
    address = server
    if address is None and found.url != state.NO_LINE:
        address = Address(found.url, found.settings.authority)
    return Plan(address, pc, me.device.bytes, line, is_told, is_restored(cursor), clinic, me.keys)


def _fresh_prefix(reads: ReadSession) -> str:
    """For the numbers given here from now on; of a restored record the one it has got already."""
    cursor = reads.cursor
    rows = cursor.execute("SELECT dev, prefix FROM sync_device").fetchall()
    if is_restored(cursor):
        return next(str(prefix) for dev, prefix in rows if dev == THIS_PC)
    return free_prefix(frozenset(str(prefix) for _dev, prefix in rows))


def change(
    uow: UnitOfWork, pc: NewPc, own: Last, owner: Identity, others: Mapping[int, Last] = NONE,
    again: Again = NOT_GIVEN,
) -> None:  # fmt: skip
    """What the exchange remembered of the old name does not hold of the new one."""
    # This PC's own hub was told of the name that is about to be its own.
    uow.cursor.execute(
        "DELETE FROM sync_device WHERE device_id = ? AND status = ?",
        (pc.device_id, known_pcs.STATED),
    )
    devices.begin_anew(uow, pc, own, owner, others, again)
    state.change_settings(
        uow.cursor,
        next_pc=(b"", b""),
        told=0,
        handed=(),
        invitation=b"",
        answered=(b"", b""),
        anew_since=to_millis(uow.now),
        is_unheard=True,
    )
