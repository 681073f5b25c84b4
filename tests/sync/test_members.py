"""PCs that come and go, while other owners' PCs are behind or the server is away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any

import msgspec
import pytest

from clinic_desktop import taking_out
from clinic_desktop.clinic import Clinic
from clinic_desktop.db import membership as chain
from clinic_desktop.db.opening import create_store
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import RevokedError, ServerError
from clinic_desktop.joining import begin
from clinic_desktop.letting_in import welcome
from clinic_desktop.models.membership import MembershipEntry
from clinic_desktop.security.membership_entries import BeginEpoch, Device, PutDevice
from clinic_desktop.security.primitives import Identity, sign
from clinic_desktop.security.vault import new_database_key
from clinic_desktop.services import devices
from clinic_desktop.sync import handing, known_pcs, statements
from clinic_desktop.sync.client import Address, Link
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.messages import Statements, decode
from clinic_desktop.sync.registering import register
from clinic_desktop.sync.statements import (
    AddDevice,
    AddOwner,
    DeviceKeys,
    Introduced,
    OwnerBySheet,
    RemoveOwner,
    StatementError,
)
from clinic_desktop.syncing import Syncing
from tests.support.records import PASSWORD
from tests.sync.conftest import Practice, add_patient, patients, rows, sync

NOWHERE = Address("http://127.0.0.1:9")


def test_an_owner_who_is_behind_takes_no_new_pc_out(practice: Practice, back: Clinic) -> None:
    stale = back.store.read(SYSTEM, chain.current).result()
    assert stale is not None
    third = practice.new_pc("third")
    with closing(link_of(back.store)) as link:
        register(link, stale, back.keys.identity)
    add_patient(third, "Ada")
    sync(third)
    Syncing(back).revoke(id_of(third))  # of which it had not heard until now
    assert [row[1] for row in patients(back)] == ["Ada"]


def test_a_server_that_does_not_answer_replaces_none(practice: Practice) -> None:
    front = practice.front
    with pytest.raises(ServerError):
        Syncing(front).set_up(NOWHERE)
    assert Syncing(front).status().server == practice.server.url
    add_patient(front, "Ada")
    assert Syncing(front).run().sent > 0


def test_taking_a_pc_out_goes_on_where_it_was_broken_off(
    practice: Practice, back: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(front, back)
    gone = id_of(third)
    with monkeypatch.context() as patched:
        patched.setattr(Link, "_ask", hangs_up)
        with pytest.raises(ServerError):
            Syncing(front).revoke(gone)  # nobody was told
    assert not Syncing(front).status().is_finished
    add_patient(front, "Ada")
    with monkeypatch.context() as patched:
        patched.setattr(Link, "_ask", hangs_up_at("PUT /v1/keybox"))
        sync(front)  # nobody was handed the new key: it is not in use
    assert not Syncing(front).status().is_finished
    sync(back)
    assert [row[1] for row in patients(back)] == ["Ada"]
    sync(front)
    assert Syncing(front).status().is_finished
    add_patient(front, "Bea")
    sync(front, back)
    assert [row[1] for row in patients(back)] == ["Ada", "Bea"]
    assert len(rows(front, "SELECT DISTINCT epoch FROM sync_segment WHERE dev = 1")) == 2
    with pytest.raises(RevokedError):
        sync(third)


def test_a_pc_that_came_meanwhile_gets_the_new_key(
    practice: Practice, back: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(front, back)
    with monkeypatch.context() as patched:
        patched.setattr(handing, "hand_keys", lambda *_words: None)  # told to nobody
        Syncing(front).revoke(id_of(third))
        add_patient(front, "Ada")
        with closing(link_of(front.store)) as link:
            Exchange(front.store, link).run()
        sync(back)
        assert patients(back) == []
    sync(front, back)
    assert [row[1] for row in patients(back)] == ["Ada"]


def test_a_pc_let_in_since_takes_the_new_key_from_nobody(practice: Practice, back: Clinic) -> None:
    """It hands keys on itself; one PC has not heard of it, and cannot before it has that key."""
    front, third = practice.front, practice.new_pc("third")
    sync(front, back)
    Syncing(front).revoke(id_of(third))
    fourth = practice.new_pc("fourth")
    add_patient(fourth, "Ada")
    sync(fourth, front, fourth)
    sync(back)
    assert [row[1] for row in patients(back)] == ["Ada"]


def test_a_new_key_that_is_lost_with_its_pc_is_replaced_by_another(
    practice: Practice, back: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(front, back)
    with monkeypatch.context() as patched:
        patched.setattr(handing, "hand_keys", lambda *_words: None)  # told to nobody
        Syncing(front).revoke(id_of(third))
    sync(back, back)
    begun = "SELECT 1 FROM membership_entry WHERE kind = 'epoch'"
    assert len(rows(back, begun)) == 1  # its PC may still hand it out
    practice.clock.advance(seconds=24 * 3600 + 60)
    sync(back, back, back)
    assert len(rows(back, begun)) == 2
    add_patient(back, "Ada")
    sync(back, front)
    members = front.store.read(SYSTEM, chain.current).result()
    assert members is not None
    assert members.epoch is not None
    last = "SELECT epoch FROM sync_segment WHERE dev = 1 ORDER BY seg_no DESC LIMIT 1"
    assert rows(back, last) == [(members.epoch.epoch,)]
    assert [row[1] for row in patients(front)] == ["Ada"]


def test_everybody_can_read_that_another_key_began(practice: Practice, back: Clinic) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(front, back)
    Syncing(front).revoke(id_of(third))
    [(begun,)] = rows(front, "SELECT c.dseq FROM membership_entry m JOIN sync_commit c"
                             " ON c.cid = m.sv WHERE m.kind = 'epoch' AND c.dev = 1")  # fmt: skip
    sealed = rows(front, "SELECT max(to_dseq) FROM sync_segment WHERE dev = 1 AND epoch = 1")
    assert sealed == [(begun,)]
    add_patient(front, "Ada")
    sync(front, back)
    add_patient(back, "Bea")
    sync(back)
    [(epoch,)] = rows(front, "SELECT max(epoch) FROM sync_key")
    last = "SELECT epoch FROM sync_segment WHERE dev = 1 ORDER BY seg_no DESC LIMIT 1"
    assert rows(front, last) == rows(back, last) == [(epoch,)]


def test_two_pcs_taken_out_apart_make_a_key_that_neither_has(
    practice: Practice, back: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    front, third, fourth = practice.front, practice.new_pc("third"), practice.new_pc("fourth")
    sync(front, back)
    with monkeypatch.context() as patched:
        patched.setattr(Link, "_ask", hangs_up)
        for owner, gone in ((front, third), (back, fourth)):
            with pytest.raises(ServerError):
                Syncing(owner).revoke(id_of(gone))
    sync(front, back, front, back, front)
    members = front.store.read(SYSTEM, chain.current).result()
    assert members is not None
    assert not members.needs_epoch
    assert members.epoch is not None
    assert (members.epoch.turn, members.epoch.ended) == (2, 2)
    add_patient(front, "Ada")
    add_patient(back, "Bea")
    sync(front, back, front)
    assert (
        [row[1] for row in patients(front)] == ["Ada", "Bea"] == [row[1] for row in patients(back)]
    )
    for pc in (front, back):
        last = "SELECT epoch FROM sync_segment WHERE dev = 1 ORDER BY seg_no DESC LIMIT 1"
        assert rows(pc, last) == [(members.epoch.epoch,)]
    for gone in (third, fourth):
        assert (members.epoch.epoch,) not in rows(gone, "SELECT epoch FROM sync_key")


def test_a_false_data_key_in_the_chain_stops_no_exchange(practice: Practice, back: Clinic) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(front, back)
    for pc in (front, back):  # apart: from now on the chain has branched
        body = PutDevice(Device(uuid.uuid4(), "stray"))
        pc.store.write(pc.actor, chain.append, pc.keys.identity, body).result()
    sync(front, back, front)
    Syncing(front).revoke(id_of(third))
    sync(front, back)
    [(true,)] = rows(front, "SELECT body FROM membership_entry WHERE kind = 'epoch'")
    assert isinstance(true, bytes)
    named = msgspec.msgpack.decode(true, type=BeginEpoch)
    other = msgspec.structs.replace(named, check=bytes(32))
    for false in (b"\xc1", msgspec.msgpack.encode(other)):
        back.store.write(SYSTEM, forge, false).result()
    add_patient(back, "Ada")
    sync(back, front)
    add_patient(front, "Bea")
    sync(front, back, front)
    for pc in (front, back):
        assert len(rows(pc, "SELECT 1 FROM membership_entry WHERE kind = 'epoch'")) == 3
        assert [row[1] for row in patients(pc)] == ["Ada", "Bea"]
        last = "SELECT epoch FROM sync_segment WHERE dev = 1 ORDER BY seg_no DESC LIMIT 1"
        assert rows(pc, last) == [(named.epoch,)]


def forge(uow: UnitOfWork, body: bytes) -> None:
    """A data key that somebody made up, in the chain beside the true one."""
    stranger, beside = Identity.new(), next(
        each for each in chain.entries(uow) if each.kind == "epoch"
    )  # fmt: skip
    false = msgspec.structs.replace(beside, body=body, author=stranger.public.signing)
    uow.add(MembershipEntry(
        n=false.n, prev=false.prev, kind=false.kind, wall=false.wall, body=body,
        author=false.author, signature=sign(stranger, false.signed),
    ))  # fmt: skip


def test_letting_a_pc_in_can_be_said_twice(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer of the server is lost once at each side; the letters came."""
    lose, ask, approve = {"PUT", "GET"}, Link._ask, Syncing.approve

    def asked(link: Link, method: str, path: str, *rest: Any) -> bytes:
        answer = ask(link, method, path, *rest)
        is_welcome = path.startswith("/v1/mail/") and len(rest[0] or answer) > 400
        if is_welcome and method in lose:
            lose.remove(method)
            raise ServerError("No line.")
        return answer

    def approved(syncing: Syncing, digits: str) -> Device:
        with pytest.raises(ServerError):
            approve(syncing, digits)
        monkeypatch.setattr(Syncing, "approve", approve)
        return approve(syncing, digits)

    monkeypatch.setattr(Link, "_ask", asked)
    monkeypatch.setattr(Syncing, "approve", approved)
    practice.join("third")
    assert not lose


