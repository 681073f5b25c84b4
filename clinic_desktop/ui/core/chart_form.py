"""Small forms about one patient that share a shape: fields, and one write."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.ui.core.context import Context, DrawerForm
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
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(SPACE_4)

    def write(self, command: Callable[..., Any], *args: Any, done: Callable[[], None]) -> None:
        """Save; ``done`` follows."""
        for row in self.rows.values():
            row.set_error("")
        self.context.tasks.write_once(
            self, command, *args, done=lambda _result: done(), failed=self._refused
        )

    def _refused(self, error: ClinicError) -> None:
        row = self.rows.get(error.field) if isinstance(error, ValidationError) else None
        if row is None:
            self.context.host.show_error(error)
            return
        row.set_error(error.message)
        row.field.setFocus()
