"""The bytes of documents follow their rows: sealed, in pieces, last, and only if they are right."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import hub, using_hubs
from clinic_desktop.clinic import Clinic
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import NotFoundError, ServerError
from clinic_desktop.hub import Hub
from clinic_desktop.services import documents
from clinic_desktop.services.documents import AddDocument, DocumentRow
from clinic_desktop.services.documents_checks import CheckedFile
from clinic_desktop.services.file_ways import Where
from clinic_desktop.sync import state
from clinic_desktop.sync.client import Link
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.file_pieces import PIECE
from clinic_desktop.sync.files import FileTurn
from clinic_desktop.sync.messages import ChunksRequest, decode
from clinic_desktop.syncing import Syncing
from tests.sync.conftest import CANARY, Practice, add_patient, rows, sync
from tests.sync.test_hub import free_port

SCAN = random.Random(7).randbytes(4 * PIECE + 17) + CANARY.encode()


def add_scan(pc: Clinic, said: bytes = SCAN) -> None:
    add_patient(pc, "Ada")
    add_file(pc, SCAN, said)


def add_file(pc: Clinic, held: bytes, said: bytes) -> None:
    file = CheckedFile("scan.png", "image/png", held, hashlib.sha256(said).hexdigest(), 1)
    wish = AddDocument(patient(pc), file, "A scan")
    pc.store.write(pc.actor, documents.add_document, wish).result(60)


def patient(pc: Clinic) -> uuid.UUID:
    return uuid.UUID(bytes=rows(pc, "SELECT id FROM patient")[0][0])  # type: ignore[arg-type]


def listed(pc: Clinic) -> DocumentRow:
    found = pc.store.read(pc.actor, documents.documents_of, patient(pc)).result(60)
    return found[0]


def content(pc: Clinic) -> bytes:
    key = listed(pc).id
    return pc.store.read(pc.actor, documents.document_content, key).result(60).data


class FailingLink:
    """A line that breaks after some requests for pieces."""

    def __init__(self, link: Link, left: int) -> None:
        self._link, self.left = link, left
        self.brought: list[bytes] = []
        self.found: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)

    def signed(self, method: str, path: str, body: bytes = b"") -> bytes:
        self.left -= 1
        if self.left < 0:
            raise ServerError("cut")
        self.brought += [each[0] for each in decode(body, ChunksRequest).brought]
        return self._link.signed(method, path, body)


@pytest.fixture
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic_desktop.sync.files._AT_A_TIME", 1)


def pass_of_rows(pc: Clinic) -> None:
    """A pass that moves no files."""
    with closing(link_of(pc.store)) as link:
        Exchange(pc.store, link).run()


def test_a_scan_follows_its_row_and_says_where_it_is(practice: Practice, back: Clinic) -> None:
    front = practice.front
    add_scan(front)
    assert listed(front).way.where is Where.ONLY_HERE
    pass_of_rows(front)
    pass_of_rows(back)
    assert listed(back).way.where is Where.ELSEWHERE
    with pytest.raises(NotFoundError, match="not on this PC"):
        content(back)
    Syncing(back).run()  # nobody has brought it yet
    assert listed(back).way.where is Where.ELSEWHERE
    sync(front, back)
    assert listed(front).way.where is Where.HERE
    assert listed(back).way.where is Where.HERE or listed(back).way.done == 0
    assert content(back) == content(front) == SCAN
    sync(back)
    assert listed(back).way.where is Where.HERE
    assert rows(back, "SELECT count(*) FROM sync_piece") == [(0,)]
    practice.server.stop()
    kept = b"".join(
        each.read_bytes() for each in practice.server.folder.rglob("*") if each.is_file()
    )
    assert len(kept) > len(SCAN)
    assert CANARY.encode() not in kept
    assert SCAN[:64] not in kept


@pytest.mark.usefixtures("few_at_a_time")
def test_broken_lines_cost_no_piece_twice(practice: Practice, back: Clinic) -> None:
    front = practice.front
    add_scan(front)
    pass_of_rows(front)
    pass_of_rows(back)
    brought: list[bytes] = []
    for left in (3, 3, 99):
        with closing(link_of(front.store)) as link:
            line = FailingLink(link, left)
            try:
                FileTurn(front.store, line).run()  # type: ignore[arg-type]
            except ServerError:
                way = listed(front).way
                assert (way.where, way.parts) == (Where.ONLY_HERE, 5)
                assert way.done == len(brought) + len(line.brought)
            brought += line.brought
    assert len(brought) == len(set(brought)) == 5
    assert listed(front).way.where is Where.HERE
    for left, done in ((3, 2), (3, 4), (99, 5)):
        with closing(link_of(back.store)) as link:
            try:
                FileTurn(back.store, FailingLink(link, left)).run()  # type: ignore[arg-type]
            except ServerError:
                way = listed(back).way
                assert (way.where, way.done, way.parts) == (Where.COMING, done, 5)
    assert content(back) == SCAN


def server_rows(practice: Practice, sql: str) -> None:
    practice.server.stop()
    (file,) = practice.server.folder.glob("??/??/*.db")
    with closing(sqlite3.connect(file)) as connection, connection:
        assert connection.execute(sql).rowcount > 0
    practice.server.start()


def test_a_server_that_lost_a_scan_is_given_it_again_the_next_day(
    practice: Practice, back: Clinic
) -> None:
    """Nothing of the log is lost with it, so only asking shows it."""
    front = practice.front
    add_scan(front)
    sync(front, front)  # the second pass asks for this day
    assert listed(front).way.where is Where.HERE
    (path,) = (practice.root / "server").glob("??/??/*.db")
    with closing(sqlite3.connect(path)) as server, server:
        server.execute("DELETE FROM chunk")
    sync(front, back)
    assert content_or_none(back) is None
    forget_when_asked(front)
    sync(front, back)
    assert content(back) == SCAN


def forget_when_asked(pc: Clinic) -> None:
    """As if a day had gone by."""
    pc.store.write(SYSTEM, lambda uow: state.change_settings(uow.cursor, files_asked=0)).result(60)


def content_or_none(pc: Clinic) -> bytes | None:
    try:
        return content(pc)
    except NotFoundError:
        return None


@pytest.mark.parametrize(
    "lie",
    [
        "UPDATE chunk SET body = zeroblob(length(body))",
        "UPDATE chunk SET body = (SELECT max(body) FROM chunk)",
        "UPDATE chunk SET body = x'00'",
    ],
)
def test_pieces_that_a_server_changed_are_never_shown(
    practice: Practice, back: Clinic, lie: str
) -> None:
    add_scan(practice.front)
    sync(practice.front)
    server_rows(practice, lie)
    sync(back)
    with pytest.raises(NotFoundError):
        content(back)
    assert rows(back, "SELECT count(*) FROM blob") == [(0,)]


def test_files_of_a_row_that_lies_are_not_kept(practice: Practice, back: Clinic) -> None:
    """Another PC wrote a digest that its file does not have."""
    front = practice.front
    add_scan(front, said=b"another")
    sync(front, back)
    assert rows(back, "SELECT count(*) FROM blob") == [(0,)]
    with pytest.raises(NotFoundError):
        content(back)


@pytest.fixture
def opened_hub(practice: Practice) -> Iterator[Hub]:
    hub.switch_on(practice.front, free_port())
    opened = Hub(practice.front, lambda: None, questions=0)
    yield opened
    opened.stop()


def test_scans_go_through_the_house_while_the_server_is_away(
    practice: Practice, back: Clinic, opened_hub: Hub, tmp_path: Path
) -> None:
    sync(practice.front, back)
    using_hubs.use(back, f"127.0.0.1:{opened_hub.port}")
    practice.server.stop()
    add_scan(practice.front)
    for pc in (practice.front, back):
        with pytest.raises(ServerError):
            Syncing(pc).run()
    assert content(back) == SCAN
    assert listed(practice.front).way.where is Where.ONLY_HERE  # as far as the server goes
    assert (tmp_path / "front" / "hub").is_dir()
