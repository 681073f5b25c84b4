"""The drawer of note templates and phrases: what stands behind the slash."""

from __future__ import annotations

import uuid

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.errors import ClinicError, StaleError, ValidationError
from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.services import note_templates
from clinic_desktop.services.encounters_page import WritingAids, writing_aids
from clinic_desktop.services.note_templates import SaveTemplate, TemplateRow
from clinic_desktop.services.notes import NOTE_PARTS, NoteText
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_4
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.note_edit import NoteEdit
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl

TEMPLATES_WIDTH = 560
TEMPLATE, PHRASE = "template", "phrase"


class TemplatesForm(DrawerForm):
    """Begins with the note being written, so that a good note becomes a template at once."""

    def __init__(self, context: Context, text: NoteText, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("templates")
        self.context = context
        self._editing: uuid.UUID | None = None
        self._shown: TemplateRow | None = None
        """The template that is being changed, as it is known here."""
        self._base = 0
        """The version of it that what stands in the fields was typed over."""
        self.kind = SegmentedControl(
            (Option(TEMPLATE, _("Template"), "t"), Option(PHRASE, _("Phrase"), "p")),
            _("What to keep"),
            TEMPLATE,
        )
        self.kind.changed.connect(lambda _value: self._show_kind())
        self.shortcut = QLineEdit()
        self.shortcut.setObjectName("template.shortcut")
        self.name = QLineEdit()
        self.name.setObjectName("template.name")
        self.mine = Tick(_("For me only"))
        self.edits = {
            "subjective": NoteEdit(_("Subjective")),
            "objective": NoteEdit(_("Objective")),
            "assessment": NoteEdit(_("Assessment")),
            "plan": NoteEdit(_("Plan")),
        }
        self.draft = FieldDraft(context, "template", "", self)
        self.form = Form()
        self._build_form()
        self.listed = FactList(_("No templates yet."))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        for widget in (self.draft.notice, self.kind, self.form, self.mine, self.listed):
            column.addWidget(widget)
        column.addStretch(1)
        self.setFocusProxy(self.shortcut)
        self._fill(text)
        self._keep()
        context.tasks.committed.connect(self._on_committed)
        self._load()

    def _keep(self) -> None:
        fields = {"shortcut": self.shortcut, "name": self.name, **self.edits, "mine": self.mine}
        for name, field in fields.items():
            self.draft.keep(name, field)
        self.draft.keep_by("kind", self.kind.value, self._take_kind, self.kind.changed)
        self.draft.keep_by("base", lambda: self._base, self._take_base, self.kind.changed)
        self.draft.begin()

    def _take_kind(self, value: object) -> None:
        self.kind.set_value(PHRASE if value == PHRASE else TEMPLATE)
        self._show_kind()

    def _take_base(self, value: object) -> None:
        self._base = value if isinstance(value, int) else self._base

    def _build_form(self) -> None:
        self._rows = {
            "shortcut": self.form.add(
                _("Shortcut"), self.shortcut, required=True, hint=_("Typed after the slash: uri")
            ),
            "name": self.form.add(pgettext("of a thing", "Name"), self.name, required=True),
        }
        hint = _("Blanks to fill stand in brackets: ⟦how long⟧.")
        for part, edit in self.edits.items():
            shown = hint if part == "subjective" else ""
            self._rows[part] = self.form.add(edit.accessibleName(), edit, hint=shown)

    def _fill(self, text: NoteText) -> None:
        for part, edit in self.edits.items():
            edit.set_text(getattr(text, part))

    def _is_phrase(self) -> bool:
        return self.kind.value() == PHRASE

    def _show_kind(self) -> None:
        for part in ("name", "objective", "assessment", "plan"):
            self._rows[part].setVisible(not self._is_phrase())
        words = _("Words") if self._is_phrase() else _("Subjective")
        self._rows["subjective"].label.setText(words)
        self.mine.setVisible(not self._is_phrase())
        self.primary_changed.emit()

    # -- the list -----------------------------------------------------------------

    def _load(self) -> None:
        self.context.tasks.read(self, writing_aids, done=self._show)

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("note_template", "favourite"):
            self._load()

    def _show(self, aids: WritingAids) -> None:
        newer = next((row for row in aids.templates if row.id == self._editing), None)
        if newer is not None and self._shown is not None and newer.version != self._base:
            self._follow(self._shown, newer)
        facts = [self._template_fact(row) for row in aids.templates]
        facts += [Fact(row.id, row.words, f"/{row.shortcut}") for row in aids.phrases]
        self.listed.show_facts(facts)

    def _template_fact(self, row: TemplateRow) -> Fact:
        name = isolate(row.name)
        actions = (
            FactAction(Icon.EDIT, _("Edit {name}").format(name=name), lambda: self._edit(row)),
            FactAction(
                Icon.ARCHIVE,
                _("Offer {name} no more").format(name=name),
                lambda: self._retire(row),
            ),
        )
        owner = pgettext("template", "mine") if row.is_mine else pgettext("template", "everyone’s")
        return Fact(row.id, row.name, f"/{row.shortcut} · {owner}", actions=actions)

    def _edit(self, row: TemplateRow) -> None:
        self._editing = row.id
        self.draft.belong_to(str(row.id), lambda: self._show_template(row))
        self.shortcut.setFocus()

    def _follow(self, before: TemplateRow, newer: TemplateRow) -> None:
        """Somebody else changed it: fields left alone follow, beside the others it is said."""
        was, now = _values(before), _values(newer)
        fields: dict[str, QLineEdit | NoteEdit] = {"name": self.name, "shortcut": self.shortcut}
        for name, edit in {**fields, **self.edits}.items():
            mine = edit.text()
            if now[name] in {was[name], mine}:
                continue
            if mine == was[name]:
                edit.set_text(now[name]) if isinstance(edit, NoteEdit) else edit.setText(now[name])
            else:
                words = _("Changed by somebody else meanwhile to: {value}")
                self._rows[name].set_warning(words.format(value=isolate(now[name]) or "–"))
        if self.mine.isChecked() == before.is_mine:
            self.mine.setChecked(newer.is_mine)
        self._shown, self._base = newer, newer.version

    def _show_template(self, row: TemplateRow) -> None:
        self._shown, self._base = row, row.version
        self._take_kind(TEMPLATE)
        self.shortcut.setText(row.shortcut)
        self.name.setText(row.name)
        self.mine.setChecked(row.is_mine)
        self._fill(row.text)

    def _retire(self, row: TemplateRow) -> None:
        def undo() -> None:
            self.context.tasks.write(self, note_templates.retire_template, row.id, active=True)

        def done(_none: None) -> None:
            said = _("{name} is offered no more.").format(name=isolate(row.name))
            self.context.host.toast(said, undo)
            self._load()

        self.context.tasks.write(
            self,
            note_templates.retire_template,
            row.id,
            done=done,
            failed=self.context.host.show_error,
        )

    # -- saving -------------------------------------------------------------------

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Save phrase") if self._is_phrase() else _("Save template")

    def may_close(self) -> bool:
        """A template half written is kept as a draft."""
        return self.draft.flush()

    def submit(self, print_too: bool) -> None:
        """Keep what stands in the fields."""
        for row in self._rows.values():
            row.set_error("")
        if self._is_phrase():
            words = self.edits["subjective"].text()
            self.context.tasks.write_once(
                self, note_templates.save_phrase, self.shortcut.text(), words,
                done=self._saved, failed=self._refused,
            )  # fmt: skip
            return
        wish = SaveTemplate(
            self.name.text(),
            self.shortcut.text(),
            NoteText(**{part: edit.text() for part, edit in self.edits.items()}),
            self.context.language.language,
            self.mine.isChecked(),
            self._editing,
            self._base if self._editing else None,
        )
        self.context.tasks.write_once(
            self, note_templates.save_template, wish, done=self._saved, failed=self._refused
        )

    def _saved(self, _id: uuid.UUID) -> None:
        said = _("Kept behind /{shortcut}.").format(shortcut=self.shortcut.text().strip())
        self.context.host.toast(said)
        self.draft.forget()
        self.close_requested.emit()

    def _refused(self, error: ClinicError) -> None:
        if isinstance(error, StaleError):
            self._load()  # what it is now is said beside the fields
        field = error.field if isinstance(error, ValidationError) else ""
        row = self._rows.get({"text": "subjective", "words": "subjective"}.get(field, field))
        if row is None:
            self.context.host.show_error(error)
            return
        row.set_error(error.message)
        row.field.setFocus()


def _values(row: TemplateRow) -> dict[str, str]:
    parts = {part: getattr(row.text, part) for part in NOTE_PARTS}
    return {"name": row.name, "shortcut": row.shortcut, **parts}
