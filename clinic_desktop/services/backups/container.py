"""The backup file: the copied record first, as SQLCipher wrote it, and at its end what it is.

    record | added files, each sealed | manifest, sealed | head, JSON | lengths | magic

The record's pages and everything sealed are under one random key of this backup. ``head.ways`` is
a vault like the one beside the record: it holds that key, sealed to the owners and to the recovery
sheet. The manifest is sealed over the head and holds the SHA-256 of each part, so that nothing in
the file can be changed, cut off or exchanged without being noticed.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec import Struct

from clinic_desktop.errors import BadFileError, ClinicError, NewerDatabaseError, StorageError
from clinic_desktop.i18n import _
from clinic_desktop.security.primitives import UnreadableError, expand, seal, unseal
from clinic_desktop.services.backups.manifest import FORMAT, VERSION, Head, Manifest, Part

_MAGIC: Final = b"clinic-backup/1\n"
_TAIL = struct.Struct(f">II{len(_MAGIC)}s")
_MOST_HEAD, _MOST_MANIFEST = 256 << 10, 8 << 20
_CHUNK = 1 << 20
Told = Callable[[int, int], None]
"""Bytes done, bytes in all; may raise to stop."""


@dataclass(frozen=True)
class Found:
    """A backup file whose end could be read."""

    path: Path
    head: Head
    head_raw: bytes
    manifest_at: int
    manifest_size: int


# ------------------------------------------------------------ writing


def sealed_part(name: str, content: bytes, key: bytes) -> tuple[Part, bytes]:
    """A file for the backup that is not pages."""
    sealed = seal(_part_key(key), content, name.encode())
    return Part(name, len(sealed), hashlib.sha256(sealed).digest()), sealed


def finish(file: IO[bytes], head: Head, manifest: Manifest, key: bytes) -> None:
    """Write manifest, head and lengths at the end of a file that holds all parts, and flush it."""
    head_raw = msgspec.json.encode(head)
    sealed = seal(_manifest_key(key), msgspec.json.encode(manifest), head_raw)
    file.seek(0, os.SEEK_END)
    file.write(sealed + head_raw + _TAIL.pack(len(sealed), len(head_raw), _MAGIC))
    file.flush()
    os.fsync(file.fileno())


def digest_of(file: IO[bytes], size: int, told: Told, target: IO[bytes] | None = None) -> bytes:
    """SHA-256 of the next ``size`` bytes, which may be written elsewhere meanwhile."""
    digest, left = hashlib.sha256(), size
    while left:
        chunk = file.read(min(_CHUNK, left))
        if not chunk:
            break
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
        left -= len(chunk)
        told(size - left, size)
    return digest.digest()


# ------------------------------------------------------------ reading


class _Kind(Struct):
    format: str
    version: int


def read_head(raw: bytes) -> Head:
    """Decode a head.

    Raises:
        NewerDatabaseError: made by a newer program.
        ValueError, RecursionError: it is none.
    """
    kind = msgspec.json.decode(raw, type=_Kind)
    if kind.format == FORMAT and kind.version > VERSION:
        raise newer()
    if kind.format != FORMAT:
        raise ValueError(kind.format)
    return msgspec.json.decode(raw, type=Head)


def read_manifest(plain: bytes) -> Manifest:
    """Decode a manifest that was opened with the backup's key.

    Raises:
        ValueError, RecursionError: it is none.
    """
    return msgspec.json.decode(plain, type=Manifest)


def find(path: Path, read: Callable[[bytes], Head] = read_head) -> Found:
    """Read the end of a backup file, which needs no key.

    ``read`` is ``confining.head`` where the file may come from elsewhere.

    Raises:
        BadFileError: not a backup, or not a whole one.
        NewerDatabaseError: made by a newer program.
        StorageError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _TAIL.size, 0))
            manifest_size, head_size, magic = _tail(file.read(_TAIL.size), path)
            manifest_at = size - _TAIL.size - head_size - manifest_size
            fits = head_size <= _MOST_HEAD and manifest_size <= _MOST_MANIFEST
            if magic != _MAGIC or not fits or manifest_at < 0:
                raise not_whole(path)
            file.seek(manifest_at + manifest_size)
            raw = file.read(head_size)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise _not_there(path) from error
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        return Found(path, read(raw), raw, manifest_at, manifest_size)
    except (ValueError, RecursionError, BadFileError) as error:  # msgspec's are ValueErrors
        raise not_whole(path) from error


