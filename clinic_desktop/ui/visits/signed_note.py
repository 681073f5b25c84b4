"""A signed visit: read as it was signed, added to below."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from clinic_desktop.domain.terms import plain_term
from clinic_desktop.domain.vitals import VitalKind
from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.encounters_page import VisitPage
from clinic_desktop.services.notes import ADDENDUM, NOTE_PARTS, NoteRow
from clinic_desktop.services.observations_words import (
    BLOOD_PRESSURE,
    unit_words,
    value_words,
    vital_name,
)
from clinic_desktop.ui.core.dispute_words import undecided_words, versions_words
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import rule
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.note_edit import NoteEdit
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.roles import give_role


class SignedNote(QWidget):
    """``addendum_wanted(words)`` when an addendum is to be signed."""

    addendum_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Signed note"))
        give_role(self, QAccessible.Role.Document)
        self._words = QWidget()
        self._grid = QGridLayout(self._words)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_3)
        self._grid.setVerticalSpacing(SPACE_2)
        self._grid.setColumnStretch(1, 1)
        self.addendum = NoteEdit(_("Addendum"), _("Add to this visit; what is signed stays."))
        self.addendum.setObjectName("visit.addendum")
        self.sign = Button(_("Sign addendum"), "secondary")
        self.sign.setObjectName("visit.sign-addendum")
        self.sign.clicked.connect(lambda: self.addendum_wanted.emit(self.addendum.text()))
        self.sign.setEnabled(False)
        self.addendum.textChanged.connect(
            lambda: self.sign.setEnabled(bool(self.addendum.text().strip()))
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(*[SPACE_2] * 4)  # the ring of the focus stays off the words
        column.setSpacing(SPACE_3)
        column.addWidget(self._words)
        self._rule = rule()
        column.addWidget(self._rule)
        column.addWidget(self.addendum)
        column.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignLeft)

    def show_page(self, page: VisitPage) -> None:
        """Show a signed visit."""
        while (item := self._grid.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for note in page.notes:
            self._add_note(page, note)
        if not page.notes:
            self._line(0, pgettext("note letter", "O"), _measured(page))
            self._line(1, pgettext("note letter", "A"), _diagnoses(page))
        for text in page.texts:
            row = self._grid.rowCount()
            self._grid.addWidget(Label(text.row.title, "strong"), row, 1)
            self._line(row + 1, "", text.words)
        if not (page.notes or page.texts):
            self._line(self._grid.rowCount(), "", _("No note."))
        for widget in (self._rule, self.addendum, self.sign):
            widget.setVisible(page.takes_addenda)

    def _add_note(self, page: VisitPage, note: NoteRow) -> None:
        row = self._grid.rowCount()
        if note.kind == ADDENDUM:
            self._line(row, "＋", note.text.subjective)
        else:
            for place, (letter, words) in enumerate(_lines(page, note)):
                self._line(row + place, letter, words)
        row = self._grid.rowCount()
        self._grid.addWidget(Label(_signature(note), "caption", "muted", wrap=True), row, 1)
        if not note.is_whole:
            broken = Notice(Tone.DANGER, _("This text is not what was signed."))
            self._grid.addWidget(broken, row + 1, 1)

    def _line(self, row: int, letter: str, words: str) -> None:
        if not words:
            return
        text = Label(words, wrap=True)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._grid.addWidget(Label(letter, "title", "accent"), row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(text, row, 1)

    def clear_addendum(self) -> None:
        """The addendum was signed."""
        self.addendum.set_text("")


def _lines(page: VisitPage, note: NoteRow) -> list[tuple[str, str]]:
    letters: dict[str, Callable[[], str]] = {
        "subjective": lambda: pgettext("note letter", "S"),
        "objective": lambda: pgettext("note letter", "O"),
        "assessment": lambda: pgettext("note letter", "A"),
        "plan": lambda: pgettext("note letter", "P"),
    }
    parts = {part: getattr(note.text, part) for part in NOTE_PARTS}
    parts["objective"] = "\n".join(filter(None, (_measured(page), parts["objective"])))
    parts["assessment"] = "\n".join(filter(None, (_diagnoses(page), parts["assessment"])))
    return [(letters[part](), words) for part, words in parts.items()]


def _measured(page: VisitPage) -> str:
    here = dict(page.vitals.here)
    upper, lower = here.get(VitalKind.SYSTOLIC), here.get(VitalKind.DIASTOLIC)
    words = []
    if upper is not None and lower is not None:
        del here[VitalKind.SYSTOLIC], here[VitalKind.DIASTOLIC]
        both = f"{current().number(upper.value)}/{current().number(lower.value)}"
        pressure = isolate(f"{both} {unit_words(upper.unit)}")
        words.append(f"{vital_name(BLOOD_PRESSURE)} {pressure}")
    words += [
        f"{vital_name(each.kind)} {value_words(each.value, each.unit)}" for each in here.values()
    ]
    return "\n".join(filter(None, (" · ".join(words), versions_words(page.vitals.here_versions))))


def _diagnoses(page: VisitPage) -> str:
    return "\n".join(
        " ".join(
            filter(
                None,
                (
                    plain_term(each.term.display),
                    _code(each.term.code),
                    undecided_words() if each.is_disputed else "",
                ),
            )
        )
        for each in page.diagnoses
    )


def _code(code: str) -> str:
    return "" if code.isdigit() else isolate(code)


def _signature(note: NoteRow) -> str:
    when = current().datetime(note.signed_at or note.written_at)
    if note.signed_at is None:
        return _("Written {date}, not signed").format(date=isolate(when))
    if not note.author:
        return _("Signed {date}").format(date=isolate(when))
    return _("Signed by {name}, {date}").format(name=isolate(note.author), date=isolate(when))
