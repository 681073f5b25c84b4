"""Wrong passwords cost time, more each time: per sign-in name and per PC, over restarts too.

An attempt is counted, and the count is on the disk, before the password is looked at: ending the
program in between gains nothing. A right password takes the count of its own name back. Codes of
the second factor are counted in the same way, five in five minutes. What failed while the record
was closed stays in the count until the log has it (``untold``), from window and command line alike.

Waiting is measured by how long the PC has been running, which no setting of the clock changes.
After a restart of the PC a wait that was left begins anew with the PC, at most fifteen minutes.
The file is not secret and opens nothing. Who deletes it may guess anew; who can do that has a copy
of the key file too, where only the cost of each guess counts.
"""

from __future__ import annotations

import errno
import math
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from clinic_desktop.clock import Clock
from clinic_desktop.errors import (
    StorageError,
    TooManyAttemptsError,
    WrongCodeError,
    WrongPasswordError,
)
from clinic_desktop.files import overwrite_file, replace_file
from clinic_desktop.i18n import _, current, ngettext
from clinic_desktop.security.primitives import keyed_digest

FREE, LONG_AFTER, LONG_WAIT, MOST_WAIT, STOP = 3, 10, 900, 300, 100
"""Failures without a wait; those after which each costs 15 minutes; the last one."""
PC_FREE = 10
"""A PC is used by many, who mistype too."""
CODE_FREE, CODE_WAIT = 5, 300
"""Wrong codes without a wait, and what each costs after them."""
_MOST_NAMES = 200
_MAX_BYTES = 64 << 10
_BLOCK, _SPARE = 4096, 1024
"""The file grows by blocks, with room for what attempts on a full disk add to it in place."""
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class Tally(Struct, frozen=True, forbid_unknown_fields=True):
    """Failures in a row."""

    count: Count = 0
    uptime: Annotated[float, Meta(ge=0)] = 0.0
    """Of the PC at the last one, in seconds."""


class _File(Struct, forbid_unknown_fields=True):
    salt: bytes
    names: dict[str, Tally]
    """By a digest of the sign-in name: somebody may type a password into that field."""
    pc: Tally = Tally()
    codes: dict[str, Tally] = {}
    """Wrong codes, by the same digest."""
    untold: dict[str, Count] = {}
    """Failures that the log of the record does not know yet; "" for names that were forgotten."""


def seconds_due(count: int) -> int:
    """How long after so many failures in a row the next attempt has to wait."""
    if count < FREE + 1:
        return 0
    if count >= LONG_AFTER:
        return LONG_WAIT
    return min(1 << (count - FREE - 1), MOST_WAIT)


