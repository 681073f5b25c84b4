"""Takes down the SQL that a piece of work sends, to send the same bare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bench.timing import Timed, timed
from clinic_desktop.db.engine import connect
from clinic_desktop.db.worker import Store

_NOT_READING = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "--")


@contextmanager
def traced_reads(store: Store) -> Iterator[list[str]]:
    """The statements that the readers of a record send meanwhile, their values in them."""
    sent: list[str] = []
    engine = store._reader_engine  # noqa: SLF001 - nobody but a measurement needs it

    def trace(connection: Any, _record: object, _proxy: object) -> None:
        connection.set_trace_callback(sent.append)

    event.listen(engine, "checkout", trace)
    try:
        yield sent
    finally:
        event.remove(engine, "checkout", trace)
        # Both connections are in the pool by now; each forgets its trace when taken out again.
        held = [engine.connect() for _reader in range(2)]
        for connection in held:
            driver: Any = connection.connection.dbapi_connection
            driver.set_trace_callback(None)
            connection.close()


def distinct(statements: list[str]) -> list[str]:
    """Each reading statement once, in order: who asks twice is not forgiven by the floor."""
    wanted = (text for text in statements if not text.lstrip().startswith(_NOT_READING))
    return list(dict.fromkeys(wanted))


def replay(path: Path, key: bytes, statements: list[str]) -> Timed:
    """Send the statements through one bare connection and fetch every row."""
    connection = connect(path, key)

    def read() -> None:
        connection.execute("BEGIN")
        for text in statements:
            connection.execute(text).fetchall()
        connection.execute("COMMIT")

    return timed(read)
