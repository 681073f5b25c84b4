"""Small forms about one patient that share a shape: fields, and one write."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.theme.tokens import SPACE_4
from clinic_desktop.ui.widgets.form import Form, FormRow


class ChartForm(DrawerForm):
    """A drawer about one patient; refusals are shown at the field they name."""

    def __init__(
        self, context: Context, patient_id: uuid.UUID, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.context, self.patient_id = context, patient_id
        self.form = Form()
        self.rows: dict[str, FormRow] = {}
        self.kept: FieldDraft | None = None
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(SPACE_4)

    def keep_words(self, kind: str, subject: uuid.UUID | None = None, about: object = None) -> None:
        """What is typed outlives a crash and the closed record; say the fields in ``keeping``.

        ``subject`` is the row it is about where that is not the patient.
        """
        self.kept = FieldDraft(self.context, kind, str(subject or self.patient_id), self, about)
        self.column.insertWidget(0, self.kept.notice)
        self.keeping(self.kept)
        self.kept.begin()

    def keeping(self, draft: FieldDraft) -> None:
        """Name the fields of the draft."""

    @property
    def is_typed(self) -> bool:
        """Whether its draft holds anything that is not in the record."""
        return self.kept is not None and self.kept.is_typed()

    def was_closed(self) -> None:
        """It was written, or thrown away in so many words."""
        if self.kept is not None and (self.kept.is_typed() or self.kept.keeper.is_kept):
            self.kept.forget()

    def written(self) -> None:
        """What the fields show is in the record: nothing of it is kept as unfinished."""
        if self.kept is not None:
            self.kept.begin_as(self.kept)
            self.was_closed()

    def write(self, command: Callable[..., Any], *args: Any, done: Callable[[], None]) -> None:
        """Save; ``done`` follows."""
        for row in self.rows.values():
            row.set_error("")

        def done_with(_result: object) -> None:
            done()
            self.written()

        self.context.tasks.write_once(self, command, *args, done=done_with, failed=self._refused)

    def _refused(self, error: ClinicError) -> None:
        row = self.rows.get(error.field) if isinstance(error, ValidationError) else None
        if row is None:
            self.context.host.show_error(error)
            return
        row.set_error(error.message)
        row.field.setFocus()