@dataclass(frozen=True)
class Attempts:
    """The count of one data folder."""

    path: Path
    clock: Clock

    def wait(self, login: str) -> int:
        """Seconds until this name may be tried again; 0 at once."""
        file = self._load()
        return self._wait(file, _name(file, login))

    def is_stopped(self, login: str) -> bool:
        """Whether only an owner or the recovery sheet helps this name on."""
        file = self._load()
        return file.names.get(_name(file, login), Tally()).count >= STOP

    @contextmanager
    def counted(self, login: str) -> Iterator[None]:
        """Around looking at a password: count it first, take it back if it was right.

        Raises:
            TooManyAttemptsError: it is not looked at yet.
            StorageError: the count cannot be written, so the password is not looked at.
        """
        file = self._load()
        name = _name(file, login)
        self._refuse(file, name)
        before, pc_before = file.names.get(name, Tally()), file.pc
        file.names[name] = Tally(before.count + 1, self.clock.uptime())
        file.pc = Tally(pc_before.count + 1, self.clock.uptime())
        _tell_later(file, name, 1)
        self._save(file)
        try:
            yield
        except WrongPasswordError as error:
            error.seconds = self.wait(login)
            raise
        except BaseException:  # the password was not what failed
            self._put_back(login, before, pc_before)
            raise
        left = max(pc_before.count - before.count, 0)
        self._put_back(login, Tally(), replace(pc_before, count=left))

    @contextmanager
    def counted_code(self, login: str) -> Iterator[None]:
        """Around looking at a code of the second factor, as ``counted`` for passwords.

        Raises:
            TooManyAttemptsError: it is not looked at yet, or only somebody else helps.
            StorageError: the count cannot be written, so the code is not looked at.
        """
        file = self._load()
        name = _name(file, login)
        before = file.codes.get(name, Tally())
        self._refuse_code(before)
        file.codes[name] = Tally(before.count + 1, self.clock.uptime())
        _tell_later(file, name, 1)
        self._save(file)
        try:
            yield
        except WrongCodeError as error:
            error.seconds = self._code_wait(self._load().codes.get(name, Tally()))
            raise
        except BaseException:  # the code was not what failed
            self._put_code_back(name, before)
            raise
        self._put_code_back(name, Tally())

    def untold(self, logins: Iterable[str]) -> dict[str, int]:
        """Failures that the log does not know yet, by login; "" for names that nobody has."""
        file, found = self._load(), {}
        left = dict(file.untold)
        for login in logins:
            if count := left.pop(_name(file, login), 0):
                found[login] = count
        if others := sum(left.values()):
            found[""] = others
        return found

    def told(self) -> None:
        """The log has them."""
        file = self._load()
        file.untold = {}
        with suppress(StorageError):  # then it has them twice
            self._save(file)

    def forgive(self, login: str) -> None:
        """Forget the failures of a name: it was right, or it has a new password."""
        file = self._load()
        name = _name(file, login)
        gone = file.names.pop(name, Tally()).count
        file.codes.pop(name, None)
        file.pc = replace(file.pc, count=max(file.pc.count - gone, 0))
        with suppress(StorageError):  # whoever is right goes in, even on a full disk
            self._save(file)

    def _put_back(self, login: str, before: Tally, pc_before: Tally) -> None:
        file = self._load()
        name = _name(file, login)
        file.names[name], file.pc = before, pc_before
        _tell_later(file, name, -1)
        with suppress(StorageError):
            self._save(file)

    def _put_code_back(self, name: str, before: Tally) -> None:
        file = self._load()
        file.codes[name] = before
        _tell_later(file, name, -1)
        with suppress(StorageError):
            self._save(file)

    def _refuse_code(self, own: Tally) -> None:
        if own.count >= STOP:
            raise TooManyAttemptsError(
                _("Too many wrong codes. This name is closed."),
                kept=_("The record is whole; nothing was changed."),
                hint=_("An owner can switch the code off, or the recovery sheet opens the record."),
            )
        if wait := self._code_wait(own):
            words = _("Too many wrong codes.")
            raise TooManyAttemptsError(words, hint=wait_words(wait), seconds=wait)

    def _code_wait(self, own: Tally) -> int:
        due = CODE_WAIT if own.count >= CODE_FREE else 0
        return max(0, math.ceil(due - (self.clock.uptime() - own.uptime)))

    def _refuse(self, file: _File, name: str) -> None:
        if file.names.get(name, Tally()).count >= STOP:
            raise TooManyAttemptsError(
                _("Too many wrong passwords. This name is closed."),
                kept=_("The record is whole; nothing was changed."),
                hint=_("An owner gives a new password, or the recovery sheet opens the record."),
            )
        wait = self._wait(file, name)
        if wait:
            raise TooManyAttemptsError(
                _("Too many wrong passwords."), hint=wait_words(wait), seconds=wait
            )

    def _wait(self, file: _File, name: str) -> int:
        own, pc = file.names.get(name, Tally()), file.pc
        due = (
            (seconds_due(own.count), own.uptime),
            (seconds_due(max(pc.count - PC_FREE + FREE, 0)), pc.uptime),
        )
        now = self.clock.uptime()
        return max(0, *(math.ceil(wait - (now - then)) for wait, then in due))

    def _load(self) -> _File:
        try:
            raw = self.path.read_bytes()[:_MAX_BYTES]
            return self._since_start(msgspec.json.decode(raw, type=_File))
        except (OSError, ValueError, RecursionError):
            return _File(secrets.token_bytes(16), {})

    def _since_start(self, file: _File) -> _File:
        """What was before the PC was last started counts as if it had been then."""
        now = self.clock.uptime()
        known = (*file.names.values(), *file.codes.values(), file.pc)
        if max(each.uptime for each in known) > now:
            file.names = {key: replace(each, uptime=0.0) for key, each in file.names.items()}
            file.codes = {key: replace(each, uptime=0.0) for key, each in file.codes.items()}
            file.pc = replace(file.pc, uptime=0.0)
            with suppress(StorageError):
                self._save(file)
        return file

    def _save(self, file: _File) -> None:
        if len(file.names) > _MOST_NAMES:  # names that nobody has cost the PC's count too
            most = sorted(file.names.items(), key=lambda each: -each[1].count)
            file.names = dict(most[: _MOST_NAMES // 2])
            gone = [name for name in file.untold if name not in file.names]
            file.untold[""] = sum(file.untold.pop(name) for name in gone)
        content = msgspec.json.encode(file)
        try:
            self._write(content.ljust(-(-(len(content) + _SPARE) // _BLOCK) * _BLOCK))
        except OSError as error:
            raise StorageError(
                _("The data folder cannot be written."),
                kept=_("Nothing was changed."),
                hint=_("Free some space and try again."),
                place=str(self.path),
            ) from error

    def _write(self, content: bytes) -> None:
        """Put it on the disk; where no other file has room, over the one that is there.

        Whoever is right goes in on a full disk too, to look, and each guess is still counted. The
        power failing in that moment costs the count, as deleting the file would.

        Raises:
            OSError: it cannot be written there either.
        """
        try:
            replace_file(self.path, content)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            overwrite_file(self.path, content)


def _tell_later(file: _File, name: str, by: int) -> None:
    file.untold[name] = max(file.untold.get(name, 0) + by, 0)


def _name(file: _File, login: str) -> str:
    return keyed_digest(file.salt, login.strip().casefold().encode("utf-8", "replace")).hex()[:32]


def wait_words(seconds: int) -> str:
    """How long to wait, for people."""
    minutes, number = -(-seconds // 60), current().number
    if seconds <= 90:
        return ngettext("Try again in {n} second.", "Try again in {n} seconds.", seconds).format(
            n=number(seconds)
        )
    return ngettext("Try again in {n} minute.", "Try again in {n} minutes.", minutes).format(
        n=number(minutes)
    )
