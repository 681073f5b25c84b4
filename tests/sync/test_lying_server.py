"""Whatever a server says: no effect, or a sentence; nothing false applied, nothing lost."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any

import msgspec
import pytest

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError, CopiedRecordError, ServerError
from clinic_desktop.sync import segment, state
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.keys import Courier, new_dek, seal_dek
from clinic_desktop.sync.messages import Refusal, SyncReply, decode, encode
from clinic_desktop.sync.taking import keep_keys
from clinic_desktop.syncing import Syncing
from tests.support.relays import Pc
from tests.sync.conftest import Practice, add_patient, patients, rows, sync

Lie = Callable[[SyncReply], Any]


def changed(**parts: Any) -> Lie:
    return lambda reply: msgspec.structs.replace(reply, **parts)


def with_segments(change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Lie:
    return lambda reply: msgspec.structs.replace(reply, segments=change(reply.segments))


def flipped(raw: bytes) -> bytes:
    return raw[:-1] + bytes([raw[-1] ^ 1])


def forged(raw: bytes) -> bytes:
    """The same header under a key that the server made up."""
    real = segment.read(raw)
    liar = Pc(real.device, real.device)
    work = liar.work()
    return msgspec.msgpack.encode(
        [msgspec.msgpack.encode(real.header), work.sealed, work.signature]
    )


def of_another_practice(_raw: bytes) -> bytes:
    return Pc(uuid.UUID(int=5)).work().raw


def no(digest: str) -> Lie:
    """A refusal whose digest is none."""

    def refuse(_reply: SyncReply) -> Any:
        raise RefusedError(409, Refusal("tip", 1, digest))

    return refuse


LIES: dict[str, Lie] = {
    "a gap": with_segments(lambda all_: all_[1:]),
    "another order": with_segments(lambda all_: all_[::-1]),
    "one left out": with_segments(lambda all_: (all_[0], *all_[2:])),
    "a changed byte": with_segments(lambda all_: tuple(map(flipped, all_))),
    "a false signature": with_segments(lambda all_: tuple(map(forged, all_))),
    "another practice": with_segments(lambda all_: tuple(map(of_another_practice, all_))),
    "no segment": with_segments(lambda _all: (b"<html>",)),
    "cut short": with_segments(lambda all_: (all_[0][:-5],)),
    "more, and nothing comes": lambda reply: msgspec.structs.replace(reply, segments=(), more=True),
    "ahead of this PC": changed(tip=9_999),
    "another tip": changed(tip_hash=b"x" * 32),
    "garbage": lambda _reply: b"\xc1garbage",
    "nothing": lambda _reply: b"",
    "a no that is not hexadecimal": no("zz"),
    "a no of another length": no("00"),
    "a no without a digest": no(""),
    "a page of a proxy": lambda _reply: b"<!doctype html><p>Sign in",
}


class LyingLink:
    """An honest connection whose answers to passes are changed."""

    def __init__(self, link: Link, lie: Lie) -> None:
        self._link, self._lie = link, lie

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)

    def signed(self, method: str, path: str, body: bytes = b"") -> bytes:
        answer = self._link.signed(method, path, body)
        if path != "/v1/sync":
            return answer
        made = self._lie(decode(answer, SyncReply))
        return made if isinstance(made, bytes) else encode(made)


def lied_to(pc: Clinic, lie: Lie) -> ClinicError:
    with closing(link_of(pc.store)) as link, pytest.raises(ClinicError) as caught:
        Exchange(pc.store, LyingLink(link, lie)).run()  # type: ignore[arg-type]
    return caught.value


def test_no_lie_has_an_effect(practice: Practice, back: Clinic) -> None:
    front = practice.front
    for name in ("Ada", "Bea", "Cleo"):
        add_patient(front, name)
        sync(front)
    add_patient(back, "Dora")
    before = patients(back)
    for name, lie in LIES.items():
        error = lied_to(back, lie)
        expected = CopiedRecordError if "tip" in name or "ahead" in name else ServerError
        assert isinstance(error, expected), name
        assert error.message, name
        assert error.kept, name
        assert patients(back) == before, name
        assert rows(back, "SELECT count(*) FROM sync_hold WHERE why <> 'signed'") == [(0,)], name
    sync(back, front)
    assert patients(back) == patients(front)
    assert len(patients(front)) == 4


def test_answers_that_come_twice_change_nothing(practice: Practice, back: Clinic) -> None:
    add_patient(practice.front, "Ada")
    sync(practice.front)
    with closing(link_of(back.store)) as link:
        twice = with_segments(lambda all_: all_ + all_)
        Exchange(back.store, LyingLink(link, twice)).run()  # type: ignore[arg-type]
    assert [row[1] for row in patients(back)] == ["Ada"]


def test_a_server_cannot_slip_in_a_key(practice: Practice, back: Clinic) -> None:
    """It knows the PC's public key and can seal to it; what it seals is not taken."""
    clinic_id = back.keys.vault.clinic
    box, device = rows(back, "SELECT box_pk, device_id FROM sync_device WHERE dev = 1")[0]
    other = rows(back, "SELECT device_id FROM sync_device WHERE dev = 2")[0][0]
    assert isinstance(box, bytes)
    assert isinstance(device, bytes)
    assert isinstance(other, bytes)
    made_up = Pc(clinic_id)
    in_its_name = Courier(clinic_id, uuid.UUID(bytes=other), made_up.keys)
    sealed = seal_dek(in_its_name, 7, new_dek(), uuid.UUID(bytes=device), box)
    back.store.write(back.actor, keep_keys, (sealed, b"junk")).result(60)
    assert rows(back, "SELECT epoch FROM sync_key") == [(1,)]


