"""The snapshots of one practice, and the pieces of their pages."""

from __future__ import annotations

from clinic_desktop.db.snapshot_pages import SnapshotError
from clinic_desktop.sync.server import damage, pieces
from clinic_desktop.sync.server.held import used
from clinic_desktop.sync.server.tables import Rows, only
from clinic_desktop.sync.snapshot import Manifest, read_manifest


def keep(rows: Rows, manifest: Manifest, most: int) -> str:
    """Keep a snapshot whose pages are all here; why not, if not. The same again changes nothing.

    ``most`` bounds the bytes of the whole practice.
    """
    found = manifest.id, manifest.raw
    if _has(rows, found[0]):
        return ""
    if pieces.missing(rows, "page", manifest.names):
        return "pages"
    if used(rows) + len(found[1]) > most:
        return "quota"
    (last,) = only(rows.one("SELECT coalesce(max(n), 0) FROM snapshot WHERE clinic = :clinic"))
    rows.run(
        "INSERT INTO snapshot (clinic, id, n, body) VALUES (:clinic, :id, :n, :body)",
        id=found[0], n=last + 1, body=found[1],
    )  # fmt: skip
    _add(rows, len(found[1]))
    return ""


def listed(rows: Rows, room: int) -> tuple[bytes, ...]:
    """The manifests, the oldest first: the newest that ``room`` bytes hold.

    One of which a piece is damaged is of no use until that was brought again.
    """
    found = rows.all("SELECT body FROM snapshot WHERE clinic = :clinic ORDER BY n DESC")
    lost = damage.is_any_lost(rows)
    taken: list[bytes] = []
    for (body,) in found:
        if lost and _is_damaged(rows, bytes(body)):
            continue
        room -= len(body)
        if room >= 0:
            taken.insert(0, bytes(body))
    return tuple(taken)


def _is_damaged(rows: Rows, body: bytes) -> bool:
    try:
        names = read_manifest(body).names
    except SnapshotError:
        return True
    return bool(pieces.missing(rows, "page", names))


def _has(rows: Rows, snapshot: bytes) -> bool:
    return rows.one(
        "SELECT 1 FROM snapshot WHERE clinic = :clinic AND id = :id", id=snapshot
    ) is not None  # fmt: skip


def _add(rows: Rows, size: int) -> None:
    rows.run("UPDATE practice SET used = used + :size WHERE clinic = :clinic", size=size)


def drop(rows: Rows, needed: set[bytes]) -> None:
    """Keep these snapshots, and the pieces that they name."""
    held = rows.all("SELECT id, body FROM snapshot WHERE clinic = :clinic ORDER BY n DESC")
    gone = [(bytes(each), body) for each, body in held if bytes(each) not in needed]
    for each, body in gone:
        rows.run("DELETE FROM vouch WHERE clinic = :clinic AND snapshot = :id", id=each)
        rows.run("DELETE FROM snapshot WHERE clinic = :clinic AND id = :id", id=each)
        _add(rows, -len(body))
    if not gone:
        return
    kept = [read_manifest(bytes(body)) for each, body in held if bytes(each) in needed]
    names = {name for each in kept for name in each.names}
    for (name,) in rows.all("SELECT id FROM page WHERE clinic = :clinic"):
        if bytes(name) not in names:
            (size,) = only(rows.one(
                "DELETE FROM page WHERE clinic = :clinic AND id = :id RETURNING length(body)",
                id=bytes(name),
            ))  # fmt: skip
            damage.forget_piece(rows, bytes(name))
            _add(rows, -size)
