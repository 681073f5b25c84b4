"""PCs that come and go, while other owners' PCs are behind or the server is away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from clinic_desktop.clinic import Clinic
from clinic_desktop.db import membership as chain
from clinic_desktop.db.opening import create_store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import RevokedError, ServerError
from clinic_desktop.joining import _begin
from clinic_desktop.security.membership import Device
from clinic_desktop.security.vault import new_database_key
from clinic_desktop.services import devices
from clinic_desktop.sync import state
from clinic_desktop.sync.client import Address, Link
from clinic_desktop.sync.exchange import Exchange, link_of
from clinic_desktop.sync.registering import register
from clinic_desktop.syncing import Syncing, _begin_epoch, _peer, _plan_epoch
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


def test_a_pc_that_came_meanwhile_gets_the_new_key(practice: Practice, back: Clinic) -> None:
    front = practice.front
    front.store.write(SYSTEM, _plan_epoch).result()
    plan = front.store.read(SYSTEM, _peer).result()
    assert plan is not None
    front.store.write(SYSTEM, _begin_epoch, plan.settings.next_epoch).result()  # told to nobody
    add_patient(front, "Ada")
    with closing(link_of(front.store)) as link:
        Exchange(front.store, link).run()
    sync(back)
    assert patients(back) == []
    sync(front, back)
    assert [row[1] for row in patients(back)] == ["Ada"]


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

    def approved(syncing: Syncing, digits: str) -> str:
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
    welcome = front.store.write(SYSTEM, Syncing(front)._welcome, members, me).result()
    assert {each.device: each.has_ended for each in welcome.devices}[gone.bytes]
    fresh = create_store(practice.root / "fresh.db", new_database_key(), practice.clock, "third")
    try:
        fresh.write(SYSTEM, _begin, welcome, practice.address).result()
        ends = fresh.read(SYSTEM, lambda reads: state.known_devices(reads.cursor)).result()
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
