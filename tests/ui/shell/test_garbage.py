"""The window's own collecting of garbage, in a process of its own: it changes Python's."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import gc
from PySide6.QtCore import QCoreApplication
from clinic_desktop.ui.core.garbage import WindowCollector

class Ring:
    left = 0
    def __init__(self):
        self.me = self
    def __del__(self):
        Ring.left += 1

app = QCoreApplication([])
collector = WindowCollector(app)
assert not gc.isenabled()
collector.set_aside()
kept = gc.get_freeze_count()
assert kept > 1000
collector.set_aside()
assert gc.get_freeze_count() == kept, "only once: later there are widgets among it"
Ring()
made = [[] for _each in range(2000)]
collector.collect()
assert Ring.left == 1, "what came afterwards is still collected"
collector.stop()
assert gc.isenabled() and not gc.get_freeze_count()
"""


def test_the_programs_own_code_is_set_aside_and_garbage_is_still_found() -> None:
    command = [sys.executable, "-c", _PROGRAM]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
