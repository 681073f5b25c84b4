"""PCs in one house meet at one of them, over real sockets, with a server, without, or beside it."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import clinic, hub, meeting_place, using_hubs
from clinic_desktop.clinic import Clinic, NewClinic
from clinic_desktop.clock import FixedClock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import (
    CopiedRecordError,
    NotFoundError,
    RevokedError,
    ServerError,
    SetupError,
    StorageError,
    ValidationError,
)
from clinic_desktop.hub import Hub
from clinic_desktop.joining import Joining, join
from clinic_desktop.restore import Way, restore
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import devices
from clinic_desktop.stick_joining import Asking, ask, finish
from clinic_desktop.sync import nearby
from clinic_desktop.sync.client import Address, RefusedError
from clinic_desktop.sync.connecting import link_to
from clinic_desktop.sync.keys import new_dek
from clinic_desktop.sync.pinned import answering
from clinic_desktop.sync.server.listening import Listener
from clinic_desktop.syncing import Syncing
from tests.support.records import CHEAP, PASSWORD
from tests.support.relays import REPOSITORY, Pc, running
from tests.sync.conftest import CANARY, Practice, add_patient, patients, sync
from tests.sync.test_incarnations import agree, copy


def free_port() -> int:
    with closing(socket.socket()) as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@contextmanager
def hub_at(pc: Clinic, arrived: Any = lambda: None) -> Iterator[Hub]:
    hub.switch_on(pc, free_port())
    opened = Hub(pc, arrived, questions=0)
    try:
        yield opened
    finally:
        opened.stop()


def names(pc: Clinic) -> list[str]:
    return [str(row[1]) for row in patients(pc)]


def test_while_the_server_is_away_the_house_goes_on(practice: Practice, back: Clinic) -> None:
    front, heard = practice.front, threading.Event()
    sync(front, back)
    with hub_at(front, heard.set) as opened:
        assert using_hubs.use(back, f"127.0.0.1:{opened.port}").hubs == (
            f"lan://127.0.0.1:{opened.port}",
        )
        practice.server.stop()
        add_patient(front, "Ada")
        add_patient(back, "Bea")
        for pc in (front, back, front):
            with pytest.raises(ServerError):  # of the server; the hub was asked before
                Syncing(pc).run()
        assert heard.is_set()
        assert names(front) == names(back) == ["Ada", "Bea"]
        assert Syncing(back).status().open.to_send > 0  # not on the server yet, and it says so
        practice.server.start()
        assert Syncing(front).run().sent > 0
    # The first PC has brought the second one's work along.
    third = practice.new_pc("third")
    assert names(third) == ["Ada", "Bea"]
    assert CANARY.encode() not in b"".join(
        each.read_bytes() for each in (practice.root / "front" / "hub").rglob("*") if each.is_file()
    )


def test_a_hub_answers_nobody_who_does_not_belong(practice: Practice, back: Clinic) -> None:
    front = practice.front
    with hub_at(front) as opened:
        url = f"lan://127.0.0.1:{opened.port}"
        stranger = Pc(front.keys.vault.clinic)
        elsewhere = Pc(uuid.uuid4())
        for pc in (stranger, elsewhere):
            with closing(pc.link(url)) as link, pytest.raises(RefusedError) as caught:
                pc.sync(link, have={})
            assert caught.value.refusal.code == "unknown"
        with closing(link_to(back.store, Address(url))) as link:
            for path in ("/v1/practices", "/v1/statements", "/v1/nothing"):
                with pytest.raises(RefusedError):
                    link.signed("POST", path, b"x")
            link.signed("GET", "/v1/keybox")
            gone = next(each for each in front.store.read(front.actor, devices.pcs).result()
                        if not each.is_this)  # fmt: skip
            Syncing(front).revoke(gone.id)
            with pytest.raises(RevokedError):
                link.signed("GET", "/v1/keybox")


def test_a_hub_with_another_key_is_hung_up_on(practice: Practice, back: Clinic) -> None:
    with hub_at(practice.front) as opened:
        relay = opened._door._server.relay
        false = Listener(relay, answering(Identity.new()), "127.0.0.1", 0)
        try:
            with pytest.raises(ServerError, match="no PC of this practice"):
                using_hubs.use(back, f"127.0.0.1:{false.port}")
        finally:
            false.stop()
    assert hub.status(back).hubs == ()


def test_what_is_in_the_way_is_said(practice: Practice) -> None:
    front = practice.front
    with pytest.raises(ServerError, match="no hub is open there"):
        using_hubs.use(front, f"127.0.0.1:{free_port()}")
    with pytest.raises(ServerError, match="finds no way"):
        using_hubs.use(front, "no-such-pc.invalid")
    with pytest.raises(ValidationError):
        using_hubs.use(front, "a b/c")
    with pytest.raises(NotFoundError):
        using_hubs.forget(front, "lan://192.0.2.1:1")
    with pytest.raises(SetupError):
        Hub(front, lambda: None)
    with closing(socket.socket()) as taken:
        taken.bind(("", 0))
        taken.listen()
        hub.switch_on(front, taken.getsockname()[1])
        with pytest.raises(StorageError):
            Hub(front, lambda: None)
    assert hub.switch_off(front).port == 0


def test_only_the_practice_hears_an_answer() -> None:
    deks = [new_dek(), new_dek()]
    opened = nearby.Answering(lambda: deks, 47_000, 0)
    try:
        target = [("127.0.0.1", opened.port)]
        assert nearby.find(deks, SystemClock(), target) == ["lan://127.0.0.1:47000"]
        assert nearby.find(deks[:1], SystemClock(), target) == ["lan://127.0.0.1:47000"]
        assert nearby.find([], SystemClock(), target) == []
    finally:
        opened.stop()
    assert nearby.answer(b"who is there?", deks, 1) == b""
    assert nearby.answer(bytes(69), deks, 1) == b""


def test_a_practice_without_any_server_meets_at_its_hub(
    tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = NewClinic("Canary Clinic", "ana", "Dr Ana", PASSWORD)
    front = clinic.create(DataDir(tmp_path / "front"), new, clock, CHEAP)
    try:
        if front.recovery is not None:
            front.use_recovery(front.recovery)
        with hub_at(front) as opened:
            address = Address(f"lan://127.0.0.1:{opened.port}")
            assert Syncing(front).run().sent > 0
            code = Syncing(front).invite().code
            digits: queue.Queue[str] = queue.Queue()
            wish = Joining(address, code, "ana", PASSWORD)
            with ThreadPoolExecutor(1) as other:
                joined = other.submit(
                    join, DataDir(tmp_path / "back"), wish, digits.put,
                    lambda: threading.Event().wait(0.25), clock, CHEAP,
                )  # fmt: skip
                Syncing(front).approve(digits.get(timeout=120))
                joined.result(120)
            back = clinic.open_clinic(DataDir(tmp_path / "back"), "ana", PASSWORD, clock)
            try:
                add_patient(back, "Bea")
                assert Syncing(back).run().open.to_send == 0
                assert Syncing(front).run().received > 0
                assert names(front) == ["Bea"]
                # The hub's PC has another address the next day.
                back.store.write(
                    SYSTEM, using_hubs._move, f"lan://127.0.0.1:{free_port()}"
                ).result()
                monkeypatch.setattr(using_hubs, "search", lambda _store: [address.url])
                add_patient(back, "Cleo")
                assert Syncing(back).run().sent > 0
                assert Syncing(back).status().server == address.url
            finally:
                back.close()
    finally:
        front.close()


def test_the_command_line_is_a_hub_until_it_is_stopped(
    practice: Practice, back: Clinic, tmp_path: Path
) -> None:
    front, port = practice.front, free_port()
    sync(front, back)
    hub.switch_on(front, port)
    add_patient(front, "Ada")
    practice.opened.remove(front)
    front.close()
    command = [sys.executable, "-m", "clinic_desktop", "--json", "--user", "ana"]
    process = subprocess.Popen(
        [*command, "--data-dir", str(tmp_path / "front"), "hub", "run"],
        stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "CLINIC_PASSWORD": PASSWORD},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert said["port"] == port
        using_hubs.use(back, f"127.0.0.1:{port}")
        add_patient(back, "Bea")
        practice.server.stop()
        while names(back) != ["Ada", "Bea"]:  # the hub's first pass may still be under way
            with pytest.raises(ServerError):
                Syncing(back).run()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def house(tmp_path: Path, clock: FixedClock) -> Iterator[tuple[Hub, Clinic, Clinic]]:
    """A practice without a server: its first PC is the hub, a second one joined there."""
    new = NewClinic("Canary Clinic", "ana", "Dr Ana", PASSWORD)
    front = clinic.create(DataDir(tmp_path / "front"), new, clock, CHEAP)
    if front.recovery is not None:
        front.use_recovery(front.recovery)
    asked, answer = tmp_path / "a.clinicjoin", tmp_path / "a.clinicbundle"
    code = ask(DataDir(tmp_path / "back"), Asking("ana", PASSWORD), asked, clock, CHEAP)
    with closing(front), hub_at(front) as opened:
        Syncing(front).approve_by_stick(asked, code, answer)
        finish(DataDir(tmp_path / "back"), Asking("ana", PASSWORD), answer, clock)
        back = clinic.open_clinic(DataDir(tmp_path / "back"), "ana", PASSWORD, clock)
        with closing(back):
            back.store.write(SYSTEM, using_hubs._move, f"lan://127.0.0.1:{opened.port}").result()
            yield opened, front, back


def test_at_a_hub_alone_a_copied_pc_goes_on_as_one_of_its_own(
    tmp_path: Path, clock: FixedClock
) -> None:
    with house(tmp_path, clock) as (_opened, front, back):
        sync(back, front)
        made = back.back_up(tmp_path / "one.clinicbackup", lambda *_: None)
        add_patient(back, "Bea")
        sync(back, front)
        into = DataDir(tmp_path / "again")
        into.root.mkdir()
        way = Way("ana", PASSWORD, None, back.data_dir)
        restore(made.path, into, way, lambda *_: None, clock=clock, cost=CHEAP)
        again = clinic.open_clinic(into, "ana", PASSWORD, clock)
        with closing(again):
            add_patient(again, "New")
            sync(again, front, back, again)
            assert names(again) == names(front) == names(back) == ["Bea", "New"]
            add_patient(again, "Later")
            sync(again, front)
            assert names(front) == ["Bea", "Later", "New"]


def test_a_copied_hub_does_not_believe_itself_what_it_wrote_under_its_old_name(
    practice: Practice, back: Clinic
) -> None:
    """Its hub has what it wrote before the server says that another goes on under that name."""
    front = practice.front
    sync(front, back)
    one, two = twins(practice, back)
    add_patient(one, "One")
    add_patient(two, "Two")
    sync(one, front)
    with hub_at(two):
        sync(two, two)
        assert names(two) == ["One", "Two"]
        sync(front, one, two)
        assert names(front) == names(one) == names(two) == ["One", "Two"]
        add_patient(one, "Later")
        sync(one, two, front)
        agree(front, one, two)
    assert names(two) == ["Later", "One", "Two"]


def twins(practice: Practice, pc: Clinic) -> tuple[Clinic, Clinic]:
    """Two PCs with the same record: a folder that somebody copied."""
    copy(practice, pc, "twin")
    return practice.open(pc.data_dir.root.name), practice.open("twin")


def test_a_pc_of_the_house_learns_of_the_server_that_was_set_up_later(
    tmp_path: Path, clock: FixedClock
) -> None:
    with house(tmp_path, clock) as (opened, front, back), running(tmp_path / "server") as server:
        near = f"lan://127.0.0.1:{opened.port}"
        Syncing(front).set_up(Address(server.url))
        assert Syncing(back).status().server == near
        sync(front, back, back)
        assert Syncing(back).status().server == server.url
        assert Syncing(back).status().hubs == (near,)
        add_patient(back, "Bea")
        assert Syncing(back).run().open.to_send == 0
        opened.stop()  # the hub is away: the server has it all the same
        sync(front)
        assert names(front) == ["Bea"]
        forged = {"url": "https://evil.example", "authority": "", "author": "00", "signature": ""}
        assert meeting_place._read(forged, front.keys.vault.clinic, frozenset()) is None


def test_a_pause_is_for_the_server_and_the_house_goes_on(practice: Practice, back: Clinic) -> None:
    front = practice.front
    sync(front, back)
    with hub_at(front) as opened:
        using_hubs.use(back, f"127.0.0.1:{opened.port}")
        add_patient(front, "Ada")
        practice.server.stop()
        for pc in (front, back):
            Syncing(pc).pause(practice.clock.now() + timedelta(hours=1))
        before = Syncing(back).status().month_bytes
        for pc in (front, back):
            Syncing(pc).meet_in_house()
        assert names(back) == ["Ada"]
        assert Syncing(back).status().month_bytes == before


def test_a_hub_that_was_brought_back_goes_on_with_the_others(
    tmp_path: Path, clock: FixedClock
) -> None:
    """What it had told the others after its backup comes back from them."""
    with house(tmp_path, clock) as (opened, front, back):
        add_patient(front, "Before")
        sync(front, back)
        made = front.back_up(tmp_path / "one.clinicbackup", lambda *_: None)
        add_patient(front, "After")
        sync(front, back)
        add_patient(back, "Bea")
        opened.stop()
        front.close()
        into = DataDir(tmp_path / "again")
        into.root.mkdir()
        way = Way("ana", PASSWORD, None, front.data_dir)
        restore(made.path, into, way, lambda *_: None, clock=clock, cost=CHEAP)
        again = clinic.open_clinic(into, "ana", PASSWORD, clock)
        with closing(again), hub_at(again) as anew:
            add_patient(again, "New")
            back.store.write(SYSTEM, using_hubs._move, f"lan://127.0.0.1:{anew.port}").result()
            with suppress(ServerError, CopiedRecordError):  # it says what it must hear first
                sync(back)
            for pc in (again, back, again, back):
                sync(pc)
            everybody = ["After", "Bea", "Before", "New"]
            assert names(back) == names(again) == everybody
            assert len({row[2] for row in patients(back)}) == len(everybody)
