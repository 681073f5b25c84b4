"""The note: four fields in a row of letters, templates behind the slash, blanks behind Tab."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from clinic_desktop.domain.note_blanks import slash_parts
from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.services.encounters_page import WritingAids
from clinic_desktop.services.notes import NOTE_PARTS, NoteText
from clinic_desktop.ui.core.panels import SlashWord
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import toggle
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.note_edit import NoteEdit
from clinic_desktop.ui.widgets.suggestions import Suggestion

MOST_ITEMS = 8


class NotePanel(QWidget):
    """The four parts of a note; ``between`` are widgets that stand after a part.

    ``edited`` on each change by a person, ``action_wanted(name, rest)`` when a ``/`` word asks
    for something else than text.
    """

    edited = Signal()
    action_wanted = Signal(str, str)

    def __init__(self, between: dict[str, QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._aids = WritingAids()
        self._words: tuple[SlashWord, ...] = ()
        self.edits: dict[str, NoteEdit] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE_3)
        grid.setVerticalSpacing(SPACE_2)
        grid.setColumnStretch(1, 1)
        for part, (letter, name, hint) in _parts().items():
            edit = NoteEdit(name, hint, lines=1)
            edit.setObjectName(f"note.{part}")
            edit.edited.connect(self.edited)
            edit.slash_wanted.connect(lambda word, e=edit: e.show_slash(word, self._offer(word)))
            edit.slash_taken.connect(lambda item, p=part: self._take(p, item))
            mark = Label(letter, "title", "accent")
            mark.setToolTip(name)
            mark.setBuddy(edit)
            row = grid.rowCount()
            grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(edit, row, 1)
            if part in between:
                grid.addWidget(between[part], row + 1, 1)
            self.edits[part] = edit
        self.setFocusProxy(self.edits["subjective"])
        self._dress()

    def set_aids(self, aids: WritingAids) -> None:
        """What the ``/`` menu offers."""
        self._aids = aids

    def set_words(self, words: Sequence[SlashWord]) -> None:
        """The ``/`` words that do something."""
        self._words = tuple(words)

    def text(self) -> NoteText:
        """The note as it stands in the fields."""
        return NoteText(**{part: edit.text() for part, edit in self.edits.items()})

    def set_text(self, text: NoteText) -> None:
        """Show a note; no signal follows."""
        for part, edit in self.edits.items():
            edit.set_text(getattr(text, part))

    def insert(self, part: str, words: str) -> None:
        """Put words at the end of a part, as if they had been typed."""
        edit = self.edits[part]
        edit.moveCursor(QTextCursor.MoveOperation.End)
        edit.insert_text(f"\n{words}" if edit.text().strip() else words)

    def blanks_left(self) -> int:
        """How many blanks are still to be filled."""
        return sum(edit.blanks_left() for edit in self.edits.values())

    def go_to_first_blank(self) -> bool:
        """Put the caret on the first blank of the note; whether there is one."""
        return self._go_to_blank(list(self.edits.values()))

    def changeEvent(self, event: QEvent) -> None:
        """High contrast outlines the fields."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "edits"):
            self._dress()

    def _dress(self) -> None:
        for edit in self.edits.values():
            toggle(edit, "kind", "" if look().high_contrast else "bare")

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002 - Qt's name
        """Tab goes on to the blanks of the parts below before it leaves the note."""
        edits = list(self.edits.values())
        here = QApplication.focusWidget()
        if next and isinstance(here, NoteEdit) and here in edits:
            below = edits[edits.index(here) + 1 :]
            if self._go_to_blank(below):
                return True
        return super().focusNextPrevChild(next)

    def _go_to_blank(self, edits: list[NoteEdit]) -> bool:
        for edit in edits:
            if edit.blanks_left():
                edit.setFocus(Qt.FocusReason.TabFocusReason)
                edit.moveCursor(QTextCursor.MoveOperation.Start)
                return edit.next_blank()
        return False

    # -- the slash menu -----------------------------------------------------------

    def _offer(self, word: str) -> list[Suggestion]:
        name, rest = slash_parts(word)
        found = [
            Suggestion(("template", row), row.name, row.text.subjective, f"/{row.shortcut}",
                       Icon.NOTE)
            for row in self._aids.templates
            if row.shortcut.startswith(name) or name in row.name.casefold()
        ]  # fmt: skip
        found += [
            Suggestion(("phrase", row.words), row.words, "", f"/{row.shortcut}", Icon.PASTE)
            for row in self._aids.phrases
            if row.shortcut.startswith(name)
        ]
        found += [
            Suggestion(("action", (each.name, rest)), each.title, "", f"/{each.name}", each.icon)
            for each in self._words
            if each.name.startswith(name)
        ]
        # What was typed in full comes first: Enter must do what its author meant.
        found.sort(key=lambda item: item.note != f"/{name}")
        return found[:MOST_ITEMS]

    def _take(self, part: str, item: Suggestion) -> None:
        kind, what = item.value
        takers: dict[str, Callable[[], None]] = {
            "template": lambda: self.use_template(part, what.text),
            "phrase": lambda: self.edits[part].insert_text(what),
            "action": lambda: self.action_wanted.emit(*what),
        }
        takers[kind]()

    def use_template(self, part: str, text: NoteText) -> None:
        """Put a template in: at the caret of the part being written, below what others hold."""
        for each in NOTE_PARTS:
            words = getattr(text, each)
            if words and each == part:
                self.edits[each].insert_text(words)
            elif words:
                self.insert(each, words)
        if not self.go_to_first_blank():
            self.edits[part].setFocus(Qt.FocusReason.OtherFocusReason)


def _parts() -> dict[str, tuple[str, str, str]]:
    return {
        "subjective": (
            pgettext("note letter", "S"),
            _("Subjective"),
            _("What the person tells. Type / for templates."),
        ),
        "objective": (pgettext("note letter", "O"), _("Objective"), _("What you find.")),
        "assessment": (
            pgettext("note letter", "A"),
            _("Assessment"),
            _("What you make of it."),
        ),
        "plan": (
            pgettext("note letter", "P"),
            _("Plan"),
            _("{word}  {other}  or type…").format(word=isolate("/rx"), other=isolate("/fu 2w")),
        ),
    }
