"""The ways in which an empty folder becomes the practice's; all run on the thread for keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinic_desktop.ui.shell.loading import load_desk

if TYPE_CHECKING:
    from clinic_desktop import clinic
    from clinic_desktop.clock import Clock
    from clinic_desktop.config import DataDir
    from clinic_desktop.joining import Joining
    from clinic_desktop.recovering import Wanted
    from clinic_desktop.security.primitives import KdfCost
    from clinic_desktop.security.recovery_key import RecoveryKey
    from clinic_desktop.services.backups.making import Tell
    from clinic_desktop.stick_joining import Asking


class Arriving:
    """Each fills the folder and signs the owner in, or leaves it as it was."""

    def __init__(self, data_dir: DataDir, clock: Clock, cost: KdfCost | None) -> None:
        self._data_dir, self._clock, self._cost = data_dir, clock, cost

    def ask_by_stick(self, asking: Asking, path: Path) -> str:
        """On the thread for keys: write a request to join; its code."""
        from clinic_desktop.stick_joining import ask

        return ask(self._data_dir, asking, path, self._clock, self._cost)

    def join_by_stick(self, asking: Asking, path: Path) -> clinic.Clinic:
        """On the thread for keys: take the answer and sign the owner in."""
        load_desk()
        from clinic_desktop import clinic
        from clinic_desktop.stick_joining import finish

        finish(self._data_dir, asking, path, self._clock)
        return clinic.open_clinic(self._data_dir, asking.login, asking.password, self._clock)

    def join(self, wanted: Joining, *meet: Any) -> clinic.Clinic:
        """On the thread for keys: become a PC of the practice and sign the owner in.

        That is as soon as the near charts are here; the rest comes beside the window.
        """
        load_desk()
        from clinic_desktop import clinic
        from clinic_desktop.joining import join

        to, clock, cost = self._data_dir, self._clock, self._cost
        show, wait, tell = meet
        join(to, wanted, show, wait, clock, cost, tell, opens_early=True)
        return clinic.open_clinic(self._data_dir, wanted.login, wanted.password, self._clock)

    def bring_back(
        self, path: Path, recovery: RecoveryKey, login: str, password: str, tell: Tell
    ) -> clinic.Clinic:
        """On the thread for keys: restore into this folder and sign the owner in."""
        load_desk()
        from clinic_desktop import clinic
        from clinic_desktop.restore import Way, restore

        way = Way(login, password, recovery)
        restore(path, self._data_dir, way, tell, replacing=True, clock=self._clock, cost=self._cost)
        return clinic.open_clinic(self._data_dir, login, password, self._clock)

    def bring_from_server(self, wanted: Wanted, tell: Tell) -> clinic.Clinic:
        """On the thread for keys: fetch all that the server has, and sign the owner in."""
        load_desk()
        from clinic_desktop import clinic
        from clinic_desktop.recovering import recover_from_server

        def far(_sent: int, received: int, size: int) -> None:
            tell("fetch", received, size)

        found = recover_from_server(self._data_dir, wanted, self._clock, self._cost, far)
        return clinic.open_clinic(self._data_dir, found.login, wanted.password, self._clock)
