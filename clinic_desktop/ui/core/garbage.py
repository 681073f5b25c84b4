"""Collects cyclic garbage on the window's thread only.

Python collects wherever it happens to allocate. On a reader's or the writer's thread that may free
a widget that nobody shows any more, and Qt must not free widgets there: the program would crash.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 1_000


class WindowCollector(QObject):
    """Takes the collecting over while it lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._limits, self._was = gc.get_threshold(), gc.isenabled()
        self._aside = False
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the generations that have filled up, as Python itself would."""
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > self._limits[generation]:
                gc.collect(generation)
                return

    def set_aside(self) -> None:
        """Look no more at what is there now; only the first call counts.

        To be called when the program's code is loaded and nothing is shown yet that will go again:
        a full collection would hold the window up for a tenth of a second to find nothing in it.
        """
        if not self._aside:
            self._aside = True
            gc.freeze()

    def stop(self) -> None:
        """Leave the collecting to Python again."""
        self._timer.stop()
        if self._aside:
            gc.unfreeze()
        if self._was:
            gc.enable()
