"""What stands on the practice's paper, with a look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError, StaleError, ValidationError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services import practice
from clinic_desktop.services.papers import trying
from clinic_desktop.services.papers.making import MadePaper
from clinic_desktop.services.practice import PracticeDetails
from clinic_desktop.ui.core import spool
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.preview import PreviewForm
from clinic_desktop.ui.core.print_desk import PREVIEW_WIDTH
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.setup.logo_field import LogoField
from clinic_desktop.ui.setup.practice_fields import FIELDS, PracticeFields
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.form import Form


class PracticePage(SettingsPage):
    """Each field is kept when it is left; words in one that nobody has left are a draft."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Practice and letterhead"),
            _("What stands on every paper."),
            Scope.CLINIC,
        )
        self._details: PracticeDetails | None = None
        self._sent: dict[str, object] = {}
        """What was written from here last, by field."""
        self.fields = PracticeFields()
        self.fields.edited.connect(self._on_field)
        self.logo = LogoField(partial(context.tasks.call, self))
        self.logo.picked.connect(self._on_logo)
        self.footer = QLineEdit()
        self.footer.setObjectName("practice.footer")
        self.footer.editingFinished.connect(self._on_footer)
        self.preprinted = Tick(_("Our paper already carries head and foot"))
        self.preprinted.setObjectName("practice.preprinted")
        self.preprinted.clicked.connect(lambda on: self._change_letterhead("preprinted", bool(on)))
        letterhead = Form()
        letterhead.add(_("Foot of each page"), self.footer, hint=_("Bank, opening hours, thanks."))
        letterhead.add(_("Printed paper"), self.preprinted,
                       hint=_("Their place stays empty then."))  # fmt: skip
        self.look = Button(_("Look at a sample invoice"), icon=Icon.SHOW)
        self.look.setObjectName("practice.sample")
        self.look.clicked.connect(self._on_look)
        cards = (
            self.add_card(_("Practice"), self.fields),
            self.add_card(_("Letterhead"), self.logo, letterhead, self.look),
        )
        for card in cards:
            card.setEnabled(allowed(context.actor, "practice.write"))
        self.draft = FieldDraft(context, "practice", "", self)
        self._page.column.insertWidget(0, self.draft.notice)
        self._typed_into = {**self.fields.edits(), "footer": self.footer}
        for name, field in self._typed_into.items():
            self.draft.keep_by(name, field.text, partial(_give_back, field), field.textChanged)
        self.end()

    def load(self) -> None:
        """What is kept now."""
        self.context.tasks.read(self, practice.details, done=self._show)

    def _show(self, found: PracticeDetails) -> None:
        before, self._details = self._details, found
        self.fields.set_values({name: getattr(found, name) for name in FIELDS})
        self.logo.show_logo(found.logo)
        known = {str(_value(each, "footer")) for each in (before, found) if each is not None}
        is_typed = self.footer.isModified() and self.footer.text().strip() not in known
        if not (self.footer.hasFocus() or is_typed):
            self.footer.setText(str(_value(found, "footer")))
        if before is None:
            self.draft.begin()
        else:
            self._settle(found)
        self.preprinted.setChecked(bool(found.letterhead.get("preprinted", False)))

    def _settle(self, found: PracticeDetails) -> None:
        """What the record holds is unfinished no more."""
        for name, field in self._typed_into.items():
            if field.text().strip() == _value(found, name):
                self.draft.follow(name)
        if self.draft.keeper.is_kept and not self.draft.is_typed():
            self.draft.forget()
            self.draft.notice.hide()

    def _on_field(self, name: str) -> None:
        if self._details is not None:
            self._change(name, getattr(self._details, name), self.fields.values()[name])

    def _on_footer(self) -> None:
        text = self.footer.text().strip()
        if self._details is not None and text != self._details.letterhead.get("footer", ""):
            self._change_letterhead("footer", text)

    def _change_letterhead(self, name: str, value: object) -> None:
        if self._details is not None:
            self._change(name, _value(self._details, name), value)

    def _change(self, field: str, seen: object, value: object, *, is_undo: bool = False) -> None:
        """Change what is in the record now, so that quick changes follow each other.

        Nothing is written over what somebody else wrote into this field and was not ``seen``.
        """
        mine = {seen, self._sent.get(field, seen)}
        self._sent[field] = value

        def write(found: PracticeDetails) -> None:
            if not isinstance(value, bool) and _value(found, field) not in mine:
                self._overtaken(found, field)
                return
            self.context.tasks.write(
                self,
                practice.change_details,
                _changed(found, field, value),
                done=lambda _nothing: self._kept(field, seen, value, is_undo=is_undo),
                failed=lambda error: self._failed(error, field),
            )

        self.context.tasks.read(self, practice.details, done=write)

    def _overtaken(self, found: PracticeDetails, field: str) -> None:
        """What was typed stays; left once more, it goes over the other change."""
        self._details, theirs = found, str(_value(found, field))
        self._sent.pop(field, None)
        words = _("Changed by somebody else meanwhile to: {value}")
        words = words.format(value=isolate(theirs) or "–")
        if field in FIELDS:
            self.fields.tell_of_change(field, theirs, words)
        else:
            self.refuse(StaleError(words, kept=_("What you typed is still here.")))

    def _kept(self, field: str, before: object, value: object, *, is_undo: bool) -> None:
        self.load()
        if field == "name":
            self._rename()
        back = None if is_undo else lambda: self._change(field, value, before, is_undo=True)
        self.said(_("Kept."), back)

    def _rename(self) -> None:
        """The lock screen shows the name too."""

        def rename(found: PracticeDetails) -> None:
            self.context.tasks.call(self, self.context.clinic.rename, found.name)

        self.context.tasks.read(self, practice.details, done=rename)

    def _failed(self, error: ClinicError, field: str) -> None:
        if isinstance(error, ValidationError) and field in FIELDS:
            self.fields.show_error(field, error.message)
            self.fields.focus(field)
        else:
            self.refuse(error)

    def _on_logo(self, png: bytes, _path: str) -> None:
        old = self._details.logo if self._details else b""
        self._write_logo(png, lambda: self._write_logo(old, None))

    def _write_logo(self, png: bytes, undo: Callable[[], None] | None) -> None:
        def kept(_nothing: None) -> None:
            self.load()
            self.said(_("Kept."), undo)

        self.context.tasks.write(self, practice.change_logo, png, done=kept, failed=self.refuse)

    def _on_look(self) -> None:
        self.context.tasks.read(self, trying.sample_invoice, done=self._draw)

    def _draw(self, made: MadePaper) -> None:
        self.context.tasks.call(
            self, spool.pictures, made.pdf, done=lambda pictures: self._preview(made, pictures)
        )

    def _preview(self, made: MadePaper, pictures: list[spool.Picture]) -> None:
        form = PreviewForm(made, pictures, can_print=False)
        form.save_wanted.connect(lambda path: self._save(made, path))
        self.context.host.show_drawer(form, _("Sample invoice"), width=PREVIEW_WIDTH)

    def _save(self, made: MadePaper, path: str) -> None:
        def saved(where: str) -> None:
            self.said(_("Saved in {place}.").format(place=isolate(where)))

        self.context.tasks.call(self, spool.save, made, path, done=saved, failed=self.refuse)


def _give_back(field: QLineEdit, text: object) -> None:
    """As if it were being typed: it is kept when the field is left."""
    if field.text() != text:
        field.setText(str(text))
        field.setModified(True)
        field.setFocus(Qt.FocusReason.OtherFocusReason)


def _value(details: PracticeDetails, field: str) -> object:
    """A field of the practice, or of its letterhead."""
    return getattr(details, field) if field in FIELDS else details.letterhead.get(field, "")


def _changed(details: PracticeDetails, field: str, value: object) -> PracticeDetails:
    if field in FIELDS:
        new: dict[str, Any] = {field: value}
        return replace(details, **new)
    return replace(details, letterhead={**details.letterhead, field: value})
