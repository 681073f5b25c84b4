"""A photo of which a piece rots at the server, or at the hub of the house, is not lost."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import hub, using_hubs
from clinic_desktop.clinic import Clinic
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ServerError
from clinic_desktop.hub import Hub
from clinic_desktop.services.file_ways import Where
from clinic_desktop.sync import state
from clinic_desktop.sync.client import Link
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.file_pieces import PIECE
from clinic_desktop.sync.files import FileTurn
from clinic_desktop.sync.messages import ChunksReply, ChunksRequest, decode, encode
from clinic_desktop.syncing import Syncing
from tests.sync.conftest import Practice, add_patient, patients, rows, sync
from tests.sync.test_files import (
    SCAN,
    FailingLink,
    add_file,
    add_scan,
    content,
    content_or_none,
    forget_when_asked,
    listed,
    pass_of_rows,
    server_rows,
)
from tests.sync.test_hub import free_port


def flip_bits(file: Path, table: str, column: str, which: str) -> None:
    """What a failing disk does: some bytes of one row are others, and SQLite sees nothing."""
    with closing(sqlite3.connect(file)) as server:
        server.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (body,) = server.execute(f"SELECT {column} FROM {table} {which}").fetchone()  # noqa: S608
    held = bytearray(file.read_bytes())
    at = held.index(body[200:600])
    held[at + 100] ^= 0x10
    file.write_bytes(held)


def rot(practice: Practice, table: str, column: str, which: str) -> None:
    """A piece rots while the server is away."""
    practice.server.stop()
    (file,) = practice.server.folder.glob("??/??/*.db")
    flip_bits(file, table, column, which)
    practice.server.start()


THIRD = "LIMIT 1 OFFSET 2"
"""Some piece, and not the last one, which stands for the file when it is asked after."""


def test_a_photo_of_which_a_piece_rotted_comes_after_all(practice: Practice, back: Clinic) -> None:
    front = practice.front
    add_scan(front)
    sync(front, front)
    rot(practice, "chunk", "body", THIRD)
    sync(back)
    assert content_or_none(back) is None
    way = listed(back).way
    assert (way.where, way.done, way.parts) == (Where.DAMAGED, 4, 5)
    forget_when_asked(front)
    sync(front)  # hears of it, and sends that piece
    assert listed(front).way.where is Where.HERE
    sync(back)
    assert content(back) == SCAN
    third = practice.new_pc("third")
    sync(third)
    assert content(third) == SCAN
    assert "not as they came" in (practice.root / "server.log").read_text()


OTHER = random.Random(8).randbytes(PIECE + 5)


def blobs(pc: Clinic) -> int:
    (found,) = rows(pc, "SELECT count(*) FROM blob")[0]
    assert isinstance(found, int)
    return found


def test_a_pc_that_exchanges_another_file_hears_of_it_at_once(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    add_scan(front)
    sync(front, front)
    rot(practice, "chunk", "body", THIRD)
    sync(back)
    add_file(front, OTHER, OTHER)
    sync(front, front, back)
    assert blobs(back) == 2


class LyingLink:
    """A server that says with each answer that it lost all that it was ever given."""

    def __init__(self, link: Link, names: set[bytes]) -> None:
        self._link, self._names = link, names
        self.brought: list[bytes] = []
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)

    def signed(self, _method: str, _path: str, body: bytes = b"") -> bytes:
        request = decode(body, ChunksRequest)
        self.asked += 1
        self.brought += [each[0] for each in request.brought]
        return encode(ChunksReply(1, tuple({*request.asked, *self._names})))


def turn(pc: Clinic, line: Any) -> None:
    FileTurn(pc.store, line).run()


def test_a_server_that_lost_everything_for_ever_is_given_a_file_once_a_day(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    add_scan(front)
    sync(front, back, front, front)
    add_file(back, OTHER, OTHER)
    pass_of_rows(back)
    pass_of_rows(front)  # from now on it asks after that one in each turn
    with closing(link_of(front.store)) as link:
        line = LyingLink(link, set(names_at_server(practice)))
        for number in range(1, 5):
            turn(front, line)
            assert line.asked >= number
            assert len(line.brought) == len(set(line.brought)) == 5


def test_pieces_of_no_file_here_are_not_looked_for_with_each_answer(
    practice: Practice, back: Clinic
) -> None:
    """That takes the names of all pieces of all files."""
    front = practice.front
    add_scan(front)
    sync(front, back, front, front)
    into_lost = "INSERT INTO lost SELECT clinic,"
    server_rows(practice, f"{into_lost} x'{'07' * 16}' FROM practice")
    sync_a_day_later(front)
    # Not the last piece of the file: that one is asked for each day, and goes again at once.
    server_rows(practice, f"{into_lost} id FROM chunk ORDER BY length(body) DESC LIMIT 1")
    sync_a_day_later(front)
    assert lost_at_server(practice) == 2
    practice.clock.advance(hours=1)
    sync_a_day_later(front)
    assert lost_at_server(practice) == 1


def sync_a_day_later(pc: Clinic) -> None:
    forget_when_asked(pc)
    sync(pc)


def lost_at_server(practice: Practice) -> int:
    (path,) = practice.server.folder.glob("??/??/*.db")
    with closing(sqlite3.connect(path)) as server:
        (count,) = server.execute("SELECT count(*) FROM lost").fetchone()
    assert isinstance(count, int)
    return count


def names_at_server(practice: Practice) -> list[bytes]:
    (path,) = practice.server.folder.glob("??/??/*.db")
    with closing(sqlite3.connect(path)) as server:
        return [bytes(row[0]) for row in server.execute("SELECT id FROM chunk")]


def test_what_cannot_be_read_is_fetched_once_a_day(practice: Practice, back: Clinic) -> None:
    """Of what a server took before it kept digests it cannot tell that it rotted."""
    add_scan(practice.front)
    sync(practice.front)
    server_rows(practice, "UPDATE chunk SET hash = NULL, body = zeroblob(length(body))")
    pass_of_rows(back)
    with closing(link_of(back.store)) as link:
        line = FailingLink(link, 100)
        turn(back, line)
        assert line.left < 100
        assert listed(back).way.where is Where.DAMAGED
        before = line.left
        turn(back, line)
        assert line.left == before
        forget_when_asked(back)
        turn(back, line)
        assert line.left < before


def test_a_server_that_an_older_version_filled_serves_on(practice: Practice, back: Clinic) -> None:
    """What it held it hands out as before; what comes from now on is looked after."""
    front = practice.front
    add_scan(front)
    sync(front)
    practice.server.stop()
    (file,) = practice.server.folder.glob("??/??/*.db")
    with closing(sqlite3.connect(file)) as held, held:
        for table in ("chunk", "page"):
            held.execute(f"ALTER TABLE {table} DROP COLUMN hash")
        held.execute(
            "CREATE TABLE keybox (clinic BLOB, device_id BLOB, epoch INTEGER, body BLOB NOT NULL,"
            " PRIMARY KEY (clinic, device_id, epoch)) STRICT"
        )
        held.execute(
            "INSERT INTO keybox SELECT clinic, device_id, epoch, min(body) FROM handed"
            " GROUP BY clinic, device_id, epoch"
        )
        for table in ("lost", "gap", "handed"):
            held.execute(f"DROP TABLE {table}")
        held.execute("PRAGMA user_version = 3")
    practice.server.start()
    sync(back)
    assert content(back) == SCAN
    add_patient(back, "Bob")
    add_file(front, OTHER, OTHER)
    sync(back, front)
    assert len(patients(front)) == 2
    rot(practice, "chunk", "body", "WHERE hash IS NOT NULL LIMIT 1")
    sync(back)
    assert blobs(back) == 1
    forget_when_asked(front)
    sync(front, back)
    assert blobs(back) == 2


# ------------------------------------------------------------------ at a hub


@pytest.fixture
def opened_hub(practice: Practice) -> Iterator[Hub]:
    hub.switch_on(practice.front, free_port())
    opened = Hub(practice.front, lambda: None, questions=0)
    yield opened
    opened.stop()


def test_a_piece_that_rotted_at_a_hub_is_brought_there_again(
    practice: Practice, back: Clinic, opened_hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    front = practice.front
    sync(front, back)
    using_hubs.use(back, f"127.0.0.1:{opened_hub.port}")
    practice.server.stop()
    add_scan(front)
    exchange_in_house(front)
    (path,) = (practice.root / "front" / "hub").glob("**/??/??/*.db")
    with closing(sqlite3.connect(path)) as held, held:
        held.execute(
            "UPDATE chunk SET body = x'00' WHERE id = (SELECT id FROM chunk LIMIT 1 OFFSET 2)"
        )
    exchange_in_house(back)
    assert content_or_none(back) is None
    assert "not as they came" in caplog.text
    caplog.clear()
    exchange_in_house(front)
    exchange_in_house(back)
    assert content(back) == SCAN


def exchange_in_house(pc: Clinic) -> None:
    with pytest.raises(ServerError):  # the server is away
        Syncing(pc).run()


# ------------------------------------------------------------------ the log


def lacks(pc: Clinic) -> int:
    """Of how many PCs the server lacks work that this one cannot give it."""
    found = pc.store.read(SYSTEM, lambda reads: state.peer(reads.cursor)).result(60)
    assert found is not None
    return found.settings.server_lacks


NEWEST = "WHERE sseq = (SELECT max(sseq) FROM segment)"


def test_work_that_rotted_at_the_server_is_sent_again_by_its_pc(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    sync(front, back)
    add_patient(front, "Ada")
    sync(front)
    rot(practice, "segment", "bytes", NEWEST)
    sync(back)
    assert (patients(back), lacks(back)) == ([], 1)
    sync(front, back)
    assert (len(patients(back)), lacks(back)) == (1, 0)
    assert "not as they came" in (practice.root / "server.log").read_text()


def test_work_that_rotted_at_the_server_is_brought_by_another_pc(
    practice: Practice, back: Clinic
) -> None:
    """The PC that wrote it may be gone."""
    third, front = practice.new_pc("third"), practice.front
    sync(front, back, third)
    add_patient(front, "Ada")
    sync(front, back)
    rot(practice, "segment", "bytes", NEWEST.replace("FROM segment", of_front(front)))
    sync(third)
    assert (patients(third), lacks(third)) == ([], 1)
    sync(back, third)
    assert (len(patients(third)), lacks(third)) == (1, 0)


def of_front(front: Clinic) -> str:
    (device,) = rows(front, "SELECT hex(device_id) FROM sync_device WHERE dev = 1")[0]
    return f"FROM segment WHERE device_id = x'{device}'"
