"""Templates that a note begins from."""

from __future__ import annotations

import uuid

from PySide6.QtWidgets import QPlainTextEdit

from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.services import note_templates
from clinic_desktop.services.note_templates import SaveTemplate, TemplateRow
from clinic_desktop.services.notes import NOTE_PARTS, NoteText
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.settings.line_form import LineForm
from clinic_desktop.ui.settings.schedule_lines import LinesPage
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Tick

_LINES = 4


class TemplatesPage(LinesPage):
    """A word behind a slash puts a template into the note."""

    def __init__(self, context: Context) -> None:
        words = (
            _("Note templates"),
            _("Type / and the letters in a note. Tab goes from blank to blank: ⟦how long⟧."),
            _("Add a template"),
        )
        columns = (
            Column("name", pgettext("of a thing", "Name"), lambda row: Cell(row.name),
                   CellKind.STRONG, 22, stretch=True),
            Column("shortcut", _("Letters"), lambda row: Cell(isolate(f"/{row.shortcut}")),
                   letters=12),
            Column("whose", pgettext("column", "Whose"), _whose, letters=18, drop=1),
        )  # fmt: skip
        super().__init__(context, words, columns, note_templates.templates, "note_template")

    def form(self, row: TemplateRow | None) -> LineForm:
        """The drawer for a template."""
        return TemplateLine(self._context, row)


def _whose(row: TemplateRow) -> Cell:
    return Cell(_("only mine") if row.is_mine else _("of the practice"))


class TemplateLine(LineForm):
    """Name, letters and the four parts."""

    def __init__(self, context: Context, row: TemplateRow | None) -> None:
        super().__init__(context, note_templates.save_template, row)
        self.draft = FieldDraft(context, "template", str(row.id) if row else "", self)
        self.column.insertWidget(0, self.draft.notice)
        self.active.hide()
        self.name = self.line("name", pgettext("of a thing", "Name"), row.name if row else "")
        self.shortcut = self.line(
            "shortcut", _("Letters"), row.shortcut if row else "", hint=_("One word, such as uri")
        )
        titles = {
            "subjective": pgettext("note", "Subjective"),
            "objective": pgettext("note", "Objective"),
            "assessment": pgettext("note", "Assessment"),
            "plan": pgettext("note", "Plan"),
        }
        self.parts: dict[str, QPlainTextEdit] = {}
        for part in NOTE_PARTS:
            edit = QPlainTextEdit(getattr(row.text, part) if row else "")
            edit.setTabChangesFocus(True)
            edit.setFixedHeight(look().metrics().lineSpacing() * _LINES)
            edit.setObjectName(f"template.{part}")
            self.parts[part] = edit
            self.rows[part] = self.fields.add(titles[part], edit)
        self.rows["text"] = self.rows[NOTE_PARTS[0]]
        self.mine = Tick(_("Only for me"))
        self.mine.setChecked(bool(row and row.is_mine))
        self.fields.add(pgettext("column", "Whose"), self.mine)
        kept = {"shortcut": self.shortcut, "name": self.name, **self.parts, "mine": self.mine}
        for name, field in kept.items():
            self.draft.keep(name, field)
        self.draft.begin()
        if row is not None:
            retire = Button(_("Take this template out of use"), "danger")
            retire.setObjectName("template.retire")
            retire.clicked.connect(self._on_retire)
            self.fields.add("", retire)

    def may_close(self) -> bool:
        """What is typed is kept as a draft."""
        return self.draft.flush()

    def follow(self, newer: LineForm) -> None:
        """What somebody else wrote was not typed here."""
        super().follow(newer)
        if isinstance(newer, TemplateLine):
            self.draft.begin_as(newer.draft)

    def _done(self, key: uuid.UUID) -> None:
        self.draft.forget()
        super()._done(key)

    def wish(self) -> SaveTemplate:
        """The template as typed."""
        texts = {part: edit.toPlainText() for part, edit in self.parts.items()}
        return SaveTemplate(
            name=self.name.text(),
            shortcut=self.shortcut.text().lstrip("/"),
            text=NoteText(**texts),
            language=self.row.language if self.row else "",
            is_mine=self.mine.isChecked(),
            template_id=self.row.id if self.row else None,
            base=self.base,
        )

    def _on_retire(self) -> None:
        row = self.row
        if row is None:
            return
        context = self._context

        def use_again() -> None:
            # The drawer is gone by then; the way around stays as long as the desk does.
            owner = context.navigator
            context.tasks.write(owner, note_templates.retire_template, row.id, active=True)

        def retired(_nothing: None) -> None:
            self.close_requested.emit()
            words = _("“{name}” is out of use.").format(name=isolate(row.name))
            context.host.toast(words, use_again, _("Undo"))

        retire = note_templates.retire_template
        context.tasks.write(self, retire, row.id, done=retired, failed=self._failed)
