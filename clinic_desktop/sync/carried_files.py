"""Documents on a stick: the same sealed pieces that a server holds, each with its name before it.

A PC that writes a file for another says which it lacks; whoever answers that file brings those, and
else all there are, the smallest first, whole ones only. Pieces are kept as they come: a file counts
once all are here and its digest is right, so one that is cut by a full stick comes with the next.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from clinic_desktop.db.session import ReadSession
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.security.primitives import UnreadableError
from clinic_desktop.sync import epochs, file_states
from clinic_desktop.sync.file_pieces import PIECE, File, Sealer
from clinic_desktop.sync.segment import padded_length

NAME: Final = 16
"""Bytes of a piece's name."""
MOST_WANTED: Final = 4000
_SPARE: Final = 128
"""Bytes of a piece besides what it holds: name, lengths, nonce and tag."""
_AT_A_TIME: Final = 12


@dataclass(frozen=True)
class Load:
    """Which files go along."""

    files: tuple[File, ...] = ()
    more: bool = False
    """Whether there was no room for all."""

    @property
    def pieces(self) -> int:
        """How many frames they take."""
        return sum(each.parts for each in self.files)


def wanted(reads: ReadSession, clinic: uuid.UUID) -> bytes:
    """The names of the first pieces of files that are not here, for whoever answers."""
    deks, lacking = epochs.by_use(reads), file_states.to_fetch(reads)
    if not deks:
        return b""
    return b"".join(Sealer(clinic, deks[-1], each).name(0) for each in lacking[:MOST_WANTED])


def load(
    reads: ReadSession, clinic: uuid.UUID, names: frozenset[bytes] | None, had: frozenset[bytes],
    room: int,
) -> Load:  # fmt: skip
    """The files to bring: those with one of these names, all for None.

    ``had`` are pieces of the part before; it goes on after the last of them, for the parts before
    that one held what comes earlier.
    """
    deks = epochs.by_use(reads)
    known = [
        (each, {Sealer(clinic, dek, each).name(0) for dek in deks})
        for each in file_states.here(reads)
    ]
    start = max((at for at, (_each, its) in enumerate(known, 1) if its & had), default=0)
    chosen: list[File] = []
    for each, its in known[start:]:
        if names is not None and not its & names:
            continue
        room -= _most_bytes(each)
        if room < 0:
            return Load(tuple(chosen), more=True)
        chosen.append(each)
    return Load(tuple(chosen))


def pieces(store: Store, clinic: uuid.UUID, chosen: Sequence[File]) -> Iterator[bytes]:
    """The pieces of these files, each with its name before it."""
    dek = store.read(SYSTEM, epochs.by_use).result()[-1]
    for each in chosen:
        sealer = Sealer(clinic, dek, each)
        content = store.read(SYSTEM, file_states.content_of, each.sha256).result()
        if content is None or len(content) != each.size:
            content = b""  # erased a moment ago: the whole file is refused, and written again
        for part in range(each.parts):
            yield (
                sealer.name(part) + sealer.seal(part, content) if content or not each.size else b""
            )


def take(store: Store, clinic: uuid.UUID, brought: Iterable[bytes]) -> int:
    """Keep the pieces of files that are not here; how many files are whole now."""
    deks: list[bytes] = store.read(SYSTEM, epochs.by_use).result()
    lacking: list[File] = store.read(SYSTEM, file_states.to_fetch).result()
    places = {
        sealer.name(part): (sealer, part)
        for each in lacking
        for sealer in (Sealer(clinic, dek, each) for dek in deks)
        for part in range(each.parts)
    }
    kept: dict[File, list[tuple[int, bytes]]] = {}

    def flush() -> None:
        for each, some in kept.items():
            store.write(SYSTEM, file_states.keep_pieces, each, some).result()
        kept.clear()

    for number, raw in enumerate(brought, 1):
        found = places.get(raw[:NAME])
        if found is not None:
            sealer, part = found
            with suppress(UnreadableError):
                kept.setdefault(sealer.file, []).append((part, sealer.open(part, raw[NAME:])))
        if number % _AT_A_TIME == 0:
            flush()
    flush()
    return sum(store.write(SYSTEM, file_states.assemble, each).result() for each in lacking)


def _most_bytes(file: File) -> int:
    whole, rest = divmod(file.size, PIECE)
    last = padded_length(rest + _SPARE) + _SPARE if rest or not whole else 0
    return whole * (padded_length(PIECE + _SPARE) + _SPARE) + last
