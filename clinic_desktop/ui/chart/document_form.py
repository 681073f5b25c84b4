"""Names a document that is about to come into the chart."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import PurePath

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.documents_checks import CheckedFile
from clinic_desktop.services.documents_pages import PagePicture, draw_page
from clinic_desktop.ui.chart.document_viewer import pixmap
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.theme.tokens import SPACE_4
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.form import Form

_PREVIEW = 200


class DocumentForm(DrawerForm):
    """A small picture, a title and what kind of document it is. ``accepted(form)``.

    The draft is about this very file: its words are there again when it is added once more.
    ``again`` opens the form anew for words that were given up and are wanted back.
    """

    accepted = Signal(object)

    def __init__(
        self,
        context: Context,
        file: CheckedFile,
        patient_id: uuid.UUID,
        again: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("document")
        self.context, self.file, self._again = context, file, again
        self.picture = QLabel()
        self.picture.setAccessibleName(_("First page"))
        self.title = QLineEdit(PurePath(file.filename).stem)
        self.title.setObjectName("document.title")
        self.title.selectAll()
        self.kind = Select(((text, text) for text in _kinds()), _kinds()[0])
        form = Form()
        self._title_row = form.add(_("Title"), self.title, required=True)
        form.add(_("Kind"), self.kind)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        self.draft = FieldDraft(context, "document", f"{patient_id} {file.sha256}", self)
        column.addWidget(self.draft.notice)
        column.addWidget(form)
        column.addWidget(self.picture)
        column.addStretch(1)
        self.setFocusProxy(self.title)
        self.draft.keep("title", self.title)
        self.draft.keep("kind", self.kind)
        self.draft.begin()
        ratio = self.devicePixelRatioF()
        context.tasks.call(
            self,
            draw_page,
            file.data,
            file.mime,
            0,
            round(_PREVIEW * ratio),
            done=self._show,
        )

    def _show(self, drawn: PagePicture) -> None:
        self.picture.setPixmap(pixmap(drawn, self.devicePixelRatioF()))
        self.picture.setToolTip(isolate(self.file.filename))

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Add to the chart")

    def title_text(self) -> str:
        """The title as it stands."""
        return self.title.text().strip()

    def kind_text(self) -> str:
        """The kind chosen."""
        return str(self.kind.value() or "")

    def may_close(self) -> bool:
        """Esc gives it up; for ten seconds it can be brought back."""
        return self.draft.give_up(self._again)

    def submit(self, print_too: bool) -> None:
        """Add it."""
        self._title_row.set_error("")
        self.accepted.emit(self)

    def refuse(self, error: ClinicError) -> None:
        """The record did not take it."""
        self._title_row.set_error(error.message)
        self.title.setFocus()


def _kinds() -> tuple[str, ...]:
    return (
        _("Letter"),
        _("Laboratory report"),
        _("Imaging"),
        _("Photo"),
        _("Consent"),
        _("Insurance"),
        _("Other document"),
    )
