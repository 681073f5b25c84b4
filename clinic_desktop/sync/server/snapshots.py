"""The snapshots of one practice: at most two, and the pieces of their pages."""

from __future__ import annotations

from clinic_desktop.sync.server import pieces
from clinic_desktop.sync.server.held import used
from clinic_desktop.sync.server.tables import Rows, only
from clinic_desktop.sync.snapshot import Manifest, read_manifest

_MOST = 2


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
    _drop_older(rows)
    return ""


def listed(rows: Rows) -> tuple[bytes, ...]:
    """The manifests, the oldest first."""
    found = rows.all("SELECT body FROM snapshot WHERE clinic = :clinic ORDER BY n")
    return tuple(bytes(row[0]) for row in found)


def _has(rows: Rows, snapshot: bytes) -> bool:
    return rows.one(
        "SELECT 1 FROM snapshot WHERE clinic = :clinic AND id = :id", id=snapshot
    ) is not None  # fmt: skip


def _add(rows: Rows, size: int) -> None:
    rows.run("UPDATE practice SET used = used + :size WHERE clinic = :clinic", size=size)


def _drop_older(rows: Rows) -> None:
    """Keep the newest two, and the pieces that these name."""
    held = rows.all("SELECT id, body FROM snapshot WHERE clinic = :clinic ORDER BY n DESC")
    for each, body in held[_MOST:]:
        rows.run("DELETE FROM snapshot WHERE clinic = :clinic AND id = :id", id=bytes(each))
        _add(rows, -len(body))
    if len(held) <= _MOST:
        return
    needed = {name for _id, body in held[:_MOST] for name in read_manifest(bytes(body)).names}
    for (name,) in rows.all("SELECT id FROM page WHERE clinic = :clinic"):
        if bytes(name) not in needed:
            (size,) = only(rows.one(
                "DELETE FROM page WHERE clinic = :clinic AND id = :id RETURNING length(body)",
                id=bytes(name),
            ))  # fmt: skip
            _add(rows, -size)
