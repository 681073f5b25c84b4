"""Two PCs and a real server process: what is done at one is at the other, and nowhere readable."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import carrying, clinic
from clinic_desktop.carrying import carry, let_in
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership as chain
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import (
    NotFoundError,
    PermissionDeniedError,
    RevokedError,
    ServerError,
    SetupError,
)
from clinic_desktop.services import devices
from clinic_desktop.services.patients import registration
from clinic_desktop.services.people import NewPerson
from clinic_desktop.sync.client import Address, Link
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.syncing import Syncing
from tests.support.certificates import self_signed
from tests.support.records import PASSWORD
from tests.support.relays import PaperPractice, Pc, running
from tests.sync.conftest import CANARY, Practice, add_patient, patients, rows, sync


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """All that goes over the line."""
    seen: list[bytes] = []
    ask = Link._ask

    def watched(self: Link, method: str, path: str, body: bytes, headers: Any) -> bytes:
        seen.append(f"{method} {path} {headers}".encode() + body)
        seen.append(ask(self, method, path, body, headers))
        return seen[-1]

    monkeypatch.setattr(Link, "_ask", watched)
    return seen


def test_what_is_done_at_one_pc_is_at_the_other(practice: Practice, back: Clinic) -> None:
    front = practice.front
    add_patient(front, "Ada")
    add_patient(back, "Bea")
    sync(front, back, front)
    assert [row[1] for row in patients(front)] == ["Ada", "Bea"]
    assert patients(front) == patients(back)
    found = Syncing(front).run()
    assert (found.received, found.open.to_apply, found.open.conflicts) == (0, 0, 0)
    assert found.round_trips == 1


def test_numbers_of_two_pcs_do_not_collide(practice: Practice, back: Clinic) -> None:
    for _ in range(3):
        add_patient(practice.front, "Ada")
        add_patient(back, "Bea")
    sync(practice.front, back, practice.front)
    numbers = [row[2] for row in patients(practice.front)]
    assert len(set(numbers)) == 6


def test_nothing_can_be_read_on_the_server_or_on_the_way(
    practice: Practice, traffic: list[bytes]
) -> None:
    add_patient(practice.front, "Ada")
    sync(practice.front)
    another = practice.new_pc("another")
    add_patient(another, "Bea")
    sync(another, practice.front)
    assert practice.server.stop() == 0
    files = [path for path in practice.server.folder.rglob("*") if path.is_file()]
    assert any(path.stat().st_size > 4096 for path in files)
    kept = [path.read_bytes() for path in (*files, practice.root / "server.log")]
    for secret in (
        CANARY,
        "Canary Clinic",
        "Dr Ana",
        "ana",
        "Ada",
        PASSWORD,
        "register",
        "patient",
    ):
        exact = secret.encode()
        assert not any(exact in each for each in kept if len(secret) > 3), secret
        assert not any(exact in each for each in traffic if len(secret) > 3), secret


def test_a_new_pc_gets_everything_from_before(practice: Practice) -> None:
    back = practice.open("back")
    for name in ("Ada", "Bea", "Cleo"):
        add_patient(practice.front, name)
    sync(practice.front, back)
    third = practice.new_pc("third")
    assert patients(back) == patients(third) == patients(practice.front)
    add_patient(third, "Dora")
    sync(third, practice.front, back)
    assert [row[1] for row in patients(back)] == ["Ada", "Bea", "Cleo", "Dora"]
    assert len(back.store.read(back.actor, devices.pcs).result()) == 3


def test_a_server_that_dies_on_the_way_costs_nothing(practice: Practice, back: Clinic) -> None:
    front, server = practice.front, practice.server
    for number in range(3):
        add_patient(front, f"Ada {number}")
        add_patient(back, f"Bea {number}")
        with ThreadPoolExecutor(2) as both:
            passes = [both.submit(sync, pc) for pc in (front, back)]
            server.kill()
            for each in passes:
                error = each.exception(120)
                assert error is None or isinstance(error, ServerError)
        server.start()
    sync(front, back, front)
    assert len(patients(front)) == 6
    assert patients(front) == patients(back)


def test_a_server_that_lost_everything_gets_it_again(
    practice: Practice, back: Clinic, tmp_path: Path
) -> None:
    front, server = practice.front, practice.server
    add_patient(back, "Bea")
    sync(back, front)
    server.stop()
    server.folder = tmp_path / "another"
    server.start()
    with pytest.raises(ServerError, match="does not know"):
        Syncing(back).run()
    assert Syncing(front).set_up(practice.address).sent > 0
    Syncing(back).run()  # the front has carried its work there already, or it sends it now
    assert Syncing(back).status().open.to_send == 0
    third = practice.new_pc("third")
    assert patients(third) == patients(front)


def test_a_pc_that_was_taken_out_hears_and_sends_nothing_more(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    add_patient(back, "Bea")
    sync(back)
    gone = next(each for each in front.store.read(front.actor, devices.pcs).result()
                if not each.is_this)  # fmt: skip
    Syncing(front).revoke(gone.id)
    assert [row[1] for row in patients(front)] == ["Bea"]
    add_patient(front, "Ada")
    sync(front)
    add_patient(back, "Cleo")
    with pytest.raises(RevokedError):
        Syncing(back).run()
    sync(front)
    assert [row[1] for row in patients(front)] == ["Ada", "Bea"]
    epochs = rows(front, "SELECT DISTINCT epoch FROM sync_segment WHERE dev = 1")
    assert len(epochs) == 2
    third = practice.new_pc("third")
    assert patients(third) == patients(front)


def test_a_nurse_takes_her_way_in_along(practice: Practice, back: Clinic) -> None:
    front, nurse = practice.front, "a nurse of another PC"
    front.add_person(NewPerson("nora", "Nora Night", ("nurse",)), nurse)
    sync(front, back)
    mine = next(each.id for each in back.store.read(back.actor, devices.pcs).result()
                if each.is_this)  # fmt: skip
    with pytest.raises(NotFoundError):
        let_in(back, "nora", nurse)
    front.switch_user("nora", nurse)
    carry(front, mine)
    assert let_in(back, "nora", "another word for the back") == "Nora Night"
    assert back.switch_user("nora", "another word for the back").roles == ("nurse",)
    with pytest.raises(PermissionDeniedError):
        Syncing(back).invite()
    assert Syncing(back).run().sent > 0


def test_another_letter_in_the_box_is_not_taken_for_ones_own(
    practice: Practice, back: Clinic
) -> None:
    front, nurse = practice.front, "a nurse of another PC"
    front.add_person(NewPerson("nora", "Nora Night", ("nurse",)), nurse)
    sync(front, back)
    mine = next(each.id for each in back.store.read(back.actor, devices.pcs).result()
                if each.is_this)  # fmt: skip
    front.switch_user("nora", nurse)
    members = front.store.read(SYSTEM, chain.current).result()
    assert members is not None
    person = members.signer(front.keys.identity.public.signing)
    assert person is not None
    box = carrying._box(carrying._place(members, mine, person.id))
    with closing(link_of(back.store)) as link:
        link.signed("POST", f"/v1/mail/{box}")
        link.call("PUT", f"/v1/mail/{box}", b"junk")
    with pytest.raises(ServerError, match="Something else"):
        carry(front, mine)


def test_the_wrong_digits_let_nobody_in(practice: Practice) -> None:
    code = Syncing(practice.front).invite().code
    with pytest.raises(NotFoundError, match="not answered"):
        Syncing(practice.front).approve("123456")
    assert len(code) == 35
    members = practice.front.store.read(practice.front.actor, devices.pcs).result()
    assert len(members) == 2


def test_without_a_server_nothing_is_asked(tmp_path: Path, clinic_alone: Clinic) -> None:
    for work in (Syncing(clinic_alone).run, Syncing(clinic_alone).status):
        with pytest.raises(SetupError):
            work()
    with pytest.raises(ServerError):
        Syncing(clinic_alone).set_up(Address("http://127.0.0.1:9"))


@pytest.fixture
def clinic_alone(tmp_path: Path, clock: Any) -> Iterator[Clinic]:
    from tests.support.records import CHEAP

    new = clinic.NewClinic("Alone", "ana", "Dr Ana", PASSWORD)
    made = clinic.create(DataDir(tmp_path / "alone"), new, clock, CHEAP)
    yield made
    made.close()


def test_what_both_changed_apart_is_kept_twice_and_asked_about(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    add_patient(front, "Ada")
    sync(front, back)
    for pc, given in ((front, "Adele"), (back, "Adriana")):
        _rename(pc, given)
    sync(front, back, front)
    assert patients(front) == patients(back)
    asked = "SELECT id, kind FROM sync_conflict WHERE state = 'open'"
    assert len(rows(front, asked)) == 1
    assert rows(front, asked) == rows(back, asked)
    assert Syncing(front).status().open.conflicts == 1


def test_a_server_with_tls_is_believed_by_its_certificate_only(tmp_path: Path) -> None:
    right, wrong = self_signed(tmp_path / "right"), self_signed(tmp_path / "wrong")
    words = ("--tls-cert", str(right.certificate), "--tls-key", str(right.key))
    with running(tmp_path / "server", *words) as server:
        for shown, is_right in ((right, True), (wrong, False)):
            authority = shown.certificate.read_text()
            pc = Pc(uuid.uuid4())
            link = Link(Address(server.url, authority), SystemClock())
            with closing(link):
                if is_right:
                    link.call("POST", "/v1/practices", PaperPractice(pc.clinic).found(pc))
                else:
                    with pytest.raises(ServerError, match="certificate"):
                        link.call("POST", "/v1/practices", PaperPractice(pc.clinic).found(pc))


@pytest.mark.parametrize("years", [10, -10])
def test_a_clock_ten_years_off_is_said_and_decides_nothing(
    practice: Practice, back: Clinic, years: int
) -> None:
    front, clock = practice.front, FixedClock(practice.clock.now() + timedelta(days=365 * years))
    add_patient(front, "Ada")
    sync(front, back)
    back.store.clock = clock
    _rename(back, "Adele")
    sync(back, front)
    assert [row[1] for row in patients(front)] == ["Adele"]
    _rename(front, "Adriana")  # with the other in sight: it holds, whatever the clocks say
    sync(front, back)
    assert [row[1] for row in patients(back)] == ["Adriana"] == [row[1] for row in patients(front)]
    assert rows(back, "SELECT count(*) FROM sync_conflict") == [(0,)]
    _rename(back, "Agnes")
    _rename(front, "Amina")  # apart: a person is asked, at both the same
    sync(front, back, front)
    assert len(rows(front, "SELECT id FROM sync_conflict")) == 1
    assert patients(front) == patients(back)
    off = Syncing(back).status().clock_off
    assert abs(off + timedelta(days=365 * years)) < timedelta(days=60)  # the server's is right


def _rename(pc: Clinic, given: str) -> None:
    patient = uuid.UUID(bytes=rows(pc, "SELECT id FROM patient")[0][0])  # type: ignore[arg-type]
    before = pc.store.read(pc.actor, registration.record_of, patient).result().entry
    after = replace(before, name=replace(before.name, given=given))
    change = registration.UpdatePatient(patient, before, after)
    pc.store.write(pc.actor, registration.update, change).result()
