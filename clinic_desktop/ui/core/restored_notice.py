"""The notice above a form that gives back what was typed earlier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.notice import Notice


class RestoredNotice(Notice):
    """Says when the words were typed, and offers to do without them."""

    def __init__(self, start_afresh: Callable[[], object]) -> None:
        super().__init__(Tone.INFO, "")
        self.add_action(_("Start afresh"), start_afresh)
        self.hide()

    def tell(self, saved_at: datetime, now: datetime) -> None:
        """Show it; the day is named unless it is today."""
        language = current()
        today = language.local(saved_at).date() == language.local(now).date()
        when = isolate(language.time(saved_at) if today else language.datetime(saved_at))
        self.set_words(
            Tone.INFO,
            _("What you typed at {time} is here again.").format(time=when)
            if today
            else _("What you typed on {date} is here again.").format(date=when),
        )
        self.show()
        self.say()
