"""Above every screen, while an owner sees the window as another role would."""

from __future__ import annotations

from PySide6.QtCore import Signal

from clinic_desktop.i18n import _
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.right_words import role_names
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.notice import Notice


class ViewBanner(Notice):
    """Cannot be dismissed, only ended."""

    ended = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(Tone.INFO, "")
        self.setObjectName("view")
        self.setProperty("place", "window")
        role = context.actor.sees_as
        self.end = self.add_action(_("End the view"), self.ended.emit)
        self.end.setObjectName("view.end")
        if not role:
            self.hide()
        else:
            self.set_words(
                Tone.INFO,
                _("This is the window of: {role}").format(role=role_names().get(role, role)),
                _("You see only what you may see yourself. Nothing can be changed."),
            )
