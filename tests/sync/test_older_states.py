"""Records and servers brought back from backups, and PCs that nobody told of: nobody is misled."""

from __future__ import annotations

import secrets
import shutil
import uuid
from collections.abc import Callable
from contextlib import closing

import msgspec
import pytest

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.commits import outgoing
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import CopiedRecordError, ServerError
from clinic_desktop.sync import segment, state, statements
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.messages import Refusal, Statements, SyncReply, SyncRequest, decode, encode
from clinic_desktop.sync.segment import Origin, Segment
from clinic_desktop.sync.statements import AddDevice
from clinic_desktop.syncing import Syncing
from tests.support.relays import Pc
from tests.sync.conftest import Practice, add_patient, patients, rows, sync
from tests.sync.test_lying_server import LyingLink, with_segments


def names(pc: Clinic) -> list[object]:
    return [row[1] for row in patients(pc)]


def bring_back(
    practice: Practice, back: Clinic, meanwhile: Callable[[], None] = lambda: None
) -> Clinic:
    """The second PC and the server, as they were before the second PC wrote “Old”."""
    server, root = practice.server, practice.root
    practice.opened.remove(back)
    back.close()
    server.stop()
    for name in ("back", "server"):
        shutil.copytree(root / name, root / f"{name}-saved")
    server.start()
    went_on = practice.open("back")
    add_patient(went_on, "Old")
    sync(went_on, practice.front)
    meanwhile()
    practice.opened.remove(went_on)
    went_on.close()
    server.stop()
    for name in ("back", "server"):
        shutil.rmtree(root / name)
        (root / f"{name}-saved").rename(root / name)
    server.start()
    return practice.open("back")


def test_an_older_state_hears_that_it_is_one_before_it_says_anything(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    sync(back, front)
    again = bring_back(practice, back)
    add_patient(front, "After")
    sync(front)
    tip = "SELECT seg_tip FROM sync_device WHERE dev = 1"
    before = rows(again, tip)
    for number in range(4):  # its own numbers pass those that the others have of it
        add_patient(again, f"New {number}")
        with closing(link_of(again.store)) as link, pytest.raises(CopiedRecordError):
            Exchange(again.store, link).run()
    assert rows(again, tip) == before
    assert "After" not in names(again)
    sync(front)
    assert sorted(map(str, names(front))) == ["After", "Old"]


def forked(uow: UnitOfWork, clinic: uuid.UUID, seg_no: int) -> Segment:
    """What this PC would seal if it had gone on from elsewhere."""
    me, (epoch, dek) = state.me(uow.cursor, clinic), max(state.keys(uow.cursor).items())
    origin = Origin(me.clinic, me.device, me.keys, epoch, dek, seg_no, b"x" * 32)
    return segment.make(origin, outgoing(uow.cursor, 0, 1), [])[0]


def test_a_pc_that_forked_holds_up_nobody_else(practice: Practice, back: Clinic) -> None:
    front = practice.front
    third = practice.new_pc("third")
    add_patient(back, "Ada")
    sync(front, back, front)
    clinic = front.keys.vault.clinic
    tip = int(str(rows(back, "SELECT seg_tip FROM sync_device WHERE dev = 1")[0][0]))
    for seg_no in (tip - 1, tip):
        add_patient(third, f"Cleo {seg_no}")
        sync(third)
        false = back.store.write(SYSTEM, forked, clinic, seg_no).result()
        first = with_segments((false.raw,).__add__)
        with closing(link_of(front.store)) as link:
            Exchange(front.store, LyingLink(link, first)).run()  # type: ignore[arg-type]
        assert f"Cleo {seg_no}" in names(front)
    assert Syncing(front).status().open.kept_out == 1
    sync(front)  # the server has what is here after all
    assert f"Cleo {tip}" in names(front)


class FullLink(LyingLink):
    """A connection to a server that has no room for anything new."""

    def __init__(self, link: Link) -> None:
        super().__init__(link, lambda reply: reply)

    def signed(self, method: str, path: str, body: bytes = b"") -> bytes:
        if path != "/v1/sync" or not (request := decode(body, SyncRequest)).segments:
            return super().signed(method, path, body)
        empty = encode(msgspec.structs.replace(request, segments=()))
        reply = decode(super().signed(method, path, empty), SyncReply)
        raise RefusedError(409, Refusal("quota", reply.tip, reply.tip_hash.hex()))


def test_from_a_full_server_one_still_receives(practice: Practice, back: Clinic) -> None:
    front = practice.front
    add_patient(back, "Bea")
    sync(back)
    add_patient(front, "Ada")
    with closing(link_of(front.store)) as link, pytest.raises(ServerError, match="room"):
        Exchange(front.store, FullLink(link)).run()  # type: ignore[arg-type]
    assert names(front) == ["Ada", "Bea"]
    assert Syncing(front).status().open.to_send > 0
    sync(front, back)
    assert names(back) == ["Ada", "Bea"]


def test_segments_of_a_pc_that_nobody_told_of_hold_up_nobody(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    stranger = Pc(front.keys.vault.clinic)
    with closing(link_of(front.store)) as link:
        chain = decode(link.signed("GET", "/v1/statements"), Statements).statements
        known = statements.replay(statements.read(each) for each in chain)
        one = statements.write(
            known, stranger.clinic, front.keys.identity, AddDevice(stranger.public)
        )
        link.signed("POST", "/v1/statements", one.raw)
    with closing(stranger.link(practice.server.url)) as link:
        work = [stranger.work(msgspec.msgpack.encode([secrets.token_bytes(6000)])) for _ in "1234"]
        stranger.sync(link, *work, have={})
    add_patient(back, "Ada")
    sync(back)
    passed = Syncing(front).run()
    assert names(front) == ["Ada"]
    # An owner stated it, so they are kept; what it sealed is of no key of the practice.
    assert (passed.unknown, passed.open.kept_out) == (0, 4)


def test_a_server_that_was_brought_back_hears_again_who_belongs(
    practice: Practice, back: Clinic
) -> None:
    """Its copy is older than one of the PCs: that one alone could not come back."""
    front, server = practice.front, practice.server
    sync(back, front)
    server.stop()
    saved = shutil.copytree(server.folder, practice.root / "saved")
    server.start()
    third = practice.new_pc("third")
    add_patient(third, "Three")
    sync(third, front)
    server.stop()
    shutil.rmtree(server.folder)
    shutil.copytree(saved, server.folder)
    server.start()
    with pytest.raises(ServerError):
        sync(third)
    sync(front, front, third, back)  # an owner's first pass finds out, the second says it
    assert names(back) == names(front) == ["Three"]
    add_patient(third, "More")
    sync(third, back)
    assert sorted(map(str, names(back))) == ["More", "Three"]
