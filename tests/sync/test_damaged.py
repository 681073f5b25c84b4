"""What rots on a server's disk is noticed, not handed out, and brought again by whoever has it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from clinic_desktop.sync.client import Link
from clinic_desktop.sync.messages import (
    ChunksReply,
    ChunksRequest,
    PagesReply,
    PagesRequest,
    Snapshots,
    SyncReply,
    SyncRequest,
    decode,
    encode,
)
from clinic_desktop.sync.statements import AddDevice
from tests.support.postgres import Cluster
from tests.support.relays import PaperPractice, Pc, paper_snapshot, running

PIECE, NAME = bytes(range(256)) * 8, b"n" * 16
PAGE = b"p" * 32


@dataclass
class Served:
    """A practice of two PCs at a real server, and a way to what lies on its disk."""

    first: Pc
    second: Pc
    links: dict[bytes, Link]
    change: Callable[[str], list[tuple[Any, ...]]]

    def chunks(self, pc: Pc, **said: Any) -> ChunksReply:
        """One request for pieces of files."""
        return decode(self._pieces(pc, "/v1/chunks", ChunksRequest, said), ChunksReply)

    def pages(self, pc: Pc, **said: Any) -> PagesReply:
        """One request for pieces of snapshots."""
        return decode(self._pieces(pc, "/v1/pages", PagesRequest, said), PagesReply)

    def _pieces(self, pc: Pc, path: str, kind: Any, said: dict[str, Any]) -> bytes:
        asked, wanted, brought = (said.get(each, ()) for each in ("asked", "wanted", "brought"))
        body = encode(kind(1, asked, wanted, 1 << 20, brought))
        return self.links[pc.device.bytes].signed("POST", path, body)

    def sync(self, pc: Pc, *own: Any, have: int | None = None, carried: Any = ()) -> SyncReply:
        """One pass of a PC; ``have`` is what it holds of the other."""
        other = self.second if pc is self.first else self.first
        known = {} if have is None else {other.device.bytes: have}
        request = SyncRequest(
            1, known, 1 << 20, tuple(each.raw for each in own), tuple(each.raw for each in carried)
        )
        answer = self.links[pc.device.bytes].signed("POST", "/v1/sync", encode(request))
        return decode(answer, SyncReply)

    def snapshots(self, pc: Pc) -> tuple[bytes, ...]:
        """The manifests that are offered."""
        answer = self.links[pc.device.bytes].signed("GET", "/v1/snapshots")
        return decode(answer, Snapshots).manifests


def change_file(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Behind the back of a server on files."""
    (path,) = folder.glob("??/??/*.db")
    with closing(sqlite3.connect(path)) as other, other:
        return other.execute(sql).fetchall()


