"""The sheet that holds the note: open to write, or signed to read."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.domain.terms import plain_term
from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.encounters_page import VisitPage
from clinic_desktop.services.notes import NOTE_PARTS, NoteText
from clinic_desktop.ui.chart.words import visit_versions
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2, Tone
from clinic_desktop.ui.visits.next_steps import NextSteps
from clinic_desktop.ui.visits.note_panel import NotePanel
from clinic_desktop.ui.visits.signed_note import SignedNote
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.column import Column, scrolled
from clinic_desktop.ui.widgets.notice import Notice


class NoteSheet(QWidget):
    """A card that scrolls, with notices above the note."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card = Card(_("Visit"), parent=self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.card)
        self.column = Column()
        self.column.body.setContentsMargins(SPACE_1, 0, SPACE_1, 0)
        self.card.add(scrolled(self.column), 1)
        notices = QWidget(self.column)
        self._notices = QVBoxLayout(notices)
        self._notices.setContentsMargins(0, 0, 0, 0)
        self._notices.setSpacing(SPACE_2)
        self.column.body.addWidget(notices)
        self.undecided = Notice(Tone.WARN, "", parent=self.column)
        self.undecided.setObjectName("visit.undecided")
        self.undecided.hide()
        self.column.body.addWidget(self.undecided)

    def hold(self, note: NotePanel, signed: SignedNote, steps: NextSteps) -> None:
        """Take the parts in, made as children of ``column``."""
        self._note, self._signed, self._steps = note, signed, steps
        for widget in (steps, note, signed):
            self.column.body.addWidget(widget)
        self.column.body.addStretch(1)
        for hidden in (steps, signed):
            hidden.hide()

    def show_visit(self, page: VisitPage) -> None:
        """Name the visit, and show the note to write or the one that was signed."""
        signed = not page.is_open
        day = current().datetime(page.visit.start_at)
        kind = plain_term(page.visit.kind or page.visit.reason)
        title = _("Visit · {kind}").format(kind=kind) if kind else _("Visit")
        kept = _("Kept in confidence") if page.is_kept else ""
        self.card.header.set_title(title, " · ".join(filter(None, (isolate(day), kept))))
        self._note.setVisible(not signed)
        self._signed.setVisible(signed)
        self._steps.setVisible(page.visit.is_signed)
        self._show_undecided(page)
        if signed:
            self.clear_notices()

    def _show_undecided(self, page: VisitPage) -> None:
        """What another PC wrote in the note's place stands beside it until somebody decides."""
        words = [words for note in page.notes for text in note.others for words in _words(text)]
        heads = visit_versions(page.visit)
        title = _("Another PC wrote this note differently, and nobody has decided")
        if heads:
            title = _("Another PC wrote this visit differently, and nobody has decided")
        words = [*heads, *words]
        self.undecided.set_words(Tone.WARN, title, "\n".join(words))
        self.undecided.setVisible(bool(words))

    def add_notice(self, notice: Notice) -> None:
        """Say something above the note; the focus stays where it is."""
        self._notices.addWidget(notice)
        notice.show()
        notice.say()

    def clear_notices(self) -> None:
        """Take them all away."""
        while (item := self._notices.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()


def _words(text: NoteText) -> list[str]:
    """The parts of a note that hold anything, each named by its letter."""
    letters = {
        "subjective": pgettext("note letter", "S"),
        "objective": pgettext("note letter", "O"),
        "assessment": pgettext("note letter", "A"),
        "plan": pgettext("note letter", "P"),
    }
    return [f"{letters[part]}  {getattr(text, part)}" for part in NOTE_PARTS if getattr(text, part)]
