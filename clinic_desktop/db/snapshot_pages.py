"""The pages of a snapshot: what a record holds, in a form that is the same on every PC.

Nothing in a page is a number of one record: a commit is called by its PC's id and its number there,
a table and its columns by the registry. Rows go by their ids, and where a page ends is decided by
the row it ends with; so a change touches the page it lies in, and the others stay as they were.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

_LEAST, _MOST = 768 << 10, 2 << 20
"""Bytes of a page, about; packed it is a quarter to a tenth of that."""
_EVERY = 8
"""Of so many rows one may end a page."""
LARGEST: Final = 96 << 20
"""Bytes of a page; a row is at most 64 MiB."""
Sixteen = Annotated[bytes, Meta(min_length=16, max_length=16)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Int = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class SnapshotError(Exception):
    """Not a page, not one that fits, or a record that cannot be told; the reason is English."""


class Part(IntEnum):
    """In which order pages are fetched; each part makes sense with those before it."""

    GENERAL = 1
    """Who works here, settings, prices, and the headings of the log."""
    NEAR = 2
    """The charts of patients who were here or have a booking since a day that the head names."""
    FAR = 3
    """The others, and the list of looks."""
    LOG = 4
    """What each commit wrote."""


class DeviceAt(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """How far a snapshot goes in the log of one PC."""

    device: Sixteen
    dseq: Count
    chain: Hash
    """Of that commit."""
    seg_no: Count
    """The segment before the run with the last commit: that run is fetched, and compared."""
    seg_dseq: Count
    """The last commit up to that segment."""
    seg_hash: Hash


class Head(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a snapshot is of."""

    schema: Annotated[int, Meta(ge=1, le=2**31)]
    since: Int
    """Milliseconds since 1970 UTC: from then on a patient counts among the near ones."""
    devices: Annotated[tuple[DeviceAt, ...], Meta(min_length=1, max_length=1000)]
    """By id."""


class RowsPage(Struct, frozen=True, array_like=True, tag="rows", forbid_unknown_fields=True):
    """Rows of one table, column by column, with their versions."""

    table: int
    devices: list[Sixteen]
    """Whom ``makers`` and versions name by their place here."""
    columns: list[int]
    ids: list[Sixteen]
    makers: list[int]
    made: list[int]
    """The numbers of the commits that made them."""
    values: list[list[Any]]
    cells: list[tuple[int, int, int, int, bytes | None]]
    """Place of the row, group, place of the PC, commit, and the values where they are not the
    row's."""


class CommitsPage(Struct, frozen=True, array_like=True, tag="commits", forbid_unknown_fields=True):
    """Headings of the log, each after those that its author had applied."""

    devices: list[Sixteen]
    users: list[Sixteen | None]
    reasons: list[str]
    makers: list[int]
    numbers: list[int]
    clocks: list[int]
    """Each less the one before."""
    walls: list[int]
    """Each less the milliseconds of its clock."""
    authors: list[int]
    why: list[int]
    schemas: list[int]


class DepsPage(Struct, frozen=True, array_like=True, tag="deps", forbid_unknown_fields=True):
    """What one PC had applied of others when it wrote its commits."""

    device: Sixteen
    others: list[Sixteen]
    entries: list[tuple[int, int, int]]
    """Commit, place of the other PC, and up to which commit of it."""


class UnknownPage(Struct, frozen=True, array_like=True, tag="unknown", forbid_unknown_fields=True):
    """What a newer program wrote and the maker has no place for."""

    entries: list[tuple[int, Sixteen, int, Sixteen, int, bytes]]
    """Table, row, group, PC, commit, and the entry as it came, less the number of its PC."""


Question = tuple[bytes, str, int, bytes | None, int, bytes, int, list[tuple[bytes, int]], int, str,
                 bytes | None]  # fmt: skip
"""A row of ``sync_conflict``; its versions by PC and commit."""


class QuestionsPage(
    Struct, frozen=True, array_like=True, tag="questions", forbid_unknown_fields=True
):
    """What people are asked."""

    entries: list[Question]


class LogPage(Struct, frozen=True, array_like=True, tag="log", forbid_unknown_fields=True):
    """What a run of one PC's commits wrote; the headings tell the rest."""

    device: Sixteen
    first: Count
    deps: list[bytes]
    bodies: list[bytes]
    originals: dict[int, bytes]
    """By number, of commits that an erasure touched: the digest that the chain covers."""


class MarksPage(Struct, frozen=True, array_like=True, tag="marks", forbid_unknown_fields=True):
    """What may differ between PCs that have come equally far; not part of the digest."""

    points: list[tuple[Sixteen, int, int, int, int, bytes, bytes]]
    """PC and the fields of a ``CheckpointRecord``."""
    questions: list[Question]
    """About erasures, which each PC does for itself."""


Page = RowsPage | CommitsPage | DepsPage | UnknownPage | QuestionsPage | LogPage | MarksPage
_encode = msgspec.msgpack.Encoder().encode
_decoder: msgspec.msgpack.Decoder[Page] = msgspec.msgpack.Decoder(Page)


def write(page: Page) -> bytes:
    """As it is packed and sealed."""
    return _encode(page)


def read(plain: bytes) -> Page:
    """A page.

    Raises:
        SnapshotError: it is none.
    """
    try:
        return _decoder.decode(plain)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise SnapshotError("not a page") from error


@dataclass
class Cut:
    """Says where a page ends: after a row that its own id chooses, or when it is long."""

    size: int = 0

    def ends(self, key: bytes, size: int) -> bool:
        """Whether the page ends with this row."""
        self.size += size
        chosen = hashlib.blake2b(key, digest_size=1).digest()[0] % _EVERY == 0
        if self.size < _MOST and not (chosen and self.size >= _LEAST):
            return False
        self.size = 0
        return True


@dataclass
class Places:
    """Numbers things as they are met in one page."""

    found: dict[Any, int] = field(default_factory=dict)

    def of(self, thing: Any) -> int:
        """The place of a thing."""
        return self.found.setdefault(thing, len(self.found))

    @property
    def all(self) -> list[Any]:
        """By place."""
        return list(self.found)


def size_of(values: Any) -> int:
    """About how many bytes values take; the same everywhere."""
    return sum(len(each) + 2 if isinstance(each, bytes | str) else 4 for each in values)
