"""The server takes what a known PC sends in its order, once, and nothing else."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from starlette.routing import Route

from clinic_desktop.clock import FixedClock
from clinic_desktop.sync import statements
from clinic_desktop.sync.keys import Courier, seal_dek
from clinic_desktop.sync.messages import Keybox, Statements, SyncReply, decode
from clinic_desktop.sync.server.app import description, make_app
from clinic_desktop.sync.server.calls import Call, RefusedError
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.keyboxes import AUTHORS
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.polls import Polls
from clinic_desktop.sync.server.postgres import Database
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.statements import AddDevice, AddOwner, RemoveOwner, RevokeDevice
from tests.support import postgres
from tests.support.relays import PaperPractice, Pc

BOX = bytes(range(16))


@pytest.fixture(params=["files", "files of one server", "postgres"])
def relay(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Relay]:
    """A server's work on files and on a database."""
    practices: Files | Database
    if request.param.startswith("files"):
        practices = Files(tmp_path / "server")
    else:
        cluster: postgres.Cluster = request.getfixturevalue("cluster")
        practices = Database(cluster.url)
    polls = Polls() if request.param == "files of one server" else None
    yield Relay(practices, clock, Limits(practice_bytes=64 << 10, mails=3, burst=500), polls)
    practices.close()


@pytest.fixture
def practice() -> PaperPractice:
    return PaperPractice()


@pytest.fixture
def front(relay: Relay, practice: PaperPractice) -> Pc:
    """The first PC of a practice that the server knows."""
    pc = Pc(practice.clinic)
    body = practice.found(pc)
    relay.found(Call("POST", "/v1/practices", "", body, "192.0.2.1"))
    return pc


@pytest.fixture
def back(relay: Relay, practice: PaperPractice, front: Pc) -> Pc:
    """Its second PC."""
    pc = Pc(practice.clinic, dek=front.dek)
    relay.state(front.call("POST", "/v1/statements", practice.state(AddDevice(pc.public))))
    return pc


def sync(relay: Relay, pc: Pc, body: bytes) -> SyncReply:
    return decode(relay.sync(pc.call("POST", "/v1/sync", body)), SyncReply)


