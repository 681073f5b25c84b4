"""From keys that a password or PIN has opened to a person at the record."""

from __future__ import annotations

from contextlib import nullcontext

from clinic_desktop.config import DataDir
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.errors import ReadOnlyError, StorageError
from clinic_desktop.models.practice import AppUser
from clinic_desktop.security.attempts import Attempts
from clinic_desktop.security.keys import Keys
from clinic_desktop.security.primitives import Identity, PublicKeys
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.security.vault import Vault
from clinic_desktop.services import membership
from clinic_desktop.sync import state
from clinic_desktop.sync.statements import vouch


def sign_in(store: Store, keys: Keys, login: str, code: str | None) -> membership.SignedIn:
    """On record where the record can be written; where it cannot, somebody may still look."""
    if store.gate.refusal is None:
        try:
            return store.write(
                SYSTEM, membership.sign_in, login, keys.identity, keys.vault, code
            ).result()
        except (ReadOnlyError, StorageError):
            if store.gate.refusal is None:
                raise
    return store.read(SYSTEM, membership.sign_in_to_look, login, keys.identity, code).result()


def let_sign_in(
    store: Store, keys: Keys, attempts: Attempts, login: str, password: str, code: str | None
) -> membership.SignedIn:
    """Take the roles from the membership chain, and leave no way in that it does not know."""
    with attempts.counted_code(login) if code else nullcontext():
        found = sign_in(store, keys, login, code)
    if found.state is not None and store.gate.refusal is None:
        gone = keys.follow(found.state)
        keys.make_dearer(login, password, found.state.floor)
        if gone:
            store.write(SYSTEM, membership.note_removed_ways, gone).result()
    return found


def _recover(
    uow: UnitOfWork, login: str, sheet: RecoveryKey, fresh: PublicKeys, vault: Vault
) -> AppUser:
    """New keys of an owner, and the sheet's word for them: the server hears of it later."""
    user = membership.recover(uow, login, sheet, fresh, vault)
    proof = vouch(sheet.identity, vault.clinic, fresh.signing)
    state.change_settings(uow.cursor, vouched=(fresh.signing, proof))
    return user


def let_in_by_sheet(
    data_dir: DataDir, store: Store, keys: Keys, sheet: RecoveryKey, login: str, password: str
) -> Actor:
    """Give an owner new keys and a password by the recovery sheet, and sign him in."""
    fresh = Identity.new()
    user = store.write(SYSTEM, _recover, login, sheet, fresh.public, keys.vault).result()
    keys.identity = keys.admit(user.id, user.login, user.name, password, fresh)
    attempts = Attempts(data_dir.attempts, store.clock)
    attempts.forgive(user.login)
    return let_sign_in(store, keys, attempts, login, password, None).actor
