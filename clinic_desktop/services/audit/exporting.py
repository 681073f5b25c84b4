"""The log for somebody outside: one text file that anybody can check without the program.

The format is described in docs/audit-format.md; ``packaging/verify_audit_export.py`` checks it.
Without ``content`` a commit that changed rows shows the digest of its body only, so that the file
tells who did what and when, but no clinical word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from clinic_desktop.db import journal
from clinic_desktop.db.arriving import refuse_arriving
from clinic_desktop.db.chain import THIS_PC, body_digest, redactions
from clinic_desktop.db.checkpoints import sign_as, signers
from clinic_desktop.db.replay import UNREADABLE
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.errors import StorageError
from clinic_desktop.i18n import _
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.services.access import command, query

FORMAT = "clinic-desktop audit export 1"
EVENTS = BY_NAME["audit_event"].number


@command("audit.read")
def note_export(uow: UnitOfWork, *, content: bool) -> None:
    """Put the export on record before it begins."""
    uow.audit("audit.export", content=int(content))


@query("audit.read", password_again=True)
def write_export(reads: ReadSession, target: Path, *, content: bool = False) -> dict[str, int]:
    """Write the log into a new file; returns how many commits and signatures it has.

    Raises:
        StorageError: there is such a file already, or it cannot be written.
        ReadOnlyError: the log is still coming.
    """
    refuse_arriving(reads.cursor)
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            return _write(reads, file, content=content)
    except OSError as error:
        raise StorageError(
            _("The file cannot be written: {reason}").format(reason=error.strerror),
            hint=_("Choose another name or another folder."),
            place=str(target),
        ) from error


def _write(reads: ReadSession, file: IO[str], *, content: bool) -> dict[str, int]:
    cursor, digest = reads.cursor, hashlib.blake2b(digest_size=32)
    counts = {"commits": 0, "signatures": 0}

    def put(line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        digest.update(text.encode())
        file.write(text)

    put(_head(reads, content=content))
    for line in _commits(cursor, content=content):
        counts["commits"] += 1
        put(line)
    for line in _signatures(cursor):
        counts["signatures"] += 1
        put(line)
    device = signers(cursor)[THIS_PC].device_id
    seed = cursor.execute("SELECT seed FROM device_key WHERE dev = ?", (THIS_PC,)).fetchone()[0]
    statement = f"{FORMAT}\ndevice {device.hex}\ndigest {digest.hexdigest()}\n"
    signature = sign_as(bytes(seed), statement.encode()).hex()
    put({"end": counts, "digest": digest.hexdigest(), "signature": signature})
    return counts


def _head(reads: ReadSession, *, content: bool) -> dict[str, Any]:
    cursor = reads.cursor
    names = dict(cursor.execute("SELECT dev, name FROM sync_device").fetchall())
    people = cursor.execute("SELECT id, login, name FROM app_user ORDER BY id").fetchall()
    return {
        "format": FORMAT,
        "made": to_millis(reads.now),
        "content": content,
        "devices": [
            {"dev": dev, "device": each.device_id.hex, "key": each.public.hex(), "name": names[dev]}
            for dev, each in sorted(signers(cursor).items())
        ],
        "people": {bytes(row[0]).hex(): f"{row[2]} ({row[1]})" for row in people},
    }


def _commits(cursor: Any, *, content: bool) -> Iterator[dict[str, Any]]:
    redacted = redactions(cursor)
    for dev, dseq, hlc, wall, user, reason, schema, deps, body, chain in cursor.execute(
        "SELECT dev, dseq, hlc, wall, user_id, reason, schema_ver, deps, body, chain"
        " FROM sync_commit ORDER BY dev, dseq"
    ):
        header = [dev, dseq, hlc, wall, user.hex() if user else None, reason, schema, deps.hex()]
        digest = body_digest(body, schema, redacted.get((dev, dseq)))
        # Of a commit that an erasure took words from, only the digest is what was signed.
        shown = (content or _tells_events_only(body)) and digest == body_digest(body, schema)
        yield {
            "commit": header,
            "body": body.hex() if shown else None,
            "digest": digest.hex(),
            "chain": chain.hex(),
        }


def _tells_events_only(body: bytes) -> bool:
    """Whether a commit holds nothing but who did or saw something."""
    try:
        inserts, updates = journal.read_body(body)
        return not updates and all(table == EVENTS for table, _columns, _rows in inserts)
    except UNREADABLE:
        return False


def _signatures(cursor: Any) -> Iterator[dict[str, Any]]:
    for dev, number, dseq, hlc, wall, chain, signature in cursor.execute(
        "SELECT dev, number, dseq, hlc, wall, chain, signature FROM sync_checkpoint"
        " ORDER BY dev, number"
    ):
        yield {
            "checkpoint": [dev, number, dseq, hlc, wall, chain.hex()],
            "signature": signature.hex(),
        }
