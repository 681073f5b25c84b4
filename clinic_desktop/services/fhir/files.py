"""Finding and unpacking the files of an import: plain, xz, gzip, zip; whole documents or lines."""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from clinic_desktop.i18n import _
from clinic_desktop.services.fhir.limits import (
    MOST_DIRECTORY_BYTES,
    MOST_DOCUMENT_BYTES,
    MOST_EMPTY_LINES,
    MOST_FILE_BYTES,
    MOST_FILES,
    MOST_MEMBERS,
    MOST_RATIO,
    SUSPECT_BYTES,
)

_PACKED = (".xz", ".gz")
_LINEWISE = (".jsonl", ".ndjson")
SUFFIXES = (".json", ".zip", *_LINEWISE)
_END_BYTES = 22 + 65_535
"""The record that ends an archive, and its longest comment."""
UNPACKING_ERRORS = (lzma.LZMAError, EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)


class BadContentError(Exception):
    """A file that cannot be taken; ``line`` counts from 1, 0 where no line can be named."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True)
class Source:
    """One file, or one member of an archive."""

    name: str
    is_linewise: bool
    open: Callable[[], BinaryIO]
    path: Path | None = None
    """``None`` for content that the program has made itself."""
    member: str = ""
    """Of the archive that lies at ``path``."""


def find_sources(
    paths: Iterable[Path], members: Callable[[Path], Iterable[str]]
) -> Iterator[Source]:
    """The files to read: those named, and in folders those whose name says FHIR.

    ``members`` lists an archive; it is asked in the confined process.

    Raises:
        BadContentError: there are too many.
        OSError: a path cannot be read.
    """
    count = 0
    for path in paths:
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        for each in found:
            if path.is_dir() and not (each.is_file() and _bare(each.name).endswith(SUFFIXES)):
                continue
            count += 1
            if count > MOST_FILES:
                raise BadContentError(_("More than {most} files at once.").format(most=MOST_FILES))
            if each.suffix.lower() == ".zip":
                yield from (source_at(each, name) for name in members(each))
            else:
                yield source_at(each)


def from_memory(name: str, content: bytes) -> Source:
    """Content that lies in no file; named like one."""
    return Source(name, _bare(name).endswith(_LINEWISE), lambda: io.BytesIO(content))


def _bare(name: str) -> str:
    name = name.lower()
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    return name


def source_at(path: Path, member: str = "") -> Source:
    """A file, or a file of an archive."""
    is_linewise = _bare(member or path.name).endswith(_LINEWISE)
    if member:
        name = f"{path}/{member}"
        return Source(name, is_linewise, lambda: _open_member(path, member), path, member)
    return Source(str(path), is_linewise, lambda: path.open("rb"), path)


def member_names(path: Path) -> tuple[str, ...]:
    """The files of an archive whose name says FHIR.

    Raises:
        BadContentError: it cannot be unpacked, or holds too many.
        OSError: it cannot be read.
    """
    try:
        found = _archive(path).namelist()
    except (*UNPACKING_ERRORS, NotImplementedError, ValueError) as error:
        raise _cannot_unpack(error) from error
    if len(found) > MOST_MEMBERS:
        raise _too_many_members()
    return tuple(sorted(name for name in found if _bare(name).endswith(SUFFIXES)))


def _archive(path: Path) -> zipfile.ZipFile:
    """An archive; the last one stays open, for its list of files is read whole each time."""
    facts = path.stat()
    return _open_archive(path, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=1)
def _open_archive(path: Path, size: int, _changed: int) -> zipfile.ZipFile:
    with path.open("rb") as file:
        file.seek(max(0, size - _END_BYTES))
        end = file.read().rpartition(b"PK\5\6")[2]
    if int.from_bytes(end[8:12], "little") > MOST_DIRECTORY_BYTES:
        raise _too_many_members()
    return zipfile.ZipFile(path)


def _open_member(path: Path, name: str) -> BinaryIO:
    archive = _archive(path)
    try:
        info = archive.getinfo(name)
    except KeyError as error:  # the archive changed while we read it
        raise _cannot_unpack(error) from error
    if info.file_size > max(SUSPECT_BYTES, MOST_RATIO * info.compress_size):
        raise _bomb()
    return archive.open(info)  # type: ignore[return-value] # reads like one


@contextmanager
def unpacked(source: Source) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The file's content, whatever packs it, and the file itself; told by its first bytes."""
    with source.open() as raw:
        start = raw.read(6)
        raw.seek(0)
        if start.startswith(b"\xfd7zXZ\x00"):
            with lzma.open(raw) as file:
                yield file, raw  # type: ignore[misc] # an IO of bytes
        elif start.startswith(b"\x1f\x8b"):
            with gzip.open(raw) as file:
                yield file, raw  # type: ignore[misc]
        else:
            yield (io.BufferedReader(raw) if isinstance(raw, io.RawIOBase) else raw), raw


def documents(source: Source) -> Iterator[tuple[int, bytes]]:
    """Each JSON document with its line; blank lines are passed over.

    Raises:
        BadContentError: too long, or packed wrongly.
        OSError: the disk does not let us.
    """
    line = 0
    try:
        with unpacked(source) as (file, raw):
            if not source.is_linewise:
                yield 1, _whole(file)
                return
            total = empty = 0
            while text := file.readline(MOST_DOCUMENT_BYTES + 1):
                line += 1
                total += len(text)
                _check_size(len(text), total, line)
                if total > SUSPECT_BYTES and not source.member:
                    _check_ratio(raw, total, line)
                if text := text.strip():
                    yield line, text
                elif (empty := empty + 1) > MOST_EMPTY_LINES:
                    raise BadContentError(_too_many_empty_lines(), line)
    except (*UNPACKING_ERRORS, NotImplementedError, RuntimeError) as error:
        raise _cannot_unpack(error, line) from error


def _whole(file: BinaryIO) -> bytes:
    content = file.read(MOST_DOCUMENT_BYTES + 1)
    _check_size(len(content), 0, 1)
    return content.removeprefix(b"\xef\xbb\xbf").strip()


def _check_size(length: int, total: int, line: int) -> None:
    if length > MOST_DOCUMENT_BYTES:
        limit = MOST_DOCUMENT_BYTES >> 20
        raise BadContentError(
            _("Longer than {limit} MB in one piece: this is no record of one person.").format(
                limit=limit
            ),
            line,
        )
    if total > MOST_FILE_BYTES:
        limit = MOST_FILE_BYTES >> 30
        raise BadContentError(
            _("The file unpacks to more than {limit} GB.").format(limit=limit), line
        )


def _check_ratio(raw: BinaryIO, total: int, line: int) -> None:
    """Stop what unpacks to far more than records can; a plain file unpacks to itself."""
    if total > MOST_RATIO * max(raw.tell(), 1):
        raise _bomb(line)


def _bomb(line: int = 0) -> BadContentError:
    return BadContentError(_("The file unpacks to far more than records need."), line)


def _too_many_empty_lines() -> str:
    return _("More than {most} empty lines.").format(most=MOST_EMPTY_LINES)


def _too_many_members() -> BadContentError:
    return BadContentError(_("More than {most} files at once.").format(most=MOST_MEMBERS))


def _cannot_unpack(error: Exception, line: int = 0) -> BadContentError:
    return BadContentError(_("The file cannot be unpacked: {reason}").format(reason=error), line)
