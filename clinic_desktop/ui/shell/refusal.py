"""What the lock screen offers after a sign-in that failed, by the reason."""

from __future__ import annotations

from clinic_desktop.errors import (
    ClinicError,
    CodeNeededError,
    DatabaseDamagedError,
    DeviceSecretError,
)
from clinic_desktop.ui.shell.lock_view import LockView


def refuse_sign_in(lock: LockView, reason: ClinicError) -> None:
    """Say the reason, and open the way on where there is one."""
    sentence = str(reason)
    if isinstance(reason, DeviceSecretError):
        lock.offer_sheet(sentence)
    elif isinstance(reason, DatabaseDamagedError):
        lock.offer_rescue(sentence)
    elif isinstance(reason, CodeNeededError):
        lock.ask_code(sentence)
    elif wait := getattr(reason, "seconds", 0):
        lock.hold(reason.message, wait)
    else:
        lock.refuse(sentence)
