"""One case of ``key_store``, inside a session bus of its own with a key store of its own.

``python -m tests.proofs.keys.store_inside CASE FOLDER``; prints ``held``, or what was wrong.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import keyring
import secretstorage

from clinic_desktop import clinic
from clinic_desktop.clock import SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.errors import DeviceSecretError
from clinic_desktop.security import device_secret, vault_file
from clinic_desktop.security.device_secret import Keeping
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.security.recovery_key import RecoveryKey

PASSWORD, NEW_PASSWORD = "a long sentence for proofs", "another sentence for proofs"
CHEAP = KdfCost(32 * 1024, 2, 1)


class Desk:
    """A clinic and the key store beside it."""

    def __init__(self, root: Path) -> None:
        self.data_dir = DataDir(root)
        self.sheet = RecoveryKey.new()

    def make(self) -> None:
        new = clinic.NewClinic("Proof", "amina", "Dr Amina Kamau", PASSWORD)
        made = clinic.create(self.data_dir, new, SystemClock(), CHEAP)
        assert made.recovery is not None
        self.sheet = made.recovery
        made.close()

    def open(self, password: str = PASSWORD) -> Keeping:
        opened = clinic.open_clinic(self.data_dir, "amina", password, SystemClock())
        opened.close()
        return opened.keys.secret.keeping

    def refuses_and_recovers(self, expected: Keeping) -> None:
        """The password says what is missing and changes nothing; the sheet opens."""
        before = self.data_dir.database.read_bytes(), self.data_dir.vault.read_bytes()
        try:
            self.open()
        except DeviceSecretError:
            pass
        else:
            raise AssertionError("it opened without its half of the key")
        assert before == (self.data_dir.database.read_bytes(), self.data_dir.vault.read_bytes())
        back = clinic.recover(
            self.data_dir, self.sheet, "amina", NEW_PASSWORD, SystemClock(), CHEAP
        )
        back.close()
        assert self.open(NEW_PASSWORD) is expected

    def item(self) -> str:
        vault = vault_file.load(self.data_dir.vault)
        return f"device:{vault.device}"


def _daemons() -> list[int]:
    found = subprocess.run(["pgrep", "-s", "0", "gnome-keyring"], capture_output=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def kept(desk: Desk) -> None:
    """It lies in the store and nowhere else."""
    desk.make()
    assert not desk.data_dir.device_secret.exists()
    assert desk.open() is Keeping.KEY_STORE


def wiped(desk: Desk) -> None:
    """Somebody emptied the store."""
    desk.make()
    keyring.delete_password("clinic-desktop", desk.item())
    desk.refuses_and_recovers(Keeping.KEY_STORE)


def changed(desk: Desk) -> None:
    """The store holds something else."""
    desk.make()
    keyring.set_password("clinic-desktop", desk.item(), "{}")
    desk.refuses_and_recovers(Keeping.KEY_STORE)


def locked(desk: Desk) -> None:
    """The store is locked, and nobody is there to be asked for its password."""
    desk.make()
    with secretstorage.dbus_init() as bus:
        secretstorage.get_default_collection(bus).lock()
    desk.refuses_and_recovers(Keeping.FILE)


def stopped(desk: Desk) -> None:
    """The store does not answer; once it does, the password is enough again."""
    desk.make()
    pids = _daemons()
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        desk.open()
    except DeviceSecretError:
        pass
    else:
        raise AssertionError("it opened without its half of the key")
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    assert desk.open() is Keeping.KEY_STORE


def gone(desk: Desk) -> None:
    """There is no store any more."""
    desk.make()
    for pid in _daemons():
        os.kill(pid, signal.SIGKILL)
    desk.refuses_and_recovers(Keeping.FILE)


def comes_later(desk: Desk) -> None:
    """There was none at first; the file moves into it and is gone."""
    trusted = device_secret._TRUSTED
    device_secret._TRUSTED = ("nothing.",)  # type: ignore[assignment]
    desk.make()
    assert desk.data_dir.device_secret.exists()
    device_secret._TRUSTED = trusted
    assert desk.open() is Keeping.KEY_STORE
    assert not desk.data_dir.device_secret.exists()
    assert desk.open() is Keeping.KEY_STORE


CASES: dict[str, Callable[[Desk], None]] = {
    case.__name__: case for case in (kept, wiped, changed, locked, stopped, gone, comes_later)
}


def main() -> None:
    """Run the case."""
    name, root = sys.argv[1:]
    try:
        CASES[name](Desk(Path(root)))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        print(f"{type(error).__name__}: {error}")
    else:
        print("held")
    sys.stdout.flush()
    os._exit(0)  # a thread may still be waiting for a store that never answers


if __name__ == "__main__":
    main()
