"""The drawer in which words of two versions are put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.services.conflicts.deciding import Resolve, Resolved, resolve
from clinic_desktop.services.conflicts.listing import ConflictItem
from clinic_desktop.services.conflicts.words import field_name
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.theme.tokens import SPACE_4
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.note_edit import NoteEdit


class ThirdForm(DrawerForm):
    """Begins with what both wrote, the newer below; ``then(resolved)`` when it is decided."""

    def __init__(
        self,
        context: Context,
        item: ConflictItem,
        then: Callable[[Resolved], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.context, self.item, self._then = context, item, then
        self.setObjectName("conflicts.third")
        self.form = Form()
        self.fields: dict[str, NoteEdit] = {}
        self._rows = {}
        for name in item.editable:
            if name in item.fields:
                field = NoteEdit(field_name(name))
                field.setObjectName(f"conflicts.third.{name}")
                field.set_text(_together(item, name))
                self.fields[name] = field
                self._rows[name] = self.form.add(field_name(name), field)
        self._begun = self._typed()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        told = _("Both versions stay in the list of changes; these words stand in the record.")
        column.addWidget(Label(told, wrap=True))
        column.addWidget(self.form)
        column.addStretch(1)
        if self.fields:
            self.setFocusProxy(next(iter(self.fields.values())))

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Keep these words")

    def may_close(self) -> bool:
        """Nothing is lost while nothing was typed: both versions are in the record."""
        return self._typed() == self._begun

    def submit(self, print_too: bool) -> None:
        """Decide for the words in the fields; everything else is of the newest version."""
        newest = max(self.item.versions, key=lambda each: (each.at, each.name))
        wish = Resolve(self.item.row.id, (newest.name,), self._typed())
        self.context.tasks.write_once(self, resolve, wish, done=self._decided, failed=self._refused)

    def _typed(self) -> Mapping[str, str]:
        return {name: field.text() for name, field in self.fields.items()}

    def _decided(self, done: Resolved) -> None:
        self._begun = self._typed()
        self.close_requested.emit()
        self._then(done)

    def _refused(self, error: ClinicError) -> None:
        row = self._rows.get(error.field) if isinstance(error, ValidationError) else None
        if row is None:
            self.context.host.show_error(error)
        else:
            row.set_error(error.message)


def _together(item: ConflictItem, name: str) -> str:
    """Every version's words once, the oldest first."""
    ordered = sorted(item.versions, key=lambda each: (each.at, each.name))
    found = [str(each.values.get(name) or "").strip() for each in ordered]
    return "\n\n".join(dict.fromkeys(filter(None, found)))