def refused(work: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(RefusedError) as caught:
        work()
    return caught.value.status, caught.value.refusal.code


def test_what_one_pc_brings_the_other_gets(relay: Relay, front: Pc, back: Pc) -> None:
    one, two = front.work(), front.work()
    reply = sync(relay, front, front.sync_body(one, two))
    assert (reply.tip, reply.tip_hash, reply.segments) == (2, two.hash, ())
    reply = sync(relay, back, back.sync_body())
    assert reply.segments == (one.raw, two.raw)
    assert not reply.more
    assert sync(relay, back, back.sync_body(have={front.device.bytes: 1})).segments == (two.raw,)
    assert sync(relay, back, back.sync_body(have={front.device.bytes: 2})).segments == ()


def test_a_small_request_gets_a_small_answer(relay: Relay, front: Pc, back: Pc) -> None:
    made = [front.work() for _ in range(5)]
    sync(relay, front, front.sync_body(*made))
    have: dict[bytes, int] = {}
    got: list[bytes] = []
    for _ in range(5):
        reply = sync(relay, back, back.sync_body(have=have, most=1))
        got += reply.segments
        have = {front.device.bytes: len(got)}
        assert reply.more == (len(got) < 5)
    assert got == [each.raw for each in made]


def test_the_order_is_that_in_which_the_server_got_them(relay: Relay, front: Pc, back: Pc) -> None:
    third = Pc(front.clinic, front.device, front.keys)
    third.counter = 100
    first, answer, last = front.work(), back.work(), front.work()
    sync(relay, front, front.sync_body(first))
    sync(relay, back, back.sync_body(answer, have={front.device.bytes: 1}))
    front.counter = max(front.counter, third.counter)
    assert sync(relay, front, front.sync_body(last)).segments == (answer.raw,)


def test_segments_are_taken_in_their_order_only(relay: Relay, front: Pc) -> None:
    one, two, three = front.work(), front.work(), front.work()
    with pytest.raises(RefusedError) as caught:
        sync(relay, front, front.sync_body(one, three))
    assert caught.value.refusal.code == "tip"
    assert (caught.value.refusal.seg_no, caught.value.refusal.hash) == (1, one.hash.hex())
    assert sync(relay, front, front.sync_body(one, two, three)).tip == 3


def test_the_same_segment_again_changes_nothing(relay: Relay, front: Pc, back: Pc) -> None:
    one = front.work()
    for _ in range(3):
        assert sync(relay, front, front.sync_body(one)).tip == 1
    assert len(sync(relay, back, back.sync_body()).segments) == 1


def test_another_segment_of_the_same_number_is_refused(relay: Relay, front: Pc) -> None:
    """That is a copy of the PC, or one brought back from a backup."""
    sync(relay, front, front.sync_body(front.work()))
    copy = replace(front, made=[])
    assert refused(lambda: sync(relay, copy, copy.sync_body(copy.work(b"other")))) == (409, "tip")


def test_nobody_sends_for_another(relay: Relay, front: Pc, back: Pc) -> None:
    stranger = Pc(front.clinic, front.device)
    elsewhere = Pc(uuid.uuid4(), front.device, front.keys)
    foreign = back.work()
    front.work()
    forged = Pc(front.clinic, front.device).work()
    for wrong in (foreign, forged, Pc(uuid.uuid4(), front.device, front.keys).work()):
        body = front.sync_body(wrong)
        assert refused(partial(sync, relay, front, body)) == (409, "segment")
    for caller in (stranger, elsewhere, Pc(front.clinic)):
        assert refused(partial(sync, relay, caller, caller.sync_body())) == (401, "unknown")
    nobody = Call("POST", "/v1/sync", "", front.sync_body(), "192.0.2.1")
    assert refused(lambda: relay.sync(nobody)) == (401, "unknown")
    assert sync(relay, front, front.sync_body()).tip == 0


def test_a_request_works_once_and_only_as_it_was_signed(relay: Relay, front: Pc) -> None:
    call = front.call("POST", "/v1/sync", front.sync_body(front.work()))
    for changed in (
        replace(call, body=front.sync_body()),
        replace(call, path="/v1/keybox"),
        replace(call, method="PUT"),
        replace(call, header=call.header.replace(" 1 ", " 2 ")),
    ):
        assert refused(partial(relay.sync, changed)) == (401, "unknown")
    relay.sync(call)
    assert refused(lambda: relay.sync(call)) == (409, "counter")


def test_a_revoked_pc_is_told_so_and_nothing_is_taken(
    relay: Relay, practice: PaperPractice, front: Pc, back: Pc
) -> None:
    gone = practice.state(RevokeDevice(back.device.bytes))
    relay.state(front.call("POST", "/v1/statements", gone))
    assert refused(lambda: sync(relay, back, back.sync_body(back.work()))) == (403, "revoked")
    assert sync(relay, front, front.sync_body()).segments == ()
    again = AddDevice(back.public)
    with pytest.raises(statements.StatementError, match="ended"):
        practice.state(again)


def test_only_owners_and_the_sheet_say_who_belongs(
    relay: Relay, practice: PaperPractice, front: Pc
) -> None:
    other = Pc(practice.clinic)
    false = statements.Statement(
        1, practice.clinic.bytes, 2, practice.known.tip if practice.known else b"",
        AddDevice(other.public), front.keys.public.signing,
    )  # fmt: skip
    assert refused(
        lambda: relay.state(front.call("POST", "/v1/statements", false.raw))
    ) == (409, "statement")  # fmt: skip
    second = PaperPractice().owner
    for body, signer in (
        (AddOwner(second.public.signing), practice.root),
        (RemoveOwner(practice.owner.public.signing), second),
        (AddDevice(other.public), second),
    ):
        relay.state(front.call("POST", "/v1/statements", practice.state(body, signer)))
    chain = decode(relay.stated(front.call("GET", "/v1/statements")), Statements).statements
    known = statements.replay(statements.read(each) for each in chain)
    assert known == practice.known
    assert sync(relay, other, other.sync_body()).tip == 0


def test_a_practice_is_taken_in_once(relay: Relay, practice: PaperPractice, front: Pc) -> None:
    rival = PaperPractice(practice.clinic)
    body = rival.found(Pc(practice.clinic))
    call = Call("POST", "/v1/practices", "", body, "192.0.2.1")
    assert refused(lambda: relay.found(call)) == (409, "exists")
    assert refused(lambda: relay.found(replace(call, body=body[:-1]))) == (400, "statement")


def test_a_full_practice_is_told_so_and_keeps_what_it_has(relay: Relay, front: Pc) -> None:
    made = [front.work(bytes(range(256))) for _ in range(200)]
    with pytest.raises(RefusedError) as caught:
        sync(relay, front, front.sync_body(*made))
    assert caught.value.refusal.code == "quota"
    assert sync(relay, front, front.sync_body()).tip == caught.value.refusal.seg_no > 50


def test_keys_wait_for_their_pc(relay: Relay, front: Pc, back: Pc) -> None:
    sender = Courier(front.clinic, front.device, front.keys)
    sealed = seal_dek(sender, 1, front.dek, back.device, back.keys.public.sealing)
    relay.put_key(front.call("PUT", "/v1/keybox", sealed))
    assert decode(relay.keys(back.call("GET", "/v1/keybox")), Keybox).keys == (sealed,)
    assert decode(relay.keys(front.call("GET", "/v1/keybox")), Keybox).keys == ()
    in_another_name = back.call("PUT", "/v1/keybox", sealed)
    assert refused(lambda: relay.put_key(in_another_name)) == (400, "message")


def test_of_several_authors_keys_none_takes_the_place_of_anothers(
    relay: Relay, practice: PaperPractice, front: Pc, back: Pc
) -> None:
    others = [Pc(practice.clinic, dek=front.dek) for _ in range(AUTHORS + 1)]
    for each in others:
        stated = practice.state(AddDevice(each.public))
        relay.state(front.call("POST", "/v1/statements", stated))

    def hand(author: Pc) -> bytes:
        sender = Courier(author.clinic, author.device, author.keys)
        sealed = seal_dek(sender, 7, author.dek, back.device, back.keys.public.sealing)
        relay.put_key(author.call("PUT", "/v1/keybox", sealed))
        return sealed

    def kept() -> set[bytes]:
        return set(decode(relay.keys(back.call("GET", "/v1/keybox")), Keybox).keys)

    first = [hand(each) for each in others[:AUTHORS]]
    assert kept() == {*first}
    hand(others[-1])
    assert kept() == {*first}, "there are enough"
    again = hand(others[0])
    assert kept() == {again, *first[1:]}
    gone = RevokeDevice(others[1].device.bytes)
    relay.state(front.call("POST", "/v1/statements", practice.state(gone)))
    last = hand(others[-1])
    assert kept() == {again, last, *first[2:]}


def test_a_letter_box_opens_for_members_and_closes_by_itself(
    relay: Relay, front: Pc, clock: FixedClock
) -> None:
    letter = Call("PUT", "/v1/mail/x", "", b"letter", "192.0.2.7")
    asking = replace(letter, method="GET", body=b"")
    assert refused(lambda: relay.put_mail(letter, BOX)) == (404, "unknown")
    assert refused(lambda: relay.open_mail(letter, BOX)) == (401, "unknown")
    relay.open_mail(front.call("POST", "/v1/mail/x"), BOX)
    assert relay.get_mail(asking, BOX) == b""
    relay.put_mail(letter, BOX)
    relay.put_mail(letter, BOX)
    assert refused(lambda: relay.put_mail(replace(letter, body=b"other"), BOX)) == (409, "taken")
    assert relay.get_mail(asking, BOX) == b"letter"
    clock.advance(minutes=61)
    assert refused(lambda: relay.get_mail(asking, BOX)) == (404, "unknown")


def test_who_asks_too_often_waits(relay: Relay, front: Pc) -> None:
    found = {refused_or_ok(relay, front) for _ in range(600)}
    assert found == {"ok", "slow-down"}


def test_a_stranger_in_the_name_of_a_pc_slows_only_himself_down(relay: Relay, front: Pc) -> None:
    liar = Pc(front.clinic, front.device)
    for _ in range(600):
        call = replace(liar.call("POST", "/v1/sync", liar.sync_body()), address="192.0.2.66")
        code = refused(partial(relay.sync, call))
    assert code == (429, "slow-down")
    assert sync(relay, front, front.sync_body()).tip == 0


def test_a_pc_that_asks_too_often_waits_and_the_next_one_does_not(
    relay: Relay, front: Pc, back: Pc
) -> None:
    for _ in range(400):
        sync(relay, front, front.sync_body())
        sync(relay, back, back.sync_body())
    for _ in range(99):  # with the statement, all that it may at once
        sync(relay, front, front.sync_body())
    assert refused(lambda: sync(relay, front, front.sync_body())) == (429, "slow-down")
    assert sync(relay, back, back.sync_body()).tip == 0


def test_a_practice_that_asks_too_often_waits_and_the_next_one_does_not(
    relay: Relay, practice: PaperPractice, front: Pc, back: Pc
) -> None:
    narrow = Relay(relay.practices, relay.clock, Limits(burst=8, together=2), relay._polls)
    third = Pc(practice.clinic)
    narrow.state(front.call("POST", "/v1/statements", practice.state(AddDevice(third.public))))
    for pc in (front, back):
        for _ in range(7):
            sync(narrow, pc, pc.sync_body())
    sync(narrow, third, third.sync_body())
    assert refused(lambda: sync(narrow, third, third.sync_body())) == (429, "slow-down")
    other = PaperPractice()
    away = Pc(other.clinic)
    narrow.found(Call("POST", "/v1/practices", "", other.found(away), "192.0.2.7"))
    assert sync(narrow, away, away.sync_body()).tip == 0


def test_statements_are_checked_once(
    relay: Relay, practice: PaperPractice, front: Pc, back: Pc, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(relay, front, front.sync_body())
    seen: list[int] = []
    follow = statements.follow

    def counted(known: statements.Known | None, one: statements.Statement) -> statements.Known:
        seen.append(one.n)
        return follow(known, one)

    third = Pc(practice.clinic)
    added = practice.state(AddDevice(third.public))
    monkeypatch.setattr(statements, "follow", counted)
    sync(relay, front, front.sync_body())
    assert seen == []
    relay.state(front.call("POST", "/v1/statements", added))
    sync(relay, third, third.sync_body())
    sync(relay, back, back.sync_body())
    assert seen == [3, 3]


def refused_or_ok(relay: Relay, pc: Pc) -> str:
    try:
        relay.get_mail(Call("GET", "/v1/mail/x", "", b"", "192.0.2.9"), BOX)
    except RefusedError as error:
        return "ok" if error.refusal.code == "unknown" else error.refusal.code
    return "ok"


def test_the_description_is_that_of_the_routes(relay: Relay) -> None:
    spec = json.loads(description())
    told = {
        (method.upper(), path)
        for path, calls in spec["paths"].items()
        for method in calls
        if method != "parameters"
    }
    served = {
        (method, route.path)
        for route in make_app(relay).routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert told == served
