"""Letter boxes for invitations: a PC opens them, whoever knows the number puts in and takes."""

from __future__ import annotations

from collections.abc import Sequence

from clinic_desktop.sync.server.calls import refuse
from clinic_desktop.sync.server.tables import Rows, only


def invite(rows: Rows, box: bytes, now: int, until: int, most: int) -> list[bytes]:
    """Count a box for its practice; returns those of it that closed by now, in seconds since 1970.

    Raises:
        RefusedError: the practice has as many as it may.
    """
    closed = rows.all(
        "DELETE FROM invitation WHERE clinic = :clinic AND until <= :now RETURNING box",
        now=now,
    )
    count = only(rows.one("SELECT count(*) FROM invitation WHERE clinic = :clinic"))[0]
    if count >= most:
        raise refuse(507, "full")
    rows.run(
        "INSERT INTO invitation (clinic, box, until) VALUES (:clinic, :box, :until)"
        " ON CONFLICT DO NOTHING",
        box=box, until=until,
    )  # fmt: skip
    return [bytes(each) for (each,) in closed]


def open_box(letters: Rows, box: bytes, until: int, closed: Sequence[bytes]) -> None:
    """Open a box, empty, until this second; those that closed go with what is in them."""
    for each in closed:
        letters.run("DELETE FROM letter WHERE box = :box", box=each)
    letters.run(
        "INSERT INTO letter (box, until) VALUES (:box, :until) ON CONFLICT DO NOTHING",
        box=box, until=until,
    )  # fmt: skip


def put(letters: Rows, box: bytes, letter: bytes, now: int) -> None:
    """Put a letter into an empty box; the same letter again changes nothing.

    Raises:
        RefusedError: another is in it, or there is no such box.
    """
    if found(letters, box, now) not in {b"", letter}:
        raise refuse(409, "taken")
    letters.run("UPDATE letter SET body = :body WHERE box = :box", body=letter, box=box)


def found(letters: Rows, box: bytes, now: int) -> bytes:
    """The letter of a box; empty where none came yet.

    Raises:
        RefusedError: there is no such box, or it closed.
    """
    row = letters.one("SELECT body FROM letter WHERE box = :box AND until > :now", box=box, now=now)
    if row is None:
        raise refuse(404, "unknown")
    return bytes(row[0] or b"")