def test_a_new_pc_takes_no_data_key_of_one_that_was_taken_out(
    practice: Practice, back: Clinic
) -> None:
    front, gone = practice.front, id_of(back)
    Syncing(front).revoke(gone)
    members = front.store.read(SYSTEM, chain.current).result()
    assert members is not None
    me = Device(uuid.uuid4(), "third", bytes(32), bytes(32))
    letter = front.store.write(SYSTEM, welcome, front, members, me).result()
    assert {each.device: each.has_ended for each in letter.devices}[gone.bytes]
    fresh = create_store(practice.root / "fresh.db", new_database_key(), practice.clock, "third")
    try:
        fresh.write(SYSTEM, begin, letter, practice.address).result()
        ends = fresh.read(SYSTEM, lambda reads: known_pcs.known_devices(reads.cursor)).result()
    finally:
        fresh.close()
    assert [each.has_ended for id_, each in ends.items() if id_ == gone.bytes] == [True]
    assert not all(each.has_ended for each in ends.values())


def id_of(pc: Clinic) -> uuid.UUID:
    return next(each.id for each in pc.store.read(pc.actor, devices.pcs).result() if each.is_this)


def hangs_up(_link: Link, _method: str, _path: str, *_rest: Any) -> bytes:
    raise ServerError("No line.")


