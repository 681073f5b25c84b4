"""What the log costs: each save beside the same save without it, and checking it beside hashing it.

The save without the log runs on a copy of the record whose capture triggers are gone, with the
packing, chaining and signing left out; the rest of the way is the same. The check's floor reads
the same rows of the log through the same cipher and hashes their bytes, each commit once.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import msgspec

from bench.data import Generated
from bench.saving import save_visit, writers_connection
from bench.timing import Line, Spent, Timed, interleave, timed
from clinic_desktop.clinic import Clinic
from clinic_desktop.db import triggers
from clinic_desktop.db.log_check import LogReport, check_log
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.models.registry import TABLES, TableSpec
from clinic_desktop.services import encounters

_WARM = 3
_COUNT = "SELECT count(*) FROM sync_commit"
_CHECKS = 5
_LOOKS = 4000
_encode = msgspec.msgpack.Encoder().encode
_SIZES = {
    "signatures": "SELECT sum(length(chain) + length(signature) + 24) FROM sync_checkpoint",
    "events": "SELECT sum(length(kind) + length(detail) + 64) FROM audit_event",
    "headers and chain": "SELECT sum(length(chain) + length(reason) + length(deps) + 48)"
    " FROM sync_commit",
    "contents": "SELECT sum(length(body)) FROM sync_commit",
}
"""Bytes of the log by their use; contents are what other PCs and the history need too."""


def saving_with_and_without(
    ours: Generated, bare: Generated, people: list[uuid.UUID], repeats: int
) -> list[Line]:
    """A visit saved, with the log and without."""
    line = Line("save a visit with its log", "the same save without the log", 1.3)
    with _opened(ours) as with_log, _opened(bare) as without:
        count = repeats + _WARM
        saved, unsaved = _begin(with_log, people[:count]), _begin(without, people[:count])
        connection = writers_connection(without.store)
        for name in triggers.present(connection):
            if name.startswith(triggers.PREFIX):
                connection.execute(f'DROP TRIGGER "{name}"')
        plain = _saving(without, unsaved)

        def without_log() -> Spent:
            with patch("clinic_desktop.db.journal.pack", return_value=None):
                return plain()

        before = connection.execute(_COUNT).fetchone()
        interleave(line, _saving(with_log, saved), without_log, repeats, _WARM)
        if connection.execute(_COUNT).fetchone() != before:
            raise RuntimeError("the save without the log wrote to it")
    return [line]


def checking(clinic: Generated) -> tuple[list[Line], str]:
    """The whole check, the chain alone with many small commits, and how bytes are shared out."""
    whole = Line("check the log and every row", "reading and hashing the same rows", 5)
    chain = Line("check chain and signatures alone", "reading and hashing the log", 5)
    with _opened(clinic) as opened:
        store, actor = opened.store, opened.actor
        sizes = store.read(actor, lambda reads: _sizes(reads.cursor)).result()
        for _look in range(_LOOKS):
            store.write(actor, lambda uow: uow.audit("chart.open"))
        store.sign_off().result()
        reports: list[LogReport] = []

        def check(since_ms: int) -> Timed:
            def work() -> None:
                reports.append(
                    store.read(
                        actor,
                        lambda reads: check_log(reads.cursor, store.mirror, since_ms=since_ms),
                    ).result()
                )

            return timed(work)

        def floor(tables: Sequence[TableSpec]) -> Timed:
            return timed(lambda: store.read(actor, lambda r: _hash(r.cursor, tables)).result())

        interleave(whole, check(0), floor(TABLES), _CHECKS, 1)
        interleave(chain, check(to_millis(store.clock.now())), floor(()), _CHECKS, 1)
    report, fastest = reports[-1], min(each.wall for each in chain.ours)
    size = sizes.pop("file")
    parts = ", ".join(f"{name} {part / size:.1%}" for name, part in sizes.items())
    return [whole, chain], (
        f"The log: chain and signatures of {report.commits} commits in {fastest:.2f} s"
        f" ({report.commits / fastest:,.0f} a second), {report.found} findings;"
        f" of the file {parts}."
    )


@contextmanager
def _opened(clinic: Generated) -> Iterator[Clinic]:
    opened = clinic.open()
    try:
        yield opened
    finally:
        opened.close()


def _begin(clinic: Clinic, people: list[uuid.UUID]) -> Iterator[uuid.UUID]:
    write = clinic.store.write
    return iter(
        [
            write(clinic.actor, encounters.start_visit, patient_id=person).result().encounter_id
            for person in people
        ]
    )


def _saving(clinic: Clinic, visits: Iterator[uuid.UUID]) -> Timed:
    def save() -> Spent:
        visit = next(visits)
        return timed(lambda: clinic.store.write(clinic.actor, save_visit, visit).result())()

    return save


def _hash(cursor: Any, tables: Sequence[TableSpec]) -> bytes:
    digest = hashlib.blake2b(digest_size=32)
    for row in cursor.execute("SELECT * FROM sync_commit ORDER BY dev, dseq"):
        digest.update(_encode(row))
    for table in tables:
        for row in cursor.execute(f"SELECT * FROM {table.name}"):
            digest.update(_encode(row))
    return digest.digest()


def _sizes(cursor: Any) -> dict[str, int]:
    pages = cursor.execute("PRAGMA page_count").fetchone()[0]
    size = cursor.execute("PRAGMA page_size").fetchone()[0]
    found = {name: cursor.execute(sql).fetchone()[0] or 0 for name, sql in _SIZES.items()}
    return found | {"file": int(pages) * int(size)}
