"""A server drops segments by what PCs signed, and by nothing else; on files and on PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic_desktop.clock import FixedClock
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.messages import PagesRequest, Snapshots, SyncReply, Vouches, decode, encode
from clinic_desktop.sync.server.calls import Call, RefusedError
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.polls import Polls
from clinic_desktop.sync.server.postgres import Database
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.server.retention import DAY_MS
from clinic_desktop.sync.snapshot import Manifest
from clinic_desktop.sync.statements import AddDevice, RevokeDevice
from clinic_desktop.sync.vouching import Said, vouch
from tests.support import postgres
from tests.support.relays import PaperPractice, Pc, paper_snapshot

DIGEST = b"d" * 32


@pytest.fixture(params=["files", "postgres"])
def relay(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Relay]:
    """A server that drops what may go ten days after it came."""
    practices: Files | Database
    if request.param == "files":
        practices = Files(tmp_path / "server")
    else:
        cluster: postgres.Cluster = request.getfixturevalue("cluster")
        practices = Database(cluster.url)
    limits = Limits(burst=500, keep_ms=10 * DAY_MS)
    yield Relay(practices, clock, limits, Polls() if request.param == "files" else None)
    practices.close()


@pytest.fixture
def paper() -> PaperPractice:
    return PaperPractice()


@pytest.fixture
def pcs(relay: Relay, paper: PaperPractice, clock: FixedClock) -> list[Pc]:
    """Three PCs, each of which has left ten segments, twenty days ago."""
    made = [Pc(paper.clinic) for _each in range(3)]
    relay.found(Call("POST", "/v1/practices", "", paper.found(made[0]), "192.0.2.1"))
    for pc in made[1:]:
        body = paper.state(AddDevice(pc.public))
        relay.state(made[0].call("POST", "/v1/statements", body))
    for pc in made:
        work(relay, pc, 10)
    clock.advance(seconds=20 * 86_400)
    for pc in made:
        work(relay, pc, 1)
    return made


def work(relay: Relay, pc: Pc, count: int) -> None:
    for _each in range(count):
        relay.sync(pc.call("POST", "/v1/sync", pc.sync_body(pc.work())))


def leave(relay: Relay, maker: Pc, pcs: list[Pc]) -> Manifest:
    pieces = tuple((random.randbytes(32), random.randbytes(100)) for _each in range(2))
    pages = PagesRequest(1, (), (), 0, pieces)
    relay.pages(maker.call("POST", "/v1/pages", encode(pages)))
    made = paper_snapshot(maker, pcs, pieces)
    relay.keep_snapshot(maker.call("POST", "/v1/snapshots", made.raw))
    return made


def say(relay: Relay, pc: Pc, about: Manifest, said: Said) -> None:
    digest = b"" if said is Said.DOUBTED else DIGEST
    one = vouch(Courier(pc.clinic, pc.device, pc.keys), about, said, digest)
    relay.vouch(pc.call("POST", "/v1/vouches", one.raw))


def first_held(relay: Relay, paper: PaperPractice, pc: Pc) -> int:
    with relay.practices.practice(paper.clinic) as rows:
        assert rows is not None
        row = rows.one(
            "SELECT min(seg_no) FROM segment WHERE clinic = :clinic AND device_id = :device",
            device=pc.device.bytes,
        )
        used = rows.one("SELECT used FROM practice WHERE clinic = :clinic")
        counted = sum(
            int((rows.one(f"SELECT coalesce(sum(length({column})), 0) FROM {table}"  # noqa: S608
                          " WHERE clinic = :clinic") or (0,))[0])
            for table, column in (("segment", "bytes"), ("page", "body"), ("snapshot", "body"))
        )  # fmt: skip
    assert used == (counted,)
    assert row is not None
    return int(row[0])


def two(relay: Relay, pcs: list[Pc]) -> tuple[Manifest, Manifest]:
    older = leave(relay, pcs[0], pcs)
    for pc in pcs:
        work(relay, pc, 1)
    return older, leave(relay, pcs[0], pcs)


def test_what_two_sound_snapshots_cover_goes_once_all_have_it(
    relay: Relay, paper: PaperPractice, pcs: list[Pc]
) -> None:
    front, back, third = pcs
    older, newer = two(relay, pcs)
    for each in (older, newer):
        say(relay, front, each, Said.HAS)
        say(relay, back, each, Said.CHECKED)
    assert first_held(relay, paper, front) == 1  # the third has not said that it has them
    say(relay, third, newer, Said.HAS)
    assert [first_held(relay, paper, pc) for pc in pcs] == [11, 11, 11]
    with pytest.raises(RefusedError) as caught:
        relay.sync(third.call("POST", "/v1/sync", third.sync_body(have={})))
    assert caught.value.refusal.code == "dropped"
    assert (caught.value.refusal.seg_no, caught.value.refusal.hash) == (
        12,
        third.made[-1].hash.hex(),
    )
    have = {pc.device.bytes: 10 for pc in (front, back)}
    answer = relay.sync(third.call("POST", "/v1/sync", third.sync_body(have=have)))
    assert len(decode(answer, SyncReply).segments) == 4


@pytest.mark.parametrize("lacking", ["a check", "a second PC's check", "a second snapshot", "age"])
def test_nothing_goes_without(
    relay: Relay, paper: PaperPractice, pcs: list[Pc], clock: FixedClock, lacking: str
) -> None:
    front, back, third = pcs
    older, newer = two(relay, pcs)
    checker = front if lacking == "a second PC's check" else back
    if lacking == "age":
        with relay.practices.practice(paper.clinic) as rows:
            assert rows is not None
            rows.run(
                "UPDATE segment SET received = :now WHERE clinic = :clinic",
                now=to_millis(clock.now()),
            )
    for each in (newer,) if lacking == "a second snapshot" else (older, newer):
        for pc in pcs:
            say(relay, pc, each, Said.HAS)
        if lacking != "a check":
            say(relay, checker, each, Said.CHECKED)
    assert first_held(relay, paper, third) == 1


def test_a_doubt_keeps_everything(relay: Relay, paper: PaperPractice, pcs: list[Pc]) -> None:
    front, back, third = pcs
    older, newer = two(relay, pcs)
    say(relay, third, older, Said.DOUBTED)
    for each in (older, newer):
        for pc in pcs:
            say(relay, pc, each, Said.HAS)
        say(relay, back, each, Said.CHECKED)
    assert first_held(relay, paper, front) == 1


def test_a_pc_that_was_away_for_long_or_taken_out_is_not_waited_for(
    relay: Relay, paper: PaperPractice, pcs: list[Pc], clock: FixedClock
) -> None:
    front, back, third = pcs
    clock.advance(seconds=91 * 86_400)
    for pc in (front, back):
        work(relay, pc, 1)
    older, newer = two(relay, [front, back])
    for each in (older, newer):
        say(relay, front, each, Said.HAS)
        say(relay, back, each, Said.CHECKED)
    assert first_held(relay, paper, front) > 1
    assert first_held(relay, paper, third) == 1  # no snapshot tells of it


def test_the_word_of_a_pc_that_was_taken_out_counts_no_more(
    relay: Relay, paper: PaperPractice, pcs: list[Pc]
) -> None:
    front, back, third = pcs
    older, newer = two(relay, pcs)
    for each in (older, newer):
        say(relay, third, each, Said.CHECKED)
    body = paper.state(RevokeDevice(third.device.bytes))
    relay.state(front.call("POST", "/v1/statements", body))
    for each in (older, newer):
        for pc in (front, back):
            say(relay, pc, each, Said.HAS)
    assert first_held(relay, paper, front) == 1


def test_the_snapshots_that_stand_for_what_is_gone_stay(
    relay: Relay, paper: PaperPractice, pcs: list[Pc]
) -> None:
    older, newer = two(relay, pcs)
    for each in (older, newer):
        for pc in pcs:
            say(relay, pc, each, Said.CHECKED)
    assert first_held(relay, paper, pcs[0]) == 11
    later = [leave(relay, pcs[1], pcs) for _each in range(4)]  # nobody has checked these
    raw = decode(relay.snapshots(pcs[0].call("GET", "/v1/snapshots")), Snapshots).manifests
    assert set(raw) == {older.raw, newer.raw, later[-2].raw, later[-1].raw}


def test_a_word_is_the_callers_own_and_about_what_is_here(relay: Relay, pcs: list[Pc]) -> None:
    front, back, _third = pcs
    older, _newer = two(relay, pcs)
    of_back = vouch(Courier(back.clinic, back.device, back.keys), older, Said.HAS, DIGEST)
    for body in (of_back.raw, b"\x90", of_back.raw + b"\x00"):
        with pytest.raises(RefusedError) as caught:
            relay.vouch(front.call("POST", "/v1/vouches", body))
        assert caught.value.refusal.code == "message"
    elsewhere = paper_snapshot(front, pcs, [(bytes(32), b"")])
    with pytest.raises(RefusedError) as caught:
        say(relay, front, elsewhere, Said.HAS)
    assert caught.value.refusal.code == "unknown"
    say(relay, back, older, Said.HAS)
    say(relay, back, older, Said.HAS)
    found = decode(relay.vouches(front.call("GET", "/v1/vouches")), Vouches)
    assert (found.keep, found.vouches) == (10 * DAY_MS, (of_back.raw,))


def test_a_server_without_days_keeps_everything(
    paper: PaperPractice, clock: FixedClock, tmp_path: Path
) -> None:
    practices = Files(tmp_path / "server")
    server = Relay(practices, clock, Limits(burst=500))
    pc = Pc(paper.clinic)
    server.found(Call("POST", "/v1/practices", "", paper.found(pc), "192.0.2.1"))
    work(server, pc, 3)
    clock.advance(seconds=400 * 86_400)
    work(server, pc, 1)
    for each in two(server, [pc]):
        say(server, pc, each, Said.CHECKED)
    assert first_held(server, paper, pc) == 1
    practices.close()
