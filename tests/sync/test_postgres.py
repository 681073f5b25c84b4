"""The server on a PostgreSQL: refused where it could forget, serving through its faults."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from clinic_desktop.errors import SetupError, StorageError
from clinic_desktop.sync.server import keyboxes, tables
from clinic_desktop.sync.server.postgres import Database
from tests.support.postgres import Cluster
from tests.support.relays import PaperPractice, Pc, running

OLD = uuid.UUID(int=1)
KEYBOX = (
    "CREATE TABLE keybox (clinic bytea, device_id bytea, epoch bigint, body bytea NOT NULL,"
    " PRIMARY KEY (clinic, device_id, epoch)) PARTITION BY HASH (clinic)"
)
"""A practice of an older server."""


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    made = Database(cluster.url)
    yield made
    made.close()


def test_requests_of_one_practice_follow_each_other(database: Database) -> None:
    clinic = uuid.uuid4()
    with database.practice(clinic, make=True):
        pass

    def add(_turn: int) -> None:
        with database.practice(clinic) as rows:
            assert rows is not None
            head = tables.only(rows.one("SELECT head FROM practice WHERE clinic = :clinic"))[0]
            rows.run("UPDATE practice SET head = :head WHERE clinic = :clinic", head=head + 1)

    with ThreadPoolExecutor(8) as many:
        list(many.map(add, range(64)))
    with database.practice(clinic) as rows:
        assert rows is not None
        assert rows.one("SELECT head FROM practice WHERE clinic = :clinic") == (64,)


def test_a_broken_connection_is_replaced(database: Database, cluster: Cluster) -> None:
    clinic = uuid.uuid4()
    with database.practice(clinic, make=True):
        pass
    with psycopg.connect(cluster.url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'clinic-relay'"
        )
    with database.practice(clinic) as rows:
        assert rows is not None


def test_a_fault_in_the_middle_leaves_nothing(database: Database) -> None:
    clinic = uuid.uuid4()
    with pytest.raises(ZeroDivisionError), database.practice(clinic, make=True):
        raise ZeroDivisionError
    with database.practice(clinic) as rows:
        assert rows is None


def test_what_is_sealed_is_not_pressed_again(database: Database, cluster: Cluster) -> None:
    with psycopg.connect(cluster.url) as other:
        found = other.execute(
            "SELECT DISTINCT attstorage FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
            " WHERE attname = 'bytes' AND relname ~ '^segment_'"
        ).fetchall()
        parts = other.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'segment'::regclass"
        )
        assert parts.fetchone() == (tables.PARTS,)
    assert found == [("e",)]


def test_an_address_of_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be reached"):
        Database(f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(SetupError, match="cannot be used"):
        Database("postgresql://%zz")


def test_a_database_that_could_forget_is_refused(cluster: Cluster) -> None:
    careless = f"{cluster.url}&options=-csynchronous_commit%3Doff"
    with pytest.raises(StorageError, match="synchronous_commit = off"):
        Database(careless)


def test_a_server_on_a_database_serves_and_survives_a_kill(
    cluster: Cluster, tmp_path: Path
) -> None:
    with running(tmp_path / "server", "--insecure", "--database-url", cluster.url) as server:
        practice = PaperPractice()
        pc = Pc(practice.clinic)
        link = pc.link(server.url)
        link.call("POST", "/v1/practices", practice.found(pc))
        assert pc.sync(link, pc.work(), pc.work(), have={}).tip == 2
        link.close()
        server.kill()
        server.start()
        link = pc.link(server.url)
        reply = pc.sync(link, have={})
        assert (reply.tip, reply.tip_hash) == (2, pc.made[1].hash)
        link.close()
    assert not list(tmp_path.glob("server/**/*.db"))


def test_two_servers_share_a_database(cluster: Cluster, tmp_path: Path) -> None:
    words = ("--insecure", "--database-url", cluster.url)
    with (
        running(tmp_path / "one", *words) as first,
        running(tmp_path / "two", *words) as second,
    ):
        practice = PaperPractice()
        pc = Pc(practice.clinic)
        link = pc.link(first.url)
        link.call("POST", "/v1/practices", practice.found(pc))
        assert pc.sync(link, pc.work(), have={}).tip == 1
        link.close()
        link = pc.link(second.url)
        assert pc.sync(link, pc.work(), have={}).tip == 2
        link.close()


@pytest.fixture(params=[1, 2, 3, 4])
def old(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database as an older server left it, with one practice's rows."""
    name = f"old_{uuid.uuid4().hex}"
    url = cluster.url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(cluster.url, autocommit=True) as other:
        other.execute(f"CREATE DATABASE {name}")
    Database(url).close()
    with psycopg.connect(url) as other:
        for table, since in tables.SINCE.items():
            if since > request.param:
                other.execute(f"DROP TABLE {table}")
        for table in tables.HASHED:
            if tables.SINCE.get(table, 1) <= request.param < 4:
                other.execute(f"ALTER TABLE {table} DROP COLUMN hash")
        other.execute(KEYBOX)
        for part in range(tables.PARTS):
            other.execute(
                f"CREATE TABLE keybox_{part} PARTITION OF keybox"
                f" FOR VALUES WITH (MODULUS {tables.PARTS}, REMAINDER {part})"
            )
        other.execute("INSERT INTO keybox VALUES (%s, '\\x01', 5, '\\x08')", (OLD.bytes,))
        other.execute("UPDATE relay SET version = %s", (request.param,))
        other.execute("INSERT INTO practice (clinic, head, used) VALUES (%s, 7, 4)", (OLD.bytes,))
        other.execute(
            "INSERT INTO segment (clinic, sseq, device_id, seg_no, hash, received, bytes)"
            " VALUES (%s, 7, '\\x01', 1, '\\x02', 3, '\\x04050607')",
            (OLD.bytes,),
        )
    yield url
    with psycopg.connect(cluster.url, autocommit=True) as other:
        other.execute(f"DROP DATABASE {name} WITH (FORCE)")


