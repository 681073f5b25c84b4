"""The device secret: half of every key to this PC's record, in the system's own key store.

A stolen data folder without it cannot be opened, however weak a password was. It is never the only
copy of anything: without it, the recovery sheet opens the record (see ``vault``). Where no key
store can be used, it lies in a file that only the account may read, and the program says that
protection is reduced.

Only key stores that encrypt are trusted; ``keyrings.alt`` and its like are not asked.
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import threading
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError

from clinic_desktop.errors import StorageError
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import _

T = TypeVar("T")
SECRET_BYTES = 32
TIMEOUT_S = 3.0
"""A locked key store may wait for a prompt that nobody sees."""
_TRUSTED = (
    "keyring.backends.SecretService.",
    "keyring.backends.libsecret.",
    "keyring.backends.kwallet.",
    "keyring.backends.Windows.",
    "keyring.backends.macOS.",
)
_SERVICE = "clinic-desktop"


class Keeping(StrEnum):
    """Where the secret of this PC was found, or why not."""

    KEY_STORE = "key-store"
    FILE = "file"
    """Reduced protection: no key store, or it did not answer."""


@dataclass(frozen=True)
class DeviceSecret:
    """The secret and where it lies."""

    secret: bytes
    keeping: Keeping

    def __repr__(self) -> str:  # never in a log or a crash report
        return f"DeviceSecret({self.keeping})"


def trusted_store() -> KeyringBackend | None:
    """The operating system's key store, if it is one that encrypts and it answers a round trip."""
    found: KeyringBackend | None = None
    with contextlib.suppress(KeyringError, RuntimeError):
        found = next(filter(_is_trusted, _candidates(keyring.get_keyring())), None)
    if found is None or not _answers(found):
        return None
    return found


def _candidates(backend: KeyringBackend) -> list[KeyringBackend]:
    # The chainer stands for several stores, in the order in which it asks them.
    return list(getattr(backend, "backends", None) or [backend])


def _is_trusted(backend: KeyringBackend) -> bool:
    kind = type(backend)
    return f"{kind.__module__}.{kind.__qualname__}".startswith(_TRUSTED)


def _answers(store: KeyringBackend) -> bool:
    name, value = f"probe:{uuid.uuid4()}", secrets.token_hex(8)

    def round_trip() -> bool:
        store.set_password(_SERVICE, name, value)
        fits = store.get_password(_SERVICE, name) == value
        store.delete_password(_SERVICE, name)
        return fits

    return _in_time(round_trip) is True


def _in_time(ask: Callable[[], T]) -> T | None:
    """The store's answer; ``None`` when it fails or does not answer within ``TIMEOUT_S``."""
    answers: list[T] = []

    def run() -> None:
        # Key stores raise what their platform raises: D-Bus, Win32 and plain runtime errors.
        with contextlib.suppress(Exception):
            answers.append(ask())

    asking = threading.Thread(target=run, name="clinic-key-store", daemon=True)
    asking.start()
    asking.join(TIMEOUT_S)
    return answers[0] if answers else None


def make(device: uuid.UUID, fallback: Path) -> DeviceSecret:
    """A new secret for this PC, kept.

    Raises:
        StorageError: there is no key store, and the file cannot be written either.
    """
    secret = secrets.token_bytes(SECRET_BYTES)
    return DeviceSecret(secret, _keep(device, secret, fallback))


def _keep(device: uuid.UUID, secret: bytes, fallback: Path) -> Keeping:
    """Put the secret into the key store, else into the file; says where it lies now."""
    store = trusted_store()
    if store is not None and _store(store, device, secret):
        fallback.unlink(missing_ok=True)
        return Keeping.KEY_STORE
    try:
        replace_file(fallback, _packed(secret).encode())
    except OSError as error:
        raise StorageError(
            _("This PC's half of the key cannot be written: {reason}").format(
                reason=error.strerror
            ),
            place=str(fallback),
        ) from error
    return Keeping.FILE


def find(device: uuid.UUID, fallback: Path) -> DeviceSecret | None:
    """The secret of this PC; moved into the key store as soon as there is one.

    The file is asked first: while it is there, the key store did not have the secret yet.
    """
    store = trusted_store()
    in_file = _unpacked(_text(fallback))
    if in_file is not None:
        moved = store is not None and _store(store, device, in_file)
        if moved:
            fallback.unlink()
        return DeviceSecret(in_file, Keeping.KEY_STORE if moved else Keeping.FILE)
    value = _in_time(lambda: store.get_password(_SERVICE, _name(device))) if store else None
    secret = _unpacked(value or "")
    return DeviceSecret(secret, Keeping.KEY_STORE) if secret is not None else None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", errors="replace")
    except OSError:
        return ""


def _name(device: uuid.UUID) -> str:
    return f"device:{device}"


def _store(store: KeyringBackend, device: uuid.UUID, secret: bytes) -> bool:
    def put() -> bool:
        store.set_password(_SERVICE, _name(device), _packed(secret))
        return _unpacked(store.get_password(_SERVICE, _name(device)) or "") == secret

    return _in_time(put) is True


def _packed(secret: bytes) -> str:
    text = base64.b64encode(secret).decode()
    return json.dumps({"v": 1, "ds": text, "crc": zlib.crc32(secret)})


def _unpacked(text: str) -> bytes | None:
    """The secret, or ``None`` for anything that is not whole."""
    try:
        found: dict[str, Any] = json.loads(text)
        secret = base64.b64decode(found["ds"], validate=True)
        whole = (
            found["v"] == 1 and len(secret) == SECRET_BYTES and zlib.crc32(secret) == found["crc"]
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return secret if whole else None
