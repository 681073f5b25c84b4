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
        told = traceback.TracebackException(*ei)
        _forget_words(told, ei[1])
        return "".join(told.format()).rstrip()


def _forget_words(told: traceback.TracebackException, error: BaseException | None) -> None:
    """Keep an error's kind, and of the system's own errors the reason; of its causes alike."""
    told._str = (error.strerror or "") if isinstance(error, OSError) else ""  # type: ignore[attr-defined]  # noqa: SLF001
    told.__notes__ = None
    for inner, cause in (
        (told.__cause__, error.__cause__ if error else None),
        (told.__context__, error.__context__ if error else None),
    ):
        if inner is not None:
            _forget_words(inner, cause)


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
