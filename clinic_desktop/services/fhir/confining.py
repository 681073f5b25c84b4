"""Files of an import taken apart in the confined process; checked parts come back."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from clinic_desktop.confined.reading import bulk
from clinic_desktop.confined.words import Wish
from clinic_desktop.errors import BadFileError
from clinic_desktop.i18n import _
from clinic_desktop.services.fhir.files import BadContentError, Source, member_names, source_at
from clinic_desktop.services.fhir.kinds import RESOURCE_TYPES
from clinic_desktop.services.fhir.limits import MOST_MEMBERS
from clinic_desktop.services.fhir.parts import Entry, Part, check_attachments, parts, resource

_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Place(NamedTuple):
    """One resource of a piece: where it lies in the content, and what names it."""

    position: _Count
    kind: str
    start: _Count
    end: _Count
    id: str
    full_url: str
    line: _Count


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part as it passes the pipe, or why there is none."""

    line: _Count
    content: bytes = b""
    is_bundle: bool = False
    places: tuple[_Place, ...] = ()
    reason: str = ""


class Members(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The files of an archive that may be FHIR."""

    names: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_MEMBERS)]
    reason: str = ""


def parts_task(_data: bytes, wish: Wish) -> Iterator[Piece]:
    """Unpack and check one file; in the confined process."""
    source, checking = source_at(Path(str(wish["path"])), str(wish["member"])), wish["checking"]
    try:
        for part in parts(source, checking=bool(checking)):
            for entry in part.entries if checking else ():
                check_attachments(entry, resource(entry))
            yield Piece(part.line, part.content, part.is_bundle, tuple(_places(part)))
    except BadContentError as error:
        yield Piece(error.line, reason=error.reason)
    except OSError as error:
        yield Piece(0, reason=_unreadable(error))


def members_task(_data: bytes, wish: Wish) -> Iterator[Members]:
    """What an archive holds; in the confined process."""
    try:
        yield Members(member_names(Path(str(wish["path"]))))
    except BadContentError as error:
        yield Members((), error.reason)
    except OSError as error:
        yield Members((), _unreadable(error))


def _unreadable(error: OSError) -> str:
    return _("The file cannot be read: {reason}").format(reason=error.strerror or error)


def _places(part: Part) -> Iterator[_Place]:
    offset = 0
    for entry in part.entries:
        start = part.content.index(entry.raw, offset)
        offset = start + len(entry.raw)
        url = entry.full_url
        yield _Place(entry.position, entry.kind, start, offset, entry.id, url, entry.line)


class ConfinedFiles:
    """The program's side: the files of one import."""

    def __init__(self, cancel: threading.Event) -> None:
        self._cancel = cancel

    def members(self, archive: Path) -> tuple[str, ...]:
        """The files of an archive that may be FHIR.

        Raises:
            BadContentError: it is no archive, or has too many.
        """
        path = str(archive.absolute())
        try:
            found = bulk.read("fhir-members", Members, b"", {"path": path}, str(archive))
        except BadFileError as error:
            raise BadContentError(error.message) from error
        if found.reason:
            raise BadContentError(found.reason)
        return found.names

    def parts(self, source: Source, *, checking: bool) -> Generator[Part, None, None]:
        """The parts of one file.

        Raises:
            BadContentError: as ``parts.parts``, or it breaks the limits of the process.
            StoppedError: cancelled while waiting.
        """
        if source.path is None:  # made by the program itself
            yield from parts(source, checking=checking)
            return
        path = str(source.path.absolute())
        wish: Wish = {"path": path, "member": source.member, "checking": int(checking)}
        refused = None
        try:
            with closing(
                bulk.stream("fhir", Piece, b"", wish, source.name, self._cancel)
            ) as pieces:
                for piece in pieces:
                    if piece.reason:  # the last one; what follows is only the end
                        refused = BadContentError(piece.reason, piece.line)
                    else:
                        yield _part(piece)
        except BadFileError as error:
            raise BadContentError(error.message) from error
        if refused is not None:
            raise refused


def _part(piece: Piece) -> Part:
    """Trust nothing: the process may have been taken over by what it read."""
    found = Part(piece.line, piece.content, piece.is_bundle)
    for place in piece.places:
        if place.kind not in RESOURCE_TYPES or place.end > len(piece.content):
            raise BadContentError(_("Not JSON: {reason}").format(reason=""), place.line)
        raw = piece.content[place.start : place.end]
        found.entries.append(
            Entry(place.position, place.kind, raw, place.id, place.full_url, place.line)
        )
    return found
