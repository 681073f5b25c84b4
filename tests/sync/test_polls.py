"""A server that has its files for itself answers polls from memory, and never with what was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clinic_desktop.clock import FixedClock
from clinic_desktop.sync.messages import SyncReply, decode
from clinic_desktop.sync.server.calls import Call, RefusedError
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.polls import Polls
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.server.tables import Rows
from clinic_desktop.sync.statements import AddDevice, RevokeDevice
from tests.support.relays import PaperPractice, Pc


class Counting(Files):
    """Counts how often a practice is opened."""

    asked = 0

    @contextmanager
    def practice(self, clinic: object, *, make: bool = False) -> Iterator[Rows | None]:
        self.asked += 1
        with super().practice(clinic, make=make) as rows:  # type: ignore[arg-type]
            yield rows


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Counting]:
    found = Counting(tmp_path / "server")
    yield found
    found.close()


@pytest.fixture
def relay(files: Counting, clock: FixedClock) -> Relay:
    return Relay(files, clock, Limits(burst=500), Polls())


@pytest.fixture
def practice() -> PaperPractice:
    return PaperPractice()


@pytest.fixture
def pcs(relay: Relay, practice: PaperPractice) -> tuple[Pc, Pc]:
    front, back = Pc(practice.clinic), Pc(practice.clinic)
    relay.found(Call("POST", "/v1/practices", "", practice.found(front), "192.0.2.1"))
    relay.state(front.call("POST", "/v1/statements", practice.state(AddDevice(back.public))))
    return front, back


def ask(relay: Relay, pc: Pc, **have: int) -> SyncReply:
    held = {bytes.fromhex(each): number for each, number in have.items()}
    return decode(relay.sync(pc.call("POST", "/v1/sync", pc.sync_body(have=held))), SyncReply)


def test_a_poll_that_finds_nothing_leaves_the_disk_alone(
    relay: Relay, files: Counting, pcs: tuple[Pc, Pc]
) -> None:
    first = ask(relay, pcs[0])
    files.asked = 0
    assert [ask(relay, pcs[0]).segments for _ in range(50)] == [first.segments] * 50
    assert files.asked == 0


def test_what_came_is_handed_out_at_the_next_poll(relay: Relay, pcs: tuple[Pc, Pc]) -> None:
    front, back = pcs
    ask(relay, back)
    ask(relay, back)
    sent = front.work()
    relay.sync(front.call("POST", "/v1/sync", front.sync_body(sent)))
    assert ask(relay, back).segments == (sent.raw,)
    assert ask(relay, back, **{front.device.hex: 1}).segments == ()
    quiet = ask(relay, back, **{front.device.hex: 2})
    assert quiet.behind == {front.device.bytes: 1}
    assert ask(relay, front).tip == 1


def test_a_request_works_once_also_after_a_stop(
    relay: Relay, files: Counting, clock: FixedClock, pcs: tuple[Pc, Pc]
) -> None:
    front, _back = pcs
    ask(relay, front)
    call = front.call("POST", "/v1/sync", front.sync_body())
    relay.sync(call)
    for server in (relay, Relay(files, clock, Limits(burst=500), Polls())):
        with pytest.raises(RefusedError) as caught:
            server.sync(call)
        assert caught.value.refusal.code == "counter"
        assert caught.value.refusal.counter >= front.counter
        front.counter = caught.value.refusal.counter
        ask(server, front)


def test_a_pc_that_was_taken_out_hears_it_at_once(
    relay: Relay, practice: PaperPractice, pcs: tuple[Pc, Pc]
) -> None:
    front, back = pcs
    ask(relay, back)
    ask(relay, back)
    out = practice.state(RevokeDevice(back.device.bytes))
    relay.state(front.call("POST", "/v1/statements", out))
    with pytest.raises(RefusedError) as caught:
        ask(relay, back)
    assert caught.value.refusal.code == "revoked"


def test_nobody_else_is_answered_from_memory(relay: Relay, pcs: tuple[Pc, Pc]) -> None:
    ask(relay, pcs[0])
    stranger = Pc(pcs[0].clinic, device=pcs[0].device, counter=pcs[0].counter)
    with pytest.raises(RefusedError) as caught:
        ask(relay, stranger)
    assert caught.value.refusal.code == "unknown"
