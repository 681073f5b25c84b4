"""Loading code before it is wanted: the desk behind the lock screen, its places behind the desk."""

from __future__ import annotations

import logging
from importlib import import_module

from PySide6.QtCore import QCoreApplication

from clinic_desktop.errors import ClinicError

_DESK = (
    "clinic_desktop.clinic",
    "clinic_desktop.services.setup",
    "clinic_desktop.ui.core.print_desk",
    "clinic_desktop.ui.shell.desk",
    "clinic_desktop.ui.today.today_view",
)
"""Loaded behind the lock screen: whoever starts the program sees it a second sooner."""

log = logging.getLogger(__name__)


def load_desk() -> None:
    """All code of the desk."""
    for name in _DESK:
        import_module(name)


def load_places() -> None:
    """That of its other places, and a look whether every service says who may use it."""
    from clinic_desktop.ui.shell import places

    places.load_all()
    _check_services()


def _check_services() -> None:
    """End a program in which a service does not say who may use it: a mistake of its makers."""
    from clinic_desktop.services.access import check_register

    try:
        check_register()
    except LookupError:
        log.critical("Services that do not say who may use them", exc_info=True)
        QCoreApplication.exit(ClinicError.exit_code)
