"""The page that says why the clinic cannot be opened here."""

from __future__ import annotations

from clinic_desktop.errors import ClinicError, InUseError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.ui.shell.window import Window
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.empty_state import EmptyState


def show_excuse(window: Window, error: ClinicError, *, has_pack: bool) -> None:
    """All that is left to do is to close; ``has_pack`` is whether a pack was to be added here."""
    hint = error.hint
    if has_pack and isinstance(error, InUseError):
        hint = _("Add the pack in the window that is open: Settings, Code packs.")
    words = "\n".join(part for part in (error.kept, hint, isolate(error.place)) if part)
    view = EmptyState(Icon.ALERT, error.message, words, _("Close"))
    view.setProperty("role", "page")
    view.acted.connect(window.close)
    window.show_only(view)
