"""What safety costs: getting in, changing places, a backup that was tried, beside their floors.

The floor of getting in is one Argon2id call of the cost that the key file asks for; the owner's way
in is made anew with the cost of a real practice first, because generated clinics have a cheap one.
The floor of a backup is a copy of the record's file that was waited for. The window's thread is
watched while the program makes a backup beside it, as it does every hour.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bench.data import LOGIN, PASSWORD, Generated
from bench.desk import OpenDesk, wait_until
from bench.timing import Line, Timed, interleave, timed
from bench.watchdog import Watchdog
from clinic_desktop.security.primitives import SALT_BYTES, KdfCost, stretch
from clinic_desktop.services import own_pin

_PIN = "739251"
_TURNS = 8


def getting_in(generated: Generated) -> list[Line]:
    """The record opened with a password; another person at the open one, by password and by PIN."""
    opened = generated.open()
    opened.change_password(PASSWORD, PASSWORD)
    opened.store.write(opened.actor, own_pin.set_pin, _PIN).result()
    slot = opened.keys.vault.slot(LOGIN)
    opened.close()
    assert slot is not None
    floor, name = _stretch(slot.cost), "one Argon2id call of the same cost"
    lines = [interleave(Line("unlock: from password to open record", name),
                        timed(lambda: generated.open().close()), floor, _TURNS)]  # fmt: skip
    opened = generated.open()
    try:
        switch = timed(lambda: opened.switch_user(LOGIN, PASSWORD))
        return_ = timed(lambda: opened.come_back(LOGIN, _PIN))
        lines += [
            interleave(Line("switch user by password", name, None, 1000), switch, floor, _TURNS),
            interleave(Line("come back by PIN", name, None, 1000), return_, floor, _TURNS),
        ]
    finally:
        opened.close()
    return lines


def _stretch(cost: KdfCost) -> Timed:
    return timed(lambda: stretch(PASSWORD, secrets.token_bytes(SALT_BYTES), cost))


def backing_up(generated: Generated, folder: Path, turns: int) -> list[Line]:
    """A backup, brought back on trial, beside a copy of the file."""
    line = Line("backup, brought back on trial", "a copy of the record's file", 6)
    target, copy = folder / "backups", folder / "copy"
    target.mkdir()
    opened = generated.open()
    try:

        def back_up() -> None:
            opened.back_up(target, lambda *_step: None).path.unlink()

        def copied() -> None:
            _copy(generated.data_dir.database, copy)

        interleave(line, timed(back_up), timed(copied), turns, 1)
    finally:
        opened.close()
    return [line]


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("wb") as written:
        while piece := read.read(1 << 20):
            written.write(piece)
        written.flush()
        os.fsync(written.fileno())


def window_meanwhile(desk: OpenDesk, dog: Watchdog) -> None:
    """Let the window make a backup and go on beating."""
    keeper = desk.context.backups
    ended: list[object] = []
    keeper.ended.connect(ended.append)
    with dog.watching("backup"):
        keeper.make()
        wait_until(lambda: bool(ended))