def change_database(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Behind the back of a server on PostgreSQL."""
    with psycopg.connect(url) as other:
        cursor = other.execute(sql.replace("x'00'", "'\\x00'"))
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(params=["files", "postgres"])
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    folder = tmp_path / "server"
    words: tuple[str, ...] = ("--insecure",)
    if request.param == "postgres":
        cluster: Cluster = request.getfixturevalue("cluster")
        url = fresh_database(cluster, tmp_path.name.replace("-", "_"))
        words = (*words, "--database-url", url)
        change = lambda sql: change_database(url, sql)  # noqa: E731
    else:
        change = lambda sql: change_file(folder, sql)  # noqa: E731
    with running(folder, *words) as server:
        practice = PaperPractice()
        first, second = Pc(practice.clinic), Pc(practice.clinic)
        links = {each.device.bytes: each.link(server.url) for each in (first, second)}
        line = links[first.device.bytes]
        line.call("POST", "/v1/practices", practice.found(first))
        line.signed("POST", "/v1/statements", practice.state(AddDevice(second.public)))
        yield Served(first, second, links, change)
        for each in links.values():
            each.close()


def fresh_database(cluster: Cluster, name: str) -> str:
    with psycopg.connect(cluster.url, autocommit=True) as other:
        other.execute(f"CREATE DATABASE {name}")
    return cluster.url.replace("/postgres?", f"/{name}?")


# ------------------------------------------------------------------ pieces


def test_a_piece_that_rotted_is_not_handed_out_and_can_be_brought_again(served: Served) -> None:
    first, second = served.first, served.second
    served.chunks(first, brought=((NAME, PIECE),))
    used = served.change("SELECT used FROM practice")
    served.change("UPDATE chunk SET body = x'00'")
    reply = served.chunks(second, wanted=(NAME,))
    assert (reply.found, reply.missing) == ((), (NAME,))
    assert served.chunks(first, asked=(b"o" * 16,)).missing == (b"o" * 16, NAME)
    assert NAME in served.chunks(first, asked=(NAME,)).missing
    served.chunks(first, brought=((NAME, PIECE),))
    reply = served.chunks(second, asked=(NAME,), wanted=(NAME,))
    assert (reply.missing, reply.found) == ((), ((NAME, PIECE),))
    assert served.change("SELECT count(*) FROM lost") == [(0,)]
    # What was counted of the damaged one was one byte: that is all the server could see of it.
    (now,) = served.change("SELECT used FROM practice")
    assert now[0] == used[0][0] + len(PIECE) - 1


def test_a_piece_that_is_whole_stays_as_it_is(served: Served) -> None:
    served.chunks(served.first, brought=((NAME, PIECE),))
    served.chunks(served.second, brought=((NAME, b"another"),), wanted=(NAME,))
    assert served.chunks(served.first, wanted=(NAME,)).found == ((NAME, PIECE),)


def test_a_snapshot_of_which_a_piece_rotted_is_not_offered_until_that_came_again(
    served: Served,
) -> None:
    first = served.first
    served.sync(first, first.work())
    served.pages(first, brought=((PAGE, PIECE),))
    manifest = paper_snapshot(first, [first], [(PAGE, PIECE)])
    served.links[first.device.bytes].signed("POST", "/v1/snapshots", manifest.raw)
    assert served.snapshots(served.second) == (manifest.raw,)
    served.change("UPDATE page SET body = x'00'")
    reply = served.pages(served.second, wanted=(PAGE,))
    assert (reply.found, reply.missing) == ((), (PAGE,))
    assert served.snapshots(served.second) == ()
    assert served.pages(first, asked=(PAGE,)).missing[0] == PAGE
    served.pages(first, brought=((PAGE, PIECE),))
    assert served.snapshots(served.second) == (manifest.raw,)
    assert served.pages(served.second, wanted=(PAGE,)).found == ((PAGE, PIECE),)


# ------------------------------------------------------------------ segments


def rot_second(served: Served) -> None:
    """The first PC left three segments, and the second of them rotted."""
    first = served.first
    assert served.sync(first, first.work(), first.work(), first.work()).tip == 3
    served.change("UPDATE segment SET bytes = x'00' WHERE seg_no = 2")


def test_a_segment_that_rotted_is_sent_again_by_its_pc(served: Served) -> None:
    rot_second(served)
    first, second = served.first, served.second
    reply = served.sync(second, have=0)
    assert reply.segments == (first.made[0].raw,)
    assert served.sync(second, have=1).behind == {first.device.bytes: 1}  # "it is not to be had"
    told = served.sync(first)
    assert (told.tip, told.tip_hash) == (1, first.made[0].hash)
    told = served.sync(first, *first.made[1:], first.work())
    assert (told.tip, told.tip_hash) == (4, first.made[3].hash)
    reply = served.sync(second, have=1)
    assert reply.segments == tuple(each.raw for each in first.made[1:])
    assert reply.behind == {}
    assert served.change("SELECT count(*) FROM gap") == [(0,)]


def test_a_segment_that_rotted_is_brought_by_another_pc_that_has_it(served: Served) -> None:
    """Its own PC may be gone; what comes after it at the server is not given up."""
    rot_second(served)
    first, second = served.first, served.second
    served.sync(second, have=0)
    assert served.sync(second, have=2).behind == {first.device.bytes: 1}
    reply = served.sync(second, have=2, carried=first.made[1:2])
    assert reply.behind == {}
    assert reply.segments == (first.made[2].raw,)
    assert served.sync(first).tip == 3


def test_the_first_segment_may_rot_too(served: Served) -> None:
    first, second = served.first, served.second
    served.sync(first, first.work())
    served.change("UPDATE segment SET bytes = x'00'")
    assert served.sync(second, have=0).behind == {first.device.bytes: 0}
    told = served.sync(first)
    assert (told.tip, told.tip_hash) == (0, bytes(32))
    assert served.sync(first, first.made[0]).tip == 1
    assert served.sync(second, have=0).segments == (first.made[0].raw,)


def test_only_the_very_same_segment_replaces_one_that_rotted(served: Served) -> None:
    rot_second(served)
    first, second = served.first, served.second
    served.sync(second, have=0)
    made, first.made = first.made, first.made[:1]
    other = first.work()  # as a copy of this PC would seal it
    served.sync(second, have=2, carried=[other])
    assert served.sync(second, have=1).behind == {first.device.bytes: 1}
    served.sync(second, have=2, carried=made[1:2])
    assert served.sync(second, have=1).segments == tuple(each.raw for each in made[1:])


def test_a_digest_that_rotted_is_no_reason_to_ask_for_the_segment(
    served: Served,
) -> None:
    """Of the last one the PC's row tells it too, of others the segment after it."""
    first, second = served.first, served.second
    served.sync(first, first.work(), first.work())
    served.change("UPDATE segment SET hash = x'00'")
    assert served.sync(second, have=0).segments == tuple(each.raw for each in first.made)
    assert served.sync(second, have=2).behind == {}
    told = served.sync(first, *first.made, first.work())
    assert (told.tip, told.tip_hash) == (3, first.made[2].hash)


def test_a_pc_hears_of_the_last_whole_segment_before_all_that_rotted(served: Served) -> None:
    """A bad place of a disk takes neighbours: the answer names a digest that the PC knows."""
    first, second = served.first, served.second
    served.sync(first, *(first.work() for _ in range(4)))
    served.change("UPDATE segment SET bytes = x'00' WHERE seg_no > 1")
    assert served.sync(second, have=3).behind == {first.device.bytes: 3}  # it read the last only
    told = served.sync(first)
    assert (told.tip, told.tip_hash) == (1, first.made[0].hash)
    assert served.sync(first, *first.made[1:]).tip == 4
    reply = served.sync(second, have=1)
    assert reply.segments == tuple(each.raw for each in first.made[1:])


def test_a_digest_that_rotted_beside_the_segment_that_names_it_is_no_dead_end(
    served: Served,
) -> None:
    """It is asked for as if it were damaged itself, and must not be refused when it comes."""
    first, second = served.first, served.second
    served.sync(first, *(first.work() for _ in range(4)))
    served.change("UPDATE segment SET hash = x'00' WHERE seg_no = 2")
    served.change("UPDATE segment SET bytes = x'00' WHERE seg_no = 3")
    assert served.sync(second, have=1).behind == {first.device.bytes: 1}
    told = served.sync(first)
    assert (told.tip, told.tip_hash) == (1, first.made[0].hash)
    assert served.sync(first, first.made[1]).tip == 4  # nobody has read the third one yet
    assert served.sync(second, have=1).segments == (first.made[1].raw,)
    assert served.sync(first).tip == 2
    told = served.sync(first, *first.made[2:], first.work())
    assert (told.tip, told.tip_hash) == (5, first.made[4].hash)
    reply = served.sync(second, have=2)
    assert reply.segments == tuple(each.raw for each in first.made[2:])
    assert served.change("SELECT count(*) FROM gap") == [(0,)]
