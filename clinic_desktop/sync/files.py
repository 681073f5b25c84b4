"""A turn of moving the bytes of attachments: last, resumed anywhere, the smallest files first.

``file_pieces`` says how they are sealed, ``file_states`` what this PC remembers of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ServerError
from clinic_desktop.security.primitives import UnreadableError
from clinic_desktop.sync import epochs, file_states, passes
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.file_pieces import File, Sealer
from clinic_desktop.sync.file_states import DAMAGED, SENDING, STORED, UNREADABLE
from clinic_desktop.sync.messages import (
    MAX_REQUEST,
    Chunk,
    ChunksReply,
    ChunksRequest,
    MessageError,
    decode,
    encode,
)
from clinic_desktop.sync.refusals import refused

TURN_S: Final = 20.0
"""How long files may take of one pass, so that what people write does not wait behind a scan."""
_AT_A_TIME: Final = 12
"""Pieces in one request."""
_ROOM: Final = MAX_REQUEST - (128 << 10)


@dataclass(frozen=True)
class Moved:
    """What a turn brought about."""

    sent: int
    """Files that the server holds since."""
    received: int
    """Files that are here since."""
    left: int
    """Files that wait for the next turn, here or elsewhere."""


class FileTurn:
    """One turn of moving files over a link, after everything else of a pass."""

    def __init__(self, store: Store, link: Link, *, beside: bool = False) -> None:
        """``beside`` is a hub beside the server: what it holds is not remembered."""
        self._store, self._link, self._is_beside = store, link, beside
        self._until = link.clock.uptime() + TURN_S
        self._is_full = False
        self._lost: set[bytes] = set()
        """Pieces that rotted at the server, as it says: of our files, or of any."""
        self._deks: list[bytes] = store.read(SYSTEM, epochs.by_use).result()

    def run(self) -> Moved:
        """Send what the server lacks and fetch what is not here, as far as the time goes.

        Raises:
            ServerError: what was moved until then stays moved.
        """
        if self._deks and not self._is_beside:
            self._ask_again()
        if not (self._deks and self._store.read(SYSTEM, file_states.is_anything_to_do).result()):
            return Moved(0, 0, 0)
        traffic, url = self._link.traffic, self._link.address.url
        number = self._store.write(SYSTEM, passes.begin_run, url).result()
        before, code = (traffic.up, traffic.down), "stopped"
        try:
            sent = sum(self._send(each) for each in self._in_time(self._unsent()))
            unfetched = self._store.read(SYSTEM, file_states.to_fetch_now).result()
            received = sum(self._fetch(each) for each in self._in_time(unfetched))
            sent += sum(self._send(each) for each in self._in_time(self._rotten()))
            code = ""
        except ServerError as error:
            code = error.code
            raise
        finally:
            sizes = (traffic.up - before[0], traffic.down - before[1])
            self._store.write(SYSTEM, passes.end_run, number, sizes, code).result()
        return Moved(sent, received, self._store.read(SYSTEM, file_states.left).result())

    def _unsent(self) -> list[File]:
        """Files that the server may lack; a hub beside it is asked for all of them at once.

        Pieces go in their order, so the last one stands for the file.
        """
        files: list[File] = self._store.read(SYSTEM, file_states.to_send).result()
        if not self._is_beside:
            return files
        lasts = {self._sealers(each)[0].name(each.parts - 1): each for each in files}
        missing = self._missing(list(lasts))
        return [each for name, each in lasts.items() if name in missing]

    def _ask_again(self) -> None:
        """Once a day, whether the server holds what it held: it may be one that lost something.

        What it lost of the log shows by itself. Files do not; of many, some speak for all. Where
        only pieces of some rotted, it names them.
        """
        files = self._store.read(SYSTEM, file_states.to_ask_again).result()
        if files is None:
            return
        lasts = [each.name(file.parts - 1) for file in files for each in self._sealers(file)]
        missing = self._missing(lasts)
        keys = len(self._deks)
        lost = any(missing.issuperset(lasts[at : at + keys]) for at in range(0, len(lasts), keys))
        self._store.write(SYSTEM, file_states.note_asked, lost=lost).result()
        self._rotten()

    def _rotten(self) -> list[File]:
        """Files that are here and of which the server says that pieces rotted: they go again."""
        lost, self._lost, beside = self._lost, set(), self._is_beside
        if not lost:
            return []
        here = self._store.read(SYSTEM, file_states.may_go_again, beside=beside).result()
        found = [
            file
            for file in here
            if any(not lost.isdisjoint(each.names()) for each in self._sealers(file))
        ]
        if here:
            self._store.write(SYSTEM, file_states.go_again, found, beside=beside).result()
        return found

    def _in_time(self, files: Sequence[File]) -> Iterator[File]:
        for each in files:
            if self._link.clock.uptime() > self._until:
                return
            yield each

    def _sealers(self, file: File) -> list[Sealer]:
        """One for each data key, the newest first."""
        assert self._link.me is not None  # noqa: S101 - a PC of the practice
        return [Sealer(self._link.me.clinic, dek, file) for dek in reversed(self._deks)]

    def _send(self, file: File) -> bool:
        if self._is_full:
            return False
        sealer = self._sealers(file)[0]
        names = sealer.names()
        missing = self._missing(names)
        todo = [part for part, name in enumerate(names) if name in missing]
        content = (
            self._store.read(SYSTEM, file_states.content_of, file.sha256).result() if todo else b""
        )
        if content is None or (todo and len(content) != file.size):
            return False
        self._note(file, SENDING, len(names) - len(todo))
        for at in range(0, len(todo), _AT_A_TIME):
            if self._link.clock.uptime() > self._until:
                return False
            some = todo[at : at + _AT_A_TIME]
            try:
                self._ask(brought=[(names[part], sealer.seal(part, content)) for part in some])
            except RefusedError as error:
                self._is_full = True  # what is there already can still be fetched
                if error.refusal.code not in {"quota", "full", "slow-down"}:
                    raise refused(error) from error
                return False
            self._note(file, SENDING, len(names) - len(todo) + at + len(some))
        self._note(file, STORED, len(names))
        return True

    def _missing(self, names: Sequence[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        for at in range(0, len(names), 1000):
            found |= set(self._must_ask(asked=names[at : at + 1000]).missing)
        return found

    def _note(self, file: File, word: str, done: int) -> None:
        if not self._is_beside:
            self._store.write(SYSTEM, file_states.note, file, word, done).result()

    def _fetch(self, file: File) -> bool:
        """Fetch the pieces that are not here; whether the file is whole now."""
        here = self._store.read(SYSTEM, file_states.pieces_here, file.sha256).result()
        lacking = [part for part in range(file.parts) if part not in here]
        if lacking:
            sealer = self._holding(file, lacking[0])
            if sealer is None:
                return False
            for at in range(0, len(lacking), _AT_A_TIME):
                if self._link.clock.uptime() > self._until:
                    return False
                if not self._take(sealer, lacking[at : at + _AT_A_TIME]):
                    return False
        return self._store.write(SYSTEM, file_states.assemble, file).result()

    def _holding(self, file: File, part: int) -> Sealer | None:
        """The data key with which somebody brought it."""
        sealers = self._sealers(file)
        missing = set(self._must_ask(asked=[each.name(part) for each in sealers]).missing)
        return next((each for each in sealers if each.name(part) not in missing), None)

    def _take(self, sealer: Sealer, parts: Sequence[int]) -> bool:
        """Fetch these pieces, and keep those that can be read; whether all are here now."""
        wanted, trouble = {sealer.name(part): part for part in parts}, ""
        while wanted:
            reply = self._must_ask(wanted=tuple(wanted))
            pieces: list[tuple[int, bytes]] = []
            for name, chunk in reply.found:
                part = wanted.pop(name, None)
                try:
                    if part is not None:
                        pieces.append((part, sealer.open(part, chunk)))
                except UnreadableError:
                    trouble = UNREADABLE
            rotten = wanted.keys() & set(reply.missing)
            wanted = {name: part for name, part in wanted.items() if name not in rotten}
            trouble = trouble or (DAMAGED if rotten else "")
            if not pieces:
                break  # not all there yet, or nothing that can be read
            self._store.write(SYSTEM, file_states.keep_pieces, sealer.file, pieces).result()
        if trouble and not self._is_beside:
            self._store.write(SYSTEM, file_states.note_trouble, sealer.file, trouble).result()
        return not (wanted or trouble)

    def _must_ask(self, asked: Sequence[bytes] = (), wanted: Sequence[bytes] = ()) -> ChunksReply:
        try:
            return self._ask(asked, wanted)
        except RefusedError as error:
            raise refused(error) from error

    def _ask(
        self, asked: Sequence[bytes] = (), wanted: Sequence[bytes] = (),
        brought: Sequence[Chunk] = (),
    ) -> ChunksReply:  # fmt: skip
        request = ChunksRequest(1, tuple(asked), tuple(wanted), _ROOM, tuple(brought))
        try:
            reply = decode(self._link.signed("POST", "/v1/chunks", encode(request)), ChunksReply)
        except MessageError as error:
            raise ServerError(str(error)) from error
        self._lost |= set(reply.missing).difference(asked, wanted)
        return reply
