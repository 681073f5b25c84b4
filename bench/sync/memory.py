"""How much memory a process takes more than before, by what Linux says of it."""

from __future__ import annotations

import gc
from pathlib import Path

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Growth:
    """The most from now on, above what there is now."""

    def __init__(self) -> None:
        gc.collect()
        _FORGET.write_text("5", "ascii")  # the most so far is forgotten
        self._before = _mib("VmRSS")

    def __str__(self) -> str:
        """In MiB."""
        return f"{_mib('VmHWM') - self._before:+.0f} MiB above {self._before:.0f} MiB"


def _mib(name: str) -> float:
    for line in _STATUS.read_text("ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)
