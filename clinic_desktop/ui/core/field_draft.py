"""The draft of a form made of plain fields: kept as it is typed, given back with a notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.services import drafts
from clinic_desktop.services.drafts import DraftRow
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.draft_keeper import DraftKeeper
from clinic_desktop.ui.core.restored_notice import RestoredNotice
from clinic_desktop.ui.widgets.choices import Select, Tick
from clinic_desktop.ui.widgets.segmented import SegmentedControl
from clinic_desktop.ui.widgets.value_edits import NumberUnitEdit, ParsedEdit

Read = Callable[[], Any]
Write = Callable[[Any], object]
_ABOUT = "about"


class FieldDraft:
    """Tell it of each field, then ``begin``; put ``notice`` above the fields.

    ``about`` is what the form showed when it was typed into. Words typed about something else,
    such as a sum that has been paid since, are not given back.
    """

    def __init__(
        self, context: Context, kind: str, subject: str, form: QWidget, about: object = None
    ) -> None:
        self._context, self._about = context, about
        self._fields: dict[str, tuple[Read, Write]] = {}
        self._first: dict[str, Any] = {}
        self._given_back: dict[str, Any] = {}
        self._begun = False
        self._key = kind, subject
        self.keeper = DraftKeeper(context.tasks, kind, subject, self._body, form)
        self.notice = RestoredNotice(self.start_afresh)
        self.on_afresh: Callable[[], object] = lambda: None

    def keep(self, name: str, field: QWidget) -> None:
        """A field like any other."""
        read, write, changed = access(field)
        self.keep_by(name, read, write, changed)

    def keep_by(self, name: str, read: Read, write: Write, changed: SignalInstance) -> None:
        """A field that is read and written in its own way."""
        self._fields[name] = read, write
        changed.connect(self._on_changed)

    def begin(self) -> None:
        """All fields are there as they begin: put back what was typed before."""
        self._first, self._begun = self._texts(), True
        self.keeper.load(self._restore)

    def belong_to(self, subject: str, fill: Callable[[], object]) -> None:
        """Go on with another row, of which ``fill`` fills the fields."""
        self.keeper.belong_to(subject)
        self._key = self._key[0], subject
        self.notice.hide()
        self._begun = False  # what is filled in was not typed
        fill()
        self.begin()

    def follow(self, name: str) -> None:
        """A field shows what the record holds by now: nobody typed that."""
        self._first[name] = self._fields[name][0]()

    def is_about(self, about: object) -> None:
        """The form shows something newer by now, and what is typed goes over that."""
        self._about = about

    def begin_as(self, other: FieldDraft) -> None:
        """The form began with what another one shows by now."""
        self._first = other._texts()

    def sent_off(self, subject: str) -> None:
        """What was typed for a row is in the record, unless somebody typed on meanwhile."""
        if subject != self._key[1] or not self.is_typed():
            self.keeper.discard(subject)

    def rename(self, subject: str) -> None:
        """The row that the fields are about has got its name; they stay as they are."""
        before, self._key = self._key[1], (self._key[0], subject)
        self.keeper.belong_to(subject)
        self.keeper.discard(before)

    def put_again(self, name: str) -> None:
        """A field has only now got the options of which one was given back."""
        if name in self._given_back:
            self._fields[name][1](self._given_back[name])

    def is_typed(self) -> bool:
        """Whether anything differs from what the form began with."""
        return self._begun and self._texts() != self._first

    def flush(self) -> bool:
        """Save what waits; ``True``, so that a form may close on it."""
        self.keeper.flush()
        return True

    def give_up(self, reopen: Callable[[], object]) -> bool:
        """Esc in a form of the moment: the next person is not to find these words in it.

        For ten seconds ``reopen`` brings them back. ``True``, so that a form may close on it.
        """
        body, tasks = self._body(), self._context.tasks
        if body is None:
            if self.keeper.is_kept:
                self.forget()
            return True
        self.forget()
        kind, subject = self._key

        def bring_back() -> None:
            tasks.write(tasks, drafts.save_draft, kind, subject, body, done=lambda _at: reopen())

        self._context.host.toast(_("Nothing was saved."), bring_back, _("Bring it back"))
        return True

    def forget(self) -> None:
        """The words were sent off, or given up."""
        self.keeper.discard()

    def let_go(self) -> None:
        """Its form was closed for good: what is kept of it, if anything, is wanted no more."""
        if self._begun and (self.is_typed() or self.keeper.is_kept):
            self.forget()

    def rest(self) -> None:
        """The fields show something else from now on, until ``begin`` or ``belong_to``."""
        self.flush()
        self._begun = False
        self.notice.hide()

    def start_afresh(self) -> None:
        """Do without what was given back."""
        self._put(self._first)
        self.forget()
        self.notice.hide()
        self.on_afresh()

    def _texts(self) -> dict[str, Any]:
        return {name: read() for name, (read, _write) in self._fields.items()}

    def _body(self) -> dict[str, Any] | None:
        if not self.is_typed():
            return None
        return self._texts() | ({} if self._about is None else {_ABOUT: self._about})

    def _restore(self, draft: DraftRow | None) -> None:
        if draft is None or not self._begun or self.is_typed():
            return
        if draft.body.get(_ABOUT) != self._about:
            self.forget()
            return
        self._given_back = draft.body
        self._put(draft.body)
        if not self.is_typed() and self._shows(draft.body):  # the record holds it by now
            self.forget()
            return
        self.notice.tell(draft.saved_at, self._context.clock.now())

    def _shows(self, texts: dict[str, Any]) -> bool:
        now = self._texts()
        return all(texts[name] == text for name, text in now.items() if name in texts)

    def _put(self, texts: dict[str, Any]) -> None:
        for name, (_read, write) in self._fields.items():
            if name in texts:
                write(texts[name])

    def _on_changed(self, *_value: object) -> None:
        if self._begun:
            self.keeper.touch()


def access(field: QWidget) -> tuple[Read, Write, SignalInstance]:
    """How a field is read and written as plain values, and how it says that it changed."""
    if isinstance(field, Tick):
        return field.isChecked, lambda value: field.setChecked(bool(value)), field.toggled
    if isinstance(field, SegmentedControl):
        return field.value, field.set_value, field.changed
    if isinstance(field, Select):
        return lambda: str(field.value()), lambda text: _choose(field, text), field.chosen
    if isinstance(field, QPlainTextEdit | QTextEdit):
        return field.toPlainText, lambda text: field.setPlainText(str(text)), field.textChanged
    if isinstance(field, ParsedEdit | NumberUnitEdit):
        return field.text, lambda text: field.set_text(str(text)), field.changed
    if isinstance(field, QLineEdit):
        return field.text, lambda text: field.setText(str(text)), field.textChanged
    raise TypeError(type(field).__name__)


def _choose(field: Select, text: object) -> None:
    """An option that is offered no more, or not yet, leaves the choice as it is."""
    for place in range(field.count()):
        if str(field.itemData(place)) == text:
            field.setCurrentIndex(place)  # not by its value: one that stands for nothing has none
            return
    if text == str(None):  # nothing was chosen
        field.set_value(None)
