"""Where questions between PCs are told of: a place on the rail while there are any, and a word.

What could harm, or is about care, comes up again over every screen when nobody has decided it for
a day. It can be put off for another day; it never stands in the way of work.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QToolButton

from clinic_desktop.db.journal import Changes
from clinic_desktop.i18n import _, current, ngettext, pgettext
from clinic_desktop.services.conflicts import listing
from clinic_desktop.services.conflicts.listing import OpenQuestion
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.notice import Notice

LONG = timedelta(hours=24)
"""After so long nobody is still about to decide."""


class Questions(QObject):
    """Shows the button while something is to be decided, and says when more came."""

    changed = Signal()
    """Other questions are open than before."""

    def __init__(self, context: Context, button: QToolButton) -> None:
        super().__init__(button)
        self._context, self._button = context, button
        self.open: tuple[OpenQuestion, ...] | None = None
        """None until they were read."""
        self._said = ""
        button.hide()
        button.toggled.connect(self._on_gone_there)
        context.tasks.committed.connect(self._on_committed)
        self._read()

    def _read(self) -> None:
        self._context.tasks.read(self, listing.open_questions, done=self._show)

    def _show(self, found: tuple[OpenQuestion, ...]) -> None:
        before, self.open = self.open, found
        self._button.setVisible(bool(found))
        more = len(found) - len(before) if before is not None else 0
        if not found:
            self._unsay()
        if more > 0 and not self._button.isChecked():
            told = ngettext("{n} more question to decide.", "{n} more questions to decide.", more)
            self._said = told.format(n=current().number(more))
            self._context.host.toast(
                self._said,
                lambda: self._context.navigator.open(to.Conflicts()),
                pgettext("questions", "Show"),
            )
        self.changed.emit()

    def _on_gone_there(self, is_there: bool) -> None:
        """Whoever looks at them is not told of them."""
        if is_there:
            self._unsay()

    def _unsay(self) -> None:
        if self._said:
            self._context.host.unsay(self._said)
            self._said = ""

    def _on_committed(self, changes: object) -> None:
        # Questions come with what other PCs wrote, and go with what is written here.
        if isinstance(changes, Changes) and (changes.origin == "sync" or self.open):
            self._read()


class LongAsked(Notice):
    """Over every screen: what has waited for a day. Put off, it comes again the next day."""

    def __init__(self, context: Context, questions: Questions) -> None:
        super().__init__(Tone.DANGER, "")
        self.setObjectName("questions.long")
        self.setProperty("place", "window")
        self._context, self._questions = context, questions
        self._put_off: datetime | None = None
        self._first = questions.open[0] if questions.open else None
        self.decide = self.add_action(_("Decide"), self._on_decide, "primary")
        self.later = self.add_action(_("Not now"), self._on_later)
        questions.changed.connect(self.look)
        context.exchange.changed.connect(self.look)  # also once a minute
        self.hide()
        self.look()

    def look(self) -> None:
        """Come up, or go."""
        now = self._context.clock.now()
        open_ = self._questions.open or ()
        long = [each for each in open_ if each.is_urgent and now - each.opened_at >= LONG]
        is_put_off = self._put_off is not None and now < self._put_off
        self._first = long[0] if long else None
        if not long or is_put_off:
            self.hide()
            return
        words = ngettext(
            "{n} question about care has waited for more than a day",
            "{n} questions about care have waited for more than a day",
            len(long),
        )
        self.set_words(
            Tone.DANGER,
            words.format(n=current().number(len(long))),
            _("Two PCs wrote without knowing of each other. Every version is shown and checked."),
        )  # fmt: skip
        if self.isHidden():
            self.show()
            self.say()

    def _on_decide(self) -> None:
        if self._first is not None:
            self._context.navigator.open(to.Conflicts(conflict_id=self._first.id))

    def _on_later(self) -> None:
        self._put_off = self._context.clock.now() + LONG
        self.hide()