def test_no_pc_begins_a_data_key_by_itself(practice: Practice, back: Clinic) -> None:
    """An owner's entry in the chain of members does; whoever hands a key on cannot change it."""
    third = practice.new_pc("third")
    sync(practice.front, back)
    clinic_id = back.keys.vault.clinic
    [(box, device)] = rows(back, "SELECT box_pk, device_id FROM sync_device WHERE dev = 1")
    assert isinstance(box, bytes)
    assert isinstance(device, bytes)
    other = third.store.write(SYSTEM, lambda uow: state.me(uow.cursor, clinic_id)).result()

    def hand(*epochs: int) -> None:
        made_up = (
            seal_dek(other, each, new_dek(), uuid.UUID(bytes=device), box) for each in epochs
        )
        back.store.write(back.actor, keep_keys, tuple(made_up)).result(60)

    hand(1, 1 << 16, (1 << 16) + 5, 2**31 - 1)
    assert rows(back, "SELECT epoch FROM sync_key") == [(1,)]
    fourth = practice.new_pc("fourth")
    Syncing(practice.front).revoke(uuid.UUID(bytes=device_id_of(fourth)))
    kept = rows(practice.front, "SELECT epoch, dek FROM sync_key ORDER BY epoch")
    epoch = kept[-1][0]
    assert isinstance(epoch, int)
    sync(back)
    hand(1, epoch, epoch + 1, epoch + (1 << 16))
    assert rows(back, "SELECT epoch, dek FROM sync_key ORDER BY epoch") == kept


def test_a_key_that_was_slipped_in_before_the_chain_is_replaced(
    practice: Practice, back: Clinic
) -> None:
    """Whoever joins believes those who are named to it, until the chain is here."""
    third = practice.new_pc("third")
    sync(practice.front, back)
    Syncing(practice.front).revoke(uuid.UUID(bytes=device_id_of(third)))
    sync(back)
    [(epoch, dek)] = rows(back, "SELECT epoch, dek FROM sync_key WHERE epoch > 1")
    assert isinstance(epoch, int)
    back.store.write(SYSTEM, _slip_in, epoch, new_dek()).result()
    add_patient(practice.front, "Ada")
    sync(practice.front, back)
    assert [row[1] for row in patients(back)] == ["Ada"]
    assert rows(back, "SELECT epoch, dek FROM sync_key WHERE epoch > 1") == [(epoch, dek)]


def _slip_in(uow: UnitOfWork, epoch: int, dek: bytes) -> None:
    uow.cursor.execute("UPDATE sync_key SET dek = ? WHERE epoch = ?", (dek, epoch))


def device_id_of(pc: Clinic) -> bytes:
    [(device,)] = rows(pc, "SELECT device_id FROM sync_device WHERE dev = 1")
    assert isinstance(device, bytes)
    return device


def test_a_copy_sends_nothing_over_what_went_on(practice: Practice, back: Clinic) -> None:
    """A folder that was copied, or brought back from a backup, while the other went on."""
    sync(back)
    practice.opened.remove(back)
    back.close()
    shutil.copytree(practice.root / "back", practice.root / "copy")
    copy, again = (practice.open(name) for name in ("copy", "back"))
    add_patient(copy, "Ada")
    sync(copy)
    add_patient(again, "Bea")
    with closing(link_of(again.store)) as link, pytest.raises(CopiedRecordError):
        Exchange(again.store, link).run()
    assert [row[1] for row in patients(again)] == ["Bea"]
    sync(practice.front)
    assert [row[1] for row in patients(practice.front)] == ["Ada"]


class LosingLink(LyingLink):
    """The server has served the request, and every answer of a pass but the last is lost."""

    def __init__(self, link: Link, losses: int) -> None:
        super().__init__(link, lambda reply: reply)
        self._losses = losses

    def signed(self, method: str, path: str, body: bytes = b"") -> bytes:
        answer = super().signed(method, path, body)
        if self._losses:
            self._losses -= 1
            raise ServerError("lost on the way")
        return answer


def test_lost_answers_are_asked_for_again_and_nothing_goes_twice(
    practice: Practice, back: Clinic
) -> None:
    for name in ("Ada", "Bea"):
        add_patient(practice.front, name)
        add_patient(back, f"{name} of the back")
        for pc in (practice.front, back):
            with closing(link_of(pc.store)) as link:
                Exchange(pc.store, LosingLink(link, 3)).run()  # type: ignore[arg-type]
            with closing(link_of(pc.store)) as link, pytest.raises(ServerError):
                Exchange(pc.store, LosingLink(link, 99)).run()  # type: ignore[arg-type]
    sync(practice.front, back, practice.front)
    assert patients(practice.front) == patients(back)
    assert len(patients(back)) == 4
    for pc in (practice.front, back):
        assert Syncing(pc).status().open.kept_out == 0
