"""Errors that nobody expected, and Qt's own words: written to the log, and shown where possible."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QtMsgType, qInstallMessageHandler

log = logging.getLogger(__name__)


def watch(show: Callable[[Exception], None]) -> None:
    """From now on log what nobody catches, and show it."""

    def report(error: BaseException) -> None:
        log.critical("Unexpected error", exc_info=error)
        if isinstance(error, Exception):
            show(error)

    def hook(
        _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        report(error)

    sys.excepthook = hook
    threading.excepthook = lambda args: report(args.exc_value) if args.exc_value else None

    def on_qt_message(kind: QtMsgType, _context: object, message: str) -> None:
        level = logging.WARNING if kind is not QtMsgType.QtDebugMsg else logging.DEBUG
        log.log(level, "Qt: %s", message)

    qInstallMessageHandler(on_qt_message)
