"""Says on the command line how far a backup or a restore is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desktop.services.backups.words import stage_words

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output


class StageTeller:
    """Says each stage of the work once."""

    def __init__(self, output: Output) -> None:
        self._output, self._last = output, ""

    def __call__(self, stage: str, _done: int, _total: int) -> None:
        """Hear of a step."""
        if stage != self._last:
            self._last = stage
            self._output.progress(stage_words(stage))
