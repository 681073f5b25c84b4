"""Packs and tables from outside, taken apart in the confined process."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import msgspec

from clinic_desktop.confined.reading import bulk, shared
from clinic_desktop.confined.words import Wish
from clinic_desktop.services.packs import mkb10
from clinic_desktop.services.packs.pack import Concept, Pack, PackInfo

_AT_ONCE = 1_000


class Checked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pack whose content fits its checksum."""

    info: PackInfo


class Lines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some terms of a table; none at all where the file is no such table."""

    info: PackInfo
    concepts: tuple[Concept, ...]


def verified(path: Path) -> PackInfo:
    """What a pack says of itself, once everything in it has been read.

    Raises:
        BadFileError: it is no pack, is damaged, or breaks the limits.
    """
    wish: Wish = {"path": str(path.absolute())}
    return shared.read("code-pack", Checked, b"", wish, str(path)).info


def table(path: Path) -> Generator[Lines, None, None]:
    """The terms of an official table, nothing if it is none. Raises BadFileError as above."""
    with closing(
        bulk.stream("code-table", Lines, b"", {"path": str(path.absolute())}, str(path))
    ) as found:
        yield from found


def pack_task(_data: bytes, wish: Wish) -> Iterator[Checked]:
    """Open and verify a pack."""
    with closing(Pack(Path(str(wish["path"])))) as pack:
        pack.verify()
        yield Checked(pack.info)


def table_task(_data: bytes, wish: Wish) -> Iterator[Lines]:
    """Read a table, some terms at a time."""
    path = Path(str(wish["path"]))
    if not mkb10.looks_right(path):
        return
    info, concepts = mkb10.info_of(path), mkb10.concepts(path)
    while some := tuple(islice(concepts, _AT_ONCE)):
        yield Lines(info, some)
