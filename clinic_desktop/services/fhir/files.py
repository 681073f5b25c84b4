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
from pathlib import Path
from typing import BinaryIO

from clinic_desktop.i18n import _
from clinic_desktop.services.fhir.limits import MOST_DOCUMENT_BYTES, MOST_FILE_BYTES, MOST_FILES

_PACKED = (".xz", ".gz")
_LINEWISE = (".jsonl", ".ndjson")
SUFFIXES = (".json", ".zip", *_LINEWISE)
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


def find_sources(paths: Iterable[Path]) -> Iterator[Source]:
    """The files to read: those named, and in folders those whose name says FHIR.

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
            yield from _members(each) if each.suffix.lower() == ".zip" else [_source(each)]


def from_memory(name: str, content: bytes) -> Source:
    """Content that lies in no file; named like one."""
    return Source(name, _bare(name).endswith(_LINEWISE), lambda: io.BytesIO(content))


def _bare(name: str) -> str:
    name = name.lower()
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    return name


def _source(path: Path) -> Source:
    return Source(str(path), _bare(path.name).endswith(_LINEWISE), lambda: path.open("rb"))


def _members(path: Path) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if _bare(name).endswith(SUFFIXES)]
    except (*UNPACKING_ERRORS, OSError, NotImplementedError):
        # Reading it will fail the same way, where its error has a place in the report.
        yield _source(path)
        return
    for name in sorted(names):
        yield Source(f"{path}/{name}", _bare(name).endswith(_LINEWISE), _opener(path, name))


def _opener(path: Path, name: str) -> Callable[[], BinaryIO]:
    def open_member() -> BinaryIO:
        with zipfile.ZipFile(path) as archive:
            return archive.open(name)  # type: ignore[return-value] # reads like one

    return open_member


@contextmanager
def unpacked(source: Source) -> Iterator[BinaryIO]:
    """The file's content, whatever packs it; told by its first bytes, not by its name."""
    with source.open() as raw:
        start = raw.read(6)
        raw.seek(0)
        if start.startswith(b"\xfd7zXZ\x00"):
            with lzma.open(raw) as file:
                yield file  # type: ignore[misc] # an IO of bytes
        elif start.startswith(b"\x1f\x8b"):
            with gzip.open(raw) as file:
                yield file  # type: ignore[misc]
        else:
            yield io.BufferedReader(raw) if isinstance(raw, io.RawIOBase) else raw


def documents(source: Source) -> Iterator[tuple[int, bytes]]:
    """Each JSON document with its line; blank lines are passed over.

    Raises:
        BadContentError: too long, or packed wrongly.
        OSError: the disk does not let us.
    """
    line = 0
    try:
        with unpacked(source) as file:
            if not source.is_linewise:
                yield 1, _whole(file)
                return
            total = 0
            while text := file.readline(MOST_DOCUMENT_BYTES + 1):
                line += 1
                total += len(text)
                _check_size(len(text), total, line)
                if text.strip():
                    yield line, text.strip()
    except (*UNPACKING_ERRORS, NotImplementedError, RuntimeError) as error:
        raise BadContentError(
            _("The file cannot be unpacked: {reason}").format(reason=error), line
        ) from error


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
