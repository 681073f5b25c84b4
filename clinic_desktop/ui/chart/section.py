"""What every section of a chart has: a patient, and a way to read again."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from clinic_desktop.errors import ClinicError, ConfidentialError
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.panels import ChartSection

T = TypeVar("T")


class Section(ChartSection):
    """A section of our own; ``tables`` are those whose changes it shows.

    ``lead`` takes the keys when the section is shown.
    """

    tables: ClassVar[tuple[str, ...]] = ()
    permission: ClassVar[str] = "chart.read"
    """Who may see it at all."""
    section_wanted = Signal(str)
    """Another section of the same chart."""
    visit_wanted = Signal()
    """Begin a visit."""
    answered = Signal()
    """An answer of the record stands on the page."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.patient_id: uuid.UUID | None = None
        # Not a focus proxy: with one Tab would pass over everything that stands before it.
        self.lead: QWidget | None = None
        self._asked: dict[str, int] = {}
        self._waiting: set[str] = set()

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is on its way."""
        return bool(self._waiting)

    def set_patient(self, patient_id: uuid.UUID) -> None:
        """Show a patient; the same one again is read anew."""
        if patient_id != self.patient_id:
            self.clear()
            self._waiting.clear()
        self.patient_id = patient_id
        self.refresh()

    def clear(self) -> None:
        """Show nothing: no row of one patient may stand under the name of another."""

    def ask(
        self,
        topic: str,
        query: Callable[..., T],
        *args: Any,
        done: Callable[[T], None],
        **kwargs: Any,
    ) -> None:
        """Ask about the patient; an answer overtaken by a later question is dropped.

        Two threads read, so answers need not come in the order of the questions.
        """
        patient = self.patient_id
        if patient is None:
            return
        number = self._asked[topic] = self._asked.get(topic, 0) + 1
        self._waiting.add(topic)

        def arrived(answer: T) -> None:
            if number == self._asked[topic] and patient == self.patient_id:
                self._waiting.discard(topic)
                done(answer)
                self.answered.emit()

        def refused(error: ClinicError) -> None:
            self._waiting.discard(topic)
            self.answered.emit()
            if not isinstance(error, ConfidentialError):  # the cover of the chart says it
                self.context.tasks.failed.emit(error)

        self.context.tasks.read(self, query, patient, *args, done=arrived, failed=refused, **kwargs)

    def refresh(self) -> None:
        """Read the record again."""
