"""A clinic whose record's key is changed again and again while people come and go.

``python -m tests.proofs.keys.changing FOLDER --rounds N``; the owner's private keys are taken from
the environment, because the proof is about the disk and not about passwords.
"""

from __future__ import annotations

import argparse
import os
import uuid
from pathlib import Path

from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import rekeying
from clinic_desktop.db.opening import open_store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.security import device_secret, vault_file
from clinic_desktop.security.keys import Keys
from clinic_desktop.security.primitives import Identity, KdfCost
from clinic_desktop.services import practice
from tests.proofs.storage.recorder import ACKED, ARMED
from tests.proofs.storage.working_day import DAY

OWNER = "CLINIC_PROOF_OWNER"
CHEAP = KdfCost(32 * 1024, 2, 1)
PASSWORD = "a long sentence for proofs"


def keys_of(data_dir: DataDir, owner: Identity) -> Keys:
    """The keys of a folder by the owner's private keys, without the time of a password."""
    vault = vault_file.load(data_dir.vault)
    secret = device_secret.find(vault.device, data_dir.device_secret)
    assert secret is not None
    key = vault.open_box(owner)
    return Keys(data_dir.vault, vault, key, owner, secret, CHEAP, vault.open_coming(owner))


def main() -> None:
    """Change the key, let somebody in, write something, let somebody go; say each when done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=4)
    wanted = parser.parse_args()
    data_dir = DataDir(wanted.folder)
    keys = keys_of(data_dir, Identity.from_bytes(bytes.fromhex(os.environ[OWNER])))
    store = open_store(data_dir.database, keys.key, FixedClock(DAY, seed=5))
    said = os.open(wanted.folder / ACKED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    (wanted.folder / ARMED).write_bytes(b"")

    def done(*words: object) -> None:
        os.write(said, (" ".join(map(str, words)) + "\n").encode())

    for number in range(wanted.rounds):
        keys.change_key(lambda old, new: rekeying.change_key(store, old, new))
        done("key", keys.vault.generation)
        user = uuid.UUID(int=number)
        keys.admit(user, f"p{number}", f"Person {number}", PASSWORD)
        done("in", user)
        store.write(SYSTEM, practice.decide, f"round.{number}", "x" * 5000).result()
        done("kept", number)
        if number % 2:
            keys.dismiss(user)
            done("out", user)
    store.close()


if __name__ == "__main__":
    main()
