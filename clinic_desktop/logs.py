"""The log: what the program did, never about whom."""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path

_SIZE, _FILES = 1 << 20, 5
_VALUES = re.compile(r"parameters: .*|\[SQL: .*|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)


class RedactingFormatter(logging.Formatter):
    """Leaves out quoted values and SQL parameters, where a person's data would be."""

    def format(self, record: logging.LogRecord) -> str:
        """One entry."""
        return _VALUES.sub("‹…›", super().format(record))


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
