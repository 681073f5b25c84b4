"""Imported by the process that is forked: what a first day loads and prepares is then there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.proofs.result import in_memory
from tests.proofs.storage import working_day
from tests.proofs.storage.afterwards import faults
from tests.proofs.storage.recorder import ACKED


def work_once() -> None:
    """A few saves in a clinic that is thrown away."""
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        root = Path(folder) / "clinic"
        root.mkdir()
        key, actor = working_day.make_clinic(root)
        os.environ.update(working_day.environment_of(key, actor))
        working_day.Day(root, 1).work(12)
        found = faults(root, key, (root / ACKED).read_text().split("\n")[:-1])
        if found:
            raise RuntimeError(found)


work_once()
