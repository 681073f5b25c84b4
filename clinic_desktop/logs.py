"""The log: what the program did, never about whom."""

from __future__ import annotations

import logging
import re
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

_SIZE, _FILES = 1 << 20, 5
_VALUES = re.compile(r"parameters: .*|\[SQL: .*|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)


class RedactingFormatter(logging.Formatter):
    """Leaves out quoted values and SQL parameters, where a person's data would be."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """One entry."""
        return _VALUES.sub("‹…›", super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's name
        """Where it happened and what kind of error it was; its own words may name a person."""
        return _told(ei[1]) if ei[1] is not None else ""


def _told(error: BaseException) -> str:
    """The frames and kinds of an error and of what led to it; of the system's own, the reason."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    parts = [_told(before), ""] if before is not None else []
    reason = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    return "\n".join([*parts, "Traceback:", frames, f"{type(error).__name__}{reason}"])


def start(folder: Path) -> None:
    """Write the log into this folder from now on."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = RotatingFileHandler(
        folder / "clinic.log", maxBytes=_SIZE, backupCount=_FILES, encoding="utf-8"
    )
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not isinstance(each, RotatingFileHandler)]
    root.addHandler(handler)
    root.setLevel(logging.INFO)
