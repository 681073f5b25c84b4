"""The signed heads of the log, once more in files beside the record: one for each month.

A record that was put back to an older state, or whose newest commits were cut off, is whole in
itself; only what lies elsewhere knows better. Lines are only added. Each is sealed under a key made
from this PC's signing key, so that a stolen folder tells nobody how much is written in a clinic.
"""

from __future__ import annotations

import base64
import logging
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.checkpoints import Checkpoint, checkpoints, sign_as
from clinic_desktop.security.primitives import UnreadableError, expand, seal, unseal

log = logging.getLogger(__name__)
FOLDER, SUFFIX = "audit", ".heads"
_TAIL = 4096
"""Bytes; several lines, so that the last whole one is among them."""
_HEADER = b"clinic-desktop mirror 1"


class Line(Struct, frozen=True):
    """One line: a head, or the statement that an older state is now the right one."""

    kind: Literal["head", "restored"]
    device: uuid.UUID
    public: bytes
    """The Ed25519 key that signed; must be the one the record names."""
    number: int
    dseq: int
    hlc: int
    wall: int
    chain: bytes
    signature: bytes

    def checkpoint(self, dev: int) -> Checkpoint:
        """As the record keeps it."""
        return Checkpoint(
            dev, self.number, self.dseq, self.hlc, self.wall, self.chain, self.signature
        )

    def restored_statement(self) -> bytes:
        """What is signed of a line of that kind."""
        return (
            f"clinic-desktop restored 1\ndevice {self.device.hex}\nnumber {self.number}\n"
            f"commit {self.dseq}\nwall {self.wall}\nchain {self.chain.hex()}\n"
        ).encode()


class Mirror:
    """The files beside one record. Writing never fails a save: what is missing comes later."""

    def __init__(
        self, folder: Path, device: uuid.UUID, seed: bytes, public: bytes, *former: bytes
    ) -> None:
        self.folder = folder
        self._device, self._seed, self._public = device, seed, public
        self._key, *self._former = (
            expand(each, b"clinic/v1/audit-mirror") for each in (seed, *former)
        )
        self._waiting: list[Line] = []

    @classmethod
    def beside(cls, record: Path, cursor: Any) -> Mirror:
        """The mirror of an open record."""
        (device, seed, public), *former = cursor.execute(
            "SELECT device_id, seed, sign_pk FROM sync_device JOIN device_key USING (dev)"
            " ORDER BY dev <> ?, dev",
            (THIS_PC,),
        ).fetchall()
        folder, mine = record.parent / FOLDER, uuid.UUID(bytes=bytes(device))
        before = (bytes(row[1]) for row in former)  # what this PC was called before
        return cls(folder, mine, bytes(seed), bytes(public or b""), *before)

    def files(self) -> list[Path]:
        """The months, oldest first."""
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    def lines(self) -> Iterator[tuple[str, Line | None]]:
        """Every line with its place; ``None`` for one that this record's key does not open."""
        for path in self.files():
            with path.open("rb") as file:
                for number, raw in enumerate(file, start=1):
                    yield f"{path.name}:{number}", self._read(raw)

    def last(self) -> Line | None:
        """The newest line of this PC, as it is called now, that can be read."""
        for path in reversed(self.files()):
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - _TAIL))
                for raw in reversed(file.read().splitlines()):
                    found = self._read(raw)
                    if found is not None and found.device == self._device:
                        return found
        return None

    def fault(self, cursor: Any) -> str:
        """``older`` where the record lacks the newest head, ``missing`` where there are no files.

        Empty where they agree. Quick: the whole comparison is ``log_check``'s.
        """
        last = self.last()
        if last is None:
            made = cursor.execute(
                "SELECT max(number) FROM sync_checkpoint WHERE dev = ?", (THIS_PC,)
            ).fetchone()[0]
            return "missing" if (made or 0) > 1 else ""  # the first is as old as the record
        row = cursor.execute(
            "SELECT chain FROM sync_commit WHERE dev = ? AND dseq = ?", (THIS_PC, last.dseq)
        ).fetchone()
        return "" if row is not None and bytes(row[0]) == last.chain else "older"

    def catch_up(self, cursor: Any) -> None:
        """Add what a crash or a full disk kept from being written; a new mirror begins now."""
        last = self.last()
        if last is not None:
            missing = checkpoints(cursor, after=last.number)
        else:
            missing = checkpoints(cursor)[-1:]
        self.append(missing)

    def append(self, made: Sequence[Checkpoint]) -> None:
        """Add heads; on a disk that cannot be written they wait for the next time."""
        self._waiting += [self._line(point) for point in made]
        self._write()

    def accept(self, newest: Checkpoint, wall: int) -> None:
        """Say that the record up to this head, though older than these files know, is right.

        Raises:
            OSError: it cannot be written.
        """
        bare = msgspec.structs.replace(
            self._line(newest), kind="restored", hlc=0, wall=wall, signature=b""
        )
        signature = sign_as(self._seed, bare.restored_statement())
        for line in (*self._waiting, msgspec.structs.replace(bare, signature=signature)):
            self._write_one(line)
        self._waiting.clear()

    def _line(self, point: Checkpoint) -> Line:
        return Line("head", self._device, self._public, point.number, point.dseq, point.hlc,
                    point.wall, point.chain, point.signature)  # fmt: skip

    def _write(self) -> None:
        try:
            while self._waiting:
                self._write_one(self._waiting[0])
                self._waiting.pop(0)
        except OSError as error:
            log.info("The mirror of the log waits for the disk: %s", error.strerror)

    def _write_one(self, line: Line) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        month = datetime.fromtimestamp(line.wall / 1000, UTC).strftime("%Y-%m")
        # A clock put back must not write into an older month: the newest file stays the last one.
        newest = self.files()[-1:]
        name = max([f"{month}{SUFFIX}", *(path.name for path in newest)])
        sealed = base64.b64encode(seal(self._key, msgspec.msgpack.encode(line), _HEADER))
        descriptor = os.open(self.folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # The line before may have been torn by a power cut: begin a fresh one.
            torn = os.fstat(descriptor).st_size and not _ends_in_newline(self.folder / name)
            os.write(descriptor, (b"\n" if torn else b"") + sealed + b"\n")
        finally:
            os.close(descriptor)

    def _read(self, raw: bytes) -> Line | None:
        try:
            sealed = base64.b64decode(raw.strip(), validate=True)
        except ValueError:
            return None
        for key in (self._key, *self._former):
            with suppress(UnreadableError, ValueError, msgspec.DecodeError):
                return msgspec.msgpack.decode(unseal(key, sealed, _HEADER), type=Line)
        return None


def _ends_in_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"
