"""Work that reached one other PC goes on from there, even if its own PC is never seen again."""

from __future__ import annotations

from pathlib import Path

from clinic_desktop.bundle_taking import import_bundle
from clinic_desktop.bundle_writing import export_bundle
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.sync.messages import SyncReply, SyncRequest, decode, encode
from clinic_desktop.sync.segment import Segment
from clinic_desktop.sync.server.calls import Call
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.statements import AddDevice, RevokeDevice
from clinic_desktop.syncing import Syncing
from tests.support.relays import PaperPractice, Pc
from tests.sync.conftest import Practice, add_patient, patients, rows, sync


def carry(relay: Relay, pc: Pc, have: dict[bytes, int], *segments: Segment) -> SyncReply:
    body = encode(SyncRequest(1, have, 1 << 20, (), tuple(each.raw for each in segments)))
    return decode(relay.sync(pc.call("POST", "/v1/sync", body)), SyncReply)


def test_a_server_takes_from_one_pc_what_another_signed(tmp_path: Path, clock: FixedClock) -> None:
    practices = Files(tmp_path / "server")
    relay = Relay(practices, clock, Limits(burst=500))
    practice = PaperPractice()
    front, back, gone = (Pc(practice.clinic) for _ in range(3))
    relay.found(Call("POST", "/v1/practices", "", practice.found(front), "192.0.2.1"))
    for said in (AddDevice(back.public), AddDevice(gone.public), RevokeDevice(gone.device.bytes)):
        relay.state(front.call("POST", "/v1/statements", practice.state(said)))
    one, two, three = front.work(), front.work(), front.work()
    have = {front.device.bytes: 3, gone.device.bytes: 1, bytes(16): 9}
    left = gone.work()
    try:
        assert carry(relay, back, have).behind == {front.device.bytes: 0, gone.device.bytes: 0}
        assert carry(relay, back, have, two).behind[front.device.bytes] == 0  # not its turn
        stranger = Pc(practice.clinic, device=front.device)
        assert carry(relay, back, have, stranger.work()).behind[front.device.bytes] == 0
        reply = carry(relay, back, have, one, left, two, one)
        assert reply.behind == {front.device.bytes: 2}
        assert reply.segments == ()
        assert carry(relay, back, have, three).behind == {}
        body = front.sync_body()
        reply = decode(relay.sync(front.call("POST", "/v1/sync", body)), SyncReply)
        assert (reply.tip, reply.tip_hash, reply.segments) == (3, three.hash, (left.raw,))
    finally:
        practices.close()


def test_what_came_by_stick_goes_on_to_the_server(practice: Practice, back: Clinic) -> None:
    front = practice.front
    stick = practice.root / "stick.clinicbundle"
    add_patient(front, "Ada")
    add_patient(back, "Bea")
    export_bundle(front, stick)
    import_bundle(back, stick)
    practice.opened.remove(front)
    front.close()  # and is never seen again, as far as this server goes
    sync(back)
    practice.front = practice.open("front")
    assert Syncing(practice.front).run().sent > 0  # counted as there, though another brought it
    assert rows(practice.front, "SELECT count(*) FROM sync_segment WHERE state = 'made'") == [(0,)]
    assert patients(practice.front) == patients(back)
    assert len(patients(back)) == 2


def test_a_server_that_lost_everything_gets_what_a_stolen_pc_wrote(
    practice: Practice, back: Clinic, tmp_path: Path
) -> None:
    add_patient(back, "Bea")
    sync(back, practice.front)
    server = practice.server
    server.stop()
    server.folder = tmp_path / "another"
    server.start()
    Syncing(practice.front).set_up(practice.address)
    third = practice.new_pc("third")
    assert [row[1] for row in patients(third)] == ["Bea"]