def layout(url: str) -> list[tuple[object, ...]]:
    """Every table, partition and column, and how it is kept."""
    with psycopg.connect(url) as other:
        return other.execute(
            "SELECT c.relname, c.relkind, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound,"
            " c.oid), attname, atttypid, attnotnull, attstorage FROM pg_class c"
            " JOIN pg_attribute ON c.oid = attrelid AND attnum > 0 AND NOT attisdropped"
            " WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname, attname"
        ).fetchall()


def test_a_database_of_an_older_version_is_brought_to_this_one(
    old: str, database: Database, cluster: Cluster
) -> None:
    with ThreadPoolExecutor(2) as many:  # two servers of the new version start at once
        for each in list(many.map(Database, [old, old])):
            each.close()
    assert layout(old) == layout(cluster.url)
    again = Database(old)
    try:
        with again.practice(OLD) as rows:
            assert rows is not None
            assert rows.all("SELECT sseq, bytes FROM segment WHERE clinic = :clinic") == [
                (7, b"\x04\x05\x06\x07")
            ]
            assert rows.one("SELECT head, used FROM practice WHERE clinic = :clinic") == (7, 4)
            assert keyboxes.of(rows, b"\x01") == (b"\x08",)
            rows.run("INSERT INTO page (clinic, id, body) VALUES (:clinic, :id, :id)", id=b"p")
        assert again.count() == 1
    finally:
        again.close()


def test_an_upgrade_that_fails_leaves_the_old_version_and_a_later_one_is_refused(old: str) -> None:
    with psycopg.connect(old) as other:
        (version,) = tables.only(other.execute("SELECT version FROM relay").fetchone())
        other.execute("CREATE TABLE handed_3 ()")  # in the way, in the middle of it
    before = layout(old)
    with pytest.raises(SetupError):
        Database(old)
    assert layout(old) == before
    with psycopg.connect(old) as other:
        assert other.execute("SELECT version FROM relay").fetchone() == (version,)
        other.execute("DROP TABLE handed_3")
        other.execute("UPDATE relay SET version = %s", (tables.VERSION + 1,))
    with pytest.raises(StorageError, match="another version"):
        Database(old)
