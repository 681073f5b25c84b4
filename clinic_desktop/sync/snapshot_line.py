"""What leaving a snapshot with a server and beginning with one have in common."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.snapshot_pages import SnapshotError
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ServerError
from clinic_desktop.sync import epochs, passes, state
from clinic_desktop.sync.client import Link, RefusedError, Tuner
from clinic_desktop.sync.messages import (
    MessageError,
    PagesReply,
    PagesRequest,
    Snapshots,
    decode,
    encode,
)
from clinic_desktop.sync.refusals import refused, strange
from clinic_desktop.sync.snapshot import Manifest, Sealer, read_manifest

MANY: Final = 500
"""Names in one question."""
_TRIES: Final = 4


class SnapshotLine:
    """What both directions ask of a server."""

    def __init__(self, store: Store, link: Link) -> None:
        self._store, self._link = store, link
        self._tuner = Tuner(size=32 << 10)

    def ask(self, **said: Any) -> PagesReply:
        """One round trip; a line that fails is tried again with less.

        Raises:
            ServerError: no answer, or a no.
        """
        for left in reversed(range(_TRIES)):
            request = encode(PagesRequest(1, said.get("asked", ()), said.get("wanted", ()),
                                          self._tuner.size, said.get("brought", ())))  # fmt: skip
            started = self._link.clock.uptime()
            try:
                answer = self._link.signed("POST", "/v1/pages", request)
                reply = decode(answer, PagesReply)
            except RefusedError as error:
                raise refused(error) from error
            except MessageError as error:
                raise strange(str(error)) from error
            except ServerError:
                self._tuner.failed()
                if not left:
                    raise
                continue
            took = self._link.clock.uptime() - started
            self._tuner.went_well(took, len(request) + len(answer))
            return reply
        raise strange("no answer")

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Note what goes over the line meanwhile among the passes: it costs as they do."""
        traffic, url = self._link.traffic, self._link.address.url
        number = self._store.write(SYSTEM, passes.begin_run, url).result()
        before, code = (traffic.up, traffic.down), "stopped"
        try:
            yield
            code = ""
        except ServerError as error:
            code = error.code
            raise
        finally:
            sizes = (traffic.up - before[0], traffic.down - before[1])
            self._store.write(SYSTEM, passes.end_run, number, sizes, code).result()

    def offered(self) -> list[Manifest]:
        """What the server has, the oldest first."""
        try:
            found = decode(self._link.signed("GET", "/v1/snapshots"), Snapshots)
        except RefusedError as error:
            raise refused(error) from error
        except MessageError as error:
            raise strange(str(error)) from error
        manifests = []
        for raw in found.manifests:
            with suppress(SnapshotError):
                manifests.append(read_manifest(raw))
        return manifests


def reason_of(error: Exception) -> str:
    """For the log; errors of others may quote what the record says of people."""
    return str(error) if isinstance(error, SnapshotError) else type(error).__name__


def sealer_of(manifest: Manifest, deks: Mapping[int, bytes]) -> Sealer:
    """The sealer of a snapshot's data key.

    Raises:
        KeyError: it is not here.
    """
    return Sealer(manifest.clinic_id, manifest.epoch, deks[manifest.epoch])


def in_lots(names: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """As many as one question names."""
    for at in range(0, len(names), MANY):
        yield names[at : at + MANY]


def data_keys(reads: ReadSession) -> dict[int, bytes]:
    """By epoch, those that may be used."""
    return epochs.usable(reads)


def forget_snapshot(uow: UnitOfWork, *, keeps_pieces: bool = False) -> None:
    """Leave the one that is on its way, with its pieces."""
    if not keeps_pieces:
        uow.cursor.execute("DELETE FROM sync_page")
    uow.cursor.execute("DELETE FROM sync_snapshot")


def keep_manifest(uow: UnitOfWork, manifest: Manifest) -> None:
    """Remember which snapshot is on its way."""
    uow.cursor.execute(
        "INSERT INTO sync_snapshot (id, manifest) VALUES (?, ?)", (manifest.id, manifest.raw)
    )


def kept_manifest(reads: ReadSession) -> Manifest | None:
    """The snapshot that is on its way."""
    row = reads.cursor.execute("SELECT manifest FROM sync_snapshot LIMIT 1").fetchone()
    return read_manifest(bytes(row[0])) if row else None


def note_newest(uow: UnitOfWork, commits: int) -> None:
    """Remember how many commits the newest snapshot covers."""
    state.change_settings(uow.cursor, in_snapshot=commits)


def keep_pieces(uow: UnitOfWork, pieces: Sequence[tuple[bytes, bytes]]) -> None:
    """Keep sealed pieces by their names."""
    uow.cursor.executemany(
        "INSERT INTO sync_page (name, content) VALUES (?, ?) ON CONFLICT DO NOTHING", pieces
    )


def names_here(reads: ReadSession) -> set[bytes]:
    """The names of the pieces that are here."""
    return {bytes(row[0]) for row in reads.cursor.execute("SELECT name FROM sync_page").fetchall()}


def keep_only(uow: UnitOfWork, names: Collection[bytes]) -> None:
    """Leave pieces that another snapshot was of."""
    others = names_here(uow).difference(names)
    uow.cursor.executemany("DELETE FROM sync_page WHERE name = ?", [(each,) for each in others])
