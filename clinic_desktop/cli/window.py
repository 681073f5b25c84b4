"""Opening the window, where there is a screen to open it on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.errors import SetupError
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.config import DataDir


def open_window(data_dir: DataDir, login: str = "", pack: Path | None = None) -> int:
    """Stay until the window is closed; returns the exit code.

    Raises:
        SetupError: there is no screen.
    """
    if not has_screen() and not os.environ.get("QT_QPA_PLATFORM"):
        raise SetupError(
            _("There is no screen to open the window on."),
            hint=_("Start it on a desktop, or give a command; --help lists them."),
        )
    from clinic_desktop.start import run_window

    return run_window(data_dir, login, pack)


def has_screen() -> bool:
    """Whether windows can be shown; without one Qt would end the program with a stack trace."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
