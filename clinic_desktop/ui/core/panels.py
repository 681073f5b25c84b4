"""Parts of one feature that stand inside a screen of another; the shell puts them together."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from clinic_desktop.ui.core.context import Context


@dataclass(frozen=True)
class SlashWord:
    """A word behind a slash that does something."""

    name: str
    title: str
    icon: str


class VisitPanel(QWidget):
    """Stands beside the note of a visit: prescribing, orders."""

    changed = Signal()
    """What the visit could print or bill has changed."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context

    def set_visit(self, patient_id: uuid.UUID, encounter_id: uuid.UUID, *, is_open: bool) -> None:
        """Belong to a visit; one that is signed is only looked at."""

    def slash_words(self) -> tuple[SlashWord, ...]:
        """What it can be asked for from within the note: ``/rx``, ``/ref``, ``/sick``."""
        return ()

    def begin(self, name: str, rest: str) -> None:
        """Take the focus for one of these words; ``rest`` is what was typed after it."""

    def can_print(self) -> bool:
        """Whether there is a paper to print now."""
        return False

    def print_papers(self) -> None:
        """Print what was made in this visit."""


class ChartSection(QWidget):
    """A section of a chart that belongs to another feature: billing."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context

    def set_patient(self, patient_id: uuid.UUID) -> None:
        """Show a patient's rows."""


VisitPanelFactory = Callable[[Context, QWidget], VisitPanel]
ChartSectionFactory = Callable[[Context, QWidget], ChartSection]
"""Given the context and the parent."""