def _tail(raw: bytes, path: Path) -> tuple[int, int, bytes]:
    if len(raw) != _TAIL.size:
        raise not_whole(path)
    manifest_size, head_size, magic = _TAIL.unpack(raw)
    return int(manifest_size), int(head_size), bytes(magic)


def manifest_of(
    found: Found, key: bytes, read: Callable[[bytes], Manifest] = read_manifest
) -> Manifest:
    """What is in the backup; ``read`` as of ``find``.

    Raises:
        BadFileError: the file was changed, or cut and put together again.
        StorageError: it cannot be read.
    """
    try:
        with found.path.open("rb") as file:
            file.seek(found.manifest_at)
            sealed = file.read(found.manifest_size)
        plain = unseal(_manifest_key(key), sealed, found.head_raw)
        manifest = read(plain)
    except OSError as error:
        raise unreadable(found.path, error) from error
    except (UnreadableError, ValueError, RecursionError, BadFileError) as error:
        raise not_whole(found.path) from error
    if sum(part.size for part in (manifest.record, *manifest.files)) != found.manifest_at:
        raise not_whole(found.path)
    return manifest


def unpack(found: Found, manifest: Manifest, key: bytes, folder: Path, told: Told) -> None:
    """Put every part into a folder, each compared with its SHA-256; the record keeps its key.

    Raises:
        BadFileError: a part was changed.
        StorageError: the file cannot be read, or the folder cannot be written.
    """
    try:
        with found.path.open("rb") as file:
            _forget_cached(file)
            with (folder / manifest.record.name).open("wb") as record:
                _compare(
                    manifest.record, digest_of(file, manifest.record.size, told, record), found
                )
            for part in manifest.files:
                sealed = file.read(part.size)
                _compare(part, hashlib.sha256(sealed).digest(), found)
                _put(folder, part, unseal(_part_key(key), sealed, part.name.encode()), found)
    except OSError as error:
        raise unreadable(found.path, error) from error
    except UnreadableError as error:
        raise not_whole(found.path) from error


def _put(folder: Path, part: Part, content: bytes, found: Found) -> None:
    path = folder.joinpath(part.name)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise not_whole(found.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _compare(part: Part, digest: bytes, found: Found) -> None:
    if digest != part.sha256:
        raise not_whole(found.path)


def _forget_cached(file: IO[bytes]) -> None:
    """Read from the disk what is on the disk, not what is still in memory: sticks lie."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def newer() -> NewerDatabaseError:
    """What is said of a backup that this program cannot bring back."""
    return NewerDatabaseError(
        _("The backup was made by a newer version of the program."),
        kept=_("Nothing was changed."),
        hint=_("Install the newer version on this PC."),
    )


def not_whole(path: Path) -> ClinicError:
    """The one answer to whatever is wrong inside a backup file."""
    return BadFileError(
        _("This is not a whole backup of a clinic: it was cut short, changed, or is another file."),
        kept=_("Nothing was changed."),
        hint=_("Take another backup; each place keeps several."),
        place=str(path),
    )


def _not_there(path: Path) -> BadFileError:
    return BadFileError(
        _("There is no such file."),
        kept=_("Nothing was changed."),
        hint=_("Plug the stick in, or choose the file again."),
        place=str(path),
    )


def unreadable(path: Path, error: OSError) -> StorageError:
    """The disk's reason, in a sentence."""
    return StorageError(
        _("The disk reported an error: {reason}").format(reason=error.strerror or error),
        kept=_("Nothing was changed."),
        hint=_("Free some space, or take another disk."),
        place=str(error.filename or path),
    )


def _manifest_key(key: bytes) -> bytes:
    return expand(key, b"clinic-desktop/v1/backup-manifest")


def _part_key(key: bytes) -> bytes:
    return expand(key, b"clinic-desktop/v1/backup-part")