def hangs_up_at(call: str) -> Callable[..., bytes]:
    ask = Link._ask

    def asked(link: Link, method: str, path: str, *rest: Any) -> bytes:
        if f"{method} {path}" == call:
            raise ServerError("No line.")
        return ask(link, method, path, *rest)

    return asked


def test_what_a_pc_wrote_after_its_end_keeps_nobody_from_joining(
    practice: Practice, back: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither server nor keys were reached at once: that PC read of its end, and went on."""
    front = practice.front

    def away(*_words: Any) -> None:
        raise ServerError("away")

    with monkeypatch.context() as patch:
        patch.setattr(taking_out, "finish", away)
        with pytest.raises(ServerError):
            Syncing(front).revoke(id_of(back))
        sync(front, back)
        for name in ("Ada", "Bea", "Cleo"):
            add_patient(back, name)
        sync(back)
    passed = Syncing(front).run()
    assert passed.open.to_apply == 0
    assert passed.open.kept_out == 4  # its first sign-in, which nobody had yet, and the three
    assert patients(practice.new_pc("third")) == patients(front)


def test_what_a_pc_sealed_after_its_end_with_a_key_of_its_own_is_waited_for_by_nobody(
    practice: Practice, back: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two owners take PCs out at one time; of a PC that was taken out nobody takes a key."""
    front, third = practice.front, practice.new_pc("third")
    sync(front, back, third)
    sync(front, back)

    def away(*_words: Any) -> None:
        raise ServerError("away")

    with monkeypatch.context() as patch:
        patch.setattr(taking_out, "finish", away)
        with pytest.raises(ServerError):
            Syncing(front).revoke(id_of(back))
    Syncing(back).revoke(id_of(third))
    add_patient(back, "Ada")
    sync(back)
    passed = Syncing(front).run()
    held = rows(front, "SELECT seg_no FROM sync_segment WHERE state = 'held'")
    assert held
    assert passed.open.to_apply == 0
    assert passed.open.kept_out > 0
    assert patients(front) == []


def test_an_owner_with_new_keys_by_the_sheet_still_decides(
    practice: Practice, back: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the lock screen there is the sheet and perhaps no line; later a line and no sheet."""
    front, before = practice.front, practice.front.keys.identity
    with monkeypatch.context() as away:
        away.setattr(Link, "_ask", hangs_up)
        front.switch_by_recovery(practice.sheet, "ana", PASSWORD)
        assert front.keys.identity.public != before.public
        with pytest.raises(ServerError):
            Syncing(front).run()
    add_patient(front, "Ada")
    Syncing(front).run()
    sync(back)
    assert [row[1] for row in patients(back)] == ["Ada"]
    third = practice.new_pc("third")
    assert [row[1] for row in patients(third)] == ["Ada"]
    Syncing(front).revoke(id_of(third))
    with closing(link_of(front.store)) as link:
        said = decode(link.signed("GET", "/v1/statements"), Statements).statements
    known = statements.replay(statements.read(each) for each in said)
    assert known is not None
    assert known.owners == {front.keys.identity.public.signing}
    with pytest.raises(RevokedError):
        sync(third)


def test_the_word_of_a_sheet_is_for_one_key_once(practice: Practice) -> None:
    sheet, clinic_id = practice.sheet.identity, practice.front.keys.vault.clinic
    with closing(link_of(practice.front.store)) as link:
        said = decode(link.signed("GET", "/v1/statements"), Statements).statements
    known = statements.replay(statements.read(each) for each in said)
    assert known is not None
    fresh, other = Identity.new(), Identity.new()
    key = fresh.public.signing
    proof = statements.vouch(sheet, clinic_id, key)
    for signer, body in (
        (other, OwnerBySheet(key, proof)),
        (other, OwnerBySheet(other.public.signing, proof)),
        (fresh, OwnerBySheet(key, statements.vouch(other, clinic_id, key))),
        (fresh, OwnerBySheet(key, statements.vouch(sheet, uuid.uuid4(), key))),
        (fresh, AddOwner(key)),
    ):
        with pytest.raises(StatementError):
            statements.write(known, clinic_id, signer, body)
    let_in = statements.write(known, clinic_id, fresh, OwnerBySheet(key, proof))
    after = statements.follow(known, let_in)
    assert key in after.owners
    trusted = {practice.front.keys.identity.public.signing, sheet.public.signing}
    pc = DeviceKeys(bytes(16), bytes(32), bytes(32))
    added = statements.write(after, clinic_id, fresh, AddDevice(pc))
    assert statements.introduced([let_in, added], trusted) == [Introduced(pc, has_ended=False)]
    assert statements.introduced([let_in, added], {other.public.signing}) == []
    out = statements.write(after, clinic_id, sheet, RemoveOwner(key))
    with pytest.raises(StatementError):
        statements.write(statements.follow(after, out), clinic_id, fresh, OwnerBySheet(key, proof))
